package metrics

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

// maxSelectExemplars is how many exemplars one question may be answered with.
const maxSelectExemplars = 50_000

// beforePoint is how long before its point an exemplar may have been measured and still be found by its time.
const beforePoint = 10 * time.Minute

// ExemplarQuerier implements storage.ExemplarQueryable.
func (q *queryable) ExemplarQuerier(ctx context.Context) (storage.ExemplarQuerier, error) {
	return &exemplarQuerier{q, ctx}, nil
}

type exemplarQuerier struct {
	*queryable
	ctx context.Context
}

// Select implements storage.ExemplarQuerier: times in ms, both included. An exemplar of a histogram is one of the bucket that it fell in.
func (q *exemplarQuerier) Select(start, end int64, matchers ...[]*labels.Matcher) ([]exemplar.QueryResult, error) {
	found := map[string]*exemplar.QueryResult{}
	count := 0
	for _, all := range matchers {
		s := &selection{queryable: q.queryable, ctx: q.ctx, matchers: all, within: rangeOf(start, end+beforePoint.Milliseconds())}
		seen := map[string]bool{}
		err := s.exemplars(func(ls labels.Labels, e exemplar.Exemplar) error {
			if e.Ts < start || e.Ts > end {
				return nil
			}
			key := ls.String()
			if !seen[key] {
				if seen[key] = true; found[key] != nil {
					seen[key] = false // another set of matchers has found it
					return nil
				}
				found[key] = &exemplar.QueryResult{SeriesLabels: ls}
			}
			if count++; count > maxSelectExemplars {
				return &LimitError{"exemplars", maxSelectExemplars}
			}
			found[key].Exemplars = append(found[key].Exemplars, e)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("select exemplars: %w", err)
		}
	}
	out := make([]exemplar.QueryResult, 0, len(found))
	for _, r := range found {
		slices.SortStableFunc(r.Exemplars, func(a, b exemplar.Exemplar) int { return cmp.Compare(a.Ts, b.Ts) })
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b exemplar.QueryResult) int { return labels.Compare(a.SeriesLabels, b.SeriesLabels) })
	return out, nil
}

// exemplars gives those of the series that match, with the labels of what they are of.
func (s *selection) exemplars(each func(labels.Labels, exemplar.Exemplar) error) error {
	sources, err := s.find()
	if err != nil {
		return err
	}
	for _, c := range chunks(sources) {
		bounds := map[*source][]float64{}
		if of := c.of(false); len(of) > 0 {
			for src, row := range s.rows(promLayoutsSQL, &c, of) {
				bounds[src] = row.Bounds
			}
			if err := s.failure("read bounds"); err != nil {
				return err
			}
		}
		for _, name := range c.names {
			q := PointQuery{Project: s.project, Name: name, Range: s.within}
			byID := map[uint64]*source{}
			for i := range c.sources {
				if src := &c.sources[i]; src.Name == name {
					byID[src.ID], q.Series = src, append(q.Series, src.ID)
				}
			}
			for x, err := range s.r.Exemplars(s.ctx, q) {
				if err != nil {
					return err
				}
				src := byID[x.Series]
				ls := src.exemplarLabels(x.Value, bounds[src])
				if !s.allMatch(ls) {
					continue
				}
				if err := each(ls, x.prometheus()); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *selection) allMatch(ls labels.Labels) bool {
	return !slices.ContainsFunc(s.matchers, func(m *labels.Matcher) bool { return !m.Matches(ls.Get(m.Name)) })
}

// exemplarLabels are those of the series that the value is an example of.
func (s *source) exemplarLabels(v float64, bounds []float64) labels.Labels {
	if s.Kind != Histogram || s.native() {
		return s.labels
	}
	le := "+Inf"
	if i := slices.IndexFunc(bounds, func(bound float64) bool { return v <= bound }); i >= 0 {
		le = strconv.FormatFloat(bounds[i], 'f', -1, 64)
	}
	return labels.NewBuilder(s.labels).Set(model.MetricNameLabel, s.forms.name+bucketSuffix).Set(model.BucketLabel, le).Labels()
}

// prometheus is the exemplar with its ids among its labels.
func (x *Exemplar) prometheus() exemplar.Exemplar {
	e := exemplar.Exemplar{Value: x.Value, Ts: unixMilli(x.Time / 1e6), HasTs: true}
	if e.Ts == 0 {
		e.Ts = x.Point / 1e6
	}
	b := labels.NewScratchBuilder(len(x.Attrs) + 2)
	if x.TraceID != [16]byte{} {
		b.Add("trace_id", hex.EncodeToString(x.TraceID[:]))
	}
	if x.SpanID != 0 {
		b.Add("span_id", fmt.Sprintf("%016x", x.SpanID))
	}
	for _, a := range x.Attrs {
		b.Add(a.Key, a.Text)
	}
	b.Sort()
	e.Labels = b.Labels()
	return e
}
