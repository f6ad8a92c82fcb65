package metrics_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/metrics"
	"github.com/sightline/sightline/storage/storagetest"
)

// counters stores an hour and five minutes of a counter of 400 processes with 10 series each, a point every 15 s.
func counters(b *testing.B, db *conn.DB) {
	b.Helper()
	const perBatch = 13
	for first := 0; first < 260; first += perBatch {
		id := batch.NewID([8]byte{4}, old().Add(time.Duration(first)*time.Second))
		rows := metrics.NewBatch(id, batch.Policy{Metrics: batch.Retention{Days: 300}})
		for process := range 400 {
			md := pmetric.NewMetrics()
			rm := md.ResourceMetrics().AppendEmpty()
			rm.Resource().Attributes().PutStr("service.name", fmt.Sprintf("service-%d", process%20))
			rm.Resource().Attributes().PutStr("service.instance.id", fmt.Sprintf("instance-%d", process))
			m := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
			m.SetName("http.requests")
			m.SetEmptySum().SetIsMonotonic(true)
			m.Sum().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
			for n := first; n < first+perBatch; n++ {
				for s := range 10 {
					p := m.Sum().DataPoints().AppendEmpty()
					p.SetTimestamp(pcommon.Timestamp(old().Add(time.Duration(n)*15*time.Second + time.Duration(process)*time.Millisecond).UnixNano()))
					p.SetStartTimestamp(pcommon.Timestamp(old().Add(-time.Hour).UnixNano()))
					p.Attributes().PutStr("http.request.method", []string{"GET", "POST"}[s%2])
					p.Attributes().PutStr("http.route", fmt.Sprintf("/api/v1/things/%d", s/2))
					p.Attributes().PutInt("http.response.status_code", 200)
					p.SetIntValue(int64(1000 + s + n*(1+(process+s)%50)))
				}
			}
			if err := rows.Append(batch.Request{Project: "default", Received: old().Add(time.Hour), Body: marshal(b, md)}); err != nil {
				b.Fatal(err)
			}
		}
		insert(b, db, rows, id)
	}
}

// BenchmarkRate asks for sum(rate(x[5m])) over an hour, a step a minute, of 4,000 series with 1,040,000 points, and for one service of them.
func BenchmarkRate(b *testing.B) {
	db := storagetest.Open(b)
	counters(b, db)
	reader := metrics.NewReader(db)
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 50_000_000, Timeout: time.Minute, Parser: parser.NewParser(parser.Options{}), UseStartTimestamps: true})
	b.Cleanup(func() { engine.Close() })
	for _, expr := range []string{`sum by (job) (rate(http_requests_total[5m]))`, `sum(rate(http_requests_total{job="service-7"}[5m]))`} {
		b.Run(expr, func(b *testing.B) {
			b.ReportAllocs()
			before := cpu(b)
			defer func() { b.ReportMetric(float64((cpu(b)-before).Milliseconds())/float64(b.N), "own-cpu-ms/op") }()
			for b.Loop() {
				q, err := engine.NewRangeQuery(context.Background(), reader.Queryable("default", metrics.Translation{}), nil, expr, old().Add(5*time.Minute), old().Add(65*time.Minute), time.Minute)
				if err != nil {
					b.Fatal(err)
				}
				if res := q.Exec(context.Background()); res.Err != nil || len(res.Value.(promql.Matrix)) == 0 {
					b.Fatal(res)
				}
				q.Close()
			}
		})
	}
	for _, matchers := range []string{`{__name__="http_requests_total"}`, `{__name__="http_requests_total", job="service-7"}`} {
		b.Run("select"+matchers, func(b *testing.B) {
			b.ReportAllocs()
			parsed, err := metrics.ParseMatchers(matchers)
			if err != nil {
				b.Fatal(err)
			}
			before := cpu(b)
			defer func() { b.ReportMetric(float64((cpu(b)-before).Milliseconds())/float64(b.N), "own-cpu-ms/op") }()
			for b.Loop() {
				q, _ := reader.Queryable("default", metrics.Translation{}).Querier(old().UnixMilli(), old().Add(65*time.Minute).UnixMilli())
				set := q.Select(context.Background(), false, nil, parsed...)
				n := 0
				for set.Next() {
					n++
				}
				if set.Err() != nil || n == 0 {
					b.Fatal(n, set.Err())
				}
			}
		})
	}
}
