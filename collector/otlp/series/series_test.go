package series_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"

	"github.com/sightline/sightline/collector/otlp/series"
	"github.com/sightline/sightline/collector/otlp/walk"
	"github.com/sightline/sightline/collector/sample"
)

var (
	now  = time.Unix(1_790_000_000, 0)
	open = walk.Window{To: 1<<64 - 1, Series: true}
)

// points walks a request of one metric with so many points, whose label has the given values.
func points(t testing.TB, metric string, values ...string) *walk.Result {
	t.Helper()
	md := pmetric.NewMetrics()
	m := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName(metric)
	list := m.SetEmptyGauge().DataPoints()
	for _, v := range values {
		p := list.AppendEmpty()
		p.SetTimestamp(pcommon.NewTimestampFromTime(now))
		p.Attributes().PutStr("host.name", "a")
		p.Attributes().PutStr("label", v)
	}
	return walked(t, md)
}

func walked(t testing.TB, md pmetric.Metrics) *walk.Result {
	t.Helper()
	b, err := pmetricotlp.NewExportRequestFromMetrics(md).MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	var r walk.Result
	if err := walk.Metrics(b, open, &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

// rejected is how many points of a request begin a series that may not be.
func rejected(l *series.Limit, project string, at time.Time, r *walk.Result) int {
	l.Admit(project, at, r)
	return int(r.Counts[walk.SeriesLimit])
}

func TestBounds(t *testing.T) {
	l := series.NewLimit(6, 4)
	if n := rejected(l, "a", now, points(t, "m", "1", "2", "3", "2", "1")); n != 0 || l.Active("a") != 3 {
		t.Errorf("%d rejected, %d active", n, l.Active("a"))
	}
	r := points(t, "m", "4", "5", "1", "6", "4")
	if n := rejected(l, "a", now, r); n != 2 || !slices.Equal(r.Rejected, []uint32{1, 3}) || r.First[walk.SeriesLimit].Ordinal != 1 || string(r.First[walk.SeriesLimit].Name) != "m" {
		t.Errorf("%d rejected of a metric that is full: %v", n, r.Rejected)
	}
	if n := rejected(l, "a", now, points(t, "n", "1", "2", "3")); n != 1 {
		t.Errorf("%d rejected of a project that is full", n)
	}
	if n := rejected(l, "a", now, points(t, "m", "1", "2", "3", "4")); n != 0 {
		t.Errorf("%d points of series that were there are rejected", n)
	}
	if n := rejected(l, "b", now, points(t, "m", "1", "2", "3", "4")); n != 0 {
		t.Errorf("%d points of another project are rejected", n)
	}
	if got := l.Refused("a"); !strings.Contains(got, `6 of 6`) || !strings.Contains(got, `most are of "m" 2, "n" 1`) {
		t.Error(got)
	}
}

// TestPlacesAreFreed: a series that stops is given up after one to two turns, one that goes on is not.
func TestPlacesAreFreed(t *testing.T) {
	l := series.NewLimit(4, 4)
	rejected(l, "a", now, points(t, "m", "1", "2", "3", "4"))
	at := now
	for range 5 {
		at = at.Add(series.Turn / 2)
		if n := rejected(l, "a", at, points(t, "m", "1", "2")); n != 0 {
			t.Errorf("%d that go on are rejected", n)
		}
	}
	if n := rejected(l, "a", at, points(t, "m", "5", "6", "7", "1", "2")); n != 1 || l.Active("a") != 4 {
		t.Errorf("%d rejected, %d active; two places are free", n, l.Active("a"))
	}
	if n := rejected(l, "a", at.Add(2*series.Turn), points(t, "n", "1", "2", "3", "4")); n != 0 || l.Active("a") != 4 {
		t.Errorf("after a long pause %d are rejected, %d active", n, l.Active("a"))
	}
}

// TestAgainstModel compares with sets that keep everything.
func TestAgainstModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	l := series.NewLimit(300, 120)
	at, turned := now, now
	type turn map[string]string // series to metric
	this, before := turn{}, turn{}
	active := func(metric string) (all, of int) {
		both := turn{}
		for _, s := range []turn{this, before} {
			for id, m := range s {
				both[id] = m
			}
		}
		for _, m := range both {
			if m == metric {
				of++
			}
		}
		return len(both), of
	}
	for range 400 {
		at = at.Add(time.Duration(rnd.IntN(20)) * time.Minute)
		if d := at.Sub(turned); d >= series.Turn {
			if before = this; d >= 2*series.Turn {
				before = turn{}
			}
			this, turned = turn{}, at
		}
		metric := fmt.Sprint("m", rnd.IntN(4))
		var values []string
		for range rnd.IntN(30) {
			values = append(values, fmt.Sprint(rnd.IntN(200)))
		}
		want := 0
		for _, v := range values {
			id := metric + " " + v
			_, a := this[id]
			_, b := before[id]
			if all, of := active(metric); !a && !b && (all >= 300 || of >= 120) {
				want++
				continue
			}
			this[id] = metric
		}
		if n := rejected(l, "p", at, points(t, metric, values...)); n != want {
			t.Fatalf("%d rejected, want %d", n, want)
		}
	}
}

// TestMillion: a million values that never come again, while a hundred series of the same project go on.
func TestMillion(t *testing.T) {
	const most = 100_000
	l := series.NewLimit(most, most)
	steady := make([]string, 100)
	for i := range steady {
		steady[i] = fmt.Sprint("steady ", i)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	refused := 0
	for i := range 1000 {
		random := make([]string, 1000)
		for k := range random {
			random[k] = fmt.Sprint(i*1000 + k)
		}
		if n := rejected(l, "loud", now, points(t, "steady", steady...)); n != 0 {
			t.Fatalf("%d of the steady are rejected", n)
		}
		refused += rejected(l, "loud", now, points(t, "random", random...))
		if n := rejected(l, "quiet", now, points(t, "random", random[:2]...)); n != 0 {
			t.Fatalf("%d of a quiet project are rejected", n)
		}
	}
	if refused != 1_000_000-most+len(steady) {
		t.Errorf("%d of a million are refused", refused)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if used := int64(after.HeapAlloc) - int64(before.HeapAlloc); used > 4<<20 {
		t.Errorf("%d bytes for %d series", used, most)
	}
	runtime.KeepAlive(l)
}

// TestMetricNames: what is kept of names is bounded too.
func TestMetricNames(t *testing.T) {
	l := series.NewLimit(10, 10)
	md := pmetric.NewMetrics()
	ms := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics()
	for i := range 5000 {
		m := ms.AppendEmpty()
		m.SetName(fmt.Sprint(i, strings.Repeat("é", 500)))
		m.SetEmptyGauge().DataPoints().AppendEmpty()
	}
	if n := rejected(l, "a", now, walked(t, md)); n != 4990 {
		t.Errorf("%d rejected", n)
	}
	if got := l.Refused("a"); len(got) > 500 {
		t.Error(got)
	}
}

// BenchmarkAdmit is of series that are known already, a million of them: what nearly every point costs.
func BenchmarkAdmit(b *testing.B) {
	const items = 500
	for _, n := range []int{1, 2000} {
		b.Run(fmt.Sprintf("%d series", n*items), func(b *testing.B) {
			l := series.NewLimit(2_000_000, 2_000_000)
			var all []*walk.Result
			for i := range n {
				r := walked(b, sample.Metrics(uint64(i), items, now))
				l.Admit("a", now, r)
				all = append(all, r)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				l.Admit("a", now, all[i%n])
				i++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/items, "ns/item")
		})
	}
}
