package promapi_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/sightline/sightline/query/promapi"
	"github.com/sightline/sightline/storage/traces"
)

// shop is a server with a quarter of an hour of requests, a database and a queue, and the end of that.
func shop(t *testing.T) (*server, time.Time) {
	t.Helper()
	s := newServer(t, nil)
	from := time.Now().Add(-30 * time.Minute).UTC().Truncate(time.Minute)
	w := &writer{}
	all := busy(w, rand.New(rand.NewPCG(7, 8)), from, 15)
	for _, q := range all {
		trace := w.id()
		root := w.add("checkout", trace, 0, "tidy", tracepb.Span_SPAN_KIND_INTERNAL, q.at, q.took, 0)
		w.add("checkout", trace, root, "SELECT", tracepb.Span_SPAN_KIND_CLIENT, q.at, q.took, 0, text("db.system.name", "postgresql"), text("server.address", "pg.internal"), text("db.namespace", "shop"))
		w.add("checkout", trace, root, "GET", tracepb.Span_SPAN_KIND_CLIENT, q.at, q.took, 0, text("http.request.method", "GET"), text("server.address", "api.bank.example"), text("url.full", "https://api.bank.example/"))
		sent := w.add("checkout", trace, root, "send", tracepb.Span_SPAN_KIND_PRODUCER, q.at, q.took, 0, text("messaging.system", "kafka"), text("messaging.destination.name", "orders"))
		w.add("mailer", trace, sent, "take", tracepb.Span_SPAN_KIND_CONSUMER, q.at.Add(30*time.Millisecond), q.took, 0, text("messaging.system", "kafka"), text("messaging.destination.name", "orders"))
	}
	s.store(t, w, traces.Range{From: from, To: from.Add(16 * time.Minute)})
	return s, from.Add(15 * time.Minute)
}

// TestAPI asks everything that the official client can ask, of a shop, in one go: making a shop takes its time.
func TestAPI(t *testing.T) {
	s, end := shop(t)
	t.Run("client", func(t *testing.T) { clientAsks(t, s, end) })
	t.Run("grafana", func(t *testing.T) { grafanaAsks(t, s, end) })
	t.Run("answers", func(t *testing.T) { answersInFull(t, s, end) })
	t.Run("hostile", func(t *testing.T) { hostile(t, s, end) })
}

