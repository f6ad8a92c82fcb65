package jsonpb_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/sightline/sightline/collector/otlp/jsonpb"
	"github.com/sightline/sightline/collector/sample"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// everything is a request with every field of OTLP in it.
func everything() ptrace.Traces {
	td := sample.Traces(3, 3, now)
	rs := td.ResourceSpans().At(0)
	rs.SetSchemaUrl("https://opentelemetry.io/schemas/1.40.0")
	rs.Resource().SetDroppedAttributesCount(7)
	ss := rs.ScopeSpans().At(0)
	ss.SetSchemaUrl("https://example.com/scope")
	ss.Scope().Attributes().PutStr("scope.key", "scope value")
	ss.Scope().SetDroppedAttributesCount(1)
	sp := ss.Spans().At(1)
	sp.SetName("quote \" backslash \\ newline \n nul \x00 emoji 🦊 ü")
	sp.TraceState().FromRaw("ot=th:8")
	sp.SetDroppedAttributesCount(1)
	sp.SetDroppedEventsCount(2)
	sp.SetDroppedLinksCount(3)
	sp.Status().SetCode(ptrace.StatusCodeError)
	sp.Status().SetMessage("broken")
	a := sp.Attributes()
	a.PutEmpty("empty")
	a.PutStr("empty string", "")
	a.PutBool("no", false)
	a.PutBool("yes", true)
	a.PutInt("zero", 0)
	a.PutInt("min", math.MinInt64)
	a.PutInt("max", math.MaxInt64)
	a.PutDouble("nan", math.NaN())
	a.PutDouble("inf", math.Inf(-1))
	a.PutDouble("tiny", 5e-324)
	a.PutEmptyBytes("bytes").FromRaw([]byte{0, 1, 0xfe, 0xff})
	list := a.PutEmptySlice("list")
	list.AppendEmpty().SetStr("one")
	list.AppendEmpty()
	list.AppendEmpty().SetEmptySlice().AppendEmpty().SetInt(-1)
	a.PutEmptySlice("empty list")
	m := a.PutEmptyMap("map")
	m.PutEmptyMap("inner").PutStr("k", strings.Repeat("long ", 100))
	e := sp.Events().AppendEmpty()
	e.SetName("exception")
	e.SetTimestamp(pcommon.NewTimestampFromTime(now))
	e.Attributes().PutStr("exception.type", "E")
	e.SetDroppedAttributesCount(4)
	l := sp.Links().AppendEmpty()
	l.SetTraceID(sp.TraceID())
	l.SetSpanID(sp.SpanID())
	l.TraceState().FromRaw("a=b")
	l.SetFlags(0x300)
	l.Attributes().PutStr("link", "yes")
	l.SetDroppedAttributesCount(5)
	return td
}

func TestEveryFieldMeansTheSameInBothForms(t *testing.T) {
	t.Parallel()
	for name, td := range map[string]ptrace.Traces{"everything": everything(), "sample": sample.Traces(1, 50, now), "empty": ptrace.NewTraces()} {
		want := ptraceotlp.NewExportRequestFromTraces(td)
		in, err := want.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, in, "", "\t"); err != nil {
			t.Fatal(err)
		}
		for _, in := range [][]byte{in, pretty.Bytes()} {
			b, err := jsonpb.Traces([]byte("kept"), in)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if !bytes.HasPrefix(b, []byte("kept")) {
				t.Errorf("%s: what was in dst is gone", name)
			}
			got := ptraceotlp.NewExportRequest()
			if err := got.UnmarshalProto(b[4:]); err != nil {
				t.Errorf("%s: the protobuf is broken: %v", name, err)
				continue
			}
			g, err := got.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(g, in) && !bytes.Equal(in, pretty.Bytes()) {
				t.Errorf("%s came back as\n%s, want\n%s", name, g, in)
			}
		}
	}
}

func span(in string) string {
	return `{"resourceSpans":[{"scopeSpans":[{"spans":[{` + in + `}]}]}]}`
}

