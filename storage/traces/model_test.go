package traces_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"github.com/sightline/sightline/storage/batch"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sightline/sightline/storage/encode/redact"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// row is a stored span, however it was read. Attributes are type and text, as in `int 5`; JSON is in one canonical form.
type row struct {
	Project                                       string
	Start                                         int64
	TraceID                                       string
	SpanID, ParentID                              uint64
	TraceState                                    string
	Flags                                         uint32
	Name                                          string
	Kind                                          int32
	Duration                                      uint64
	Status                                        int32
	Message                                       string
	State                                         uint8
	DroppedAttrs, DroppedEvents, DroppedLinks     uint32
	Service, ServiceType, Namespace, Env, Version string
	ScopeName, ScopeVersion, ScopeURL             string
	ScopeAttrs                                    map[string]string
	ScopeDropped                                  uint32
	Class                                         uint8
	PeerType, PeerName                            string
	Weight                                        float64
	Attrs                                         map[string]string
	Events                                        []event
	Links                                         []link
	Retention                                     uint16
}

type event struct {
	Time    int64
	Name    string
	Attrs   map[string]string
	Dropped uint32
}

type link struct {
	TraceID string
	SpanID  uint64
	State   string
	Flags   uint32
	Attrs   map[string]string
	Dropped uint32
}

// model says what is stored of pdata's view of a request. It is the documentation of sanitising in the shortest words that run;
// it shares nothing with the decoder but the finders of secrets and the recogniser.
type model struct {
	project  string
	received time.Time
	policy   batch.Policy
}

// list is one list of attributes under sanitising.
type list struct {
	values  map[string]string
	reasons map[string]bool
	notes   []note
}

type note struct{ key, value string }

func newList() *list { return &list{values: map[string]string{}, reasons: map[string]bool{}} }

const (
	limitValue = 32 << 10
	limitName  = 1 << 10
	limitKey   = 256
)

func cutRunes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// text is what is stored of a text; name is what notes call it.
func (m model) text(s string, limit int, l *list, name string) string {
	sent, secret := s, false
	if m.policy.Redact {
		if masked, n := redact.Text(nil, []byte(s)); n > 0 {
			s, secret = string(masked), true
		}
	}
	if !utf8.ValidString(s) {
		l.reasons["utf8"] = true
		s = strings.ToValidUTF8(s, "\uFFFD")
		if !secret {
			l.notes = append(l.notes, note{"sightline.raw." + noteName(name, s), "bytes " + base64.StdEncoding.EncodeToString([]byte(sent[:min(len(sent), 768)]))})
		}
	}
	if len(s) > limit {
		l.reasons["attr_truncated"] = true
		l.notes = append(l.notes, note{"sightline.truncated." + noteName(name, s), fmt.Sprintf("int %d", len(sent))})
		s = cutRunes(s, limit)
	}
	return s
}

func noteName(name, s string) string {
	if name == "key." {
		return name + cutRunes(s, 64)
	}
	return name
}

// attributes takes a list: the first 256 keys, of equal ones the last value.
func (m model) attributes(attrs pcommon.Map, l *list) (kept []pcommon.Value, keys []string, dropped uint32) {
	places := map[string]int{}
	for k, v := range attrs.All() {
		key := m.text(k, limitKey, l, "key.")
		if i, ok := places[key]; ok {
			l.reasons["dup_key"] = true
			kept[i] = v
			continue
		}
		if len(kept) == 256 {
			l.reasons["limit_attrs"] = true
			dropped++
			continue
		}
		places[key] = len(kept)
		kept, keys = append(kept, v), append(keys, key)
	}
	return kept, keys, dropped
}

// values stores the kept attributes and what there is to say about them.
func (m model) values(kept []pcommon.Value, keys []string, l *list) map[string]string {
	for i, v := range kept {
		l.values[keys[i]] = m.value(v, keys[i], l)
	}
	m.annotate(l)
	return l.values
}

var reasonOrder = []string{
	"utf8", "attr_truncated", "limit_attrs", "limit_events", "limit_links", "dup_key", "ts_missing", "ts_range", "ts_future",
	"negative_duration", "enum", "self_parent",
}

func (m model) annotate(l *list) {
	if len(l.reasons) == 0 {
		return
	}
	add := func(key, value string) {
		key = m.text(key, limitKey, newList(), "")
		if _, ok := l.values[key]; !ok {
			l.values[key] = value
		}
	}
	for _, n := range l.notes {
		add(n.key, n.value)
	}
	var values []any
	for _, r := range reasonOrder {
		if l.reasons[r] {
			values = append(values, map[string]any{"stringValue": r})
		}
	}
	add("sightline.sanitized", "json "+canonical(map[string]any{"arrayValue": map[string]any{"values": values}}))
}

