package jsonpb

// format is how a field's value is written in JSON and in protobuf.
type format uint8

const (
	asString format = iota
	asHex16         // trace id: 32 hex digits
	asHex8          // span id: 16 hex digits
	asBase64
	asBool
	asInt64
	asUint32
	asUint64
	asSint32 // zigzag
	asEnum   // a number; OTLP does not allow names
	asDouble
	asFixed64
	asSfixed64
	asFixed32
	asMessage
)

type field struct {
	name     string
	num      uint32
	format   format
	repeated bool
	packed   bool // repeated numbers, one after the other
	said     bool // a zero is not the same as nothing: of a oneof, or optional
	message  *message
}

// message is what JSON may say of one.
type message struct {
	fields []field
	nests  bool // an AnyValue: the only message that contains itself
}

// find looks a field up by its lowerCamel name.
func (m *message) find(name []byte) *field {
	for i := range m.fields {
		if f := &m.fields[i]; len(f.name) == len(name) && f.name == string(name) {
			return f
		}
	}
	return nil
}

func one(name string, num uint32, f format) field { return field{name: name, num: num, format: f} }
func many(name string, num uint32, f format) field {
	return field{name: name, num: num, format: f, repeated: true}
}
func said(name string, num uint32, f format) field {
	return field{name: name, num: num, format: f, said: true}
}

func packed(name string, num uint32, f format) field {
	return field{name: name, num: num, format: f, repeated: true, packed: true}
}

func sub(name string, num uint32, m *message) field {
	return field{name: name, num: num, format: asMessage, message: m}
}

func list(name string, num uint32, m *message) field {
	return field{name: name, num: num, format: asMessage, repeated: true, message: m}
}

func newMessage(fields ...field) *message { return &message{fields: fields} }

// common are the messages of common.proto and resource.proto.
type common struct{ value, keyValue, resource, scope *message }

func newCommon() common {
	value, keyValue := &message{nests: true}, &message{}
	values := func(m *message) *message { return newMessage(list("values", 1, m)) } // ArrayValue and KeyValueList
	value.fields = []field{
		said("stringValue", 1, asString),
		said("boolValue", 2, asBool),
		said("intValue", 3, asInt64),
		said("doubleValue", 4, asDouble),
		sub("arrayValue", 5, values(value)),
		sub("kvlistValue", 6, values(keyValue)),
		said("bytesValue", 7, asBase64),
	}
	keyValue.fields = []field{one("key", 1, asString), sub("value", 2, value)}
	entity := newMessage(one("schemaUrl", 1, asString), one("type", 2, asString), many("idKeys", 3, asString), many("descriptionKeys", 4, asString))
	return common{
		value: value, keyValue: keyValue,
		resource: newMessage(list("attributes", 1, keyValue), one("droppedAttributesCount", 2, asUint32), list("entityRefs", 3, entity)),
		scope: newMessage(one("name", 1, asString), one("version", 2, asString), list("attributes", 3, keyValue),
			one("droppedAttributesCount", 4, asUint32)),
	}
}

// request is the request of a signal, whose parts are called Spans, Logs or Metrics and whose items are the scopes' last field.
func (c common) request(signal, items string, item *message) *message {
	scope := newMessage(sub("scope", 1, c.scope), list(items, 2, item), one("schemaUrl", 3, asString))
	resource := newMessage(sub("resource", 1, c.resource), list("scope"+signal, 2, scope), one("schemaUrl", 3, asString))
	return newMessage(list("resource"+signal, 1, resource))
}

// The requests of OTLP 1.x.
var (
	traces  = newCommon().traces()
	logs    = newCommon().logs()
	metrics = newCommon().metrics()
)

// traces is ExportTraceServiceRequest: trace.proto.
func (c common) traces() *message {
	event := newMessage(one("timeUnixNano", 1, asFixed64), one("name", 2, asString), list("attributes", 3, c.keyValue),
		one("droppedAttributesCount", 4, asUint32))
	link := newMessage(one("traceId", 1, asHex16), one("spanId", 2, asHex8), one("traceState", 3, asString), one("flags", 6, asFixed32),
		list("attributes", 4, c.keyValue), one("droppedAttributesCount", 5, asUint32))
	status := newMessage(one("message", 2, asString), one("code", 3, asEnum))
	return c.request("Spans", "spans", newMessage(
		one("traceId", 1, asHex16),
		one("spanId", 2, asHex8),
		one("traceState", 3, asString),
		one("parentSpanId", 4, asHex8),
		one("name", 5, asString),
		one("kind", 6, asEnum),
		one("startTimeUnixNano", 7, asFixed64),
		one("endTimeUnixNano", 8, asFixed64),
		list("events", 11, event),
		one("droppedEventsCount", 12, asUint32),
		list("links", 13, link),
		one("droppedLinksCount", 14, asUint32),
		sub("status", 15, status),
		one("flags", 16, asFixed32),
		list("attributes", 9, c.keyValue),
		one("droppedAttributesCount", 10, asUint32),
	))
}

