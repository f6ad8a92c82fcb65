package traceql

import (
	"github.com/sightline/sightline/query/timeline"
	"github.com/sightline/sightline/storage/traces"
)

// trace is a trace that is decided on. Spans are named by their rows in the timeline, where those below a span stand right behind it.
type trace struct {
	timeline *timeline.Timeline // nil of a bare one
	shape
	children []int32 // how many, by row
}

// shape is how spans stand to each other, by row.
type shape struct {
	bits   []uint64
	parent []int32 // its row; -1: none
	below  []int32 // how many of the rows right behind this one are below it
}

func newTrace(k *traces.Skeleton) *trace {
	t := &trace{timeline: timeline.Build(k.Spans, timeline.Options{KeepSkew: true})}
	rows := t.timeline.Rows
	t.children = make([]int32, len(rows))
	t.shape = shape{make([]uint64, len(rows)), make([]int32, len(rows)), make([]int32, len(rows))}
	place := make(map[*traces.Span]int, len(k.Spans))
	for i := range k.Spans {
		place[&k.Spans[i]] = i
	}
	for i := range rows {
		t.bits[i] = k.Bits[place[rows[i].Span]]
		t.parent[i], t.below[i] = rows[i].Parent, rows[i].Descendants
		if p := rows[i].Parent; p >= 0 {
			t.children[p]++
		}
	}
	return t
}

// left is the nested set number of a row: of every span before it both numbers are given, but for those above it, which are still open.
func (t *trace) left(row int32) int32 { return 2*row - t.timeline.Rows[row].Depth + 1 }

// related gives the rows of right, in order, that are in the relation to a row of left; both are ascending.
func (t *shape) related(kind Kin, left, right []int32) []int32 {
	var found []int32
	switch kind {
	case Child:
		in := t.marks(left)
		for _, r := range right {
			if p := t.parent[r]; p >= 0 && in[p] {
				found = append(found, r)
			}
		}
	case Descendant:
		end, next := int32(-1), 0 // the last row below any of left so far
		for _, r := range right {
			for ; next < len(left) && left[next] < r; next++ {
				end = max(end, left[next]+t.below[left[next]])
			}
			if r <= end {
				found = append(found, r)
			}
		}
	case Parent:
		in := make([]bool, len(t.parent))
		for _, l := range left {
			if p := t.parent[l]; p >= 0 {
				in[p] = true
			}
		}
		for _, r := range right {
			if in[r] {
				found = append(found, r)
			}
		}
	case Ancestor:
		next := 0
		for _, r := range right {
			for next < len(left) && left[next] <= r {
				next++
			}
			if next < len(left) && left[next] <= r+t.below[r] {
				found = append(found, r)
			}
		}
	case Sibling:
		in, count := t.marks(left), make([]int32, len(t.parent)) // of left, by parent
		for _, l := range left {
			if p := t.parent[l]; p >= 0 {
				count[p]++
			}
		}
		for _, r := range right {
			p := t.parent[r]
			if p >= 0 && (count[p] > 1 || count[p] == 1 && !in[r]) {
				found = append(found, r)
			}
		}
	}
	return found
}

// inverse is the relation seen from the other side.
var inverse = map[Kin]Kin{Child: Parent, Parent: Child, Descendant: Ancestor, Ancestor: Descendant, Sibling: Sibling}

func (t *shape) marks(rows []int32) []bool {
	in := make([]bool, len(t.parent))
	for _, r := range rows {
		in[r] = true
	}
	return in
}

// union of ascending rows.
func union(a, b []int32) []int32 {
	all := make([]int32, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			all, a = append(all, a[0]), a[1:]
		case a[0] > b[0]:
			all, b = append(all, b[0]), b[1:]
		default:
			all, a, b = append(all, a[0]), a[1:], b[1:]
		}
	}
	return append(append(all, a...), b...)
}

// without is the ascending rows of a that are not in b.
func without(a, b []int32) []int32 {
	var rest []int32
	for _, r := range a {
		for len(b) > 0 && b[0] < r {
			b = b[1:]
		}
		if len(b) == 0 || b[0] != r {
			rest = append(rest, r)
		}
	}
	return rest
}
