// Package promotlp turns Prometheus's samples into OTLP metrics such that nothing is lost: from what it makes, the labels and the
// values that came in can be read back exactly. It refuses to guess: a series stays a series, a classic histogram its buckets.
//
// What it makes: a metric has the series' name as it came, every other label is an attribute of the point, except job and instance,
// which are service.name and service.instance.id of the resource, where OpenTelemetry's compatibility rules want them. The scope
// is ScopeName: a reader that sees it adds no suffix, translates no name and takes no label from the scope.
//   - Floats are gauges, counters too, and a metric has no unit: kind and unit are part of what a stored series is, but Prometheus
//     knows them only at times (never in a stale marker, once a minute in remote write 1.0), and a series must not become two by it.
//     Counters and units are told in the metadata instead, which identifies nothing.
//   - A native histogram is an exponential histogram, one with custom buckets an explicit one.
//   - A stale marker is a point with the flag "no recorded value", whatever the series is otherwise.
//   - An exemplar that came without its sample is on a point that has no value and no such flag.
//     Whoever reads values leaves it out.
//   - MetaType and MetaUnit in the metric's metadata are Prometheus's, where they are known. MetaHistogram holds the histogram itself,
//     where OTLP can't say it: with counts that are no integers, or finer than a list of MaxBuckets buckets can be.
package promotlp

import (
	"encoding/hex"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/metadata"
	"github.com/prometheus/prometheus/model/value"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// Names that a reader knows this package's metrics by.
const (
	ScopeName     = "github.com/prometheus/prometheus"
	MetaType      = "prometheus.type" // counter, gauge, histogram, gaugehistogram, summary, info or stateset
	MetaUnit      = "prometheus.unit"
	MetaHistogram = "prometheus.histogram" // bytes of a prompb.Histogram
)

const (
	labelJob      = "job"
	labelInstance = "instance"
	labelTrace    = "trace_id" // of exemplars
	labelSpan     = "span_id"
	keyService    = "service.name"
	keyInstance   = "service.instance.id"
)

// Sample is one of a series: a float, or a histogram where H or FH is set.
type Sample struct {
	Start, Time int64 // ms since the epoch; Start 0: not known
	Value       float64
	H           *histogram.Histogram
	FH          *histogram.FloatHistogram
}

// Series is what came for one set of labels.
type Series struct {
	Labels    labels.Labels
	Metadata  metadata.Metadata
	Samples   []Sample
	Exemplars []exemplar.Exemplar
}

// Batch collects series into metrics. The zero value is not ready; see NewBatch.
type Batch struct {
	Metrics   pmetric.Metrics
	resources map[resourceKey]pmetric.ScopeMetrics
	metrics   map[metricKey]pmetric.Metric
}

type resourceKey struct{ job, instance string }

type metricKey struct {
	resource         resourceKey
	name, unit, help string
	kind             pmetric.MetricType
	meta             model.MetricType
}

// NewBatch is empty.
func NewBatch() *Batch {
	return &Batch{Metrics: pmetric.NewMetrics(), resources: map[resourceKey]pmetric.ScopeMetrics{}, metrics: map[metricKey]pmetric.Metric{}}
}

// Add adds a series. An error is one of a histogram that is not valid, and the samples before it are in.
func (b *Batch) Add(s *Series) error {
	first := -1 // index of the first point, which carries the exemplars
	var carrier pmetric.ExemplarSlice
	for i := range s.Samples {
		var to pmetric.ExemplarSlice
		var err error
		switch sample := &s.Samples[i]; {
		case sample.FH != nil:
			to, err = b.histogram(s, sample, sample.FH)
		case sample.H != nil:
			to, err = b.histogram(s, sample, nil)
		default:
			to = b.float(s, sample)
		}
		if err != nil {
			return err
		}
		if first < 0 {
			first, carrier = i, to
		}
	}
	if len(s.Exemplars) == 0 {
		return nil
	}
	if first < 0 {
		p := b.numbers(s).AppendEmpty()
		attributes(s.Labels, p.Attributes())
		p.SetTimestamp(nanos(s.Exemplars[len(s.Exemplars)-1].Ts))
		carrier = p.Exemplars()
	}
	for _, e := range s.Exemplars {
		addExemplar(carrier.AppendEmpty(), e)
	}
	return nil
}

func (b *Batch) float(s *Series, sample *Sample) pmetric.ExemplarSlice {
	p := b.numbers(s).AppendEmpty()
	attributes(s.Labels, p.Attributes())
	p.SetTimestamp(nanos(sample.Time))
	p.SetStartTimestamp(nanos(sample.Start))
	if value.IsStaleNaN(sample.Value) {
		p.SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(true))
	} else {
		p.SetDoubleValue(sample.Value)
	}
	return p.Exemplars()
}

