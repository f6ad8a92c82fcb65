package encode

import (
	"math"
	"slices"
)

// Stats is what a batch did with a project's items.
type Stats struct {
	Project   string
	Items     int // stored
	Sanitized int // items with a reason in sightline.sanitized
	Redacted  int // secrets masked
	Reasons   [numReasons]int
}

// ByReason are the counts of items by what was changed or odd in them, under the names of sightline.sanitized.
func (s Stats) ByReason() map[string]int {
	by := map[string]int{}
	for i, n := range s.Reasons {
		if n > 0 {
			by[reasonNames[i]] = n
		}
	}
	return by
}

// Stats are the batch's counts, project by project.
func (e *Encoder) Stats() []Stats { return slices.Clone(e.stats) }

// Count counts an item.
func (e *Encoder) Count(r Reasons) {
	e.Delta.Items++
	if r == 0 {
		return
	}
	e.Delta.Sanitized++
	for i := range e.Delta.Reasons {
		if r&(1<<i) != 0 {
			e.Delta.Reasons[i]++
		}
	}
}

// account adds a request's counts to its project's.
func (e *Encoder) account() {
	for i := range e.stats {
		s := &e.stats[i]
		if s.Project != e.Delta.Project {
			continue
		}
		s.Items += e.Delta.Items
		s.Sanitized += e.Delta.Sanitized
		s.Redacted += e.Delta.Redacted
		for j, n := range e.Delta.Reasons {
			s.Reasons[j] += n
		}
		return
	}
	e.stats = append(e.stats, e.Delta)
}

// Sum adds counts without overflow.
func Sum(a, b uint32) uint32 {
	if n := uint64(a) + uint64(b); n <= math.MaxUint32 {
		return uint32(n)
	}
	return math.MaxUint32
}
