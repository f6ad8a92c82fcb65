package metrics_test

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/metrics"
	"github.com/sightline/sightline/storage/storagetest"
)

// The oracle holds a project's points as they were sent, and makes of them what the Queryable should give, in plain Go.
type oracle struct {
	points []oraclePoint
}

type oraclePoint struct {
	of     string // the stored series: kind, resource and attribute
	kind   string
	labels map[string]string // without name
	t, st  int64             // ms
	stale  bool
	v      float64
	counts []uint64 // of a histogram's buckets, bounds 1, 2, 3 ...; of an exponential one those from index 0
}

// promName is the name that each kind of the test's metrics has.
var promName = map[string]string{
	"gauge": "queue", "sum": "requests_total", "delta": "hits_total", "histogram": "latency", "delta_histogram": "wait", "exponential": "size", "delta_exponential": "depth", "summary": "old",
}

var otelName = map[string]string{"sum": "requests", "delta": "hits"}

func (k oraclePoint) isDelta() bool { return strings.HasPrefix(k.kind, "delta") }

// history makes points of every kind: resources that are one by their labels and follow each other, resets, gaps, stale markers.
func history(r *rand.Rand, begin time.Time) (o oracle, bodies []pmetric.Metrics) {
	n := 0
	for _, res := range []struct{ job, instance, pid string }{{"a", "1", "1"}, {"a", "1", "2"}, {"a", "2", "1"}, {"b", "", "1"}} {
		n++
		md := pmetric.NewMetrics()
		rm := md.ResourceMetrics().AppendEmpty()
		rm.Resource().Attributes().PutStr("service.name", res.job)
		rm.Resource().Attributes().PutStr("process.pid", res.pid)
		if res.instance != "" {
			rm.Resource().Attributes().PutStr("service.instance.id", res.instance)
		}
		sm := rm.ScopeMetrics().AppendEmpty()
		for kind, name := range promName {
			m := sm.Metrics().AppendEmpty()
			m.SetName(cmp.Or(otelName[kind], name))
			for k := range 3 {
				ls := map[string]string{"job": res.job, "k": strconv.Itoa(k)}
				if res.instance != "" {
					ls["instance"] = res.instance
				}
				at := begin.UnixMilli() + int64(n)
				if res.pid == "2" {
					at += 500_000 // overlaps the one before it
				}
				started, total, counts := at-1000, 0.0, make([]uint64, 5)
				for range 80 {
					at += 10_000 * int64(1+r.IntN(2))
					p := oraclePoint{of: fmt.Sprint(kind, res, k), kind: kind, labels: ls, t: at, st: started, stale: r.IntN(12) == 0}
					if r.IntN(10) == 0 || p.isDelta() {
						total, counts = 0, make([]uint64, 5)
						if !p.isDelta() {
							started = at - 1
							p.st = started
						}
					}
					total += float64(r.IntN(100))
					for i := range counts {
						counts[i] += uint64(r.IntN(4))
					}
					p.v, p.counts = total, slices.Clone(counts)
					if kind == "gauge" {
						p.st = 0
					}
					o.points = append(o.points, p)
					addPoint(m, p)
				}
			}
		}
		bodies = append(bodies, md)
	}
	return o, bodies
}

func addPoint(m pmetric.Metric, p oraclePoint) {
	temporality := pmetric.AggregationTemporalityCumulative
	if p.isDelta() {
		temporality = pmetric.AggregationTemporalityDelta
	}
	common := func(q base) {
		q.SetTimestamp(pcommon.Timestamp(p.t * 1e6))
		q.SetStartTimestamp(pcommon.Timestamp(p.st * 1e6))
		q.SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(p.stale))
		q.Attributes().PutStr("k", p.labels["k"])
	}
	switch p.kind {
	case "gauge", "sum", "delta":
		var list pmetric.NumberDataPointSlice
		switch {
		case m.Type() == pmetric.MetricTypeEmpty && p.kind == "gauge":
			list = m.SetEmptyGauge().DataPoints()
		case p.kind == "gauge":
			list = m.Gauge().DataPoints()
		default:
			if m.Type() == pmetric.MetricTypeEmpty {
				m.SetEmptySum().SetIsMonotonic(true)
				m.Sum().SetAggregationTemporality(temporality)
			}
			list = m.Sum().DataPoints()
		}
		q := list.AppendEmpty()
		common(q)
		if !p.stale {
			q.SetDoubleValue(p.v)
		}
	case "histogram", "delta_histogram":
		if m.Type() == pmetric.MetricTypeEmpty {
			m.SetEmptyHistogram().SetAggregationTemporality(temporality)
		}
		q := m.Histogram().DataPoints().AppendEmpty()
		common(q)
		if p.stale {
			return
		}
		q.SetSum(p.v)
		q.SetCount(total(p.counts))
		q.BucketCounts().FromRaw(p.counts)
		for i := range len(p.counts) - 1 {
			q.ExplicitBounds().Append(float64(i + 1))
		}
	case "exponential", "delta_exponential":
		if m.Type() == pmetric.MetricTypeEmpty {
			m.SetEmptyExponentialHistogram().SetAggregationTemporality(temporality)
		}
		q := m.ExponentialHistogram().DataPoints().AppendEmpty()
		common(q)
		if p.stale {
			return
		}
		q.SetSum(p.v)
		q.SetCount(total(p.counts))
		q.Positive().BucketCounts().FromRaw(p.counts)
	case "summary":
		if m.Type() == pmetric.MetricTypeEmpty {
			m.SetEmptySummary()
		}
		q := m.Summary().DataPoints().AppendEmpty()
		common(q)
		if p.stale {
			return
		}
		q.SetSum(p.v)
		q.SetCount(p.counts[0])
		v := q.QuantileValues().AppendEmpty()
		v.SetQuantile(0.5)
		v.SetValue(p.v / 2)
	}
}

