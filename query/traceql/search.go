package traceql

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sightline/sightline/storage/traces"
)

const (
	defaultLimit       = 20
	defaultSpansPerSet = 3
	// chunk is how many traces are read at once, of skeletons and of whole ones, and chunkSpans how many spans they may have together.
	skeletonChunk, wholeChunk           = 2000, 200
	skeletonChunkSpans, wholeChunkSpans = 100_000, 20_000
	// So many of bare ones, which need a tenth of the time and of the memory, and how few are not worth another statement. bareTrial traces
	// are looked at before it is asked whether that rules enough of them out.
	bareChunk, bareChunkSpans = 20_000, 1_000_000
	bareLeast, bareTrial      = 500, 2000

	defaultTimeLimit = 5 * time.Second
	// afterLimit is what reading the attributes that an answer shows may take when the time is over.
	afterLimit = 300 * time.Millisecond
)

// Search finds traces: those that the query leaves span sets of, with a span that starts in the range. Structure is decided on traces as a
// whole, also on what lies outside of the range.
func (e *Engine) Search(ctx context.Context, req Request) (*Result, error) {
	began := time.Now()
	if req.Query.IsMetrics() {
		return nil, &Error{0, "this query makes series; a search has no rate() or other metrics function"}
	}
	req.Limit = cmp.Or(max(req.Limit, 0), defaultLimit)
	req.SpansPerSet = cmp.Or(max(req.SpansPerSet, 0), defaultSpansPerSet)
	req.TimeLimit = cmp.Or(req.TimeLimit, defaultTimeLimit)
	w := &walk{engine: e, req: req, plan: newPlan(req.Query.Stages, req.Place, false), deadline: began.Add(req.TimeLimit)}
	out := &Result{}
	var found []*match
	err := w.each(ctx, max(req.Limit*4, 40), func(x *run, sets []set) bool {
		if m := w.match(x, sets); m != nil && behind(m, req.Cursor) {
			found = append(found, m)
		}
		return len(found) >= req.Limit && !req.Paged
	}, func() bool { return len(found) >= req.Limit && settled(found, w.position) >= req.Limit })
	if err != nil {
		return nil, fmt.Errorf("search by TraceQL: %w", err)
	}
	slices.SortStableFunc(found, newestFirst)
	if req.Paged {
		found, out.Next = w.page(found)
	}
	if err := w.addAttrs(ctx, found); err != nil {
		return nil, fmt.Errorf("search by TraceQL: %w", err)
	}
	for _, m := range found {
		out.Traces = append(out.Traces, m.trace)
	}
	out.Incomplete, out.InspectedTraces = w.reason, w.traces
	out.InspectedSpans = max(w.outcome.RowsRead, uint64(w.spans))
	out.SearchedFrom = w.outcome.SearchedFrom
	if !out.Next.IsZero() {
		out.SearchedFrom = out.Next.Start
	}
	out.Elapsed = time.Since(began)
	return out, nil
}

// match is a trace that was found.
type match struct{ trace Trace }

// match sums up a trace; nil where no span of the sets starts in the range.
func (w *walk) match(x *run, sets []set) *match {
	rows := x.timeline.Rows
	newest := int32(-1)
	for _, s := range sets {
		for _, row := range s.rows {
			if sp := rows[row].Span; w.inRange(sp) && (newest < 0 || sp.Start.After(rows[newest].Span.Start)) {
				newest = row
			}
		}
	}
	if newest < 0 {
		return nil
	}
	main := rows[x.timeline.Main].Span
	m := &match{trace: Trace{ID: main.TraceID, HasRoot: x.timeline.HasRoot, Start: x.timeline.Start, Duration: x.timeline.Duration, Spans: len(rows),
		Class: main.Class, InProgress: x.timeline.InProgress, Newest: spanOf(rows[newest].Span)}}
	t := &m.trace
	if t.HasRoot {
		t.RootService, t.RootName = main.Service, main.Name
	}
	place := map[string]int{}
	for i := range rows {
		s := rows[i].Span
		at, ok := place[s.Service]
		if !ok {
			at = len(t.Services)
			place[s.Service] = at
			t.Services = append(t.Services, ServiceStats{Service: s.Service})
		}
		t.Services[at].Spans++
		if s.Class != traces.ClassOK {
			t.Services[at].Errors++
			t.Errors++
		}
	}
	slices.SortFunc(t.Services, func(a, b ServiceStats) int {
		return cmp.Or(cmp.Compare(b.Spans, a.Spans), cmp.Compare(a.Service, b.Service))
	})
	places := named(w.req.Query, ofPlace)
	for _, s := range sets {
		out := SpanSet{Matched: len(s.rows), Attrs: s.attrs}
		slices.SortFunc(s.rows, func(a, b int32) int { return rows[a].Span.Start.Compare(rows[b].Span.Start) })
		for _, row := range s.rows[:min(len(s.rows), w.req.SpansPerSet)] {
			shown := spanOf(rows[row].Span)
			for _, a := range places {
				if v := x.first(&Field{a}, row); v.Type != TypeNil {
					shown.Attrs = append(shown.Attrs, Attribute{a.String(), a.Key, v})
				}
			}
			out.Spans = append(out.Spans, shown)
		}
		t.SpanSets = append(t.SpanSets, out)
	}
	return m
}

