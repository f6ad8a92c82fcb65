package traceql

import (
	"bytes"
	"time"

	"github.com/sightline/sightline/storage/traces"
)

// newestFirst orders traces by their newest matching span, which is the order of pages.
func newestFirst(a, b *match) int {
	if c := b.trace.Newest.Start.Compare(a.trace.Newest.Start); c != 0 {
		return c
	}
	return bytes.Compare(b.trace.ID[:], a.trace.ID[:])
}

// behind tells whether a trace comes after a cursor, and so has not been shown.
func behind(m *match, c traces.Cursor) bool {
	if c.IsZero() {
		return true
	}
	if c.TraceID == (traces.TraceID{}) {
		return m.trace.Newest.Start.Before(c.Start)
	}
	return newestFirst(&match{trace: Trace{ID: c.TraceID, Newest: Span{Start: c.Start}}}, m) < 0
}

// settled counts the traces before which nothing can be found any more.
func settled(found []*match, position time.Time) (n int) {
	for _, m := range found {
		if m.trace.Newest.Start.After(position) {
			n++
		}
	}
	return n
}

// until is the end of what candidates are looked for in. A trace whose newest matching span lies behind the cursor is found by that span.
func (w *walk) until() time.Time {
	c := w.req.Cursor
	if c.IsZero() {
		return w.req.To
	}
	if c.TraceID != (traces.TraceID{}) {
		c.Start = c.Start.Add(1) // spans that start with the cursor's too
	}
	if c.Start.Before(w.req.To) {
		return c.Start
	}
	return w.req.To
}

// page cuts what was found, newest first, where the next page is to go on, if there may be one. A search that met a limit keeps what
// nothing can come before; the rest is found again.
func (w *walk) page(found []*match) ([]*match, traces.Cursor) {
	cut := w.outcome.Reason == traces.ReasonTimeLimit || w.outcome.Reason == traces.ReasonRowLimit
	if cut {
		found = found[:settled(found, w.position)]
	}
	switch {
	case len(found) >= w.req.Limit && (len(found) > w.req.Limit || cut || w.stopped):
		found = found[:w.req.Limit]
		last := found[len(found)-1].trace
		return found, traces.Cursor{Start: last.Newest.Start, TraceID: last.ID}
	case !cut:
		return found, traces.Cursor{}
	case w.position.IsZero():
		return found, traces.Cursor{Start: w.outcome.SearchedFrom}
	}
	return found, traces.Cursor{Start: w.position.Add(1)} // those that start then too may be missing
}
