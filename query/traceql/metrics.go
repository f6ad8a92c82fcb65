package traceql

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

const (
	// maxPoints bounds a series, as Prometheus does; maxSeries what a query gives.
	maxPoints = 11_000
	maxSeries = 1000
	// defaultTop is how many values of an attribute compare tells.
	defaultTop = 10
	// metricsTime is how long a metrics query may take where the request does not say.
	metricsTime = 15 * time.Second
)

// ReasonSeriesLimit says that there are more series than a query gives: those with the least spans are missing.
const ReasonSeriesLimit = "series_limit"

// Range answers a metrics query by steps of time, which are multiples of the step since 1970.
func (e *Engine) Range(ctx context.Context, req Request, step time.Duration) ([]Series, error) {
	if step <= 0 {
		return nil, &Error{0, "a step is longer than nothing"}
	}
	first := req.From.UnixNano() - mod(req.From.UnixNano(), int64(step))
	if steps := (req.To.UnixNano() - first) / int64(step); steps > maxPoints {
		return nil, &Error{0, fmt.Sprintf("this asks for %d points a series, and %d is the limit; take a longer step", steps, maxPoints)}
	}
	m := &measuring{engine: e, req: req, metrics: req.Query.Metrics, origin: time.Unix(0, first).UTC(), step: step, seconds: step.Seconds()}
	m.steps = int((req.To.UnixNano() - first + int64(step) - 1) / int64(step))
	return m.series(ctx)
}

func mod(a, b int64) int64 { return (a%b + b) % b }

// Instant answers a metrics query with one point a series, for the whole range, at its end.
func (e *Engine) Instant(ctx context.Context, req Request) ([]Series, error) {
	span := max(req.To.Sub(req.From), 1)
	m := &measuring{engine: e, req: req, metrics: req.Query.Metrics, origin: req.From, step: span, seconds: span.Seconds(), steps: 1}
	all, err := m.series(ctx)
	for i := range all {
		for j := range all[i].Points {
			all[i].Points[j].Time = req.To
		}
	}
	return all, err
}

// measuring is a metrics query under way.
type measuring struct {
	engine  *Engine
	req     Request
	metrics *Metrics
	origin  time.Time
	step    time.Duration
	seconds float64 // of a step, as rates are told
	steps   int
}

func (m *measuring) series(ctx context.Context) (all []Series, err error) {
	if !m.req.Query.IsMetrics() {
		return nil, &Error{0, "this query finds traces; series need | rate() or another metrics function"}
	}
	if m.req.TimeLimit <= 0 {
		m.req.TimeLimit = metricsTime
	}
	for _, h := range m.req.Query.Hints {
		if h.Name == "exemplars" && h.Value.Type == TypeBool && !h.Value.Bool {
			m.req.Exemplars = 0
		}
	}
	switch {
	case m.metrics == nil:
		var joint operated
		joint, err = m.arithmetic(ctx, m.req.Query.Figures, time.Now().Add(m.req.TimeLimit))
		for _, s := range joint.series {
			if len(s.Labels) == 0 {
				s.Labels = []Label{{"__name__", text(figureText(m.req.Query.Figures))}}
			}
			all = append(all, s)
		}
	case m.metrics.Func == "compare":
		all, err = m.compare(ctx)
	default:
		all, err = m.measure(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("measure by TraceQL: %w", err)
	}
	for _, l := range m.req.Query.After {
		all = l.apply(all)
	}
	return all, nil
}

func (m *measuring) tell(reason string) {
	if reason != "" && m.req.Incomplete != nil {
		m.req.Incomplete(reason)
	}
}

func (m *measuring) measure(ctx context.Context) ([]Series, error) {
	groups, reason, err := m.groups(ctx)
	if err != nil {
		return nil, err
	}
	m.tell(reason)
	type one struct {
		groups []traces.MeasuredGroup
		values []Value
		count  float64
	}
	place := map[string]int{}
	var all []one
	for _, g := range groups {
		values := make([]Value, len(g.Values))
		for i, v := range g.Values {
			if v != nil {
				values[i] = asKind(m.metrics.By[i], valueOf(v))
			}
		}
		key := keyOf(values)
		at, ok := place[key]
		if !ok {
			at = len(all)
			place[key] = at
			all = append(all, one{values: values})
		}
		all[at].groups = append(all[at].groups, g)
		all[at].count += g.Count
	}
	slices.SortStableFunc(all, func(a, b one) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(keyOf(a.values), keyOf(b.values)))
	})
	if len(all) > maxSeries {
		all = all[:maxSeries]
		m.tell(ReasonSeriesLimit)
	}
	var out []Series
	for _, o := range all {
		slices.SortFunc(o.groups, func(a, b traces.MeasuredGroup) int { return cmp.Compare(a.Column, b.Column) })
		var labels []Label
		for i, a := range m.metrics.By {
			labels = append(labels, Label{a.String(), o.values[i]})
		}
		out = append(out, m.seriesOf(labels, o.groups)...)
	}
	return out, nil
}

// asKind gives kinds and statuses, which storage tells as words, their type.
func asKind(a Attr, v Value) Value {
	if a.Scope == Intrinsic && v.Type == TypeString && (a.Key == fieldKind || a.Key == fieldStatus) {
		return valueWords[v.Text]
	}
	if a.Scope == ResourceScope && a.Key == "service.name" && v.Text == unknownService {
		return Value{}
	}
	return v
}