func clientAsks(t *testing.T, s *server, end time.Time) {
	ctx, from := t.Context(), end.Add(-15*time.Minute)
	names, _, err := s.client.LabelNames(ctx, []string{`{__name__=~"traces_.*"}`}, from, end)
	if want := "__name__, class, client, client_env, client_node_type, client_service_namespace, connection_type, env, le, namespace, node_type, server, server_env, server_node_type, server_service_namespace, service, span_kind, span_name, status_code, version"; err != nil || fmt.Sprint(names) != want {
		t.Errorf("label names %v %v, want %v", names, err, want)
	}
	values, _, err := s.client.LabelValues(ctx, "__name__", nil, from, end)
	if err != nil || len(values) != 4+4*3 || !slices.Contains(values, "traces_service_graph_request_messaging_system_seconds_bucket") {
		t.Errorf("metrics %v %v", values, err)
	}
	values, _, err = s.client.LabelValues(ctx, "service", []string{`traces_spanmetrics_calls_total{span_kind="SPAN_KIND_SERVER"}`}, from, end)
	if err != nil || fmt.Sprint(values) != "[checkout web]" {
		t.Errorf("services %v %v", values, err)
	}
	values, _, err = s.client.LabelValues(ctx, "client", nil, from, end, promv1.WithLimit(2))
	if err != nil || len(values) != 2 {
		t.Errorf("clients %v %v", values, err)
	}
	series, _, err := s.client.Series(ctx, []string{`traces_service_graph_request_total{client="checkout"}`, `traces_service_graph_request_total{server="orders"}`}, from, end)
	if err != nil || len(series) != 3 || series[0]["__name__"] != "traces_service_graph_request_total" {
		t.Errorf("series %v %v", series, err)
	}
	if none, _, err := s.client.Series(ctx, []string{`traces_service_graph_request_total`}, from.Add(-2*time.Hour), from.Add(-time.Hour)); err != nil || len(none) != 0 {
		t.Errorf("series before there were any: %v %v", none, err)
	}
	described, err := s.client.Metadata(ctx, "", "")
	if err != nil || len(described) != 4+4 || described["traces_spanmetrics_latency"][0].Type != promv1.MetricTypeHistogram {
		t.Errorf("metadata %v %v", described, err)
	}
	if described, err = s.client.Metadata(ctx, "traces_spanmetrics_calls_total", "1"); err != nil || len(described) != 1 {
		t.Errorf("metadata of one %v %v", described, err)
	}
	if info, err := s.client.Buildinfo(ctx); err != nil || !strings.HasPrefix(info.Version, "3.") {
		t.Errorf("build %v %v", info, err)
	}
	if rules, err := s.client.Rules(ctx, nil); err != nil || len(rules.Groups) != 0 {
		t.Errorf("rules %v %v", rules, err)
	}
	if alerts, err := s.client.Alerts(ctx); err != nil || len(alerts.Alerts) != 0 {
		t.Errorf("alerts %v %v", alerts, err)
	}
	if exemplars, err := s.client.QueryExemplars(ctx, "traces_spanmetrics_latency_bucket", from, end); err != nil || len(exemplars) != 0 {
		t.Errorf("exemplars %v %v", exemplars, err)
	}
	f := func(expr, want string) {
		t.Helper()
		v, _, err := s.client.Query(ctx, expr, end)
		if err != nil || v.String() != want {
			t.Errorf("%s = %v %v, want %s", expr, v, err, want)
		}
	}
	f("1+1", fmt.Sprintf("scalar: 2 @[%v]", model.TimeFromUnixNano(end.UnixNano())))
	f(`count(count by (client, server, connection_type) (traces_service_graph_request_total))`, fmt.Sprintf("{} => 6 @[%v]", model.TimeFromUnixNano(end.UnixNano())))
	f(`count(traces_service_graph_request_total{connection_type=""})`, fmt.Sprintf("{} => 2 @[%v]", model.TimeFromUnixNano(end.UnixNano())))
	for kind, want := range map[string]string{"database": `{server="shop@pg.internal"}`, "virtual_node": `{server="api.bank.example"}`} {
		f(`group by (server) (traces_service_graph_request_total{client="checkout",connection_type="`+kind+`"})`, fmt.Sprintf("%s => 1 @[%v]", want, model.TimeFromUnixNano(end.UnixNano())))
	}
	f(`count(traces_service_graph_request_total{connection_type="messaging_system"})`, fmt.Sprintf("{} => 2 @[%v]", model.TimeFromUnixNano(end.UnixNano())))
	// Nothing fails between checkout and its database, and that is 0, not nothing.
	f(`sum(rate(traces_service_graph_request_failed_total{connection_type="database"}[5m])) / sum(rate(traces_service_graph_request_total{connection_type="database"}[5m]))`, fmt.Sprintf("{} => 0 @[%v]", model.TimeFromUnixNano(end.UnixNano())))
	f(`rate(traces_service_graph_request_failed_total{client="web"}[5m]) / rate(traces_service_graph_request_total{client="web"}[5m]) > 1`, "")
}

