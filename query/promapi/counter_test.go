package promapi_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/sightline/sightline/storage/traces"
)

// request is one that the test sent: web is asked, and asks checkout, but for those of a page that it has itself.
type request struct {
	at     time.Time
	page   string
	status int64
	took   time.Duration
	asked  bool // checkout
}

// busy sends requests at random, in minutes of their own: pages begin late, pause and end.
func busy(w *writer, r *rand.Rand, from time.Time, minutes int) (all []request) {
	pages := []struct {
		name     string
		on       func(minute int) bool
		aMinute  int
		statuses []int64
	}{
		{"GET /", func(int) bool { return true }, 6, []int64{200, 200, 404}},
		{"POST /late", func(m int) bool { return m >= 40 }, 4, []int64{200, 500, 429}},
		{"GET /pauses", func(m int) bool { return m%30 < 7 }, 5, []int64{200, 503}},
		{"GET /once", func(m int) bool { return m == 90 }, 9, []int64{200}},
	}
	for m := range minutes {
		for _, p := range pages {
			if !p.on(m) {
				continue
			}
			for range 1 + r.IntN(p.aMinute) {
				all = append(all, request{
					at: from.Add(time.Duration(m)*time.Minute + time.Duration(r.Int64N(int64(time.Minute)))), page: p.name, status: p.statuses[r.IntN(len(p.statuses))],
					took: time.Duration(math.Exp(r.Float64()*9) * float64(time.Millisecond/2)), asked: p.name != "GET /once",
				})
			}
		}
	}
	for _, q := range all {
		trace := w.id()
		web := w.add("web", trace, 0, q.page, tracepb.Span_SPAN_KIND_SERVER, q.at, q.took, q.status)
		if q.asked {
			call := w.add("web", trace, web, "POST", tracepb.Span_SPAN_KIND_CLIENT, q.at, q.took, q.status)
			w.add("checkout", trace, call, "pay", tracepb.Span_SPAN_KIND_SERVER, q.at.Add(time.Millisecond/4), q.took/2, q.status)
		}
	}
	return all
}

// count counts requests by brute force.
func count(all []request, from, to time.Time, which func(*request) bool) (n float64) {
	for i := range all {
		if q := &all[i]; !q.at.Before(from) && q.at.Before(to) && (which == nil || which(q)) {
			n++
		}
	}
	return n
}

