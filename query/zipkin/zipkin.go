// Package zipkin speaks the part of Zipkin's HTTP API (version 2) that reads, so that Zipkin's own page, Grafana's Zipkin data source
// and other clients of Zipkin read from here. A request becomes a read of ours, and what it finds becomes their JSON, as Zipkin's
// OpenAPI document has it; there is no SQL here and no state.
package zipkin

import (
	"context"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

// Spans reads traces of a project.
type Spans interface {
	// Whole gives the spans of a trace with everything; a hint says where in time to look first.
	Whole(ctx context.Context, project string, id traces.TraceID, hint traces.Range) ([]traces.Span, error)
	// Wholes gives several traces, nil for those that are not there, up to about so many spans; all says that none was left out for it.
	Wholes(ctx context.Context, project string, ids []traces.TraceID, limit int) (found [][]traces.Span, all bool, err error)
	// Search finds traces by a span, newest first.
	Search(ctx context.Context, q traces.SearchQuery) (traces.SearchPage, error)
	// Facets counts values of attributes among the spans of a set, or a sample of them.
	Facets(ctx context.Context, q traces.FacetQuery) (traces.Facets, error)
}

// Rollups reads what is summed up by minute.
type Rollups interface {
	Map(ctx context.Context, project string, in traces.Range) (traces.MapRows, error)
	Services(ctx context.Context, q traces.ServiceQuery) ([]traces.NodeRow, error)
	Operations(ctx context.Context, q traces.ServiceQuery) ([]traces.OperationRow, error)
}

// Words finds the keys and values that occur in stored spans, the most frequent first.
type Words interface {
	Keys(ctx context.Context, project string, in traces.Range, prefix string, limit int) ([]traces.KeyCount, error)
	Values(ctx context.Context, project string, in traces.Range, attr filter.Attr, prefix string, limit int) ([]traces.ValueCount, error)
}

// Deps is what the API needs.
type Deps struct {
	Spans   Spans
	Rollups Rollups
	Words   Words
	Now     api.Clock // nil: time.Now
}

type handlers struct{ Deps }

// Prefix is where the API lies, which is also where Zipkin's page looks for it.
const Prefix = "/zipkin"

// Routes are the API's lines of the route table.
func Routes(d Deps) []api.Route {
	h := &handlers{d}
	if h.Now == nil {
		h.Now = time.Now
	}
	get := func(path string, cost api.Cost, handle api.Handler) api.Route {
		return api.Route{Method: http.MethodGet, Pattern: Prefix + path, Cost: cost, Handle: handle, Fail: fail}
	}
	return []api.Route{
		get("/config.json", api.Light, config),
		get("/health", api.Public, health),
		get("/api/v2/services", api.Query, h.services),
		get("/api/v2/spans", api.Query, h.spanNames),
		get("/api/v2/remoteServices", api.Query, h.remoteServices),
		get("/api/v2/traces", api.Query, h.search),
		get("/api/v2/trace/{trace_id}", api.Query, h.trace),
		get("/api/v2/traceMany", api.Query, h.traceMany),
		get("/api/v2/dependencies", api.Query, h.dependencies),
		get("/api/v2/autocompleteKeys", api.Query, h.autocompleteKeys),
		get("/api/v2/autocompleteValues", api.Query, h.autocompleteValues),
		get("/", api.Light, nothing),
	}
}

// fail answers with plain text, as Zipkin does.
func fail(w http.ResponseWriter, e *api.Error, requestID string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	text := e.Message
	if e.Hint != "" {
		text += ": " + e.Hint
	}
	if e.Code == api.Internal {
		text += " (request id " + requestID + ")"
	}
	w.WriteHeader(e.Code.Status())
	_, _ = io.WriteString(w, text) // fails only if the client has gone
}

func nothing(_ http.ResponseWriter, r *http.Request) error {
	return api.Errorf(api.NotFound, "there is nothing at %s", r.URL.Path).WithHint("docs/api-zipkin.md lists what there is")
}

// config is what Zipkin's page asks for before anything else. Times are ms.
func config(w http.ResponseWriter, _ *http.Request) error {
	type dependency struct {
		Enabled       bool    `json:"enabled"`
		LowErrorRate  float64 `json:"lowErrorRate"`
		HighErrorRate float64 `json:"highErrorRate"`
	}
	return api.WriteJSON(w, struct {
		Environment     string     `json:"environment"`
		QueryLimit      int        `json:"queryLimit"`
		DefaultLookback int64      `json:"defaultLookback"`
		SearchEnabled   bool       `json:"searchEnabled"`
		LogsURL         *string    `json:"logsUrl"`
		SupportURL      *string    `json:"supportUrl"`
		ArchivePostURL  *string    `json:"archivePostUrl"`
		ArchiveURL      *string    `json:"archiveUrl"`
		Dependency      dependency `json:"dependency"`
	}{
		QueryLimit: defaultTraces, DefaultLookback: (15 * time.Minute).Milliseconds(), SearchEnabled: true,
		Dependency: dependency{Enabled: true, LowErrorRate: 0.5, HighErrorRate: 0.75},
	})
}

func health(w http.ResponseWriter, _ *http.Request) error {
	return api.WriteJSON(w, map[string]string{"status": "UP"})
}

func project(ctx context.Context) string { return api.CallerOf(ctx).Project }
