package metricapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/metrics"
)

// points streams the series of a metric, each with its points. Points come from storage series by series, those of numbers before those
// of distributions, so that nothing but the series themselves is held.
func (h *handlers) points(w http.ResponseWriter, r *http.Request) error {
	p := api.ParamsOf(r, "match", "from", "to", "limit", "exemplars")
	from, to := p.Range(h.Now())
	text, limit, withExemplars := p.Text("match", api.MaxQuery), p.Int("limit", defaultLimit, 1, maxLimit), p.Bool("exemplars")
	if err := p.Err(); err != nil {
		return err
	}
	matchers, err := metrics.ParseMatchers(text)
	if err != nil {
		return badMatchers(err)
	}
	q := metrics.PointQuery{Project: api.CallerOf(r.Context()).Project, Name: r.PathValue("name"), Range: metrics.Range{From: from, To: to}}
	found, more, err := h.Metrics.Series(r.Context(), metrics.SeriesQuery{
		Project: q.Project, Range: q.Range, Matchers: append(metrics.Named(q.Name), matchers...), Limit: maxSeries,
	})
	if err != nil {
		return err
	}
	series := make(map[uint64]*metrics.Series, len(found))
	q.Series = make([]uint64, len(found))
	for i := range found {
		series[found[i].ID], q.Series[i] = &found[i], found[i].ID
	}
	s := &seriesStream{h: h, out: api.NewStream(w), series: series, left: limit}
	if withExemplars {
		if s.exemplars, err = h.exemplars(r.Context(), q); err != nil {
			return err
		}
	}
	s.out.Open('{')
	s.out.Key("name")
	s.out.String(q.Name)
	s.out.Key("series")
	s.out.Open('[')
	for n, err := range h.Metrics.Numbers(r.Context(), q) {
		if err != nil {
			return err
		}
		if !s.point(n.Series, func() any { return numberOf(n) }) {
			break
		}
	}
	s.end()
	if !s.full {
		for d, err := range h.Metrics.Distributions(r.Context(), q) {
			if err != nil {
				return err
			}
			if !s.point(d.Series, func() any { return distributionOf(d) }) {
				break
			}
		}
		s.end()
	}
	s.out.Close(']')
	reason := ""
	switch {
	case s.full:
		reason = "limit"
	case more:
		reason = "series_limit"
	}
	s.out.Key("complete")
	s.out.Bool(reason == "")
	s.out.Key("reason")
	s.out.String(reason)
	s.out.Close('}')
	return s.out.End()
}

func badMatchers(err error) error {
	var bad *metrics.MatcherError
	if errors.As(err, &bad) {
		return &api.Error{Code: api.BadQuery, Message: bad.Problem, Position: bad.Position, Hint: `write {key="value", other=~"a|b"}`, Cause: err}
	}
	return err
}

// exemplars are those of the query by series, maxExemplars at most.
func (h *handlers) exemplars(ctx context.Context, q metrics.PointQuery) (map[uint64][]exemplarJSON, error) {
	by, n := map[uint64][]exemplarJSON{}, 0
	for x, err := range h.Metrics.Exemplars(ctx, q) {
		if err != nil {
			return nil, err
		}
		if n++; n > maxExemplars {
			break
		}
		by[x.Series] = append(by[x.Series], exemplarOf(x))
	}
	return by, nil
}

// seriesStream writes series as their points come.
type seriesStream struct {
	h         *handlers
	out       *api.Stream
	series    map[uint64]*metrics.Series
	exemplars map[uint64][]exemplarJSON // nil: not asked for
	open      *metrics.Series
	left      int // points
	full      bool
}

// point writes a point, and before it what begins its series; false when there is no room.
func (s *seriesStream) point(id uint64, value func() any) bool {
	if s.left--; s.left < 0 {
		s.full = true
		return false
	}
	if s.open == nil || s.open.ID != id {
		s.end()
		s.open = s.series[id]
		s.out.Open('{')
		head := seriesOf(s.h.Translation, s.open)
		for _, m := range head {
			s.out.Key(m.key)
			s.out.Value(m.value)
		}
		if s.exemplars != nil {
			s.out.Key("exemplars")
			s.out.Value(append([]exemplarJSON{}, s.exemplars[id]...))
		}
		s.out.Key("points")
		s.out.Open('[')
	}
	s.out.Value(value())
	return true
}

// end ends the series that is open.
func (s *seriesStream) end() {
	if s.open != nil {
		s.out.Close(']')
		s.out.Close('}')
		s.open = nil
	}
}
