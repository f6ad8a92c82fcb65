package traces

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/conn"
)

var (
	//go:embed search_any.sql
	anySQL string
	//go:embed search_newest.sql
	newestSQL string
	//go:embed search_candidates.sql
	candidatesSQL string
	//go:embed search_earlier.sql
	earlierSQL string
	//go:embed search_superseded.sql
	supersededSQL string
)

// when puts conditions into a statement that has a place for them.
func when(sql, conditions string) string { return strings.Replace(sql, "/* when */", conditions, 1) }

// within is the condition that a span starts in one of the ranges, with its parameters.
func within(ranges []Range) (string, []conn.Param) {
	var params []conn.Param
	texts := make([]string, len(ranges))
	for i, in := range ranges {
		from, to := fmt.Sprintf("from%d", i), fmt.Sprintf("to%d", i)
		texts[i] = fmt.Sprintf("start >= {%s:DateTime64(9, 'UTC')} AND start < {%s:DateTime64(9, 'UTC')}", from, to)
		params = append(params, conn.Time(from, in.From), conn.Time(to, in.To))
	}
	if len(ranges) == 1 {
		return "AND " + texts[0], params
	}
	return "AND (" + strings.Join(texts, "\n    OR ") + ")", params
}

// look adds the traces of a slice, which is given as its parts worth looking at.
func (s *search) look(ctx context.Context, ranges []Range, left time.Duration) error {
	for round := 0; len(ranges) > 0 && len(s.found) < s.q.Limit; round++ {
		rows, rest, err := s.candidates(ctx, ranges, left, round)
		if err != nil {
			return err
		}
		if again, err := s.findSuperseded(ctx, rows); err != nil {
			return err
		} else if again {
			continue
		}
		shown, err := s.shownEarlier(ctx, rows)
		if err != nil {
			return err
		}
		for _, row := range rows {
			s.seen = append(s.seen, row.TraceID)
			if !shown[row.TraceID] {
				s.found = append(s.found, row)
			}
		}
		ranges = before(ranges, rest)
	}
	return nil
}

// before is what of the ranges lies before t.
func before(ranges []Range, t time.Time) []Range {
	var cut []Range
	for _, in := range ranges {
		if t.Before(in.To) {
			in.To = t
		}
		if in.From.Before(in.To) {
			cut = append(cut, in)
		}
	}
	return cut
}

const (
	// rowsPerTrace is how many of the newest rows are read for each trace that is missing.
	rowsPerTrace = 12
	// roundsOfRows is how often that is done; after it a few traces have most of the matches, and the engine takes one row a trace.
	roundsOfRows = 3
	// rareRows is how many rows a search by an index may find for them to be sorted here.
	rareRows = 1000
)

// candidates gives the newest matching span of traces that are not seen yet, newest first; rest is where to go on: whatever starts
// then or later is among them or seen.
func (s *search) candidates(ctx context.Context, ranges []Range, left time.Duration, round int) (rows []candidate, rest time.Time, err error) {
	missing := s.q.Limit - len(s.found)
	if s.indexed && round == 0 {
		if rows, err = s.rows(ctx, anySQL, rareRows, ranges, left); err != nil || len(rows) < rareRows {
			return onePerTrace(rows), time.Time{}, err
		}
	}
	sql, limit := newestSQL, rowsPerTrace*missing
	if round >= roundsOfRows {
		sql, limit = candidatesSQL, missing
	}
	if rows, err = s.rows(ctx, sql, limit, ranges, left); err != nil || len(rows) < limit {
		return onePerTrace(rows), time.Time{}, err
	}
	last := rows[len(rows)-1].Start
	if round < roundsOfRows { // more rows may start with the last one
		rows = slices.DeleteFunc(rows, func(c candidate) bool { return c.Start == last })
	}
	return onePerTrace(rows), unixTime(last).Add(1), nil
}

// onePerTrace keeps the newest row of each trace, newest first, of one start the larger trace id.
func onePerTrace(rows []candidate) []candidate {
	slices.SortStableFunc(rows, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.Start, a.Start), cmp.Compare(string(b.TraceID[:]), string(a.TraceID[:])))
	})
	return firstOfEach(rows)
}

// firstOfEach keeps the first row of each trace.
func firstOfEach(rows []candidate) []candidate {
	met := make(map[[16]byte]bool, len(rows))
	return slices.DeleteFunc(rows, func(c candidate) bool {
		again := met[c.TraceID]
		met[c.TraceID] = true
		return again
	})
}

