// Package encodetest is what the tests of the signals' writers share: a model of sanitising in the shortest words that run, which takes
// pdata's view of a request and shares nothing with the decoder but the finders of secrets; random attributes; and a reader of blocks
// that is not ours. Only tests may import it.
package encodetest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/sightline/sightline/storage/encode/redact"
)

// Model says what is stored of texts, attributes and values. Attributes are type and text, as in `int 5`; JSON is in one canonical form.
type Model struct{ Redact bool }

// List is one list of attributes under sanitising.
type List struct {
	Values  map[string]string
	Reasons map[string]bool
	Notes   []Note
}

// Note is an attribute that says what was changed: a key, and a value as in a row.
type Note struct{ Key, Value string }

// NewList is empty.
func NewList() *List { return &List{Values: map[string]string{}, Reasons: map[string]bool{}} }

// Limits, in bytes.
const (
	MaxValue = 32 << 10
	MaxName  = 1 << 10
	MaxKey   = 256
	MaxBody  = 256 << 10
)

// CutRunes is the first n bytes at most, up to a rune's start.
func CutRunes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Text is what is stored of a text; name is what notes call it.
func (m Model) Text(s string, limit int, l *List, name string) string {
	sent, secret := s, false
	if m.Redact {
		if masked, n := redact.Text(nil, []byte(s)); n > 0 {
			s, secret = string(masked), true
		}
	}
	if !utf8.ValidString(s) {
		l.Reasons["utf8"] = true
		s = strings.ToValidUTF8(s, "\uFFFD")
		if !secret {
			l.Notes = append(l.Notes, Note{"sightline.raw." + noteName(name, s), "bytes " + base64.StdEncoding.EncodeToString([]byte(sent[:min(len(sent), 768)]))})
		}
	}
	if len(s) > limit {
		l.Reasons["attr_truncated"] = true
		l.Notes = append(l.Notes, Note{"sightline.truncated." + noteName(name, s), fmt.Sprintf("int %d", len(sent))})
		s = CutRunes(s, limit)
	}
	return s
}

func noteName(name, s string) string {
	if name == "key." {
		return name + CutRunes(s, 64)
	}
	return name
}

// Attributes takes a list: the first 256 keys, of equal ones the last value.
func (m Model) Attributes(attrs pcommon.Map, l *List) (kept []pcommon.Value, keys []string, dropped uint32) {
	places := map[string]int{}
	for k, v := range attrs.All() {
		key := m.Text(k, MaxKey, l, "key.")
		if i, ok := places[key]; ok {
			l.Reasons["dup_key"] = true
			kept[i] = v
			continue
		}
		if len(kept) == 256 {
			l.Reasons["limit_attrs"] = true
			dropped++
			continue
		}
		places[key] = len(kept)
		kept, keys = append(kept, v), append(keys, key)
	}
	return kept, keys, dropped
}

// Values stores the kept attributes and what there is to say about them.
func (m Model) Values(kept []pcommon.Value, keys []string, l *List) map[string]string {
	for i, v := range kept {
		l.Values[keys[i]] = m.Value(v, keys[i], l)
	}
	m.Annotate(l)
	return l.Values
}

var reasonOrder = []string{
	"utf8", "attr_truncated", "limit_attrs", "limit_events", "limit_links", "dup_key", "ts_missing", "ts_range", "ts_future",
	"negative_duration", "enum", "self_parent", "body_truncated",
}

// Annotate adds what there is to say.
func (m Model) Annotate(l *List) {
	if len(l.Reasons) == 0 {
		return
	}
	add := func(key, value string) {
		key = m.Text(key, MaxKey, NewList(), "")
		if _, ok := l.Values[key]; !ok {
			l.Values[key] = value
		}
	}
	for _, n := range l.Notes {
		add(n.Key, n.Value)
	}
	var values []any
	for _, r := range reasonOrder {
		if l.Reasons[r] {
			values = append(values, map[string]any{"stringValue": r})
		}
	}
	add("sightline.sanitized", "json "+Canonical(map[string]any{"arrayValue": map[string]any{"values": values}}))
}

