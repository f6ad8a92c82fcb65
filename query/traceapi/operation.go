package traceapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/servicemap"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

type (
	exemplarJSON struct {
		TraceID  string    `json:"trace_id"`
		SpanID   string    `json:"span_id"`
		Start    time.Time `json:"start"`
		Duration int64     `json:"duration_ns"`
	}
	operationDetailJSON struct {
		Name    string           `json:"name"`
		Service string           `json:"service"`
		Env     string           `json:"env"`
		Kind    string           `json:"kind"`
		Stats   servicemap.Stats `json:"stats"`
		Apdex   *apdexJSON       `json:"apdex"`
		Series  seriesJSON       `json:"series"`
		Typical *typicalJSON     `json:"typical"`
		Slowest *exemplarJSON    `json:"slowest"`
	}
)

var kinds = map[string]traces.Kind{
	"unspecified": traces.KindUnspecified, "internal": traces.KindInternal, "server": traces.KindServer,
	"client": traces.KindClient, "producer": traces.KindProducer, "consumer": traces.KindConsumer,
}

var classes = map[string]traces.Class{"ok": traces.ClassOK, "error": traces.ClassError, "throttle": traces.ClassThrottle, "fault": traces.ClassFault}

func (h *handlers) operation(w http.ResponseWriter, r *http.Request) error {
	p := api.ParamsOf(r, "kind", "from", "to", "env", "namespace", "class")
	span := rangeOf(p.Range(h.Now()))
	g := gridOf(span, chartPoints)
	name := r.PathValue("operation")
	q := traces.ServiceQuery{
		Project: api.CallerOf(r.Context()).Project, Range: span, Step: g.step, Name: r.PathValue("name"),
		Env: p.Optional("env", maxEnvName), Namespace: p.Optional("namespace", maxEnvName),
	}
	place := placeOf(p)
	kind, given := kinds[p.Choice("kind", "", "unspecified", "internal", "server", "client", "producer", "consumer")]
	class := classes[p.Choice("class", "ok", "error", "throttle", "fault")]
	if err := p.Err(); err != nil {
		return err
	}
	unknown := api.Errorf(api.NotFound, "the service %q had no requests of the operation %q in this time range", q.Name, name).WithHint("look at another time range or environment")
	if !given { // the busiest
		operations, err := h.Rollups.Operations(r.Context(), q)
		if err != nil {
			return err
		}
		for _, o := range operationsNamed(operations, name) {
			kind, given = o.Kind, true
			break
		}
		if !given {
			return unknown
		}
	}
	q.Operation = &traces.OperationKey{Name: name, Kind: kind}
	rows, err := h.Rollups.Services(r.Context(), q)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return unknown
	}
	t := newTally(g)
	env := rows[0].Env
	for i := range rows {
		t.add(g, &rows[i])
		if rows[i].Env != env {
			env = ""
		}
	}
	out := operationDetailJSON{
		Name: name, Service: q.Name, Env: env, Kind: kind.String(),
		Stats: servicemap.StatsOf(&t.measure, h.window(span)), Apdex: h.apdex(q.Name, &t.measure), Series: g.series(t.points),
	}
	if name != traces.Overflow {
		set := traces.SpanSet{Project: q.Project, Range: span, Filter: filter.AllOf(operationFilter(q.Name, name, kind), place)}
		group, ctx := errgroup.WithContext(r.Context())
		group.Go(func() (err error) {
			out.Typical, err = h.typical(ctx, set, class, time.Duration(out.Stats.P50))
			return err
		})
		group.Go(func() (err error) {
			out.Slowest, err = h.slowest(ctx, set, out.Stats)
			return err
		})
		if err := group.Wait(); err != nil {
			return err
		}
	}
	return api.WriteJSON(w, out)
}

func operationsNamed(rows []traces.OperationRow, name string) (named []traces.OperationRow) {
	for _, o := range rows {
		if o.Name == name {
			named = append(named, o)
		}
	}
	return named
}

// operationFilter selects the spans that an operation sums up: of other kinds than servers and consumers, roots only.
func operationFilter(service, name string, kind traces.Kind) filter.Expr {
	e := filter.AllOf(equal(filter.Service, service), equal(filter.Kind, kind.String()), equal(filter.Name, name))
	if kind != traces.KindServer && kind != traces.KindConsumer {
		e = filter.AllOf(e, filter.Compare{Attr: filter.Attr{Key: filter.Root}, Op: filter.Eq, Value: filter.BoolValue(true)})
	}
	return e
}

const (
	// exemplarTime bounds each look for an exemplar: they are extras.
	exemplarTime = 2 * time.Second
	// exemplars is how many of the newest spans in a band are compared.
	exemplars = 50
)

// slowest is the span that took longest: no figure is greater than the rollups' maximum.
func (h *handlers) slowest(ctx context.Context, set traces.SpanSet, stats servicemap.Stats) (*exemplarJSON, error) {
	for _, low := range []int64{stats.Max, stats.P99, 0} {
		found, err := h.newest(ctx, set, exemplars, bound(filter.Ge, time.Duration(low)))
		if err != nil || len(found) > 0 {
			return nearest(found, time.Duration(1<<63-1)), err
		}
	}
	return nil, nil
}

func bound(op filter.Op, d time.Duration) filter.Expr {
	return filter.Compare{Attr: filter.Attr{Key: filter.DurationField}, Op: op, Value: filter.DurationValue(d)}
}

// newest is the newest complete spans of a set within bounds.
func (h *handlers) newest(ctx context.Context, set traces.SpanSet, limit int, bounds ...filter.Expr) ([]traces.FoundSpan, error) {
	set.Filter, set.TimeLimit = filter.AllOf(append(bounds, set.Filter)...), exemplarTime
	page, err := h.Sets.Spans(ctx, traces.SpanQuery{SpanSet: set, Limit: limit})
	return slices.DeleteFunc(page.Spans, func(s traces.FoundSpan) bool { return s.State != traces.StateComplete }), err
}

// nearest is the span whose duration is nearest, or nil; the newer of two.
func nearest(spans []traces.FoundSpan, to time.Duration) *exemplarJSON {
	var best *traces.FoundSpan
	for i := range spans {
		if s := &spans[i]; best == nil || (s.Duration-to).Abs() < (best.Duration-to).Abs() {
			best = s
		}
	}
	if best == nil {
		return nil
	}
	return &exemplarJSON{best.TraceID.String(), best.SpanID.String(), best.Start.UTC(), int64(best.Duration)}
}