func spanOf(s *traces.Span) Span {
	return Span{ID: s.SpanID, Start: s.Start, Duration: s.Duration, Name: s.Name, Service: s.Service, Class: s.Class}
}

// addAttrs reads what the query names of the spans that are shown.
func (w *walk) addAttrs(ctx context.Context, found []*match) error {
	attrs := named(w.req.Query, ofSpan)
	if len(attrs) == 0 || len(found) == 0 {
		return nil
	}
	q := traces.SkeletonQuery{Project: w.req.Project}
	for _, m := range found {
		q.Traces = append(q.Traces, traces.Candidate{TraceID: m.trace.ID, Newest: m.trace.Newest.Start})
		for _, s := range m.trace.SpanSets {
			for i := range s.Spans {
				q.Spans = append(q.Spans, s.Spans[i].ID)
			}
		}
	}
	q.Timeout = max(time.Until(w.deadline), afterLimit)
	whole, err := w.engine.store.WholeTraces(ctx, q)
	if traces.OutOfTime(ctx, err) { // the traces are found all the same
		w.reason = traces.ReasonTimeLimit
		return nil
	}
	if err != nil {
		return err
	}
	known := map[traces.TraceID]*eval{}
	rowOf := map[traces.TraceID]map[traces.SpanID]int32{}
	for i := range whole {
		if len(whole[i].Spans) == 0 {
			continue
		}
		x := &eval{trace: newTrace(&whole[i])}
		id := whole[i].TraceID
		known[id], rowOf[id] = x, map[traces.SpanID]int32{}
		for row := range x.timeline.Rows {
			rowOf[id][x.timeline.Rows[row].Span.SpanID] = int32(row)
		}
	}
	for _, m := range found {
		x := known[m.trace.ID]
		for _, s := range m.trace.SpanSets {
			for i := range s.Spans {
				row, ok := rowOf[m.trace.ID][s.Spans[i].ID]
				if !ok {
					continue // it expired meanwhile
				}
				for _, a := range attrs {
					if v := x.first(&Field{a}, row); v.Type != TypeNil {
						s.Spans[i].Attrs = append(s.Spans[i].Attrs, Attribute{a.String(), a.Key, v})
					}
				}
			}
		}
	}
	return nil
}

// ofSpan are the attributes and fields that a whole span tells, but for those that a span of an answer has anyway.
func ofSpan(a Attr) bool {
	switch a.Key {
	case fieldKind, fieldStatus, fieldStatusMessage, fieldEventName, fieldLinkTraceID, fieldLinkSpanID, fieldScopeName, fieldScopeVersion:
		return true
	}
	return a.Scope != Intrinsic
}

// ofPlace are the fields that tell of a span's place in its trace, for which all of the trace's skeleton is needed. Grafana draws a tree
// of the nested sets.
func ofPlace(a Attr) bool {
	switch a.Key {
	case fieldNestedLeft, fieldNestedRight, fieldNestedParent, fieldChildCount, fieldParentID:
		return a.Scope == Intrinsic
	}
	return false
}

// named are the attributes and fields of a kind that a query names, each once.
func named(q *Query, of func(Attr) bool) []Attr {
	var all []Attr
	add := func(a Attr) {
		if of(a) && !a.Parent && !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	var ofExpr func(e Expr)
	ofExpr = func(e Expr) {
		switch e := e.(type) {
		case *Field:
			add(e.Attr)
		case *Unary:
			ofExpr(e.Expr)
		case *Binary:
			ofExpr(e.Left)
			ofExpr(e.Right)
		}
	}
	var walk func(stages []Stage)
	var ofNumber func(n Number)
	ofNumber = func(n Number) {
		switch n := n.(type) {
		case *Aggregate:
			ofExpr(n.Expr)
		case *Calc:
			ofNumber(n.Left)
			ofNumber(n.Right)
		case *Piped:
			walk(n.Stages)
			ofNumber(n.Of)
		}
	}
	walk = func(stages []Stage) {
		for _, stage := range stages {
			switch s := stage.(type) {
			case *Filter:
				ofExpr(s.Expr)
			case *Combine:
				walk([]Stage{s.Left, s.Right})
			case *Wrapped:
				walk(s.Stages)
			case *By:
				for _, e := range s.Exprs {
					ofExpr(e)
				}
			case *Scalar:
				ofNumber(s.Left)
				ofNumber(s.Right)
			case *Select:
				for _, a := range s.Attrs {
					add(a)
				}
			}
		}
	}
	walk(q.Stages)
	return all
}
