package traces

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/sightline/sightline/storage/conn"
)

var (
	//go:embed scan_sample.sql
	countMatchesSQL string
	//go:embed scan_oldest.sql
	oldestMatchSQL string
)

// sampleShare of the time limit is what finding out where a sample ends may take: reading it is the rest.
const sampleShare = 0.4

// sample finds the newest spans of a scan, size of them or as many as there are, and gives the conditions that they and no others
// fulfil. A scan that finds more ends with ReasonRowLimit. found is false where there are none.
func (s *scan) sample(ctx context.Context, size uint64) (p piece, found bool, err error) {
	end := s.deadline
	s.deadline = s.began.Add(time.Duration(sampleShare * float64(end.Sub(s.began))))
	total := uint64(0)
	err = s.each(ctx, func(ctx context.Context, p piece) (bool, error) {
		n, err := counted[uint64](ctx, s, conn.Query{SQL: when(countMatchesSQL, p.where), Params: p.params, Timeout: p.left})
		total += n
		return total > size, err
	})
	s.deadline = end
	if err != nil {
		return piece{}, false, fmt.Errorf("count spans: %w", err)
	}
	if len(s.ranges) == 0 {
		return piece{}, false, nil
	}
	if len(s.ranges) > maxRanges { // newest first
		s.ranges = []Range{{s.ranges[len(s.ranges)-1].From, s.ranges[0].To}}
	}
	if total > size {
		whole := s.piece(s.ranges, s.open, time.Until(s.deadline))
		params := append(whole.params, conn.Uint("skip", size-1))
		oldest, err := counted[int64](ctx, s, conn.Query{SQL: when(oldestMatchSQL, whole.where), Params: params, Timeout: whole.left})
		if err != nil {
			return piece{}, false, fmt.Errorf("find oldest span of sample: %w", err)
		}
		at := unixTime(oldest)
		for i := len(s.ranges) - 1; i > 0 && !s.ranges[i].To.After(at); i-- {
			s.ranges = s.ranges[:i]
		}
		s.ranges[len(s.ranges)-1].From = at
		s.done.Complete, s.done.Reason, s.done.SearchedFrom = false, ReasonRowLimit, at
	}
	return s.piece(s.ranges, s.open, max(time.Until(s.deadline), time.Millisecond)), total > 0, nil
}

// counted runs a query of one value and counts what it read.
func counted[T any](ctx context.Context, s *scan, q conn.Query) (T, error) {
	var stats conn.Stats
	q.Stats = &stats
	v, err := conn.One[T](ctx, s.reader.db, q)
	s.done.RowsRead += stats.Rows
	return v, err
}

// rowsOf is counted for rows.
func rowsOf[T any](ctx context.Context, s *scan, q conn.Query) ([]T, error) {
	var stats conn.Stats
	q.Stats = &stats
	rows, err := conn.All[T](ctx, s.reader.db, q)
	s.done.RowsRead += stats.Rows
	return rows, err
}
