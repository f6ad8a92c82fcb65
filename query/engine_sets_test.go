package query_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/sightline/sightline/storage/traces"
)

// rollUp makes the rollups of the minutes from the first trace on.
func (l *live) rollUp(t *testing.T, minutes int) {
	t.Helper()
	for i := range minutes {
		if _, err := traces.NewRollup(l.db, 90).Recompute(t.Context(), "default", l.start.Truncate(time.Minute).Add(time.Duration(i)*time.Minute), 1, uint64(time.Now().UnixNano())); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSpansOfTheRealEngine(t *testing.T) {
	l := newLive(t)
	for i := range 5 {
		store(t, l.db, "default", order(byte(i+1), l.start.Add(time.Duration(i)*time.Minute)))
	}
	store(t, l.db, "other", order(77, l.start))
	var page struct {
		Spans []struct {
			TraceID string `json:"trace_id"`
			Name    string
			Kind    string
			Peer    *struct{ Name string }
			Values  []*struct{ Key, Type, Value string }
		}
		Next     *string `json:"next_cursor"`
		Complete bool
		Query    string
	}
	var seen []string
	target := "/api/spans?env=prod&namespace=&limit=3&columns=total,resource.service.version,member&q=" + url.QueryEscape("service:checkout")
	for next := target; next != ""; {
		l.get(t, next, &page)
		for _, s := range page.Spans {
			text := s.TraceID[30:] + s.Kind
			for _, v := range s.Values {
				if v != nil {
					text += " " + v.Type + " " + v.Value
				}
			}
			seen = append(seen, text)
		}
		if next = ""; page.Next != nil {
			next = target + "&cursor=" + *page.Next
		}
	}
	var want []string
	for i := 5; i > 0; i-- {
		want = append(want, fmt.Sprintf("%02dclient string 1.0.checkout", i), fmt.Sprintf("%02dserver double 12.5 string 1.0.checkout bool true", i))
	}
	if fmt.Sprint(seen) != fmt.Sprint(want) || page.Query != "service = checkout" || !page.Complete {
		t.Errorf("%s: got\n%s\nwant\n%s", page.Query, strings.Join(seen, "\n"), strings.Join(want, "\n"))
	}
	for _, place := range []string{"env=", "env=dev", "namespace=shop"} {
		l.get(t, "/api/spans?"+place, &page)
		var found struct{ Traces []any }
		l.get(t, "/api/traces?"+place, &found)
		if len(page.Spans) != 0 || len(found.Traces) != 0 {
			t.Errorf("%s: %d spans, %d traces", place, len(page.Spans), len(found.Traces))
		}
	}

	var facets struct {
		Facets []struct {
			Key               string
			Distinct, Missing int
			Values            []struct {
				Value, Filter string
				Spans, Bad    int
			}
		}
		Spans int
	}
	l.get(t, "/api/spans/facets?keys=class,http.response.status_code,resource.service.version,member", &facets)
	got := fmt.Sprint(facets)
	if want := "{[{class 2 0 [{fault class = fault 15 15} {ok class = ok 5 0}]} {http.response.status_code 1 5 [{500 http.response.status_code = 500 15 15}]} " +
		"{resource.service.version 2 0 [{1.0.checkout resource.service.version = \"1.0.checkout\" 10 5} {1.0.web resource.service.version = \"1.0.web\" 10 10}]} {member 1 15 [{true member = true 5 5}]}] 20}"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var heat struct {
		Start   time.Time
		Step    time.Duration `json:"step_ns"`
		Columns int
		Rows    [][2]int64
		Cells   [][4]int
		Spans   int
	}
	l.get(t, "/api/spans/heatmap?from="+fmt.Sprint(l.start.Add(-time.Minute).UnixMilli())+"&q=class=fault", &heat)
	if heat.Spans != 15 || len(heat.Rows) == 0 || len(heat.Cells) == 0 || heat.Columns > 121 || heat.Columns < 30 {
		t.Errorf("%+v", heat)
	}
	for _, c := range heat.Cells {
		if c[3] != c[2] || c[0] >= heat.Columns || c[1] >= len(heat.Rows) {
			t.Errorf("cell %v of %d, %d", c, heat.Columns, len(heat.Rows))
		}
	}
}

func TestOperationHasItsTypicalAndItsSlowestTrace(t *testing.T) {
	l := newLive(t)
	for i := range 5 {
		store(t, l.db, "default", order(byte(i+1), l.start.Add(time.Duration(i)*time.Minute)))
	}
	cache := func(id byte, took time.Duration) {
		data := order(id, l.start.Add(time.Duration(id)*time.Second))
		for _, rs := range data.ResourceSpans().All() {
			for _, s := range rs.ScopeSpans().At(0).Spans().All() {
				s.Status().SetCode(0)
				s.Attributes().Remove("http.response.status_code")
			}
		}
		root := data.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
		root.SetName("GET /cache")
		root.SetEndTimestamp(root.StartTimestamp() + pcommon.Timestamp(took))
		store(t, l.db, "default", data)
	}
	for i, took := range []time.Duration{ms, 20 * ms, 21 * ms, 22 * ms, time.Second} {
		cache(byte(10+i), took)
	}
	l.rollUp(t, 6)
	var o struct {
		Name, Service, Env, Kind string
		Stats                    struct {
			Requests, OK float64
			P50          int64 `json:"p50_ns"`
			Max          int64 `json:"max_ns"`
		}
		Apdex            *struct{ Score float64 }
		Series           struct{ OK []float64 }
		Typical, Slowest *struct {
			TraceID  string        `json:"trace_id"`
			Duration time.Duration `json:"duration_ns"`
		}
	}
	l.get(t, "/api/services/web/operations/"+url.PathEscape("GET /cache")+"?kind=server", &o)
	if o.Stats.Requests != 5 || o.Stats.OK != 5 || o.Env != "prod" || o.Kind != "server" || o.Typical == nil || o.Slowest == nil {
		t.Fatalf("%+v", o)
	}
	if o.Apdex == nil || o.Apdex.Score < 0.85 || o.Apdex.Score > 0.95 { // four at once, one after a second
		t.Errorf("apdex: %+v", o.Apdex)
	}
	if d := o.Typical.Duration; d < 20*ms || d > 22*ms || o.Slowest.Duration != time.Second || o.Slowest.TraceID[30:] != "0e" {
		t.Errorf("median %v: typical %+v, slowest %+v", time.Duration(o.Stats.P50), o.Typical, o.Slowest)
	}
	l.get(t, "/api/services/web/operations/"+url.PathEscape("POST /buy")+"?env=prod", &o)
	if o.Stats.Requests != 5 || o.Stats.OK != 0 || o.Typical != nil || o.Slowest == nil {
		t.Errorf("%+v", o)
	}
	for _, target := range []string{"/api/services/web/operations/nothing", "/api/services/web/operations/GET%20%2Fcache?kind=client", "/api/services/web/operations/GET%20%2Fcache?env=dev"} {
		if w := do(l.Server, request("GET", target)); w.Code != 404 {
			t.Errorf("GET %s = %d", target, w.Code)
		}
	}
}
