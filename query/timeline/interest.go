package timeline

import (
	"cmp"
	"slices"

	"github.com/sightline/sightline/storage/traces"
)

// rankErrors orders the failed rows by interest and chooses the focus.
//
// First comes the end of the failing path: from Main, while it failed, down to the failed child that ended last. Then the other
// places where a failure began (no child of theirs failed), then those that only passed one on; in each group the worse class
// first, then the deeper, then the earlier. Of a trace without failures the focus is the row below Main on which the critical
// path spends most time.
func (t *Timeline) rankErrors() {
	rows := t.Rows
	passedOn := make([]bool, len(rows)) // a child failed
	for i := range rows {
		if r := &rows[i]; t.failed(r) {
			t.Errors = append(t.Errors, int32(i))
			if r.Parent >= 0 {
				passedOn[r.Parent] = true
			}
		}
	}
	if len(t.Errors) == 0 {
		t.Focus = t.longestCritical()
		return
	}
	culprit := none
	if t.failed(&rows[t.Main]) {
		culprit = t.culprit()
	}
	slices.SortStableFunc(t.Errors, func(a, b int32) int {
		return cmp.Or(
			-compareBool(a == culprit, b == culprit),
			compareBool(passedOn[a], passedOn[b]),
			cmp.Compare(severity(t.node(&rows[b])), severity(t.node(&rows[a]))),
			cmp.Compare(rows[b].Depth, rows[a].Depth),
			cmp.Compare(rows[a].Start, rows[b].Start),
			cmp.Compare(a, b),
		)
	})
	t.Focus = int(t.Errors[0])
}

// culprit is the deepest failed row on the failing path.
func (t *Timeline) culprit() int32 {
	at := int32(t.Main)
	var kids []int32
	for {
		next := none
		kids = t.children(at, kids[:0])
		for _, c := range kids {
			if r := &t.Rows[c]; t.failed(r) && (next == none || r.End() > t.Rows[next].End()) {
				next = c
			}
		}
		if next == none {
			return at
		}
		at = next
	}
}

func (t *Timeline) longestCritical() int {
	for _, i := range t.criticalRows() {
		if i != int32(t.Main) {
			return int(i)
		}
	}
	return t.Main
}

func severity(s *traces.Lean) int {
	switch traces.Class(s.Class) {
	case traces.ClassFault:
		return 3
	case traces.ClassThrottle:
		return 2
	case traces.ClassError:
		return 1
	}
	return 0
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
