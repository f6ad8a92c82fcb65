package traces_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

// wholeSpan has something in every field.
func wholeSpan() traces.Span {
	resource := &traces.Resource{ID: [16]byte{9, 0, '\'', '\\', 0xff}, SchemaURL: "https://schema", DroppedAttrs: 2, Attrs: []traces.Attr{
		{Key: "host.cpus", Type: traces.ValueInt, Text: "8"}, {Key: "k8s.pod.name", Text: "web-1"}, {Key: "ratio", Type: traces.ValueFloat, Text: "0.5"}, {Key: "spot", Type: traces.ValueBool, Text: "true"},
	}}
	return traces.Span{
		TraceID: id(1), SpanID: 0xfedcba9876543210, ParentID: 7, TraceState: "a=b,ot=th:8", Flags: 257, Name: "GET /é", Kind: traces.KindServer,
		Start: noon.Add(123456789), Duration: 1500 * time.Microsecond, Status: traces.StatusError, StatusMessage: "it's \\ refused\n",
		Service: "checkout", ServiceType: "service", Namespace: "shop", Env: "prod", Version: "1.2", Class: traces.ClassFault,
		PeerType: "Database::MySQL", PeerName: "orders", Weight: 4, HTTPStatus: 503, NumEvents: 2, NumLinks: 1,
		Attrs: []traces.Attr{
			{Key: "bytes", Type: traces.ValueBytes, Text: "AQI="}, {Key: "empty", Type: traces.ValueEmpty}, {Key: "flag", Type: traces.ValueBool, Text: "false"},
			{Key: "http.response.status_code", Type: traces.ValueInt, Text: "503"}, {Key: "http.route", Text: "/pay/{id}"}, {Key: "list", Type: traces.ValueJSON, Text: `["a",1]`},
			{Key: "nul", Text: "\x00btrue"}, {Key: "number", Type: traces.ValueInt, Text: "-9223372036854775808"}, {Key: "rate", Type: traces.ValueFloat, Text: "1e+100"},
			{Key: "rpc.method", Text: ""}, {Key: "text", Text: "x"},
		},
		DroppedAttrs: 1, DroppedEvents: 2, DroppedLinks: 3,
		Events: []traces.Event{
			{Time: noon.Add(123456790), Name: "exception", Attrs: []traces.Attr{{Key: "exception.type", Text: "Timeout"}, {Key: "n", Type: traces.ValueInt, Text: "3"}}, DroppedAttrs: 4},
			{Time: noon.Add(123456791), Name: "retry"},
		},
		Links:    []traces.Link{{TraceID: id(2), SpanID: 5, TraceState: "c=d", Flags: 1, Attrs: []traces.Attr{{Key: "k", Type: traces.ValueFloat, Text: "0.25"}}, DroppedAttrs: 6}},
		Scope:    traces.Scope{Name: "lib", Version: "0.1", Attrs: []traces.Attr{{Key: "tier", Type: traces.ValueBool, Text: "true"}}},
		Resource: resource,
	}
}

func TestSpanReadsBackWhole(t *testing.T) {
	db := storagetest.Open(t)
	want := wholeSpan()
	other := traces.Span{TraceID: id(1), SpanID: want.SpanID, Name: "twin", Start: noon, Service: "cart", Weight: 1}
	elsewhere := traces.Span{TraceID: id(2), SpanID: 5, Name: "source", Start: noon, Service: "cart", Weight: 1}
	putSpans(t, db, "p", []traces.Span{want, other, elsewhere})
	putSpans(t, db, "other", []traces.Span{want})
	r := traces.NewReader(db)

	spans, err := r.Span(t.Context(), "p", want.TraceID, want.SpanID, traces.Range{})
	if err != nil {
		t.Fatal(err)
	}
	if len(spans) != 2 || spans[0].Name != "twin" {
		t.Fatalf("got %d spans: %+v", len(spans), spans)
	}
	if !reflect.DeepEqual(spans[1], want) {
		t.Errorf("got\n%+v\n%+v, want\n%+v\n%+v", spans[1], spans[1].Resource, want, want.Resource)
	}
	whole, err := r.Whole(t.Context(), "p", want.TraceID, traces.Range{From: noon.Add(-time.Hour), To: noon.Add(time.Hour)})
	if err != nil || !reflect.DeepEqual(whole, spans) {
		t.Errorf("whole trace: %v\n%+v", err, whole)
	}

	light, total, err := r.Trace(t.Context(), "p", want.TraceID, traces.Range{})
	if err != nil || total != 2 || len(light) != 2 {
		t.Fatalf("%d of %d spans, %v", len(light), total, err)
	}
	expect := want
	expect.Attrs, expect.Events, expect.Links, expect.Resource, expect.Scope = nil, nil, nil, nil, traces.Scope{}
	expect.TraceState, expect.Flags, expect.StatusMessage, expect.Weight = "", 0, "", 1
	expect.DroppedAttrs, expect.DroppedEvents, expect.DroppedLinks = 0, 0, 0
	if !reflect.DeepEqual(light[1], expect) {
		t.Errorf("light span\n%+v, want\n%+v", light[1], expect)
	}

	linked, err := r.LinkedFrom(t.Context(), "p", id(2), 5, 10)
	if err != nil || len(linked) != 1 || linked[0].TraceID != want.TraceID || linked[0].SpanID != want.SpanID {
		t.Errorf("linked from %+v, %v", linked, err)
	}
	if linked, err := r.LinkedFrom(t.Context(), "p", id(2), 6, 10); err != nil || len(linked) != 0 {
		t.Errorf("linked from %+v, %v", linked, err)
	}
}

