package traceql

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
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

// walk decides on traces, one after the other.
type walk struct {
	engine  *Engine
	req     Request
	plan    *plan
	outcome traces.Outcome
	reason  string
	traces  int
	spans   int
	// position is where the candidates have come to: what may be found yet is no newer. Zero: nowhere.
	position time.Time
	stopped  bool // before the candidates were through
	deadline time.Time
}

// left is how long reading may take; an error where the time is over, which storage takes for the end of its own.
func (w *walk) left() (time.Duration, error) {
	left := time.Until(w.deadline)
	if left <= 0 {
		return 0, context.DeadlineExceeded
	}
	return left, nil
}

func (w *walk) inRange(s *traces.Span) bool {
	return !s.Start.Before(w.req.From) && s.Start.Before(w.req.To)
}

// each calls f for every trace that the plan leaves span sets of, and then, where position has moved, until one says that these are
// enough.
func (w *walk) each(ctx context.Context, batch int, f func(x *run, sets []set) (enough bool), moved func() (enough bool)) (err error) {
	patterns := map[string]*regexp.Regexp{}
	chunk := skeletonChunk
	if w.plan.whole {
		chunk = wholeChunk
	}
	q := traces.CandidateQuery{Also: w.plan.also, Relatives: w.plan.kin, Least: w.plan.least, Batch: min(batch, chunk)}
	q.SpanSet = traces.SpanSet{Project: w.req.Project, Range: traces.Range{From: w.req.From, To: w.until()}, Filter: w.plan.from, TimeLimit: w.req.TimeLimit}
	sieve := &sieve{plan: w.plan, stages: w.plan.bareStages()}
	q.Sifted = len(sieve.stages) > 0
	decide := func(ctx context.Context, part []traces.Candidate) (bool, error) {
		for part := range slices.Chunk(part, chunk) {
			skeletons, err := w.read(ctx, part)
			if err != nil {
				return false, err
			}
			for i := range skeletons {
				k := &skeletons[i]
				if len(k.Spans) == 0 {
					continue
				}
				if _, err := w.left(); err != nil {
					return false, err
				}
				w.traces++
				w.spans += len(k.Spans)
				x := w.plan.on(k, patterns)
				rows := make([]int32, len(x.timeline.Rows))
				for i := range rows {
					rows[i] = int32(i)
				}
				if sets := x.pipeline(w.plan.stages, set{rows: rows}); len(sets) > 0 && f(x, sets) {
					return true, nil
				}
			}
			if w.position = part[len(part)-1].Newest; moved() {
				w.stopped = true
				return true, nil
			}
		}
		return false, nil
	}
	w.outcome, err = w.engine.store.Candidates(ctx, q, func(ctx context.Context, all []traces.Candidate) (bool, error) {
		for len(all) >= w.engine.bareLeast && sieve.useful() {
			part := all[:min(len(all), sieve.portion())]
			kept, err := w.sift(ctx, sieve, part)
			if err != nil {
				return false, err
			}
			if enough, err := decide(ctx, kept); enough || err != nil {
				return enough, err
			}
			if w.position = part[len(part)-1].Newest; moved() {
				w.stopped = true
				return true, nil
			}
			all = all[len(part):]
		}
		return decide(ctx, all)
	})
	w.reason = cmp.Or(w.reason, w.outcome.Reason)
	return err
}

// sift leaves out candidates that bare spans rule out.
func (w *walk) sift(ctx context.Context, v *sieve, part []traces.Candidate) (kept []traces.Candidate, err error) {
	if len(part) < w.engine.bareLeast {
		return part, nil
	}
	q := traces.SkeletonQuery{Project: w.req.Project, Traces: part, Atoms: w.plan.atoms, Limit: bareChunkSpans, Bare: true}
	if q.Timeout, err = w.left(); err != nil {
		return nil, err
	}
	all, err := w.engine.store.Skeletons(ctx, q)
	if err != nil {
		return nil, err
	}
	n := 0
	for i := range all {
		n += len(all[i].Bare)
	}
	if n >= q.Limit { // spans are missing
		newer, err := w.sift(ctx, v, part[:len(part)/2])
		if err != nil {
			return nil, err
		}
		older, err := w.sift(ctx, v, part[len(part)/2:])
		return append(slices.Clip(newer), older...), err
	}
	for i := range all {
		v.in++
		if v.keeps(all[i].Bare) {
			v.kept++
			kept = append(kept, part[i])
			continue
		}
		w.traces++
		w.spans += len(all[i].Bare)
	}
	return kept, nil
}

// onward never has enough.
func onward() bool { return false }

// read gives candidates' traces; what is too much at once is read in halves.
func (w *walk) read(ctx context.Context, part []traces.Candidate) ([]traces.Skeleton, error) {
	q := traces.SkeletonQuery{Project: w.req.Project, Traces: part, Atoms: w.plan.atoms, Limit: skeletonChunkSpans}
	read := w.engine.store.Skeletons
	if w.plan.whole {
		q.Limit, read = wholeChunkSpans, w.engine.store.WholeTraces
	}
	if len(part) == 1 {
		q.Limit *= 10
	}
	var err error
	if q.Timeout, err = w.left(); err != nil {
		return nil, err
	}
	all, err := read(ctx, q)
	if err != nil {
		return nil, err
	}
	n := 0
	for i := range all {
		n += len(all[i].Spans)
	}
	if n < q.Limit {
		return all, nil
	}
	if len(part) == 1 {
		w.reason = traces.ReasonRowLimit // decided on what was read
		return all, nil
	}
	left, err := w.read(ctx, part[:len(part)/2])
	if err != nil {
		return nil, err
	}
	right, err := w.read(ctx, part[len(part)/2:])
	return append(left, right...), err
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