func TestWhatOTLPDoesNotAllowIsRefused(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"nothing":                   ``,
		"null":                      `null`,
		"array":                     `[]`,
		"cut":                       `{"resourceSpans":[`,
		"something after":           `{} {}`,
		"trailing comma":            `{"resourceSpans":[],}`,
		"no quotes":                 `{resourceSpans:[]}`,
		"object for array":          `{"resourceSpans":{}}`,
		"array for object":          `{"resourceSpans":[[]]}`,
		"snake case":                span(`"trace_id":"5b8efff798038103d269b633813fc60c"`),
		"snake case at the top":     `{"resource_spans":[]}`,
		"enum name":                 span(`"kind":"SPAN_KIND_SERVER"`),
		"status name":               span(`"status":{"code":"STATUS_CODE_ERROR"}`),
		"base64 trace id":           span(`"traceId":"W47/95gDgQPSabYzgT/GDA=="`),
		"base64 span id":            span(`"spanId":"7uDLu4gVFAA="`),
		"short id":                  span(`"spanId":"eee1"`),
		"id not hex":                span(`"spanId":"zzzzzzzzzzzzzzzz"`),
		"id as a number":            span(`"spanId":12`),
		"name as a number":          span(`"name":12`),
		"negative time":             span(`"startTimeUnixNano":-1`),
		"time past 64 bits":         span(`"startTimeUnixNano":"18446744073709551616"`),
		"time with a fraction":      span(`"startTimeUnixNano":1.5`),
		"time as words":             span(`"startTimeUnixNano":"soon"`),
		"count past 32 bits":        span(`"droppedLinksCount":4294967296`),
		"leading zero":              span(`"kind":01`),
		"bool as a string":          span(`"attributes":[{"key":"a","value":{"boolValue":"true"}}]`),
		"double as words":           span(`"attributes":[{"key":"a","value":{"doubleValue":"inf"}}]`),
		"bytes not base64":          span(`"attributes":[{"key":"a","value":{"bytesValue":"*"}}]`),
		"control character":         span("\"name\":\"a\nb\""),
		"bad escape":                span(`"name":"\x41"`),
		"half an escape":            span(`"name":"\u12"`),
		"unknown key, broken value": span(`"unknown":{"a":[1,}`),
		"unknown key, wrong braces": span(`"unknown":{"a":[1}]`),
	} {
		var problem *jsonpb.Error
		if b, err := jsonpb.Traces(nil, []byte(in)); !errors.As(err, &problem) {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
}

func TestWhatOTLPAllowsIsTaken(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"empty":               `{}`,
		"white space":         " \r\n\t{ } \n",
		"nulls":               span(`"traceId":null,"attributes":null,"status":null,"name":null`),
		"unknown keys":        `{"future":{"a":[1,-2.5e3,"x\"",true,null,{}]},"resourceSpans":[{"unknown":[[],[[]],{"a":{}}]}]}`,
		"unknown kind":        span(`"kind":99,"status":{"code":7}`),
		"upper case hex":      span(`"spanId":"EEE19B7EC3C1B174"`),
		"empty ids":           span(`"traceId":"","spanId":"","parentSpanId":""`),
		"numbers in quotes":   span(`"startTimeUnixNano":"1544712660000000000","droppedLinksCount":"3","flags":"1"`),
		"exponent":            span(`"droppedLinksCount":1e3,"startTimeUnixNano":5.0`),
		"doubles":             span(`"attributes":[{"key":"a","value":{"doubleValue":"NaN"}},{"key":"b","value":{"doubleValue":"-Infinity"}},{"key":"c","value":{"doubleValue":1e999}},{"key":"d","value":{"doubleValue":"2.5"}}]`),
		"url base64, no pads": span(`"attributes":[{"key":"a","value":{"bytesValue":"_-8"}}]`),
		"surrogates":          span(`"name":"\ud83e\udd8a \ud83e \udd8a"`),
		"invalid utf-8":       span("\"name\":\"\xff\xfe\""),
	} {
		b, err := jsonpb.Traces(nil, []byte(in))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		req := ptraceotlp.NewExportRequest()
		if err := req.UnmarshalProto(b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if name == "surrogates" {
			if got := req.Traces().ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Name(); got != "🦊 \ufffd \ufffd" {
				t.Errorf("surrogates are %q", got)
			}
		}
	}
}

func nested(levels int) []byte {
	return []byte(span(`"attributes":[{"key":"a","value":` + strings.Repeat(`{"arrayValue":{"values":[`, levels-1) + `{"intValue":1}` + strings.Repeat(`]}}`, levels-1) + `}]`))
}

func TestDepthIsBounded(t *testing.T) {
	t.Parallel()
	if _, err := jsonpb.Traces(nil, nested(64)); err != nil {
		t.Errorf("64 levels: %v", err)
	}
	for name, in := range map[string][]byte{
		"65 levels":          nested(65),
		"half a million":     nested(500_000),
		"deep unknown":       []byte(`{"unknown":` + strings.Repeat("[", 8<<20)),
		"deep unknown, maps": []byte(`{"unknown":` + strings.Repeat(`{"a":`, 1<<20)),
	} {
		if _, err := jsonpb.Traces(nil, in); !errors.Is(err, jsonpb.ErrTooDeep) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzTraces: never panics; what it takes is sound protobuf, and means what pdata reads, where that is not laxer.
func FuzzTraces(f *testing.F) {
	all, err := ptraceotlp.NewExportRequestFromTraces(everything()).MarshalJSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(all)
	f.Add([]byte(span(`"name":"\u00e9\ud83e\udd8a","kind":3,"startTimeUnixNano":"12"`)))
	f.Add([]byte(`{"unknown":[1,{"a":null}]}`))
	f.Add(nested(3))
	f.Fuzz(func(t *testing.T, in []byte) { agree(t, in, traces) })
}

func BenchmarkTraces(b *testing.B) {
	const spans = 512
	in := sample.JSON(1, spans, now)
	var out []byte
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if out, err = jsonpb.Traces(out[:0], in); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/spans, "ns/span")
}
