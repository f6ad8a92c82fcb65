package traceapi

import (
	"fmt"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/traces"
)

// rewritten is a file's spans as OTLP JSON again.
func rewritten(t *testing.T, file string) (string, []traces.Span) {
	t.Helper()
	spans, err := spansOfFile(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := writeAll(w, spans); err != nil {
		t.Fatal(err)
	}
	return w.Body.String(), spans
}

func TestFileOfOTLPIsReadAsWritten(t *testing.T) {
	golden, err := os.ReadFile("testdata/otlp.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	written, spans := rewritten(t, string(golden))
	if again, _ := rewritten(t, written); again != written {
		t.Errorf("read and written once more:\n%s\nat first:\n%s", again, written)
	}
	if one, err := spansOfFile(strings.NewReader(written)); err != nil || len(one) != len(spans) || len(one) != 8 {
		t.Errorf("%d spans, then %d, %v", len(spans), len(one), err)
	}
	// The shapes of others: a document a line, enums by name, ids in base64, a wrapped trace.
	lines := `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"a"}}]},"scopeSpans":[{"spans":[
		{"traceId":"AAAAAAAAAAAAAAAAAAAAAQ==","spanId":"AAAAAAAAAAI=","name":"x","kind":"SPAN_KIND_SERVER","startTimeUnixNano":1000,"endTimeUnixNano":"3000","status":{"code":"STATUS_CODE_ERROR"},
		 "attributes":[{"key":"http.response.status_code","value":{"intValue":503}}]}]}]}]}
		{"trace":{"batches":[{"scopeSpans":[{"spans":[{"traceId":"00000000000000000000000000000001","spanId":"0000000000000003","parentSpanId":"0000000000000002","startTimeUnixNano":"1500"}]}]}]}}`
	_, spans = rewritten(t, lines)
	if s := spans[0]; s.TraceID != (traces.TraceID{15: 1}) || s.SpanID != 2 || s.Kind != traces.KindServer || s.Status != traces.StatusError || s.Class != traces.ClassFault ||
		s.HTTPStatus != 503 || s.Service != "a" || s.Duration != 2*time.Microsecond || s.State != traces.StateComplete {
		t.Errorf("%+v", s)
	}
	if s := spans[1]; s.TraceID != spans[0].TraceID || s.ParentID != 2 || s.State != traces.StateInProgress {
		t.Errorf("%+v", s)
	}
}

func TestFileOfJaegerIsRead(t *testing.T) {
	_, spans := rewritten(t, `{"data":[{"traceID":"1","processes":{"p1":{"serviceName":"web","tags":[{"key":"deployment.environment","type":"string","value":"prod"}]}},"spans":[
		{"traceID":"1","spanID":"a","operationName":"GET /","references":[],"startTime":1777886000000001,"duration":5000,"processID":"p1",
		 "tags":[{"key":"span.kind","type":"string","value":"server"},{"key":"http.status_code","type":"int64","value":404},{"key":"error","type":"bool","value":true}],
		 "logs":[{"timestamp":1777886000000101,"fields":[{"key":"event","type":"string","value":"retry"},{"key":"n","type":"int64","value":2}]}]},
		{"traceID":"1","spanID":"b","operationName":"work","references":[{"refType":"CHILD_OF","traceID":"1","spanID":"a"},{"refType":"FOLLOWS_FROM","traceID":"2","spanID":"c"}],
		 "startTime":1777886000000002,"duration":1,"processID":"p1","tags":[]}]}]}`)
	if len(spans) != 2 {
		t.Fatalf("%+v", spans)
	}
	if s := spans[0]; s.Service != "web" || s.Env != "prod" || s.Kind != traces.KindServer || s.Class != traces.ClassError || s.Duration != 5*time.Millisecond || s.HTTPStatus != 404 ||
		s.Start.UnixMicro() != 1777886000000001 || len(s.Events) != 1 || s.Events[0].Name != "retry" || s.Events[0].Attrs[0].Text != "2" {
		t.Errorf("%+v", s)
	}
	if s := spans[1]; s.ParentID != 10 || s.NumLinks != 1 || s.Links[0].SpanID != 12 || s.Links[0].TraceID != (traces.TraceID{15: 2}) {
		t.Errorf("%+v", s)
	}
}

func TestTracesOfFileAreSummedUp(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(1777886000+int64(s), 0).UTC() }
	a, b, c := traces.TraceID{15: 1}, traces.TraceID{15: 2}, traces.TraceID{15: 3}
	got := tracesOfFile([]traces.Span{
		{TraceID: c, SpanID: 9, ParentID: 8, Service: "lost", Name: "orphan", Start: at(5), Duration: time.Second},
		{TraceID: b, SpanID: 2, Service: "web", Name: "GET /later", Start: at(3), Duration: time.Second},
		{TraceID: a, SpanID: 1, Service: "web", Name: "GET /", Start: at(0), Duration: time.Second},
		{TraceID: b, SpanID: 3, Service: "web", Name: "GET /first", Start: at(1), Duration: time.Second, Class: traces.ClassFault},
		{TraceID: b, SpanID: 4, ParentID: 3, Service: "db", Name: "SELECT", Start: at(2), Duration: 4 * time.Second, Class: traces.ClassThrottle},
	})
	want := []fileTraceJSON{
		{TraceID: b.String(), Spans: 3, Errors: 2, Start: at(1), Duration: int64(5 * time.Second), Root: &rootJSON{"web", "GET /first"}},
		{TraceID: a.String(), Spans: 1, Start: at(0), Duration: int64(time.Second), Root: &rootJSON{"web", "GET /"}},
		{TraceID: c.String(), Spans: 1, Start: at(5), Duration: int64(time.Second)},
	}
	if len(got) != len(want) {
		t.Fatalf("%d traces", len(got))
	}
	for i := range want {
		if j := got[i].json(); !reflect.DeepEqual(j, want[i]) {
			t.Errorf("%d: %+v, want %+v", i, j, want[i])
		}
	}
}

func TestFileThatIsNoTraceSaysWhy(t *testing.T) {
	for file, want := range map[string]string{
		"":  "",
		"x": "invalid character",
		`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz","spanId":"1"}]}]}]}`:    `read trace id "zz"`,
		`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"1","spanId":""}]}]}]}`:      `read span id ""`,
		`{"data":[{"spans":[{"traceID":"1","spanID":"1","references":[{"spanID":"x"}]}]}]}`: `read trace id ""`,
		`{} {"resourceSpans":1}`: "document 2",
		`{"resourceSpans":[{"`:   "unexpected EOF",
		`{}]`:                    "a document ends",
		`[]`:                     "want an object",
	} {
		spans, err := spansOfFile(strings.NewReader(file))
		if len(spans) != 0 || (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %d spans, %v, want %q", file, len(spans), err, want)
		}
	}
}

func TestFileIsReadWhateverItsOrder(t *testing.T) {
	_, spans := rewritten(t, "\xef\xbb\xbf"+`{"data":[{"spans":[{"traceID":"1","spanID":"a","processID":"p1"},{"traceID":"1","spanID":"b","processID":"p2"}],"traceID":"1","warnings":null,
		"processes":{"p1":{"serviceName":"web"},"p2":{"serviceName":"db"}}}]}
		{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"1","spanId":"c"}],"scope":{"name":"lib"}},{"scope":null,"spans":[{"traceId":"1","spanId":"d"}]}],
		"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"web"}}]}}]}`)
	if len(spans) != 4 || spans[0].Service != "web" || spans[1].Service != "db" || spans[2].Service != "web" || spans[2].Scope.Name != "lib" || spans[3].Scope.Name != "" || spans[3].Service != "web" {
		t.Fatalf("%+v", spans)
	}
	if spans[0].Resource != spans[2].Resource || spans[0].Resource.ID == spans[1].Resource.ID {
		t.Error("the same resource is not one, or two are")
	}
}

func TestFileOfALargeTraceIsRead(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: a file is read by one goroutine, however long it is")
	}
	const n = 100_000
	var file strings.Builder
	file.WriteString(`{"resourceSpans":[`)
	for i := range n {
		if i%5000 == 0 { // a download's portions
			if i > 0 {
				file.WriteString(`]}]},`)
			}
			file.WriteString(`{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"web"}}]},"scopeSpans":[{"scope":{"name":"lib"},"spans":[`)
		} else {
			file.WriteByte(',')
		}
		fmt.Fprintf(&file, `{"traceId":"00000000000000000000000000000001","spanId":"%016x","parentSpanId":"%s","name":"work","kind":2,"startTimeUnixNano":"1777886000000000000","endTimeUnixNano":"1777886000000001000",
			"attributes":[{"key":"url.full","value":{"stringValue":"https://shop.example.com/api/items/%d?page=1&sort=price&direction=ascending&currency=EUR"}}],"status":{}}`, i+1, "0000000000000001"[:min(i, 1)*16], i)
	}
	file.WriteString(`]}]}]}`)
	if file.Len() < 32<<20 {
		t.Fatalf("%d bytes are few", file.Len())
	}
	spans, err := spansSent(httptest.NewRecorder(), httptest.NewRequest("POST", "/api/trace-file", strings.NewReader(file.String())), maxFile)
	if err != nil || len(spans) != n || spans[0].Resource != spans[n-1].Resource || spans[n-1].ParentID != 1 || spans[n-1].Service != "web" {
		t.Fatalf("%d spans, %v", len(spans), err)
	}
}

// endless is a file of spans without an end.
type endless struct{ begun bool }

func (e *endless) Read(b []byte) (int, error) {
	text := `{"traceId":"1","spanId":"1"},`
	if !e.begun {
		e.begun = true
		text = `{"resourceSpans":[{"scopeSpans":[{"spans":[`
	}
	return copy(b, text), nil
}

func (*endless) Close() error { return nil }

func TestFileThatIsTooLongNamesTheLimit(t *testing.T) {
	r := httptest.NewRequest("POST", "/api/trace-file", &endless{})
	spans, err := spansSent(httptest.NewRecorder(), r, 1<<20)
	if len(spans) != 0 || err == nil || !strings.Contains(err.Error(), "longer than 1 MiB") {
		t.Errorf("%d spans, %v", len(spans), err)
	}
	h := handlers{largeFile: make(chan struct{}, 1)}
	h.largeFile <- struct{}{}
	if err := h.open(httptest.NewRecorder(), r); err == nil || !strings.Contains(err.Error(), "another large file") {
		t.Error(err)
	}
}
