package grafana

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

// client asks a Host over HTTP, as Grafana's front end does.
type client struct {
	t    *testing.T
	url  string
	from time.Time
}

type frame struct {
	Schema struct {
		Name   string
		Fields []struct {
			Name   string
			Labels map[string]string
		}
	}
	Data struct{ Values [][]any }
}

// column is a field's values by its name.
func (f frame) column(name string) []any {
	for i, field := range f.Schema.Fields {
		if field.Name == name && i < len(f.Data.Values) {
			return f.Data.Values[i]
		}
	}
	return nil
}

func (c client) ask(method, path string, body any) (int, []byte) {
	c.t.Helper()
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			c.t.Fatal(err)
		}
	}
	r, err := http.NewRequest(method, c.url+path, bytes.NewReader(raw))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = w.Body.Close() }()
	answer, err := io.ReadAll(w.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return w.StatusCode, answer
}

// query sends one query of a data source with the members given.
func (c client) query(source string, members map[string]any) ([]frame, string) {
	c.t.Helper()
	q := map[string]any{"refId": "A", "datasource": map[string]string{"uid": source}, "intervalMs": 15000, "maxDataPoints": 1000}
	for k, v := range members {
		q[k] = v
	}
	_, raw := c.ask("POST", "/api/ds/query", map[string]any{
		"from": fmt.Sprint(c.from.UnixMilli()), "to": fmt.Sprint(time.Now().Add(time.Minute).UnixMilli()), "queries": []any{q},
	})
	var answer struct {
		Message string
		Results map[string]struct {
			Frames []frame
			Error  string
		}
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		c.t.Fatalf("%v: %.300s", err, raw)
	}
	return answer.Results["A"].Frames, answer.Message + answer.Results["A"].Error
}

// got is query without a fault, and a frame or more.
func (c client) got(source string, members map[string]any) []frame {
	c.t.Helper()
	frames, fault := c.query(source, members)
	if fault != "" || len(frames) == 0 {
		c.t.Fatalf("%v: %d frames, %s", members, len(frames), fault)
	}
	return frames
}

func (c client) healthy(source string) {
	c.t.Helper()
	if status, body := c.ask("GET", "/api/datasources/uid/"+source+"/health", nil); status != 200 {
		c.t.Errorf("Save & test of %s: %d %s", source, status, body)
	}
}

func (c client) resource(source, path, want string) {
	c.t.Helper()
	if status, body := c.ask("GET", "/api/datasources/uid/"+source+"/resources/"+path, nil); status != 200 || !strings.Contains(string(body), want) {
		c.t.Errorf("%s of %s: %d %.400s, want %s", path, source, status, body, want)
	}
}

func id(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // it never fails
	return hex.EncodeToString(b)
}

// shop is a trace of two services, the second of which failed.
type shop struct{ web, cart, trace, root, call, served string }

func send(t *testing.T) shop {
	s := shop{trace: id(16), root: id(8), call: id(8), served: id(8)}
	s.web, s.cart = "grafana-"+s.trace[:6]+"-web", "grafana-"+s.trace[:6]+"-cart"
	now := time.Now().Add(-2 * time.Second)
	span := func(service, spanID, parent, name string, kind, from, to int, more string) string {
		return fmt.Sprintf(`{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":%q}}]},"scopeSpans":[{"spans":[{"traceId":%q,"spanId":%q,"parentSpanId":%q,"name":%q,"kind":%d,"startTimeUnixNano":"%d","endTimeUnixNano":"%d"%s}]}]}`,
			service, s.trace, spanID, parent, name, kind, now.UnixNano()+int64(from)*1e6, now.UnixNano()+int64(to)*1e6, more)
	}
	body := `{"resourceSpans":[` + strings.Join([]string{
		span(s.web, s.root, "", "GET /cart", 2, 0, 90, `,"attributes":[{"key":"http.route","value":{"stringValue":"/cart"}}]`),
		span(s.web, s.call, s.root, "cart.Get", 3, 10, 80, ""),
		span(s.cart, s.served, s.call, "cart.Get", 2, 20, 70, `,"status":{"code":2,"message":"lost"},"attributes":[{"key":"http.response.status_code","value":{"intValue":"500"}}]`),
	}, ",") + `]}`
	w, err := http.Post(os.Getenv("SIGHTLINE_OTLP")+"/v1/traces", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Body.Close() }()
	if w.StatusCode != 200 {
		t.Fatalf("the spans were answered %s", w.Status)
	}
	return s
}

