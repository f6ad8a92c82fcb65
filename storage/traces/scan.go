package traces

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
)

// SpanSet is the spans of a range that a filter matches, and what reading them may cost.
type SpanSet struct {
	Project   string
	Range     Range
	Filter    filter.Expr   // nil: everything
	Except    *SpanSet      // left out where its Range and its Filter hold both; the rest of it says nothing. May be nil
	TimeLimit time.Duration // 0: 5 s
	RowLimit  uint64        // 0: a billion rows read
}

// Outcome is how far a read of spans came.
type Outcome struct {
	Complete     bool      // nothing was left out
	Reason       string    // why something was: ReasonTimeLimit or ReasonRowLimit
	SearchedFrom time.Time // everything that starts from here on has been looked at
	RowsRead     uint64
	Elapsed      time.Duration
}

// scan reads a set of spans slice by slice, the newest first, each longer than the one before.
type scan struct {
	reader    *Reader
	set       SpanSet
	condition string // of the filter, as the tail of a WHERE
	params    []conn.Param
	prefix    string // of the names of parameters: two scans may share a statement
	indexed   bool
	to        time.Time // what is left: [set.Range.From, to)
	ranges    []Range   // what was read, newest first
	open      []uint64  // spans in progress whose complete row is stored
	began     time.Time
	deadline  time.Time
	done      Outcome
}

// piece is a part of a scan: its conditions, to be put in for when's place, and their parameters, the project's included.
type piece struct {
	where  string
	params []conn.Param
	left   time.Duration
	in     Range // what its ranges lie in
}

func (r *Reader) newScan(set SpanSet, prefix string) (*scan, error) {
	if set.TimeLimit <= 0 {
		set.TimeLimit = defaultTimeLimit
	}
	if set.RowLimit == 0 {
		set.RowLimit = defaultRowLimit
	}
	p := newPrinter(prefix)
	condition, err := p.Condition(set.Filter)
	if err != nil {
		return nil, err
	}
	if condition != "" {
		condition = "\n    AND " + condition
	}
	if set.Except != nil {
		except, err := p.Condition(set.Except.Filter)
		if err != nil {
			return nil, err
		}
		if except != "" {
			except = " AND " + except
		}
		condition += "\n    AND NOT (start >= " + p.Time(set.Except.Range.From) + " AND start < " + p.Time(set.Except.Range.To) + except + ")"
	}
	now := time.Now()
	s := &scan{reader: r, set: set, condition: condition, params: p.Params, prefix: prefix, indexed: indexed(set.Filter), to: set.Range.To, began: now, deadline: now.Add(set.TimeLimit)}
	if limit := r.now().Add(24 * time.Hour); limit.Before(s.to) { // nothing starts much later than now, clocks being what they are
		s.to = limit
	}
	return s, nil
}

// each gives the slices to read, until it says that it has enough, the range is through or a limit is reached. A slice that takes
// longer than there is time ends the scan; what read has kept of it must not count, so read keeps it only when it is whole.
func (s *scan) each(ctx context.Context, read func(ctx context.Context, p piece) (enough bool, err error)) error {
	plan := prunePlan(SearchQuery{Project: s.set.Project, Filter: s.set.Filter})
	width, searched := firstSlice, time.Duration(0)
	enough := false
	for s.to.After(s.set.Range.From) && !enough {
		left := time.Until(s.deadline)
		if s.done.RowsRead >= s.set.RowLimit {
			s.done.Reason = ReasonRowLimit
		} else if left <= 0 {
			s.done.Reason = ReasonTimeLimit
		}
		if s.done.Reason != "" {
			break
		}
		began := time.Now()
		slice := Range{later(s.set.Range.From, s.to.Add(-width)), s.to}
		ranges := []Range{slice}
		var err error
		if searched > 0 && plan.useful() {
			ranges, err = s.reader.prune(ctx, plan, slice)
		}
		if err == nil && len(ranges) > 0 {
			enough, err = s.read(ctx, slice, ranges, left, read)
		}
		if OutOfTime(ctx, err) {
			s.done.Reason = ReasonTimeLimit
			break
		}
		if err != nil {
			return err
		}
		s.to, searched = slice.From, searched+slice.To.Sub(slice.From)
		width = s.next(searched, slice.To.Sub(slice.From), time.Since(began))
	}
	s.done.Complete = s.done.Reason == ""
	s.done.SearchedFrom = later(s.to, s.set.Range.From)
	s.done.Elapsed = time.Since(s.began)
	return nil
}

// OutOfTime tells that a statement's own time was up, not its caller's.
func OutOfTime(ctx context.Context, err error) bool {
	return err != nil && ctx.Err() == nil && (conn.Code(err) == conn.CodeTimeout || errors.Is(err, conn.ErrTimeout) || errors.Is(err, context.DeadlineExceeded))
}

func (s *scan) read(ctx context.Context, slice Range, ranges []Range, left time.Duration, read func(ctx context.Context, p piece) (bool, error)) (bool, error) {
	open, err := s.superseded(ctx, []Range{slice}, left)
	if err != nil {
		return false, err
	}
	enough, err := read(ctx, s.piece(ranges, open, left))
	if err == nil {
		s.ranges, s.open = append(s.ranges, ranges...), append(s.open, open...)
	}
	return enough, err
}

// piece gives the conditions of ranges.
func (s *scan) piece(ranges []Range, superseded []uint64, left time.Duration) piece {
	p := piece{left: left, in: Range{ranges[len(ranges)-1].From, ranges[0].To}, params: append([]conn.Param{conn.Str("project", s.set.Project)}, s.params...)}
	times := newPrinter(s.prefix + "t")
	texts := make([]string, len(ranges))
	for i, in := range ranges {
		texts[i] = "start >= " + times.Time(in.From) + " AND start < " + times.Time(in.To)
	}
	if p.where = "AND " + texts[0]; len(texts) > 1 {
		p.where = "AND (" + strings.Join(texts, "\n    OR ") + ")"
	}
	p.where += s.condition
	p.params = append(p.params, times.Params...)
	if len(superseded) > 0 {
		p.where += "\n    AND NOT (state = 1 AND span_id IN {" + s.prefix + "superseded:Array(UInt64)})"
		p.params = append(p.params, conn.Uints(s.prefix+"superseded", superseded))
	}
	return p
}

// next is the width of the next slice, as a search has it.
func (s *scan) next(searched, width, took time.Duration) time.Duration {
	next := min(searched, s.to.Sub(s.set.Range.From)/sliceGrowth+1) * sliceGrowth // no more than is left, which may be decades
	if s.indexed {
		next = s.to.Sub(s.set.Range.From)
	}
	if took > 0 {
		affordable := float64(width) * timeShare * float64(time.Until(s.deadline)) / float64(took)
		next = min(next, time.Duration(min(affordable, float64(next))))
	}
	return max(next, minSlice)
}
