package traceapi

import (
	"math"
	"time"

	"github.com/sightline/sightline/query/servicemap"
	"github.com/sightline/sightline/storage/traces"
)

// Threshold is how long a request of a service may take to satisfy.
type Threshold func(service string) time.Duration

// DefaultThreshold is Apdex's T where nothing is configured.
const DefaultThreshold = 500 * time.Millisecond

type apdexJSON struct {
	Score     float64 `json:"score"` // 0 to 1
	Threshold int64   `json:"threshold_ns"`
}

func (h *handlers) apdex(service string, m *traces.Measure) *apdexJSON {
	t := DefaultThreshold
	if h.Threshold != nil {
		t = h.Threshold(service)
	}
	return apdexOf(m, t)
}

// apdexOf is Apdex by the rollup's buckets, which are 9 % wide: requests in the one that T, or four times T, lies in are split on a log
// scale, as percentiles are. Faults frustrate, however quick; the buckets do not tell them from others, so that they are taken to be as
// slow as the rest. nil without requests.
func apdexOf(m *traces.Measure, t time.Duration) *apdexJSON {
	var total, satisfied, within float64
	for bucket, weight := range m.Latency {
		total += weight
		satisfied += weight * shareBelow(bucket, float64(t))
		within += weight * shareBelow(bucket, 4*float64(t))
	}
	n := m.Requests()
	if total <= 0 || n <= 0 {
		return nil
	}
	score := (satisfied + (within-satisfied)/2) / total * (1 - m.Fault/n)
	return &apdexJSON{servicemap.Round(min(max(score, 0), 1)), int64(t)}
}

// shareBelow is the share of a bucket that lies below a duration in ns.
func shareBelow(bucket uint16, ns float64) float64 {
	low, high := traces.BucketBounds(bucket)
	switch {
	case high <= ns:
		return 1
	case low >= ns:
		return 0
	}
	return math.Log(ns/low) / math.Log(high/low)
}
