package query_test

import (
	"context"
	"slices"
	"time"

	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

func shopOutcome(in traces.Range) traces.Outcome {
	return traces.Outcome{Complete: true, SearchedFrom: in.From, RowsRead: 8192, Elapsed: 7400 * time.Microsecond}
}

func (s *shop) Spans(ctx context.Context, q traces.SpanQuery) (traces.SpanPage, error) {
	page := traces.SpanPage{Outcome: shopOutcome(q.Range)}
	spans := shopSpans()
	slices.Reverse(spans)
	for _, span := range spans[:3] {
		found := traces.FoundSpan{Span: whole(span)}
		for _, a := range q.Columns {
			found.Values = append(found.Values, found.Value(a))
		}
		page.Spans = append(page.Spans, found)
	}
	page.Next = traces.SpanCursor{Start: page.Spans[2].Start, TraceID: shopTrace, SpanID: page.Spans[2].SpanID, Shown: 1}
	return page, s.wait(ctx)
}

func (s *shop) Skeletons(ctx context.Context, q traces.SkeletonQuery) ([]traces.Skeleton, error) {
	spans := shopSpans()
	out := make([]traces.Skeleton, len(q.Traces))
	for i, c := range q.Traces {
		out[i] = traces.Skeleton{TraceID: c.TraceID, Spans: spans, Bits: make([]uint64, len(spans))}
	}
	return out, s.wait(ctx)
}

func (s *shop) Heatmap(ctx context.Context, q traces.HeatmapQuery) (traces.Heatmap, error) {
	return traces.Heatmap{
		Rows: [][2]int64{{10_000_000, 13_335_215}, {13_335_215, 17_782_795}, {17_782_795, 23_713_738}}, Spans: 17,
		Cells:   []traces.HeatCell{{Column: 0, Row: 0, Spans: 12, Bad: 1}, {Column: 30, Row: 2, Spans: 5}},
		Outcome: shopOutcome(q.Range),
	}, s.wait(ctx)
}

func (s *shop) Facets(ctx context.Context, q traces.FacetQuery) (traces.Facets, error) {
	out := traces.Facets{Spans: 1200, Exact: true, Total: 1200, Outcome: shopOutcome(q.Range)}
	for _, a := range q.Keys {
		equal := func(v filter.Value) filter.Expr { return filter.Compare{Attr: a, Op: filter.Eq, Value: v} }
		f := traces.Facet{Attr: a, Distinct: 2, Missing: 3, Values: []traces.FacetValue{
			{Label: "check out", Filter: equal(filter.StringValue("check out")), Spans: 900, Bad: 40}, {Label: "503", Filter: equal(filter.IntValue(503)), Spans: 297},
		}}
		out.Facets = append(out.Facets, f)
	}
	return out, s.wait(ctx)
}

func (s *shop) Compare(ctx context.Context, _ traces.CompareQuery) (traces.Comparison, error) {
	flag, items := filter.Attr{Scope: filter.Span, Key: "feature.flag"}, filter.Attr{Scope: filter.Span, Key: "items"}
	compare := func(a filter.Attr, op filter.Op, v filter.Value) filter.Expr {
		return filter.Compare{Attr: a, Op: op, Value: v}
	}
	return traces.Comparison{
		Selection: traces.Side{Spans: 120}, Baseline: traces.Side{Spans: 20_000, Sampled: true}, Complete: true, RowsRead: 8192, Elapsed: 7400 * time.Microsecond,
		Attrs: []traces.ComparedAttr{
			{Attr: flag, Score: 0.9, SelectionCoverage: 1, BaselineCoverage: 0.95, Values: []traces.ComparedValue{
				{Label: "on", Filter: compare(flag, filter.Eq, filter.StringValue("on")), Selection: 1, Baseline: 0.1},
				{Label: "(not set)", Filter: filter.Not{Expr: filter.Exists{Attr: flag}}, Baseline: 0.05},
			}},
			{Attr: items, Number: true, Score: 0.25, SelectionCoverage: 1, BaselineCoverage: 1, Values: []traces.ComparedValue{
				{Label: "< 10", Filter: compare(items, filter.Lt, filter.IntValue(10)), Selection: 0.25, Baseline: 0.5},
				{Label: "≥ 10", Filter: compare(items, filter.Ge, filter.IntValue(10)), Selection: 0.75, Baseline: 0.5},
			}},
		},
	}, s.wait(ctx)
}

func (s *shop) Teams(ctx context.Context, _ string, _ traces.Range) (map[traces.ServiceID]string, error) {
	teams := map[traces.ServiceID]string{}
	for name, team := range map[string]string{"web": "storefront", "checkout": "payments", "payment": "payments"} {
		end := shopService(name)
		teams[traces.ServiceID{Env: end.Env, Name: name, Type: end.Type}] = team
	}
	return teams, s.wait(ctx)
}

func (s *shop) Instances(ctx context.Context, set traces.SpanSet) (traces.Instances, error) {
	instance := func(id string, age time.Duration) traces.Instance {
		return traces.Instance{ID: id, Host: "node-7", Version: "1.4.2", FirstSeen: set.Range.To.Add(-age), LastSeen: set.Range.To.Add(-time.Second), Spans: 9000, Measure: requests(1000, 0, 0, 30, 70*ms)}
	}
	return traces.Instances{Instances: []traces.Instance{instance("checkout-6f7d-1", 50*time.Minute), instance("checkout-6f7d-2", 20*time.Minute)}, Outcome: shopOutcome(set.Range)}, s.wait(ctx)
}
