package jaeger_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/jaeger"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

// shop is two traces, the first of them with everything that Jaeger's model has a place for, and one whose root is missing.
const shop = `
load
  resource web service.version="1.2" deployment.environment.name=prod replicas=3
  resource checkout service.version="2.0"
  trace 4bf92f3577b34da6a3ce929d0e0e4736
    web      POST /buy      0ms 100ms http.response.status_code=503 big=9007199254740993 ratio=0.5 flag=true error :message="no card" :scope=otelhttp :tracestate="ot=th:0" :event=retry@30ms
      web      POST           5ms 90ms  client http.response.status_code=503
        checkout POST /orders  10ms 80ms :link=2/1
          checkout SELECT orders 20ms 30ms client db.system.name="postgresql" db.namespace="orders"
          checkout orders publish 60ms 5ms producer messaging.system=kafka messaging.destination.name=orders
            shipping orders process 70ms 20ms consumer messaging.system=kafka messaging.destination.name=orders
  trace 2 at 1s
    web      GET /          0ms 10ms  http.response.status_code=200
  trace 3 at 2s
    checkout GET /health    0ms 1ms :parent=99
`

// served is the API over what the shop sent a minute ago.
type served struct {
	mux  *http.ServeMux
	base time.Time
}

func serve(t *testing.T) *served {
	t.Helper()
	db := storagetest.Open(t)
	base := time.Now().UTC().Add(-90 * time.Second).Truncate(time.Second)
	project := strings.ToLower(t.Name())
	storagetest.Loader{Base: base, Project: project}.Load(t, db, shop)
	reader := traces.NewReader(db)
	s := &served{mux: http.NewServeMux(), base: base}
	for _, r := range jaeger.Routes(jaeger.Deps{Spans: reader, Rollups: reader}) {
		s.mux.HandleFunc(r.Method+" "+r.Pattern, func(w http.ResponseWriter, q *http.Request) {
			if err := r.Handle(w, q.WithContext(api.WithCaller(q.Context(), api.Caller{Project: project}))); err != nil {
				t.Log(q.URL, err)
				r.Fail(w, api.AsError(err), "id")
			}
		})
	}
	return s
}

func (s *served) get(t *testing.T, target string, status int) string {
	t.Helper()
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, httptest.NewRequest("GET", "/jaeger"+target, nil))
	if w.Code != status {
		t.Fatalf("GET %s = %d %s", target, w.Code, w.Body)
	}
	return strings.TrimSpace(w.Body.String())
}

func decode[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %.500s", err, text)
	}
	return v
}

// The shapes that clients of Jaeger decode.
type (
	tag struct {
		Key, Type string
		Value     any
	}
	span struct {
		TraceID, SpanID, OperationName, ProcessID string
		References                                []struct{ RefType, TraceID, SpanID string }
		StartTime, Duration                       int64
		Tags                                      []tag
		Logs                                      []struct {
			Timestamp int64
			Fields    []tag
		}
		Warnings []string
	}
	traceAnswer struct {
		TraceID   string
		Spans     []span
		Processes map[string]struct {
			ServiceName string
			Tags        []tag
		}
		Warnings []string
	}
	tracesAnswer struct {
		Data   []traceAnswer
		Errors []struct{ Msg, TraceID string }
	}
)

// lines shows a trace as people read it; times count from base.
func lines(tr traceAnswer, base time.Time) string {
	var b strings.Builder
	tags := func(all []tag) {
		for _, v := range all {
			fmt.Fprintf(&b, " %s:%s=%v", v.Key, v.Type, v.Value)
		}
	}
	for _, s := range tr.Spans {
		fmt.Fprintf(&b, "%s %s %d+%d %s", s.SpanID[14:], tr.Processes[s.ProcessID].ServiceName, s.StartTime-base.UnixMicro(), s.Duration, s.OperationName)
		for _, r := range s.References {
			fmt.Fprintf(&b, " %s(%s/%s)", r.RefType, r.TraceID[len(r.TraceID)-4:], r.SpanID[14:])
		}
		tags(s.Tags)
		for _, l := range s.Logs {
			fmt.Fprintf(&b, " log@%d", l.Timestamp-base.UnixMicro())
			tags(l.Fields)
		}
		for _, w := range s.Warnings {
			b.WriteString(" !" + w)
		}
		b.WriteByte('\n')
	}
	for _, name := range slices.Sorted(maps(tr.Processes)) {
		b.WriteString(name + " " + tr.Processes[name].ServiceName)
		tags(tr.Processes[name].Tags)
		b.WriteByte('\n')
	}
	return b.String()
}