func TestTraceIsFoundWhateverTheHint(t *testing.T) {
	db := storagetest.Open(t)
	span := func(n traces.SpanID, at time.Time) traces.Span {
		return traces.Span{TraceID: id(1), SpanID: n, ParentID: n - 1, Name: "work", Start: at, Service: "a", Weight: 1}
	}
	// A trace of two days, a nanosecond past a full second at its ends.
	putSpans(t, db, "p", []traces.Span{span(1, noon.Add(-1)), span(2, noon.Add(time.Hour)), span(3, noon.Add(30*time.Hour+1))})
	r := traces.NewReader(db)
	for _, hint := range []traces.Range{
		{},
		{From: noon.Add(-time.Hour), To: noon.Add(40 * time.Hour)},
		{From: noon.Add(-time.Minute), To: noon.Add(time.Minute)},
		{From: noon.Add(-48 * time.Hour), To: noon.Add(-47 * time.Hour)},
		{From: noon.Add(20 * time.Hour), To: noon.Add(21 * time.Hour)},
	} {
		spans, total, err := r.Trace(t.Context(), "p", id(1), hint)
		if err != nil || total != 3 || len(spans) != 3 || spans[0].SpanID != 1 || spans[2].SpanID != 3 {
			t.Errorf("hint %v: %d of %d spans, %v", hint, len(spans), total, err)
		}
		if _, _, err := r.Trace(t.Context(), "p", id(2), hint); !errors.Is(err, traces.ErrNotFound) {
			t.Errorf("another trace, hint %v: %v", hint, err)
		}
		if _, _, err := r.Trace(t.Context(), "q", id(1), hint); !errors.Is(err, traces.ErrNotFound) {
			t.Errorf("another project, hint %v: %v", hint, err)
		}
		if spans, err := r.Span(t.Context(), "p", id(1), 2, hint); err != nil || len(spans) != 1 {
			t.Errorf("span, hint %v: %d, %v", hint, len(spans), err)
		}
	}
	if _, err := r.Span(t.Context(), "p", id(1), 9, traces.Range{}); !errors.Is(err, traces.ErrNotFound) {
		t.Errorf("another span: %v", err)
	}
}

func TestSpansInProgressGiveWayToCompleteOnes(t *testing.T) {
	db := storagetest.Open(t)
	open := traces.Span{TraceID: id(1), SpanID: 1, Name: "a", Start: noon, Service: "a", Weight: 1, State: traces.StateInProgress}
	done := open
	done.State, done.Duration = traces.StateComplete, time.Second
	running := traces.Span{TraceID: id(1), SpanID: 2, ParentID: 1, Name: "b", Start: noon.Add(time.Millisecond), Service: "a", Weight: 1, State: traces.StateInProgress}
	putSpans(t, db, "p", []traces.Span{open, running, done, done})
	r := traces.NewReader(db)
	spans, total, err := r.Trace(t.Context(), "p", id(1), traces.Range{})
	if err != nil || total != 3 || len(spans) != 3 {
		t.Fatalf("%d of %d spans, %v", len(spans), total, err)
	}
	for i, want := range []traces.State{traces.StateComplete, traces.StateComplete, traces.StateInProgress} {
		if spans[i].State != want {
			t.Errorf("span %d is %v", i, spans[i].State)
		}
	}
	if spans, err := r.Span(t.Context(), "p", id(1), 1, traces.Range{}); err != nil || len(spans) != 2 {
		t.Errorf("%d spans, %v", len(spans), err)
	}
}

func TestTraceKnowsItsResourcesWhereverTheyAre(t *testing.T) {
	db := storagetest.Open(t)
	r := traces.NewReader(db)
	for n, gone := range []bool{false, false, true, false} { // the first reads all, the second is new, the third's is not stored any more
		want := traces.Span{TraceID: id(byte(n + 1)), SpanID: 1, Name: "work", Start: noon, Service: "s" + string(rune('0'+n)), ServiceType: "AWS::ECS::Service",
			Namespace: "shop", Env: "prod", Version: "1." + string(rune('0'+n)), Weight: 1, Resource: &traces.Resource{ID: [16]byte{byte(n + 1), '\''}}}
		putSpans(t, db, "p", []traces.Span{want})
		if gone {
			runSQL(t, db, "TRUNCATE TABLE resources")
		}
		want.Resource = nil
		for range 2 {
			spans, _, err := r.Trace(t.Context(), "p", want.TraceID, traces.Range{})
			if err != nil || len(spans) != 1 || !reflect.DeepEqual(spans[0], want) {
				t.Errorf("%d: %v\n%+v, want\n%+v", n, err, spans, want)
			}
		}
	}
}
