package metrics_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/metrics"
	"github.com/sightline/sightline/storage/storagetest"
)

func TestParseMatchers(t *testing.T) {
	good := func(text string, want ...string) {
		t.Helper()
		got, err := metrics.ParseMatchers(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			return
		}
		texts := []string{}
		for _, m := range got {
			texts = append(texts, m.String())
		}
		if !slices.Equal(texts, append([]string{}, want...)) {
			t.Errorf("%s is %q, want %q", text, texts, want)
		}
	}
	good("")
	good("{}")
	good(" { } ")
	good(`a="b"`, `a="b"`)
	good(`{a = "b" , c!="", d=~"e|f",g!~'h.*',}`, `a="b"`, `c!=""`, `d=~"e|f"`, `g!~"h.*"`)
	good("{http.route=`/a\\b`}", `"http.route"="/a\\b"`)
	good(`{"with space"="\"q\"\n"}`, `"with space"="\"q\"\n"`)
	good(`{ключ="日本"}`, `"ключ"="日本"`)
	bad := func(text string, position int) {
		t.Helper()
		_, err := metrics.ParseMatchers(text)
		if e, ok := err.(*metrics.MatcherError); !ok || e.Position != position {
			t.Errorf("%s: %v, want an error at %d", text, err, position)
		}
	}
	bad("{", 1)
	bad("}", 0)
	bad(`{a="b"`, 6)
	bad(`a="b" c="d"`, 6)
	bad(`a`, 1)
	bad(`a=b`, 2)
	bad(`a="b`, 2)
	bad(`a=~"("`, 3)
	bad(`="b"`, 0)
	bad(`{a="b"}}`, 7)
	bad(`a="\z"`, 2)
}