func (m model) value(v pcommon.Value, key string, l *list) string {
	secret := m.policy.Redact && redact.Key([]byte(key))
	switch v.Type() {
	case pcommon.ValueTypeStr:
		if secret {
			return "string " + redact.Mask
		}
		return "string " + m.text(v.Str(), limitValue, l, key)
	case pcommon.ValueTypeInt:
		if m.policy.Redact && redact.Number(v.Int()) {
			return "string " + redact.Mask
		}
		return "int " + strconv.FormatInt(v.Int(), 10)
	case pcommon.ValueTypeDouble:
		return "double " + floatText(v.Double())
	case pcommon.ValueTypeBool:
		return "bool " + strconv.FormatBool(v.Bool())
	case pcommon.ValueTypeEmpty:
		return "empty "
	}
	if secret {
		return "string " + redact.Mask
	}
	if v.Type() == pcommon.ValueTypeBytes {
		raw := v.Bytes().AsRaw()
		if _, n := redact.Text(nil, raw); n > 0 && m.policy.Redact {
			return "string " + redact.Mask
		}
		if len(raw) > limitValue/4*3 {
			l.reasons["attr_truncated"] = true
			l.notes = append(l.notes, note{"sightline.truncated." + key, fmt.Sprintf("int %d", len(raw))})
			raw = raw[:limitValue/4*3]
		}
		return "bytes " + base64.StdEncoding.EncodeToString(raw)
	}
	return "json " + canonical(m.any(v, l))
}

// any is OTLP's JSON of a value.
func (m model) any(v pcommon.Value, l *list) map[string]any {
	inner := func(s string) string {
		sub := newList()
		s = m.text(s, math.MaxInt, sub, "")
		if sub.reasons["utf8"] {
			l.reasons["utf8"] = true
		}
		return s
	}
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return map[string]any{"stringValue": inner(v.Str())}
	case pcommon.ValueTypeInt:
		return map[string]any{"intValue": strconv.FormatInt(v.Int(), 10)}
	case pcommon.ValueTypeBool:
		return map[string]any{"boolValue": v.Bool()}
	case pcommon.ValueTypeDouble:
		switch d := v.Double(); {
		case math.IsNaN(d):
			return map[string]any{"doubleValue": "NaN"}
		case math.IsInf(d, 1):
			return map[string]any{"doubleValue": "Infinity"}
		case math.IsInf(d, -1):
			return map[string]any{"doubleValue": "-Infinity"}
		default:
			return map[string]any{"doubleValue": json.Number(strconv.FormatFloat(d, 'g', -1, 64))}
		}
	case pcommon.ValueTypeBytes:
		raw := v.Bytes().AsRaw()
		if _, n := redact.Text(nil, raw); n > 0 && m.policy.Redact {
			raw = []byte(redact.Mask)
		}
		return map[string]any{"bytesValue": base64.StdEncoding.EncodeToString(raw)}
	case pcommon.ValueTypeSlice:
		values := []any{}
		for _, e := range v.Slice().All() {
			values = append(values, m.any(e, l))
		}
		return map[string]any{"arrayValue": map[string]any{"values": values}}
	case pcommon.ValueTypeMap:
		values := []any{}
		for k, e := range v.Map().All() {
			var value map[string]any
			switch e.Type() {
			case pcommon.ValueTypeStr, pcommon.ValueTypeBytes, pcommon.ValueTypeSlice, pcommon.ValueTypeMap:
				if m.policy.Redact && redact.Key([]byte(k)) {
					value = map[string]any{"stringValue": redact.Mask}
				}
			}
			if value == nil {
				value = m.any(e, l)
			}
			values = append(values, map[string]any{"key": inner(cutRunes(k, limitKey)), "value": value})
		}
		return map[string]any{"kvlistValue": map[string]any{"values": values}}
	}
	return map[string]any{}
}

// canonical is JSON with sorted keys.
func canonical(v any) string {
	if m, ok := v.(map[string]any); ok {
		if a, ok := m["arrayValue"].(map[string]any); ok && a["values"] == nil {
			a["values"] = []any{}
		}
	}
	out, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(out)
}

func floatText(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "Inf"
	case math.IsInf(v, -1):
		return "-Inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
