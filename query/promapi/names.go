package promapi

import (
	"context"
	"maps"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// LabelValues are the values of a label of the series that match and have something in the range.
func (q *spanQuerier) LabelValues(ctx context.Context, name string, _ *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	if name != model.MetricNameLabel && !slices.Contains(labelNames, name) {
		return nil, nil, nil
	}
	return q.collect(ctx, matchers, func(l labels.Label, found map[string]bool) {
		if l.Name == name {
			found[l.Value] = true
		}
	})
}

// LabelNames are the names of labels of the series that match and have something in the range.
func (q *spanQuerier) LabelNames(ctx context.Context, _ *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return q.collect(ctx, matchers, func(l labels.Label, found map[string]bool) { found[l.Name] = true })
}

func (q *spanQuerier) collect(ctx context.Context, matchers []*labels.Matcher, each func(labels.Label, map[string]bool)) ([]string, annotations.Annotations, error) {
	found := map[string]bool{}
	set := q.Select(ctx, false, &storage.SelectHints{Start: q.mint, End: q.maxt, Func: "series"}, matchers...)
	for set.Next() {
		set.At().Labels().Range(func(l labels.Label) { each(l, found) })
	}
	return slices.Sorted(maps.Keys(found)), set.Warnings(), set.Err()
}
