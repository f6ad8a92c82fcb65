package traces

import (
	"context"
	"fmt"
	"time"

	"github.com/sightline/sightline/storage/filter"
)

// SearchQuery asks for the traces that have a span in the range that the filter matches, newest such span first or in another order.
type SearchQuery struct {
	Project   string
	Range     Range
	Filter    filter.Expr   // nil: everything
	Order     Order         // what is not newest first has one page, which is over the whole range or says why not
	Limit     int           // 0: 20
	Cursor    Cursor        // zero: from the newest
	TimeLimit time.Duration // 0: 5 s
	RowLimit  uint64        // 0: a billion
}

// Defaults and bounds of a search.
const (
	defaultSearchLimit = 20
	maxSearchLimit     = 1000
	defaultTimeLimit   = 5 * time.Second
	defaultRowLimit    = 1_000_000_000
)

// Cursor is where a search goes on: behind the span of this trace that starts then.
type Cursor struct {
	Start   time.Time
	TraceID TraceID // zero: behind everything that starts then or later
}

// IsZero reports whether the search is at its beginning.
func (c Cursor) IsZero() bool { return c.Start.IsZero() }

// Why a search ended before it had what was asked for.
const (
	ReasonTimeLimit = "time_limit"
	ReasonRowLimit  = "row_limit"
)

// SearchPage is what a search found.
type SearchPage struct {
	Traces       []Summary // in the order of the search
	Next         Cursor    // zero: there is no more
	Complete     bool      // nothing was left out: the limit is full, or the range is searched to its beginning
	Reason       string    // why not
	SearchedFrom time.Time // everything that starts from here on has been looked at
	RowsRead     uint64
	Elapsed      time.Duration
}

// Summary is a trace of a search, in figures.
type Summary struct {
	TraceID     TraceID
	Start       time.Time // of its first span
	Duration    time.Duration
	HasRoot     bool
	RootService string
	RootName    string
	Class       Class // of the root; of the first span where there is none
	Spans       int
	Errors      int            // spans whose class is not ok
	Services    []ServiceShare // most spans first
	InProgress  bool
	Matched     Match // the newest span that matched
}

// ServiceShare is a service's part in a trace.
type ServiceShare struct {
	Name          string
	Spans, Errors int
}

// Match is the span that a trace was found by.
type Match struct {
	SpanID   SpanID
	Start    time.Time
	Duration time.Duration
	Service  string
	Name     string
	Class    Class
}

// Search looks through slices of time, the newest first, each longer than the one before, until it has the limit, the range is
// through, or a limit of time or rows is reached; the page says which. A page costs what its slices hold, not what the range
// does, and of minutes whose rollups rule a match out nothing is read.
func (r *Reader) Search(ctx context.Context, q SearchQuery) (SearchPage, error) {
	s, err := r.newSearch(q)
	if err != nil {
		return SearchPage{}, fmt.Errorf("search traces: %w", err)
	}
	if q.Order == OrderNewest {
		err = s.run(ctx)
	} else {
		err = s.rank(ctx)
	}
	if err != nil {
		return SearchPage{}, fmt.Errorf("search traces: %w", err)
	}
	if err := s.summarize(ctx); err != nil {
		return SearchPage{}, fmt.Errorf("search traces: %w", err)
	}
	s.arrange()
	s.page.Elapsed = time.Since(s.began)
	return s.page, nil
}
