package content

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	colmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
)

// Names of a run's metrics: one series each.
const (
	GaugeName     = "sightline.canary.gauge"
	SumName       = "sightline.canary.count"
	HistogramName = "sightline.canary.latency"
)

// Points is how many data points a round has.
const Points = 3

// bounds of the histogram's buckets, in seconds, and what a value in each bucket is.
var (
	bounds = []float64{0.005, 0.05, 0.5}
	inside = []float64{0.004, 0.04, 0.4, 4}
)

// Metrics are a round's data points, one of each metric: a gauge, a cumulative sum that begins anew at midnight, a delta histogram.
// Each has an exemplar, which names the round's trace and carries the signature: an attribute that changes would make a new series.
func (r Run) Metrics(seq int64) *colmetrics.ExportMetricsServiceRequest {
	ids, d := r.draws(seq, "traces"), r.draws(seq, "metrics")
	trace, root := ids.id(16), ids.id(8)
	web, _ := r.Services()
	at, attrs := r.At(seq), []*commonpb.KeyValue{text(runKey, r.ID())}
	now, midnight := uint64(at.UnixNano()), at.Truncate(24*time.Hour)
	exemplars := func(v float64) []*metricspb.Exemplar {
		return []*metricspb.Exemplar{{TimeUnixNano: now, TraceId: trace, SpanId: root, Value: &metricspb.Exemplar_AsDouble{AsDouble: v}}}
	}
	gauge := float64(d.below(1<<50)) / math.Pi
	sinceMidnight := at.Sub(midnight).Milliseconds()
	counts := make([]uint64, len(inside))
	total, sum := uint64(0), 0.0
	for i := range counts {
		counts[i] = uint64(d.below(10))
		total += counts[i]
		sum += float64(float64(counts[i]) * inside[i]) // rounded here, not fused: the same on every machine
	}
	metrics := []*metricspb.Metric{
		{Name: GaugeName, Unit: "1", Description: "What the canary drew", Data: &metricspb.Metric_Gauge{Gauge: &metricspb.Gauge{
			DataPoints: []*metricspb.NumberDataPoint{{
				Attributes: attrs, TimeUnixNano: now, Value: &metricspb.NumberDataPoint_AsDouble{AsDouble: gauge}, Exemplars: exemplars(gauge),
			}},
		}}},
		{Name: SumName, Unit: "ms", Description: "Milliseconds since midnight", Data: &metricspb.Metric_Sum{Sum: &metricspb.Sum{
			IsMonotonic: true, AggregationTemporality: metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE,
			DataPoints: []*metricspb.NumberDataPoint{{
				Attributes: attrs, StartTimeUnixNano: uint64(midnight.UnixNano()), TimeUnixNano: now,
				Value: &metricspb.NumberDataPoint_AsInt{AsInt: sinceMidnight}, Exemplars: exemplars(float64(sinceMidnight)),
			}},
		}}},
		{Name: HistogramName, Unit: "s", Description: "Latencies that the canary drew", Data: &metricspb.Metric_Histogram{Histogram: &metricspb.Histogram{
			AggregationTemporality: metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA,
			DataPoints: []*metricspb.HistogramDataPoint{{
				Attributes: attrs, StartTimeUnixNano: uint64(r.At(seq - 1).UnixNano()), TimeUnixNano: now,
				Count: total, Sum: &sum, BucketCounts: counts, ExplicitBounds: bounds, Exemplars: exemplars(inside[0]),
			}},
		}}},
	}
	resource := r.resource(web)
	for _, m := range metrics {
		for _, x := range exemplarsOf(m) {
			x.FilteredAttributes = r.marks(seq, 0)[1:]
			x.FilteredAttributes = append(x.FilteredAttributes, text(signatureKey, r.sign(PointFields(resource, scope, m))))
		}
	}
	return &colmetrics.ExportMetricsServiceRequest{ResourceMetrics: []*metricspb.ResourceMetrics{{
		Resource: resource, ScopeMetrics: []*metricspb.ScopeMetrics{{Scope: scope, Metrics: metrics}},
	}}}
}

func exemplarsOf(m *metricspb.Metric) []*metricspb.Exemplar {
	switch data := m.Data.(type) {
	case *metricspb.Metric_Gauge:
		return data.Gauge.DataPoints[0].Exemplars
	case *metricspb.Metric_Sum:
		return data.Sum.DataPoints[0].Exemplars
	case *metricspb.Metric_Histogram:
		return data.Histogram.DataPoints[0].Exemplars
	}
	return nil
}

// PointFields is the content of the one point of a metric. Attributes of its exemplar are spelled as the point's: OpenTelemetry says that
// they were.
func PointFields(resource *resourcepb.Resource, scope *commonpb.InstrumentationScope, m *metricspb.Metric) Fields {
	f := Fields{}
	f.origin(resource, scope)
	f.set("name", m.Name)
	f.set("unit", m.Unit)
	f.set("description", m.Description)
	number := func(kind string, p *metricspb.NumberDataPoint) {
		f["kind"] = kind
		f.number("time", p.TimeUnixNano)
		f.number("start", p.StartTimeUnixNano)
		f.attrs(attrPrefix, p.Attributes)
		if v, ok := p.Value.(*metricspb.NumberDataPoint_AsInt); ok {
			f["value"] = "int:" + strconv.FormatInt(v.AsInt, 10)
		} else {
			f["value"] = "double:" + Float(p.GetAsDouble())
		}
	}
	switch data := m.Data.(type) {
	case *metricspb.Metric_Gauge:
		number("gauge", data.Gauge.DataPoints[0])
	case *metricspb.Metric_Sum:
		f["temporality"] = Temporality(data.Sum.AggregationTemporality)
		f["monotonic"] = strconv.FormatBool(data.Sum.IsMonotonic)
		number("sum", data.Sum.DataPoints[0])
	case *metricspb.Metric_Histogram:
		p := data.Histogram.DataPoints[0]
		f["kind"], f["temporality"] = "histogram", Temporality(data.Histogram.AggregationTemporality)
		f.number("time", p.TimeUnixNano)
		f.number("start", p.StartTimeUnixNano)
		f.attrs(attrPrefix, p.Attributes)
		f["count"], f["sum"] = fmt.Sprint(p.Count), Float(p.GetSum())
		f["bounds"], f["counts"] = Floats(p.ExplicitBounds), fmt.Sprint(p.BucketCounts)
	}
	for _, x := range exemplarsOf(m) {
		f.set("exemplar trace id", ID(x.TraceId))
		f.set("exemplar span id", ID(x.SpanId))
		f["exemplar value"] = Float(x.GetAsDouble())
		f.attrs(attrPrefix, x.FilteredAttributes)
	}
	return f
}

// Temporality in the API's words.
func Temporality(t metricspb.AggregationTemporality) string {
	return [...]string{"", "delta", "cumulative"}[t]
}

// Floats spells a list of numbers.
func Floats(list []float64) string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = Float(v)
	}
	return "[" + strings.Join(texts, " ") + "]"
}
