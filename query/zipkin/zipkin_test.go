package zipkin_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openzipkin/zipkin-go/model"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/zipkin"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

func TestMain(m *testing.M) { os.Exit(storagetest.Main(m)) }

// shop is a trace with everything that Zipkin's model has a place for, one of Zipkin's own kind, whose client and server share an id,
// and one whose spans share an id by accident.
const shop = `
load
  resource web service.version="1.2"
  trace 4bf92f3577b34da6a3ce929d0e0e4736
    web      POST /buy      0ms 100ms http.response.status_code=503 ratio=0.5 flag=true error :message="no card" :scope=otelhttp :event=retry@30ms network.peer.address=10.0.0.9 network.peer.port=4711
      web      POST           5ms 90ms  client peer.service=checkout server.address=10.0.0.7 error=false
        checkout POST /orders  10ms 80ms :link=2/1
          checkout work        12ms 5ms
          checkout SELECT orders 20ms 30ms client db.system.name="postgresql" db.namespace="orders" network.peer.address="2001:db8::1" error
  trace 2 at 1s
    web      GET            0ms 10ms  client :id=10
      checkout GET /items    0ms 5ms   server :id=10 :parent=0
        checkout render        3ms 1ms :parent=10
  trace 4 at -10s
    checkout GET /items      0ms 5ms   server :id=10 :parent=9
    web      GET             0ms 10ms  client :id=10 :parent=9
  trace 3 at 2s
    web      one            0ms 10ms
      web    two            1ms 1ms :id=11
      web    three          3ms 0ms :id=11
`

type served struct {
	mux  *http.ServeMux
	base time.Time
}

