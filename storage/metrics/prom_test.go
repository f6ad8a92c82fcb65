package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sightline/sightline/storage/metrics"
	"github.com/sightline/sightline/storage/storagetest"
)

func parsed(t testing.TB, text string) []*labels.Matcher {
	t.Helper()
	m, err := metrics.ParseMatchers(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestLabelsHintsAndLimits(t *testing.T) {
	db := storagetest.Open(t)
	o, bodies := history(rand.New(rand.NewPCG(5, 5)), old())
	storeAll(t, db, "p0", bodies)
	reader := metrics.NewReader(db)
	from, to := old().UnixMilli(), old().Add(time.Hour).UnixMilli()
	q, err := reader.Queryable("p0", metrics.Translation{}).Querier(from, to)
	if err != nil {
		t.Fatal(err)
	}
	matchers := parsed(t, `{job="a", k=~"1|2", __name__!~"requests.*"}`)
	values, names := map[string]map[string]bool{}, map[string]bool{}
	all := o.series(from, to, func(ls labels.Labels) bool {
		if slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(ls.Get(m.Name)) }) {
			return false
		}
		ls.Range(func(l labels.Label) {
			names[l.Name] = true
			if values[l.Name] == nil {
				values[l.Name] = map[string]bool{}
			}
			values[l.Name][l.Value] = true
		})
		return true
	})
	for _, name := range []string{"__name__", "job", "instance", "k", "le", "quantile", "none"} {
		got, _, err := q.LabelValues(t.Context(), name, nil, matchers...)
		if want := slices.Sorted(maps.Keys(values[name])); err != nil || !slices.Equal(got, want) {
			t.Errorf("values of %s: %v %v, want %v", name, got, err, want)
		}
	}
	if got, _, err := q.LabelNames(t.Context(), nil, matchers...); err != nil || !slices.Equal(got, slices.Sorted(maps.Keys(names))) {
		t.Errorf("names: %v %v", got, err)
	}
	if got, _, err := q.LabelNames(t.Context(), &storage.LabelHints{Limit: 2}, matchers...); err != nil || len(got) != 2 {
		t.Errorf("two names: %v %v", got, err)
	}
	bare := q.Select(t.Context(), true, &storage.SelectHints{Start: from, End: to, Func: "series"}, matchers...)
	var found []string
	for bare.Next() {
		found = append(found, bare.At().Labels().String())
	}
	if want := slices.Sorted(maps.Keys(all)); bare.Err() != nil || !slices.Equal(slices.Sorted(slices.Values(found)), want) {
		t.Errorf("series: %v\n%v\nwant %v", bare.Err(), found, want)
	}
	if got := selected(t, q.Select(t.Context(), false, &storage.SelectHints{Start: from, End: to, Limit: 3}, matchers...)); len(got) != 3 {
		t.Errorf("limit 3 gave %d series", len(got))
	}
	if got := selected(t, q.Select(t.Context(), false, &storage.SelectHints{Start: from, End: from - 1}, matchers...)); len(got) != 0 {
		t.Errorf("an empty window gave %d series", len(got))
	}
	for _, limits := range [][2]int{{20, 1 << 30}, {1 << 30, 1000}} {
		q, _ := reader.Bounded("p0", limits[0], limits[1]).Querier(from, to)
		set := q.Select(t.Context(), false, nil, matchers...)
		var over *metrics.LimitError
		if set.Next() || !errors.As(set.Err(), &over) || !strings.Contains(set.Err().Error(), fmt.Sprint("more than ", over.Limit, " ", over.What)) {
			t.Errorf("limits %v: %v", limits, set.Err())
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if set := q.Select(cancelled, false, nil, matchers...); set.Next() || !errors.Is(set.Err(), context.Canceled) {
		t.Errorf("cancelled: %v", set.Err())
	}
}

// A metric that is new is found by its name at once, also by who has just asked for another.
func TestNewMetricsAreFoundAtOnce(t *testing.T) {
	db := storagetest.Open(t)
	reader := metrics.NewReader(db)
	_, bodies := history(rand.New(rand.NewPCG(5, 6)), old())
	for i, want := range []int{0, 11} {
		if i == 1 {
			storeAll(t, db, "p0", bodies)
		}
		q, _ := reader.Queryable("p0", metrics.Translation{}).Querier(old().UnixMilli(), old().Add(time.Hour).UnixMilli())
		got, _, err := q.LabelValues(t.Context(), "__name__", nil, parsed(t, `{__name__=~"queue|latency_.*|wait_.*|old.*|size"}`)...)
		if err != nil || len(got) != want {
			t.Errorf("got %v, %v", got, err)
		}
	}
}

func TestExemplarsAreOfTheirBuckets(t *testing.T) {
	db := storagetest.Open(t)
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	rm.Resource().Attributes().PutStr("service.name", "shop")
	m := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName("http.duration")
	m.SetUnit("s")
	m.SetEmptyHistogram().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	p := m.Histogram().DataPoints().AppendEmpty()
	p.SetTimestamp(pcommon.Timestamp(old().UnixNano()))
	p.ExplicitBounds().FromRaw([]float64{0.5, 1})
	p.BucketCounts().FromRaw([]uint64{0, 1, 1})
	for i, v := range []float64{0.7, 3} {
		x := p.Exemplars().AppendEmpty()
		x.SetTimestamp(pcommon.Timestamp(old().Add(-time.Duration(10*i) * time.Second).UnixNano()))
		x.SetDoubleValue(v)
		x.SetTraceID([16]byte{1, 15: byte(i)})
		x.SetSpanID([8]byte{2})
		x.FilteredAttributes().PutStr("user", "u")
	}
	storeAll(t, db, "p0", []pmetric.Metrics{md})
	eq, err := metrics.NewReader(db).Queryable("p0", metrics.Translation{}).(storage.ExemplarQueryable).ExemplarQuerier(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f := func(from, to time.Duration, want string, matchers ...string) {
		t.Helper()
		var sets [][]*labels.Matcher
		for _, m := range matchers {
			sets = append(sets, parsed(t, m))
		}
		got, err := eq.Select(old().Add(from).UnixMilli(), old().Add(to).UnixMilli(), sets...)
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, r := range got {
			for _, e := range r.Exemplars {
				text += fmt.Sprintln(r.SeriesLabels, e.Value, e.Ts-old().UnixMilli(), e.Labels)
			}
		}
		if text != want {
			t.Errorf("%v:\n got %s\nwant %s", matchers, text, want)
		}
	}
	in := `{__name__="http_duration_seconds_bucket", job="shop", le="1"} 0.7 0 {span_id="0200000000000000", trace_id="01000000000000000000000000000000", user="u"}` + "\n"
	over := `{__name__="http_duration_seconds_bucket", job="shop", le="+Inf"} 3 -10000 {span_id="0200000000000000", trace_id="01000000000000000000000000000001", user="u"}` + "\n"
	f(-time.Minute, 0, over+in, `{__name__="http_duration_seconds_bucket"}`, `{job="shop"}`)
	f(-5*time.Second, 0, in, `{__name__=~"http.*"}`)
	f(-time.Minute, -time.Second, over, `{le="+Inf"}`)
	f(-time.Minute, 0, "", `{__name__="http_duration_seconds_bucket", job="other"}`)
}

// Whatever a label was made of, a matcher that is narrowed in SQL finds it.
func TestMatchersFindWhatLabelsAreMadeOf(t *testing.T) {
	db := storagetest.Open(t)
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	rm.Resource().Attributes().PutStr("service.name", "shop")
	rm.Resource().Attributes().PutStr("service.namespace", "eu/west")
	rm.Resource().Attributes().PutInt("service.instance.id", 7)
	sm := rm.ScopeMetrics().AppendEmpty()
	sm.Scope().SetName("lib")
	sm.Scope().SetVersion("1.2")
	sm.Scope().Attributes().PutStr("x.y", "z")
	m := sm.Metrics().AppendEmpty()
	m.SetName("queue.size")
	p := m.SetEmptyGauge().DataPoints().AppendEmpty()
	p.SetTimestamp(pcommon.Timestamp(old().UnixNano()))
	p.SetIntValue(1)
	p.Attributes().PutInt("http.status", 200)
	p.Attributes().PutDouble("ratio", 0.5)
	p.Attributes().PutBool("flag", true)
	p.Attributes().PutStr("a.b", "1")
	p.Attributes().PutStr("a_b", "2")
	p.Attributes().PutStr("le", "own")
	p.Attributes().PutEmptySlice("list").AppendEmpty().SetInt(3)
	storeAll(t, db, "p0", []pmetric.Metrics{md})
	q, _ := metrics.NewReader(db).Queryable("p0", metrics.Translation{}).Querier(0, 1<<62)
	for _, text := range []string{
		`job="eu/west/shop"`, `job=~"a|eu/west/shop"`, `instance="7"`, `instance=~"6|7"`, `otel_scope_name="lib"`, `otel_scope_version="1.2"`, `otel_scope_x_y="z"`, `http_status="200"`,
		`http_status=~"200|404"`, `http_status=~"2.."`, `ratio="0.5"`, `flag="true"`, `a_b="1;2"`, `a_b=~"1;.*"`, `le="own"`, `list="[3]"`, `none=""`, `none!="x"`, `le!~"x.*"`,
	} {
		if got := selected(t, q.Select(t.Context(), false, nil, parsed(t, `{__name__="queue_size",`+text+"}")...)); len(got) != 1 {
			t.Errorf("%s found %d series", text, len(got))
		}
		if got := selected(t, q.Select(t.Context(), false, nil, parsed(t, `{`+text+"}")...)); len(got) != 1 {
			t.Errorf("%s without a name found %d series", text, len(got))
		}
	}
	for _, text := range []string{`job="shop"`, `instance="8"`, `otel_scope_name="x"`, `http_status="404"`, `ratio="0.25"`, `flag="false"`, `a_b="1"`, `le="1"`, `le=""`, `http_status!~"2.."`} {
		if got := selected(t, q.Select(t.Context(), false, nil, parsed(t, `{__name__="queue_size",`+text+"}")...)); len(got) != 0 {
			t.Errorf("%s found %v", text, got)
		}
	}
}
