// Package timeline makes a trace readable: it orders the spans of one trace depth-first, resolves their parents, corrects clock
// skew, and finds self times, the critical path and the spans worth looking at first. Every view of a trace (our own, Jaeger's,
// Tempo's, X-Ray's) is made from it. It is pure: it reads nothing, keeps nothing, and changes no span.
//
// Nothing here recurses and every pass is linear or n log n, whatever the shape: spans come from outside, with cycles, a hundred
// thousand levels, or all under one parent.
package timeline

import (
	"math"
	"time"

	"github.com/sightline/sightline/storage/traces"
)

// DefaultMaxSkew bounds how far a span is shifted to correct a clock. What lies further off is no clock that drifted.
const DefaultMaxSkew = 5 * time.Minute

// Options of Build. The zero value corrects skew up to DefaultMaxSkew.
type Options struct {
	KeepSkew bool          // show times as they were sent
	MaxSkew  time.Duration // 0: DefaultMaxSkew
}

// Flags are facts about a row; the bits are part of the HTTP API.
type Flags uint16

const (
	Orphan      Flags = 1 << iota // its parent is not in the trace
	Skewed                        // its start was shifted, by Row.Skew
	InProgress                    // its end has not arrived
	CycleBroken                   // its parent was among its descendants
	Outlives                      // it ends after its parent
	Critical                      // a section of it is on the critical path
	Duplicate                     // another span of the trace has its id
	Sanitised                     // could not be stored exactly as sent
)

// Row is one span in its place. Times are offsets from Timeline.Start.
type Row struct {
	Span        *traces.Span  // as stored; of Build, one element of the slice that it was given
	ID          traces.SpanID // the span's, made unique where Duplicate is set
	Parent      int32         // index of the parent's row, -1: none
	Depth       int32         // 0: no parent
	Descendants int32         // how many of the rows right behind this one are below it
	Hidden      int32         // descendants that Trim left out
	Service     int32         // index into Timeline.Services
	Repeat      int32         // its number in Timeline.Repeats, counted from 1; 0: none
	Flags       Flags
	node        int32         // its place among the spans
	Start       time.Duration // with Skew; never negative
	Duration    time.Duration // of a span in progress: until the last end below it
	Self        time.Duration // Duration less what children cover
	Skew        time.Duration // Start as sent = Start - Skew
}

// End is Start + Duration.
func (r *Row) End() time.Duration { return r.Start + r.Duration }

// Failed reports whether the span is worth a mark: its request did not end ok, or it says so itself.
func (r *Row) Failed() bool {
	return r.Span.Class != traces.ClassOK || r.Span.Status == traces.StatusError
}

// root reports whether the span was sent as the first of its trace. One that names itself as its parent was, too.
func (t *Timeline) root(r *Row) bool {
	s := t.node(r)
	return r.Parent < 0 && (s.ParentID == 0 || s.ParentID == s.SpanID)
}

func (t *Timeline) node(r *Row) *traces.Lean { return &t.nodes.spans[r.node] }

func (t *Timeline) failed(r *Row) bool { return failed(t.node(r)) }

// Section is a stretch of the critical path that is spent in one span itself.
type Section struct {
	Row        int32
	Start, End time.Duration
}

// Service sums up the rows of one service.
type Service struct {
	Name, Env, Type string
	Spans, Errors   int
	Self            time.Duration
}

// Timeline is a readable trace. It refers to the spans that it was built from.
type Timeline struct {
	TraceID  traces.TraceID
	Start    time.Time     // the earliest start shown
	Duration time.Duration // to the latest end shown
	Rows     []Row         // depth-first; siblings by start, then by span id
	Spans    int           // of the trace; more than len(Rows) after Trim
	Failures int           // failed spans of the trace
	Depth    int           // levels; 1 for roots alone

	Main       int // the row that stands for the trace: its first root, else the longest orphan; -1 in an empty timeline
	HasRoot    bool
	Class      traces.Class // of Main
	InProgress bool

	Services      []Service // in the order of their first row
	CriticalPath  []Section // below Main, in the order of time
	CriticalTotal time.Duration
	Repeats       []Repeat
	Errors        []int32 // failed rows, most interesting first
	Focus         int     // the row to look at first; -1 in an empty timeline
	Warnings      []Warning

	nodes *nodes
	lean  *traces.LeanTrace // what rows get their spans from when they are chosen; nil: they have them
}

// Build arranges the spans of one trace. It keeps pointers into spans. Time is n log n in their number, memory linear.
func Build(spans []traces.Span, o Options) *Timeline {
	if len(spans) == 0 {
		return &Timeline{Main: -1, Focus: -1}
	}
	t := build(nodesOf(spans), o)
	t.TraceID = spans[0].TraceID
	for i := range t.Rows {
		t.Rows[i].Span = &spans[t.Rows[i].node]
	}
	return t
}

