package promotlp

import (
	"fmt"
	"math"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/prompb"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// MaxBuckets is how many buckets a list of an exponential histogram may have: Prometheus leaves gaps out, OTLP does not.
const MaxBuckets = 1 << 14

// native is a native histogram in either of its forms, in the counts that OTLP has.
type native struct {
	schema           int32
	count, zeroCount uint64
	sum, zeroWidth   float64
	positive         buckets
	negative         buckets
	bounds           []float64
	gauge, stale     bool
	exact            bool // the counts are what came in
}

// buckets are one side: a list that begins at the first bucket with a count, by Prometheus's index.
type buckets struct {
	first  int64
	counts []uint64
}

// histogram adds a sample's histogram; fh is nil for one of integers.
func (b *Batch) histogram(s *Series, sample *Sample, fh *histogram.FloatHistogram) (pmetric.ExemplarSlice, error) {
	n, err := readNative(sample.H, fh)
	if err != nil {
		return pmetric.ExemplarSlice{}, err
	}
	about := *s
	if about.Metadata.Type = model.MetricTypeHistogram; n.gauge {
		about.Metadata.Type = model.MetricTypeGaugeHistogram
	}
	kind := pmetric.MetricTypeExponentialHistogram
	if histogram.IsCustomBucketsSchema(n.schema) {
		kind = pmetric.MetricTypeHistogram
	}
	var m pmetric.Metric
	fresh := true
	if n.exact {
		m, fresh = b.metric(&about, kind)
	} else { // the histogram as it came makes the metric its own
		raw, err := marshal(sample, fh)
		if err != nil {
			return pmetric.ExemplarSlice{}, err
		}
		m = b.newMetric(keyOf(&about, kind))
		m.Metadata().PutEmptyBytes(MetaHistogram).FromRaw(raw)
	}
	if kind == pmetric.MetricTypeHistogram {
		if fresh {
			m.SetEmptyHistogram().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		}
		p := m.Histogram().DataPoints().AppendEmpty()
		common(p, s, sample, n)
		if !n.stale {
			p.ExplicitBounds().FromRaw(n.bounds)
			counts := make([]uint64, len(n.bounds)+1)
			copy(counts[n.positive.first:], n.positive.counts)
			p.BucketCounts().FromRaw(counts)
		}
		return p.Exemplars(), nil
	}
	if fresh {
		m.SetEmptyExponentialHistogram().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	}
	p := m.ExponentialHistogram().DataPoints().AppendEmpty()
	common(p, s, sample, n)
	if !n.stale {
		p.SetScale(n.schema)
		p.SetZeroCount(n.zeroCount)
		p.SetZeroThreshold(n.zeroWidth)
		n.positive.into(p.Positive())
		n.negative.into(p.Negative())
	}
	return p.Exemplars(), nil
}

// point is what both kinds of histogram points have.
type point interface {
	Attributes() pcommon.Map
	SetTimestamp(pcommon.Timestamp)
	SetStartTimestamp(pcommon.Timestamp)
	SetFlags(pmetric.DataPointFlags)
	SetCount(uint64)
	SetSum(float64)
}

func common(p point, s *Series, sample *Sample, n *native) {
	attributes(s.Labels, p.Attributes())
	p.SetTimestamp(nanos(sample.Time))
	p.SetStartTimestamp(nanos(sample.Start))
	if n.stale {
		p.SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(true))
		return
	}
	p.SetCount(n.count)
	p.SetSum(n.sum)
}

// into writes a side. Prometheus's bucket i ends where OTLP's bucket i begins.
func (b buckets) into(to pmetric.ExponentialHistogramDataPointBuckets) {
	if len(b.counts) > 0 {
		to.SetOffset(int32(b.first - 1))
		to.BucketCounts().FromRaw(b.counts)
	}
}

func marshal(sample *Sample, fh *histogram.FloatHistogram) ([]byte, error) {
	var raw prompb.Histogram
	if fh != nil {
		raw = prompb.FromFloatHistogram(sample.Time, fh)
	} else {
		raw = prompb.FromIntHistogram(sample.Time, sample.H)
	}
	out, err := raw.Marshal()
	if err != nil {
		return nil, fmt.Errorf("marshal histogram: %w", err)
	}
	return out, nil
}

