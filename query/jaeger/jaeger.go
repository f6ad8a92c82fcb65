// Package jaeger speaks Jaeger's query APIs, so that Jaeger's UI, Grafana's Jaeger data source and other clients of Jaeger read from
// here as they stand: the HTTP API that the UI grew up with, the metrics of its Monitor tab, and API v3 over gRPC and HTTP. A request
// becomes a read of ours, and what it finds becomes their JSON or protobuf; there is no SQL here and no state.
//
// The shapes follow Jaeger's published models (jaeger-idl, and OpenTelemetry's rules for translating OTLP to Jaeger).
package jaeger

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/sightline/sightline/query/api"
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
	// OperationSteps is Operations by steps of time.
	OperationSteps(ctx context.Context, q traces.ServiceQuery) ([]traces.OperationRow, error)
}

// Deps is what the APIs need.
type Deps struct {
	Spans   Spans
	Rollups Rollups
	Now     api.Clock // nil: time.Now
}

type handlers struct{ Deps }

func newHandlers(d Deps) *handlers {
	if d.Now == nil {
		d.Now = time.Now
	}
	return &handlers{d}
}

// Routes are the HTTP APIs' lines of the route table.
func Routes(d Deps) []api.Route {
	h := newHandlers(d)
	v1 := func(method, path string, cost api.Cost, handle api.Handler) api.Route {
		return api.Route{Method: method, Pattern: "/jaeger" + path, Cost: cost, Handle: handle, Fail: failV1}
	}
	v3 := func(path string, handle api.Handler) api.Route {
		return api.Route{Method: http.MethodGet, Pattern: "/jaeger/api/v3" + path, Cost: api.Query, Handle: handle, Fail: failV3}
	}
	const get = http.MethodGet
	return []api.Route{
		v1(get, "/api/services", api.Query, h.listServices),
		v1(get, "/api/services/{service}/operations", api.Query, h.listOperationNames),
		v1(get, "/api/operations", api.Query, h.listOperations),
		v1(get, "/api/traces", api.Query, h.search),
		v1(get, "/api/traces/{trace_id}", api.Query, h.trace),
		v1(get, "/api/dependencies", api.Query, h.listDependencies),
		v1(get, "/api/metrics/calls", api.Query, h.calls),
		v1(get, "/api/metrics/errors", api.Query, h.errors),
		v1(get, "/api/metrics/latencies", api.Query, h.latencies),
		v1(get, "/api/metrics/minstep", api.Light, h.minStep),
		v1(http.MethodPost, "/api/archive/{trace_id}", api.Light, h.archive),
		v1(get, "/", api.Light, nothing),
		v3("/services", h.servicesV3),
		v3("/operations", h.operationsV3),
		v3("/traces", h.tracesV3),
		v3("/traces/{trace_id}", h.traceV3),
		v3("/trace-summaries", h.summariesV3),
		v3("/dependencies", h.dependenciesV3),
	}
}

// answer is the envelope of the HTTP API.
type answer struct {
	Data   any       `json:"data"`
	Total  int       `json:"total"`
	Limit  int       `json:"limit"`
	Offset int       `json:"offset"`
	Errors []problem `json:"errors"`
}

type problem struct {
	Code    int    `json:"code,omitempty"`
	Message string `json:"msg"`
	TraceID string `json:"traceID,omitempty"`
}

func failV1(w http.ResponseWriter, e *api.Error, _ string) {
	refuse(w, e, answer{Errors: []problem{{Code: e.Code.Status(), Message: explain(e)}}})
}

func failV3(w http.ResponseWriter, e *api.Error, _ string) {
	type details struct {
		Code    int    `json:"httpCode"`
		Message string `json:"message"`
	}
	refuse(w, e, map[string]details{"error": {e.Code.Status(), explain(e)}})
}

// explain is an error in one line, for clients that show no more.
func explain(e *api.Error) string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + ": " + e.Hint
}

func refuse(w http.ResponseWriter, e *api.Error, body any) {
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	w.Header().Set("Content-Type", api.ContentType)
	w.WriteHeader(e.Code.Status())
	_ = json.NewEncoder(w).Encode(body) // fails only if the client has gone
}

// nothing keeps what Jaeger has and we do not from being taken for a page of ours.
func nothing(_ http.ResponseWriter, r *http.Request) error {
	return api.Errorf(api.NotFound, "there is nothing at %s", r.URL.Path).WithHint("docs/api-jaeger.md lists what there is")
}

// archive answers as a Jaeger without a storage for archived traces does.
func (h *handlers) archive(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", api.ContentType)
	w.WriteHeader(http.StatusInternalServerError)
	return json.NewEncoder(w).Encode(answer{Errors: []problem{{Code: http.StatusInternalServerError, Message: "archive span storage was not configured"}}})
}

// project of the caller.
func project(ctx context.Context) string { return api.CallerOf(ctx).Project }

// rangeOf is a range that ends at to, a second at least, and begins no earlier than clocks do.
func rangeOf(from, to time.Time) traces.Range {
	if epoch := time.Unix(0, 0).UTC(); from.Before(epoch) {
		from = epoch
	}
	if from.After(to.Add(-time.Second)) {
		from = to.Add(-time.Second)
	}
	return traces.Range{From: from, To: to}
}
