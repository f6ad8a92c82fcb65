// Package traceapi is our own HTTP API about traces: search, timelines, the service map, services, and the instance's status. It
// reads through the interfaces of Deps, computes nothing that timeline and servicemap do not, and runs no SQL.
package traceapi

import (
	"net/http"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/traces"
)

// Deps is what the API needs.
type Deps struct {
	Spans      Spans
	Sets       Sets
	Rollups    Rollups
	Fleet      Fleet
	Exceptions Exceptions
	Threshold  Threshold // nil: DefaultThreshold
	Words      Words     // completions of keys and values; nil: only the fields of the language
	TraceQL    TraceQL   // nil: not answered
	Status     StatusFunc
	Storage    StorageFunc // nil: nobody knows
	Now        api.Clock   // nil: time.Now
}

type handlers struct {
	Deps
	largeFile chan struct{} // full while one is read
}

// Routes are the API's lines of the route table.
func Routes(d Deps) []api.Route {
	h := &handlers{Deps: d, largeFile: make(chan struct{}, 1)}
	if h.Now == nil {
		h.Now = time.Now
	}
	get := func(pattern string, cost api.Cost, handle api.Handler) api.Route {
		return api.Route{Method: http.MethodGet, Pattern: pattern, Cost: cost, Handle: handle}
	}
	return []api.Route{
		get("/api/exceptions", api.Query, h.exceptions),
		get("/api/exceptions/{fingerprint}", api.Query, h.exception),
		get("/api/map", api.Query, h.serviceMap),
		get("/api/map/series", api.Query, h.mapSeries),
		get("/api/services", api.Query, h.services),
		get("/api/services/{name}", api.Query, h.service),
		get("/api/services/{name}/instances", api.Query, h.instances),
		get("/api/services/{name}/operations/{operation}", api.Query, h.operation),
		get("/api/spans", api.Query, h.spans),
		get("/api/spans/compare", api.Query, h.compare),
		get("/api/spans/facets", api.Query, h.facets),
		get("/api/spans/heatmap", api.Query, h.heatmap),
		get("/api/traces", api.Query, h.search),
		get("/api/traces/{trace_id}", api.Query, h.trace),
		get("/api/traces/{trace_id}/children", api.Query, h.children),
		get("/api/traces/{trace_id}/spans/{span_id}", api.Query, h.span),
		get("/api/traces/{trace_id}/otlp", api.Query, h.otlp),
		{Method: http.MethodPost, Pattern: "/api/trace-file", Cost: api.Query, Handle: h.open},
		get("/api/complete", api.Query, h.complete),
		get("/api/status", api.Light, h.status),
		get("/api/status/storage", api.Query, h.storage),
	}
}

// traceID of the path, in either spelling.
func traceID(r *http.Request) (traces.TraceID, error) {
	text := r.PathValue("trace_id")
	id, err := traces.ParseTraceID(text)
	if err != nil || id == (traces.TraceID{}) {
		return id, api.Errorf(api.BadParameter, "%q is no trace id", text).WithHint("give 32 hex digits, or 1-8hex-24hex")
	}
	return id, nil
}

// hint is where in time a trace may lie; zero if nothing was said, or nonsense, since a wrong hint is harmless.
func (h *handlers) hint(p *api.Params) traces.Range {
	now := h.Now()
	from := p.Time("start", now, time.Time{})
	to := p.Time("end", now, from)
	if from.IsZero() {
		from = to
	}
	if from.After(to) {
		return traces.Range{}
	}
	return traces.Range{From: from, To: to}
}