// logs is ExportLogsServiceRequest: logs.proto.
func (c common) logs() *message {
	return c.request("Logs", "logRecords", newMessage(
		one("timeUnixNano", 1, asFixed64),
		one("severityNumber", 2, asEnum),
		one("severityText", 3, asString),
		sub("body", 5, c.value),
		list("attributes", 6, c.keyValue),
		one("droppedAttributesCount", 7, asUint32),
		one("flags", 8, asFixed32),
		one("traceId", 9, asHex16),
		one("spanId", 10, asHex8),
		one("observedTimeUnixNano", 11, asFixed64),
		one("eventName", 12, asString),
	))
}

// metrics is ExportMetricsServiceRequest: metrics.proto.
func (c common) metrics() *message {
	exemplar := newMessage(one("timeUnixNano", 2, asFixed64), said("asDouble", 3, asDouble), one("spanId", 4, asHex8), one("traceId", 5, asHex16),
		said("asInt", 6, asSfixed64), list("filteredAttributes", 7, c.keyValue))
	number := newMessage(
		one("startTimeUnixNano", 2, asFixed64),
		one("timeUnixNano", 3, asFixed64),
		said("asDouble", 4, asDouble),
		list("exemplars", 5, exemplar),
		said("asInt", 6, asSfixed64),
		list("attributes", 7, c.keyValue),
		one("flags", 8, asUint32),
	)
	histogram := newMessage(
		one("startTimeUnixNano", 2, asFixed64),
		one("timeUnixNano", 3, asFixed64),
		one("count", 4, asFixed64),
		said("sum", 5, asDouble),
		packed("bucketCounts", 6, asFixed64),
		packed("explicitBounds", 7, asDouble),
		list("exemplars", 8, exemplar),
		list("attributes", 9, c.keyValue),
		one("flags", 10, asUint32),
		said("min", 11, asDouble),
		said("max", 12, asDouble),
	)
	buckets := newMessage(one("offset", 1, asSint32), packed("bucketCounts", 2, asUint64))
	exponential := newMessage(
		list("attributes", 1, c.keyValue),
		one("startTimeUnixNano", 2, asFixed64),
		one("timeUnixNano", 3, asFixed64),
		one("count", 4, asFixed64),
		said("sum", 5, asDouble),
		one("scale", 6, asSint32),
		one("zeroCount", 7, asFixed64),
		sub("positive", 8, buckets),
		sub("negative", 9, buckets),
		one("flags", 10, asUint32),
		list("exemplars", 11, exemplar),
		said("min", 12, asDouble),
		said("max", 13, asDouble),
		one("zeroThreshold", 14, asDouble),
	)
	quantile := newMessage(one("quantile", 1, asDouble), one("value", 2, asDouble))
	summary := newMessage(
		one("startTimeUnixNano", 2, asFixed64),
		one("timeUnixNano", 3, asFixed64),
		one("count", 4, asFixed64),
		one("sum", 5, asDouble),
		list("quantileValues", 6, quantile),
		list("attributes", 7, c.keyValue),
		one("flags", 8, asUint32),
	)
	temporality := one("aggregationTemporality", 2, asEnum)
	return c.request("Metrics", "metrics", newMessage(
		one("name", 1, asString),
		one("description", 2, asString),
		one("unit", 3, asString),
		sub("gauge", 5, newMessage(list("dataPoints", 1, number))),
		sub("sum", 7, newMessage(list("dataPoints", 1, number), temporality, one("isMonotonic", 3, asBool))),
		sub("histogram", 9, newMessage(list("dataPoints", 1, histogram), temporality)),
		sub("exponentialHistogram", 10, newMessage(list("dataPoints", 1, exponential), temporality)),
		sub("summary", 11, newMessage(list("dataPoints", 1, summary))),
		list("metadata", 12, c.keyValue),
	))
}