// BuildLean arranges a large trace. Its rows have no Span: ask it for some of them, with Trim or Below. It takes some 200 bytes a
// span while it works, and 150 afterwards, with the trace itself.
func BuildLean(lean *traces.LeanTrace, o Options) *Timeline {
	if len(lean.Spans) == 0 {
		return &Timeline{TraceID: lean.TraceID, Main: -1, Focus: -1}
	}
	t := build(nodesOfLean(lean), o)
	t.TraceID, t.lean = lean.TraceID, lean
	t.Spans = max(t.Spans, lean.Total)
	return t
}

func build(n *nodes, o Options) *Timeline {
	t := &Timeline{Main: -1, Focus: -1, Spans: len(n.spans), nodes: n}
	if o.MaxSkew <= 0 {
		o.MaxSkew = DefaultMaxSkew
	}
	tree := newTree(n)
	var notes skewNotes
	if !o.KeepSkew {
		notes = tree.correctSkew(o.MaxSkew)
	}
	t.Rows = tree.rows()
	tree = nil // frees what only ordering needed
	t.measure()
	t.findRepeats()
	t.chooseMain()
	t.findCriticalPath()
	t.rankErrors()
	t.warn(notes)
	return t
}

// measure fills what follows from the order of the rows: descendants, ends of spans in progress, self times, offsets, services.
func (t *Timeline) measure() {
	rows := t.Rows
	last := make([]time.Duration, len(rows)) // the latest end at or below a row
	for i := len(rows) - 1; i >= 0; i-- {
		r := &rows[i]
		last[i] = max(last[i], r.End())
		if r.Flags&InProgress != 0 {
			t.InProgress = true
			r.Duration = last[i] - r.Start
		}
		if p := r.Parent; p >= 0 {
			rows[p].Descendants += r.Descendants + 1
			last[p] = max(last[p], last[i])
		}
	}

	begin, end := rows[0].Start, time.Duration(0)
	covered := last // from here on: up to where children cover a row
	for i := range rows {
		r := &rows[i]
		begin, end = min(begin, r.Start), max(end, r.End())
		t.Depth = max(t.Depth, int(r.Depth)+1)
		r.Self, covered[i] = r.Duration, r.Start
		if r.Parent < 0 {
			continue
		}
		p := &rows[r.Parent] // children come by start, so their union grows to the right only
		if r.End() > p.End() {
			r.Flags |= Outlives
		}
		from, to := max(r.Start, covered[r.Parent]), min(r.End(), p.End())
		if to > from {
			p.Self -= to - from
			covered[r.Parent] = to
		}
	}

	t.Start, t.Duration = time.Unix(0, int64(begin)).UTC(), end-begin
	for i := range rows {
		rows[i].Start -= begin
	}
	t.sumServices()
}

func (t *Timeline) sumServices() {
	type key struct{ name, env, kind string }
	index := make(map[key]int32)
	serviceOf := make([]int32, len(t.nodes.hosts)) // 1 more than the service of a host, 0: not seen yet
	for i := range t.Rows {
		r := &t.Rows[i]
		source := t.node(r).Source
		at := serviceOf[source] - 1
		if at < 0 {
			h := &t.nodes.hosts[source]
			k := key{h.Service, h.Env, h.ServiceType}
			var ok bool
			if at, ok = index[k]; !ok {
				at = int32(len(t.Services))
				index[k] = at
				t.Services = append(t.Services, Service{Name: k.name, Env: k.env, Type: k.kind})
			}
			serviceOf[source] = at + 1
		}
		s := &t.Services[at]
		r.Service = at
		s.Spans++
		s.Self += min(r.Self, math.MaxInt64-s.Self) // hostile durations must not overflow the sum
		if t.failed(r) {
			s.Errors++
			t.Failures++
		}
	}
}

// chooseMain picks the row that stands for the trace: the first root in time; without one, the longest of what is left.
func (t *Timeline) chooseMain() {
	rows := t.Rows
	for i := 0; i < len(rows); i += int(rows[i].Descendants) + 1 {
		r := &rows[i]
		if t.root(r) && !t.HasRoot {
			t.Main, t.HasRoot = i, true // rows at the top come by start
		}
		if !t.HasRoot && (t.Main < 0 || r.Duration > rows[t.Main].Duration) {
			t.Main = i
		}
	}
	t.Class = traces.Class(t.node(&rows[t.Main]).Class)
}

// children appends the rows directly below row i to buf.
func (t *Timeline) children(i int32, buf []int32) []int32 {
	for c, end := i+1, i+t.Rows[i].Descendants; c <= end; c += t.Rows[c].Descendants + 1 {
		buf = append(buf, c)
	}
	return buf
}
