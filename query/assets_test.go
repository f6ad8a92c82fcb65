package query_test

import (
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sightline/sightline/query"
)

func TestAssetsAreCachedByTheirNames(t *testing.T) {
	srv := newServer(t, &shop{}, nil)
	f := func(target, cache, kind string) {
		t.Helper()
		w := do(srv, request("GET", target))
		h := w.Header()
		if w.Code != 200 || h.Get("Cache-Control") != cache || h.Get("Content-Type") != kind || h.Get("ETag") == "" {
			t.Errorf("GET %s = %d %v", target, w.Code, h)
		}
		again := request("GET", target)
		again.Header.Set("If-None-Match", h.Get("ETag"))
		if w := do(srv, again); w.Code != 304 || w.Body.Len() != 0 {
			t.Errorf("GET %s again = %d", target, w.Code)
		}
	}
	f("/", "no-cache", "text/html; charset=utf-8")
	f("/index.html", "no-cache", "text/html; charset=utf-8")
	f("/favicon.svg", "no-cache", "image/svg+xml")
	f("/assets/index-abc123.js", "public, max-age=31536000, immutable", "text/javascript; charset=utf-8")
}

func TestViewsOfThePageAreThePage(t *testing.T) {
	srv := newServer(t, &shop{}, nil)
	f := func(target, accept string, page bool) {
		t.Helper()
		r := request("GET", target)
		r.Header.Set("Accept", accept)
		w := do(srv, r)
		if got := w.Code == 200 && strings.Contains(w.Body.String(), "<title>Sightline"); got != page {
			t.Errorf("GET %s, Accept %s = %d %s", target, accept, w.Code, w.Body)
		}
	}
	f("/map", "*/*", true)
	f("/trace/"+shopTrace.String(), "text/html", true)
	f("/services/orders.v2", "text/html,application/xhtml+xml", true)
	f("/services/orders.v2", "*/*", false)
	f("/missing.js", "*/*", false)
	f("/assets/old-build.js", "text/html", false)
	f("/api/nothing", "text/html", false)
}

func TestPrecompressedTwinsAreUsed(t *testing.T) {
	srv := newServer(t, &shop{}, nil)
	f := func(accept, coding, body string) {
		t.Helper()
		r := request("GET", "/assets/packed-1.js")
		r.Header.Set("Accept-Encoding", accept)
		w := do(srv, r)
		if w.Header().Get("Content-Encoding") != coding || w.Body.String() != body || w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: %v %q", accept, w.Header(), w.Body)
		}
	}
	f("gzip, deflate, br", "br", "brotli")
	f("gzip", "gzip", "gzip")
	f("br;q=0, gzip;q=0.5", "gzip", "gzip")
	f("", "", "console.log('packed')")
	f("zstd", "", "console.log('packed')")
}

func TestLongAnswersAreCompressedShortOnesNot(t *testing.T) {
	srv := newServer(t, &shop{}, nil)
	get := func(method, target, header, value string) (coding string, body []byte) {
		r := request(method, target)
		r.Header.Set("Accept-Encoding", "gzip")
		r.Header.Set(header, value)
		w := do(srv, r)
		body = w.Body.Bytes()
		if coding = w.Header().Get("Content-Encoding"); coding == "gzip" {
			z, err := gzip.NewReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			if body, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
		}
		return coding, body
	}
	if coding, body := get("GET", "/api/map", "X", "x"); coding != "gzip" || !strings.HasPrefix(string(body), `{"from"`) {
		t.Errorf("the map: %q %.20s", coding, body)
	}
	if coding, body := get("GET", "/assets/big-abc123.js", "X", "x"); coding != "gzip" || len(body) != 4096 {
		t.Errorf("a script: %q, %d bytes", coding, len(body))
	}
	if coding, body := get("GET", "/assets/big-abc123.js", "Range", "bytes=0-9"); coding != "" || len(body) != 10 {
		t.Errorf("a range: %q, %d bytes", coding, len(body))
	}
	if coding, _ := get("GET", "/healthz", "X", "x"); coding != "" {
		t.Errorf("healthz: %q", coding)
	}
	if coding, body := get("HEAD", "/api/status", "X", "x"); coding != "" || len(body) > 0 && coding != "" {
		t.Errorf("HEAD: %q", coding)
	}
}

func TestProgramWithoutAPageSaysSo(t *testing.T) {
	srv := newServer(t, &shop{}, func(c *query.Config) { c.UI = fstest.MapFS{".keep": {}} })
	if w := do(srv, request("GET", "/")); w.Code != 404 || !strings.Contains(w.Body.String(), "make ui") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
