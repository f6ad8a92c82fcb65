package walk

// kind is what a message says of a field.
type kind struct {
	typ uint8
	in  uint8
}

// What is in a field, where its wire type does not say it.
const (
	isPlain = iota
	isAttribute
	isEntity
	isTime     // of a data point
	isExemplar // of a data point
	isQuantile // of a summary
	isBuckets  // of an exponential histogram
	isCounts   // of a histogram's buckets: fixed64, packed or not
	isBounds   // of a histogram's buckets: double, packed or not
)

var (
	unknown   = kind{typ: typeAny}
	text      = kind{typ: typeBytes}
	number    = kind{typ: typeVarint}
	fixed64   = kind{typ: typeFixed64}
	fixed32   = kind{typ: typeFixed32}
	attribute = kind{typ: typeBytes, in: isAttribute}
	entity    = kind{typ: typeBytes, in: isEntity}
	instant   = kind{typ: typeFixed64, in: isTime}
	exemplars = kind{typ: typeBytes, in: isExemplar}
	quantile  = kind{typ: typeBytes, in: isQuantile}
	buckets   = kind{typ: typeBytes, in: isBuckets}
	counts    = kind{typ: typeAny, in: isCounts}
	bounds    = kind{typ: typeAny, in: isBounds}
)

// The messages of trace.proto, logs.proto, metrics.proto, resource.proto and common.proto, by field number.
var (
	resourceFields = fields(map[int]kind{1: attribute, 2: number, 3: entity})
	entityFields   = fields(map[int]kind{1: text, 2: text, 3: text, 4: text})
	scopeFields    = fields(map[int]kind{1: text, 2: text, 3: attribute, 4: number})

	spanFields = fields(map[int]kind{1: text, 2: text, 3: text, 4: text, 5: text, 6: number, 7: fixed64, 8: fixed64, 9: attribute,
		10: number, 11: text, 12: number, 13: text, 14: number, 15: text, 16: fixed32})
	eventFields  = fields(map[int]kind{1: fixed64, 2: text, 3: attribute, 4: number})
	linkFields   = fields(map[int]kind{1: text, 2: text, 3: text, 4: attribute, 5: number, 6: fixed32})
	statusFields = fields(map[int]kind{2: text, 3: number})

	logFields = fields(map[int]kind{1: fixed64, 2: number, 3: text, 5: text, 6: attribute, 7: number, 8: fixed32, 9: text, 10: text,
		11: fixed64, 12: text})

	metricFields    = fields(map[int]kind{1: text, 2: text, 3: text, 5: text, 7: text, 9: text, 10: text, 11: text, 12: attribute})
	sumFields       = fields(map[int]kind{1: text, 2: number, 3: number})
	histogramFields = fields(map[int]kind{1: text, 2: number}) // exponential ones too
	gaugeFields     = fields(map[int]kind{1: text})            // and summaries

	numberPointFields = fields(map[int]kind{2: fixed64, 3: instant, 4: fixed64, 5: exemplars, 6: fixed64, 7: attribute, 8: number})
	histPointFields   = fields(map[int]kind{2: fixed64, 3: instant, 4: fixed64, 5: fixed64, 6: counts, 7: bounds, 8: exemplars,
		9: attribute, 10: number, 11: fixed64, 12: fixed64})
	expPointFields = fields(map[int]kind{1: attribute, 2: fixed64, 3: instant, 4: fixed64, 5: fixed64, 6: number, 7: fixed64,
		8: buckets, 9: buckets, 10: number, 11: exemplars, 12: fixed64, 13: fixed64, 14: fixed64})
	summaryPointFields = fields(map[int]kind{2: fixed64, 3: instant, 4: fixed64, 5: fixed64, 6: quantile, 7: attribute, 8: number})
	exemplarFields     = fields(map[int]kind{2: fixed64, 3: fixed64, 4: text, 5: text, 6: fixed64, 7: attribute})
	quantileFields     = fields(map[int]kind{1: fixed64, 2: fixed64})
)

func fields(known map[int]kind) (out [17]kind) {
	for i := range out {
		out[i] = unknown
	}
	for i, k := range known {
		out[i] = k
	}
	return out
}
