package traceql

import (
	"math/bits"
	"slices"

	"github.com/sightline/sightline/storage/traces"
)

// bareStages are the stages that a pipeline begins with and that are decided by conditions that SQL knows, by structure and by counting: a
// trace of which they leave nothing does not answer. None: nothing can be said of bare traces.
func (p *plan) bareStages() []Stage {
	n := 0
	for n < len(p.stages) && p.bare(p.stages[n]) {
		n++
	}
	structural := false
	for _, stage := range p.stages[:n] {
		_, plain := stage.(*Filter)
		structural = structural || !plain
	}
	if p.whole || !structural { // candidates have the span that a filter asks for
		return nil
	}
	return p.stages[:n]
}

func (p *plan) bare(stage Stage) bool {
	switch s := stage.(type) {
	case *Filter:
		return pure(s.Expr)
	case *Combine:
		return p.bare(s.Left) && p.bare(s.Right)
	case *Wrapped:
		for _, inner := range s.Stages {
			if !p.bare(inner) {
				return false
			}
		}
		return true
	case *Select, *Coalesce:
		return true
	case *Scalar:
		return counts(s.Left) && counts(s.Right) && !slices.ContainsFunc(pipelinesOf(s), func(inner []Stage) bool {
			return slices.ContainsFunc(inner, func(s Stage) bool { return !p.bare(s) })
		})
	}
	return false
}

// counts tells whether a number is made of counting alone.
func counts(n Number) bool {
	switch n := n.(type) {
	case *Static:
		return true
	case *Calc:
		return counts(n.Left) && counts(n.Right)
	case *Piped:
		return counts(n.Of)
	case *Aggregate:
		return n.Expr == nil
	}
	return false
}

// pure tells whether a condition is bits alone, as compile makes it.
func pure(e Expr) bool {
	if _, ok := lower(e); ok {
		return true
	}
	b, ok := e.(*Binary)
	return ok && (b.Op == OpAnd || b.Op == OpOr) && pure(b.Left) && pure(b.Right)
}

// arranger makes shapes of bare traces, one after the other in the same memory.
type arranger struct {
	shape
	slots  []int32 // a hash table of places by id: place + 1; 0: free
	up     []int32 // by place: the parent's place; -1: none
	first  []int32 // by place: the first child's; -1: none
	next   []int32 // by place: the next child of the same parent
	row    []int32 // by place
	stack  []int32
	placed []int32 // by row
}

// arrange gives a trace's shape. It is what its timeline would be but for the order of siblings, on which nothing bare depends. ok is false
// where ids alone do not tell: spans share an id, or their parents go in a circle.
func (a *arranger) arrange(spans []traces.BareSpan) (s *shape, ok bool) {
	n := len(spans)
	if !a.index(spans) {
		return nil, false
	}
	a.up, a.first, a.next, a.row = sized(a.up, n), sized(a.first, n), sized(a.next, n), sized(a.row, n)
	a.bits, a.parent, a.below = sized(a.bits, n), sized(a.parent, n), sized(a.below, n)
	for i := range n {
		a.first[i] = -1
	}
	a.stack = a.stack[:0]
	for i := range spans {
		a.up[i] = -1
		if spans[i].Parent != 0 && spans[i].Parent != spans[i].ID {
			a.up[i] = a.find(spans, spans[i].Parent)
		}
		if p := a.up[i]; p >= 0 {
			a.next[i], a.first[p] = a.first[p], int32(i)
		} else {
			a.stack = append(a.stack, int32(i))
		}
	}
	a.placed = a.placed[:0]
	for len(a.stack) > 0 {
		at := a.stack[len(a.stack)-1]
		a.stack = a.stack[:len(a.stack)-1]
		row := int32(len(a.placed))
		a.placed = append(a.placed, at)
		a.row[at], a.bits[row], a.parent[row], a.below[row] = row, spans[at].Bits, -1, 0
		if a.up[at] >= 0 {
			a.parent[row] = a.row[a.up[at]]
		}
		for c := a.first[at]; c >= 0; c = a.next[c] {
			a.stack = append(a.stack, c)
		}
	}
	if len(a.placed) < n { // what goes in a circle is below no root
		return nil, false
	}
	for row := n - 1; row > 0; row-- {
		if p := a.parent[row]; p >= 0 {
			a.below[p] += a.below[row] + 1
		}
	}
	return &a.shape, true
}

// index fills the hash table; false where an id comes twice.
func (a *arranger) index(spans []traces.BareSpan) bool {
	size := 1 << bits.Len(uint(2*len(spans)))
	a.slots = sized(a.slots, size)
	clear(a.slots)
	for i := range spans {
		at := hash(spans[i].ID) & (size - 1)
		for ; a.slots[at] != 0; at = (at + 1) & (size - 1) {
			if spans[a.slots[at]-1].ID == spans[i].ID {
				return false
			}
		}
		a.slots[at] = int32(i) + 1
	}
	return true
}

func (a *arranger) find(spans []traces.BareSpan, id traces.SpanID) int32 {
	mask := len(a.slots) - 1
	for at := hash(id) & mask; a.slots[at] != 0; at = (at + 1) & mask {
		if place := a.slots[at] - 1; spans[place].ID == id {
			return place
		}
	}
	return -1
}

func hash(id traces.SpanID) int { return int(uint64(id) * 0x9E3779B97F4A7C15 >> 33) }

func sized[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

// sieve rules traces out by their bare spans.
type sieve struct {
	plan   *plan
	stages []Stage
	arranger
	all      []int32
	in, kept int
}

// useful tells whether what has been seen so far was worth its while.
func (v *sieve) useful() bool { return len(v.stages) > 0 && (v.in < bareTrial || v.kept < v.in/2) }

// portion is how many traces to look at: not many before it is known whether that is of use.
func (v *sieve) portion() int {
	if v.in < bareTrial {
		return bareTrial
	}
	return bareChunk
}

// keeps tells whether a trace may answer.
func (v *sieve) keeps(spans []traces.BareSpan) bool {
	s, ok := v.arrange(spans)
	if !ok {
		return true
	}
	for len(v.all) < len(spans) {
		v.all = append(v.all, int32(len(v.all)))
	}
	x := &run{v.plan, eval{&trace{shape: *s}, nil}}
	return len(x.pipeline(v.stages, set{rows: v.all[:len(spans):len(spans)]})) > 0
}
