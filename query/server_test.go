package query_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sightline/sightline/query"
	"github.com/sightline/sightline/storage/conn"
)

func code(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var answer struct{ Error struct{ Code string } }
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%d %q: %v", w.Code, w.Body, err)
	}
	return answer.Error.Code
}

func TestBadRequestsAreToldWhy(t *testing.T) {
	c := openContract(t)
	srv := newServer(t, &shop{}, nil)
	trace := "/api/traces/" + shopTrace.String()
	f := func(target string, status int, want string) {
		t.Helper()
		r := request("GET", target)
		w := do(srv, r)
		if got := code(t, w); w.Code != status || got != want {
			t.Errorf("GET %s = %d %s, want %d %s", target, w.Code, w.Body, status, want)
		}
		if w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("GET %s may be cached", target)
		}
		if _, _, err := c.router.FindRoute(r); err == nil {
			c.check(t, r, w)
		}
	}
	f("/api/traces?q=service+%3D", 400, "bad_query")
	for _, path := range []string{"/api/spans", "/api/spans/facets", "/api/spans/heatmap", "/api/spans/compare"} { // none finds by the word "{"
		f(path+"?q=%7B+status+%3D+error+%7D", 400, "bad_query")
	}
	f("/api/traces?q="+strings.Repeat("x", 17<<10), 413, "too_large")
	f("/api/traces?limit=0", 400, "bad_parameter")
	f("/api/traces?limit=1001", 400, "bad_parameter")
	f("/api/traces?cursor=x", 400, "bad_parameter")
	f("/api/traces?from=never", 400, "bad_time")
	f("/api/traces?from=now&to=now-1h", 400, "bad_time")
	f("/api/traces/xyz", 400, "bad_parameter")
	f("/api/traces/00000000000000000000000000000000", 400, "bad_parameter")
	f("/api/traces/2-6637a1b0-c4d5e6f708192a3b4c5d6e7f", 400, "bad_parameter")
	f(trace+"?skew=maybe", 400, "bad_parameter")
	f(trace+"?limit=200001", 400, "bad_parameter")
	f(trace+"/spans/0000000000000000", 400, "bad_parameter")
	f(trace+"/spans/f6", 400, "bad_parameter")
	f("/api/map?hops=11", 400, "bad_parameter")
	f("/api/map?focus=nothing", 400, "bad_parameter")
	f("/api/map?errors_only=1", 400, "bad_parameter")
	f("/api/map/series", 400, "bad_parameter")
	f("/api/map/series?node=service/prod/web&source=service/prod/web", 400, "bad_parameter")
	f("/api/map/series?source=service/prod/web", 400, "bad_parameter")
	f("/api/map/series?node=bad", 400, "bad_parameter")
	f("/api/complete?pos=-1", 400, "bad_parameter")
	f("/api/nothing", 404, "not_found")
	f("/api/", 404, "not_found")
	f("/api/traces/", 404, "not_found")
	f("/api/services/", 404, "not_found")
}

func TestPathsCannotLeaveTheirPlace(t *testing.T) {
	srv := newServer(t, &shop{}, nil)
	for _, target := range []string{"/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "/..%5c..%5cwindows", "/assets/..%2f..%2fgo.mod", "/index.html%00.js",
		"/.keep", "/assets/", "/assets", "//etc/passwd", "/api/services/..%2f..%2fstatus", "/api/traces/%2e%2e%2fstatus", "/api/services/%00"} {
		r := request("GET", "/")
		r.URL.Path, _ = pathOf(target)
		r.URL.RawPath = target
		w := do(srv, r)
		body := w.Body.String()
		if strings.Contains(body, "root:") || strings.Contains(body, "module ") || w.Code >= 500 {
			t.Errorf("GET %s = %d %s", target, w.Code, body)
		}
		if w.Code == 200 && !strings.Contains(body, "<title>Sightline") {
			t.Errorf("GET %s = %s", target, body)
		}
	}
}

func pathOf(target string) (string, error) {
	r, err := http.NewRequest("GET", "http://x"+target, nil)
	if err != nil {
		return target, err
	}
	return r.URL.Path, nil
}

