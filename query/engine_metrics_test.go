package query_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sightline/sightline/query"
	"github.com/sightline/sightline/query/metricapi"
	"github.com/sightline/sightline/storage/batch"
	meter "github.com/sightline/sightline/storage/metrics"
	"github.com/sightline/sightline/storage/storagetest"
)

// TestMetricsComeBackFromTheEngine writes metrics as the loader does and reads them through the server.
func TestMetricsComeBackFromTheEngine(t *testing.T) {
	db := storagetest.Open(t)
	end := time.Now().UTC().Truncate(time.Second)
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	rm.Resource().Attributes().PutStr("service.name", "checkout")
	sm := rm.ScopeMetrics().AppendEmpty()
	m := sm.Metrics().AppendEmpty()
	m.SetName("http.server.requests")
	sum := m.SetEmptySum()
	sum.SetIsMonotonic(true)
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	for route := range 3 {
		for i := range 4 {
			p := sum.DataPoints().AppendEmpty()
			p.SetTimestamp(pcommon.NewTimestampFromTime(end.Add(time.Duration(i-10) * time.Second)))
			p.SetIntValue(int64(100*route + i))
			p.Attributes().PutStr("http.route", fmt.Sprintf("/r%d", route))
		}
	}
	h := sm.Metrics().AppendEmpty()
	h.SetName("http.server.duration")
	p := h.SetEmptyHistogram().DataPoints().AppendEmpty()
	p.SetTimestamp(pcommon.NewTimestampFromTime(end.Add(-time.Second)))
	p.SetCount(3)
	p.ExplicitBounds().FromRaw([]float64{1})
	p.BucketCounts().FromRaw([]uint64{1, 2})
	x := p.Exemplars().AppendEmpty()
	x.SetTraceID([16]byte{1})
	x.SetDoubleValue(2)
	body, err := (&pmetric.ProtoMarshaler{}).MarshalMetrics(md)
	if err != nil {
		t.Fatal(err)
	}
	b := meter.NewBatch(batch.NewID([8]byte{1}, end), batch.Policy{})
	if err := b.Append(batch.Request{Project: "default", Received: end, Body: body}); err != nil {
		t.Fatal(err)
	}
	w := batch.NewWriter(db)
	for i, block := range b.Blocks() {
		if err := w.Insert(t.Context(), block, fmt.Sprintf("metrics-%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	srv := newServer(t, &shop{}, func(c *query.Config) { c.Metrics = metricapi.Deps{Metrics: meter.NewReader(db)} })
	c := openContract(t)
	get := func(target string, into any) {
		t.Helper()
		r := request("GET", target)
		w := do(srv, r)
		if w.Code != 200 {
			t.Fatalf("GET %s = %d %s", target, w.Code, w.Body)
		}
		c.check(t, r, w)
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			t.Fatal(err)
		}
	}
	var names struct {
		Metrics []struct {
			Name   string
			Kind   string
			Series int
		}
		More bool
	}
	get("/api/metrics?q=SERVER", &names)
	if got := fmt.Sprint(names); got != "{[{http.server.duration histogram 1} {http.server.requests sum 3}] false}" {
		t.Errorf("names: %s", got)
	}
	type answer struct {
		Series []struct {
			Service string
			Labels  map[string]string
			Points  []struct {
				Time   time.Time
				Value  any
				Count  any
				Counts []any
			}
			Exemplars []struct {
				TraceID string `json:"trace_id"`
				Value   any
			}
		}
		Complete bool
		Reason   string
	}
	var points answer
	get(`/api/metrics/http.server.requests/points?match=%7Bhttp.route%3D~%22/r%5B12%5D%22,service%3D%22checkout%22%7D`, &points)
	if len(points.Series) != 2 || !points.Complete {
		t.Fatalf("points: %+v", points)
	}
	for _, s := range points.Series {
		route := int(s.Labels["http_route"][2] - '0')
		if s.Labels["__name__"] != "http_server_requests_total" || s.Labels["job"] != "checkout" || s.Service != "checkout" || len(s.Points) != 4 {
			t.Errorf("series %+v", s)
		}
		for i, p := range s.Points {
			if p.Value != float64(100*route+i) || !p.Time.Equal(end.Add(time.Duration(i-10)*time.Second)) {
				t.Errorf("route %d, point %d: %+v", route, i, p)
			}
		}
	}
	points = answer{}
	get("/api/metrics/http.server.requests/points?limit=5", &points)
	if n := len(points.Series); n != 2 || points.Complete || points.Reason != "limit" {
		t.Errorf("with a limit: %d series, %q", n, points.Reason)
	}
	points = answer{}
	get("/api/metrics/http.server.duration/points?exemplars=true", &points)
	if len(points.Series) != 1 || fmt.Sprint(points.Series[0].Points[0].Counts, points.Series[0].Exemplars) != "[1 2] [{01000000000000000000000000000000 2}]" {
		t.Errorf("histogram: %+v", points)
	}
	points = answer{}
	get("/api/metrics/http.server.requests/points?to=now-1m", &points)
	if len(points.Series) != 0 || !points.Complete {
		t.Errorf("a minute before: %+v", points)
	}
}