// grafanaAsks asks what Grafana's Tempo data source asks of a Prometheus data source for its service graph, the table beside it and the
// links of both, what its Prometheus data source asks to be tested and to complete, with the parameters that it sends.
func grafanaAsks(t *testing.T, s *server, end time.Time) {
	at := fmt.Sprint(end.Unix())
	f := func(expr, want string) {
		t.Helper()
		code, body := s.post(t, "/api/v1/query", "query", expr, "time", at)
		if code != 200 || !strings.Contains(body, want) {
			t.Errorf("%s = %d %.500s, want %s", expr, code, body, want)
		}
	}
	for _, metric := range []string{"traces_service_graph_request_server_seconds_sum", "traces_service_graph_request_total", "traces_service_graph_request_failed_total", "traces_service_graph_request_server_seconds_bucket"} {
		for _, by := range []string{"client, server", "client, server, client_service_namespace, server_service_namespace"} {
			for _, filter := range []string{"", "{}", `{client="web"}`, `{server="checkout",client=~"web|user"}`} {
				f("sum by ("+by+") (rate("+metric+filter+"[900s]))", `"client":"web"`)
				f("group by ("+strings.Replace(by, "client,", "client, connection_type,", 1)+") ("+metric+filter+")", `"client":"web"`)
			}
		}
		f("sum by (client, server) (rate("+metric+"{client=\"web\"}[900s])) OR sum by (client, server) (rate("+metric+"{client=\"user\"}[900s]))", `"client":"user"`)
	}
	f(`sum by (client, server, client_service_namespace, server_service_namespace) (rate(traces_service_graph_request_total[900s]))`, `"client_service_namespace":"shop","server":"checkout","server_service_namespace":"shop"`)
	f(`topk(5, sum(rate(traces_spanmetrics_calls_total{span_kind="SPAN_KIND_SERVER"}[900s])) by (span_name))`, `"span_name":"GET /"`)
	f(`topk(5, sum(rate(traces_spanmetrics_calls_total{service="web",span_kind="SPAN_KIND_SERVER"}[900s])) by (span_name))`, `"span_name":"GET /pauses"`)
	f(`topk(5, sum(rate(traces_spanmetrics_calls_total{service_namespace="shop",span_kind="SPAN_KIND_SERVER"}[900s])) by (span_name))`, `"span_name":"GET /pauses"`)
	f(`topk(5, sum(rate(traces_spanmetrics_calls_total{status_code="STATUS_CODE_ERROR",span_name=~"GET /|GET /pauses|pay"}[900s])) by (span_name))`, `"span_name":"pay"`)
	f(`topk(5, sum(rate(traces_spanmetrics_calls_total{span_status="STATUS_CODE_ERROR",span_name=~"GET /|GET /pauses|pay"}[900s])) by (span_name))`, `"span_name":"pay"`)
	f(`histogram_quantile(.9, sum(rate(traces_spanmetrics_latency_bucket{span_name=~"GET /"}[900s])) by (le))`, `"metric":{},"value":[`+at+`,"`)
	f(`histogram_quantile(.9, sum(rate(traces_spanmetrics_duration_seconds_bucket{span_name=~"GET /"}[900s])) by (le))`, `"metric":{},"value":[`+at+`,"`)
	f(`histogram_quantile(.9, sum(rate(traces_service_graph_request_messaging_system_seconds_bucket[900s])) by (le, client, server))`, `"client":"orders","server":"mailer"},"value":[`+at+`,"0.0`)

	// Links open panels over time.
	panel := func(expr, want string) {
		t.Helper()
		code, body := s.post(t, "/api/v1/query_range", "query", expr, "start", fmt.Sprint(end.Add(-time.Hour).Unix()), "end", at, "step", "15")
		if code != 200 || !strings.Contains(body, want) {
			t.Errorf("%s = %d %.500s, want %s", expr, code, body, want)
		}
	}
	panel(`sum by (client, server)(rate(traces_service_graph_request_total{client="web",server="checkout"}[1m0s]))`, `"resultType":"matrix"`)
	panel(`histogram_quantile(0.9, sum(rate(traces_service_graph_request_server_seconds_bucket{server="checkout"}[1m0s])) by (le, client, server))`, `"client":"web"`)
	panel(`sum by (client, server)(rate(traces_service_graph_request_failed_total{server="checkout"}[1m0s]))`, `"server":"checkout"`)

	// The Prometheus data source: "Save & test", and what its editor and variables ask.
	f("1+1", `{"status":"success","data":{"resultType":"scalar","result":[`+at+`,"2"]}}`)
	get := func(path, want string, params ...string) {
		t.Helper()
		params = append(params, "start", fmt.Sprint(end.Add(-time.Hour).Unix()), "end", at)
		if code, body := s.get(t, path, params...); code != 200 || !strings.Contains(body, want) {
			t.Errorf("GET %s %v = %d %.300s, want %s", path, params, code, body, want)
		}
	}
	get("/api/v1/status/buildinfo", `"version":"3.`)
	get("/api/v1/labels", `"span_name"`)
	get("/api/v1/labels", `"client"`, "match[]", `{__name__="traces_service_graph_request_total"}`)
	get("/api/v1/label/__name__/values", `"traces_spanmetrics_calls_total"`, "limit", "40000")
	get("/api/v1/label/service/values", `["checkout","mailer","web"]`, "match[]", `traces_spanmetrics_calls_total`)
	get("/api/v1/series", `"connection_type":"database"`, "match[]", `{__name__=~"traces_service_graph_request_total"}`)
	get("/api/v1/metadata", `"type":"histogram"`, "limit", "5000")
	get("/api/v1/rules", `{"groups":[]}`)
	get("/api/v1/query_exemplars", `"data":[]`, "query", "traces_spanmetrics_latency_bucket")
	get("/api/v1/format_query", `sum by (client)`, "query", "sum(rate(traces_service_graph_request_total[5m]))by(client)")
}

