package traces

import "math"

// bucketsPerOctave is how finely the rollups keep latency: 8 per doubling, so a bucket is about 9 % wide.
const bucketsPerOctave = 8

// LatencyBucket is the bucket of a duration in ns in the rollups: floor(8*log2(max(ns,1))).
// The SQL of the rollups says the same.
func LatencyBucket(ns uint64) uint16 {
	return uint16(bucketsPerOctave * math.Log2(float64(max(ns, 1))))
}

// BucketBounds are the durations in ns that a bucket covers, [low, high).
func BucketBounds(bucket uint16) (low, high float64) {
	return math.Exp2(float64(bucket) / bucketsPerOctave), math.Exp2(float64(bucket+1) / bucketsPerOctave)
}