// TestDataSources drives the backends that GRAFANA's folder has against the Sightline at SIGHTLINE_URL.
func TestDataSources(t *testing.T) {
	base := os.Getenv("SIGHTLINE_URL")
	host, err := NewHost(os.Getenv("GRAFANA"), os.Stderr,
		Source{UID: "sightline", Name: "Sightline", Type: "tempo", URL: base + "/tempo"},
		Source{UID: "sightline-metrics", Name: "Sightline metrics", Type: "prometheus", URL: base + "/prometheus", JSON: map[string]any{"httpMethod": "POST"}},
		Source{UID: "sightline-jaeger", Name: "Sightline Jaeger", Type: "jaeger", URL: base + "/jaeger"},
		Source{UID: "sightline-zipkin", Name: "Sightline Zipkin", Type: "zipkin", URL: base + "/zipkin"})
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	face := httptest.NewServer(host.Handler())
	defer face.Close()
	c := client{t: t, url: face.URL, from: time.Now().Add(-15 * time.Minute)}
	s := send(t)

	ran := 0
	for _, one := range []struct {
		kind  string
		drive func(client, shop)
	}{{"tempo", tempo}, {"jaeger", jaeger}, {"zipkin", zipkin}, {"prometheus", prometheus}} {
		if !host.Has(one.kind) {
			t.Logf("%s is not in the folder", one.kind)
			continue
		}
		ran++
		t.Run(one.kind, func(t *testing.T) {
			c := c
			c.t = t
			one.drive(c, s)
		})
	}
	if ran == 0 {
		t.Error("GRAFANA's folder has none of tempo, jaeger, zipkin and prometheus with plugin.json and their program beside it")
	}
}

// until polls for what is stored a moment after it was taken.
func (c client) until(what string, ok func() bool) {
	c.t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(300 * time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatalf("%s has not become visible in a minute", what)
		}
	}
}

func tempo(c client, s shop) {
	const source = "sightline"
	c.healthy(source)
	c.until("the trace", func() bool {
		frames, _ := c.query(source, map[string]any{"queryType": "traceId", "query": s.trace})
		return len(frames) == 1 && len(frames[0].column("spanID")) == 3
	})
	trace := c.got(source, map[string]any{"queryType": "traceId", "query": s.trace})[0]
	for i, span := range trace.column("spanID") {
		want := map[any][3]any{s.root: {"", s.web, float64(0)}, s.call: {s.root, s.web, float64(0)}, s.served: {s.call, s.cart, float64(2)}}[span]
		if got := [3]any{trace.column("parentSpanID")[i], trace.column("serviceName")[i], trace.column("statusCode")[i]}; got != want {
			c.t.Errorf("span %v: %v, want %v", span, got, want)
		}
	}
	if _, fault := c.query(source, map[string]any{"queryType": "traceId", "query": id(16)}); !strings.Contains(fault, "404") {
		c.t.Errorf("a trace that is not there: %q", fault)
	}

	mine := fmt.Sprintf(`{ resource.service.name = %q }`, s.cart)
	list := c.got(source, map[string]any{"queryType": "traceql", "query": mine, "limit": 20, "spss": 3, "tableType": "traces"})[0]
	if got := fmt.Sprint(list.column("traceID"), list.column("traceService"), list.column("traceName"), list.column("traceDuration")); got != fmt.Sprintf("[%s] [%s] [GET /cart] [90]", s.trace, s.web) {
		c.t.Errorf("traces of a search: %s", got)
	}
	spans := c.got(source, map[string]any{"queryType": "traceql", "query": mine + " | select(span.http.response.status_code)", "limit": 20, "spss": 3, "tableType": "spans"})[0]
	if got := fmt.Sprint(spans.column("spanID"), spans.column("name"), spans.column("http.response.status_code"), spans.column("duration")); got != fmt.Sprintf("[%s] [cart.Get] [500] [5e+07]", s.served) {
		c.t.Errorf("spans of a search: %s", got)
	}
	c.got(source, map[string]any{"queryType": "traceql", "query": mine, "tableType": "raw"})
	if _, fault := c.query(source, map[string]any{"queryType": "traceql", "query": "{ foo bar }"}); !strings.Contains(fault, "line 1, col 3") {
		c.t.Errorf("a query that can't be read: %q", fault)
	}

	for query, series := range map[string]int{
		"{ kind = server } | rate() by (resource.service.name)": 2, "{ } | count_over_time()": 1, "{ } | quantile_over_time(duration, .5, .9, .99)": 3,
		"{ status = error } | rate() by (name, resource.service.name)": 1, "{ } | avg_over_time(duration) by (resource.service.name)": 2,
		"{ } | max_over_time(duration)": 1, "{ } | rate() by (name) | topk(1)": 1, "{ } | histogram_over_time(duration)": 1, "{ } | compare({ status = error })": 2,
	} {
		within := strings.Replace(query, "{ ", "{ trace:id = \""+s.trace+"\" && ", 1)
		within = strings.Replace(within, "&& }", "}", 1)
		for _, kind := range []string{"range", "instant"} {
			frames := c.got(source, map[string]any{"queryType": "traceql", "query": within, "metricsQueryType": kind, "step": "1m"})
			if more := strings.Contains(query, "compare") || strings.Contains(query, "histogram"); len(frames) < series || !more && len(frames) != series {
				c.t.Errorf("%s of %s: %d series, want %d", kind, within, len(frames), series)
			}
		}
	}
	frames := c.got(source, map[string]any{"queryType": "traceql", "query": mine + " | rate()", "step": "1m", "exemplars": 10})
	if last := frames[len(frames)-1]; last.Schema.Name != "exemplar" || fmt.Sprint(last.column("traceId")) != "["+s.trace+"]" {
		c.t.Errorf("exemplars: %+v", last)
	}

	c.resource(source, "tags?limit=5000", `"http.response.status_code"`)
	c.resource(source, "tag-values?limit=5000&tag=status", `"error"`)
	c.resource(source, "tag-values?limit=5000&tag=resource.service.name&q="+url.QueryEscape("{span.http.response.status_code=500}"), s.cart)
}

