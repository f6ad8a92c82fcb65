package metrics_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/encode/encodetest"
)

// row is a stored point, however it was read, with all that its series says. Numbers are their type and their 64 bits.
type row struct {
	Project, Name string
	Series        series
	Resource      map[string]string // only where it was read, too
	Time          int64
	Sent, Start   uint64
	Flags         uint32
	Value         string
	Distribution  distribution
	Exemplars     []string // as text, sorted
	Retention     uint16   // only where it was read, too
}

type series struct {
	Kind                             int
	Temporality                      int32
	Monotonic                        bool
	Unit, Description                string
	Metadata, Attrs                  map[string]string
	Service, Namespace, Env, Version string
	Scope                            encodetest.Scope
}

type distribution struct {
	Count                uint64
	Sum, Min, Max        string // "" not sent
	Bounds, Counts       string
	Scale                int32
	ZeroCount, Threshold uint64
	Positive, Negative   string
	Quantiles            string
}

type exemplar struct {
	At          uint64
	Value       string
	Trace, Span string
	Attrs       map[string]string
}

func (x exemplar) String() string { return toJSON(x) }

func toJSON(v any) string {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(out)
}

func bitsOf(v float64) string { return fmt.Sprintf("%016x", math.Float64bits(v)) }

func allBits(list []float64) string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = bitsOf(v)
	}
	return strings.Join(texts, " ")
}

// model says what is stored of pdata's view of a request.
type model struct {
	project  string
	received time.Time
	policy   batch.Policy
}

// rows gives the points in document order, without those whose ordinals are rejected.
func (m model) rows(md pmetric.Metrics, rejected []uint32) (rows []row) {
	t := encodetest.Model{Redact: m.policy.Redact}
	ordinal := uint32(0)
	for _, rm := range md.ResourceMetrics().All() {
		resource, service := t.Resource(rm.Resource().Attributes())
		for _, sm := range rm.ScopeMetrics().All() {
			scope := t.Scope(sm.Scope(), sm.SchemaUrl())
			for _, metric := range sm.Metrics().All() {
				for _, p := range pointsOf(metric) {
					if ordinal++; slices.Contains(rejected, ordinal-1) {
						continue
					}
					r := m.row(t, metric, p)
					r.Series.Service, r.Series.Namespace, r.Series.Env, r.Series.Version = resource.Service, resource.Namespace, resource.Env, resource.Version
					r.Series.Scope = scope
					r.Retention = m.policy.Metrics.Of(service)
					rows = append(rows, r)
				}
			}
		}
	}
	return rows
}

// dataPoint is a point of any kind.
type dataPoint interface {
	Timestamp() pcommon.Timestamp
	StartTimestamp() pcommon.Timestamp
	Flags() pmetric.DataPointFlags
	Attributes() pcommon.Map
}

func pointsOf(m pmetric.Metric) (points []dataPoint) {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		for _, p := range m.Gauge().DataPoints().All() {
			points = append(points, p)
		}
	case pmetric.MetricTypeSum:
		for _, p := range m.Sum().DataPoints().All() {
			points = append(points, p)
		}
	case pmetric.MetricTypeHistogram:
		for _, p := range m.Histogram().DataPoints().All() {
			points = append(points, p)
		}
	case pmetric.MetricTypeExponentialHistogram:
		for _, p := range m.ExponentialHistogram().DataPoints().All() {
			points = append(points, p)
		}
	case pmetric.MetricTypeSummary:
		for _, p := range m.Summary().DataPoints().All() {
			points = append(points, p)
		}
	}
	return points
}

