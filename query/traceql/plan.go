package traceql

import (
	"math/bits"
	"regexp"

	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

// plan is how a query is answered.
type plan struct {
	stages []Stage
	place  filter.Expr
	whole  bool                                     // skeletons are not enough
	atoms  []filter.Expr                            // what SQL decides of every span
	holds  map[*Filter]func(x *run, row int32) bool // of every filter of the query
	from   filter.Expr                              // a span of an answer fulfils it
	also   []filter.Expr                            // and its trace has spans that fulfil each of these
	kin    []traces.Relative                        // and it is related to such spans
	least  int                                      // and of its trace so many spans fulfil from
}

// run is a plan on a trace.
type run struct {
	plan *plan
	eval
}

func (p *plan) on(k *traces.Skeleton, patterns map[string]*regexp.Regexp) *run {
	return &run{p, eval{newTrace(k), patterns}}
}

// newPlan makes a plan; extra are expressions whose values are needed beside those of the stages.
func newPlan(stages []Stage, place filter.Expr, whole bool, extra ...Expr) *plan {
	p := &plan{stages: stages, place: place, whole: whole, holds: map[*Filter]func(*run, int32) bool{}}
	if len(p.collect(stages)) >= traces.MaxAtoms { // one is for the place
		p.whole = true
	}
	for _, e := range extra {
		p.whole = p.whole || !isLight(e)
	}
	p.atoms = nil
	p.walk(stages, func(f *Filter) { p.holds[f] = p.compile(f.Expr) })
	if place != nil {
		holds := p.onPlace()
		for f, inner := range p.holds {
			p.holds[f] = func(x *run, row int32) bool { return holds(x, row) && inner(x, row) }
		}
	}
	p.from = filter.AllOf(answers(stages), place)
	p.kin, p.least = relatives(stages), least(stages)
	p.also = p.needs()
	return p
}

// walk calls f for every filter of the stages.
func (p *plan) walk(stages []Stage, f func(*Filter)) {
	for _, stage := range stages {
		switch stage := stage.(type) {
		case *Filter:
			f(stage)
		case *Combine:
			p.walk([]Stage{stage.Left, stage.Right}, f)
		case *Wrapped:
			p.walk(stage.Stages, f)
		case *Scalar:
			for _, inner := range pipelinesOf(stage) {
				p.walk(inner, f)
			}
		}
	}
}

// pipelinesOf are the pipelines that a comparison's numbers come from.
func pipelinesOf(c *Scalar) (all [][]Stage) {
	var of func(n Number)
	of = func(n Number) {
		switch n := n.(type) {
		case *Calc:
			of(n.Left)
			of(n.Right)
		case *Piped:
			all = append(all, n.Stages)
			of(n.Of)
		}
	}
	of(c.Left)
	of(c.Right)
	return all
}

// collect notes whether anything needs more than a skeleton, and gives the atoms.
func (p *plan) collect(stages []Stage) []filter.Expr {
	p.walk(stages, func(f *Filter) { p.compile(f.Expr) })
	var inner func(stages []Stage)
	inner = func(stages []Stage) {
		for _, stage := range stages {
			switch stage := stage.(type) {
			case *By:
				for _, e := range stage.Exprs {
					p.whole = p.whole || !isLight(e)
				}
			case *Scalar:
				p.whole = p.whole || !lightNumber(stage.Left) || !lightNumber(stage.Right)
				for _, stages := range pipelinesOf(stage) {
					inner(stages)
				}
			case *Combine:
				inner([]Stage{stage.Left, stage.Right})
			case *Wrapped:
				inner(stage.Stages)
			}
		}
	}
	inner(stages)
	return p.atoms
}

func lightNumber(n Number) bool {
	switch n := n.(type) {
	case *Aggregate:
		return isLight(n.Expr)
	case *Piped:
		return lightNumber(n.Of)
	case *Calc:
		return lightNumber(n.Left) && lightNumber(n.Right)
	}
	return true
}

// isLight tells whether a skeleton holds all that an expression asks for.
func isLight(e Expr) bool {
	switch e := e.(type) {
	case *Field:
		if e.Scope == ResourceScope && e.Key == "service.name" {
			return true
		}
		return e.Scope == Intrinsic && intrinsicsByName[e.Key].light
	case *Unary:
		return isLight(e.Expr)
	case *Binary:
		return isLight(e.Left) && isLight(e.Right)
	}
	return true
}

// compile makes a condition a function: what SQL can decide is a bit of the skeleton's.
func (p *plan) compile(e Expr) func(x *run, row int32) bool {
	if p.whole {
		return func(x *run, row int32) bool { return x.truth(e, row) }
	}
	if f, ok := lower(e); ok {
		if f == nil {
			return func(*run, int32) bool { return true }
		}
		return p.atom(f)
	}
	if b, ok := e.(*Binary); ok && (b.Op == OpAnd || b.Op == OpOr) {
		left, right := p.compile(b.Left), p.compile(b.Right)
		if b.Op == OpAnd {
			return func(x *run, row int32) bool { return left(x, row) && right(x, row) }
		}
		return func(x *run, row int32) bool { return left(x, row) || right(x, row) }
	}
	p.whole = p.whole || !isLight(e)
	return func(x *run, row int32) bool { return x.truth(e, row) }
}

func (p *plan) atom(f filter.Expr) func(x *run, row int32) bool {
	text := f.String()
	at := len(p.atoms)
	for i, known := range p.atoms {
		if known.String() == text {
			at = i
		}
	}
	if at == len(p.atoms) {
		p.atoms = append(p.atoms, f)
	}
	bit := bits.RotateLeft64(1, at)
	return func(x *run, row int32) bool { return x.bits[row]&bit != 0 }
}

// onPlace tells whether a span is where the page looks: place compares the environment and the namespace.
func (p *plan) onPlace() func(x *run, row int32) bool {
	if !p.whole {
		return p.atom(p.place)
	}
	return func(x *run, row int32) bool { return inPlace(p.place, x.timeline.Rows[row].Span) }
}

func inPlace(e filter.Expr, s *traces.Span) bool {
	switch e := e.(type) {
	case filter.And:
		for _, part := range e {
			if !inPlace(part, s) {
				return false
			}
		}
	case filter.Compare:
		value := ""
		if v := s.Value(e.Attr); v != nil {
			value = v.Text
		}
		return e.Op != filter.Eq || value == e.Value.Text
	}
	return true
}

// answers gives a filter that every span fulfils that a pipeline may leave; nil: any span may be left.
func answers(stages []Stage) filter.Expr {
	var all filter.Expr
	for _, stage := range stages {
		switch s := stage.(type) {
		case Spans:
			all = filter.AllOf(all, answersOf(s))
		case *Scalar:
			all = filter.AllOf(all, answersOfNumbers(s))
		}
	}
	return all
}

// answersOfNumbers gives a filter that every span fulfils that a comparison leaves: one of a pipeline's, where all numbers are pipelines'.
func answersOfNumbers(c *Scalar) filter.Expr {
	inner := pipelinesOf(c)
	if len(inner) == 0 || bare(c.Left) || bare(c.Right) {
		return nil
	}
	any := answers(inner[0])
	for _, stages := range inner[1:] {
		any = filter.AnyOf(any, answers(stages))
	}
	return any
}

// bare tells whether a number sums up the set itself.
func bare(n Number) bool {
	switch n := n.(type) {
	case *Aggregate:
		return true
	case *Calc:
		return bare(n.Left) || bare(n.Right)
	}
	return false
}

func answersOf(s Spans) filter.Expr {
	switch s := s.(type) {
	case *Filter:
		return above(s.Expr)
	case *Wrapped:
		return answers(s.Stages)
	case *Combine:
		right := answersOf(s.Right)
		if s.Op.Kind == And || s.Op.Kind == Or || s.Op.Union {
			return filter.AnyOf(answersOf(s.Left), right)
		}
		return right
	}
	return nil
}

// maxAlso is how many conditions on other spans of a trace are worth their cost.
const maxAlso = 4

// needs are the conditions that some span of a trace fulfils each, if it answers, beside from.
func (p *plan) needs() []filter.Expr {
	known := map[string]bool{}
	if p.from != nil {
		known[p.from.String()] = true
	}
	if inner := answers(p.stages); inner != nil {
		known[inner.String()] = true
	}
	for _, r := range p.kin { // which says more
		known[r.Filter.String()] = true
	}
	var all []filter.Expr
	for _, e := range needsOf(p.stages) {
		if e != nil && !known[e.String()] && len(all) < maxAlso {
			known[e.String()] = true
			all = append(all, e)
		}
	}
	return all
}

func needsOf(stages []Stage) (all []filter.Expr) {
	for _, stage := range stages {
		switch s := stage.(type) {
		case *Filter:
			all = append(all, above(s.Expr))
			all = append(all, rootsOf(s.Expr)...)
			all = append(all, ofParents(s.Expr)...)
		case *Scalar:
			all = append(all, summed(s.Left)...)
			all = append(all, summed(s.Right)...)
		case *Wrapped:
			all = append(all, needsOf(s.Stages)...)
		case *Combine:
			switch {
			case s.Op.Kind == Or:
				all = append(all, answersOf(s))
			case s.Op.Negate:
				all = append(all, needsOf([]Stage{s.Right})...)
			default:
				all = append(all, needsOf([]Stage{s.Left, s.Right})...)
			}
		}
	}
	return all
}
