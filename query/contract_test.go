package query_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/sightline/sightline/query"
	"github.com/sightline/sightline/query/logapi"
	"github.com/sightline/sightline/query/metricapi"
	"github.com/sightline/sightline/query/traceapi"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// goldens are answers that the page's tests import, too.
const goldens = "traceapi/testdata"

func newServer(t testing.TB, s *shop, change func(*query.Config)) *query.Server {
	t.Helper()
	cfg := query.Config{
		Traces:  traceapi.Deps{Spans: s, Sets: s, Rollups: s, Fleet: s, Exceptions: s, Words: s, Status: s.status, Now: clock},
		Metrics: metricapi.Deps{Metrics: meters{}, Now: clock},
		Logs:    logapi.Deps{Records: shelf{}, Now: clock},
		Listen:  "127.0.0.1:7070",
		UI:      page,
		Now:     clock,
	}
	if change != nil {
		change(&cfg)
	}
	srv, err := query.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return srv
}

func clock() time.Time { return now }

// contract is docs/openapi.yaml.
type contract struct {
	doc    *openapi3.T
	router routers.Router
}

func openContract(t testing.TB) contract {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("../docs/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return contract{doc, router}
}

// check says how an answer differs from what the contract promises for its request.
func (c contract) check(t testing.TB, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	route, params, err := c.router.FindRoute(r)
	if err != nil {
		t.Errorf("%s %s is not in the contract: %v", r.Method, r.URL, err)
		return
	}
	err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route},
		Status:                 w.Code,
		Header:                 w.Header(),
		Body:                   readCloser{bytes.NewReader(w.Body.Bytes())},
		Options:                &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	})
	if err != nil {
		t.Errorf("%s %s answers otherwise than the contract says: %v", r.Method, r.URL, err)
	}
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

func request(method, target string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	r.Host = "127.0.0.1:7070"
	r.URL.Scheme, r.URL.Host = "", ""
	r.Header.Set("X-Request-Id", "5f1c0a9be2d34c77")
	return r
}

