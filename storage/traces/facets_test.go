package traces_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

// skewedSQL makes spans of six hours, nine of ten of them in the last: services and routes as frequent as the half of the one before,
// other services fail at night than by day, and one span of 2,000 is a batch job's, which runs at full minutes.
const skewedSQL = `
INSERT INTO spans (project, start, trace_id, span_id, name, kind, duration, service, a_http_route, class, weight, attrs, retention_days)
WITH if(number % 10 = 0, (cityHash64(number, 't') % 21600000) / 1000, 18000 + (cityHash64(number, 't') % 3600000) / 1000) AS at,
	toUInt8(least(20, floor(-log2((cityHash64(number, 's') % 1000000 + 1) / 1000001.)))) AS s,
	toUInt8(least(20, floor(-log2((cityHash64(number, 'r') % 1000000 + 1) / 1000001.)))) AS r,
	number % 2000 = 7 AS job
SELECT 'p', fromUnixTimestamp64Nano({epoch:Int64} + toInt64(if(job, floor(at / 60) * 60, at) * 1e9), 'UTC'), reinterpretAsFixedString(toUInt128(cityHash64(number))), number + 1,
	'op', 2, cityHash64(number, 'd') % 1000000000, if(job, 'job', 'service-' || toString(s)), '/route/' || toString(r), if((s + r) % 3 = if(at < 9000, 0, 1), 3, 0), 1,
	map('tenant', toString(r)), 20000
FROM numbers({n:UInt64})`

var skewedKeys = []filter.Attr{{Key: filter.Service}, {Key: filter.Class}, {Scope: filter.Span, Key: "http.route"}, {Scope: filter.Span, Key: "tenant"}}

// TestFacetsOfASampleAgreeWithAll compares the shares of values in a sample with those in all spans. A share that is counted over n spans
// is within 4 standard errors of n independent ones, twice as many since neighbours in time have more in common, and ranks
// agree as far as shares are further apart than that.
func TestFacetsOfASampleAgreeWithAll(t *testing.T) {
	db := storagetest.Open(t)
	const all = 150_000
	if err := db.Exec(t.Context(), skewedSQL, conn.Int("epoch", noon.UnixNano()), conn.Uint("n", uint64(all))); err != nil {
		t.Fatal(err)
	}
	r := traces.NewReader(db)
	r.SetNow(noon.Add(7 * time.Hour))
	set := traces.SpanSet{Project: "p", TimeLimit: patience, Range: traces.Range{From: noon, To: noon.Add(6 * time.Hour)}}
	read := func(text string, sample uint64) traces.Facets {
		t.Helper()
		set := set
		if text != "" {
			var err error
			if set.Filter, err = filter.Parse(text); err != nil {
				t.Fatal(err)
			}
		}
		found, err := r.Facets(t.Context(), traces.FacetQuery{SpanSet: set, Keys: skewedKeys, Sample: sample, Top: 100})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	for _, c := range []struct {
		filter string
		about  uint64 // how many of the sample match, about
		exact  bool
	}{
		{"", 20_000, false},
		{"duration > 500ms", 10_000, false},
		{`service = "service-3"`, 5_000, false}, // one of 16: a second look
		{"service = job", 75, true},
		{`tenant = "9" and duration < 1us`, 0, true},
	} {
		exact := read(c.filter, 10*all)
		if !exact.Exact || !exact.Complete || exact.Reason != "" || exact.Total != exact.Spans {
			t.Fatalf("%q: %d spans of %d, %+v", c.filter, exact.Spans, exact.Total, exact.Outcome)
		}
		got := read(c.filter, 20_000)
		if got.Exact != c.exact || got.Complete != c.exact || (got.Reason == traces.ReasonRowLimit) == c.exact || !got.SearchedFrom.Equal(set.Range.From) {
			t.Errorf("%q: %d spans of %d, exact %v, %+v", c.filter, got.Spans, got.Total, got.Exact, got.Outcome)
		}
		if c.exact {
			if got.Spans != exact.Spans {
				t.Errorf("%q: %d spans, want all %d", c.filter, got.Spans, exact.Spans)
			}
			continue
		}
		if c.filter == "" && got.Total != all {
			t.Errorf("%d spans, want %d: without a filter they are counted", got.Total, all)
		}
		if off := math.Abs(float64(got.Total)/float64(exact.Spans) - 1); off > 0.15 || math.Abs(float64(got.Spans)/float64(c.about)-1) > 0.3 {
			t.Errorf("%q: %d of about %d spans, want %d of %d", c.filter, got.Spans, got.Total, c.about, exact.Spans)
		}
		for i := range skewedKeys {
			compareShares(t, c.filter, got.Facets[i], exact.Facets[i], float64(got.Spans), float64(exact.Spans))
		}
	}
}

func compareShares(t *testing.T, text string, got, want traces.Facet, n, all float64) {
	t.Helper()
	share := map[string]float64{}
	for _, v := range got.Values {
		share[v.Label] = float64(v.Spans) / n
	}
	bound := func(p float64) float64 { return 8*math.Sqrt(p*(1-p)/n) + 1/n }
	last, lastShare := "", 0.0
	for _, v := range want.Values {
		p := float64(v.Spans) / all
		if math.Abs(share[v.Label]-p) > bound(p) {
			t.Errorf("%q: %s = %s has a share of %.4f, want %.4f", text, want.Attr, v.Label, share[v.Label], p)
		}
		if last != "" && lastShare-p > bound(p)+bound(lastShare) {
			place := func(label string) int {
				return slices.IndexFunc(got.Values, func(v traces.FacetValue) bool { return v.Label == label })
			}
			if at := place(v.Label); at >= 0 && at < place(last) {
				t.Errorf("%q: %s = %s stands before %s", text, want.Attr, v.Label, last)
			}
		}
		last, lastShare = v.Label, p
	}
}

// A sample is made of parts of time: what is counted are the spans that start in them.
func TestFacetsOfASampleCountWhatTheirFiltersSelect(t *testing.T) {
	r, _, spans, _ := openSets(t, 11, 500)
	set := traces.SpanSet{Project: "p", TimeLimit: patience, Range: traces.Range{From: noon.Add(-time.Hour), To: noon.Add(time.Hour)}}
	found, err := r.Facets(t.Context(), traces.FacetQuery{SpanSet: set, Keys: facetKeys, Sample: 100, Top: 40})
	if err != nil || found.Complete || found.Exact || found.Reason != traces.ReasonRowLimit {
		t.Fatalf("%+v, %v", found.Outcome, err)
	}
	if all := len(counting(spans, set)); found.Spans < 60 || found.Spans > 140 || found.Total < uint64(all) || found.Total > uint64(len(spans)) {
		t.Errorf("%d spans of %d, want about 100 of %d", found.Spans, found.Total, all)
	}
	for _, f := range found.Facets {
		sum := f.Missing
		for _, v := range f.Values {
			sum += v.Spans
		}
		if sum > found.Spans {
			t.Errorf("%s: %d spans of %d", f.Attr, sum, found.Spans)
		}
	}
}