// groups are the figures by step and labels, summed up by SQL if that can be.
func (m *measuring) groups(ctx context.Context) (groups []traces.MeasuredGroup, reason string, err error) {
	if q, ok := m.query(); ok {
		found, err := m.engine.store.Measure(ctx, q)
		return found.Groups, found.Reason, err
	}
	w := m.walk(m.metrics.Expr)
	sums := map[string]*traces.MeasuredGroup{}
	var order []string
	err = w.each(ctx, 1000, func(x *run, sets []set) bool {
		for _, s := range sets {
			for _, row := range s.rows {
				if w.inRange(x.timeline.Rows[row].Span) {
					order = m.add(sums, order, x, row)
				}
			}
		}
		return false
	}, onward)
	for _, key := range order {
		groups = append(groups, *sums[key])
	}
	return groups, w.reason, err
}

// walk is a walk over the traces that the query's pipeline leaves something of.
func (m *measuring) walk(extra ...Expr) *walk {
	whole := m.metrics.Func == "compare"
	for _, a := range m.metrics.By {
		extra = append(extra, &Field{a})
	}
	return &walk{engine: m.engine, req: m.req, plan: newPlan(m.req.Query.Stages, m.req.Place, whole, extra...), deadline: time.Now().Add(cmp.Or(m.req.TimeLimit, defaultTimeLimit))}
}

// add counts a span.
func (m *measuring) add(sums map[string]*traces.MeasuredGroup, order []string, x *run, row int32) []string {
	span := x.timeline.Rows[row].Span
	value := 1.0
	if m.metrics.Expr != nil {
		v := x.first(m.metrics.Expr, row)
		if value = number(v); !isNumber(v.Type) || math.IsNaN(value) || math.IsInf(value, 0) {
			return order
		}
	}
	values := make([]Value, len(m.metrics.By))
	for i, a := range m.metrics.By {
		values[i] = x.first(&Field{a}, row)
	}
	column := int(span.Start.Sub(m.origin) / m.step)
	key := fmt.Sprint(column, " ", keyOf(values))
	g := sums[key]
	if g == nil {
		g = &traces.MeasuredGroup{Column: column, Low: value, High: value, Buckets: map[int16]float64{}}
		for i, v := range values {
			g.Values = append(g.Values, attrOf(m.metrics.By[i].Key, v))
		}
		sums[key] = g
		order = append(order, key)
	}
	g.Count += span.Weight
	g.Sum += span.Weight * value
	g.Low, g.High = min(g.Low, value), max(g.High, value)
	bucket := int16(traces.NoBucket)
	if value > 0 {
		bucket = int16(math.Floor(8 * math.Log2(value)))
	}
	g.Buckets[bucket] += span.Weight
	if m.req.Exemplars > len(g.Samples) {
		g.Samples = append(g.Samples, traces.MeasuredSample{TraceID: span.TraceID, SpanID: span.SpanID, Start: span.Start, Value: value})
	}
	return order
}

// attrOf is a value as an attribute; nil for none.
func attrOf(key string, v Value) *traces.Attr {
	a := &traces.Attr{Key: key, Text: v.Text}
	switch v.Type {
	case TypeNil, TypeAny:
		return nil
	case TypeString:
	case TypeBool:
		a.Type, a.Text = traces.ValueBool, v.String()
	case TypeInt, TypeDuration:
		a.Type, a.Text = traces.ValueInt, fmt.Sprint(v.Int)
	case TypeFloat:
		a.Type, a.Text = traces.ValueFloat, v.String()
	default:
		a.Text = v.String()
	}
	return a
}

// query is what SQL can answer alone: one span set whose condition is a filter, measured by what lies in columns.
func (m *measuring) query() (q traces.MeasureQuery, ok bool) {
	set, ok := m.spanSet()
	if !ok {
		return q, false
	}
	q = traces.MeasureQuery{SpanSet: set, Start: m.origin, Step: m.step, Samples: m.req.Exemplars}
	for _, a := range m.metrics.By {
		to, ok := filterAttr(a)
		if a.Scope == ResourceScope && a.Key == "service.name" {
			to = filter.Attr{Key: filter.Service}
		}
		if !ok || !traces.Measurable(to) {
			return q, false
		}
		q.By = append(q.By, to)
	}
	if m.metrics.Expr != nil {
		field, ok := m.metrics.Expr.(*Field)
		if !ok || field.Parent || field.Scope != SpanScope && !(field.Scope == Intrinsic && field.Key == fieldDuration) {
			return q, false
		}
		of, _ := filterAttr(field.Attr)
		q.Of = &of
	}
	q.Buckets = m.metrics.Func == "quantile_over_time" || m.metrics.Func == "histogram_over_time"
	return q, true
}

// spanSet is the spans of a query of one span set, if a filter says all that it does.
func (m *measuring) spanSet() (set traces.SpanSet, ok bool) {
	if len(m.req.Query.Stages) != 1 {
		return set, false
	}
	only, ok := m.req.Query.Stages[0].(*Filter)
	if !ok {
		return set, false
	}
	f, ok := lower(only.Expr)
	return traces.SpanSet{Project: m.req.Project, Range: traces.Range{From: m.req.From, To: m.req.To}, Filter: filter.AllOf(f, m.req.Place), TimeLimit: m.req.TimeLimit}, ok
}
