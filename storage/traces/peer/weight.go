package peer

import (
	"math"
	"strings"
)

// Weight is how many requests this sampled span stands for: from the W3C tracestate's OpenTelemetry member (`ot=th:...`, or
// the older `ot=p:...`), else from an adjusted-count attribute, else 1. It is finite and never negative.
func Weight(traceState string, in *Input) float64 {
	if traceState != "" {
		if w, ok := stateWeight(traceState); ok {
			return w
		}
	}
	if in.set&(1<<AdjustedCount) == 0 {
		return 1
	}
	switch v := &in.vals[AdjustedCount]; {
	case v.Type == Int && v.Int >= 1:
		return math.Min(float64(v.Int), maxWeight)
	case v.Type == Float && v.Num >= 0 && !math.IsInf(v.Num, 0):
		return math.Min(v.Num, maxWeight)
	}
	return 1
}

// maxWeight is the largest weight that a 56-bit threshold can express.
const maxWeight = 1 << 56

// stateWeight reads the list-member "ot" of a tracestate.
func stateWeight(state string) (float64, bool) {
	for member := range strings.SplitSeq(state, ",") {
		value, ok := strings.CutPrefix(strings.TrimSpace(member), "ot=")
		if !ok {
			continue
		}
		for field := range strings.SplitSeq(value, ";") {
			if th, ok := strings.CutPrefix(field, "th:"); ok {
				return thresholdWeight(th)
			}
			if p, ok := strings.CutPrefix(field, "p:"); ok {
				return powerWeight(p)
			}
		}
		return 0, false
	}
	return 0, false
}

// thresholdWeight turns a rejection threshold, 1 to 14 hex digits of a 56-bit fraction, into an adjusted count.
func thresholdWeight(digits string) (float64, bool) {
	if len(digits) == 0 || len(digits) > 14 {
		return 0, false
	}
	var t uint64
	for i := range 14 {
		t <<= 4
		if i >= len(digits) {
			continue
		}
		switch c := digits[i]; {
		case c >= '0' && c <= '9':
			t |= uint64(c - '0')
		case c >= 'a' && c <= 'f':
			t |= uint64(c-'a') + 10
		default:
			return 0, false
		}
	}
	return (1 << 56) / float64(1<<56-t), true
}

// powerWeight turns a power-of-two sampling exponent into an adjusted count; 63 means that the span was not counted.
func powerWeight(digits string) (float64, bool) {
	p := 0
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' || p > 63 {
			return 0, false
		}
		p = p*10 + int(c-'0')
	}
	switch {
	case digits == "" || p > 63:
		return 0, false
	case p == 63:
		return 0, true
	}
	return math.Min(math.Exp2(float64(p)), maxWeight), true
}
