package query_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sightline/sightline/query"
)

// TestIngestHandlersAnswerForThemselves: a sender shows its own credentials, the page's login is not asked for.
func TestIngestHandlersAnswerForThemselves(t *testing.T) {
	s := newServer(t, &shop{}, func(c *query.Config) {
		c.Auth = &login{}
		c.Ingest = map[string]http.Handler{"/xray/TraceSegments": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("X-Amzn-Errortype", "ThrottledException")
			w.WriteHeader(http.StatusTooManyRequests)
			io.WriteString(w, r.Method+" "+string(body))
		})}
	})
	r := request("POST", "/xray/TraceSegments")
	r.Body = io.NopCloser(strings.NewReader("segments"))
	if w := do(s, r); w.Code != http.StatusTooManyRequests || w.Header().Get("X-Amzn-Errortype") == "" || w.Body.String() != "POST segments" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if w := do(s, request("POST", "/xray/Other")); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("beside it: %d", w.Code)
	}
}
