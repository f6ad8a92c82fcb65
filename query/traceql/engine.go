package traceql

import (
	"context"
	"time"

	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

// Store reads spans; *traces.Reader is one.
type Store interface {
	// Candidates gives traces that may answer a question, newest first and in batches, until it is told that these are enough.
	Candidates(ctx context.Context, q traces.CandidateQuery, each func(context.Context, []traces.Candidate) (enough bool, err error)) (traces.Outcome, error)
	// Skeletons reads traces without attributes.
	Skeletons(ctx context.Context, q traces.SkeletonQuery) ([]traces.Skeleton, error)
	// WholeTraces reads traces with everything.
	WholeTraces(ctx context.Context, q traces.SkeletonQuery) ([]traces.Skeleton, error)
	// Measure sums spans up by steps of time.
	Measure(ctx context.Context, q traces.MeasureQuery) (traces.Measured, error)
	// AttrCounts counts the values of all attributes by steps of time.
	AttrCounts(ctx context.Context, q traces.MeasureQuery) (traces.AttrCounts, error)
}

// Request is a query about a project's spans that start in [From, To).
type Request struct {
	Project     string
	From, To    time.Time
	Limit       int // traces; 0: 20
	SpansPerSet int // spans that a span set shows; 0: 3. Matched counts all
	Query       *Query
	Place       filter.Expr   // every span of an answer fulfils it, such as the environment that a page shows; nil: everywhere
	TimeLimit   time.Duration // 0: 5 s
	Exemplars   int           // of each series, at most; 0: none
	// Paged asks for exact pages: all traces of a page are newer by their newest matching span than those of the next, which goes on from
	// Result.Next. Without it the newest of an answer are the newest of all as far as its candidates go, which costs less.
	Paged  bool
	Cursor traces.Cursor // of the page before; zero: the first
	// Incomplete is told why series are not complete, as Result.Incomplete is. nil: nobody asks.
	Incomplete func(reason string)
}

// Result is the traces that a query found, newest first by their newest matching span.
type Result struct {
	Traces          []Trace
	Incomplete      string    // why something may be missing: traces.ReasonTimeLimit or traces.ReasonRowLimit; "" where nothing is
	InspectedTraces int       // decided on here
	InspectedSpans  uint64    // that were decided on here, or that the storage engine read to find traces, whichever is more
	SearchedFrom    time.Time // everything that starts from here on has been looked at
	Elapsed         time.Duration
	Next            traces.Cursor // zero: there is nothing more, or nobody asked for pages
}

// Trace is a trace that was found.
type Trace struct {
	ID          traces.TraceID
	RootService string // "": its root is not stored
	RootName    string
	HasRoot     bool
	Start       time.Time // of its first span
	Duration    time.Duration
	Spans       int
	Errors      int          // spans whose class is not ok
	Class       traces.Class // of its root, else of the first span
	InProgress  bool
	Newest      Span // the newest span of its sets
	SpanSets    []SpanSet
	Services    []ServiceStats // most spans first
}

// SpanSet is the spans of a trace that matched; by() makes several.
type SpanSet struct {
	Matched int // how many spans there are
	Spans   []Span
	Attrs   []Attribute // the values that by() groups have, and of aggregates that were compared
}

// Span is a span of a set, with the attributes that the query names.
type Span struct {
	ID       traces.SpanID
	Start    time.Time
	Duration time.Duration
	Name     string
	Service  string
	Class    traces.Class
	Attrs    []Attribute
}

// Attribute is a value and how the query names it.
type Attribute struct {
	Name  string // as in "span.http.route"
	Key   string // without its scope
	Value Value
}

// ServiceStats is a service's part in a trace.
type ServiceStats struct {
	Service       string
	Spans, Errors int
}

// Series is a series of a metrics query.
type Series struct {
	Labels    []Label
	Points    []Point // ascending
	Exemplars []Exemplar
}

// Label is a label of a series. Name is as the query spells it, "resource.service.name", or one of Tempo's own: "__name__", "p",
// "__bucket", "__meta_type".
type Label struct {
	Name  string
	Value Value
}

// Point is a value of the step that begins at Time.
type Point struct {
	Time  time.Time
	Value float64
}

// Exemplar is a span that a point counts.
type Exemplar struct {
	TraceID traces.TraceID
	SpanID  traces.SpanID
	Time    time.Time
	Value   float64 // seconds of durations; else the value, or 1
}

// Engine answers queries. Safe for concurrent use.
type Engine struct {
	store     Store
	bareLeast int
}

// New makes an engine.
func New(store Store) *Engine { return &Engine{store: store, bareLeast: bareLeast} }
