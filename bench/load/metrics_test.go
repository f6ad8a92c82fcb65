package load_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sightline/sightline/bench/load"
)

func decodeMetrics(t *testing.T, r load.Request) pmetric.Metrics {
	t.Helper()
	md, err := (&pmetric.ProtoUnmarshaler{}).UnmarshalMetrics(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if md.DataPointCount() != r.Items {
		t.Fatalf("request says %d points, has %d", r.Items, md.DataPointCount())
	}
	return md
}

// TestMetricsAreThoseOfInstances holds the generator to what it says about its metrics.
func TestMetricsAreThoseOfInstances(t *testing.T) {
	g := load.NewMetrics(load.Config{Seed: 3, Start: start})
	series := map[string]pcommon.Timestamp{}
	kinds := map[pmetric.MetricType]int{}
	var points, size, exemplars, distributions int
	end := start
	for end.Sub(start) < 2*time.Minute {
		r := g.Next()
		size += len(r.Body)
		md := decodeMetrics(t, r)
		if md.ResourceMetrics().Len() != 1 {
			t.Fatal("an export of several instances")
		}
		rm := md.ResourceMetrics().At(0)
		if n := rm.Resource().Attributes().Len(); n != 25 {
			t.Fatalf("resource has %d attributes", n)
		}
		pod, _ := rm.Resource().Attributes().Get("k8s.pod.name")
		see := func(name string, kind pmetric.MetricType, attrs pcommon.Map, began, at pcommon.Timestamp, of int) {
			points++
			kinds[kind]++
			exemplars += of
			key := fmt.Sprint(pod.Str(), name, attrs.AsRaw())
			if at <= series[key] || began >= at {
				t.Fatalf("point of %s at %s, after one at %s", key, at, series[key])
			}
			series[key] = at
			end = at.AsTime()
		}
		for _, m := range rm.ScopeMetrics().At(0).Metrics().All() {
			switch m.Type() {
			case pmetric.MetricTypeSum:
				for _, p := range m.Sum().DataPoints().All() {
					see(m.Name(), m.Type(), p.Attributes(), p.StartTimestamp(), p.Timestamp(), 0)
				}
			case pmetric.MetricTypeGauge:
				for _, p := range m.Gauge().DataPoints().All() {
					see(m.Name(), m.Type(), p.Attributes(), p.StartTimestamp(), p.Timestamp(), 0)
				}
			case pmetric.MetricTypeHistogram:
				for _, p := range m.Histogram().DataPoints().All() {
					distributions++
					see(m.Name(), m.Type(), p.Attributes(), p.StartTimestamp(), p.Timestamp(), p.Exemplars().Len())
					if p.BucketCounts().Len() != p.ExplicitBounds().Len()+1 || sum(p.BucketCounts()) != p.Count() {
						t.Fatalf("%s: %d buckets of %d, count %d", m.Name(), p.BucketCounts().Len(), sum(p.BucketCounts()), p.Count())
					}
				}
			case pmetric.MetricTypeExponentialHistogram:
				for _, p := range m.ExponentialHistogram().DataPoints().All() {
					distributions++
					see(m.Name(), m.Type(), p.Attributes(), p.StartTimestamp(), p.Timestamp(), p.Exemplars().Len())
					if p.Scale() != 2 || p.Positive().Offset() != -32 || sum(p.Positive().BucketCounts()) != p.Count() {
						t.Fatalf("%s: scale %d, offset %d, %d of %d", m.Name(), p.Scale(), p.Positive().Offset(), sum(p.Positive().BucketCounts()), p.Count())
					}
				}
			}
		}
	}
	if len(series) != 4000 {
		t.Errorf("%d series, want 4000", len(series))
	}
	n := float64(points)
	t.Logf("%d points of %d series, %.0f B a point, %v, %.2f exemplars a distribution, %.0f an hour", points, len(series), float64(size)/n, kinds, float64(exemplars)/float64(distributions), g.PerHour())
	f := func(what string, got, low, high float64) {
		t.Helper()
		if got < low || got > high {
			t.Errorf("%s: %g, want %g to %g", what, got, low, high)
		}
	}
	f("bytes a point", float64(size)/n, 120, 240)
	f("exemplars a distribution", float64(exemplars)/float64(distributions), 0.3, 0.5)
	f("histograms", float64(kinds[pmetric.MetricTypeHistogram])/n, 0.2, 0.3)
	f("points in two minutes", n, g.PerHour()/30*0.9, g.PerHour()/30*1.1)
}

func sum(counts pcommon.UInt64Slice) (n uint64) {
	for _, c := range counts.All() {
		n += c
	}
	return n
}

func TestMetricsFollowAClock(t *testing.T) {
	g := load.NewMetrics(load.Config{Seed: 7, Start: start, Series: 300})
	again := load.NewMetrics(load.Config{Seed: 7, Start: start, Series: 300})
	for range 5 {
		if !bytes.Equal(slices.Clone(g.Next().Body), again.Next().Body) {
			t.Fatal("two generators of one seed differ")
		}
	}
	now := start.Add(time.Hour)
	for range 100 {
		now = now.Add(time.Millisecond)
		g.Seek(now)
		md := decodeMetrics(t, g.Next())
		if at := md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Histogram().DataPoints().At(0).Timestamp().AsTime(); !at.Equal(now) {
			t.Fatalf("export of %s, want %s", at, now)
		}
	}
}

func BenchmarkMetrics(b *testing.B) {
	b.ReportAllocs()
	g := load.NewMetrics(load.Config{Start: start})
	points := 0
	for b.Loop() {
		points += g.Next().Items
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(points), "ns/point")
}
