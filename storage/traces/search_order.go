package traces

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sightline/sightline/storage/conn"
)

var (
	//go:embed search_longest.sql
	longestSQL string
	//go:embed search_most.sql
	mostSQL string
)

// Order is which traces of a range come first.
type Order uint8

const (
	OrderNewest   Order = iota // by their newest span that matches
	OrderDuration              // longest: those with the longest spans that match, by the trace's duration
	OrderErrors                // most spans whose class is not ok
	OrderSpans                 // most spans
)

// rank fills found with the traces that come first in the search's order. Such a search has one page.
func (s *search) rank(ctx context.Context) error {
	if s.q.Order == OrderDuration {
		if err := s.slices(ctx, func(ranges []Range, left time.Duration) error { return s.longest(ctx, ranges, left) }); err != nil {
			return err
		}
	} else if err := s.most(ctx); err != nil {
		return err
	}
	s.page.SearchedFrom = s.to
	if s.page.Complete = s.page.Reason == ""; s.page.Complete {
		s.page.SearchedFrom = s.q.Range.From
	}
	return nil
}

// longest merges the longest matching spans of a slice into found, one per trace.
func (s *search) longest(ctx context.Context, ranges []Range, left time.Duration) error {
	if len(ranges) == 0 {
		return nil
	}
	for limit := rowsPerTrace * s.q.Limit; ; limit *= rowsPerTrace {
		rows, err := s.rows(ctx, longestSQL, limit, ranges, left)
		if err != nil {
			return err
		}
		again, err := s.findSuperseded(ctx, rows)
		if err != nil {
			return err
		}
		if again {
			limit /= rowsPerTrace
			continue
		}
		all := len(rows) < limit
		found := slices.Concat(s.found, rows)
		slices.SortStableFunc(found, func(a, b candidate) int {
			return cmp.Or(cmp.Compare(b.Duration, a.Duration), cmp.Compare(b.Start, a.Start), cmp.Compare(string(b.TraceID[:]), string(a.TraceID[:])))
		})
		found = firstOfEach(found)
		if len(found) < s.q.Limit && !all { // few traces have all the longest spans
			continue
		}
		s.found = found[:min(len(found), s.q.Limit)]
		return nil
	}
}

// shorter is by how much less of the range is looked at when the time was not enough.
const shorter = 8

// most fills found with the traces that have the most spans, or failed ones. A trace counts with all that it has in the range, so the range is
// looked at in one go: whole, or as much of its newest part as there is time for.
func (s *search) most(ctx context.Context) error {
	deadline := s.began.Add(s.q.TimeLimit)
	if limit := s.reader.now().Add(24 * time.Hour); limit.Before(s.to) { // nothing starts much later than now
		s.to = limit
	}
	for in := (Range{s.q.Range.From, s.to}); in.From.Before(in.To); {
		left := time.Until(deadline)
		if left < s.q.TimeLimit/shorter/shorter {
			s.page.Reason = ReasonTimeLimit
			return nil
		}
		best, err := s.ranked(ctx, in, left/2)
		if err == nil {
			if len(best) > 0 {
				err = s.matches(ctx, in, best)
			}
			s.to = in.From
			return err
		}
		if !errors.Is(err, errSliceTime) {
			return err
		}
		s.page.Reason = ReasonTimeLimit
		in.From = in.To.Add(-in.To.Sub(in.From) / shorter)
	}
	return nil
}

// ranked gives the traces with the most, most first, among those that have a span that matches.
func (s *search) ranked(ctx context.Context, in Range, left time.Duration) (best [][16]byte, err error) {
	bounds := "AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')}"
	conditions, params := bounds, append(in.params(s.q.Project), conn.Uint("limit", uint64(s.q.Limit)))
	if s.q.Order == OrderErrors {
		conditions += "\n    AND class != 0"
	}
	if s.condition != "" {
		conditions += "\n    AND trace_id IN (SELECT trace_id FROM spans PREWHERE project = {project:String} " + bounds + s.condition + ")"
		params = append(params, s.params...)
	}
	var stats conn.Stats
	best, err = conn.All[[16]byte](ctx, s.reader.db, conn.Query{SQL: when(mostSQL, conditions), Params: params, Timeout: left, Stats: &stats})
	s.page.RowsRead += stats.Rows
	if OutOfTime(ctx, err) {
		return nil, errSliceTime
	}
	return best, err
}

// matches fills found with the newest matching span of each of the traces.
func (s *search) matches(ctx context.Context, in Range, ids [][16]byte) error {
	condition, params := s.condition, s.params
	s.condition += "\n    AND trace_id IN {ranked:Array(FixedString(16))}"
	s.params = append(slices.Clone(s.params), fixedArray("ranked", ids))
	defer func() { s.condition, s.params = condition, params }()
	for again := true; again; {
		rows, err := s.rows(ctx, candidatesSQL, len(ids), []Range{in}, s.q.TimeLimit)
		if err != nil {
			return fmt.Errorf("read the matching spans of ranked traces: %w", err)
		}
		if again, err = s.findSuperseded(ctx, rows); err != nil {
			return err
		}
		s.found = rows
	}
	return nil
}

// arrange puts the page's traces into the search's order, by the figures that it shows.
func (s *search) arrange() {
	var figure func(*Summary) int64
	switch s.q.Order {
	case OrderDuration:
		figure = func(t *Summary) int64 { return int64(t.Duration) }
	case OrderErrors:
		figure = func(t *Summary) int64 { return int64(t.Errors) }
	case OrderSpans:
		figure = func(t *Summary) int64 { return int64(t.Spans) }
	default:
		return
	}
	slices.SortStableFunc(s.page.Traces, func(a, b Summary) int {
		return cmp.Or(cmp.Compare(figure(&b), figure(&a)), b.Start.Compare(a.Start), cmp.Compare(string(b.TraceID[:]), string(a.TraceID[:])))
	})
}