// Value is what is stored of an attribute's value: type and text.
func (m Model) Value(v pcommon.Value, key string, l *List) string {
	if m.Redact && redact.Key([]byte(key)) {
		switch v.Type() {
		case pcommon.ValueTypeStr, pcommon.ValueTypeBytes, pcommon.ValueTypeSlice, pcommon.ValueTypeMap:
			return "string " + redact.Mask
		}
	}
	return m.value(v, MaxValue, key, l)
}

// Body is what is stored of a log record's body.
func (m Model) Body(v pcommon.Value, l *List) string {
	sub := NewList()
	text := m.value(v, MaxBody, "body", sub)
	l.Notes = append(l.Notes, sub.Notes...)
	for r := range sub.Reasons {
		if r == "attr_truncated" {
			r = "body_truncated"
		}
		l.Reasons[r] = true
	}
	return text
}

func (m Model) value(v pcommon.Value, limit int, name string, l *List) string {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return "string " + m.Text(v.Str(), limit, l, name)
	case pcommon.ValueTypeInt:
		if m.Redact && redact.Number(v.Int()) {
			return "string " + redact.Mask
		}
		return "int " + strconv.FormatInt(v.Int(), 10)
	case pcommon.ValueTypeDouble:
		return "double " + FloatText(v.Double())
	case pcommon.ValueTypeBool:
		return "bool " + strconv.FormatBool(v.Bool())
	case pcommon.ValueTypeEmpty:
		return "empty "
	}
	if v.Type() == pcommon.ValueTypeBytes {
		raw := v.Bytes().AsRaw()
		if _, n := redact.Text(nil, raw); n > 0 && m.Redact {
			return "string " + redact.Mask
		}
		if len(raw) > limit/4*3 {
			l.Reasons["attr_truncated"] = true
			l.Notes = append(l.Notes, Note{"sightline.truncated." + name, fmt.Sprintf("int %d", len(raw))})
			raw = raw[:limit/4*3]
		}
		return "bytes " + base64.StdEncoding.EncodeToString(raw)
	}
	return "json " + Canonical(m.Any(v, l))
}

// Any is OTLP's JSON of a value.
func (m Model) Any(v pcommon.Value, l *List) map[string]any {
	inner := func(s string) string {
		sub := NewList()
		s = m.Text(s, math.MaxInt, sub, "")
		if sub.Reasons["utf8"] {
			l.Reasons["utf8"] = true
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
		if _, n := redact.Text(nil, raw); n > 0 && m.Redact {
			raw = []byte(redact.Mask)
		}
		return map[string]any{"bytesValue": base64.StdEncoding.EncodeToString(raw)}
	case pcommon.ValueTypeSlice:
		values := []any{}
		for _, e := range v.Slice().All() {
			values = append(values, m.Any(e, l))
		}
		return map[string]any{"arrayValue": map[string]any{"values": values}}
	case pcommon.ValueTypeMap:
		values := []any{}
		for k, e := range v.Map().All() {
			var value map[string]any
			switch e.Type() {
			case pcommon.ValueTypeStr, pcommon.ValueTypeBytes, pcommon.ValueTypeSlice, pcommon.ValueTypeMap:
				if m.Redact && redact.Key([]byte(k)) {
					value = map[string]any{"stringValue": redact.Mask}
				}
			}
			if value == nil {
				value = m.Any(e, l)
			}
			values = append(values, map[string]any{"key": inner(CutRunes(k, MaxKey)), "value": value})
		}
		return map[string]any{"kvlistValue": map[string]any{"values": values}}
	}
	return map[string]any{}
}

// Canonical is JSON with sorted keys.
func Canonical(v any) string {
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

// FloatText is how a double is written.
func FloatText(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "Inf"
	case math.IsInf(v, -1):
		return "-Inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
