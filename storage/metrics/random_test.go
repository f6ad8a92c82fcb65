package metrics_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sightline/sightline/storage/encode/encodetest"
)

// day0 is when the tests' requests arrive.
var day0 = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// staleNaN is Prometheus's marker.
var staleNaN = math.Float64frombits(0x7ff0000000000002)

type generator struct {
	encodetest.Generator
	received time.Time
	points   *int // so far: no two have one time
}

// randomMetrics makes requests of every kind of thing that OTLP can say, odd ones too. clean keeps to what needs no sanitising.
func randomMetrics(r *rand.Rand, received time.Time, clean bool) pmetric.Metrics {
	g := generator{encodetest.Generator{Rand: r, Clean: clean}, received, new(int)}
	md := pmetric.NewMetrics()
	for range 1 + r.IntN(3) {
		rm := md.ResourceMetrics().AppendEmpty()
		g.Attrs(rm.Resource().Attributes(), 6)
		if r.IntN(4) > 0 {
			rm.Resource().Attributes().PutStr("service.name", fmt.Sprintf("service-%d", r.IntN(3)))
		}
		rm.Resource().SetDroppedAttributesCount(uint32(r.IntN(3)))
		rm.SetSchemaUrl(g.Pick("", "https://opentelemetry.io/schemas/1.34.0"))
		for range 1 + r.IntN(2) {
			sm := rm.ScopeMetrics().AppendEmpty()
			sm.Scope().SetName(g.Pick("", "lib", g.Text()))
			sm.Scope().SetVersion(g.Pick("", "1.2.3"))
			sm.SetSchemaUrl(g.Pick("", "https://opentelemetry.io/schemas/1.34.0"))
			if r.IntN(3) == 0 {
				g.Attrs(sm.Scope().Attributes(), 3)
				sm.Scope().SetDroppedAttributesCount(r.Uint32())
			}
			for range r.IntN(5) {
				g.metric(sm.Metrics().AppendEmpty())
			}
		}
	}
	return md
}

func (g generator) metric(m pmetric.Metric) {
	m.SetName(g.Pick("http.server.request.duration", "system.cpu.time", "a", "", "日本語", g.Text()))
	m.SetUnit(g.Pick("", "s", "By", "{request}", "1"))
	m.SetDescription("about " + m.Name()) // the first of a batch is kept, so it must not change
	if len(m.Name()) == 1 {
		m.Metadata().PutStr("prometheus.type", "counter")
		m.Metadata().PutInt("n", 5)
	}
	temporality := pmetric.AggregationTemporality(g.IntN(3))
	if !g.Clean && g.IntN(10) == 0 {
		temporality = -77
	}
	switch g.IntN(6) {
	case 0:
		for range g.IntN(4) {
			g.number(m.SetEmptyGauge().DataPoints().AppendEmpty())
		}
	case 1:
		s := m.SetEmptySum()
		s.SetAggregationTemporality(temporality)
		s.SetIsMonotonic(g.IntN(2) == 0)
		for range g.IntN(4) {
			g.number(s.DataPoints().AppendEmpty())
		}
	case 2:
		h := m.SetEmptyHistogram()
		h.SetAggregationTemporality(temporality)
		for range g.IntN(4) {
			g.histogram(h.DataPoints().AppendEmpty())
		}
	case 3:
		h := m.SetEmptyExponentialHistogram()
		h.SetAggregationTemporality(temporality)
		for range g.IntN(4) {
			g.exponential(h.DataPoints().AppendEmpty())
		}
	case 4:
		for range g.IntN(4) {
			g.summary(m.SetEmptySummary().DataPoints().AppendEmpty())
		}
	}
}

// base is what points of all kinds have.
type base interface {
	SetTimestamp(pcommon.Timestamp)
	SetStartTimestamp(pcommon.Timestamp)
	SetFlags(pmetric.DataPointFlags)
	Attributes() pcommon.Map
}

func (g generator) base(p base) {
	*g.points++
	at := pcommon.Timestamp(g.received.Add(-24 * time.Duration(g.IntN(3)) * time.Hour).Add(time.Duration(*g.points)).UnixNano())
	p.SetTimestamp(at)
	if g.IntN(3) > 0 {
		p.SetStartTimestamp(at - pcommon.Timestamp(g.IntN(1e15)))
	}
	p.SetFlags(pmetric.DataPointFlags(g.PickU32(0, 0, 0, 1, 2, math.MaxUint32)))
	g.Attrs(p.Attributes(), 6)
	if g.Clean {
		return
	}
	switch g.IntN(12) {
	case 0:
		p.SetTimestamp(0)
	case 1:
		p.SetTimestamp(math.MaxUint64 - 3)
	case 2:
		p.SetStartTimestamp(math.MaxUint64)
	case 3:
		p.SetTimestamp(pcommon.Timestamp(g.received.Add(40 * time.Minute).UnixNano()))
	}
}

