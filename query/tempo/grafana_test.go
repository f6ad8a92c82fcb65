package tempo_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// grafanaSends asks what Grafana's Tempo data source and Traces Drilldown ask, with their parameters; the answers are Sightline's own
// business elsewhere, here it counts that each is understood and has something to say of the shop.
func grafanaSends(t *testing.T, s *server) {
	in := fmt.Sprintf("start=%d&end=%d", s.start.Unix()-60, s.start.Unix()+600)
	const root = "{nestedSetParent<0 && true"
	f := func(path, query, params, want string) {
		t.Helper()
		target := path + "?" + in + params
		if query != "" {
			target += "&q=" + url.QueryEscape(query)
		}
		w := s.do(target, "Accept", "application/json, text/plain, */*", "X-Scope-OrgID", "1")
		if w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s %s = %d %.300s, want %s", path, query, w.Code, w.Body, want)
		}
	}
	f("/api/echo", "", "", "echo")
	f("/api/status/buildinfo", "", "", `"version":"2.`)

	// The editor's completion.
	f("/api/v2/search/tags", "", "&limit=5000", `"name":"resource"`)
	f("/api/v2/search/tags", "{}", "&scope=span&limit=5000", `"name":"span"`)
	f("/api/v2/search/tags", `{resource.service.name="checkout"}`, "&limit=5000", `"service.name"`)
	f("/api/v2/search/tag/resource.service.name/values", "", "&limit=5000", `{"type":"string","value":"checkout"}`)
	f("/api/v2/search/tag/.service.name/values", "{}", "", `"checkout"`)
	f("/api/v2/search/tag/status/values", `{resource.service.name="checkout" && }`, "&limit=5000", `{"type":"keyword","value":"error"}`)
	f("/api/v2/search/tag/name/values", `{resource.service.name="web"}`, "", `"POST /buy"`)
	f("/api/v2/search/tag/rootServiceName/values", "{}", "", `"web"`)

	// Search: the list, and the tree of Drilldown's structure.
	search := func(query, params, want string) {
		t.Helper()
		f("/api/search", query, params, want)
	}
	search(`{resource.service.name="checkout" && status=error}`, "&limit=20&spss=3", `"rootServiceName":"web"`)
	search(root+"}", "&limit=200&spss=10", `"nestedSetParent"`)
	search(root+" && status = error} | select(resource.service.name, event.exception.message,event.exception.stacktrace,event.exception.type) with(most_recent=true)", "&limit=400&spss=10", `"traces":[`)
	search("("+root+"} &>> { status = error }) || ("+root+"}) | select(status, resource.service.name, name, nestedSetParent, nestedSetLeft, nestedSetRight)", "&limit=200&spss=20", `"nestedSetLeft"`)
	search(`{resource.service.name="checkout"} | by(resource.service.name) | count() > 1`, "&limit=20&spss=3", `"by(resource.service.name)"`)
	search(`({kind=client} | count()) >= ({kind=server} | count())`, "&limit=20", `"traces":[`)

	// Panels.
	panel := func(query, params, want string) {
		t.Helper()
		f("/api/metrics/query_range", query, params, want)
	}
	panel("{} | rate()", "&step=15s", `"__name__"`)
	panel(root+"} | rate() ", "&step=15s&exemplars=100", `"exemplars"`)
	panel(root+" && resource.service.name != nil} | rate() by(resource.service.name) with(sample=true)", "&step=30s", `"key":"resource.service.name"`)
	panel("{true && status=error} | rate()  with(sample=true)", "&step=1m", `"samples"`)
	panel(root+" && name != nil} | quantile_over_time(duration, 0.9) by(name)", "&step=60s", `"key":"p"`)
	panel(root+"} | quantile_over_time(duration, 0.9, 0.5) ", "&step=60s", `"doubleValue":0.5`)
	panel(root+"} | histogram_over_time(duration) with(sample=true)", "&step=60s", `"key":"__bucket"`)
	panel(`{span.db.system.name!=""} | rate()`, "&step=660s", `"samples"`)
	panel("{kind=server && true} | rate() by(name) | topk(5)", "&step=60s", `"samples"`)
	panel("{true} | compare({status = error})", "&step=660s", `"baseline"`)
	panel("{true} | compare({status = error})", "&step=660s", `"selection"`)
	panel(fmt.Sprintf("{true} | compare({duration >= 1ms && duration <= 10s}, 10, %d, %d)", s.start.UnixNano(), s.start.UnixNano()+120e9), "&step=660s", `"__meta_type"`)
	panel("({status=error} | count_over_time()) / ({} | count_over_time())", "&step=60s", `"samples"`)
	f("/api/metrics/query", "{status=error} | rate() by(resource.service.name)", "", `"value"`)

	// As they were seen on the wire, of Grafana's Tempo data source 13.1.5 and Traces Drilldown 2.1.0.
	const id = "/api/v2/traces/"
	for path, status := range map[string]int{id + "00000000000000007700000000000003": 200, id + "00000000000000000000000000abcdef": 404, "/api/traces/00000000000000000000000000abcdef": 404} {
		if w := s.do(path+"?"+in, "Accept", "application/protobuf", "User-Agent", "Go-http-client/1.1"); w.Code != status {
			t.Errorf("%s = %d %.200s, want %d", path, w.Code, w.Body, status)
		}
	}
	search("{}", "", `"traces":[`) // the raw table: without limit and spss
	search(root+" && true}", "&limit=200&spss=10", `"rootTraceName"`)
	search("("+root+" && true } &>> { kind = server }) || ("+root+" && true }) | select(status, resource.service.name, name, nestedSetParent, nestedSetLeft, nestedSetRight)", "&limit=200&spss=20", `"nestedSetRight"`)
	search("{true && true && status = error} | select(resource.service.name, event.exception.message,event.exception.stacktrace,event.exception.type) with(most_recent=true)", "&limit=400&spss=10", `"traces":[`)
	panel(root+" && true && resource.service.name != nil} | rate() by(resource.service.name)", "&step=28s", `"key":"resource.service.name"`)
	panel(root+" && true} | compare({status = error}, 10)", "&step=1800s", `"baseline_total"`)
	panel("{true && true && name != nil} | quantile_over_time(duration, 0.9) by(name)", "&step=28s", `"key":"p"`)
	f("/api/metrics/query", "{ kind = server } | rate() by (resource.service.name)", "&step=1m", `"value"`)
	f("/api/v2/search/tag/status/values", "", "&limit=5000&tag=status", `"error"`)
	f("/api/v2/search/tag/resource.service.name/values", "{span.http.response.status_code=500}", "&limit=5000&tag=resource.service.name", `"tagValues"`)

	// Streaming, where somebody switched it on: gRPC's answer says what to do.
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, httptest.NewRequest("POST", "/tempopb.StreamingQuerier/Search", nil))
	if h := w.Header(); w.Code != 200 || h.Get("Content-Type") != "application/grpc" || h.Get("Grpc-Status") != "12" || !strings.Contains(h.Get("Grpc-Message"), "streaming off") {
		t.Errorf("streaming = %d %v", w.Code, h)
	}
}
