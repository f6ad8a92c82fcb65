package logs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
)

// SearchQuery asks for the records of a range that a filter matches, newest first.
type SearchQuery struct {
	Project   string
	Range     Range
	Filter    filter.Expr   // of ParseRecord's; nil: everything
	Limit     int           // 0: 100
	Cursor    Cursor        // zero: from the newest
	BodyLimit int           // bytes of bodies; 0: they are whole
	TimeLimit time.Duration // 0: 5 s
	RowLimit  uint64        // 0: a billion
}

// Defaults and bounds of a search.
const (
	defaultLimit     = 100
	maxLimit         = 5000
	defaultTimeLimit = 5 * time.Second
	defaultRowLimit  = 1_000_000_000
)

// Cursor is where a search goes on: behind this record. Without a batch: behind everything of that time or later.
type Cursor ID

// IsZero reports whether the search is at its beginning.
func (c Cursor) IsZero() bool { return ID(c).IsZero() }

// Why a search ended before it had what was asked for.
const (
	ReasonTimeLimit = "time_limit"
	ReasonRowLimit  = "row_limit"
)

// Page is what a search found.
type Page struct {
	Records      []Record
	Next         Cursor    // zero: there is no more
	Complete     bool      // nothing was left out: the limit is full, or the range is searched to its beginning
	Reason       string    // why not
	SearchedFrom time.Time // everything from here on has been looked at
	RowsRead     uint64
	Elapsed      time.Duration
}

// The slices of time that a search reads, the newest first: one query each, so that it can say how far it came.
const (
	firstSlice   = 5 * time.Minute
	firstIndexed = 3 * time.Hour // of a search by an index, which costs by what matches rather than by what is there
	sliceGrowth  = 15            // how much longer a slice may be than all before it together
	timeShare    = 0.5           // of what is left of the time limit that the next slice is expected to take at most
	minSlice     = time.Second
)

// search is one search under way.
type search struct {
	reader    *Reader
	q         SearchQuery
	condition string
	params    []conn.Param
	indexed   bool
	to        time.Time // what is left of the range: [q.Range.From, to)
	deadline  time.Time
	page      Page
}

// Search looks through slices of time, the newest first, each longer than the one before, until it has the limit, the range is
// through, or a limit of time or rows is reached; the page says which.
func (r *Reader) Search(ctx context.Context, q SearchQuery) (Page, error) {
	began := time.Now()
	s, err := r.newSearch(q)
	if err == nil {
		err = s.run(ctx)
	}
	if err != nil {
		return Page{}, fmt.Errorf("search records: %w", err)
	}
	s.page.Elapsed = time.Since(began)
	return s.page, nil
}

func (r *Reader) newSearch(q SearchQuery) (*search, error) {
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	q.Limit = min(q.Limit, maxLimit)
	if q.TimeLimit <= 0 {
		q.TimeLimit = defaultTimeLimit
	}
	if q.RowLimit == 0 {
		q.RowLimit = defaultRowLimit
	}
	if q.BodyLimit <= 0 {
		q.BodyLimit = anyBody
	}
	p := newPrinter()
	condition, err := p.Condition(q.Filter)
	if err != nil {
		return nil, err
	}
	s := &search{reader: r, q: q, to: q.Range.To, indexed: indexed(q.Filter), deadline: time.Now().Add(q.TimeLimit)}
	if condition != "" {
		s.condition = "\n    AND " + condition
	}
	s.params = append([]conn.Param{conn.Str("project", q.Project)}, p.Params...)
	if !q.Cursor.IsZero() {
		to := q.Cursor.Time
		if q.Cursor.Batch != (ID{}).Batch {
			to = to.Add(1) // records of the cursor's time too
			s.condition = "\n    AND (time < {cursor:DateTime64(9, 'UTC')} OR (batch, seq) < ({cursor_batch:UInt128}, {cursor_seq:UInt32}))" + s.condition
			s.params = append(s.params, conn.Time("cursor", q.Cursor.Time), conn.Str("cursor_batch", q.Cursor.Batch.String()), conn.Uint("cursor_seq", q.Cursor.Seq))
		}
		s.to = earlier(s.to, to)
	}
	s.to = earlier(s.to, r.now().Add(24*time.Hour)) // nothing is much later than now, clocks being what they are
	return s, nil
}

func (s *search) run(ctx context.Context) error {
	width, searched := firstSlice, time.Duration(0)
	if s.indexed {
		width = firstIndexed
	}
	for s.to.After(s.q.Range.From) && len(s.page.Records) < s.q.Limit {
		left := time.Until(s.deadline)
		if s.page.RowsRead >= s.q.RowLimit {
			s.page.Reason = ReasonRowLimit
			break
		}
		if left <= 0 {
			s.page.Reason = ReasonTimeLimit
			break
		}
		slice := Range{later(s.q.Range.From, s.to.Add(-width)), s.to}
		began := time.Now()
		err := s.look(ctx, slice, left)
		if outOfTime(ctx, err) {
			s.page.Reason = ReasonTimeLimit
			break
		}
		if err != nil {
			return err
		}
		searched += slice.To.Sub(slice.From)
		s.to = slice.From
		width = s.next(searched, slice.To.Sub(slice.From), time.Since(began))
	}
	s.finish()
	return nil
}

// look reads a slice.
func (s *search) look(ctx context.Context, slice Range, left time.Duration) error {
	stats := conn.Stats{}
	params := append(s.params[:len(s.params):len(s.params)], conn.Time("from", slice.From), conn.Time("to", slice.To))
	conditions := "AND time >= {from:DateTime64(9, 'UTC')} AND time < {to:DateTime64(9, 'UTC')}" + s.condition
	found, err := s.reader.read(ctx, conditions, newestFirst, params, s.q.Limit-len(s.page.Records), s.q.BodyLimit, conn.Query{Timeout: left, Stats: &stats})
	if err != nil {
		return err
	}
	s.page.Records = append(s.page.Records, found...)
	s.page.RowsRead += stats.Rows
	return nil
}

// next is the width of the next slice.
func (s *search) next(searched, width, took time.Duration) time.Duration {
	rest := float64(s.to.Sub(s.q.Range.From)) // in floats, since a range may be of decades
	next := min(rest, float64(searched)*sliceGrowth)
	if s.indexed {
		next = rest
	}
	if n := len(s.page.Records); n > 0 { // at this rate the limit is reached within so much
		missing := float64(s.q.Limit-n) / float64(n)
		next = min(next, 2*missing*float64(searched)+float64(firstSlice))
	}
	if took > 0 {
		next = min(next, float64(width)*timeShare*float64(time.Until(s.deadline))/float64(took))
	}
	return max(time.Duration(next), minSlice)
}

// finish says where the search ended.
func (s *search) finish() {
	p := &s.page
	p.SearchedFrom = later(s.to, s.q.Range.From)
	switch {
	case len(p.Records) >= s.q.Limit:
		last := p.Records[len(p.Records)-1].ID
		p.Complete, p.SearchedFrom, p.Next = true, last.Time, Cursor(last)
	case p.Reason != "":
		p.Next = Cursor{Time: s.to}
	default:
		p.Complete, p.SearchedFrom = true, s.q.Range.From
	}
}

// outOfTime tells that a statement's own time was up, not its caller's.
func outOfTime(ctx context.Context, err error) bool {
	return err != nil && ctx.Err() == nil && (conn.Code(err) == conn.CodeTimeout || errors.Is(err, conn.ErrTimeout) || errors.Is(err, context.DeadlineExceeded))
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
