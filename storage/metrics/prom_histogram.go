package metrics

import (
	"math"

	"github.com/prometheus/prometheus/model/histogram"
)

// defaultZeroThreshold is the one that Prometheus gives histograms that do not say theirs.
const defaultZeroThreshold = 1e-128

// maxBucketIndex is beyond what any bucket that a float can be in has.
const maxBucketIndex = 1 << 20

// floatHistogram makes a native histogram of a point; nil where Prometheus has none for it.
func (s *source) floatHistogram(p *distRow) *histogram.FloatHistogram {
	h := &histogram.FloatHistogram{Count: float64(p.Count), Sum: p.Sum}
	if s.isGauge() {
		h.CounterResetHint = histogram.GaugeType
	}
	ok := true
	if s.Kind == Histogram {
		h.Schema, h.CustomValues = histogram.CustomBucketsSchema, p.Bounds
		h.PositiveSpans, h.PositiveBuckets, ok = sparse(p.Counts, 0, 0)
	} else {
		h.Schema = min(p.Scale, histogram.ExponentialSchemaMax)
		h.ZeroCount, h.ZeroThreshold = float64(p.ZeroCount), p.ZeroThreshold
		if !s.Prometheus() && !(h.ZeroThreshold > 0) {
			h.ZeroThreshold = defaultZeroThreshold
		}
		down := p.Scale - h.Schema
		if ok = p.Scale >= histogram.ExponentialSchemaMin && down < 32; ok {
			h.PositiveSpans, h.PositiveBuckets, ok = sparse(p.PosCounts, int64(p.PosOffset), down)
		}
		if ok {
			var fits bool
			h.NegativeSpans, h.NegativeBuckets, fits = sparse(p.NegCounts, int64(p.NegOffset), down)
			ok = fits
		}
		// Prometheus's bucket i ends where OpenTelemetry's bucket i begins.
		for _, spans := range [][]histogram.Span{h.PositiveSpans, h.NegativeSpans} {
			if len(spans) > 0 {
				spans[0].Offset++
			}
		}
	}
	if p.Flags&noRecordedValue != 0 {
		return &histogram.FloatHistogram{Schema: h.Schema, Sum: math.Float64frombits(staleMarker)}
	}
	if !ok {
		return nil
	}
	return h
}

// sparse gives the buckets with their gaps left out; 2^down of them become one.
func sparse(counts []uint64, offset int64, down int32) (spans []histogram.Span, buckets []float64, ok bool) {
	end := int64(math.MinInt64) // index behind the last bucket
	for i, c := range counts {
		if c == 0 {
			continue
		}
		index := (offset + int64(i)) >> down
		if index > maxBucketIndex || index < -maxBucketIndex {
			return nil, nil, false
		}
		switch gap := index - end; {
		case len(buckets) == 0:
			spans = append(spans, histogram.Span{Offset: int32(index)})
		case gap < 0: // the same as the last
			buckets[len(buckets)-1] += float64(c)
			continue
		case gap <= 2:
			spans[len(spans)-1].Length += uint32(gap)
			buckets = append(buckets, make([]float64, gap)...)
		default:
			spans = append(spans, histogram.Span{Offset: int32(gap)})
		}
		spans[len(spans)-1].Length++
		buckets = append(buckets, float64(c))
		end = index + 1
	}
	return spans, buckets, true
}
