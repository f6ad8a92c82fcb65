package content

import (
	"fmt"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
)

// Records is how many log records a round has.
const Records = 3

// Logs are a round's log records, of the request that the round's trace is of: a line, a body with structure, an event.
func (r Run) Logs(seq int64) *collogs.ExportLogsServiceRequest {
	ids, d := r.draws(seq, "traces"), r.draws(seq, "logs")
	trace, root := ids.id(16), ids.id(8)
	web, _ := r.Services()
	resource := r.resource(web)
	records := make([]*logspb.LogRecord, Records)
	for i := range records {
		records[i] = &logspb.LogRecord{
			TimeUnixNano: r.moment(seq, i), ObservedTimeUnixNano: r.moment(seq, i+4), TraceId: trace, SpanId: root, Flags: 1,
			SeverityNumber: []logspb.SeverityNumber{9, 13, 17}[i], SeverityText: []string{"INFO", "WARN", "ERROR"}[i],
			Body: text("", fmt.Sprintf("canary %s says %s", r.Item(seq, i), d.words())).Value, Attributes: r.marks(seq, i),
		}
	}
	records[1].Body = &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{
		Values: []*commonpb.KeyValue{text("word", d.words()), whole("number", int64(d.below(1000)))},
	}}}
	records[2].EventName = "canary.event"
	records[2].Attributes = append(records[2].Attributes, everyType(d)...)
	for _, l := range records {
		l.Attributes = append(l.Attributes, text(signatureKey, r.sign(RecordFields(resource, scope, l))))
	}
	return &collogs.ExportLogsServiceRequest{ResourceLogs: []*logspb.ResourceLogs{{
		Resource: resource, ScopeLogs: []*logspb.ScopeLogs{{Scope: scope, LogRecords: records}},
	}}}
}

// RecordFields is the content of a log record.
func RecordFields(resource *resourcepb.Resource, scope *commonpb.InstrumentationScope, l *logspb.LogRecord) Fields {
	f := Fields{}
	f.origin(resource, scope)
	f.number("time", l.TimeUnixNano)
	f.number("observed", l.ObservedTimeUnixNano)
	f.set("trace id", ID(l.TraceId))
	f.set("span id", ID(l.SpanId))
	f.number("flags", uint64(l.Flags))
	f.number("severity", uint64(l.SeverityNumber))
	f.set("severity text", l.SeverityText)
	f.set("event name", l.EventName)
	f["body"] = Value(l.Body)
	f.attrs(attrPrefix, l.Attributes)
	f.number("dropped attributes", uint64(l.DroppedAttributesCount))
	return f
}