// readNative checks a histogram and reads it; coarser where its list would be too long.
func readNative(h *histogram.Histogram, fh *histogram.FloatHistogram) (*native, error) {
	if fh != nil && value.IsStaleNaN(fh.Sum) || fh == nil && value.IsStaleNaN(h.Sum) {
		n := &native{stale: true, exact: true}
		if fh != nil {
			n.schema = fh.Schema
		} else {
			n.schema = h.Schema
		}
		return n, nil
	}
	var err error
	if fh != nil {
		err = fh.Validate()
	} else {
		err = h.Validate()
	}
	if err != nil {
		return nil, err
	}
	if !inRange(h, fh) {
		return nil, fmt.Errorf("%w: a bucket is beyond what a float can be", histogram.ErrHistogramSpanNegativeOffset)
	}
	n, ok := convert(h, fh)
	fits := ok
	for !ok {
		if fh == nil {
			h = h.Copy()
			err = h.ReduceResolution(h.Schema - 1)
		} else {
			fh = fh.Copy()
			err = fh.ReduceResolution(fh.Schema - 1)
		}
		if err != nil {
			return nil, err
		}
		n, ok = convert(h, fh)
	}
	n.exact = n.exact && fits
	return n, nil
}

// exponents is how many powers of two there are between the smallest float and the largest, about.
const exponents = 1100

// inRange says that every bucket of an exponential histogram is one that a float can be in; so its list is short enough at schema
// 2 at the latest. Custom buckets are in range if they are valid.
func inRange(h *histogram.Histogram, fh *histogram.FloatHistogram) bool {
	var schema int32
	var sides [2][]histogram.Span
	if fh != nil {
		schema, sides = fh.Schema, [2][]histogram.Span{fh.PositiveSpans, fh.NegativeSpans}
	} else {
		schema, sides = h.Schema, [2][]histogram.Span{h.PositiveSpans, h.NegativeSpans}
	}
	if histogram.IsCustomBucketsSchema(schema) {
		return true
	}
	limit := int64(math.Ceil(math.Ldexp(exponents, int(schema))))
	for _, spans := range sides {
		var at int64
		for _, span := range spans {
			at += int64(span.Offset)
			if span.Length > 0 && (at < -limit || at+int64(span.Length) > limit) {
				return false
			}
			at += int64(span.Length)
		}
	}
	return true
}

// convert reads a valid histogram; false if a list of it is longer than MaxBuckets.
func convert(h *histogram.Histogram, fh *histogram.FloatHistogram) (n *native, ok bool) {
	if fh == nil {
		n = &native{schema: h.Schema, count: h.Count, zeroCount: h.ZeroCount, sum: h.Sum, zeroWidth: h.ZeroThreshold, bounds: h.CustomValues,
			gauge: h.CounterResetHint == histogram.GaugeType, exact: true}
		absolute := func(deltas []int64) func(i int) uint64 {
			var count int64
			return func(i int) uint64 {
				count += deltas[i]
				return uint64(count)
			}
		}
		var negative bool
		n.positive, ok = expand(h.PositiveSpans, absolute(h.PositiveBuckets))
		n.negative, negative = expand(h.NegativeSpans, absolute(h.NegativeBuckets))
		return n, ok && negative
	}
	n = &native{schema: fh.Schema, sum: fh.Sum, zeroWidth: fh.ZeroThreshold, bounds: fh.CustomValues, gauge: fh.CounterResetHint == histogram.GaugeType, exact: true}
	whole := func(v float64) uint64 {
		r := math.Round(v)
		if r != v || r < 0 || r >= 1<<53 { // NaN too
			n.exact = false
		}
		switch {
		case !(r > 0):
			return 0
		case r >= 1<<63:
			return 1 << 63
		}
		return uint64(r)
	}
	n.count, n.zeroCount = whole(fh.Count), whole(fh.ZeroCount)
	var negative bool
	n.positive, ok = expand(fh.PositiveSpans, func(i int) uint64 { return whole(fh.PositiveBuckets[i]) })
	n.negative, negative = expand(fh.NegativeSpans, func(i int) uint64 { return whole(fh.NegativeBuckets[i]) })
	return n, ok && negative
}

// expand lays spans out as a list; count gives each bucket's, in order.
func expand(spans []histogram.Span, count func(i int) uint64) (b buckets, ok bool) {
	var at int64
	i := 0
	for _, span := range spans {
		at += int64(span.Offset)
		if span.Length == 0 {
			continue
		}
		if len(b.counts) == 0 {
			b.first = at
		}
		if at-b.first+int64(span.Length) > MaxBuckets {
			return buckets{}, false
		}
		for int64(len(b.counts)) < at-b.first {
			b.counts = append(b.counts, 0)
		}
		for range span.Length {
			b.counts = append(b.counts, count(i))
			i++
			at++
		}
	}
	return b, true
}
