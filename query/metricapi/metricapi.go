// Package metricapi is our own HTTP API about metrics: which there are, and their points as they were sent. It evaluates nothing and
// runs no SQL.
package metricapi

import (
	"context"
	"iter"
	"net/http"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/metrics"
)

// Store reads metrics. Everything is bound to a project.
type Store interface {
	// Names of metrics, and whether there are more.
	Names(ctx context.Context, q metrics.NamesQuery) ([]metrics.Metric, bool, error)
	// Series that match, and whether there are more.
	Series(ctx context.Context, q metrics.SeriesQuery) ([]metrics.Series, bool, error)
	// Numbers are the points of gauges and sums by series id, then time.
	Numbers(ctx context.Context, q metrics.PointQuery) iter.Seq2[metrics.Number, error]
	// Distributions are the points of histograms and summaries by series id, then time.
	Distributions(ctx context.Context, q metrics.PointQuery) iter.Seq2[metrics.Distribution, error]
	// Exemplars by series id and time of their points.
	Exemplars(ctx context.Context, q metrics.PointQuery) iter.Seq2[metrics.Exemplar, error]
}

// Deps is what the API needs.
type Deps struct {
	Metrics     Store
	Translation metrics.Translation // of names and labels
	Now         api.Clock           // nil: time.Now
}

type handlers struct{ Deps }

// Routes are the API's lines of the route table.
func Routes(d Deps) []api.Route {
	h := &handlers{d}
	if h.Now == nil {
		h.Now = time.Now
	}
	return []api.Route{
		{Method: http.MethodGet, Pattern: "/api/metrics", Cost: api.Query, Handle: h.names},
		{Method: http.MethodGet, Pattern: "/api/metrics/{name}/points", Cost: api.Query, Handle: h.points},
	}
}

const (
	maxText      = 256    // bytes of a part of a name
	defaultNames = 1000   // metrics in an answer
	maxNames     = 10_000 //
	defaultLimit = 10_000 // points in an answer
	maxLimit     = 50_000 //
	maxSeries    = 1000   // series in an answer
	maxExemplars = 1000   // exemplars in an answer
)

type metricJSON struct {
	Name        string    `json:"name"`
	Prometheus  string    `json:"prometheus_name"`
	Kind        string    `json:"kind"`
	Temporality string    `json:"temporality"`
	Monotonic   bool      `json:"monotonic"`
	Unit        string    `json:"unit"`
	Description string    `json:"description"`
	Series      int       `json:"series"`
	LastSeen    time.Time `json:"last_seen"`
}

func (h *handlers) names(w http.ResponseWriter, r *http.Request) error {
	p := api.ParamsOf(r, "q", "from", "to", "limit")
	from, to := p.Range(h.Now())
	q := metrics.NamesQuery{
		Project: api.CallerOf(r.Context()).Project, Range: metrics.Range{From: from, To: to},
		Contains: p.Text("q", maxText), Limit: p.Int("limit", defaultNames, 1, maxNames),
	}
	if err := p.Err(); err != nil {
		return err
	}
	found, more, err := h.Metrics.Names(r.Context(), q)
	if err != nil {
		return err
	}
	out := make([]metricJSON, len(found))
	for i, m := range found {
		out[i] = metricJSON{
			Name: m.Name, Prometheus: h.Translation.Name(m), Kind: m.Kind.String(), Temporality: m.Temporality.String(), Monotonic: m.Monotonic,
			Unit: m.Unit, Description: m.Description, Series: m.Series, LastSeen: m.LastSeen,
		}
	}
	return api.WriteJSON(w, struct {
		Metrics []metricJSON `json:"metrics"`
		More    bool         `json:"more"`
	}{out, more})
}