// numbers is where the floats of a series go.
func (b *Batch) numbers(s *Series) pmetric.NumberDataPointSlice {
	m, fresh := b.metric(s, pmetric.MetricTypeGauge)
	if fresh {
		m.SetEmptyGauge()
	}
	return m.Gauge().DataPoints()
}

// metric finds or makes the metric of a series; fresh says that it has no data yet.
func (b *Batch) metric(s *Series, kind pmetric.MetricType) (m pmetric.Metric, fresh bool) {
	key := keyOf(s, kind)
	if m, ok := b.metrics[key]; ok {
		return m, false
	}
	m = b.newMetric(key)
	b.metrics[key] = m
	return m, true
}

func keyOf(s *Series, kind pmetric.MetricType) metricKey {
	meta := s.Metadata
	if meta.Type == model.MetricTypeUnknown {
		meta.Type = ""
	}
	return metricKey{
		resource: resourceKey{s.Labels.Get(labelJob), s.Labels.Get(labelInstance)}, name: s.Labels.Get(model.MetricNameLabel),
		unit: meta.Unit, help: meta.Help, kind: kind, meta: meta.Type,
	}
}

func (b *Batch) newMetric(key metricKey) pmetric.Metric {
	scope, ok := b.resources[key.resource]
	if !ok {
		rm := b.Metrics.ResourceMetrics().AppendEmpty()
		for _, l := range [...]struct{ key, value string }{{keyService, key.resource.job}, {keyInstance, key.resource.instance}} {
			if l.value != "" {
				rm.Resource().Attributes().PutStr(l.key, l.value)
			}
		}
		scope = rm.ScopeMetrics().AppendEmpty()
		scope.Scope().SetName(ScopeName)
		b.resources[key.resource] = scope
	}
	m := scope.Metrics().AppendEmpty()
	m.SetName(key.name)
	m.SetDescription(key.help)
	if key.meta != "" {
		m.Metadata().PutStr(MetaType, string(key.meta))
	}
	if key.unit != "" {
		m.Metadata().PutStr(MetaUnit, key.unit)
	}
	return m
}

// attributes are all labels that are not said elsewhere.
func attributes(ls labels.Labels, to pcommon.Map) {
	to.EnsureCapacity(ls.Len())
	ls.Range(func(l labels.Label) {
		switch l.Name {
		case model.MetricNameLabel, labelJob, labelInstance:
		default:
			to.PutStr(l.Name, l.Value)
		}
	})
}

func addExemplar(to pmetric.Exemplar, e exemplar.Exemplar) {
	to.SetDoubleValue(e.Value)
	to.SetTimestamp(nanos(e.Ts))
	e.Labels.Range(func(l labels.Label) {
		// Only ids that can be read back to the same text become ids.
		if b, err := hex.DecodeString(l.Value); err == nil && strings.ToLower(l.Value) == l.Value {
			if id := (pcommon.TraceID)(pad16(b)); l.Name == labelTrace && len(b) == 16 && !id.IsEmpty() {
				to.SetTraceID(id)
				return
			}
			if id := (pcommon.SpanID)(pad8(b)); l.Name == labelSpan && len(b) == 8 && !id.IsEmpty() {
				to.SetSpanID(id)
				return
			}
		}
		to.FilteredAttributes().PutStr(strings.Clone(l.Name), strings.Clone(l.Value))
	})
}

func pad16(b []byte) (out [16]byte) { copy(out[:], b); return out }
func pad8(b []byte) (out [8]byte)   { copy(out[:], b); return out }

// nanos turns milliseconds into OTLP's time; what is before 1970 is no time in OTLP.
func nanos(ms int64) pcommon.Timestamp {
	if ms < 0 || ms > maxMillis {
		return 0
	}
	return pcommon.Timestamp(ms * 1e6)
}

const maxMillis = (1<<63 - 1) / 1_000_000