func TestWrongMethodsSayWhichAreRight(t *testing.T) {
	srv := newServer(t, &shop{}, nil)
	f := func(method, target, allow string) {
		t.Helper()
		w := do(srv, request(method, target))
		if w.Code != 405 || code(t, w) != "method_not_allowed" || w.Header().Get("Allow") != allow {
			t.Errorf("%s %s = %d, Allow %q, want %q", method, target, w.Code, w.Header().Get("Allow"), allow)
		}
	}
	f("POST", "/api/traces", "GET, HEAD")
	f("PUT", "/api/traces/"+shopTrace.String(), "GET, HEAD, DELETE")
	f("GET", "/api/login", "POST")
	f("PUT", "/", "GET, HEAD")
	f("TRACE", "/index.html", "GET, HEAD")
}

func TestEngineRestartIsRetryable(t *testing.T) {
	c := openContract(t)
	srv := newServer(t, &shop{err: errEngine}, nil)
	for _, target := range []string{"/api/traces", "/api/traces/" + shopTrace.String(), "/api/map", "/api/services", "/api/services/web", "/api/complete?q=x"} {
		r := request("GET", target)
		w := do(srv, r)
		if w.Code != 503 || code(t, w) != "engine_restarting" || w.Header().Get("Retry-After") == "" {
			t.Errorf("GET %s = %d %s", target, w.Code, w.Body)
		}
		c.check(t, r, w)
	}
	if w := do(srv, request("GET", "/api/status")); w.Code != 200 {
		t.Errorf("status while the engine restarts = %d", w.Code)
	}
}

func TestStorageErrorsFindTheirPlace(t *testing.T) {
	f := func(err error, status int, want string) {
		t.Helper()
		w := do(newServer(t, &shop{err: err}, nil), request("GET", "/api/map"))
		if got := code(t, w); w.Code != status || got != want {
			t.Errorf("%v = %d %s, want %d %s", err, w.Code, got, status, want)
		}
	}
	f(fmt.Errorf("read: %w", conn.ErrTimeout), 504, "timeout")
	f(fmt.Errorf("read: %w", &conn.Error{Code: conn.CodeMemoryLimit}), 422, "query_limit")
	f(fmt.Errorf("read: %w", &conn.Error{Code: 47, Message: "secret"}), 500, "internal")
	f(fmt.Errorf("read: %w", &conn.Error{Code: 40, Name: "CHECKSUM_DOESNT_MATCH", Message: "(while reading from part /secret/7-1_1_1_0/ in table sightline.spans (0) located"}), 500, "internal")
	f(fmt.Errorf("read: %w", context.DeadlineExceeded), 504, "timeout")
}

func TestInternalErrorsKeepTheirTextInTheLog(t *testing.T) {
	var log strings.Builder
	srv := newServer(t, &shop{err: fmt.Errorf("secret detail")}, func(c *query.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	w := do(srv, request("GET", "/api/map"))
	if strings.Contains(w.Body.String(), "secret") || !strings.Contains(log.String(), "secret detail") || !strings.Contains(log.String(), "5f1c0a9be2d34c77") {
		t.Errorf("answer %s, log %s", w.Body, log.String())
	}
}

func TestQueriesHaveATimeLimit(t *testing.T) {
	srv := newServer(t, &shop{block: make(chan struct{})}, func(c *query.Config) { c.Timeout = time.Millisecond })
	w := do(srv, request("GET", "/api/map"))
	if w.Code != 504 || code(t, w) != "timeout" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestClientThatLeavesEndsItsQuery(t *testing.T) {
	s := &shop{block: make(chan struct{}), ended: make(chan error, 3)} // the map is made of three reads
	srv := newServer(t, s, nil)
	ctx, leave := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		do(srv, request("GET", "/api/map").WithContext(ctx))
		close(done)
	}()
	leave()
	if err := <-s.ended; err != context.Canceled {
		t.Errorf("the read ended with %v", err)
	}
	<-done
}

func TestTooManyQueriesWaitThenAreRefused(t *testing.T) {
	s := &shop{block: make(chan struct{})}
	c := openContract(t)
	srv := newServer(t, s, func(c *query.Config) { c.Concurrency, c.Waiting, c.MaxWait = 1, 1, time.Hour })
	answers := make(chan int, 2)
	get := func() { answers <- do(srv, request("GET", "/api/map")).Code }
	go get() // runs
	waitFor(t, func() bool { return strings.Contains(metrics(srv), "sightline_queries_running 1") })
	go get() // waits
	waitFor(t, func() bool { return strings.Contains(metrics(srv), "sightline_queries_waiting 1") })
	r := request("GET", "/api/map")
	w := do(srv, r)
	if w.Code != 429 || code(t, w) != "too_many_requests" || w.Header().Get("Retry-After") != "1" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	c.check(t, r, w)
	if w := do(srv, request("GET", "/api/status")); w.Code != 200 {
		t.Errorf("status under load = %d", w.Code)
	}
	close(s.block)
	if a, b := <-answers, <-answers; a != 200 || b != 200 {
		t.Errorf("answers %d and %d", a, b)
	}
}

func metrics(srv *query.Server) string { return do(srv, request("GET", "/metrics")).Body.String() }

// waitFor polls until it is so.
func waitFor(t *testing.T, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come about")
		}
	}
}