// TestIncreaseIsWhatTheSpansSay asks for increases over windows of many lengths and places, and counts the spans itself.
func TestIncreaseIsWhatTheSpansSay(t *testing.T) {
	s := newServer(t, nil)
	const minutes = 150
	from := time.Now().Add(-(minutes + 10) * time.Minute).UTC().Truncate(10 * time.Minute)
	w := &writer{}
	r := rand.New(rand.NewPCG(1, 2))
	all := busy(w, r, from, minutes)
	s.store(t, w, traces.Range{From: from, To: from.Add((minutes + 1) * time.Minute)})

	page := func(name string) func(*request) bool { return func(q *request) bool { return q.page == name } }
	bad := func(q *request) bool { return q.asked && q.status >= 400 }
	series := []struct {
		selector string
		which    func(*request) bool
	}{
		{`traces_spanmetrics_calls_total{service="web",span_kind="SPAN_KIND_SERVER"}`, nil},
		{`traces_spanmetrics_latency_count{service="web",span_kind="SPAN_KIND_SERVER"}`, nil},
		{`traces_spanmetrics_latency_bucket{service="web",span_kind="SPAN_KIND_SERVER",le="+Inf"}`, nil},
		{`traces_spanmetrics_calls_total{service="web",span_name="POST /late"}`, page("POST /late")},
		{`traces_spanmetrics_calls_total{span_name="GET /pauses",class="fault"}`, func(q *request) bool { return q.page == "GET /pauses" && q.status == 503 }},
		{`traces_spanmetrics_calls_total{span_name=~".*once"}`, page("GET /once")},
		{`traces_spanmetrics_calls_total{service_name="web",span_kind="SPAN_KIND_SERVER",span_status="STATUS_CODE_ERROR"}`, func(q *request) bool { return q.status >= 400 }},
		{`traces_service_graph_request_total{client="web",server="checkout"}`, func(q *request) bool { return q.asked }},
		{`traces_service_graph_request_total{client="user"}`, nil},
		{`traces_service_graph_request_failed_total{client="web"}`, bad},
		{`traces_service_graph_request_class_total{client="web",class!="ok"}`, bad},
		{`traces_service_graph_request_server_seconds_count{client="web"}`, func(q *request) bool { return q.asked }},
		{`traces_service_graph_request_client_seconds_count{client="web"}`, func(q *request) bool { return q.asked }},
	}
	for _, c := range series {
		for range 3 {
			window := []int{1, 2, 5, 20, 60, 120}[r.IntN(6)]
			end := from.Add(time.Duration(2*r.IntN(minutes/2+2)) * time.Minute) // on a border of the steps of two minutes that a window of two hours has
			begin := end.Add(-time.Duration(window) * time.Minute)
			expr := fmt.Sprintf("sum(increase(%s[%dm]))", c.selector, window)
			got, want := s.value(t, expr, end), count(all, begin, end, c.which)
			if math.Abs(got-want) > 1e-3*want {
				t.Errorf("%s at %s = %v, want %v", expr, end.Format("15:04:05"), got, want)
			}
		}
		// Of all windows one after the other in one selection, none is lost and none counted twice.
		for _, step := range []time.Duration{time.Minute, 5 * time.Minute} {
			expr := fmt.Sprintf("sum(increase(%s[%dm]))", c.selector, step/time.Minute)
			begin, total := from.Add(30*time.Minute), 0.0
			for _, v := range s.matrix(t, expr, begin.Add(step), begin.Add(100*time.Minute), step) {
				for _, p := range v.Values {
					total += float64(p.Value)
				}
			}
			if want := count(all, begin, begin.Add(100*time.Minute), c.which); math.Abs(total-want) > 1e-3*want {
				t.Errorf("%s by %v adds up to %v, want %v", expr, step, total, want)
			}
		}
	}
}

// TestWindowsThatAreNotFullMinutes are within what lies in the minutes that they touch, and what PromQL extrapolates.
func TestWindowsThatAreNotFullMinutes(t *testing.T) {
	s := newServer(t, nil)
	from := time.Now().Add(-40 * time.Minute).UTC().Truncate(time.Minute)
	w := &writer{}
	r := rand.New(rand.NewPCG(3, 4))
	for m := range 30 { // a steady rate: one each second
		for second := range 60 {
			at := from.Add(time.Duration(m)*time.Minute + time.Duration(second)*time.Second + time.Duration(r.IntN(1e9)))
			w.add("web", w.id(), 0, "GET /", tracepb.Span_SPAN_KIND_SERVER, at, time.Millisecond, 200)
		}
	}
	s.store(t, w, traces.Range{From: from, To: from.Add(30 * time.Minute)})
	for range 40 {
		at := from.Add(10*time.Minute + time.Duration(r.Int64N(int64(20*time.Minute)))).Truncate(time.Millisecond)
		window := []string{"1m", "90s", "5m", "7m30s"}[r.IntN(4)]
		if got := s.value(t, `rate(traces_spanmetrics_calls_total{service="web"}[`+window+`])`, at); math.Abs(got-1) > 0.02 {
			t.Errorf("rate over %s at %s = %v, want 1 a second", window, at.Format("15:04:05.000"), got)
		}
	}
	for _, v := range s.matrix(t, `rate(traces_spanmetrics_calls_total[1m])`, from.Add(2*time.Minute), from.Add(29*time.Minute), 7*time.Second) {
		for _, p := range v.Values {
			if math.Abs(float64(p.Value)-1) > 0.02 {
				t.Errorf("rate at %v = %v", p.Timestamp.Time(), p.Value)
			}
		}
	}
	// Within one selection a counter only grows, also over what the engine selects for windows wider than the step.
	for _, v := range s.matrix(t, `traces_spanmetrics_calls_total`, from, from.Add(30*time.Minute), 11*time.Second) {
		for i := 1; i < len(v.Values); i++ {
			if v.Values[i].Value < v.Values[i-1].Value {
				t.Errorf("%v falls from %v to %v", v.Metric, v.Values[i-1], v.Values[i])
			}
		}
	}
	if got := s.value(t, `sum(resets(traces_spanmetrics_latency_bucket[20m]))`, from.Add(25*time.Minute)); got != 0 {
		t.Errorf("%v resets", got)
	}
}

