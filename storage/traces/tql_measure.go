package traces

import (
	"time"

	"github.com/sightline/sightline/storage/filter"
)

// MeasureQuery asks for sums over the spans of a set, by steps of time and by the values of attributes. Steps are Step wide and begin
// at Start. With Select, only AttrCounts: spans for which it holds, within its range where that is not zero, are the selection.
type MeasureQuery struct {
	SpanSet
	Start time.Time
	Step  time.Duration
	By    []filter.Attr
	// Of is the attribute or field whose values are summed up; those that are no numbers are left out. nil: spans are counted.
	Of      *filter.Attr
	Buckets bool // also count the values by size
	Samples int  // spans of each step and group to name
	Select  filter.Expr
	Within  Range
	Top     int // values of an attribute that AttrCounts tells
}

// Measured is what Measure found; spans count by their weight.
type Measured struct {
	Groups []MeasuredGroup
	Outcome
}

// MeasuredGroup is a step and the values of By, nil where spans have none.
type MeasuredGroup struct {
	Column         int // of time
	Values         []*Attr
	Count          float64
	Sum, Low, High float64            // of values, in ns of durations
	Buckets        map[uint16]float64 // value bucket -> weight; see BucketBounds
	Samples        []MeasuredSample
}

// MeasuredSample is a span that a group counts.
type MeasuredSample struct {
	TraceID TraceID
	SpanID  SpanID
	Start   time.Time
	Value   float64
}

// AttrCounts is how often the values of attributes are on two sides.
type AttrCounts struct {
	Rows []AttrCount
	Outcome
}

// AttrCount is a step's count of an attribute's value, by weight.
type AttrCount struct {
	Selected bool
	Attr     filter.Attr
	Value    Attr
	Column   int
	Count    float64
}