// TestSeriesThatMatch holds the statements to Prometheus's own matchers over everything that is stored.
func TestSeriesThatMatch(t *testing.T) {
	db := storagetest.Open(t)
	policy := batch.Policy{Metrics: batch.Retention{Days: 300}}
	id := batch.NewID([8]byte{1}, old())
	b := metrics.NewBatch(id, policy)
	r := rand.New(rand.NewPCG(3, 3))
	values := []string{"", "a", "b", "ab", "200", "1.5", "1e+06", "true", "a\nb", "日本", "\x00b true"}
	keys := []string{"k", "l", "a.b", "service", "日本", "service.version"}
	for range 150 {
		md := pmetric.NewMetrics()
		rm := md.ResourceMetrics().AppendEmpty()
		set := func(m pcommon.Map) {
			for range r.IntN(3) {
				key := keys[r.IntN(len(keys))]
				switch v := values[r.IntN(len(values))]; r.IntN(6) {
				case 0:
					m.PutInt(key, []int64{0, 200, -1}[r.IntN(3)])
				case 1:
					m.PutDouble(key, []float64{0, 1.5, 1e6}[r.IntN(3)])
				case 2:
					m.PutBool(key, true)
				default:
					m.PutStr(key, v)
				}
			}
		}
		set(rm.Resource().Attributes())
		if r.IntN(2) == 0 {
			rm.Resource().Attributes().PutStr("service.name", []string{"a", "b"}[r.IntN(2)])
		}
		sm := rm.ScopeMetrics().AppendEmpty()
		sm.Scope().SetName([]string{"", "ab"}[r.IntN(2)])
		m := sm.Metrics().AppendEmpty()
		m.SetName([]string{"m", "n", "a.b"}[r.IntN(3)])
		m.SetUnit([]string{"", "s"}[r.IntN(2)])
		p := m.SetEmptyGauge().DataPoints().AppendEmpty()
		p.SetTimestamp(pcommon.Timestamp(old().UnixNano()))
		set(p.Attributes())
		if err := b.Append(batch.Request{Project: "default", Received: old(), Body: marshal(t, md)}); err != nil {
			t.Fatal(err)
		}
	}
	insert(t, db, b, id)
	reader := metrics.NewReader(db)
	read := func(q metrics.SeriesQuery) (ids []string) {
		q.Project, q.Range = "default", everything()
		all, _, err := reader.Series(t.Context(), q)
		if err != nil {
			t.Fatalf("%v: %v", q.Matchers, err)
		}
		for _, s := range all {
			ids = append(ids, fmt.Sprintf("%s %d", s.Name, s.ID))
		}
		return ids
	}
	everySeries, _, err := reader.Series(t.Context(), metrics.SeriesQuery{Project: "default", Range: everything()})
	if err != nil || len(everySeries) < 80 {
		t.Fatalf("%d series, %v", len(everySeries), err)
	}
	asked := append(slices.Clone(keys), "attr.k", "resource.k", "attr.service", "service.name", "scope.name", "unit", "__name__", "env", "missing")
	patterns := []string{"a|b", "a.*", ".*", ".+", "", "[0-9]+", "1.5|true", "(?i)A", "a.b", "日.", "20"}
	found := 0
	for range 400 {
		var matchers []*labels.Matcher
		for range 1 + r.IntN(2) {
			typ := labels.MatchType(r.IntN(4))
			value := values[r.IntN(len(values))]
			if typ == labels.MatchRegexp || typ == labels.MatchNotRegexp {
				value = patterns[r.IntN(len(patterns))]
			}
			matchers = append(matchers, labels.MustNewMatcher(typ, asked[r.IntN(len(asked))], value))
		}
		var want []string
		for _, s := range everySeries {
			if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(s.Value(m.Name)) }) {
				want = append(want, fmt.Sprintf("%s %d", s.Name, s.ID))
			}
		}
		found += len(want)
		if got := read(metrics.SeriesQuery{Matchers: matchers}); !slices.Equal(got, want) {
			t.Errorf("%v: %d series, want %d", matchers, len(got), len(want))
		}
	}
	if found < 4000 {
		t.Errorf("the matchers found %d series only", found)
	}
	limited, more, err := reader.Series(t.Context(), metrics.SeriesQuery{Project: "default", Range: everything(), Limit: 7})
	if err != nil || !more || len(limited) != 7 || limited[6].ID != everySeries[6].ID {
		t.Errorf("with a limit: %d series, more %v, %v", len(limited), more, err)
	}
	if got, _, err := reader.Series(t.Context(), metrics.SeriesQuery{Project: "other", Range: everything()}); err != nil || len(got) != 0 {
		t.Errorf("another project sees %d series, %v", len(got), err)
	}
	later := metrics.Range{From: old().Add(27 * time.Hour), To: old().Add(28 * time.Hour)}
	if got, _, err := reader.Series(t.Context(), metrics.SeriesQuery{Project: "default", Range: later}); err != nil || len(got) != 0 {
		t.Errorf("a day later %d series are seen, %v", len(got), err)
	}
	checkNames(t, reader, everySeries)
}

// checkNames holds the list of metrics to all series.
func checkNames(t *testing.T, reader *metrics.Reader, all []metrics.Series) {
	t.Helper()
	count := map[string]int{}
	for _, s := range all {
		count[s.Name+" "+s.Unit]++
	}
	f := func(contains string, limit, want int, wantMore bool) {
		t.Helper()
		names, more, err := reader.Names(t.Context(), metrics.NamesQuery{Project: "default", Range: everything(), Contains: contains, Limit: limit})
		if err != nil || len(names) != want || more != wantMore {
			t.Errorf("%q: %d names, more %v, %v", contains, len(names), more, err)
		}
		for _, n := range names {
			if n.Series != count[n.Name+" "+n.Unit] || n.Kind != metrics.Gauge || !strings.Contains(n.Name, strings.ToLower(contains)) {
				t.Errorf("%q: %+v, want %d series", contains, n, count[n.Name+" "+n.Unit])
			}
		}
	}
	f("", 100, len(count), false)
	f("", 3, 3, true)
	f("A.", 100, 2, false)
	f("%", 100, 0, false)
}
