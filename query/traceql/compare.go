package traceql

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

// compare tells how often attributes have which values in a selection and in the rest, the baseline. A series' label __meta_type says of
// which side it is: "selection" and "baseline" with a value of an attribute, or of an attribute as a whole "selection_total" and
// "baseline_total", which are all spans of the side.
func (m *measuring) compare(ctx context.Context) ([]Series, error) {
	counts, err := m.counts(ctx)
	if err != nil {
		return nil, err
	}
	m.tell(counts.Reason)
	var all []Series
	add := func(kind, name string, v Value, columns map[int64]float64) {
		s := Series{Labels: []Label{{"__meta_type", text(kind)}, {name, v}}}
		for column, n := range columns {
			s.Points = append(s.Points, Point{m.at(int(column)), n})
		}
		all = append(all, m.filled(s))
	}
	told := map[string]bool{}
	for _, row := range counts.Rows {
		kind, name := "baseline", nameOf(row.Attr)
		if row.Selected {
			kind = "selection"
		}
		a := Attr{Scope: Intrinsic, Key: name}
		add(kind, name, asKind(a, valueOf(&row.Value)), row.Columns)
		told[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(told)) {
		for _, total := range counts.Totals {
			kind := "baseline_total"
			if total.Selected {
				kind = "selection_total"
			}
			if len(total.Columns) > 0 {
				add(kind, name, Value{}, total.Columns)
			}
		}
	}
	return all, nil
}

// nameOf is a filter's attribute as TraceQL names it.
func nameOf(a filter.Attr) string {
	switch a.Scope {
	case filter.Resource:
		return Attr{Scope: ResourceScope, Key: a.Key}.String()
	case filter.Span:
		return Attr{Scope: SpanScope, Key: a.Key}.String()
	}
	for name, key := range filterFields {
		if key == a.Key {
			return name
		}
	}
	return a.Key
}

func (m *measuring) counts(ctx context.Context) (traces.AttrCounts, error) {
	top := cmp.Or(m.metrics.Top, defaultTop)
	within := traces.Range{}
	if m.metrics.To > 0 {
		within = traces.Range{From: time.Unix(0, m.metrics.From).UTC(), To: time.Unix(0, m.metrics.To).UTC()}
	}
	set, ok := m.spanSet()
	selection, too := lower(m.metrics.Selection.Expr)
	if ok && too {
		return m.engine.store.AttrCounts(ctx, traces.MeasureQuery{SpanSet: set, Start: m.origin, Step: m.step, Select: selection, Within: within, Top: top})
	}
	return m.counted(ctx, top, within)
}

// counted is counts on traces that are decided on here.
func (m *measuring) counted(ctx context.Context, top int, within traces.Range) (traces.AttrCounts, error) {
	out := traces.AttrCounts{Totals: []traces.AttrCount{{Columns: map[int64]float64{}}, {Selected: true, Columns: map[int64]float64{}}}}
	w := m.walk()
	counter := traces.NewAttrCounter(top)
	err := w.each(ctx, 1000, func(x *run, sets []set) bool {
		for _, s := range sets {
			for _, row := range s.rows {
				span := x.timeline.Rows[row].Span
				if !w.inRange(span) {
					continue
				}
				selected := x.truth(m.metrics.Selection.Expr, row) && (within.IsZero() || !span.Start.Before(within.From) && span.Start.Before(within.To))
				column := int64(span.Start.Sub(m.origin) / m.step)
				side := 0
				if selected {
					side = 1
				}
				out.Totals[side].Columns[column] += span.Weight
				counter.Add(selected, span, column)
			}
		}
		return false
	}, onward)
	out.Rows, out.Reason = counter.Top(), w.reason
	return out, err
}