func serve(t *testing.T) *served {
	t.Helper()
	db := storagetest.Open(t)
	base := time.Now().UTC().Add(-90 * time.Second).Truncate(time.Second)
	storagetest.Loader{Base: base, Project: "zipkin"}.Load(t, db, shop)
	reader := traces.NewReader(db)
	s := &served{mux: http.NewServeMux(), base: base}
	for _, r := range zipkin.Routes(zipkin.Deps{Spans: reader, Rollups: reader, Words: reader}) {
		s.mux.HandleFunc(r.Method+" "+r.Pattern, func(w http.ResponseWriter, q *http.Request) {
			if err := r.Handle(w, q.WithContext(api.WithCaller(q.Context(), api.Caller{Project: "zipkin"}))); err != nil {
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
	s.mux.ServeHTTP(w, httptest.NewRequest("GET", "/zipkin"+target, nil))
	if w.Code != status {
		t.Fatalf("GET %s = %d %s", target, w.Code, w.Body)
	}
	return strings.TrimSpace(w.Body.String())
}

// decode reads spans as Zipkin's own library for Go does.
func decode[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %.500s", err, text)
	}
	return v
}

// lines shows spans as people read them; times count from base.
func lines(spans []model.SpanModel, base time.Time) string {
	var b strings.Builder
	end := func(name string, e *model.Endpoint) {
		if e != nil {
			fmt.Fprintf(&b, " %s=%s", name, e.ServiceName)
			if e.IPv4 != nil || e.IPv6 != nil {
				fmt.Fprintf(&b, "@%s%s:%d", ip(e.IPv4), ip(e.IPv6), e.Port)
			}
		}
	}
	for _, s := range spans {
		fmt.Fprintf(&b, "%s", s.ID)
		if s.ParentID != nil {
			fmt.Fprintf(&b, "<%s", *s.ParentID)
		}
		fmt.Fprintf(&b, " %d+%d %s %s", s.Timestamp.Sub(base).Microseconds(), s.Duration.Microseconds(), s.Kind, s.Name)
		if s.Shared {
			b.WriteString(" shared")
		}
		end("local", s.LocalEndpoint)
		end("remote", s.RemoteEndpoint)
		for _, a := range s.Annotations {
			fmt.Fprintf(&b, " %s@%d", a.Value, a.Timestamp.Sub(base).Microseconds())
		}
		if len(s.Tags) > 0 {
			fmt.Fprintf(&b, " %v", s.Tags)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func ip(b []byte) string {
	if b == nil {
		return ""
	}
	return net.IP(b).String()
}

func TestAPI(t *testing.T) {
	s := serve(t)
	for name, test := range map[string]func(*testing.T, *served){"trace": traceInZipkinsModel, "search": search, "names": names} {
		t.Run(name, func(t *testing.T) { test(t, s) })
	}
}

func traceInZipkinsModel(t *testing.T, s *served) {
	f := func(id, want string) {
		t.Helper()
		if got := "\n" + lines(decode[[]model.SpanModel](t, s.get(t, "/api/v2/trace/"+id, 200)), s.base); got != want {
			t.Errorf("got%s\nwant%s", got, want)
		}
	}
	f("4bf92f3577b34da6a3ce929d0e0e4736", `
0000000000000001 0+100000 SERVER POST /buy local=web remote=@10.0.0.9:4711 retry@30000 map[error:no card flag:true http.response.status_code:503 http.status_code:503 network.peer.address:10.0.0.9 network.peer.port:4711 otel.scope.name:otelhttp otel.status_code:ERROR otel.status_description:no card ratio:0.5 service.version:1.2]
0000000000000002<0000000000000001 5000+90000 CLIENT POST local=web remote=checkout@10.0.0.7:0 map[peer.service:checkout server.address:10.0.0.7 service.version:1.2]
0000000000000003<0000000000000002 10000+80000 SERVER POST /orders local=checkout map[otlp.link.0:00000000000000000000000000000002|0000000000000001||{}|0]
0000000000000004<0000000000000003 12000+5000  work local=checkout map[span.kind:internal]
0000000000000005<0000000000000003 20000+30000 CLIENT SELECT orders local=checkout remote=orders@2001:db8::1@2001:db8::1:0 map[db.namespace:orders db.system.name:postgresql error:true network.peer.address:2001:db8::1 otel.status_code:ERROR]
`)
	// Zipkin's client and server keep the id that they share, and the server's child its parent.
	f("2", `
000000000000000a 1000000+10000 CLIENT GET local=web map[service.version:1.2]
000000000000000a 1000000+5000 SERVER GET /items shared local=checkout
0000000000000003<000000000000000a 1003000+1000  render local=checkout map[span.kind:internal]
`)
	f("4", `
000000000000000a<0000000000000009 -10000000+10000 CLIENT GET local=web map[service.version:1.2]
000000000000000a<0000000000000009 -10000000+5000 SERVER GET /items shared local=checkout
`)
	three := decode[[]model.SpanModel](t, s.get(t, "/api/v2/trace/0000000000000003", 200))
	if len(three) != 3 || three[1].ID == three[2].ID || three[2].Duration != time.Microsecond || three[1].TraceID.String() != "0000000000000003" {
		t.Errorf("%+v", three)
	}
	if got := s.get(t, "/api/v2/trace/77", 404); got != "0000000000000077 not found" {
		t.Error(got)
	}
	s.get(t, "/api/v2/trace/xyz", 400)

	many := decode[[][]model.SpanModel](t, s.get(t, "/api/v2/traceMany?traceIds=2,77,4bf92f3577b34da6a3ce929d0e0e4736", 200))
	if len(many) != 2 || len(many[0]) != 3 || len(many[1]) != 5 {
		t.Errorf("%d traces", len(many))
	}
	for ids, message := range map[string]string{"": "is empty", "2": "retrieve a single trace", "2,02": "redundant traceId: 02", "2,x": "lower-hex"} {
		if got := s.get(t, "/api/v2/traceMany?traceIds="+ids, 400); !strings.Contains(got, message) {
			t.Errorf("%s: %s", ids, got)
		}
	}
}

func search(t *testing.T, s *served) {
	f := func(query string, want ...string) {
		t.Helper()
		var got []string
		for _, spans := range decode[[][]model.SpanModel](t, s.get(t, "/api/v2/traces?"+query, 200)) {
			id := spans[0].TraceID.String()
			got = append(got, id[len(id)-1:])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s found %q, want %q", query, got, want)
		}
	}
	q := func(text string) string { return "annotationQuery=" + url.QueryEscape(text) }
	f("", "3", "2", "6", "4")
	f("limit=1", "3")
	f("serviceName=checkout&spanName=all", "2", "6", "4")
	f("serviceName=web&spanName=one", "3")
	f("serviceName=checkout&spanName=one")
	f("serviceName=web&remoteServiceName=checkout", "6")
	f("minDuration=50000", "6")
	f("minDuration=10000&maxDuration=10000", "3", "2", "4")
	f(q("error"), "6")
	f("serviceName=checkout&"+q("error=true and db.namespace=orders"), "6")
	f(q("http.status_code=503 and flag=true"), "6")
	f(q("retry"), "6")
	f(q("ratio"), "6")
	f(q("ratio=0.5 and nothing"))
	f(q("service.version=1.2"), "3", "2", "6", "4")
	f(fmt.Sprintf("endTs=%d&lookback=500", s.base.Add(1400*time.Millisecond).UnixMilli()), "2")
	f("endTs=1000&lookback=99999999999")
	for query, message := range map[string]string{"limit=x": `limit is "x"`, "limit=0": "limit <= 0", "minDuration=2&maxDuration=1": "maxDuration < minDuration", "endTs=-1": "endTs", "endTs=0": "endTs <= 0",
		"lookback=0": "lookback <= 0", "minDuration=0": "minDuration <= 0", "maxDuration=5": "maxDuration is only valid with minDuration"} {
		if got := s.get(t, "/api/v2/traces?"+query, 400); !strings.Contains(got, message) {
			t.Errorf("%s: %s", query, got)
		}
	}
}

func names(t *testing.T, s *served) {
	f := func(target, want string) {
		t.Helper()
		if got := s.get(t, target, 200); got != want {
			t.Errorf("GET %s = %s\nwant %s", target, got, want)
		}
	}
	f("/api/v2/services", `["checkout","web"]`)
	f("/api/v2/spans?serviceName=checkout", `["GET /items","POST /orders","SELECT orders","render","work"]`)
	f("/api/v2/spans?serviceName=nobody", `[]`)
	f("/api/v2/remoteServices?serviceName=web", `["checkout"]`)
	f("/api/v2/autocompleteValues?key=service.version", `["1.2"]`)
	f("/api/v2/autocompleteValues?key=nothing", `[]`)
	f("/health", `{"status":"UP"}`)
	if got := s.get(t, "/api/v2/autocompleteKeys", 200); !strings.Contains(got, `"db.namespace"`) || !strings.Contains(got, `"service.version"`) {
		t.Error(got)
	}
	type link struct {
		Parent, Child         string
		CallCount, ErrorCount int
	}
	got := fmt.Sprint(decode[[]link](t, s.get(t, fmt.Sprintf("/api/v2/dependencies?endTs=%d&lookback=3600000", time.Now().UnixMilli()), 200)))
	if want := "[{checkout orders@2001:db8::1 1 1} {web checkout 1 0}]"; got != want {
		t.Errorf("dependencies %s, want %s", got, want)
	}
	config := decode[map[string]any](t, s.get(t, "/config.json", 200))
	if config["searchEnabled"] != true || config["queryLimit"] != 10.0 || config["defaultLookback"] != 900000.0 || config["dependency"].(map[string]any)["enabled"] != true {
		t.Errorf("%v", config)
	}
	for _, target := range []string{"/api/v2/spans", "/api/v2/remoteServices", "/api/v2/autocompleteValues", "/api/v2/dependencies"} {
		s.get(t, target, 400)
	}
	s.get(t, "/api/v1/services", 404)
}

// TestDocs holds the page's table against the routes.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/api-zipkin.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented, served []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(GET|POST) (/zipkin/[^`?]*)").FindAllStringSubmatch(string(page), -1) {
		documented = append(documented, m[1]+" "+m[2])
	}
	for _, r := range zipkin.Routes(zipkin.Deps{}) {
		served = append(served, r.Method+" "+r.Pattern)
	}
	slices.Sort(documented)
	slices.Sort(served)
	if !slices.Equal(documented, served) {
		t.Errorf("docs/api-zipkin.md has\n%s\nthe routes are\n%s", strings.Join(documented, "\n"), strings.Join(served, "\n"))
	}
}
