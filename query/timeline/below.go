package timeline

import (
	"slices"

	"github.com/sightline/sightline/storage/traces"
)

// Part is some of the rows below one.
type Part struct {
	*Timeline     // row 0 is the one that was asked for, at its own depth; figures of the whole trace stay those of the whole
	Children  int // directly below it
	Next      int // where to go on among them; 0: these were the last
}

// Find is the row of a span in a timeline that has not been trimmed; of several with one id, the first. -1: there is none.
func (t *Timeline) Find(id traces.SpanID) int {
	return slices.IndexFunc(t.Rows, func(r Row) bool { return t.node(&r).SpanID == id })
}

// Below, of a timeline that has not been trimmed, gives a row with its children, by start and from number `from` on, and what lies below these level by level: limit rows
// below it at most.
func (t *Timeline) Below(row, from, limit int) Part {
	keep := make([]bool, len(t.Rows))
	keep[row] = true
	children := t.children(int32(row), nil)
	at := min(max(from, 0), len(children))
	level := children[at:min(at+limit, len(children))]
	p := Part{Children: len(children)}
	if end := at + len(level); end < len(children) {
		p.Next = end
	}
	var below []int32
	for left := limit; len(level) > 0; level, below = below, nil {
		for _, i := range level[:min(left, len(level))] {
			keep[i] = true
			if len(below) < left { // more can't fit
				below = t.children(i, below)
			}
		}
		left -= min(left, len(level))
	}
	p.Timeline = t.subset(keep)
	return p
}

// fill gives rows of a large trace their spans.
func (t *Timeline) fill(rows []Row) {
	if t.lean == nil {
		return
	}
	spans := make([]traces.Span, len(rows))
	for i := range rows {
		spans[i] = t.lean.Span(int(rows[i].node))
		rows[i].Span = &spans[i]
	}
}
