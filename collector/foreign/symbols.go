package foreign

import (
	"google.golang.org/protobuf/encoding/protowire"
)

// Fields of io.prometheus.write.v2.
const (
	requestSymbols  = 4
	requestSeries   = 5
	seriesLabels    = 1 // as in exemplars
	seriesExemplars = 4
	seriesMetadata  = 5
	metadataHelp    = 3
	metadataUnit    = 4
	labelOverhead   = 8 // bytes of a text besides its own, at least
)

// expanded is how many bytes the texts of a request of version 2 are once its references are followed: two bytes may stand for a
// text of megabytes, a million times. It ends early once they are more than the limit. A request that can't be read is left to
// its handler.
func expanded(request []byte, limit int64) int64 {
	var symbols []int32
	eachField(request, func(num protowire.Number, value []byte, _ uint64) bool {
		if num == requestSymbols {
			symbols = append(symbols, int32(len(value)))
		}
		return true
	})
	total := int64(0)
	follow := func(ref uint64) bool {
		if ref < uint64(len(symbols)) {
			total += int64(symbols[ref]) + labelOverhead
		}
		return total <= limit
	}
	list := func(packed []byte, one uint64) bool {
		if packed == nil {
			return follow(one)
		}
		for len(packed) > 0 {
			ref, n := protowire.ConsumeVarint(packed)
			if n < 0 || !follow(ref) {
				return false
			}
			packed = packed[n:]
		}
		return true
	}
	eachField(request, func(num protowire.Number, series []byte, _ uint64) bool {
		if num != requestSeries {
			return true
		}
		eachField(series, func(num protowire.Number, value []byte, one uint64) bool {
			switch num {
			case seriesLabels:
				return list(value, one)
			case seriesExemplars:
				eachField(value, func(num protowire.Number, value []byte, one uint64) bool {
					return num != seriesLabels || list(value, one)
				})
			case seriesMetadata:
				eachField(value, func(num protowire.Number, _ []byte, one uint64) bool {
					return num != metadataHelp && num != metadataUnit || follow(one)
				})
			}
			return total <= limit
		})
		return total <= limit
	})
	return total
}

// eachField calls for each field until it is told to stop: value is what a field with a length holds, never nil, one what a varint is.
func eachField(b []byte, call func(num protowire.Number, value []byte, one uint64) bool) {
	for len(b) > 0 {
		num, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return
		}
		b = b[n:]
		var value []byte
		var one uint64
		switch kind {
		case protowire.BytesType:
			value, n = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			one, n = protowire.ConsumeVarint(b)
		default:
			n = protowire.ConsumeFieldValue(num, kind, b)
			num = 0 // of no interest
		}
		if n < 0 || !call(num, value, one) {
			return
		}
		b = b[n:]
	}
}