func jaeger(c client, s shop) {
	const source = "sightline-jaeger"
	c.healthy(source)
	c.until("the service", func() bool {
		_, body := c.ask("GET", "/api/datasources/uid/"+source+"/resources/services", nil)
		return strings.Contains(string(body), s.cart)
	})
	c.resource(source, "services/"+s.cart+"/operations", "cart.Get")
	list := c.got(source, map[string]any{"queryType": "search", "service": s.cart, "operation": "cart.Get", "limit": 20})[0]
	if got := fmt.Sprint(list.column("traceID")); got != "["+s.trace+"]" {
		c.t.Errorf("a search: %s", got)
	}
	if trace := c.got(source, map[string]any{"query": s.trace})[0]; len(trace.column("spanID")) != 3 {
		c.t.Errorf("a trace: %v", trace.column("spanID"))
	}
	c.got(source, map[string]any{"queryType": "dependencyGraph"})
}

func zipkin(c client, s shop) {
	const source = "sightline-zipkin"
	c.healthy(source)
	c.until("the service", func() bool {
		_, body := c.ask("GET", "/api/datasources/uid/"+source+"/resources/services", nil)
		return strings.Contains(string(body), s.cart)
	})
	c.resource(source, "spans?serviceName="+s.cart, "cart.Get")
	c.resource(source, "traces?serviceName="+s.cart+"&spanName=cart.Get", s.trace)
	if trace := c.got(source, map[string]any{"query": s.trace, "queryType": "traceID"})[0]; len(trace.column("spanID")) != 3 {
		c.t.Errorf("a trace: %v", trace.column("spanID"))
	}
}

// prometheus asks what Grafana's service graph and the table beside it ask.
func prometheus(c client, s shop) {
	const source = "sightline-metrics"
	c.healthy(source)
	edge := fmt.Sprintf(`traces_service_graph_request_total{client=%q}`, s.web)
	instant := func(expr string) map[string]any {
		return map[string]any{"expr": expr, "instant": true, "range": false, "format": "table"}
	}
	c.until("the edge", func() bool {
		frames, _ := c.query(source, instant("sum by (client, server) ("+edge+")"))
		return len(frames) == 1 && len(frames[0].Schema.Fields) == 2 && frames[0].Schema.Fields[1].Labels["server"] == s.cart
	})
	c.got(source, map[string]any{"expr": "sum by (client, server) (rate(" + edge + "[$__rate_interval]))", "range": true, "instant": false})
	c.got(source, instant(`topk(5, sum(rate(traces_spanmetrics_calls_total{span_kind="SPAN_KIND_SERVER"}[1h])) by (span_name))`))
	c.resource(source, "api/v1/labels", `"client"`)
	c.resource(source, "api/v1/label/server/values", s.cart)
}
