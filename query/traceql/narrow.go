package traceql

import (
	"slices"

	"github.com/sightline/sightline/storage/traces"
)

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
