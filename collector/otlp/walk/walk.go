// Package walk looks once over the protobuf of an OTLP request, without decoding or allocating: is it one, how deep do its
// attributes nest, how many items are in it, and which of them can't be kept. It refuses to interpret anything else.
package walk

import (
	"errors"
	"math"
	"slices"
)

// ErrTooDeep is returned for an attribute that nests deeper than admission.MaxDepth.
var ErrTooDeep = errors.New("attribute is nested too deep")

// Errors of a body that is no request of its signal.
var (
	errCut      = errors.New("message is cut short")
	errVarint   = errors.New("varint is longer than 64 bits")
	errField    = errors.New("field number is not positive")
	errWireType = errors.New("field has an illegal wire type")
	errKnown    = errors.New("field has another wire type than OTLP gives it")
	errTraceID  = errors.New("trace id does not have 16 bytes")
	errSpanID   = errors.New("span id does not have 8 bytes")
	errPacked   = errors.New("list of numbers is cut short")
)

// Reason is why an item is rejected.
type Reason uint8

const (
	TraceIDZero Reason = iota
	SpanIDZero
	TooNew
	TooOld
	HistInvalid // a histogram whose bounds are not ascending, or whose buckets are not one more than its bounds
	LabelLimit  // a data point with more than MaxLabels attributes, or one longer than MaxLabelValue
	SeriesLimit // a data point that would begin a series, of a project or a metric that has as many as it may; not the walk's to decide
	Reasons     // how many there are
)

// String is the label that the reason is counted by.
func (r Reason) String() string {
	return [...]string{"invalid_trace_id", "invalid_span_id", "ts_future", "ts_expired", "hist_invalid", "label_limit", "series_limit"}[r]
}

// Limits of a data point's attributes: more of them, or longer ones, are no labels of a series.
const (
	MaxLabels     = 40
	MaxLabelValue = 4 << 10 // bytes of a string or of bytes; of a list or a map, of its protobuf
)

// Window is when a kept item may be, Unix ns. A time that is missing or past int64 is the loader's to mend.
type Window struct {
	From, To uint64
	Series   bool // say which series data points are of
}

// Result is what a walk found. Rejected may be kept from one walk to the next.
type Result struct {
	Items    uint32
	Rejected []uint32 // ordinals in document order
	Counts   [Reasons]uint32
	First    [Reasons]Offender // of each reason that has a count
	Series   []uint64          // by ordinal: a hash of the resource, scope, metric name and attributes of a data point, as they were sent
	Metrics  []Metric          // of Series
}

// Metric says whose data points are next, up to the ordinal End.
type Metric struct {
	Name []byte // a part of the body
	End  uint32
}

// Drop gives up what is of the body, and lists that one large request has made long.
func (r *Result) Drop() {
	const keep = 64 << 10
	clear(r.First[:])
	clear(r.Metrics)
	if cap(r.Rejected) > keep {
		r.Rejected = nil
	}
	if cap(r.Series) > keep || cap(r.Metrics) > keep {
		r.Series, r.Metrics = nil, nil
	}
}

// RejectMore rejects items that are not rejected yet, by their ordinals in ascending order; name is that of the first.
func (r *Result) RejectMore(reason Reason, ordinals []uint32, name []byte) {
	if len(ordinals) == 0 {
		return
	}
	if r.Counts[reason] == 0 {
		r.First[reason] = Offender{Ordinal: ordinals[0], Name: name}
	}
	r.Counts[reason] += uint32(len(ordinals))
	r.Rejected = append(r.Rejected, ordinals...)
	slices.Sort(r.Rejected)
}

// mix puts what names all data points from an ordinal on into their series.
func (r *Result) mix(from uint32, what uint64) {
	const odd = 0x9e3779b97f4a7c15
	of := r.Series[from:]
	for i, id := range of {
		id = (id ^ what) * odd
		of[i] = id ^ id>>32
	}
}

// Offender is a rejected item.
type Offender struct {
	Ordinal uint32
	Time    uint64 // when it is, Unix ns
	Name    []byte // its name as it was sent, a part of the body
}

// FirstReason is why the first of the rejected items is. There must be one.
func (r *Result) FirstReason() Reason {
	for reason := range Reasons {
		if r.Counts[reason] > 0 && r.First[reason].Ordinal == r.Rejected[0] {
			return reason
		}
	}
	return 0
}

func (r *Result) reject(reason Reason, o Offender) {
	if r.Counts[reason] == 0 {
		r.First[reason] = o
	}
	r.Rejected = append(r.Rejected, o.Ordinal)
	r.Counts[reason]++
}

// outside says whether a time rejects an item, and why.
func (w Window) outside(at uint64) (reason Reason, yes bool) {
	switch {
	case at == 0 || at > math.MaxInt64:
		return 0, false
	case at > w.To:
		return TooNew, true
	case at < w.From:
		return TooOld, true
	}
	return 0, false
}
