package sample

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
)

// Metrics is a request of so many data points at the given time, ten for a metric, of all five kinds in turn.
func Metrics(seed uint64, points int, at time.Time) pmetric.Metrics {
	rnd := rand.New(rand.NewPCG(seed, 200))
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	resource(rm.Resource(), rnd)
	sm := rm.ScopeMetrics().AppendEmpty()
	sm.Scope().SetName("go.opentelemetry.io/contrib/instrumentation/runtime")
	for first := 0; first < points; first += 10 {
		m := sm.Metrics().AppendEmpty()
		m.SetName(fmt.Sprintf("shop.metric_%d", first/10))
		m.SetUnit("s")
		fillMetric(m, first/10%5, min(10, points-first), rnd, at)
	}
	return md
}

func fillMetric(m pmetric.Metric, kind, points int, rnd *rand.Rand, at time.Time) {
	start, now := pcommon.NewTimestampFromTime(at.Add(-time.Hour)), pcommon.NewTimestampFromTime(at)
	labels := func(a pcommon.Map) {
		a.PutStr("http.route", routes[rnd.IntN(len(routes))])
		a.PutStr("enduser.id", fmt.Sprintf("user-%06d", rnd.IntN(1e6)))
		a.PutInt("http.response.status_code", 200)
	}
	switch kind {
	case 0:
		for list := m.SetEmptyGauge().DataPoints(); list.Len() < points; {
			p := list.AppendEmpty()
			p.SetTimestamp(now)
			p.SetDoubleValue(rnd.Float64())
			labels(p.Attributes())
		}
	case 1:
		m.SetEmptySum().SetIsMonotonic(true)
		m.Sum().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		for list := m.Sum().DataPoints(); list.Len() < points; {
			p := list.AppendEmpty()
			p.SetStartTimestamp(start)
			p.SetTimestamp(now)
			p.SetIntValue(rnd.Int64N(1e6))
			labels(p.Attributes())
		}
	case 2:
		m.SetEmptyHistogram().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		for list := m.Histogram().DataPoints(); list.Len() < points; {
			p := list.AppendEmpty()
			p.SetStartTimestamp(start)
			p.SetTimestamp(now)
			p.SetCount(12)
			p.SetSum(3.5)
			p.ExplicitBounds().FromRaw([]float64{0.005, 0.01, 0.1, 1})
			p.BucketCounts().FromRaw([]uint64{1, 2, 3, 6, 0})
			labels(p.Attributes())
		}
	case 3:
		m.SetEmptyExponentialHistogram().SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
		for list := m.ExponentialHistogram().DataPoints(); list.Len() < points; {
			p := list.AppendEmpty()
			p.SetStartTimestamp(start)
			p.SetTimestamp(now)
			p.SetCount(307)
			p.SetSum(3.5)
			p.SetScale(3)
			p.Positive().SetOffset(-4)
			p.Positive().BucketCounts().FromRaw([]uint64{1, 0, 300, 6})
			labels(p.Attributes())
		}
	case 4:
		for list := m.SetEmptySummary().DataPoints(); list.Len() < points; {
			p := list.AppendEmpty()
			p.SetTimestamp(now)
			p.SetCount(7)
			p.SetSum(3.5)
			q := p.QuantileValues().AppendEmpty()
			q.SetQuantile(0.99)
			q.SetValue(0.2)
			labels(p.Attributes())
		}
	}
}

// MetricRequest is Metrics as the protobuf of an ExportMetricsServiceRequest.
func MetricRequest(seed uint64, points int, at time.Time) []byte {
	body, err := pmetricotlp.NewExportRequestFromMetrics(Metrics(seed, points, at)).MarshalProto()
	must(err)
	return body
}

// EveryMetric is a request that has every field of OTLP's metrics in it, and values of every type.
func EveryMetric(at time.Time) pmetric.Metrics {
	md := Metrics(3, 50, at)
	rm := md.ResourceMetrics().At(0)
	rm.SetSchemaUrl("https://opentelemetry.io/schemas/1.40.0")
	rm.Resource().SetDroppedAttributesCount(7)
	sm := rm.ScopeMetrics().At(0)
	sm.SetSchemaUrl("https://example.com/scope")
	sm.Scope().SetVersion("1.2.3")
	sm.Scope().Attributes().PutStr("scope.key", "scope value")
	sm.Scope().SetDroppedAttributesCount(1)
	exemplars := func(list pmetric.ExemplarSlice) {
		e := list.AppendEmpty()
		e.SetTimestamp(pcommon.NewTimestampFromTime(at))
		e.SetIntValue(-5)
		e.SetTraceID(pcommon.TraceID{1, 2, 3})
		e.SetSpanID(pcommon.SpanID{4, 5})
		everyValue(e.FilteredAttributes())
		list.AppendEmpty().SetDoubleValue(math.NaN())
		list.AppendEmpty()
	}
	ms := sm.Metrics()
	for i := range ms.Len() {
		ms.At(i).SetDescription("what it measures")
		everyValue(ms.At(i).Metadata())
	}
	g := ms.At(0).Gauge().DataPoints()
	g.At(0).SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(true))
	g.At(1).SetDoubleValue(math.NaN())
	g.At(2).SetDoubleValue(math.Inf(1))
	g.At(3).SetDoubleValue(math.Copysign(0, -1))
	pmetric.NewNumberDataPoint().CopyTo(g.At(4))
	everyValue(g.At(5).Attributes())
	exemplars(g.At(6).Exemplars())
	s := ms.At(1).Sum().DataPoints()
	s.At(0).SetIntValue(math.MinInt64)
	s.At(1).SetIntValue(math.MaxInt64)
	s.At(2).SetIntValue(0)
	s.At(3).SetStartTimestamp(s.At(3).Timestamp() + 1)
	exemplars(s.At(4).Exemplars())
	h := ms.At(2).Histogram().DataPoints()
	h.At(0).SetMin(-1.5)
	h.At(0).SetMax(7)
	exemplars(h.At(0).Exemplars())
	h.At(1).RemoveSum()
	h.At(2).ExplicitBounds().FromRaw(nil)
	h.At(2).BucketCounts().FromRaw(nil)
	h.At(3).ExplicitBounds().FromRaw(nil)
	h.At(3).BucketCounts().FromRaw([]uint64{math.MaxUint64})
	h.At(4).ExplicitBounds().FromRaw([]float64{math.Inf(-1), 0, math.Inf(1)})
	h.At(4).BucketCounts().FromRaw([]uint64{0, 0, 1, 0})
	e := ms.At(3).ExponentialHistogram().DataPoints()
	e.At(0).SetMin(-1.5)
	e.At(0).SetMax(7)
	e.At(0).SetScale(-10)
	e.At(0).SetZeroCount(3)
	e.At(0).SetZeroThreshold(1e-9)
	e.At(0).Negative().SetOffset(math.MinInt32)
	e.At(0).Negative().BucketCounts().FromRaw([]uint64{math.MaxUint64, 0, 1})
	exemplars(e.At(0).Exemplars())
	pmetric.NewExponentialHistogramDataPoint().CopyTo(e.At(1))
	q := ms.At(4).Summary().DataPoints()
	q.At(0).QuantileValues().AppendEmpty().SetQuantile(1)
	q.At(1).SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(true))
	sm.Metrics().AppendEmpty().SetName("without data")
	sm.Metrics().AppendEmpty().SetEmptyGauge()
	return md
}