func TestMetricsTellTheAccounts(t *testing.T) {
	srv := newServer(t, &shop{}, nil)
	do(srv, request("GET", "/api/map"))
	text := metrics(srv)
	for _, want := range []string{
		`sightline_items_total{outcome="rejected",project="default",reason="ts_future",signal="traces"} 1`,
		`sightline_items_total{outcome="stored",project="default",reason="",signal="traces"} 9000`,
		`sightline_ingest_lag_seconds 0.4125`,
		`sightline_engine_ready 1`,
		`sightline_http_requests_total{method="GET",route="/api/map",status="200"} 1`,
		`sightline_build_info{version="0.1.0"} 1`,
		`go_goroutines`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in the metrics", want)
		}
	}
}

func TestNotReadySaysWhy(t *testing.T) {
	c := openContract(t)
	srv := newServer(t, &shop{}, func(c *query.Config) {
		c.Ready = func(context.Context) error { return fmt.Errorf("the engine is starting") }
	})
	r := request("GET", "/readyz")
	w := do(srv, r)
	if w.Code != 503 || !strings.Contains(w.Body.String(), "the engine is starting") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	c.check(t, r, w)
	if w := do(srv, request("GET", "/healthz")); w.Code != 200 {
		t.Errorf("healthz = %d", w.Code)
	}
}

func TestLargeTracesStreamCompressed(t *testing.T) {
	srv := newServer(t, &shop{more: many(100_000)}, nil)
	l, stop := serve(t, srv)
	defer stop()
	r, _ := http.NewRequestWithContext(t.Context(), "GET", "http://"+l+"/api/traces/"+shopTrace.String(), nil)
	r.Header.Set("Accept-Encoding", "gzip")
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Header.Get("Content-Encoding") != "gzip" || len(resp.TransferEncoding) == 0 || !strings.Contains(resp.Header.Get("Vary"), "Accept-Encoding") {
		t.Errorf("headers %v", resp.Header)
	}
	z, err := gzip.NewReader(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		SpanCount int `json:"span_count"`
		Truncated *struct{ Kept, Total int }
		Spans     struct {
			ID     []string
			Hidden []int
		}
		Errors []int
		Focus  int
	}
	if err := json.NewDecoder(z).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if answer.SpanCount != 100_008 || answer.Truncated == nil || answer.Truncated.Kept != 100_000 || len(answer.Spans.ID) != 100_000 || len(answer.Errors) != 5 {
		t.Errorf("%d spans, truncated %+v, %d ids, %d errors", answer.SpanCount, answer.Truncated, len(answer.Spans.ID), len(answer.Errors))
	}
}

// serve runs a server on loopback until stop.
func serve(t *testing.T, srv *query.Server) (addr string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ctx, l) }()
	return l.Addr().String(), func() {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestServeEndsWithItsContextAndLeavesNothingRunning(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	addr, stop := serve(t, newServer(t, &shop{}, nil))
	resp, err := http.Get("http://" + addr + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if string(body) != "ok\n" {
		t.Errorf("healthz says %q", body)
	}
	stop()
	if _, err := http.Get("http://" + addr + "/healthz"); err == nil {
		t.Error("still serving")
	}
}

func TestHandlerThatPanicsIsAnInternalError(t *testing.T) {
	broken := newServer(t, &shop{}, func(c *query.Config) { c.Traces.Status = nil })
	if w := do(broken, request("GET", "/api/status")); w.Code != 500 || code(t, w) != "internal" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
