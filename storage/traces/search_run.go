package traces

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
)

// search is one search under way.
type search struct {
	reader    *Reader
	q         SearchQuery
	condition string
	params    []conn.Param
	indexed   bool // what matches lies in few places, which an index knows
	began     time.Time

	to     time.Time // what is left of the range: [q.Range.From, to)
	cursor Cursor    // what is before it has been shown
	found  []candidate
	page   SearchPage

	seen       [][16]byte // traces of candidates: looked at, whether found or shown earlier
	superseded []uint64   // spans in progress that have a complete row
}

// candidate is a row of search_candidates.sql: the newest matching span of a trace.
type candidate struct {
	TraceID  [16]byte `ch:"trace_id"`
	SpanID   uint64   `ch:"span_id"`
	Start    int64    `ch:"start_ns"`
	Duration uint64   `ch:"duration"`
	Service  string   `ch:"service"`
	Name     string   `ch:"name"`
	Class    uint8    `ch:"class"`
	State    uint8    `ch:"state"`
}

const (
	firstSlice = 5 * time.Minute
	// firstIndexed is the first slice of a search by an index, which costs by what matches rather than by what is there.
	firstIndexed = 3 * time.Hour
	// sliceGrowth is how much longer a slice may be than all before it together. Fewer slices cost less in sum, but each is read
	// in parallel from several places at once, and what lies past the limit is read in vain.
	sliceGrowth = 15
	// timeShare of what is left of the time limit is what the next slice is expected to take at most.
	timeShare = 0.5
	minSlice  = time.Second
)

func (r *Reader) newSearch(q SearchQuery) (*search, error) {
	if q.Limit <= 0 {
		q.Limit = defaultSearchLimit
	}
	q.Limit = min(q.Limit, maxSearchLimit)
	if q.TimeLimit <= 0 {
		q.TimeLimit = defaultTimeLimit
	}
	if q.RowLimit == 0 {
		q.RowLimit = defaultRowLimit
	}
	s := &search{reader: r, q: q, began: time.Now(), to: q.Range.To, indexed: indexed(q.Filter)}
	p := newPrinter("")
	condition, err := p.Condition(q.Filter)
	if err != nil {
		return nil, err
	}
	if condition != "" {
		s.condition = "\n    AND " + condition
	}
	s.params = p.Params
	if !q.Cursor.IsZero() {
		s.cursor = q.Cursor
		to := q.Cursor.Start
		if q.Cursor.TraceID != (TraceID{}) {
			to = to.Add(1) // spans that start with the cursor's too
		}
		if to.Before(s.to) {
			s.to = to
		}
	}
	return s, nil
}

// run fills found with the traces of the newest matching spans.
func (s *search) run(ctx context.Context) error {
	err := s.slices(ctx, func(ranges []Range, left time.Duration) error { return s.look(ctx, ranges, left) })
	s.finish()
	return err
}

// slices looks at one slice of time after the other, the newest first, until there is enough, the range is through, or a limit is
// reached; ranges are a slice's parts where something may match.
func (s *search) slices(ctx context.Context, look func(ranges []Range, left time.Duration) error) error {
	stop := s.reader.now() // nothing starts much later than now, clocks being what they are
	s.page.SearchedFrom = s.to
	if limit := stop.Add(24 * time.Hour); limit.Before(s.to) {
		s.to = limit
	}
	deadline := s.began.Add(s.q.TimeLimit)
	width, searched := firstSlice, time.Duration(0)
	if s.indexed {
		width = firstIndexed
	}
	plan := prunePlan(s.q)
	for s.to.After(s.q.Range.From) && !s.enough() {
		if s.page.RowsRead >= s.q.RowLimit {
			s.page.Reason = ReasonRowLimit
			break
		}
		left := time.Until(deadline)
		if left <= 0 {
			s.page.Reason = ReasonTimeLimit
			break
		}
		slice := Range{s.to.Add(-width), s.to}
		if slice.From.Before(s.q.Range.From) {
			slice.From = s.q.Range.From
		}
		began := time.Now()
		ranges := []Range{slice}
		if searched > 0 && plan.useful() {
			var err error
			if ranges, err = s.reader.prune(ctx, plan, slice); err != nil {
				return err
			}
		}
		err := look(ranges, left)
		if errors.Is(err, errSliceTime) {
			s.page.Reason = ReasonTimeLimit
			break
		}
		if err != nil {
			return err
		}
		s.to, searched = slice.From, searched+slice.To.Sub(slice.From)
		width = s.next(searched, slice.To.Sub(slice.From), time.Since(began), time.Until(deadline))
	}
	return nil
}

// enough reports whether what is older can't matter any more: in every order but newest first it can.
func (s *search) enough() bool { return s.q.Order == OrderNewest && len(s.found) >= s.q.Limit }

// next is the width of the next slice.
func (s *search) next(searched, width, took, left time.Duration) time.Duration {
	next := min(searched, s.to.Sub(s.q.Range.From)/sliceGrowth+1) * sliceGrowth // no more than is left, which may be decades
	if s.indexed {
		next = s.to.Sub(s.q.Range.From)
	}
	if n := len(s.found); n > 0 && s.q.Order == OrderNewest { // at this rate the limit is reached within so much
		missing := float64(s.q.Limit-n) / float64(n)
		next = min(next, time.Duration(2*missing*float64(searched))+firstSlice)
	}
	if took > 0 {
		affordable := float64(width) * timeShare * float64(left) / float64(took)
		next = min(next, time.Duration(min(affordable, float64(next))))
	}
	return max(next, minSlice)
}

// indexed reports whether an index rules out most of what does not match: of values of attributes, or of trace ids.
func indexed(e filter.Expr) bool {
	switch e := e.(type) {
	case filter.And:
		return slices.ContainsFunc(e, indexed)
	case filter.Compare:
		if e.Op != filter.Eq || e.Value.Type != filter.TypeString || e.Value.Text == "" {
			return false
		}
		_, lifted := liftedKeys[e.Attr.Key]
		return e.Attr.Scope == filter.Span && !lifted || e.Attr.Scope == filter.Intrinsic && e.Attr.Key == filter.TraceID
	}
	return false
}

// errSliceTime says that a slice took longer than there was.
var errSliceTime = errors.New("the time for the search is over")

// finish says where the search ended.
func (s *search) finish() {
	s.page.SearchedFrom = s.to
	switch {
	case len(s.found) >= s.q.Limit:
		s.found = s.found[:s.q.Limit]
		last := s.found[len(s.found)-1]
		s.page.Complete = true
		s.page.SearchedFrom = unixTime(last.Start)
		s.page.Next = Cursor{unixTime(last.Start), last.TraceID}
	case s.page.Reason != "":
		s.page.Next = Cursor{Start: s.to}
	default:
		s.page.Complete = true
		s.page.SearchedFrom = s.q.Range.From
	}
}
