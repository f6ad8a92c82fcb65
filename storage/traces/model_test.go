package traces_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sightline/sightline/storage/traces"
	"github.com/sightline/sightline/storage/traces/peer"
	"github.com/sightline/sightline/storage/traces/redact"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
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
	policy   traces.Policy
}

// list is one list of attributes under sanitising.
type list struct {
	keys    []string
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

const year2100 = uint64(4102444800) * 1e9

// rows are what is stored of a request, in its order, but for the spans that were rejected.
func (m model) rows(td ptrace.Traces, rejected map[int]bool) (rows []row) {
	ordinal := -1
	for _, rs := range td.ResourceSpans().All() {
		get := func(key string) string {
			// pdata gives the first of equal keys, we the last
			value := ""
			for k, v := range rs.Resource().Attributes().All() {
				if k == key {
					value = ""
					if v.Type() == pcommon.ValueTypeStr {
						value = v.Str()
					}
				}
			}
			return value
		}
		first := func(a, b string) string {
			if v := get(a); v != "" {
				return v
			}
			return get(b)
		}
		short := func(s string) string { return m.text(s, limitName, newList(), "") }
		service := get("service.name")
		if service == "" {
			service = "unknown_service"
		}
		retention := m.policy.RetentionDays
		if retention == 0 {
			retention = traces.DefaultRetentionDays
		}
		if days := m.policy.ServiceRetention[service]; days != 0 {
			retention = days
		}
		for _, ss := range rs.ScopeSpans().All() {
			l := newList()
			scope := ss.Scope()
			kept, keys, dropped := m.attributes(scope.Attributes(), l)
			scopeName, scopeVersion := m.text(scope.Name(), limitName, l, "scope.name"), m.text(scope.Version(), limitName, l, "scope.version")
			scopeURL := m.text(ss.SchemaUrl(), limitName, l, "scope.schema_url")
			scopeAttrs := stringOnly(m.values(kept, keys, l))
			for _, s := range ss.Spans().All() {
				if ordinal++; rejected[ordinal] {
					continue
				}
				r := m.span(s)
				r.Project, r.Retention = m.project, retention
				r.Service, r.ServiceType, r.Namespace = short(service), peer.ServiceType(get), short(first("service.namespace", "k8s.namespace.name"))
				r.Env, r.Version = short(first("deployment.environment.name", "deployment.environment")), short(get("service.version"))
				r.ScopeName, r.ScopeVersion, r.ScopeURL, r.ScopeAttrs = scopeName, scopeVersion, scopeURL, scopeAttrs
				r.ScopeDropped = sum32(scope.DroppedAttributesCount(), dropped)
				rows = append(rows, r)
			}
		}
	}
	return rows
}

func stringOnly(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

func sum32(a, b uint32) uint32 {
	return uint32(min(uint64(a)+uint64(b), math.MaxUint32))
}

func (m model) span(s ptrace.Span) row {
	l := newList()
	kept, keys, dropped := m.attributes(s.Attributes(), l)
	id, traceID, parent := s.SpanID(), s.TraceID(), s.ParentSpanID()
	r := row{
		TraceID: string(traceID[:]), SpanID: binary.BigEndian.Uint64(id[:]), ParentID: binary.BigEndian.Uint64(parent[:]),
		Flags: s.Flags(), Kind: int32(s.Kind()), Status: int32(s.Status().Code()), DroppedAttrs: sum32(s.DroppedAttributesCount(), dropped),
		Events: []event{}, Links: []link{},
	}
	received := uint64(max(m.received.UnixNano(), 0))
	start, end := uint64(s.StartTimestamp()), uint64(s.EndTimestamp())
	switch {
	case start == 0:
		l.reasons["ts_missing"] = true
		if start = received; end != 0 && end < year2100 {
			start = end
		}
	case start >= year2100:
		l.reasons["ts_range"] = true
		l.notes = append(l.notes, note{"sightline.raw.start_time_unix_nano", fmt.Sprintf("string %d", start)})
		start = received
	case received != 0 && start > received+600e9:
		l.reasons["ts_future"] = true
	}
	if end > math.MaxInt64 {
		l.reasons["ts_range"] = true
		l.notes = append(l.notes, note{"sightline.raw.end_time_unix_nano", fmt.Sprintf("string %d", end)})
		end = max(received, start)
	}
	r.Start = int64(start)
	if end >= start {
		r.Duration = end - start
	} else if end != 0 {
		l.reasons["negative_duration"] = true
		l.notes = append(l.notes, note{"sightline.raw.end_time_unix_nano", fmt.Sprintf("string %d", end)})
	}
	if s.EndTimestamp() == 0 && s.StartTimestamp() != 0 {
		r.State = 1
	}
	if r.Kind < 0 || r.Kind > 5 || r.Status < 0 || r.Status > 2 {
		l.reasons["enum"] = true
	}
	if r.ParentID == r.SpanID && r.SpanID != 0 {
		l.reasons["self_parent"] = true
	}

	in := &peer.Input{}
	in.Reset(r.Kind, r.Status)
	in.Message = s.Status().Message()
	moreEvents, moreLinks := uint32(0), uint32(0)
	for i, e := range s.Events().All() {
		if i >= 1024 {
			moreEvents++
			continue
		}
		sub := newList()
		kept, keys, dropped := m.attributes(e.Attributes(), sub)
		at := uint64(e.Timestamp())
		if at > math.MaxInt64 {
			sub.reasons["ts_range"] = true
			sub.notes = append(sub.notes, note{"sightline.raw.time_unix_nano", fmt.Sprintf("string %d", at)})
			at = start
		}
		for i, key := range keys {
			if key == "exception.type" {
				evidence(in, key, kept[i])
			}
		}
		r.Events = append(r.Events, event{int64(at), m.text(e.Name(), limitName, sub, "event.name"), m.values(kept, keys, sub), sum32(e.DroppedAttributesCount(), dropped)})
		merge(l, sub)
	}
	for i, k := range s.Links().All() {
		if i >= 256 {
			moreLinks++
			continue
		}
		sub := newList()
		kept, keys, dropped := m.attributes(k.Attributes(), sub)
		id, traceID := k.SpanID(), k.TraceID()
		r.Links = append(r.Links, link{
			string(traceID[:]), binary.BigEndian.Uint64(id[:]), m.text(k.TraceState().AsRaw(), limitValue, sub, "link.trace_state"), k.Flags(),
			m.values(kept, keys, sub), sum32(k.DroppedAttributesCount(), dropped),
		})
		merge(l, sub)
	}
	r.DroppedEvents, r.DroppedLinks = sum32(s.DroppedEventsCount(), moreEvents), sum32(s.DroppedLinksCount(), moreLinks)
	if moreEvents > 0 {
		l.reasons["limit_events"] = true
	}
	if moreLinks > 0 {
		l.reasons["limit_links"] = true
	}
	r.Name = m.text(s.Name(), limitName, l, "span.name")
	r.TraceState = m.text(s.TraceState().AsRaw(), limitValue, l, "span.trace_state")
	r.Message = m.text(s.Status().Message(), limitValue, l, "span.status_message")
	for i, key := range keys {
		evidence(in, key, kept[i])
	}
	r.Attrs = m.values(kept, keys, l)
	answer := peer.Recognise(in)
	r.Class, r.Weight = uint8(answer.Class), peer.Weight(s.TraceState().AsRaw(), in)
	clean := func(s string) string {
		return m.text(cutRunes(strings.ToValidUTF8(s, "\uFFFD"), limitName), limitName, newList(), "")
	}
	r.PeerType, r.PeerName = clean(answer.Type), clean(answer.Name)
	if in.StillRunning() {
		r.State = 1
	}
	return r
}

func merge(l, sub *list) {
	for r := range sub.reasons {
		l.reasons[r] = true
	}
}

func evidence(in *peer.Input, key string, v pcommon.Value) {
	slot := peer.SlotOf([]byte(key))
	if slot == peer.NoSlot {
		return
	}
	switch v.Type() {
	case pcommon.ValueTypeStr:
		in.SetString(slot, v.Str())
	case pcommon.ValueTypeInt:
		in.SetInt(slot, v.Int())
	case pcommon.ValueTypeBool:
		b := int64(0)
		if v.Bool() {
			b = 1
		}
		in.Set(slot, peer.Value{Type: peer.Bool, Int: b})
	case pcommon.ValueTypeDouble:
		in.Set(slot, peer.Value{Type: peer.Float, Num: v.Double()})
	case pcommon.ValueTypeSlice:
		for _, e := range v.Slice().All() {
			if e.Type() == pcommon.ValueTypeStr {
				if e.Str() != "" {
					in.SetString(slot, e.Str())
				}
				return
			}
		}
	}
}
