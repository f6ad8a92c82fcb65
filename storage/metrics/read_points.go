package metrics

import (
	"context"
	"iter"
	"math"

	"github.com/sightline/sightline/storage/encode"
)

// ValueType is what a point's value was sent as.
type ValueType uint8

// The types of values.
const (
	NoValue ValueType = typeNone
	Double  ValueType = typeDouble
	Int     ValueType = typeInt
)

var valueTypeNames = [...]string{"none", "double", "int"}

func (t ValueType) String() string {
	if int(t) < len(valueTypeNames) {
		return valueTypeNames[t]
	}
	return ""
}

// StaleMarker is the value of a point that has none: Prometheus's, to the bit.
var StaleMarker = math.Float64frombits(staleMarker)

// At is what points of all kinds have.
type At struct {
	Series uint64
	Time   int64  // ns since 1970
	Sent   uint64 // time_unix_nano as sent; other than Time where no clock can have meant it
	Start  uint64 // start_time_unix_nano as sent; 0: none
	Flags  uint32
}

// NoRecordedValue says that the point only tells that there is no value.
func (a At) NoRecordedValue() bool { return a.Flags&noRecordedValue != 0 }

// Number is a point of a gauge or a sum.
type Number struct {
	At
	Value float64   // what it counts as: an integer is rounded, no value is StaleMarker
	Type  ValueType // what was sent
	Bits  uint64    // what was sent: of a double math.Float64bits, of an integer its two's complement
}

type numberRow struct {
	Series  uint64  `ch:"series"`
	Time    int64   `ch:"at"`
	Offset  int64   `ch:"time_offset"`
	Start   uint64  `ch:"start"`
	Value   float64 `ch:"value"`
	Residue int64   `ch:"residue"`
	Type    uint8   `ch:"type"`
	Flags   uint32  `ch:"flags"`
}

// Numbers gives points of gauges and sums by series id, then time. Of several of one time the one that was written last is given.
func (r *Reader) Numbers(ctx context.Context, q PointQuery) iter.Seq2[Number, error] {
	rows := read(ctx, r, pointsSQL, q, func(p *numberRow) uint64 { return p.Series })
	same := func(a, b *numberRow) bool { return a.Series == b.Series && a.Time == b.Time }
	return last(rows, same, func(p *numberRow) Number {
		return Number{
			At:    At{p.Series, p.Time, uint64(p.Time) + uint64(p.Offset), p.Start, p.Flags},
			Value: p.Value, Type: ValueType(p.Type), Bits: sent(p.Type, p.Value, p.Residue, p.Flags&noRecordedValue != 0),
		}
	})
}

// Buckets are those of one side of an exponential histogram.
type Buckets struct {
	Offset int32
	Counts []uint64
}

// Distribution is a point of a histogram, an exponential histogram or a summary. What a kind does not have is empty.
type Distribution struct {
	At
	Count                  uint64
	Sum, Min, Max          float64
	HasSum, HasMin, HasMax bool

	Bounds []float64 // of a histogram
	Counts []uint64  // one more than Bounds; not cumulated

	Scale              int32 // of an exponential histogram
	ZeroCount          uint64
	ZeroThreshold      float64
	Positive, Negative Buckets

	Quantiles, QuantileValues []float64 // of a summary
}

type distributionRow struct {
	Series         uint64    `ch:"series"`
	Time           int64     `ch:"at"`
	Offset         int64     `ch:"time_offset"`
	Start          uint64    `ch:"start"`
	Flags          uint32    `ch:"flags"`
	Count          uint64    `ch:"count"`
	Sum            float64   `ch:"sum"`
	Min            float64   `ch:"min"`
	Max            float64   `ch:"max"`
	Present        uint8     `ch:"present"`
	Bounds         []float64 `ch:"bounds"`
	Counts         []uint64  `ch:"counts"`
	Scale          int32     `ch:"scale"`
	ZeroCount      uint64    `ch:"zero_count"`
	ZeroThreshold  float64   `ch:"zero_threshold"`
	PosOffset      int32     `ch:"pos_offset"`
	PosCounts      []uint64  `ch:"pos_counts"`
	NegOffset      int32     `ch:"neg_offset"`
	NegCounts      []uint64  `ch:"neg_counts"`
	Quantiles      []float64 `ch:"quantiles"`
	QuantileValues []float64 `ch:"quantile_values"`
}

// Distributions gives points of histograms of both kinds and summaries by series id, then time. Of several of one time the one that was
// written last is given.
func (r *Reader) Distributions(ctx context.Context, q PointQuery) iter.Seq2[Distribution, error] {
	rows := read(ctx, r, distributionsSQL, q, func(p *distributionRow) uint64 { return p.Series })
	same := func(a, b *distributionRow) bool { return a.Series == b.Series && a.Time == b.Time }
	return last(rows, same, func(p *distributionRow) Distribution {
		return Distribution{
			At:    At{p.Series, p.Time, uint64(p.Time) + uint64(p.Offset), p.Start, p.Flags},
			Count: p.Count, Sum: p.Sum, Min: p.Min, Max: p.Max,
			HasSum: p.Present&hasSum != 0, HasMin: p.Present&hasMin != 0, HasMax: p.Present&hasMax != 0,
			Bounds: p.Bounds, Counts: p.Counts, Scale: p.Scale, ZeroCount: p.ZeroCount, ZeroThreshold: p.ZeroThreshold,
			Positive: Buckets{p.PosOffset, p.PosCounts}, Negative: Buckets{p.NegOffset, p.NegCounts},
			Quantiles: p.Quantiles, QuantileValues: p.QuantileValues,
		}
	})
}

// Exemplar is an example of what a point measured.
type Exemplar struct {
	Series  uint64
	Point   int64  // time of its point, ns since 1970
	Time    uint64 // its own, ns since 1970, as sent
	Value   float64
	Type    ValueType
	Bits    uint64 // as in Number
	TraceID [16]byte
	SpanID  uint64
	Attrs   []encode.Value
}

// Exemplars gives the exemplars of points in a range by series id and the points' time.
func (r *Reader) Exemplars(ctx context.Context, q PointQuery) iter.Seq2[Exemplar, error] {
	type row struct {
		Series  uint64            `ch:"series"`
		Point   int64             `ch:"point"`
		Time    uint64            `ch:"at"`
		Value   float64           `ch:"value"`
		Residue int64             `ch:"residue"`
		Type    uint8             `ch:"type"`
		TraceID [16]byte          `ch:"trace_id"`
		SpanID  uint64            `ch:"span_id"`
		Attrs   map[string]string `ch:"attrs"`
	}
	rows := read(ctx, r, exemplarsSQL, q, func(x *row) uint64 { return x.Series })
	return last(rows, func(a, b *row) bool { return false }, func(x *row) Exemplar {
		return Exemplar{
			Series: x.Series, Point: x.Point, Time: x.Time, Value: x.Value, Type: ValueType(x.Type), Bits: sent(x.Type, x.Value, x.Residue, false),
			TraceID: x.TraceID, SpanID: x.SpanID, Attrs: attrsOf(x.Attrs, nil, nil),
		}
	})
}