func do(s *query.Server, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

func TestAnswersAreWhatTheContractSays(t *testing.T) {
	c := openContract(t)
	srv := newServer(t, &shop{}, nil)
	trace := "/api/traces/" + shopTrace.String()
	f := func(golden, target string, status int) {
		t.Helper()
		r := request("GET", target)
		w := do(srv, r)
		if w.Code != status {
			t.Errorf("GET %s = %d %s, want %d", target, w.Code, w.Body, status)
			return
		}
		c.check(t, r, w)
		if golden != "" {
			compareGolden(t, golden, w.Body.Bytes())
		}
	}
	f("map", "/api/map?from=now-1h", 200)
	f("", "/api/map?env=prod&namespace=shop&focus=service/prod/web&hops=2&errors_only=true&from=1777885200&to=1777888800000", 200)
	f("map_series", "/api/map/series?node=service/prod/web", 200)
	f("", "/api/map/series?source=service/prod/web&target=service/prod/checkout%2FAWS::ECS::Container", 200)
	f("", "/api/map/series?node=inferred/prod/orders/Database::PostgreSQL&from=now-30d", 200)
	f("services", "/api/services", 200)
	f("", "/api/services?env=nowhere", 200)
	f("service", "/api/services/checkout?env=prod", 200)
	f("", "/api/services/nothing", 404)
	f("operation", "/api/services/checkout/operations/POST%20%2Fcheckout?env=prod", 200)
	f("", "/api/services/checkout/operations/POST%20%2Fcheckout?kind=server&namespace=shop", 200)
	f("", "/api/services/checkout/operations/nothing", 404)
	f("instances", "/api/services/checkout/instances", 200)
	f("", "/api/services/checkout/instances?env=prod&namespace=shop&from=now-5m", 200)
	f("", "/api/alerts", 200)
	f("", "/api/alerts?from=now-1h&to=now", 200)
	f("", "/api/alerts?state=firing", 400)
	f("exceptions", "/api/exceptions?service=checkout&q=time", 200)
	f("", "/api/exceptions?sort=first_seen&limit=1&env=prod&namespace=shop&from=now-1d", 200)
	f("", "/api/exceptions?cursor=GKxY", 400)
	f("exception", "/api/exceptions/00000000000000a1", 200)
	f("", "/api/exceptions/a1", 400)
	f("", "/api/exceptions/00000000000000ff", 404)
	f("search", "/api/traces?q=service+%3D+checkout", 200)
	f("", "/api/traces?q=&limit=1&cursor=GKxYjcD-ixVmAAAAAAAAAAAAAAAAAAAB", 200)
	f("", "/api/traces?env=prod&namespace=shop", 200)
	f("", "/api/traces?sort=duration&q=duration+%3E+1ms", 200)
	f("", "/api/traces?sort=errors", 200)
	f("", "/api/traces?sort=spans&q=service+%3D+checkout", 200)
	f("", "/api/traces?sort=oldest", 400)
	f("logs", "/api/logs?q=severity+>%3D+warn", 200)
	f("", "/api/logs?env=prod&namespace=&limit=1&from=now-1d&cursor="+logsCursor, 200)
	f("", "/api/logs?cursor=GKxY", 400)
	f("", "/api/logs?q=severity+=~+a", 400)
	f("", "/api/logs?q=exists+service", 400)
	f("log", "/api/logs/"+logsCursor, 200)
	f("", "/api/logs/x", 400)
	f("trace_logs", trace+"/logs", 200)
	f("", trace+"/logs?start=now-1h&end=now&span_id=0000000000000001&limit=1", 200)
	f("", trace+"/logs?span_id=1", 400)
	f("", "/api/traces/x/logs", 400)
	f("spans", "/api/spans?q=service+%3D+checkout&columns=http.request.method,resource.service.name,nothing.here", 200)
	f("", "/api/spans?limit=2&env=&namespace=shop&cursor=GKxYjcD-ixVmAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAB", 200)
	f("", "/api/spans?cursor=GKxY", 400)
	f("", "/api/spans?columns=a,a", 400)
	f("compare", "/api/spans/compare?q=service+%3D+checkout&selection=class+!%3D+ok", 200)
	f("", "/api/spans/compare?selection_from=now-10m&selection_to=now&baseline=before", 200)
	f("", "/api/spans/compare?selection=class+!%3D+ok&baseline=week&env=prod&namespace=shop", 200)
	f("", "/api/spans/compare?selection=class+!%3D+ok&baseline=query&baseline_q=name+%3D+a", 200)
	f("", "/api/spans/compare?selection=class+!%3D+ok&baseline_q=name+%3D+a", 400)
	f("", "/api/spans/compare?selection_from=now&selection_to=now-5m", 400)
	f("facets", "/api/spans/facets?keys=service,http.response.status_code", 200)
	f("", "/api/spans/facets?keys=duration", 400)
	f("heatmap", "/api/spans/heatmap?columns=60", 200)
	f("trace", trace, 200)
	f("", trace+"?skew=off&start=now-1h&end=now&limit=3", 200)
	f("trace_children", trace+"/children?span_id=a1a1a1a1a1a1a1a1&limit=2", 200)
	f("", trace+"/children?span_id=a1a1a1a1a1a1a1a1&from=1&skew=off&start=now-1h&end=now", 200)
	f("", trace+"/children?span_id=1111111111111111", 404)
	f("", trace+"/children", 400)
	f("", "/api/traces/"+shopTrace.XRay(), 200)
	f("", "/api/traces/00000000000000000000000000000001", 404)
	f("span", trace+"/spans/f6f6f6f6f6f6f6f6", 200)
	f("", trace+"/spans/a7a7a7a7a7a7a7a7", 200)
	f("", trace+"/spans/1111111111111111", 404)
	f("otlp", trace+"/otlp", 200)
	f("metrics", "/api/metrics", 200)
	f("", "/api/metrics?q=http&limit=1&from=now-1d", 200)
	f("", "/api/metrics?limit=0", 400)
	f("metric_points", "/api/metrics/http.server.request.duration/points?exemplars=true", 200)
	f("", "/api/metrics/a%2Fb/points?match=%7Bservice%3D%22web%22%7D&limit=2&from=now-1d&to=now", 200)
	f("", "/api/metrics/a/points?match=%7Bservice", 400)
	f("complete", "/api/complete?q=ser", 200)
	f("", "/api/complete", 200)
	f("status", "/api/status", 200)
	f("error", "/api/traces?q=duration+%3E+", 400)
	f("", "/healthz", 200)
	f("", "/readyz", 200)
	f("", "/metrics", 200)
}

func TestTraceOfAFileIsShown(t *testing.T) {
	c := openContract(t)
	srv := newServer(t, &shop{}, nil)
	file := do(srv, request("GET", "/api/traces/"+shopTrace.String()+"/otlp")).Body.String()
	post := func(target, body string, status int) *httptest.ResponseRecorder {
		t.Helper()
		r := request("POST", target)
		r.Body = io.NopCloser(strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := do(srv, r)
		if w.Code != status {
			t.Fatalf("POST %s = %d %.300s, want %d", target, w.Code, w.Body, status)
		}
		c.check(t, r, w)
		return w
	}
	compareGolden(t, "trace_file", post("/api/trace-file", file, 200).Body.Bytes())
	post("/api/trace-file?skew=off&trace_id="+shopTrace.XRay(), file, 200)
	post("/api/trace-file?trace_id=00000000000000000000000000000001", file, 404)
	post("/api/trace-file", "{}", 400)
	post("/api/trace-file", "[", 400)
	long := request("POST", "/api/trace-file")
	long.ContentLength = 257 << 20
	if w := do(srv, long); w.Code != 413 || !strings.Contains(w.Body.String(), "256 MiB") {
		t.Errorf("%d %.300s", w.Code, w.Body)
	}
}

func compareGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, got, "", "  "); err != nil {
		t.Fatal(err)
	}
	text := shorten(b.String())
	file := filepath.Join(goldens, name+".golden.json")
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s differs; got:\n%s", file, text)
	}
}