// rows reads matching spans that are not seen yet.
func (s *search) rows(ctx context.Context, sql string, limit int, ranges []Range, left time.Duration) ([]candidate, error) {
	conditions, params := within(ranges)
	params = append(params, conn.Str("project", s.q.Project), conn.Uint("limit", uint64(limit)))
	if s.cursor.TraceID != (TraceID{}) {
		conditions += "\n    AND (start, trace_id) < ({cursor_start:DateTime64(9, 'UTC')}, {cursor_trace:FixedString(16)})"
		params = append(params, conn.Time("cursor_start", s.cursor.Start), fixed("cursor_trace", s.cursor.TraceID))
	}
	conditions += s.condition
	params = append(params, s.params...)
	if len(s.seen) > 0 {
		conditions += "\n    AND trace_id NOT IN {seen:Array(FixedString(16))}"
		params = append(params, fixedArray("seen", s.seen))
	}
	if len(s.superseded) > 0 {
		conditions += "\n    AND NOT (state = 1 AND span_id IN {superseded:Array(UInt64)})"
		params = append(params, conn.Uints("superseded", s.superseded))
	}
	var stats conn.Stats
	rows, err := conn.All[candidate](ctx, s.reader.db, conn.Query{SQL: when(sql, conditions), Params: params, Timeout: left, Stats: &stats})
	s.page.RowsRead += stats.Rows
	if OutOfTime(ctx, err) {
		return nil, errSliceTime
	}
	return rows, err
}

// findSuperseded notes the spans in progress among the rows whose complete row is stored, and reports whether there are any: then
// the rows are not to be used.
func (s *search) findSuperseded(ctx context.Context, rows []candidate) (bool, error) {
	rows = slices.DeleteFunc(slices.Clone(rows), func(c candidate) bool { return State(c.State) != StateInProgress })
	if len(rows) == 0 {
		return false, nil
	}
	open := map[[16]byte]uint64{}
	var ids [][16]byte
	var spans []uint64
	in := Range{unixTime(rows[0].Start), unixTime(rows[0].Start)}
	for _, row := range rows {
		open[row.TraceID] = row.SpanID
		ids, spans = append(ids, row.TraceID), append(spans, row.SpanID)
		in = in.union(Range{unixTime(row.Start), unixTime(row.Start)})
	}
	type row struct {
		TraceID [16]byte `ch:"trace_id"`
		SpanID  uint64   `ch:"span_id"`
	}
	params := append(in.widen(time.Hour).params(s.q.Project), fixedArray("ids", ids), conn.Uints("spans", spans))
	complete, err := conn.All[row](ctx, s.reader.db, conn.Query{SQL: supersededSQL, Params: params})
	if err != nil {
		return false, fmt.Errorf("look for complete spans: %w", err)
	}
	before := len(s.superseded)
	for _, row := range complete {
		if open[row.TraceID] == row.SpanID {
			s.superseded = append(s.superseded, row.SpanID)
		}
	}
	return len(s.superseded) > before, nil
}

// shownEarlier tells the traces that an earlier page has: they match before the cursor too.
func (s *search) shownEarlier(ctx context.Context, rows []candidate) (map[[16]byte]bool, error) {
	if s.q.Cursor.IsZero() || len(rows) == 0 {
		return nil, nil
	}
	ids := make([][16]byte, len(rows))
	for i, row := range rows {
		ids[i] = row.TraceID
	}
	index, err := s.reader.index(ctx, s.q.Project, ids)
	if err != nil {
		return nil, err
	}
	before := Range{s.q.Cursor.Start, s.q.Cursor.Start}
	var late [][16]byte
	for id, entry := range index {
		if !entry.bounds.To.Before(before.From) {
			late = append(late, id)
			before = before.union(entry.bounds)
		}
	}
	if len(late) == 0 {
		return nil, nil
	}
	slices.SortFunc(late, func(a, b [16]byte) int { return cmp.Compare(string(a[:]), string(b[:])) })
	before = Range{s.q.Cursor.Start, before.To.Add(1)} // ends are exclusive
	if s.q.Range.To.Before(before.To) {
		before.To = s.q.Range.To
	}
	conditions, params := within([]Range{before})
	params = append(params, conn.Str("project", s.q.Project), fixedArray("ids", late))
	if s.cursor.TraceID != (TraceID{}) {
		conditions += "\n    AND (start, trace_id) >= ({cursor_start:DateTime64(9, 'UTC')}, {cursor_trace:FixedString(16)})"
		params = append(params, conn.Time("cursor_start", s.cursor.Start), fixed("cursor_trace", s.cursor.TraceID))
	}
	params = append(params, s.params...)
	shown := map[[16]byte]bool{}
	for id, err := range conn.Rows[[16]byte](ctx, s.reader.db, conn.Query{SQL: when(earlierSQL, conditions+s.condition), Params: params}) {
		if err != nil {
			return nil, fmt.Errorf("look for traces of earlier pages: %w", err)
		}
		shown[id] = true
	}
	return shown, nil
}
