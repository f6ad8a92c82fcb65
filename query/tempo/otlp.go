package tempo

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/sightline/sightline/storage/traces"
)

// batchSpans is how many spans of a resource stand together at most.
const batchSpans = 2000

// batches are spans under the resources and scopes that they came with, in the order of first appearance. Each is made as it is asked
// for, and a resource of many spans comes several times, so that a large trace is not in memory twice.
func batches(spans []traces.Span) iter.Seq[*tracepb.ResourceSpans] {
	var order []*traces.Resource
	groups := map[*traces.Resource][]*traces.Span{}
	for i := range spans { // spans of one resource share it
		r := spans[i].Resource
		if _, known := groups[r]; !known {
			order = append(order, r)
		}
		groups[r] = append(groups[r], &spans[i])
	}
	return func(yield func(*tracepb.ResourceSpans) bool) {
		for _, r := range order {
			for some := range slices.Chunk(groups[r], batchSpans) {
				if !yield(resourceSpans(r, some)) {
					return
				}
			}
		}
	}
}

func resourceSpans(r *traces.Resource, spans []*traces.Span) *tracepb.ResourceSpans {
	out := &tracepb.ResourceSpans{Resource: &resourcepb.Resource{}}
	if r != nil {
		out.SchemaUrl = valid(r.SchemaURL)
		out.Resource.Attributes, out.Resource.DroppedAttributesCount = keyValues(r.Attrs), r.DroppedAttrs
	}
	scopes := map[string]*tracepb.ScopeSpans{}
	for _, s := range spans {
		identity := scopeIdentity(&s.Scope)
		to := scopes[identity]
		if to == nil {
			to = &tracepb.ScopeSpans{SchemaUrl: valid(s.Scope.SchemaURL), Scope: &commonpb.InstrumentationScope{
				Name: valid(s.Scope.Name), Version: valid(s.Scope.Version), Attributes: keyValues(s.Scope.Attrs), DroppedAttributesCount: s.Scope.DroppedAttrs,
			}}
			scopes[identity] = to
			out.ScopeSpans = append(out.ScopeSpans, to)
		}
		to.Spans = append(to.Spans, spanOf(s))
	}
	return out
}

// scopeIdentity tells scopes apart.
func scopeIdentity(s *traces.Scope) string {
	if len(s.Attrs) == 0 && s.DroppedAttrs == 0 {
		return s.Name + "\x00" + s.Version + "\x00" + s.SchemaURL
	}
	b, _ := json.Marshal(s) // plain values only
	return string(b)
}

func spanOf(s *traces.Span) *tracepb.Span {
	out := &tracepb.Span{
		TraceId: s.TraceID[:], SpanId: idBytes(s.SpanID), ParentSpanId: idBytes(s.ParentID), TraceState: valid(s.TraceState), Flags: s.Flags,
		Name: valid(s.Name), Kind: tracepb.Span_SpanKind(s.Kind), StartTimeUnixNano: nanos(s.Start),
		Attributes: keyValues(s.Attrs), DroppedAttributesCount: s.DroppedAttrs, DroppedEventsCount: s.DroppedEvents, DroppedLinksCount: s.DroppedLinks,
		Status: &tracepb.Status{Message: valid(s.StatusMessage), Code: tracepb.Status_StatusCode(s.Status)},
	}
	if s.State == traces.StateComplete {
		out.EndTimeUnixNano = nanos(s.Start.Add(s.Duration))
	}
	for i := range s.Events {
		e := &s.Events[i]
		out.Events = append(out.Events, &tracepb.Span_Event{
			TimeUnixNano: nanos(e.Time), Name: valid(e.Name), Attributes: keyValues(e.Attrs), DroppedAttributesCount: e.DroppedAttrs,
		})
	}
	for i := range s.Links {
		l := &s.Links[i]
		out.Links = append(out.Links, &tracepb.Span_Link{
			TraceId: l.TraceID[:], SpanId: idBytes(l.SpanID), TraceState: valid(l.TraceState), Flags: l.Flags,
			Attributes: keyValues(l.Attrs), DroppedAttributesCount: l.DroppedAttrs,
		})
	}
	return out
}

// idBytes is empty for no span.
func idBytes(id traces.SpanID) []byte {
	if id == 0 {
		return nil
	}
	return binary.BigEndian.AppendUint64(nil, uint64(id))
}

func nanos(t time.Time) uint64 {
	return uint64(max(t.UnixNano(), 0))
}

// valid is text as protobuf takes it.
func valid(text string) string { return strings.ToValidUTF8(text, "\ufffd") }

func keyValues(attrs []traces.Attr) []*commonpb.KeyValue {
	if len(attrs) == 0 {
		return nil
	}
	out := make([]*commonpb.KeyValue, len(attrs))
	for i := range attrs {
		out[i] = &commonpb.KeyValue{Key: valid(attrs[i].Key), Value: anyValue(&attrs[i])}
	}
	return out
}

// anyValue is an attribute's value as it was sent. What can't be read back is a string.
func anyValue(a *traces.Attr) *commonpb.AnyValue {
	switch a.Type {
	case traces.ValueEmpty:
		return &commonpb.AnyValue{}
	case traces.ValueBool:
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: a.Text == "true"}}
	case traces.ValueInt:
		if n, err := strconv.ParseInt(a.Text, 10, 64); err == nil {
			return intValue(n)
		}
	case traces.ValueFloat:
		if f, err := strconv.ParseFloat(a.Text, 64); err == nil {
			return &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: f}}
		}
	case traces.ValueBytes:
		if b, err := base64.StdEncoding.DecodeString(a.Text); err == nil {
			return &commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: b}}
		}
	case traces.ValueJSON:
		if v := nested(a.Text); v != nil {
			return v
		}
	}
	return stringValue(a.Text)
}

func stringValue(text string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: valid(text)}}
}

func intValue(n int64) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: n}}
}

// nested is an array or map, whose text is OTLP's JSON of the AnyValue or of the list inside of it; nil if it is neither.
func nested(text string) *commonpb.AnyValue {
	read := protojson.UnmarshalOptions{DiscardUnknown: true}
	v := &commonpb.AnyValue{}
	if read.Unmarshal([]byte(text), v) == nil && v.Value != nil {
		return v
	}
	list := &commonpb.KeyValueList{}
	if read.Unmarshal([]byte(text), list) == nil && len(list.Values) > 0 && list.Values[0].Key != "" {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: list}}
	}
	array := &commonpb.ArrayValue{}
	if read.Unmarshal([]byte(text), array) == nil {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: array}}
	}
	return nil
}