// shorten puts lists of numbers on one line.
func shorten(text string) string {
	var out []string
	var run []string
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		trimmed := strings.TrimSpace(line)
		last := len(out) - 1
		switch {
		case last >= 0 && strings.HasSuffix(out[last], "[") && strings.Trim(trimmed, "-0123456789.e+,") == "":
			run = append(run, trimmed)
		case len(run) > 0:
			out[last] += strings.Join(run, " ") + trimmed
			run = nil
		default:
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n") + "\n"
}

func TestRouteTableAndContractAreTheSame(t *testing.T) {
	c := openContract(t)
	var documented, routed []string
	for path, item := range c.doc.Paths.Map() {
		for method := range item.Operations() {
			documented = append(documented, method+" "+path)
		}
	}
	for _, r := range newServer(t, &shop{}, nil).Routes() {
		routed = append(routed, r.Method+" "+r.Pattern)
	}
	slices.Sort(documented)
	slices.Sort(routed)
	if !slices.Equal(documented, routed) {
		t.Errorf("documented %v\nrouted     %v", documented, routed)
	}
}

func TestContractNamesEveryParameter(t *testing.T) {
	c := openContract(t)
	srv := newServer(t, &shop{}, nil)
	for path, item := range c.doc.Paths.Map() {
		operation := item.Get
		if operation == nil || !strings.HasPrefix(path, "/api/") {
			continue
		}
		target := strings.NewReplacer("{trace_id}", shopTrace.String(), "{span_id}", "f6f6f6f6f6f6f6f6", "{name}", "checkout", "{operation}", "pay").Replace(path)
		w := do(srv, request("GET", target+"?not_a_parameter=1"))
		var answer struct{ Error struct{ Code, Hint string } }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != 400 || answer.Error.Code != "bad_parameter" {
			t.Errorf("%s with an unknown parameter = %d %s", target, w.Code, w.Body)
			continue
		}
		for _, p := range operation.Parameters {
			if p.Value.In == "query" && !strings.Contains(answer.Error.Hint, p.Value.Name) {
				t.Errorf("%s does not know the parameter %q: %s", path, p.Value.Name, answer.Error.Hint)
			}
		}
		if n := strings.Count(answer.Error.Hint, ","); len(operation.Parameters) > 0 && answer.Error.Hint != "" {
			queries := 0
			for _, p := range operation.Parameters {
				if p.Value.In == "query" {
					queries++
				}
			}
			if n+1 != queries {
				t.Errorf("%s takes other parameters than documented: %s", path, answer.Error.Hint)
			}
		}
	}
}
