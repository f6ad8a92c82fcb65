package traceql

import (
	"fmt"
	"math"
	"strings"
)

// set is a span set of a trace: rows, ascending, and what by() and aggregates have told of it.
type set struct {
	rows  []int32
	attrs []Attribute
}

// run gives the span sets that a pipeline makes of one, none of them empty.
func (x *run) pipeline(stages []Stage, in set) []set {
	sets := []set{in}
	for _, stage := range stages {
		var next []set
		switch stage := stage.(type) {
		case Spans:
			for _, s := range sets {
				next = append(next, set{x.spans(stage, s.rows), s.attrs})
			}
		case *By:
			for _, s := range sets {
				next = append(next, x.split(stage, s)...)
			}
		case *Coalesce:
			next = []set{{rows: join(sets)}}
		case *Scalar:
			for _, s := range sets {
				if left, ok := x.number(stage.Left, &s); ok {
					if right, ok := x.number(stage.Right, &s); ok && compareValues(stage.Op, left, right) {
						next = append(next, set{x.counted(stage, s.rows), s.attrs})
					}
				}
			}
		case *Select:
			next = sets
		}
		sets = nil
		for _, s := range next {
			if len(s.rows) > 0 {
				sets = append(sets, s)
			}
		}
		if len(sets) == 0 {
			return nil
		}
	}
	return sets
}

func join(sets []set) (rows []int32) {
	for _, s := range sets {
		rows = union(rows, s.rows)
	}
	return rows
}

// spans selects among rows.
func (x *run) spans(s Spans, among []int32) []int32 {
	switch s := s.(type) {
	case *Filter:
		var found []int32
		holds := x.plan.holds[s]
		for _, row := range among {
			if holds(x, row) {
				found = append(found, row)
			}
		}
		return found
	case *Wrapped:
		return join(x.pipeline(s.Stages, set{rows: among}))
	case *Combine:
		left, right := x.spans(s.Left, among), x.spans(s.Right, among)
		switch {
		case s.Op.Kind == Or || s.Op.Kind == And && len(left) > 0 && len(right) > 0:
			return union(left, right)
		case s.Op.Kind == And:
			return nil
		}
		found := x.related(s.Op.Kind, left, right)
		switch {
		case s.Op.Negate:
			return without(right, found)
		case s.Op.Union:
			return union(found, x.related(inverse[s.Op.Kind], right, left))
		}
		return found
	}
	return nil
}

// split groups a set by the values of expressions.
func (x *run) split(by *By, in set) []set {
	var sets []set
	place := map[string]int{}
	for _, row := range in.rows {
		values := make([]Value, len(by.Exprs))
		for i, e := range by.Exprs {
			values[i] = x.first(e, row)
		}
		key := keyOf(values)
		at, ok := place[key]
		if !ok {
			at = len(sets)
			place[key] = at
			s := set{attrs: append([]Attribute{}, in.attrs...)}
			for i, e := range by.Exprs {
				s.attrs = append(s.attrs, Attribute{Name: "by(" + exprText(e) + ")", Key: "by(" + exprText(e) + ")", Value: values[i]})
			}
			sets = append(sets, s)
		}
		sets[at].rows = append(sets[at].rows, row)
	}
	return sets
}

// keyOf tells lists of values apart.
func keyOf(values []Value) string {
	var b strings.Builder
	for _, v := range values {
		fmt.Fprintf(&b, "%d:%d:%s:%d:%x:%t;", v.Type, len(v.Text), v.Text, v.Int, math.Float64bits(v.Float), v.Bool)
	}
	return b.String()
}

// number evaluates aggregates of a set, which it notes; ok is false where there is no value.
func (x *run) number(n Number, s *set) (v Value, ok bool) {
	switch n := n.(type) {
	case *Static:
		return n.Value, true
	case *Calc:
		left, ok := x.number(n.Left, s)
		right, too := x.number(n.Right, s)
		if !ok || !too {
			return v, false
		}
		return calculate(n.Op, left, right)
	case *Piped:
		return x.piped(n, s)
	case *Aggregate:
		if v, ok = x.aggregate(n, s.rows); ok {
			name := numberText(n)
			s.attrs = append(s.attrs[:len(s.attrs):len(s.attrs)], Attribute{Name: name, Key: name, Value: v})
		}
	}
	return v, ok
}

// piped evaluates a number of what a pipeline makes of a set. Of nothing count() is 0, and other aggregates have no value.
func (x *run) piped(n *Piped, s *set) (v Value, ok bool) {
	inner := set{rows: join(x.pipeline(n.Stages, set{rows: s.rows}))}
	if v, ok = x.number(n.Of, &inner); ok {
		name := numberText(n)
		s.attrs = append(s.attrs[:len(s.attrs):len(s.attrs)], Attribute{Name: name, Key: name, Value: v})
	}
	return v, ok
}

// counted are the rows that a comparison's numbers are made of: all, or where all of them are pipelines' what these leave.
func (x *run) counted(c *Scalar, rows []int32) []int32 {
	var all []int32
	var of func(n Number) (whole bool)
	of = func(n Number) bool {
		switch n := n.(type) {
		case *Aggregate:
			return true
		case *Calc:
			return of(n.Left) || of(n.Right)
		case *Piped:
			all = union(all, join(x.pipeline(n.Stages, set{rows: rows})))
		}
		return false
	}
	if of(c.Left) || of(c.Right) {
		return rows
	}
	return all
}

func (x *run) aggregate(a *Aggregate, rows []int32) (Value, bool) {
	if a.Expr == nil {
		return Value{Type: TypeInt, Int: int64(len(rows))}, true
	}
	kind, count, sum := TypeInt, 0, 0.0
	var low, high Value
	for _, row := range rows {
		for _, v := range x.values(a.Expr, row) {
			if !isNumber(v.Type) || v.Type == TypeFloat && math.IsNaN(v.Float) {
				continue
			}
			if count == 0 || compareValues(OpLt, v, low) {
				low = v
			}
			if count == 0 || compareValues(OpGt, v, high) {
				high = v
			}
			kind = max(kind, v.Type)
			count++
			sum += number(v)
		}
	}
	if count == 0 {
		return Value{}, false
	}
	switch a.Func {
	case "min":
		return low, true
	case "max":
		return high, true
	case "avg":
		sum /= float64(count)
		if kind == TypeInt {
			kind = TypeFloat
		}
	}
	if kind == TypeFloat || math.Abs(sum) >= math.MaxInt64 {
		return Value{Type: TypeFloat, Float: sum}, true
	}
	return Value{Type: kind, Int: int64(math.Round(sum))}, true
}
