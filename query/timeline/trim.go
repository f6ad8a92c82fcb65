package timeline

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// levelsKept is how many levels Trim keeps before it spends what is left on the longest spans.
const levelsKept = 5

// Trim returns a timeline of at most limit rows: t itself if it is short enough, else a copy with the focus, failed spans by
// interest (half of limit at most), the critical path (a quarter), the first of each N+1 and of other repeats (a twentieth), the top levels and then the longest spans, as far as they
// fit, each with all its ancestors.
// Figures of the whole trace (Spans, Failures, Depth, Services, CriticalTotal) stay those of the whole.
func (t *Timeline) Trim(limit int) *Timeline {
	if len(t.Rows) <= limit || limit < 1 {
		t.fill(t.Rows)
		return t
	}
	return t.subset(t.choose(limit))
}

// choose marks the rows to keep.
func (t *Timeline) choose(limit int) []bool {
	rows := t.Rows
	keep := make([]bool, len(rows))
	left, deepest := limit, int32(-1)
	var steps int // what is left of the walks up that may end in "does not fit"
	var chain []int32
	add := func(i int32) {
		if int(rows[i].Depth-deepest) > left { // spares a deep trace most of those walks
			return
		}
		chain = chain[:0]
		for at := i; at >= 0 && !keep[at]; at = rows[at].Parent {
			if steps--; len(chain) == left || steps < 0 {
				return
			}
			chain = append(chain, at)
		}
		for _, at := range chain {
			keep[at] = true
			deepest = max(deepest, rows[at].Depth)
		}
		left -= len(chain)
	}
	group := func(members []int32, reserve int) {
		steps = 4 * len(rows)
		for _, i := range members {
			if left <= reserve {
				return
			}
			add(i)
		}
	}
	group([]int32{int32(t.Main), int32(t.Focus)}, 0)
	group(t.Errors, limit/2)
	group(t.criticalRows(), limit/4)
	group(t.repeatRows(), limit/5)
	levels := make([][]int32, levelsKept+1) // the last is for all that lies deeper
	for i := range rows {
		if !keep[i] {
			d := min(rows[i].Depth, levelsKept)
			levels[d] = append(levels[d], int32(i))
		}
	}
	for _, members := range levels {
		slices.SortFunc(members, func(a, b int32) int {
			return cmp.Or(cmp.Compare(rows[b].Duration, rows[a].Duration), cmp.Compare(a, b))
		})
		group(members, 0)
	}
	for i := 0; i < len(rows) && left > 0; i++ { // what no walk could reach, from the top down
		if p := rows[i].Parent; !keep[i] && (p < 0 || keep[p]) {
			keep[i] = true
			left--
		}
	}
	return keep
}

// criticalRows are the rows on the critical path, those on which it spends most time first.
func (t *Timeline) criticalRows() []int32 {
	spent := make(map[int32]time.Duration, len(t.CriticalPath))
	for _, s := range t.CriticalPath {
		spent[s.Row] += s.End - s.Start
	}
	rows := slices.Collect(maps.Keys(spent))
	slices.SortFunc(rows, func(a, b int32) int { return cmp.Or(cmp.Compare(spent[b], spent[a]), cmp.Compare(a, b)) })
	return rows
}

// subset copies the timeline with only the rows to keep; a kept row's ancestors must be kept too.
func (t *Timeline) subset(keep []bool) *Timeline {
	out := *t
	out.Rows, out.CriticalPath, out.Errors, out.nodes, out.lean = nil, nil, nil, nil, nil
	at := make([]int32, len(t.Rows))
	for i, r := range t.Rows {
		at[i] = none
		if !keep[i] {
			continue
		}
		at[i] = int32(len(out.Rows))
		r.Hidden, r.Descendants = r.Descendants, 0
		if r.Parent >= 0 {
			r.Parent = at[r.Parent]
		}
		out.Rows = append(out.Rows, r)
	}
	for i := len(out.Rows) - 1; i >= 0; i-- {
		r := &out.Rows[i]
		r.Hidden -= r.Descendants
		if r.Parent >= 0 {
			out.Rows[r.Parent].Descendants += r.Descendants + 1
		}
	}
	for _, s := range t.CriticalPath {
		if s.Row = at[s.Row]; s.Row != none {
			out.CriticalPath = append(out.CriticalPath, s)
		}
	}
	for _, i := range t.Errors {
		if at[i] != none {
			out.Errors = append(out.Errors, at[i])
		}
	}
	t.keepRepeats(&out, at)
	t.fill(out.Rows)
	out.Main, out.Focus = int(at[t.Main]), int(at[t.Focus])
	if out.Focus < 0 { // deeper than limit
		out.Focus = out.Main
	}
	return &out
}