func (g generator) double() float64 {
	return []float64{0, math.Copysign(0, -1), 1.5, math.NaN(), staleNaN, math.Inf(1), math.Inf(-1), 5e-324, math.MaxFloat64, g.Float64()}[g.IntN(10)]
}

func (g generator) int() int64 {
	return []int64{0, 1, -1, 1 << 53, 1<<53 + 1, -1<<53 - 1, math.MaxInt64, math.MinInt64, math.MaxInt64 - 511, int64(g.Uint64())}[g.IntN(10)]
}

func (g generator) count() uint64 {
	return []uint64{0, 1, 2, 1 << 40, math.MaxUint64, uint64(g.IntN(1000))}[g.IntN(6)]
}

func (g generator) number(p pmetric.NumberDataPoint) {
	g.base(p)
	switch g.IntN(5) {
	case 0:
	case 1, 2:
		p.SetIntValue(g.int())
	default:
		p.SetDoubleValue(g.double())
	}
	g.exemplars(p.Exemplars())
}

func (g generator) exemplars(to pmetric.ExemplarSlice) {
	if g.IntN(2) == 0 {
		return
	}
	for range g.IntN(4) {
		x := to.AppendEmpty()
		x.SetTimestamp(pcommon.Timestamp(g.Uint64()))
		switch g.IntN(4) {
		case 0:
		case 1:
			x.SetIntValue(g.int())
		default:
			x.SetDoubleValue(g.double())
		}
		if g.IntN(3) > 0 {
			x.SetTraceID([16]byte{byte(g.Uint32()), 1, 15: byte(g.Uint32())})
			x.SetSpanID([8]byte{byte(g.Uint32()), 1, 7: byte(g.Uint32())})
		}
		g.Attrs(x.FilteredAttributes(), 3)
	}
}

func (g generator) counts(n int) (list []uint64) {
	for range n {
		list = append(list, g.count())
	}
	return list
}

func (g generator) histogram(p pmetric.HistogramDataPoint) {
	g.base(p)
	p.SetCount(g.count())
	if g.IntN(3) > 0 {
		p.SetSum(g.double())
	}
	if g.IntN(2) > 0 {
		p.SetMin(g.double())
	}
	if g.IntN(2) > 0 {
		p.SetMax(g.double())
	}
	if n := g.IntN(6); n > 0 {
		for i := range n - 1 {
			p.ExplicitBounds().Append(float64(i) + g.Float64())
		}
		p.BucketCounts().FromRaw(g.counts(n))
	}
	g.exemplars(p.Exemplars())
}

func (g generator) exponential(p pmetric.ExponentialHistogramDataPoint) {
	g.base(p)
	p.SetCount(g.count())
	if g.IntN(3) > 0 {
		p.SetSum(g.double())
	}
	if g.IntN(2) > 0 {
		p.SetMin(g.double())
	}
	if g.IntN(2) > 0 {
		p.SetMax(g.double())
	}
	p.SetScale([]int32{0, 20, -11, math.MinInt32, math.MaxInt32}[g.IntN(5)])
	p.SetZeroCount(g.count())
	p.SetZeroThreshold([]float64{0, 0, 1e-9, math.NaN()}[g.IntN(4)])
	for _, b := range []pmetric.ExponentialHistogramDataPointBuckets{p.Positive(), p.Negative()} {
		if g.IntN(3) > 0 {
			b.SetOffset([]int32{0, -1, 7, math.MinInt32, math.MaxInt32}[g.IntN(5)])
			b.BucketCounts().FromRaw(g.counts(g.IntN(5)))
		}
	}
	g.exemplars(p.Exemplars())
}

func (g generator) summary(p pmetric.SummaryDataPoint) {
	g.base(p)
	p.SetCount(g.count())
	p.SetSum(g.double() + 0) // pdata does not send the sign of a zero here
	for range g.IntN(4) {
		q := p.QuantileValues().AppendEmpty()
		q.SetQuantile(g.Float64())
		q.SetValue(g.double() + 0)
	}
}