func total(counts []uint64) (n uint64) {
	for _, c := range counts {
		n += c
	}
	return n
}

// sums are what is counted of a series in the window so far, where it was sent as deltas.
type sums struct {
	began  int64
	v      float64
	counts []float64
}

// series gives the samples in a window, by labels: each as text.
func (o oracle) series(from, to int64, want func(ls labels.Labels) bool) map[string][]string {
	points := slices.DeleteFunc(slices.Clone(o.points), func(p oraclePoint) bool { return p.t < from || p.t > to })
	slices.SortStableFunc(points, func(a, b oraclePoint) int { return cmp.Compare(a.t, b.t) })
	out, known, counted := map[string][]string{}, map[string][]labels.Labels{}, map[string]*sums{}
	for _, p := range points {
		emit := func(v float64, counts []uint64, suffix string, more ...string) {
			b := labels.NewBuilder(labels.FromMap(p.labels)).Set("__name__", promName[p.kind]+suffix)
			for i := 0; i < len(more); i += 2 {
				b.Set(more[i], more[i+1])
			}
			ls := b.Labels()
			if !slices.ContainsFunc(known[p.of], func(k labels.Labels) bool { return labels.Equal(k, ls) }) {
				known[p.of] = append(known[p.of], ls)
			}
			if !want(ls) {
				return
			}
			list := make([]float64, len(counts))
			for i, c := range counts {
				list[i] = float64(c)
			}
			st := p.st
			if p.isDelta() {
				s := counted[ls.String()]
				if s == nil {
					s = &sums{began: p.st, counts: make([]float64, len(list))}
					counted[ls.String()] = s
				}
				st = s.began
				s.v += v
				v = s.v
				for i := range list {
					s.counts[i] += list[i]
					list[i] = s.counts[i]
				}
			}
			out[ls.String()] = append(out[ls.String()], sampleText(p.t, st, v, list))
		}
		if p.stale {
			switch p.kind {
			case "histogram", "delta_histogram":
				known[p.of] = append(known[p.of], p.with("_count"), p.with("_bucket", "le", "+Inf"))
			case "summary":
				known[p.of] = append(known[p.of], p.with("_count"), p.with("_sum"))
			default:
				known[p.of] = append(known[p.of], p.with(""))
			}
			slices.SortFunc(known[p.of], labels.Compare)
			known[p.of] = slices.CompactFunc(known[p.of], labels.Equal)
			for _, ls := range known[p.of] {
				if want(ls) {
					st := p.st
					if p.isDelta() {
						st = 0
					}
					out[ls.String()] = append(out[ls.String()], sampleText(p.t, st, metrics.StaleMarker, nil))
				}
			}
			continue
		}
		switch p.kind {
		case "gauge", "sum", "delta":
			emit(p.v, nil, "")
		case "histogram", "delta_histogram":
			emit(p.v, nil, "_sum")
			emit(float64(total(p.counts)), nil, "_count")
			for i := range p.counts {
				le := "+Inf"
				if i < len(p.counts)-1 {
					le = strconv.Itoa(i + 1)
				}
				emit(float64(total(p.counts[:i+1])), nil, "_bucket", "le", le)
			}
		case "exponential", "delta_exponential":
			emit(p.v, p.counts, "")
		case "summary":
			emit(p.v, nil, "_sum")
			emit(float64(p.counts[0]), nil, "_count")
			emit(p.v/2, nil, "", "quantile", "0.5")
		}
	}
	return out
}

func (p oraclePoint) with(suffix string, more ...string) labels.Labels {
	b := labels.NewBuilder(labels.FromMap(p.labels)).Set("__name__", promName[p.kind]+suffix)
	for i := 0; i < len(more); i += 2 {
		b.Set(more[i], more[i+1])
	}
	return b.Labels()
}