func (m model) row(t encodetest.Model, metric pmetric.Metric, p dataPoint) row {
	l, meta := encodetest.NewList(), encodetest.NewList()
	kept, keys, _ := t.Attributes(p.Attributes(), l)
	r := row{
		Project: m.project, Name: t.Text(metric.Name(), encodetest.MaxName, l, "metric.name"),
		Time: int64(p.Timestamp()), Sent: uint64(p.Timestamp()), Start: uint64(p.StartTimestamp()), Flags: uint32(p.Flags()), Exemplars: []string{},
	}
	r.Series.Unit = t.Text(metric.Unit(), encodetest.MaxName, l, "metric.unit")
	r.Series.Description = t.Text(metric.Description(), encodetest.MaxValue, l, "metric.description")
	r.Series.Attrs = t.Values(kept, keys, l)
	kept, keys, _ = t.Attributes(metric.Metadata(), meta)
	r.Series.Metadata = t.Values(kept, keys, meta)
	if r.Sent == 0 || r.Sent >= 4102444800e9 {
		r.Time = m.received.UnixNano()
	}
	number := func(p pmetric.NumberDataPoint) {
		switch p.ValueType() {
		case pmetric.NumberDataPointValueTypeDouble:
			r.Value = "double " + bitsOf(p.DoubleValue())
		case pmetric.NumberDataPointValueTypeInt:
			r.Value = fmt.Sprintf("int %016x", uint64(p.IntValue()))
		default:
			r.Value = "none 0000000000000000"
		}
	}
	d := &r.Distribution
	sent := func(has bool, v float64) string {
		if !has {
			return ""
		}
		return bitsOf(v)
	}
	switch p := p.(type) {
	case pmetric.NumberDataPoint:
		number(p)
		r.Exemplars = m.exemplars(t, p.Exemplars())
	case pmetric.HistogramDataPoint:
		d.Count, d.Sum, d.Min, d.Max = p.Count(), sent(p.HasSum(), p.Sum()), sent(p.HasMin(), p.Min()), sent(p.HasMax(), p.Max())
		d.Bounds, d.Counts = allBits(p.ExplicitBounds().AsRaw()), fmt.Sprint(p.BucketCounts().AsRaw())
		r.Exemplars = m.exemplars(t, p.Exemplars())
	case pmetric.ExponentialHistogramDataPoint:
		d.Count, d.Sum, d.Min, d.Max = p.Count(), sent(p.HasSum(), p.Sum()), sent(p.HasMin(), p.Min()), sent(p.HasMax(), p.Max())
		d.Scale, d.ZeroCount, d.Threshold = p.Scale(), p.ZeroCount(), math.Float64bits(p.ZeroThreshold())
		d.Positive = fmt.Sprint(p.Positive().Offset(), p.Positive().BucketCounts().AsRaw())
		d.Negative = fmt.Sprint(p.Negative().Offset(), p.Negative().BucketCounts().AsRaw())
		r.Exemplars = m.exemplars(t, p.Exemplars())
	case pmetric.SummaryDataPoint:
		d.Count, d.Sum = p.Count(), bitsOf(p.Sum())
		for _, q := range p.QuantileValues().All() {
			d.Quantiles += bitsOf(q.Quantile()) + "=" + bitsOf(q.Value()) + " "
		}
	}
	r.Series.Kind = int(metric.Type())
	switch metric.Type() {
	case pmetric.MetricTypeSum:
		r.Series.Temporality, r.Series.Monotonic = int32(metric.Sum().AggregationTemporality()), metric.Sum().IsMonotonic()
	case pmetric.MetricTypeHistogram:
		r.Series.Temporality = int32(metric.Histogram().AggregationTemporality())
	case pmetric.MetricTypeExponentialHistogram:
		r.Series.Temporality = int32(metric.ExponentialHistogram().AggregationTemporality())
	}
	r.normal()
	return r
}

// normal makes what a kind does not have look alike, however it was read.
func (r *row) normal() {
	d := &r.Distribution
	for _, list := range []*string{&d.Counts, &d.Positive, &d.Negative} {
		if *list == "[]" || *list == "0 []" {
			*list = ""
		}
	}
	slices.Sort(r.Exemplars)
}

func (m model) exemplars(t encodetest.Model, from pmetric.ExemplarSlice) (texts []string) {
	texts = []string{}
	for _, x := range from.All() {
		l := encodetest.NewList()
		kept, keys, _ := t.Attributes(x.FilteredAttributes(), l)
		out := exemplar{At: uint64(x.Timestamp()), Trace: x.TraceID().String(), Span: x.SpanID().String(), Attrs: t.Values(kept, keys, l)}
		switch x.ValueType() {
		case pmetric.ExemplarValueTypeDouble:
			out.Value = "double " + bitsOf(x.DoubleValue())
		case pmetric.ExemplarValueTypeInt:
			out.Value = fmt.Sprintf("int %016x", uint64(x.IntValue()))
		default:
			out.Value = "none 0000000000000000"
		}
		texts = append(texts, out.String())
	}
	return texts
}

func marshal(t testing.TB, md pmetric.Metrics) []byte {
	t.Helper()
	body, err := (&pmetric.ProtoMarshaler{}).MarshalMetrics(md)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// textsOf is the rows as text, in an order of their own: the order of rows says nothing.
func textsOf(rows []row) (texts []string) {
	for _, r := range rows {
		texts = append(texts, toJSON(r))
	}
	slices.Sort(texts)
	return texts
}

func same(got, want []row) bool { return slices.Equal(textsOf(got), textsOf(want)) }

// compare reports the first row that differs.
func compare(t testing.TB, got, want []row) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d rows, want %d", len(got), len(want))
	}
	g, w := textsOf(got), textsOf(want)
	for i := range g {
		if g[i] != w[i] {
			t.Errorf("row %d:\n got %.4000s\nwant %.4000s", i, g[i], w[i])
			return
		}
	}
}