// answersInFull holds whole answers, byte by byte but for figures, against what Prometheus answers.
func answersInFull(t *testing.T, s *server, end time.Time) {
	at := fmt.Sprint(end.Unix())
	number := regexp.MustCompile(`"-?[0-9.e-]+"\]`)
	f := func(path, want string, status int, params ...string) {
		t.Helper()
		code, body := s.post(t, path, params...)
		body = strings.ReplaceAll(number.ReplaceAllString(strings.TrimSuffix(body, "\n"), `"N"]`), at, "END")
		if code != status || body != want {
			t.Errorf("%s %v = %d\n%s\nwant %d\n%s", path, params, code, body, status, want)
		}
	}
	const instant, overTime = "/api/v1/query", "/api/v1/query_range"
	f(instant, `{"status":"success","data":{"resultType":"vector","result":[]}}`, 200, "query", "nothing", "time", at)
	f(instant, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"class":"ok"},"value":[END,"N"]}]}}`, 200, "query", `sum by (class) (traces_service_graph_request_class_total{server="shop@pg.internal"})`, "time", at)
	f(instant, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[END,"N"]]}]}}`, 200, "query", `sum(traces_spanmetrics_calls_total)[1m:1m]`, "time", at)
	f(overTime, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[END,"N"],[END.500,"N"]]}]}}`, 200, "query", "sum(traces_spanmetrics_calls_total)", "start", at, "end", at+".5", "step", "500ms")
	f(overTime, `{"status":"success","data":{"resultType":"matrix","result":[]}}`, 200, "query", "nothing", "start", at, "end", at, "step", "1")
	f(instant, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[END,"N"]}]},"warnings":["results truncated due to limit"]}`, 200, "query", `vector(1) or label_replace(vector(2), "a", "b", "", "")`, "time", at, "limit", "1")
	f(instant, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[END,"NaN"]}]}}`, 200, "query", "vector(0/0)", "time", at)

	bad := func(path, what string, params ...string) {
		t.Helper()
		f(path, `{"error":`+what+`,"errorType":"bad_data","status":"error"}`, 400, params...)
	}
	bad(instant, `"invalid parameter \"query\": 1:5: parse error: unclosed left parenthesis"`, "query", "sum(")
	bad(instant, `"invalid parameter \"query\": unknown position: parse error: no expression found in input"`, "query", "")
	bad(instant, `"invalid parameter \"time\": cannot parse \"yesterday\" to a valid timestamp"`, "query", "1", "time", "yesterday")
	bad(instant, `"invalid parameter \"limit\": limit must be non-negative"`, "query", "1", "limit", "-1")
	bad(instant, `"invalid parameter \"timeout\": cannot parse \"soon\" to a valid duration"`, "query", "1", "timeout", "soon")
	bad(overTime, `"invalid parameter \"start\": cannot parse \"\" to a valid timestamp"`, "query", "1", "end", "1", "step", "1")
	bad(overTime, `"invalid parameter \"end\": end timestamp must not be before start time"`, "query", "1", "start", "2", "end", "1", "step", "1")
	bad(overTime, `"invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer"`, "query", "1", "start", "1", "end", "2", "step", "0")
	bad(overTime, `"exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"`, "query", "1", "start", "0", "end", "11001", "step", "1")
	bad("/api/v1/series", `"no match[] parameter provided"`)
	bad("/api/v1/series", `"invalid parameter \"match[]\": match[] must contain at least one non-empty matcher"`, "match[]", `{a=~".*"}`)
	if code, body := s.get(t, instant, "time", at, "query", `vector(1) + on() sum by (connection_type) (traces_service_graph_request_total)`); code != 422 || !strings.Contains(body, `{"error":"found duplicate series`) || !strings.Contains(body, `"errorType":"execution"`) {
		t.Errorf("what can't be evaluated = %d %s", code, body)
	}
	if code, body := s.get(t, instant, "time", at, "query", `"text"`); code != 200 || body != `{"status":"success","data":{"resultType":"string","result":[`+at+`,"text"]}}`+"\n" {
		t.Errorf("text = %d %s", code, body)
	}
	if code, body := s.get(t, "/api/v1/status/tsdb"); code != 404 || !strings.Contains(body, `"errorType":"not_found"`) {
		t.Errorf("what is not there = %d %s", code, body)
	}
	if code, body := s.get(t, "/api/v1/query", "query", "1", "stats", "all"); code != 200 || !strings.Contains(body, `"stats":{"timings"`) {
		t.Errorf("stats = %d %s", code, body)
	}
}

