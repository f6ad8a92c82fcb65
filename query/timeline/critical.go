package timeline

import (
	"cmp"
	"slices"
	"time"

	"github.com/sightline/sightline/storage/traces"
)

// window is the part of a row that can be on the critical path: itself, cut to every ancestor's. Empty if to <= from.
type window struct{ from, to time.Duration }

// findCriticalPath walks back from the end of Main: at every moment the path is in the child that finished last before it, else
// in the span itself. Children are cut to their parents' ends as Jaeger does, so the path never leaves Main; a message's
// consumer that outlives its producer was not waited for and is no part of it.
//
//	parent |=====..........=====......==|      path: parent, A, parent, B, parent
//	  A         |=========|                    B ends after A, and A before B begins; C lies inside
//	  B                        |======|        B's time and adds nothing
//	  C                         |==|
func (t *Timeline) findCriticalPath() {
	rows := t.Rows
	windows := t.windows()
	type frame struct {
		row    int32
		until  time.Duration // the path below this row is known from here on
		lo, at int           // its children in queue, latest end first; at is the next to try
	}
	type candidate struct {
		to, end time.Duration // cut to its ancestors', and as it is
		row     int32
	}
	var queue []candidate
	enter := func(row int32) frame {
		lo := len(queue)
		for c, last := row+1, row+rows[row].Descendants; c <= last; c += rows[c].Descendants + 1 {
			if w := windows[c]; w.from < w.to {
				queue = append(queue, candidate{w.to, rows[c].End(), c})
			}
		}
		slices.SortFunc(queue[lo:], func(a, b candidate) int {
			if a.to != b.to {
				return cmp.Compare(b.to, a.to)
			}
			if a.end != b.end { // of those that were cut to the same end, the one that really ended last
				return cmp.Compare(b.end, a.end)
			}
			return cmp.Compare(a.row, b.row)
		})
		return frame{row: row, until: windows[row].to, lo: lo, at: lo}
	}
	section := func(row int32, from, to time.Duration) {
		if to <= from {
			return
		}
		rows[row].Flags |= Critical
		t.CriticalPath = append(t.CriticalPath, Section{row, from, to})
		t.CriticalTotal += to - from
	}
	frames := []frame{enter(int32(t.Main))}
	for len(frames) > 0 {
		f := &frames[len(frames)-1]
		for f.at < len(queue) && queue[f.at].to > f.until {
			f.at++
		}
		if f.at < len(queue) {
			child := queue[f.at].row
			section(f.row, windows[child].to, f.until)
			f.until = windows[child].from
			f.at++
			frames = append(frames, enter(child))
			continue
		}
		section(f.row, windows[f.row].from, f.until)
		queue = queue[:f.lo]
		frames = frames[:len(frames)-1]
	}
	slices.Reverse(t.CriticalPath)
}

// windows of Main and the rows below it; those of other rows are empty.
func (t *Timeline) windows() []window {
	windows := make([]window, len(t.Rows))
	main := &t.Rows[t.Main]
	windows[t.Main] = window{main.Start, main.End()}
	for i := t.Main + 1; i <= t.Main+int(main.Descendants); i++ {
		r := &t.Rows[i]
		parent := windows[r.Parent]
		if r.Flags&Outlives != 0 && asynchronous(t.node(r), t.node(&t.Rows[r.Parent])) {
			continue
		}
		windows[i] = window{max(r.Start, parent.from), min(r.End(), parent.to)}
	}
	return windows
}

func asynchronous(child, parent *traces.Lean) bool {
	return kind(child) == traces.KindConsumer || kind(parent) == traces.KindProducer
}
