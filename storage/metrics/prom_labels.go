package metrics

import (
	"context"
	"maps"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// LabelValues implements storage.LabelQuerier.
func (q *querier) LabelValues(ctx context.Context, name string, hints *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return q.distinct(ctx, hints, matchers, func(ls labels.Labels, add func(string)) {
		if v := ls.Get(name); v != "" {
			add(v)
		}
	})
}

// LabelNames implements storage.LabelQuerier.
func (q *querier) LabelNames(ctx context.Context, hints *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return q.distinct(ctx, hints, matchers, func(ls labels.Labels, add func(string)) {
		ls.Range(func(l labels.Label) { add(l.Name) })
	})
}

// distinct gives what is said of the series that match, in order.
func (q *querier) distinct(ctx context.Context, hints *storage.LabelHints, matchers []*labels.Matcher, of func(ls labels.Labels, add func(string))) ([]string, annotations.Annotations, error) {
	s := &selection{queryable: q.queryable, ctx: ctx, matchers: matchers, within: rangeOf(q.mint, q.maxt), bare: true}
	list, err := s.run()
	if err != nil {
		return nil, nil, err
	}
	seen := map[string]bool{}
	for _, o := range list {
		of(o.labels, func(text string) { seen[text] = true })
	}
	all := slices.Sorted(maps.Keys(seen))
	if hints != nil && hints.Limit > 0 && len(all) > hints.Limit {
		all = all[:hints.Limit]
	}
	return all, nil, nil
}
