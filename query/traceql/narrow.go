package traceql

import (
	"slices"

	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

// present tells which attributes a span has, and which some span of its trace has, its parent, where a comparison holds: without one of
// them there is nothing to compare.
func present(b *Binary) (own, elsewhere []filter.Expr) {
	if !b.Op.compares() || b.Op == OpEq && (isNil(b.Left) || isNil(b.Right)) {
		return nil, nil
	}
	own, elsewhere = valued(b.Left)
	more, others := valued(b.Right)
	return append(own, more...), append(elsewhere, others...)
}

// valued is present for an expression that has a value. Conditions always have one.
func valued(e Expr) (own, elsewhere []filter.Expr) {
	switch e := e.(type) {
	case *Field:
		if e.Scope == Intrinsic || e.Key == "service.name" { // which is known without its attribute too
			return nil, nil
		}
		has := []filter.Expr{filter.Exists{Attr: filter.Attr{Scope: filterScopes[e.Scope], Key: e.Key}}}
		if e.Parent {
			return nil, has
		}
		return has, nil
	case *Unary:
		if e.Op == OpSub {
			return valued(e.Expr)
		}
	case *Binary:
		if e.Op.calculates() {
			own, elsewhere = valued(e.Left)
			more, others := valued(e.Right)
			return append(own, more...), append(elsewhere, others...)
		}
	}
	return nil, nil
}

// ofParents are the filters that some span of a trace fulfils if the expression holds for a child of it.
func ofParents(e Expr) []filter.Expr {
	b, ok := e.(*Binary)
	if !ok {
		return nil
	}
	if b.Op == OpAnd {
		return append(ofParents(b.Left), ofParents(b.Right)...)
	}
	_, elsewhere := present(b)
	return elsewhere
}

// summed are the filters that spans of a trace fulfil if a number of it has a value.
func summed(n Number) []filter.Expr {
	switch n := n.(type) {
	case *Aggregate:
		own, elsewhere := valued(n.Expr)
		return append(own, elsewhere...)
	case *Piped:
		return summed(n.Of)
	case *Calc:
		return append(summed(n.Left), summed(n.Right)...)
	}
	return nil
}

// kinships of the right side's spans to the left's that storage can look for; ancestors are not among them.
var kinships = map[Kin]traces.Relation{Child: traces.ChildOf, Parent: traces.ParentOf, Sibling: traces.SiblingOf}

// relatives are what every span that a pipeline leaves is related to.
func relatives(stages []Stage) (all []traces.Relative) {
	for _, stage := range stages {
		switch s := stage.(type) {
		case *Wrapped:
			all = append(all, relatives(s.Stages)...)
		case *Combine:
			if s.Op.Negate || s.Op.Union || s.Op.Kind == And || s.Op.Kind == Or {
				continue
			}
			all = append(all, relatives([]Stage{s.Right})...)
			relation, ok := kinships[s.Op.Kind]
			if left := answersOf(s.Left); ok && left != nil {
				all = append(all, traces.Relative{Relation: relation, Filter: left})
			}
		}
	}
	return all[:min(len(all), maxAlso)]
}

// least is how many spans a pipeline leaves of a trace, at least, before anything but a filter or a structure has touched them.
func least(stages []Stage) int {
	for i, stage := range stages {
		if _, ok := stage.(Spans); ok {
			continue
		}
		s, ok := stage.(*Scalar)
		if !ok || i == 0 || slices.ContainsFunc(stages[i:], func(s Stage) bool { _, ok := s.(Spans); return ok }) { // from is of all
			return 0
		}
		of, isCount := s.Left.(*Aggregate)
		n, isInt := s.Right.(*Static)
		if !isCount || !isInt || of.Func != "count" || n.Type != TypeInt || n.Int < 0 || n.Int > 1e9 {
			return 0
		}
		switch s.Op {
		case OpGt:
			return int(n.Int) + 1
		case OpGe, OpEq:
			return int(n.Int)
		}
		return 0
	}
	return 0
}
