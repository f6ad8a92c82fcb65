package metrics_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/metrics"
)

// scrape is what one process of a service exports every 15 s: 40 gauges and counters of 10 series, 4 histograms of 10 series with 15 buckets.
func scrape(t testing.TB, process, n int) (body []byte, points int) {
	t.Helper()
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	rm.Resource().Attributes().PutStr("service.name", fmt.Sprintf("service-%d", process%20))
	rm.Resource().Attributes().PutStr("service.instance.id", fmt.Sprintf("instance-%d", process))
	rm.Resource().Attributes().PutStr("deployment.environment.name", "prod")
	sm := rm.ScopeMetrics().AppendEmpty()
	sm.Scope().SetName("go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp")
	at := day0.Add(time.Duration(n)*15*time.Second + time.Duration(process)*time.Millisecond)
	common := func(p base, s int) {
		p.SetTimestamp(pcommon.Timestamp(at.UnixNano()))
		p.SetStartTimestamp(pcommon.Timestamp(day0.Add(-time.Hour).UnixNano()))
		p.Attributes().PutStr("http.request.method", []string{"GET", "POST"}[s%2])
		p.Attributes().PutStr("http.route", fmt.Sprintf("/api/v1/things/%d", s/2))
		p.Attributes().PutInt("http.response.status_code", 200)
		p.Attributes().PutStr("network.protocol.version", "1.1")
	}
	for i := range 40 {
		m := sm.Metrics().AppendEmpty()
		m.SetName(fmt.Sprintf("app.module.metric_%d", i))
		m.SetDescription("how much of it there is")
		m.SetUnit("By")
		var list pmetric.NumberDataPointSlice
		if i%2 == 0 {
			s := m.SetEmptySum()
			s.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
			s.SetIsMonotonic(true)
			list = s.DataPoints()
		} else {
			list = m.SetEmptyGauge().DataPoints()
		}
		for s := range 10 {
			p := list.AppendEmpty()
			common(p, s)
			if i%2 == 0 {
				p.SetIntValue(int64(1000*i + s + n*(1+(process+i+s)%50)))
			} else {
				p.SetDoubleValue(float64((process*7919+i*104729+s*1299709+n*n*15485863)%10000) / 100)
			}
			points++
		}
	}
	for i := range 4 {
		m := sm.Metrics().AppendEmpty()
		m.SetName(fmt.Sprintf("http.server.request.duration_%d", i))
		m.SetUnit("s")
		h := m.SetEmptyHistogram()
		h.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		for s := range 10 {
			p := h.DataPoints().AppendEmpty()
			common(p, s)
			total := uint64(0)
			p.ExplicitBounds().FromRaw([]float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10})
			for b := range 15 {
				c := uint64(n * ((process+s+b)%9 + 1) * (20 - b))
				p.BucketCounts().Append(c)
				total += c
			}
			p.SetCount(total)
			p.SetSum(float64(total) * 0.0137)
			points++
		}
	}
	return marshal(t, md), points
}

// cpu is what this process has used.
func cpu(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkBatch is the CPU of a point from protobuf to blocks, in batches of about 50,000 with every series seen before.
func BenchmarkBatch(b *testing.B) {
	var bodies [][]byte
	points := 0
	for process := range 114 {
		body, n := scrape(b, process, 1)
		bodies, points = append(bodies, body), points+n
	}
	for _, fresh := range []bool{false, true} {
		b.Run(fmt.Sprintf("fresh=%v", fresh), func(b *testing.B) {
			batches := metrics.NewBatch(batch.ID{}, batch.Policy{})
			round := func(i int) {
				batches.Reset(batch.NewID([8]byte{1}, day0.Add(time.Duration(i)*time.Millisecond)), batch.Policy{})
				if fresh {
					batches.Remember(1 << 20)
				}
				for _, body := range bodies {
					if err := batches.Append(request("default", body)); err != nil {
						b.Fatal(err)
					}
				}
				batches.Blocks()
				batches.Done()
			}
			round(0)
			b.ResetTimer()
			before := cpu(b)
			for i := range b.N {
				round(i)
			}
			b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/float64(b.N*points), "cpu-ns/point")
			b.ReportAllocs()
		})
	}
}