func maps[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func TestAPI(t *testing.T) {
	s := serve(t)
	for name, test := range map[string]func(*testing.T, *served){
		"trace": traceInJaegersModel, "search": search, "services": servicesOperationsAndDependencies, "metrics": monitorTab,
		"v3 trace": tracesOfV3AreOTLP, "v3 search": searchOfV3,
	} {
		t.Run(name, func(t *testing.T) { test(t, s) })
	}
}

func traceInJaegersModel(t *testing.T, s *served) {
	text := s.get(t, "/api/traces/4bf92f3577b34da6a3ce929d0e0e4736", 200)
	if !strings.HasSuffix(text, `"total":0,"limit":0,"offset":0,"errors":null}`) || !strings.Contains(text, `"big","type":"int64","value":"9007199254740993"`) {
		t.Errorf("the envelope, or a number past JavaScript's: %s", text)
	}
	a := decode[tracesAnswer](t, text)
	want := `
01 web 0+100000 POST /buy otel.scope.name:string=otelhttp big:int64=9007199254740993 flag:bool=true http.status_code:int64=503 http.response.status_code:int64=503 ratio:float64=0.5 span.kind:string=server otel.status_code:string=ERROR error:bool=true otel.status_description:string=no card w3c.tracestate:string=ot=th:0 log@30000 event:string=retry
02 web 5000+90000 POST CHILD_OF(4736/01) http.status_code:int64=503 http.response.status_code:int64=503 span.kind:string=client
03 checkout 10000+80000 POST /orders CHILD_OF(4736/02) FOLLOWS_FROM(0002/01) span.kind:string=server
04 checkout 20000+30000 SELECT orders CHILD_OF(4736/03) db.namespace:string=orders db.system.name:string=postgresql span.kind:string=client
05 checkout 60000+5000 orders publish CHILD_OF(4736/03) messaging.destination.name:string=orders messaging.system:string=kafka span.kind:string=producer
06 shipping 70000+20000 orders process CHILD_OF(4736/05) messaging.destination.name:string=orders messaging.system:string=kafka span.kind:string=consumer
p1 web deployment.environment.name:string=prod replicas:int64=3 service.version:string=1.2
p2 checkout service.version:string=2.0
p3 shipping
`
	if got := "\n" + lines(a.Data[0], s.base); got != want {
		t.Errorf("got%s\nwant%s", got, want)
	}

	// A 64-bit id, and what the timeline warns of.
	a = decode[tracesAnswer](t, s.get(t, "/api/traces/3", 200))
	if tr := a.Data[0]; tr.TraceID != "0000000000000003" || len(tr.Spans[0].Warnings) != 1 || !strings.Contains(tr.Spans[0].Warnings[0], "invalid parent span IDs=0000000000000063") || len(tr.Warnings) == 0 {
		t.Errorf("%+v", tr)
	}

	a = decode[tracesAnswer](t, s.get(t, "/api/traces?traceID=2&traceID=77&traceID=3", 200))
	if len(a.Data) != 2 || len(a.Errors) != 1 || a.Errors[0].Msg != "trace not found" || a.Errors[0].TraceID != "0000000000000077" {
		t.Errorf("%+v", a)
	}
}

func search(t *testing.T, s *served) {
	f := func(query string, want ...string) {
		t.Helper()
		var got []string
		for _, tr := range decode[tracesAnswer](t, s.get(t, "/api/traces?"+query, 200)).Data {
			got = append(got, tr.TraceID[len(tr.TraceID)-1:])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s found %q, want %q", query, got, want)
		}
	}
	tags := func(text string) string { return "tags=" + url.QueryEscape(text) }
	f("service=web", "2", "6")
	f("service=web&limit=1", "2")
	f("lookback=1h", "3", "2", "6") // without a service, too
	f("service=web&operation=GET+/", "2")
	f("service=web&operation=POST+/orders")
	f("service=web&minDuration=50ms", "6")
	f("service=web&maxDuration=50ms", "2")
	f("service=checkout&" + tags(`{"error":"true"}`))
	f(tags(`{"error":"true"}`), "6")
	f("service=web&"+tags(`{"error":"false"}`), "2", "6") // its client says nothing of an error
	f(tags(`{"http.status_code":"503"}`), "6")
	f(tags(`{"http.status_code":200}`), "2")
	f(tags(`{"http.response.status_code":"503","flag":"true"}`), "6")
	f(tags(`{"ratio":"0.5"}`), "6")
	f("tag=span.kind:consumer", "6")
	f("tag=otel.status_code:ERROR&tag=otel.scope.name:otelhttp", "6")
	f("tag=service.version:1.2", "2", "6")
	f("tag=replicas:3&tag=deployment.environment.name:prod", "2", "6")
	f("tag=event:retry", "6")
	f("tag=otel.status_description:no+card", "6")
	at := func(d time.Duration) int64 { return s.base.Add(d).UnixMicro() }
	f(fmt.Sprintf("start=%d&end=%d", at(time.Second), at(1500*time.Millisecond)), "2")
	f(fmt.Sprintf("start=%d&end=%d", at(-time.Hour), at(-time.Minute)))

	for query, message := range map[string]string{
		"start=x":                       `unable to parse param 'start': \"x\" is no time`,
		"minDuration=5":                 `unable to parse param 'minDuration'`,
		"minDuration=2s&maxDuration=1s": `'maxDuration' should be greater than 'minDuration'`,
		"limit=-1":                      `unable to parse param 'limit'`,
		"tag=x":                         `expecting key:value`,
		tags(`{"a":`):                   `cannot unmarshal JSON`,
		tags(`{"a":[]}`):                `the value of \"a\" is no text`,
		"traceID=xyz":                   `\"xyz\" is no trace id`,
	} {
		if text := s.get(t, "/api/traces?"+query, 400); !strings.Contains(text, message) || !strings.HasPrefix(text, `{"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":400,"msg":"`) {
			t.Errorf("%s: %s", query, text)
		}
	}
	if text := s.get(t, "/api/traces/77", 404); !strings.Contains(text, `"code":404,"msg":"trace not found"`) {
		t.Error(text)
	}
	if text := s.get(t, "/api/quality-metrics", 404); !strings.Contains(text, `"code":404`) {
		t.Error(text)
	}
}

func servicesOperationsAndDependencies(t *testing.T, s *served) {
	f := func(target, want string) {
		t.Helper()
		if got := s.get(t, target, 200); got != want {
			t.Errorf("GET %s = %s\nwant %s", target, got, want)
		}
	}
	rest := `,"limit":0,"offset":0,"errors":null}`
	f("/api/services", `{"data":["checkout","shipping","web"],"total":3`+rest)
	f("/api/services/checkout/operations", `{"data":["GET /health","POST /orders","SELECT orders","orders publish"],"total":4`+rest)
	f("/api/services/nobody/operations", `{"data":[],"total":0`+rest)
	f("/api/operations?service=web", `{"data":[{"name":"GET /","spanKind":"server"},{"name":"POST","spanKind":"client"},{"name":"POST /buy","spanKind":"server"}],"total":3`+rest)
	f("/api/operations?service=web&spanKind=client", `{"data":[{"name":"POST","spanKind":"client"}],"total":1`+rest)
	f("/api/operations?service=web&spanKind=bad", `{"data":[],"total":0`+rest)
	links := `[{"parent":"checkout","child":"shipping","callCount":1},{"parent":"web","child":"checkout","callCount":1}]`
	f("/api/dependencies?lookback=3600000", `{"data":`+links+`,"total":0`+rest)
	f("/api/dependencies?lookback=3600000&service=web", `{"data":[{"parent":"web","child":"checkout","callCount":1}],"total":0`+rest)
	f("/api/dependencies?endTs=3600000", `{"data":[],"total":0`+rest)
	f("/api/metrics/minstep", `{"data":60000,"total":0`+rest)
	s.get(t, "/api/operations", 400)
	s.get(t, "/api/dependencies?endTs=x", 400)
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, httptest.NewRequest("POST", "/jaeger/api/archive/2", nil))
	if w.Code != 500 || !strings.Contains(w.Body.String(), "archive span storage was not configured") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func monitorTab(t *testing.T, s *served) {
	type family struct {
		Name, Type string
		Metrics    []struct {
			Labels       []struct{ Name, Value string }
			MetricPoints []struct {
				GaugeValue struct{ DoubleValue any }
				Timestamp  time.Time
			}
		}
	}
	// f gives the greatest value of each series by its last label.
	f := func(target, name string) map[string]float64 {
		t.Helper()
		a := decode[family](t, s.get(t, "/api/metrics/"+target+"&lookback=600000&step=60000", 200))
		if a.Name != name || a.Type != "GAUGE" {
			t.Errorf("%s is %s of %s", target, a.Type, a.Name)
		}
		greatest := map[string]float64{}
		for _, m := range a.Metrics {
			if m.Labels[0].Name != "service_name" || len(m.MetricPoints) < 10 {
				t.Errorf("%s: %+v", target, m)
			}
			label := m.Labels[len(m.Labels)-1].Value
			for _, p := range m.MetricPoints {
				if v, ok := p.GaugeValue.DoubleValue.(float64); ok {
					greatest[label] = max(greatest[label], v)
				}
			}
		}
		return greatest
	}
	if got := f("calls?service=web", "service_call_rate"); len(got) != 1 || got["web"] < 2.0/61 {
		t.Errorf("calls: %v", got)
	}
	if got := f("calls?service=web&groupByOperation=true", "service_operation_call_rate"); len(got) != 2 || got["GET /"] < 1.0/61 {
		t.Errorf("calls by operation: %v", got)
	}
	if got := f("errors?service=web&spanKind=server&groupByOperation=true", "service_operation_error_rate"); got["POST /buy"] != 1 || got["GET /"] != 0 {
		t.Errorf("errors: %v", got)
	}
	if got := f("latencies?service=web&quantile=0.95&groupByOperation=true", "service_operation_latencies"); got["POST /buy"] < 90 || got["POST /buy"] > 100 || got["GET /"] > 10 || got["GET /"] < 9 {
		t.Errorf("latencies in ms: %v", got)
	}
	if got := f("calls?service=web&spanKind=consumer", "service_call_rate"); len(got) != 0 {
		t.Errorf("calls of another kind: %v", got)
	}
	if got := f("calls?service=web,service=checkout", "service_call_rate"); len(got) != 2 {
		t.Errorf("calls of two services, as the UI asks: %v", got)
	}
	for _, target := range []string{"calls?x=1", "latencies?service=web", "latencies?service=web&quantile=2", "calls?service=web&spanKind=bad", "calls?service=web&groupByOperation=perhaps", "calls?service=web&step=x"} {
		s.get(t, "/api/metrics/"+target, 400)
	}
}

// TestDocs holds the page's table against the routes.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/api-jaeger.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented, served []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(GET|POST) (/jaeger/[^`?]*)").FindAllStringSubmatch(string(page), -1) {
		documented = append(documented, m[1]+" "+m[2])
	}
	for _, r := range jaeger.Routes(jaeger.Deps{}) {
		served = append(served, r.Method+" "+r.Pattern)
	}
	slices.Sort(documented)
	slices.Sort(served)
	if !slices.Equal(documented, served) {
		t.Errorf("docs/api-jaeger.md has\n%s\nthe routes are\n%s", strings.Join(documented, "\n"), strings.Join(served, "\n"))
	}
}
