package traceapi

import (
	"math"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/traces"
)

func TestApdexByBuckets(t *testing.T) {
	at := func(d time.Duration) uint16 { return traces.LatencyBucket(uint64(d)) }
	m := &traces.Measure{OK: 70, Error: 10, Fault: 20, Latency: map[uint16]float64{at(10 * time.Millisecond): 50, at(time.Second): 30, at(10 * time.Second): 20}}
	// Half satisfied, 30 of 100 tolerating, a fifth of all faults.
	if a := apdexOf(m, 500*time.Millisecond); a == nil || math.Abs(a.Score-0.65*0.8) > 0.001 || a.Threshold != 5e8 {
		t.Errorf("%+v", a)
	}
	if a := apdexOf(&traces.Measure{}, time.Second); a != nil {
		t.Errorf("without requests: %+v", a)
	}
	// Within the bucket of T the split is off by no more than the bucket's own weight.
	one := &traces.Measure{OK: 1, Latency: map[uint16]float64{at(500 * time.Millisecond): 1}}
	if a := apdexOf(one, 500*time.Millisecond); a.Score < 0.5 || a.Score > 1 {
		t.Errorf("in the bucket: %+v", a)
	}
}
