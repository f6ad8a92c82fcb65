package timeline

import (
	"slices"
	"time"

	"github.com/sightline/sightline/storage/traces"
)

// skewNotes is what correctSkew did, for the warnings.
type skewNotes struct {
	shifted, refused int           // spans
	most, refusedBy  time.Duration // the largest shift, done and refused
}

// correctSkew shifts spans whose clock runs differently from that of their caller's host, after Jaeger's rule: a span that
// cannot have been when it says is moved into the middle of its parent, as if the network took as long there as back, and
// everything of its host below it moves along. Only two things prove a difference of clocks: a child that begins before its
// parent, and a server that answers after its caller had the answer. A message's consumer, and any child that merely outlives
// its parent, proves nothing and stays. Shifts over limit are refused.
func (t *tree) correctSkew(limit time.Duration) skewNotes {
	var notes skewNotes
	stack := slices.Clone(t.top())
	var unsorted []int32 // parents some of whose children moved
	for len(stack) > 0 {
		p := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		moved := false
		for _, c := range t.children(p) {
			var shift time.Duration
			if t.hosts[t.spans[p].Source].same(&t.hosts[t.spans[c].Source]) {
				if t.skew != nil {
					shift = t.skew[p]
				}
			} else if shift = t.shift(p, c); shift.Abs() > limit {
				notes.refused++
				notes.refusedBy = max(notes.refusedBy, shift.Abs())
				shift = 0
			}
			if shift = min(max(shift, -t.start[c]), maxStart-t.start[c]); shift != 0 {
				if t.skew == nil {
					t.skew = make([]time.Duration, len(t.spans))
				}
				t.start[c] += shift
				t.skew[c] = shift
				t.flags[c] |= Skewed
				moved = true
				notes.shifted++
				notes.most = max(notes.most, shift.Abs())
			}
			stack = append(stack, c)
		}
		if moved {
			unsorted = append(unsorted, p)
		}
	}
	var order []entry
	for _, p := range unsorted {
		order = order[:0]
		kids := t.children(p)
		for _, c := range kids {
			order = append(order, t.entry(c))
		}
		sortEntries(order)
		for i, e := range order {
			kids[i] = e.at
		}
	}
	return notes
}

// shift is how far child c, of another host than p, must move to be possible; p has moved already. If it is possible when it
// moves along with p, their clocks agree.
func (t *tree) shift(p, c int32) time.Duration {
	shift := t.difference(p, c, t.start[c])
	if shift != 0 && t.skew != nil && t.skew[p] != 0 && t.difference(p, c, t.start[c]+t.skew[p]) == 0 {
		return t.skew[p]
	}
	return shift
}

// difference is how far child c of p must move if it begins at childStart.
func (t *tree) difference(p, c int32, childStart time.Duration) time.Duration {
	parentStart, parentDuration, childDuration := t.start[p], t.duration(p), t.duration(c)
	early := childStart < parentStart
	late := childStart+childDuration > parentStart+parentDuration
	switch {
	case t.flags[p]&InProgress != 0 || t.flags[c]&InProgress != 0 || childDuration > parentDuration:
		// With no end to go by, or of a child longer than its parent (asynchronous, or its caller gave up), only the start counts.
		if early {
			return parentStart - childStart
		}
	case early, late && synchronous(&t.spans[p], &t.spans[c]):
		return parentStart + (parentDuration-childDuration)/2 - childStart
	}
	return 0
}

// synchronous reports that the caller waited for the server's answer and got it.
func synchronous(parent, child *traces.Lean) bool {
	return kind(parent) == traces.KindClient && kind(child) == traces.KindServer && !failed(parent)
}
