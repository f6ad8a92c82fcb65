package traceql

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"time"

	"github.com/sightline/sightline/storage/traces"
)

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
