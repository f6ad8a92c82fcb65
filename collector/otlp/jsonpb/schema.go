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
	asEnum // a number; OTLP does not allow names
	asDouble
	asFixed64
	asFixed32
	asMessage
)

type field struct {
	name     string
	num      uint32
	format   format
	repeated bool
	message  *message
}

// message is what JSON may say of one. In a oneof a zero counts as said.
type message struct {
	fields []field
	oneof  bool
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

// request is ExportTraceServiceRequest: trace.proto, resource.proto and common.proto of OTLP 1.x.
var request = schema()

func schema() *message {
	value, keyValue := &message{oneof: true, nests: true}, &message{}
	list := func(m *message) *message { // ArrayValue and KeyValueList
		return &message{fields: []field{{"values", 1, asMessage, true, m}}}
	}
	value.fields = []field{
		{"stringValue", 1, asString, false, nil},
		{"boolValue", 2, asBool, false, nil},
		{"intValue", 3, asInt64, false, nil},
		{"doubleValue", 4, asDouble, false, nil},
		{"arrayValue", 5, asMessage, false, list(value)},
		{"kvlistValue", 6, asMessage, false, list(keyValue)},
		{"bytesValue", 7, asBase64, false, nil},
	}
	keyValue.fields = []field{
		{"key", 1, asString, false, nil},
		{"value", 2, asMessage, false, value},
	}
	attributes := func(num, dropped uint32) []field {
		return []field{{"attributes", num, asMessage, true, keyValue}, {"droppedAttributesCount", dropped, asUint32, false, nil}}
	}
	newMessage := func(fields ...[]field) *message {
		m := &message{}
		for _, f := range fields {
			m.fields = append(m.fields, f...)
		}
		return m
	}
	entity := newMessage([]field{
		{"schemaUrl", 1, asString, false, nil},
		{"type", 2, asString, false, nil},
		{"idKeys", 3, asString, true, nil},
		{"descriptionKeys", 4, asString, true, nil},
	})
	resource := newMessage(attributes(1, 2), []field{{"entityRefs", 3, asMessage, true, entity}})
	scope := newMessage([]field{{"name", 1, asString, false, nil}, {"version", 2, asString, false, nil}}, attributes(3, 4))
	event := newMessage([]field{{"timeUnixNano", 1, asFixed64, false, nil}, {"name", 2, asString, false, nil}}, attributes(3, 4))
	link := newMessage([]field{
		{"traceId", 1, asHex16, false, nil},
		{"spanId", 2, asHex8, false, nil},
		{"traceState", 3, asString, false, nil},
		{"flags", 6, asFixed32, false, nil},
	}, attributes(4, 5))
	status := newMessage([]field{{"message", 2, asString, false, nil}, {"code", 3, asEnum, false, nil}})
	span := newMessage([]field{
		{"traceId", 1, asHex16, false, nil},
		{"spanId", 2, asHex8, false, nil},
		{"traceState", 3, asString, false, nil},
		{"parentSpanId", 4, asHex8, false, nil},
		{"name", 5, asString, false, nil},
		{"kind", 6, asEnum, false, nil},
		{"startTimeUnixNano", 7, asFixed64, false, nil},
		{"endTimeUnixNano", 8, asFixed64, false, nil},
		{"events", 11, asMessage, true, event},
		{"droppedEventsCount", 12, asUint32, false, nil},
		{"links", 13, asMessage, true, link},
		{"droppedLinksCount", 14, asUint32, false, nil},
		{"status", 15, asMessage, false, status},
		{"flags", 16, asFixed32, false, nil},
	}, attributes(9, 10))
	scopeSpans := newMessage([]field{
		{"scope", 1, asMessage, false, scope},
		{"spans", 2, asMessage, true, span},
		{"schemaUrl", 3, asString, false, nil},
	})
	resourceSpans := newMessage([]field{
		{"resource", 1, asMessage, false, resource},
		{"scopeSpans", 2, asMessage, true, scopeSpans},
		{"schemaUrl", 3, asString, false, nil},
	})
	return newMessage([]field{{"resourceSpans", 1, asMessage, true, resourceSpans}})
}
