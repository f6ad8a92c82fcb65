package traces

import (
	"time"

	"github.com/sightline/sightline/storage/filter"
)

// CandidateQuery asks for the traces that may answer a question: those that have a span of the set, and for each of Also a span that
// fulfils it and starts within an hour of the set's range.
type CandidateQuery struct {
	SpanSet
	Also  []filter.Expr
	Batch int // traces to give at first; each batch is larger than the one before
}

// Candidate is a trace and the start of its newest span of the set.
type Candidate struct {
	TraceID TraceID
	Newest  time.Time
}

// SkeletonQuery asks for traces as a whole. Atoms are what is to be known of every span, 64 at most.
type SkeletonQuery struct {
	Project string
	Traces  []Candidate
	Atoms   []filter.Expr
	Limit   int // spans at most, all in all; 0: 1,000,000
}

// Skeleton is the spans of a trace by start. Of a skeleton only ids, name, kind, status, times, state, service, class and weight are
// set, and Bits: bit i of a span's says whether Atoms[i] holds.
type Skeleton struct {
	Spans []Span
	Bits  []uint64
	Cut   bool // the limit left spans out
}
