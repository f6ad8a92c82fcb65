package query_test

import (
	"strings"
	"testing"
)

func TestTempoIsToldErrorsInPlainText(t *testing.T) {
	srv := newServer(t, &shop{err: errEngine}, nil)
	f := func(path string, status int, want string) {
		t.Helper()
		w := do(srv, request("GET", path))
		if w.Code != status || w.Body.String() != want || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("GET %s = %d %s %q", path, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
		if restarting := w.Header().Get("Retry-After") != ""; restarting != (status == 503) {
			t.Errorf("GET %s: Retry-After %q", path, w.Header().Get("Retry-After"))
		}
	}
	f("/tempo/api/traces/"+shopTrace.String(), 503, "the storage engine is restarting (try again in a moment; ingestion goes on meanwhile)")
	f("/tempo/api/search", 503, "the storage engine is restarting (try again in a moment; ingestion goes on meanwhile)")
	f("/tempo/api/search?q=%7B", 400, "invalid TraceQL query: parse error at line 1, col 2: the query ends where an attribute, a field or a value is expected")
	f("/tempo/api/echo", 200, "echo")
	f("/tempo/metrics", 404, "404 page not found (there is nothing of Tempo's API at /tempo/metrics)")
}

func TestDialectsAreToldOfWrongMethodsTheirWay(t *testing.T) {
	srv := newServer(t, &shop{}, nil)
	f := func(path, kind, want string) {
		t.Helper()
		w := do(srv, request("POST", path))
		if w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" || !strings.HasPrefix(w.Header().Get("Content-Type"), kind) || !strings.Contains(w.Body.String(), want) {
			t.Errorf("POST %s = %d %s %q", path, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
	}
	f("/tempo/api/search", "text/plain", "POST is not for /tempo/api/search (use GET, HEAD)")
	f("/tempo/api/echo", "text/plain", "POST is not for /tempo/api/echo")
	f("/api/services", "application/json", `"error":{"code":"method_not_allowed"`)
}
