package promapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/prometheus/promql"

	"github.com/sightline/sightline/query/api"
)

// Routes are the API's lines of the route table.
func (a *API) Routes() []api.Route {
	var all []api.Route
	add := func(path string, cost api.Cost, handle api.Handler, methods ...string) {
		for _, method := range append(methods, http.MethodGet) {
			all = append(all, api.Route{Method: method, Pattern: Prefix + path, Cost: cost, Handle: handle, Fail: fail})
		}
	}
	const post = http.MethodPost
	add("/api/v1/query", api.Query, a.instant, post)
	add("/api/v1/query_range", api.Query, a.rangeQuery, post)
	add("/api/v1/query_exemplars", api.Query, a.exemplars, post)
	add("/api/v1/format_query", api.Light, a.formatQuery, post)
	add("/api/v1/labels", api.Query, a.labelNames, post)
	add("/api/v1/label/{name}/values", api.Query, a.labelValues)
	add("/api/v1/series", api.Query, a.series, post)
	add("/api/v1/metadata", api.Query, a.metadata)
	add("/api/v1/rules", api.Light, a.rules)
	add("/api/v1/alerts", api.Light, a.alerts)
	add("/api/v1/status/buildinfo", api.Light, a.buildInfo)
	add("/-/healthy", api.Public, a.healthy)
	add("/-/ready", api.Public, a.ready)
	add("/", api.Public, a.nothing)
	return all
}

func (a *API) instant(w http.ResponseWriter, r *http.Request) error {
	p := a.params(w, r)
	limit, at, opts, expr := p.limit(), p.time("time", p.now), p.options(), p.expr("query")
	ctx, cancel := p.timeout(r.Context())
	defer cancel()
	if p.err != nil {
		return p.err
	}
	q, err := a.engine.NewInstantQuery(ctx, a.Queryable(api.CallerOf(ctx).Project), opts, expr, at)
	if err != nil {
		return bad("invalid parameter %q: %v", "query", err)
	}
	defer q.Close()
	return a.answer(ctx, w, p, q, limit)
}

func (a *API) rangeQuery(w http.ResponseWriter, r *http.Request) error {
	p := a.params(w, r)
	limit := p.limit()
	start, end := p.needTime("start"), p.needTime("end")
	if end.Before(start) {
		p.invalid("end", errors.New("end timestamp must not be before start time"))
	}
	step := p.duration("step")
	switch {
	case step <= 0:
		p.invalid("step", errors.New("zero or negative query resolution step widths are not accepted. Try a positive integer"))
	case end.Sub(start)/step > maxPoints && p.err == nil:
		p.err = bad("exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)")
	}
	opts, expr := p.options(), p.expr("query")
	ctx, cancel := p.timeout(r.Context())
	defer cancel()
	if p.err != nil {
		return p.err
	}
	q, err := a.engine.NewRangeQuery(ctx, a.Queryable(api.CallerOf(ctx).Project), opts, expr, start, end, step)
	if err != nil {
		return bad("invalid parameter %q: %v", "query", err)
	}
	defer q.Close()
	return a.answer(ctx, w, p, q, limit)
}

// needTime is a time that a request must name.
func (p *params) needTime(name string) time.Time {
	t, err := parseTime(p.values.Get(name))
	if err != nil {
		p.invalid(name, err)
	}
	return t
}

// timeout is the one that a request wants, if it is shorter than ours.
func (p *params) timeout(ctx context.Context) (context.Context, context.CancelFunc) {
	if p.values.Get("timeout") == "" {
		return ctx, func() {}
	}
	d := p.duration("timeout")
	return context.WithTimeout(ctx, d)
}

// answer evaluates and writes the result.
func (a *API) answer(ctx context.Context, w http.ResponseWriter, p *params, q promql.Query, limit int) error {
	res := q.Exec(ctx)
	if res.Err != nil {
		return evalError(res.Err)
	}
	warnings := res.Warnings
	if limit > 0 && truncate(res, limit) {
		warnings = warnings.Add(errTruncated)
	}
	s := begin(w)
	s.Open('{')
	s.Key("resultType")
	s.String(string(res.Value.Type()))
	s.Key("result")
	if err := writeValue(ctx, s, res.Value); err != nil {
		return err
	}
	if p.values.Get("stats") != "" {
		s.Key("stats")
		writeStats(s, q.Stats())
	}
	s.Close('}')
	return end(s, warnings, p.values.Get("query"))
}

var errTruncated = errors.New("results truncated due to limit")

func truncate(res *promql.Result, limit int) bool {
	switch v := res.Value.(type) {
	case promql.Matrix:
		if len(v) > limit {
			res.Value = v[:limit]
			return true
		}
	case promql.Vector:
		if len(v) > limit {
			res.Value = v[:limit]
			return true
		}
	}
	return false
}
