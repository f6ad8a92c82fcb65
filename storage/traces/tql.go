package traces

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
)

//go:embed tql_candidates.sql
var tqlCandidatesSQL string

// CandidateQuery asks for the traces that may answer a question: those that have a span of the set, and for each of Also a span that
// fulfils it and starts within an hour of the set's range. All but the set narrows where that is worth it, so that not all that are given
// fulfil it.
type CandidateQuery struct {
	SpanSet
	Also      []filter.Expr
	Relatives []Relative // of the span of the set, each, starting within that hour too
	Least     int        // how many spans of the set a trace has at least
	Sifted    bool       // who gets them rules traces out at little cost, so that in a short slice nothing else need do it
	Batch     int        // traces to give at first, about; 0: 100. Each batch is larger than the one before
}

// Candidate is a trace and the start of its newest span of the set, as far as is known.
type Candidate struct {
	TraceID TraceID
	Newest  time.Time
}

const (
	// batchGrowth is how much larger a batch is than the one before, and maxBatchRows how many spans it is made of at most.
	batchGrowth  = 4
	maxBatchRows = 200_000
)

// Candidates gives traces, the newest first and each once, to a function until it says that these are enough, the range is through or a
// limit is reached.
func (r *Reader) Candidates(ctx context.Context, q CandidateQuery, each func(context.Context, []Candidate) (enough bool, err error)) (Outcome, error) {
	s, err := r.newScan(q.SpanSet, "")
	if err != nil {
		return Outcome{}, fmt.Errorf("find candidates: %w", err)
	}
	c := &candidates{scan: s, each: each, q: q, seen: map[TraceID]bool{}, limit: 4 * max(q.Batch, 100/4)}
	if q.Batch == 0 {
		c.limit = 4 * 100
	}
	if err := s.each(ctx, c.slice); err != nil {
		return Outcome{}, fmt.Errorf("find candidates: %w", err)
	}
	if s.done.Reason == "" && c.reason != "" {
		s.done.Reason, s.done.Complete = c.reason, false
	}
	return s.done, nil
}

type candidates struct {
	*scan
	each   func(context.Context, []Candidate) (bool, error)
	q      CandidateQuery
	seen   map[TraceID]bool
	limit  int // rows of the next batch
	rounds int
	reason string
}

// slice gives the candidates of a slice.
func (c *candidates) slice(ctx context.Context, p piece) (bool, error) {
	type row struct {
		TraceID [16]byte `ch:"trace_id"`
		Start   int64    `ch:"start_ns"`
	}
	rest, last := "", time.Time{}
	for {
		params := slices.Clone(p.params)
		if !last.IsZero() {
			rest = "\n    AND start <= {last:DateTime64(9, 'UTC')}"
			params = append(params, conn.Time("last", last))
		}
		left := time.Until(c.deadline)
		if left <= 0 {
			return false, context.DeadlineExceeded
		}
		where := p.where + rest
		if c.rounds > 0 && (!c.q.Sifted || p.in.To.Sub(p.in.From) > alsoMargin/4) { // the first few are read faster than what rules them out
			also, more, err := c.others(p.in)
			if err != nil {
				return false, err
			}
			where, params = where+also, append(params, more...)
		}
		params = append(params, conn.Uint("limit", uint64(c.limit)))
		rows, err := rowsOf[row](ctx, c.scan, conn.Query{SQL: when(tqlCandidatesSQL, where), Params: params, Timeout: left})
		if err != nil {
			return false, err
		}
		var batch []Candidate
		for _, row := range rows {
			if !c.seen[row.TraceID] {
				c.seen[row.TraceID] = true
				batch = append(batch, Candidate{row.TraceID, unixTime(row.Start)})
			}
		}
		full := len(rows) >= c.limit
		c.rounds++
		if c.limit < maxBatchRows || full && rows[0].Start == rows[len(rows)-1].Start {
			c.limit *= batchGrowth
			if c.rounds > 1 && c.limit < maxBatchRows { // finding the other spans costs as much for a few
				c.limit = min(c.limit*batchGrowth, maxBatchRows)
			}
		}
		for len(batch) > 0 {
			n := min(len(batch), maxBatchTraces)
			if enough, err := c.each(ctx, batch[:n]); enough || err != nil {
				return true, err
			}
			batch = batch[n:]
		}
		switch {
		case !full:
			return false, nil
		case c.done.RowsRead >= c.set.RowLimit:
			c.reason = ReasonRowLimit
			return true, nil
		}
		last = unixTime(rows[len(rows)-1].Start)
	}
}

// maxBatchTraces is how many traces are given at once.
const maxBatchTraces = 20_000
