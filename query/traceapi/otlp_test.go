package traceapi

import (
	"math"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sightline/sightline/storage/traces"
)

// TestOTLPIsReadByTheCollector exports spans and reads them with the collector's own decoder.
func TestOTLPIsReadByTheCollector(t *testing.T) {
	start := time.Unix(1777886000, 123456789).UTC()
	resource := &traces.Resource{ID: [16]byte{1}, SchemaURL: "https://schema/r", DroppedAttrs: 3,
		Attrs: []traces.Attr{{Key: "service.name", Text: "web \"quoted\" \u2028 <b>"}}}
	scope := traces.Scope{Name: "lib", Version: "1", SchemaURL: "https://schema/s", DroppedAttrs: 1, Attrs: []traces.Attr{{Key: "k", Type: traces.ValueInt, Text: "-5"}}}
	attrs := []traces.Attr{
		{Key: "array", Type: traces.ValueJSON, Text: `{"arrayValue":{"values":[{"stringValue":"a"},{"intValue":"2"}]}}`},
		{Key: "array content", Type: traces.ValueJSON, Text: `{"values":[{"boolValue":true}]}`},
		{Key: "bool", Type: traces.ValueBool, Text: "true"},
		{Key: "bytes", Type: traces.ValueBytes, Text: "AQID"},
		{Key: "cut off", Type: traces.ValueJSON, Text: `{"arrayValue":{"val`},
		{Key: "double", Type: traces.ValueFloat, Text: "1e-07"},
		{Key: "empty", Type: traces.ValueEmpty},
		{Key: "inf", Type: traces.ValueFloat, Text: "-Inf"},
		{Key: "int", Type: traces.ValueInt, Text: "9223372036854775807"},
		{Key: "map", Type: traces.ValueJSON, Text: `{"kvlistValue":{"values":[{"key":"x","value":{"doubleValue":1.5}}]}}`},
		{Key: "map content", Type: traces.ValueJSON, Text: `{"values":[{"key":"y","value":{"stringValue":"z"}}]}`},
		{Key: "nan", Type: traces.ValueFloat, Text: "NaN"},
		{Key: "text", Text: "a\x00b\"\\\n"},
	}
	full := traces.Span{TraceID: [16]byte{1, 15: 2}, SpanID: 3, ParentID: 4, TraceState: "a=b", Flags: 257, Name: "GET /", Kind: traces.KindServer,
		Start: start, Duration: 5 * time.Millisecond, Status: traces.StatusError, StatusMessage: "no", Attrs: attrs, DroppedAttrs: 1, DroppedEvents: 2, DroppedLinks: 3,
		Events: []traces.Event{{Time: start.Add(1), Name: "e", Attrs: []traces.Attr{{Key: "x", Text: "y"}}, DroppedAttrs: 9}},
		Links:  []traces.Link{{TraceID: [16]byte{7}, SpanID: 8, TraceState: "c=d", Flags: 1, Attrs: []traces.Attr{{Key: "l", Text: "m"}}, DroppedAttrs: 6}},
		Scope:  scope, Resource: resource}
	bare := traces.Span{TraceID: full.TraceID, SpanID: 9, Start: start, State: traces.StateInProgress, Duration: time.Hour, Scope: scope, Resource: resource}
	other := bare
	other.Scope, other.SpanID = traces.Scope{}, 10
	alone := bare
	alone.Resource, alone.Scope, alone.SpanID = nil, traces.Scope{}, 11

	w := httptest.NewRecorder()
	if err := writeAll(w, []traces.Span{full, bare, other, alone}); err != nil {
		t.Fatal(err)
	}
	got, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(w.Body.Bytes())
	if err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}

	want := ptrace.NewTraces()
	rs := want.ResourceSpans().AppendEmpty()
	rs.SetSchemaUrl("https://schema/r")
	rs.Resource().Attributes().PutStr("service.name", resource.Attrs[0].Text)
	rs.Resource().SetDroppedAttributesCount(3)
	ss := rs.ScopeSpans().AppendEmpty()
	ss.SetSchemaUrl("https://schema/s")
	ss.Scope().SetName("lib")
	ss.Scope().SetVersion("1")
	ss.Scope().Attributes().PutInt("k", -5)
	ss.Scope().SetDroppedAttributesCount(1)
	s := ss.Spans().AppendEmpty()
	s.SetTraceID(pcommon.TraceID(full.TraceID))
	s.SetSpanID(pcommon.SpanID{7: 3})
	s.SetParentSpanID(pcommon.SpanID{7: 4})
	s.TraceState().FromRaw("a=b")
	s.SetFlags(257)
	s.SetName("GET /")
	s.SetKind(ptrace.SpanKindServer)
	s.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
	s.SetEndTimestamp(pcommon.NewTimestampFromTime(start.Add(5 * time.Millisecond)))
	s.Status().SetCode(ptrace.StatusCodeError)
	s.Status().SetMessage("no")
	s.SetDroppedAttributesCount(1)
	s.SetDroppedEventsCount(2)
	s.SetDroppedLinksCount(3)
	a := s.Attributes()
	list := a.PutEmptySlice("array")
	list.AppendEmpty().SetStr("a")
	list.AppendEmpty().SetInt(2)
	a.PutEmptySlice("array content").AppendEmpty().SetBool(true)
	a.PutBool("bool", true)
	a.PutEmptyBytes("bytes").FromRaw([]byte{1, 2, 3})
	a.PutStr("cut off", `{"arrayValue":{"val`)
	a.PutDouble("double", 1e-7)
	a.PutEmpty("empty")
	a.PutDouble("inf", math.Inf(-1))
	a.PutInt("int", math.MaxInt64)
	a.PutEmptyMap("map").PutDouble("x", 1.5)
	a.PutEmptyMap("map content").PutStr("y", "z")
	a.PutDouble("nan", math.NaN())
	a.PutStr("text", "a\x00b\"\\\n")
	e := s.Events().AppendEmpty()
	e.SetTimestamp(pcommon.NewTimestampFromTime(start.Add(1)))
	e.SetName("e")
	e.Attributes().PutStr("x", "y")
	e.SetDroppedAttributesCount(9)
	l := s.Links().AppendEmpty()
	l.SetTraceID(pcommon.TraceID{7})
	l.SetSpanID(pcommon.SpanID{7: 8})
	l.TraceState().FromRaw("c=d")
	l.SetFlags(1)
	l.Attributes().PutStr("l", "m")
	l.SetDroppedAttributesCount(6)
	open := func(to ptrace.ScopeSpans, id byte) {
		s := to.Spans().AppendEmpty()
		s.SetTraceID(pcommon.TraceID(full.TraceID))
		s.SetSpanID(pcommon.SpanID{7: id})
		s.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
	}
	open(ss, 9)
	open(rs.ScopeSpans().AppendEmpty(), 10)
	open(want.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty(), 11)

	m := &ptrace.ProtoMarshaler{}
	gotBytes, _ := m.MarshalTraces(got)
	wantBytes, _ := m.MarshalTraces(want)
	if string(gotBytes) != string(wantBytes) {
		j := &ptrace.JSONMarshaler{}
		g, _ := j.MarshalTraces(got)
		wj, _ := j.MarshalTraces(want)
		t.Errorf("got\n%s\nwant\n%s", g, wj)
	}
}

// writeAll writes spans as the one portion of a download.
func writeAll(w http.ResponseWriter, spans []traces.Span) error {
	e := startOTLP(w)
	e.resources(spans)
	return e.end()
}
