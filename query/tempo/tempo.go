// Package tempo speaks Grafana Tempo's HTTP API, as its public documents have it, so that Grafana's Tempo data source and other
// clients of Tempo read Sightline. It turns requests into questions to our readers and their answers into Tempo's; it holds no
// state and runs no SQL. docs/api-tempo.md lists what there is and what is not.
package tempo

import (
	"context"
	"io"
	"math"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/traceql"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

// Spans reads traces, bound to a project.
type Spans interface {
	// Whole is a trace with everything; the hint says where in time to look first.
	Whole(ctx context.Context, project string, id traces.TraceID, hint traces.Range) ([]traces.Span, error)
	Search(ctx context.Context, q traces.SearchQuery) (traces.SearchPage, error)
}

// Sets reads sets of spans, and counts the values of their attributes.
type Sets interface {
	Spans(ctx context.Context, q traces.SpanQuery) (traces.SpanPage, error)
	Facets(ctx context.Context, q traces.FacetQuery) (traces.Facets, error)
}

// Words finds the keys and values that occur in stored spans, the most frequent first.
type Words interface {
	Keys(ctx context.Context, project string, in traces.Range, prefix string, limit int) ([]traces.KeyCount, error)
	Values(ctx context.Context, project string, in traces.Range, attr filter.Attr, prefix string, limit int) ([]traces.ValueCount, error)
}

// Engine answers TraceQL; *traceql.Engine is one.
type Engine interface {
	Search(ctx context.Context, r traceql.Request) (*traceql.Result, error)
	// Range answers a metrics query by steps of time.
	Range(ctx context.Context, r traceql.Request, step time.Duration) ([]traceql.Series, error)
	// Instant answers it with one point a series.
	Instant(ctx context.Context, r traceql.Request) ([]traceql.Series, error)
}

// Deps is what the API needs.
type Deps struct {
	Spans  Spans
	Sets   Sets
	Words  Words
	Engine Engine
	Ready  func(context.Context) error // why queries can't be answered now; nil: they always can
	Now    api.Clock                   // nil: time.Now
}

type handlers struct{ Deps }

// Prefix is where the API lies: the data source's URL is the server's address and this.
const Prefix = "/tempo"

// streaming is the service of Tempo's gRPC, which has no prefix.
const streaming = "/tempopb.StreamingQuerier"

// Routes are the API's lines of the route table.
func Routes(d Deps) []api.Route {
	h := &handlers{d}
	if h.Now == nil {
		h.Now = time.Now
	}
	if h.Ready == nil {
		h.Ready = func(context.Context) error { return nil }
	}
	get := func(path string, cost api.Cost, handle api.Handler) api.Route {
		return api.Route{Method: http.MethodGet, Pattern: Prefix + path, Cost: cost, Handle: handle, Fail: fail}
	}
	return []api.Route{
		get("/ready", api.Public, h.ready),
		get("/api/echo", api.Light, h.echo),
		get("/api/status/buildinfo", api.Light, h.buildInfo),
		get("/api/traces/{id}", api.Query, h.traceV1),
		get("/api/v2/traces/{id}", api.Query, h.traceV2),
		get("/api/search", api.Query, h.search),
		get("/api/search/tags", api.Query, h.tagsV1),
		get("/api/v2/search/tags", api.Query, h.tagsV2),
		get("/api/search/tag/{tag}/values", api.Query, h.valuesV1),
		get("/api/v2/search/tag/{tag}/values", api.Query, h.valuesV2),
		get("/api/metrics/query_range", api.Query, h.queryRange),
		get("/api/metrics/query", api.Query, h.queryInstant),
		get("/", api.Public, h.nothing),
		{Method: http.MethodPost, Pattern: streaming + "/{method}", Cost: api.Public, Handle: h.noStreaming, Fail: fail},
	}
}

// fail answers with plain text, as Tempo does.
func fail(w http.ResponseWriter, e *api.Error, requestID string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	text := e.Message
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	if e.Code == api.Internal {
		text += ", request id " + requestID
	}
	w.WriteHeader(e.Code.Status())
	_, _ = io.WriteString(w, text) // fails only if the client has gone
}

func plain(w http.ResponseWriter, status int, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, err := io.WriteString(w, text)
	return err
}

func (h *handlers) nothing(_ http.ResponseWriter, r *http.Request) error {
	return api.Errorf(api.NotFound, "404 page not found").WithHint("there is nothing of Tempo's API at %s", r.URL.Path)
}

func (h *handlers) ready(w http.ResponseWriter, r *http.Request) error {
	if err := h.Ready(r.Context()); err != nil {
		return plain(w, http.StatusServiceUnavailable, "not ready: "+err.Error()+"\n")
	}
	return plain(w, http.StatusOK, "ready\n")
}

// echo is what Grafana asks for to test a data source.
func (h *handlers) echo(w http.ResponseWriter, _ *http.Request) error {
	return plain(w, http.StatusOK, "echo")
}

// version is the Tempo whose API this is. Clients choose by it what they ask for: TraceQL, its metrics and the second version of the
// tags are older than it.
const version = "2.10.0"

func (h *handlers) buildInfo(w http.ResponseWriter, _ *http.Request) error {
	return api.WriteJSON(w, map[string]string{
		"version": version, "revision": "sightline", "branch": "sightline", "buildUser": "", "buildDate": "", "goVersion": runtime.Version(),
	})
}
