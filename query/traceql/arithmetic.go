package traceql

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"
)

// operated is the value of a term: series, or a number.
type operated struct {
	series []Series
	number float64
	scalar bool
}

// arithmetic answers every query of a term and joins the series point by point: those of equal labels, and a series without labels with
// all of the other side. What has no partner is left out, and so is a point that is divided by zero or has none.
func (m *measuring) arithmetic(ctx context.Context, f Figure, until time.Time) (out operated, err error) {
	switch f := f.(type) {
	case *Static:
		return operated{number: number(f.Value), scalar: true}, nil
	case *Query:
		one := *m
		one.req.Query, one.metrics, one.req.Exemplars = f, f.Metrics, 0
		one.req.TimeLimit = max(time.Until(until), time.Millisecond)
		out.series, err = one.series(ctx)
		return out, err
	case *Arithmetic:
		left, err := m.arithmetic(ctx, f.Left, until)
		if err != nil {
			return out, err
		}
		right, err := m.arithmetic(ctx, f.Right, until)
		if err != nil {
			return out, err
		}
		return combine(f.Op, left, right), nil
	}
	return out, nil
}

func operate(op Op, a, b float64) float64 {
	switch op {
	case OpAdd:
		return a + b
	case OpSub:
		return a - b
	case OpMul:
		return a * b
	}
	if b == 0 {
		return math.NaN()
	}
	return a / b
}

func combine(op Op, left, right operated) (out operated) {
	if left.scalar && right.scalar {
		return operated{number: operate(op, left.number, right.number), scalar: true}
	}
	keep := func(labels []Label, points []Point, value func(p Point) float64) {
		s := Series{Labels: labels}
		for _, p := range points {
			if p.Value = value(p); !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) {
				s.Points = append(s.Points, p)
			}
		}
		if len(s.Points) > 0 {
			out.series = append(out.series, s)
		}
	}
	switch {
	case right.scalar:
		for _, s := range left.series {
			keep(unnamed(s), s.Points, func(p Point) float64 { return operate(op, p.Value, right.number) })
		}
		return out
	case left.scalar:
		for _, s := range right.series {
			keep(unnamed(s), s.Points, func(p Point) float64 { return operate(op, left.number, p.Value) })
		}
		return out
	}
	pair := func(labels []Label, a, b Series) {
		values := make(map[int64]float64, len(b.Points))
		for _, p := range b.Points {
			values[p.Time.UnixNano()] = p.Value
		}
		keep(labels, a.Points, func(p Point) float64 {
			v, ok := values[p.Time.UnixNano()]
			if !ok {
				return math.NaN()
			}
			return operate(op, p.Value, v)
		})
	}
	lone := func(all []Series) bool { return len(all) == 1 && len(unnamed(all[0])) == 0 }
	switch {
	case lone(right.series):
		for _, s := range left.series {
			pair(unnamed(s), s, right.series[0])
		}
	case lone(left.series):
		for _, s := range right.series {
			pair(unnamed(s), left.series[0], s)
		}
	default:
		partners := make(map[string]Series, len(right.series))
		for _, s := range right.series {
			partners[labelsKey(unnamed(s))] = s
		}
		for _, s := range left.series {
			labels := unnamed(s)
			if other, ok := partners[labelsKey(labels)]; ok {
				pair(labels, s, other)
			}
		}
	}
	return out
}

// unnamed are a series' labels without its name, which tells the function.
func unnamed(s Series) []Label {
	return slices.DeleteFunc(slices.Clone(s.Labels), func(l Label) bool { return l.Name == "__name__" })
}

// labelsKey tells sets of labels apart, in whatever order they are.
func labelsKey(labels []Label) string {
	labels = slices.Clone(labels)
	slices.SortFunc(labels, func(a, b Label) int { return strings.Compare(a.Name, b.Name) })
	var b strings.Builder
	for _, l := range labels {
		b.WriteString(l.Name + "=" + keyOf([]Value{l.Value}))
	}
	return b.String()
}
