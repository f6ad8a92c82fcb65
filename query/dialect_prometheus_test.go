package query_test

import (
	"strings"
	"testing"

	"github.com/sightline/sightline/query"
	"github.com/sightline/sightline/query/promapi"
	"github.com/sightline/sightline/storage/traces"
)

func TestPrometheusIsToldErrorsItsWay(t *testing.T) {
	api, err := promapi.New(promapi.Config{Spans: traces.NewReader(nil)})
	if err != nil {
		t.Fatal(err)
	}
	defer api.Close()
	open := newServer(t, &shop{}, func(c *query.Config) { c.PromQL = api })
	closed := newServer(t, &shop{}, func(c *query.Config) { c.PromQL, c.Auth = api, &login{} })
	f := func(srv *query.Server, method, path string, status int, want string) {
		t.Helper()
		w := do(srv, request(method, path))
		if w.Code != status || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s %s = %d %s %q", method, path, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
	}
	f(open, "GET", "/prometheus/api/v1/query?query=1%2B1&time=7", 200, `{"status":"success","data":{"resultType":"scalar","result":[7,"2"]}}`)
	f(open, "GET", "/prometheus/api/v1/query?query=1%2B", 400, `"errorType":"bad_data"`)
	f(open, "DELETE", "/prometheus/api/v1/query", 405, `"errorType":"bad_data"`)
	f(open, "GET", "/prometheus/api/v1/status/flags", 404, `"errorType":"not_found"`)
	f(open, "GET", "/prometheus/-/healthy", 200, "Healthy")
	for _, r := range api.Routes() {
		if strings.Contains(r.Pattern, "/api/") { // nothing but whether it is healthy is told to everybody
			f(closed, r.Method, strings.Replace(r.Pattern, "{name}", "job", 1), 401, `"errorType":"unauthorized"`)
		}
	}
}