// sampleText says a sample; counts are those of an exponential histogram from index 0.
func sampleText(t, st int64, v float64, counts []float64) string {
	if math.Float64bits(v) == math.Float64bits(metrics.StaleMarker) {
		return fmt.Sprint(t, " ", st, " stale")
	}
	text := fmt.Sprint(t, " ", st, " ", v)
	for i, c := range counts {
		if c > 0 {
			text += fmt.Sprintf(" %d:%g", i, c)
		}
	}
	return text
}

// selected reads what a Queryable gives, as the oracle says it.
func selected(t testing.TB, set storage.SeriesSet) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	var it chunkenc.Iterator
	for set.Next() {
		ls := set.At().Labels().String()
		if out[ls] != nil {
			t.Fatalf("%s twice", ls)
		}
		it = set.At().Iterator(it)
		for typ := it.Next(); typ != chunkenc.ValNone; typ = it.Next() {
			if typ == chunkenc.ValFloat {
				at, v := it.At()
				out[ls] = append(out[ls], sampleText(at, it.AtST(), v, nil))
				continue
			}
			at, h := it.AtFloatHistogram(nil)
			out[ls] = append(out[ls], sampleText(at, it.AtST(), h.Sum, dense(h)))
		}
	}
	if set.Err() != nil {
		t.Fatal(set.Err())
	}
	return out
}

func dense(h *histogram.FloatHistogram) []float64 {
	counts := make([]float64, 5)
	for it := h.PositiveBucketIterator(); it.Next(); {
		counts[it.At().Index-1] = it.At().Count // OpenTelemetry's index 0 is Prometheus's 1
	}
	return counts
}

func TestSelectGivesWhatPrometheusWouldHave(t *testing.T) {
	db := storagetest.Open(t)
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 9))
		project := fmt.Sprintf("p%d", seed)
		o, bodies := history(r, old())
		storeAll(t, db, project, bodies)
		reader := metrics.NewReader(db)
		q := reader.Queryable(project, metrics.Translation{})
		name := func(typ labels.MatchType, v string) *labels.Matcher { return labels.MustNewMatcher(typ, "__name__", v) }
		matcher := func(typ labels.MatchType, name, v string) *labels.Matcher { return labels.MustNewMatcher(typ, name, v) }
		for i, matchers := range [][]*labels.Matcher{
			{name(labels.MatchRegexp, ".+")},
			{name(labels.MatchEqual, "requests_total")}, {name(labels.MatchEqual, "hits_total"), matcher(labels.MatchEqual, "k", "2")},
			{name(labels.MatchEqual, "latency_bucket"), matcher(labels.MatchEqual, "le", "+Inf")},
			{name(labels.MatchRegexp, "wait_bucket|wait_sum"), matcher(labels.MatchEqual, "job", "a")},
			{name(labels.MatchEqual, "old"), matcher(labels.MatchRegexp, "quantile", "0.5|0.9")},
			{name(labels.MatchEqual, "size"), matcher(labels.MatchEqual, "instance", "1")}, {name(labels.MatchEqual, "depth"), matcher(labels.MatchEqual, "instance", "")},
			{matcher(labels.MatchRegexp, "k", "0|1"), matcher(labels.MatchNotEqual, "job", "b")}, {matcher(labels.MatchEqual, "le", "3")},
			{matcher(labels.MatchEqual, "job", "b"), name(labels.MatchNotRegexp, "latency.*")}, {matcher(labels.MatchEqual, "k", "none")},
		} {
			from := old().UnixMilli() + int64(r.IntN(500_000))
			to := from + int64(r.IntN(1_500_000))
			want := o.series(from, to, func(ls labels.Labels) bool {
				return !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(ls.Get(m.Name)) })
			})
			querier, err := q.Querier(from, to)
			if err != nil {
				t.Fatal(err)
			}
			got := selected(t, querier.Select(t.Context(), true, nil, matchers...))
			for ls := range maps.Keys(want) {
				if !slices.Equal(got[ls], want[ls]) {
					t.Fatalf("seed %d, %d %v, %s:\n got %v\nwant %v", seed, i, matchers, ls, got[ls], want[ls])
				}
			}
			if len(got) != len(want) {
				t.Errorf("seed %d, %d %v: got %d series, want %d", seed, i, matchers, len(got), len(want))
			}
		}
	}
}

// storeAll stores each request in a batch.
func storeAll(t testing.TB, db *conn.DB, project string, bodies []pmetric.Metrics) {
	t.Helper()
	for i, md := range bodies {
		id := batch.NewID([8]byte{3, project[1]}, old().Add(time.Duration(i)*time.Second))
		b := metrics.NewBatch(id, batch.Policy{Metrics: batch.Retention{Days: 300}})
		if err := b.Append(batch.Request{Project: project, Received: old().Add(time.Hour), Body: marshal(t, md)}); err != nil {
			t.Fatal(err)
		}
		insert(t, db, b, id)
	}
}
