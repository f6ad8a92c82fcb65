package timeline

import (
	"cmp"
	"slices"
	"time"

	"github.com/sightline/sightline/storage/traces"
)

// Times are kept as ns since 1970 while the tree is built. They are clamped so that no sum or difference of two overflows:
// starts to 1970..2116, durations to 73 years.
const (
	maxStart    = time.Duration(1) << 62
	maxDuration = time.Duration(1) << 61
)

const none = int32(-1)

// tree is the spans' parenthood. Indexes are positions in spans.
type tree struct {
	*nodes
	start    []time.Duration // since 1970; shifted by correctSkew
	skew     []time.Duration // nil until something is shifted
	parent   []int32         // -1: at the top
	flags    []Flags
	first    []int32 // children of i are kids[first[i]:first[i+1]]; those of the top come last, as if of number len(spans)
	kids     []int32
	uniqueID map[int32]traces.SpanID // of duplicates
}

func newTree(n *nodes) *tree {
	spans := n.spans
	t := &tree{
		nodes:  n,
		start:  make([]time.Duration, len(spans)),
		parent: make([]int32, len(spans)),
		flags:  make([]Flags, len(spans)),
	}
	for i := range spans {
		t.start[i] = min(max(time.Duration(spans[i].Start), 0), maxStart)
		if traces.State(spans[i].State) == traces.StateInProgress {
			t.flags[i] |= InProgress
		}
	}
	t.resolve()
	t.breakCycles()
	t.sortChildren()
	return t
}

func (t *tree) duration(i int32) time.Duration {
	return min(max(time.Duration(t.spans[i].Duration), 0), maxDuration)
}

// breakCycles cuts every cycle at its earliest span, which moves to the top.
func (t *tree) breakCycles() {
	const (
		unknown = iota
		walking
		rooted
	)
	state := make([]uint8, len(t.spans))
	for i := range t.spans {
		at := int32(i)
		for at != none && state[at] == unknown {
			state[at] = walking
			at = t.parent[at]
		}
		if at != none && state[at] == walking { // came round to a span of this very walk
			earliest := at
			state[at] = rooted
			for c := t.parent[at]; c != at; c = t.parent[c] {
				state[c] = rooted
				if compareEntries(t.entry(c), t.entry(earliest)) < 0 {
					earliest = c
				}
			}
			t.parent[earliest] = none
			t.flags[earliest] |= CycleBroken
		}
		for at = int32(i); at != none && state[at] == walking; at = t.parent[at] {
			state[at] = rooted
		}
	}
}

// entry is what siblings are sorted by, copied together: comparing through spans would miss the cache at every step.
type entry struct {
	start time.Duration
	id    traces.SpanID
	at    int32
}

func (t *tree) entry(i int32) entry { return entry{t.start[i], t.spans[i].SpanID, i} }

// compareEntries orders siblings: by start, then by span id, then as they came.
func compareEntries(a, b entry) int {
	if a.start != b.start {
		return cmp.Compare(a.start, b.start)
	}
	if a.id != b.id {
		return cmp.Compare(a.id, b.id)
	}
	return cmp.Compare(a.at, b.at)
}

func sortEntries(list []entry) {
	if !slices.IsSortedFunc(list, compareEntries) {
		slices.SortFunc(list, compareEntries)
	}
}

// sortChildren fills first and kids: one sort of all spans, then a counting sort by parent, which keeps that order.
func (t *tree) sortChildren() {
	n := len(t.spans)
	order := make([]entry, n)
	for i := range order {
		order[i] = t.entry(int32(i))
	}
	sortEntries(order)
	bucket := func(i int32) int32 {
		if p := t.parent[i]; p != none {
			return p
		}
		return int32(n)
	}
	t.first = make([]int32, n+2)
	for i := range t.spans {
		t.first[bucket(int32(i))+1]++
	}
	for i := range n + 1 {
		t.first[i+1] += t.first[i]
	}
	t.kids = make([]int32, n)
	fill := slices.Clone(t.first)
	for _, e := range order {
		b := bucket(e.at)
		t.kids[fill[b]] = e.at
		fill[b]++
	}
}

func (t *tree) children(i int32) []int32 { return t.kids[t.first[i]:t.first[i+1]] }

func (t *tree) top() []int32 { return t.children(int32(len(t.spans))) }

// rows lays the tree out depth-first. Starts are still since 1970.
func (t *tree) rows() []Row {
	rows := make([]Row, 0, len(t.spans))
	at := make([]int32, len(t.spans)) // row of a span
	stack := slices.Clone(t.top())
	slices.Reverse(stack)
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		r := Row{
			node:     i,
			ID:       t.spans[i].SpanID,
			Parent:   none,
			Flags:    t.flags[i],
			Start:    t.start[i],
			Duration: t.duration(i),
		}
		if t.skew != nil {
			r.Skew = t.skew[i]
		}
		if id, ok := t.uniqueID[i]; ok {
			r.ID = id
		}
		if p := t.parent[i]; p != none {
			r.Parent = at[p]
			r.Depth = rows[r.Parent].Depth + 1
		}
		at[i] = int32(len(rows))
		rows = append(rows, r)
		for _, c := range slices.Backward(t.children(i)) {
			stack = append(stack, c)
		}
	}
	return rows
}
