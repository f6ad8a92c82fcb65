package traceql

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/sightline/sightline/storage/traces"
)

// inSeconds tells whether what is measured is a duration, which series tell in seconds.
func inSeconds(e Expr) bool {
	switch e := e.(type) {
	case *Field:
		return e.kind() == TypeDuration
	case *Static:
		return e.Type == TypeDuration
	case *Unary:
		return inSeconds(e.Expr)
	case *Binary:
		if e.Op == OpDiv && inSeconds(e.Right) || e.Op == OpPow {
			return false
		}
		return inSeconds(e.Left) || inSeconds(e.Right)
	}
	return false
}

// scale is what a measured value is multiplied with.
func (m *measuring) scale() float64 {
	if inSeconds(m.metrics.Expr) {
		return 1e-9
	}
	return 1
}

func (m *measuring) at(column int) time.Time { return m.origin.Add(time.Duration(column) * m.step) }

// seriesOf makes the series of some labels: several by quantile or by bucket.
func (m *measuring) seriesOf(labels []Label, groups []traces.MeasuredGroup) []Series {
	if len(labels) == 0 && m.metrics.Func != "quantile_over_time" && m.metrics.Func != "histogram_over_time" {
		labels = []Label{{"__name__", text(m.metrics.Func)}}
	}
	exemplars := m.exemplars(groups)
	one := func(value func(g *traces.MeasuredGroup) float64, extra ...Label) Series {
		s := Series{Labels: slices.Concat(labels, extra), Exemplars: exemplars}
		for i := range groups {
			if v := value(&groups[i]); !math.IsNaN(v) {
				s.Points = append(s.Points, Point{m.at(groups[i].Column), v})
			}
		}
		return s
	}
	scale := m.scale()
	switch m.metrics.Func {
	case "rate":
		return []Series{m.filled(one(func(g *traces.MeasuredGroup) float64 { return g.Count / m.seconds }))}
	case "count_over_time":
		return []Series{m.filled(one(func(g *traces.MeasuredGroup) float64 { return g.Count }))}
	case "min_over_time":
		return []Series{one(func(g *traces.MeasuredGroup) float64 { return g.Low * scale })}
	case "max_over_time":
		return []Series{one(func(g *traces.MeasuredGroup) float64 { return g.High * scale })}
	case "sum_over_time":
		return []Series{one(func(g *traces.MeasuredGroup) float64 { return g.Sum * scale })}
	case "avg_over_time":
		return []Series{one(func(g *traces.MeasuredGroup) float64 { return g.Sum / g.Count * scale })}
	case "quantile_over_time":
		var all []Series
		for _, q := range m.metrics.Quantiles {
			all = append(all, one(func(g *traces.MeasuredGroup) float64 { return quantile(q, g) * scale }, Label{"p", Value{Type: TypeFloat, Float: q}}))
		}
		return all
	}
	bounds := map[int]bool{}
	for i := range groups {
		for b := range groups[i].Buckets {
			bounds[octave(b)] = true
		}
	}
	var all []Series
	for _, bound := range slices.Sorted(maps.Keys(bounds)) {
		upper := math.Exp2(float64(bound)) * scale
		if bound == noOctave {
			upper = 0
		}
		s := one(func(g *traces.MeasuredGroup) (sum float64) {
			for b, n := range g.Buckets {
				if octave(b) == bound {
					sum += n
				}
			}
			return sum
		}, Label{"__bucket", Value{Type: TypeFloat, Float: upper}})
		s.Exemplars = nil
		for _, e := range exemplars {
			if e.Value <= upper && (bound == noOctave || e.Value > upper/2) {
				s.Exemplars = append(s.Exemplars, e)
			}
		}
		all = append(all, m.filled(s))
	}
	return all
}

// noOctave is that of values that are not above zero.
const noOctave = math.MinInt16

// octave is the power of two that no value of a bucket reaches.
func octave(bucket int16) int {
	if bucket == traces.NoBucket {
		return noOctave
	}
	return int(math.Floor(float64(bucket)/8)) + 1
}

// quantile is that of a group's values: within its bucket they are taken to lie evenly.
func quantile(q float64, g *traces.MeasuredGroup) float64 {
	buckets := slices.Sorted(maps.Keys(g.Buckets))
	total := 0.0
	for _, n := range g.Buckets {
		total += n
	}
	if total == 0 {
		return math.NaN()
	}
	below := 0.0
	for _, b := range buckets {
		n := g.Buckets[b]
		if below+n < q*total && b != buckets[len(buckets)-1] {
			below += n
			continue
		}
		if b == traces.NoBucket {
			return min(g.Low, 0)
		}
		low, high := math.Exp2(float64(b)/8), math.Exp2(float64(b+1)/8)
		share := 1.0
		if n > 0 {
			share = min(1, max(0, (q*total-below)/n))
		}
		return min(max(low+(high-low)*share, g.Low), g.High)
	}
	return g.High
}

// filled has a point for every step: 0 where nothing was counted.
func (m *measuring) filled(s Series) Series {
	points := make([]Point, m.steps)
	for i := range points {
		points[i].Time = m.at(i)
	}
	for _, p := range s.Points {
		if i := int(p.Time.Sub(m.origin) / m.step); i >= 0 && i < len(points) {
			points[i].Value = p.Value
		}
	}
	s.Points = points
	return s
}

// exemplars are some of the groups' samples, as evenly over time as they come.
func (m *measuring) exemplars(groups []traces.MeasuredGroup) []Exemplar {
	var all []Exemplar
	for round := 0; len(all) < m.req.Exemplars; round++ {
		before := len(all)
		for _, g := range groups {
			if round < len(g.Samples) && len(all) < m.req.Exemplars {
				s := g.Samples[round]
				all = append(all, Exemplar{s.TraceID, s.SpanID, s.Start, s.Value * m.scale()})
			}
		}
		if len(all) == before {
			break
		}
	}
	slices.SortFunc(all, func(a, b Exemplar) int { return a.Time.Compare(b.Time) })
	return all
}

// apply keeps points: those that a comparison holds for, or of every step those of the largest or smallest series.
func (l Limit) apply(all []Series) []Series {
	keep := func(i int, p Point) bool {
		limit := number(l.Value)
		if l.Value.Type == TypeDuration {
			limit = l.Value.Duration().Seconds()
		}
		return compareValues(l.Op, Value{Type: TypeFloat, Float: p.Value}, Value{Type: TypeFloat, Float: limit})
	}
	if l.Func != "" {
		keep = l.ranked(all)
	}
	var left []Series
	for i, s := range all {
		var points []Point
		for _, p := range s.Points {
			if keep(i, p) {
				points = append(points, p)
			}
		}
		if s.Points = points; len(points) > 0 {
			left = append(left, s)
		}
	}
	return left
}

func (l Limit) ranked(all []Series) func(i int, p Point) bool {
	type place struct {
		series int
		value  float64
	}
	steps := map[int64][]place{}
	for i, s := range all {
		for _, p := range s.Points {
			at := p.Time.UnixNano()
			steps[at] = append(steps[at], place{i, p.Value})
		}
	}
	kept := map[int64]map[int]bool{}
	for at, places := range steps {
		slices.SortStableFunc(places, func(a, b place) int {
			if l.Func == "topk" {
				a, b = b, a
			}
			return cmp.Or(cmp.Compare(a.value, b.value), 0)
		})
		kept[at] = map[int]bool{}
		for _, p := range places[:min(l.Count, len(places))] {
			kept[at][p.series] = true
		}
	}
	return func(i int, p Point) bool { return kept[p.Time.UnixNano()][i] }
}