// hostile asks what nobody should; each is answered, with an error or in little time.
func hostile(t *testing.T, s *server, end time.Time) {
	at := fmt.Sprint(end.Unix())
	f := func(status int, want string, params ...string) {
		t.Helper()
		path := "/api/v1/query"
		if slices.Contains(params, "step") {
			path = "/api/v1/query_range"
		}
		if code, body := s.post(t, path, params...); code != status || !strings.Contains(body, want) {
			t.Errorf("%.200v = %d %.300s, want %d %s", params, code, body, status, want)
		}
	}
	f(400, "longer than 65536 bytes", "query", strings.Repeat("1+", 40_000)+"1")
	f(413, "longer than 262144 bytes", "query", strings.Repeat("x", 300_000))
	f(200, `"2"`, "query", strings.Repeat("(", 4_000)+"2"+strings.Repeat(")", 4_000))
	f(400, "more than 5000 brackets and operators", "query", strings.Repeat("(", 20_000)+"2"+strings.Repeat(")", 20_000))
	f(400, "more than 5000 brackets and operators", "query", "# don't\n"+strings.Repeat("-", 30_001)+"1")
	f(400, "parse error", "query", strings.Repeat("sum(", 4_000))
	f(200, `"result":[]`, "query", `nothing{a=~"`+strings.Repeat("a-b|", 10_000)+`\"x\\("}`)
	f(200, `"-1"`, "query", strings.Repeat("-", 4_001)+"1")
	f(400, "invalid UTF-8", "query", "{__name__=\"traces_spanmetrics_calls_total\",service=\"\xff\xfe\"}")
	f(400, "parse error", "query", "\xff\xfe\x00")
	f(200, `"result":[]`, "query", `{__name__=~"traces_.*",service=~"(((a*)*)*)*b"}`)
	f(400, "error parsing regexp", "query", `{__name__=~"traces_(.{1000}){1000}"}`)
	f(422, "too many samples", "query", `sum_over_time((traces_spanmetrics_latency_bucket @ `+at+`)[20h:1s])`, "time", at)
	f(200, `"result"`, "query", `rate(traces_spanmetrics_calls_total[100y])`, "time", at)
	f(200, `"result"`, "query", `traces_spanmetrics_calls_total @ 1e17`, "time", "-1e9")
	f(400, "cannot parse", "query", "1", "time", "NaN")
	f(400, "cannot parse", "query", "1", "time", "1e300")
	f(400, "cannot parse", "query", "1", "start", "0", "end", "1", "step", "NaN")
	f(400, "cannot parse", "query", "1", "start", "0", "end", "1", "step", "1e300")
	f(400, "11,000", "query", "1", "start", "-9e15", "end", "9e15", "step", "1")
	f(503, `"errorType":"timeout"`, "query", `traces_spanmetrics_calls_total`, "timeout", "0.000001", "time", at)
	f(400, "duplicate", "query", `1`, "time", at, "lookback_delta", "duplicate")
	for _, name := range []string{"%ff", "a%00b", "..%2f..", "U__", "U___zz_"} {
		if code, body := s.get(t, "/api/v1/label/"+name+"/values", "start", at, "end", at); code != 200 && code != 400 {
			t.Errorf("values of %s = %d %s", name, code, body)
		}
	}
	if code, body := s.get(t, "/api/v1/series", "match[]", strings.Repeat("a", 5), "start", "-1e12", "end", "1e12"); code != 200 {
		t.Errorf("series since ever = %d %s", code, body)
	}
}

// TestEveryPathIsDocumented holds the table of docs/api-prometheus.md against the routes, and its list of series against what there is.
func TestEveryPathIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/api-prometheus.md")
	if err != nil {
		t.Fatal(err)
	}
	a, err := promapi.New(promapi.Config{Spans: traces.NewReader(nil)})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	paths := map[string]bool{}
	for _, r := range a.Routes() {
		path := strings.TrimPrefix(r.Pattern, promapi.Prefix)
		if path == "/" {
			continue
		}
		paths[path] = true
		if !strings.Contains(string(page), "`"+path+"`") {
			t.Errorf("%s is not in the docs", r.Pattern)
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `(/[^` ]+)`").FindAllStringSubmatch(string(page), -1) {
		if !paths[m[1]] {
			t.Errorf("the docs have %s, which is no route", m[1])
		}
	}
	for _, name := range promapi.SeriesNames() {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("the docs have no %s", name)
		}
	}
}
