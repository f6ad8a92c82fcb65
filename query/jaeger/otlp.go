package jaeger

import (
	"encoding/base64"
	"encoding/hex"
	"math"
	"regexp"
	"slices"
	"strconv"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/sightline/sightline/query/timeline"
	"github.com/sightline/sightline/storage/traces"
)

// chunkSpans is how many spans a message of a stream has at most: gRPC's clients take 4 MiB.
const chunkSpans = 1000

// tracesData is some rows of a timeline as OTLP, with ids and times as the timeline has corrected them.
func tracesData(t *timeline.Timeline, rows []timeline.Row) *trace.TracesData {
	type key struct {
		resource [16]byte
		service  string
	}
	data := &trace.TracesData{}
	of := map[key]*trace.ResourceSpans{}
	for i := range rows {
		r := &rows[i]
		k := key{service: r.Span.Service}
		if r.Span.Resource != nil {
			k.resource = r.Span.Resource.ID
		}
		rs := of[k]
		if rs == nil {
			rs = resourceSpans(r.Span)
			of[k] = rs
			data.ResourceSpans = append(data.ResourceSpans, rs)
		}
		ss := scopeSpans(rs, &r.Span.Scope)
		ss.Spans = append(ss.Spans, spanOf(t, r))
	}
	return data
}

func resourceSpans(s *traces.Span) *trace.ResourceSpans {
	if s.Resource == nil {
		return &trace.ResourceSpans{Resource: &resource.Resource{Attributes: attrsOf([]traces.Attr{{Key: "service.name", Text: s.Service}})}}
	}
	return &trace.ResourceSpans{
		Resource:  &resource.Resource{Attributes: attrsOf(s.Resource.Attrs), DroppedAttributesCount: s.Resource.DroppedAttrs},
		SchemaUrl: s.Resource.SchemaURL,
	}
}

func scopeSpans(rs *trace.ResourceSpans, s *traces.Scope) *trace.ScopeSpans {
	scope := &common.InstrumentationScope{Name: s.Name, Version: s.Version, Attributes: attrsOf(s.Attrs), DroppedAttributesCount: s.DroppedAttrs}
	for _, ss := range rs.ScopeSpans {
		if ss.SchemaUrl == s.SchemaURL && proto.Equal(ss.Scope, scope) {
			return ss
		}
	}
	ss := &trace.ScopeSpans{Scope: scope, SchemaUrl: s.SchemaURL}
	rs.ScopeSpans = append(rs.ScopeSpans, ss)
	return ss
}

func spanOf(t *timeline.Timeline, r *timeline.Row) *trace.Span {
	s := r.Span
	parent := s.ParentID
	if r.Parent >= 0 {
		parent = t.Rows[r.Parent].ID
	}
	start := t.Start.Add(r.Start)
	out := &trace.Span{
		TraceId: s.TraceID[:], SpanId: spanIDBytes(r.ID), ParentSpanId: spanIDBytes(parent), TraceState: s.TraceState, Flags: s.Flags,
		Name: s.Name, Kind: trace.Span_SpanKind(s.Kind), StartTimeUnixNano: uint64(start.UnixNano()),
		Attributes: attrsOf(s.Attrs), DroppedAttributesCount: s.DroppedAttrs, DroppedEventsCount: s.DroppedEvents, DroppedLinksCount: s.DroppedLinks,
		Status: &trace.Status{Code: trace.Status_StatusCode(s.Status), Message: s.StatusMessage},
	}
	if s.State == traces.StateComplete {
		out.EndTimeUnixNano = uint64(start.Add(r.Duration).UnixNano())
	}
	for i := range s.Events {
		e := &s.Events[i]
		out.Events = append(out.Events, &trace.Span_Event{TimeUnixNano: uint64(e.Time.Add(r.Skew).UnixNano()), Name: e.Name, Attributes: attrsOf(e.Attrs), DroppedAttributesCount: e.DroppedAttrs})
	}
	for i := range s.Links {
		l := &s.Links[i]
		out.Links = append(out.Links, &trace.Span_Link{TraceId: l.TraceID[:], SpanId: spanIDBytes(l.SpanID), TraceState: l.TraceState, Flags: l.Flags, Attributes: attrsOf(l.Attrs), DroppedAttributesCount: l.DroppedAttrs})
	}
	for _, warning := range warningsOf(r) { // as Jaeger tells them in OTLP
		out.Attributes = append(out.Attributes, &common.KeyValue{Key: "jaeger.internal.warnings", Value: text(warning)})
	}
	return out
}

func spanIDBytes(id traces.SpanID) []byte {
	if id == 0 {
		return nil
	}
	b, _ := hex.DecodeString(id.String())
	return b
}

func text(s string) *common.AnyValue {
	return &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: s}}
}

func attrsOf(attrs []traces.Attr) []*common.KeyValue {
	out := make([]*common.KeyValue, len(attrs))
	for i := range attrs {
		out[i] = &common.KeyValue{Key: attrs[i].Key, Value: anyValue(&attrs[i])}
	}
	return out
}

func anyValue(a *traces.Attr) *common.AnyValue {
	switch a.Type {
	case traces.ValueBool:
		return &common.AnyValue{Value: &common.AnyValue_BoolValue{BoolValue: a.Text == "true"}}
	case traces.ValueInt:
		if n, err := strconv.ParseInt(a.Text, 10, 64); err == nil {
			return &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: n}}
		}
	case traces.ValueFloat:
		if f, err := strconv.ParseFloat(a.Text, 64); err == nil || math.IsInf(f, 0) {
			return &common.AnyValue{Value: &common.AnyValue_DoubleValue{DoubleValue: f}}
		}
	case traces.ValueBytes:
		if b, err := base64.StdEncoding.DecodeString(a.Text); err == nil {
			return &common.AnyValue{Value: &common.AnyValue_BytesValue{BytesValue: b}}
		}
	case traces.ValueEmpty:
		return &common.AnyValue{}
	case traces.ValueJSON:
		for _, form := range []string{a.Text, `{"kvlistValue":` + a.Text + `}`, `{"arrayValue":` + a.Text + `}`} {
			v := &common.AnyValue{}
			if protojson.Unmarshal([]byte(form), v) == nil {
				return v
			}
		}
	}
	return text(a.Text)
}

// ids are the fields of OTLP's JSON whose bytes are hex where protobuf's JSON has base64. A quote inside of a text has a backslash
// before it, so no text looks like one.
var ids = regexp.MustCompile(`"(traceId|spanId|parentSpanId)": ?"[^"]*"`)

// otlpJSON is OTLP's JSON.
func otlpJSON(m proto.Message) ([]byte, error) {
	b, err := protojson.MarshalOptions{UseEnumNumbers: true}.Marshal(m)
	if err != nil {
		return nil, err
	}
	return ids.ReplaceAllFunc(b, func(field []byte) []byte {
		field = field[:len(field)-1]
		at := slices.Index(field[1:], '"') + 2 // behind the key
		for field[at] != '"' {
			at++
		}
		raw, err := base64.StdEncoding.DecodeString(string(field[at+1:]))
		if err != nil {
			return append(field, '"')
		}
		return append(hex.AppendEncode(slices.Clone(field[:at+1]), raw), '"')
	}), nil
}