// TestOpenMinute: what has not been summed up yet is there, and the running minute counts as what has passed of it.
func TestOpenMinute(t *testing.T) {
	s := newServer(t, nil)
	now := time.Now().UTC()
	w := &writer{}
	n := 0
	for at := now.Truncate(time.Minute).Add(-time.Minute); at.Before(now); at = at.Add(500 * time.Millisecond) {
		w.add("web", w.id(), 0, "GET /", tracepb.Span_SPAN_KIND_SERVER, at, time.Millisecond, 200)
		n++
	}
	s.store(t, w, traces.Range{})
	at := time.Now() // later than the last span: what has passed since had none
	passed := at.Sub(now.Truncate(time.Minute)).Seconds()
	got := s.value(t, `sum(increase(traces_spanmetrics_calls_total[2m]))`, at)
	if got <= 0 || got > 1.2*float64(n) || passed > 15 && passed < 55 && got < 0.5*float64(n) {
		t.Errorf("of %d requests %v are there, %v s after the minute began", n, got, passed)
	}
	if got := s.value(t, `sum(increase(traces_service_graph_request_total{client="user",server="web"}[2m]))`, at); got <= 0 {
		t.Errorf("%v requests of users", got)
	}
}

// TestBuckets compares the buckets with the durations that were sent.
func TestBuckets(t *testing.T) {
	s := newServer(t, nil)
	from := time.Now().Add(-30 * time.Minute).UTC().Truncate(time.Minute)
	w := &writer{}
	all := busy(w, rand.New(rand.NewPCG(5, 6)), from, 15)
	s.store(t, w, traces.Range{From: from, To: from.Add(15 * time.Minute)})
	end := from.Add(15 * time.Minute)
	seconds := 0.0
	for _, q := range all {
		seconds += q.took.Seconds()
	}
	near := func(expr string, want, off float64) {
		t.Helper()
		if got := s.value(t, expr, end); math.Abs(got-want) > off {
			t.Errorf("%s = %v, want %v", expr, got, want)
		}
	}
	const web = `{service="web",span_kind="SPAN_KIND_SERVER"`
	near(`sum(increase(traces_spanmetrics_latency_sum`+web+`}[15m]))`, seconds, 1e-3*seconds)
	total := float64(len(all))
	for _, le := range []string{"0.001", "0.005", "0.05", "0.25", "1", "2.5", "10"} {
		bound, err := time.ParseDuration(le + "s")
		if err != nil {
			t.Fatal(err)
		}
		// A stored bucket is 9 % wide: what lies that near to the bound is on one side of it or the other.
		low := count(all, from, end, func(q *request) bool { return float64(q.took) <= float64(bound)/1.0906 })
		high := count(all, from, end, func(q *request) bool { return float64(q.took) <= float64(bound)*1.0906 })
		near(fmt.Sprintf(`sum(increase(traces_spanmetrics_latency_bucket%s,le="%s"}[15m]))`, web, le), (low+high)/2, (high-low)/2+1e-3*total)
	}
	near(`sum(increase(traces_spanmetrics_latency_bucket`+web+`,le="60"}[15m]))`, total, 1e-3*total)
	near(`count(count by (le) (traces_spanmetrics_latency_bucket))`, 17, 0)
	if got := s.value(t, `histogram_quantile(0.5, sum by (le) (rate(traces_service_graph_request_server_seconds_bucket{server="checkout"}[15m])))`, end); !(got > 0.001 && got < 5) {
		t.Errorf("median %v s", got)
	}
}

// value is what an expression with one series gives; 0 without any.
func (s *server) value(t *testing.T, expr string, at time.Time) float64 {
	t.Helper()
	v, warnings, err := s.client.Query(t.Context(), expr, at)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%s: %v %v", expr, err, warnings)
	}
	vector, ok := v.(model.Vector)
	if !ok || len(vector) > 1 {
		t.Fatalf("%s = %v", expr, v)
	}
	if len(vector) == 0 {
		return 0
	}
	return float64(vector[0].Value)
}
