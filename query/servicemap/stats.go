package servicemap

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/sightline/sightline/storage/traces"
)

// Bad is how many of the requests did not end ok.
func Bad(m *traces.Measure) float64 { return m.Error + m.Throttle + m.Fault }

// Bin is one bar of a histogram of durations: [low ns, high ns, count].
type Bin [3]float64

// Stats are a traces.Measure as it is shown. Durations are in ns.
type Stats struct {
	Requests  float64 `json:"requests"`
	OK        float64 `json:"ok"`
	Error     float64 `json:"error"`
	Throttle  float64 `json:"throttle"`
	Fault     float64 `json:"fault"`
	Rate      float64 `json:"rate"` // requests a second
	Avg       int64   `json:"avg_ns"`
	P50       int64   `json:"p50_ns"`
	P95       int64   `json:"p95_ns"`
	P99       int64   `json:"p99_ns"`
	Max       int64   `json:"max_ns,omitempty"`
	Histogram []Bin   `json:"histogram"`
}

// StatsOf the requests of a time range this long.
func StatsOf(m *traces.Measure, window time.Duration) Stats {
	s := Stats{
		Requests:  Round(m.Requests()),
		OK:        Round(m.OK),
		Error:     Round(m.Error),
		Throttle:  Round(m.Throttle),
		Fault:     Round(m.Fault),
		Max:       int64(min(m.Max, math.MaxInt64)),
		Histogram: Histogram(m.Latency),
	}
	if window > 0 {
		s.Rate = Round(m.Requests() / window.Seconds())
	}
	if n := m.Requests(); n > 0 {
		s.Avg = nanos(m.Duration / n)
	}
	p := Percentiles(m, 0.5, 0.95, 0.99)
	s.P50, s.P95, s.P99 = p[0], p[1], p[2]
	return s
}

// maxNanos is more than any duration that is stored.
const maxNanos = float64(1 << 64)

// Histogram of buckets, ascending, without the empty ones.
func Histogram(latency map[uint16]float64) []Bin {
	bins := make([]Bin, 0, len(latency))
	for _, bucket := range slices.Sorted(maps.Keys(latency)) {
		if weight := latency[bucket]; weight > 0 {
			low, high := traces.BucketBounds(bucket)
			bins = append(bins, Bin{math.Round(min(low, maxNanos)), math.Round(min(high, maxNanos)), Round(weight)})
		}
	}
	return bins
}

// Percentiles in ns of the ascending quantiles, 0 each without requests. A bucket is 9 % wide; inside of it they are interpolated
// on a log scale, and they never exceed Max.
func Percentiles(m *traces.Measure, quantiles ...float64) []int64 {
	out := make([]int64, len(quantiles))
	var total float64
	buckets := slices.Sorted(maps.Keys(m.Latency))
	for _, bucket := range buckets {
		total += m.Latency[bucket]
	}
	if total <= 0 {
		return out
	}
	i, below := 0, 0.0
	for _, bucket := range buckets {
		weight := m.Latency[bucket]
		for i < len(quantiles) && below+weight >= quantiles[i]*total {
			low, high := traces.BucketBounds(bucket)
			out[i] = nanos(low * math.Pow(high/low, (quantiles[i]*total-below)/weight))
			if m.Max > 0 {
				out[i] = min(out[i], int64(min(m.Max, math.MaxInt64)))
			}
			i++
		}
		below += weight
	}
	for ; i < len(quantiles); i++ { // left over by rounding
		_, high := traces.BucketBounds(buckets[len(buckets)-1])
		out[i] = nanos(high)
	}
	return out
}

func nanos(ns float64) int64 {
	switch {
	case !(ns > 0):
		return 0
	case ns >= math.MaxInt64:
		return math.MaxInt64
	}
	return int64(math.Round(ns))
}

// Round keeps six decimals: sums of weights carry noise behind that. What is no number becomes 0, since JSON has none.
func Round(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	if math.Abs(f) > 1e9 {
		return math.Round(f)
	}
	return math.Round(f*1e6) / 1e6
}
