package content

import (
	"fmt"
	"math"
	"slices"
	"time"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	colmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
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

// Names of a run's metrics: one series each.
const (
	GaugeName     = "sightline.canary.gauge"
	SumName       = "sightline.canary.count"
	HistogramName = "sightline.canary.latency"
)

// Points is how many data points a round has.
const Points = 3

// bounds of the histogram's buckets, in seconds.
var bounds = []float64{0.005, 0.05, 0.5}

// Metrics are a round's data points: a gauge, a cumulative sum that begins anew at midnight, a delta histogram. Points carry no
// signature, since an attribute that changes makes a new series: their values follow from the key instead.
func (r Run) Metrics(seq int64) *colmetrics.ExportMetricsServiceRequest {
	d := r.draws(seq, "metrics")
	web, _ := r.Services()
	at, attrs := r.At(seq), []*commonpb.KeyValue{text(runKey, r.ID())}
	now, midnight := uint64(at.UnixNano()), at.Truncate(24*time.Hour)
	counts := []uint64{uint64(d.below(10)), uint64(d.below(10)), uint64(d.below(10)), uint64(d.below(10))}
	total, sum := uint64(0), 0.0
	for i, n := range counts {
		total += n
		sum += float64(float64(n) * []float64{0.004, 0.04, 0.4, 4}[i]) // rounded here, not fused: the same on every machine
	}
	metrics := []*metricspb.Metric{
		{Name: GaugeName, Unit: "1", Description: "What the canary drew", Data: &metricspb.Metric_Gauge{Gauge: &metricspb.Gauge{
			DataPoints: []*metricspb.NumberDataPoint{{
				Attributes: attrs, TimeUnixNano: now, Value: &metricspb.NumberDataPoint_AsDouble{AsDouble: float64(d.below(1<<50)) / math.Pi},
			}},
		}}},
		{Name: SumName, Unit: "ms", Description: "Milliseconds since midnight", Data: &metricspb.Metric_Sum{Sum: &metricspb.Sum{
			IsMonotonic: true, AggregationTemporality: metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE,
			DataPoints: []*metricspb.NumberDataPoint{{
				Attributes: attrs, StartTimeUnixNano: uint64(midnight.UnixNano()), TimeUnixNano: now,
				Value: &metricspb.NumberDataPoint_AsInt{AsInt: at.Sub(midnight).Milliseconds()},
			}},
		}}},
		{Name: HistogramName, Unit: "s", Description: "Latencies that the canary drew", Data: &metricspb.Metric_Histogram{Histogram: &metricspb.Histogram{
			AggregationTemporality: metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA,
			DataPoints: []*metricspb.HistogramDataPoint{{
				Attributes: attrs, StartTimeUnixNano: uint64(r.At(seq - 1).UnixNano()), TimeUnixNano: now,
				Count: total, Sum: &sum, BucketCounts: counts, ExplicitBounds: bounds,
			}},
		}}},
	}
	return &colmetrics.ExportMetricsServiceRequest{ResourceMetrics: []*metricspb.ResourceMetrics{{
		Resource: r.resource(web), ScopeMetrics: []*metricspb.ScopeMetrics{{Scope: scope, Metrics: metrics}},
	}}}
}

// PointFields is the content of the one point of a metric.
func PointFields(m *metricspb.Metric) Fields {
	f := Fields{"name": m.Name}
	f.set("unit", m.Unit)
	number := func(kind string, p *metricspb.NumberDataPoint) {
		f["kind"] = kind
		f.number("time", p.TimeUnixNano)
		f.number("start", p.StartTimeUnixNano)
		f.attrs(attrPrefix, p.Attributes)
		if v, ok := p.Value.(*metricspb.NumberDataPoint_AsInt); ok {
			f["value"] = fmt.Sprintf("int:%d", v.AsInt)
		} else {
			f["value"] = "double:" + Float(p.GetAsDouble())
		}
	}
	switch data := m.Data.(type) {
	case *metricspb.Metric_Gauge:
		number("gauge", data.Gauge.DataPoints[0])
	case *metricspb.Metric_Sum:
		number("sum", data.Sum.DataPoints[0])
	case *metricspb.Metric_Histogram:
		p := data.Histogram.DataPoints[0]
		f["kind"] = "histogram"
		f.number("time", p.TimeUnixNano)
		f.number("start", p.StartTimeUnixNano)
		f.attrs(attrPrefix, p.Attributes)
		f["count"], f["sum"] = fmt.Sprint(p.Count), Float(p.GetSum())
		f["bounds"], f["counts"] = fmt.Sprint(slices.Clone(p.ExplicitBounds)), fmt.Sprint(p.BucketCounts)
	}
	return f
}

// Items is how many items a round has of a signal: traces, logs or metrics.
func (r Run) Items(seq int64, signal string) int {
	switch signal {
	case "traces":
		return 1 + 3*r.Edges(seq).Calls
	case "logs":
		return Records
	case "metrics":
		return Points
	}
	return 0
}
