package traces_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

// someSpans are spans at random in the ten minutes from noon, some of them in progress, and of these some stored complete too.
func someSpans(g gen, n int) []traces.Span {
	var spans []traces.Span
	for i := range n {
		s := g.span(i)
		s.Duration = time.Duration(g.Int64N(1 << (1 + g.IntN(40))))
		if g.IntN(20) == 0 {
			s.State = traces.StateInProgress
			if twin := s; g.IntN(2) == 0 {
				twin.State = traces.StateComplete
				spans = append(spans, twin)
			}
		}
		spans = append(spans, s)
	}
	return spans
}

// counting are the spans that count: an in-progress one does not where it is complete, too.
func counting(spans []traces.Span, set traces.SpanSet) (found []traces.Span) {
	complete := map[traces.SpanID]bool{}
	for _, s := range spans {
		complete[s.SpanID] = complete[s.SpanID] || s.State == traces.StateComplete
	}
	in := func(s *traces.Span, r traces.Range) bool { return !s.Start.Before(r.From) && s.Start.Before(r.To) }
	for _, s := range spans {
		switch {
		case !in(&s, set.Range), !matches(set.Filter, &s), s.State == traces.StateInProgress && complete[s.SpanID]:
		case set.Except != nil && in(&s, set.Except.Range) && matches(set.Except.Filter, &s):
		default:
			found = append(found, s)
		}
	}
	slices.SortStableFunc(found, func(a, b traces.Span) int {
		return cmp.Or(b.Start.Compare(a.Start), strings.Compare(string(b.TraceID[:]), string(a.TraceID[:])), cmp.Compare(b.SpanID, a.SpanID))
	})
	return found
}

// openSets gives a reader of spans at random, and sets of them.
func openSets(t *testing.T, seed uint64, n int) (*traces.Reader, *conn.DB, []traces.Span, func() traces.SpanSet) {
	db := storagetest.Open(t)
	g := gen{rand.New(rand.NewPCG(seed, 2))}
	spans := someSpans(g, n)
	putSpans(t, db, "p", spans)
	putSpans(t, db, "other", spans[:50])
	r := traces.NewReader(db)
	r.SetNow(noon.Add(time.Hour))
	return r, db, spans, func() traces.SpanSet {
		set := traces.SpanSet{Project: "p", TimeLimit: patience, Range: traces.Range{From: noon.Add(time.Duration(g.IntN(200)) * time.Second), To: noon.Add(time.Duration(300+g.IntN(400)) * time.Second)}}
		if g.IntN(4) > 0 {
			set.Filter = g.filter(1)
		}
		if g.IntN(4) == 0 {
			set.Except = &traces.SpanSet{Filter: g.filter(1), Range: traces.Range{From: noon.Add(100 * time.Second), To: noon.Add(400 * time.Second)}}
		}
		return set
	}
}

func TestSpansAreListedNewestFirst(t *testing.T) {
	r, db, spans, next := openSets(t, 1, 500)
	twice := spans[:20] // stored twice, they are shown twice
	putSpans(t, db, "p", twice)
	spans = append(spans, twice...)
	columns := []filter.Attr{{Scope: filter.Span, Key: "http.route"}, {Scope: filter.Span, Key: "size"}, {Scope: filter.Resource, Key: "text"}, {Scope: filter.Any, Key: "flag"},
		{Scope: filter.Instrumentation, Key: "text"}, {Scope: filter.Event, Key: "size"}, {Key: filter.Env}, {Key: filter.DurationField}, {Key: filter.EventName}, {Scope: filter.Span, Key: "http.response.status_code"}}
	g := gen{rand.New(rand.NewPCG(5, 5))}
	for range 15 {
		q := traces.SpanQuery{SpanSet: next(), Limit: 7 + g.IntN(100), Columns: columns}
		want := counting(spans, q.SpanSet)
		n := 0
		for {
			page, err := r.Spans(t.Context(), q)
			if err != nil || !page.Complete {
				t.Fatalf("%v: %+v, %v", q.Filter, page.Outcome, err)
			}
			for _, got := range page.Spans {
				if n >= len(want) {
					t.Fatalf("%v: more than %d spans", q.Filter, len(want))
				}
				s := want[n]
				if got.TraceID != s.TraceID || got.SpanID != s.SpanID || !got.Start.Equal(s.Start) || got.Duration != s.Duration || got.Kind != s.Kind || got.Class != s.Class || got.PeerName != s.PeerName {
					t.Fatalf("%v: span %d is %+v, want %+v", q.Filter, n, got.Span, s)
				}
				for i, a := range columns {
					if have, wanted := got.Values[i], s.Value(a); (have == nil) != (wanted == nil) || have != nil && !same(*have, *wanted) {
						t.Fatalf("%v of %+v is %+v, want %+v", a, s, have, wanted)
					}
				}
				n++
			}
			if q.Cursor = page.Next; q.Cursor.IsZero() {
				break
			}
		}
		if n != len(want) {
			t.Fatalf("%v: %d spans, want %d", q.Filter, n, len(want))
		}
	}
}

// same tells whether two attributes are one, in whatever spelling a number is.
func same(a, b traces.Attr) bool {
	if x, err := strconv.ParseFloat(a.Text, 64); err == nil && a.Type == traces.ValueFloat && x == x {
		y, err := strconv.ParseFloat(b.Text, 64)
		return a.Key == b.Key && b.Type == a.Type && err == nil && x == y
	}
	return a == b
}

func TestSpansSayWhyTheyEndAndGoOn(t *testing.T) {
	r, _, spans, _ := openSets(t, 3, 300)
	set := traces.SpanSet{Project: "p", TimeLimit: patience, Range: traces.Range{From: noon.Add(-1000 * time.Hour), To: noon.Add(20 * time.Minute)}, RowLimit: 1}
	page, err := r.Spans(t.Context(), traces.SpanQuery{SpanSet: set, Limit: 1000})
	if err != nil || page.Complete || page.Reason != traces.ReasonRowLimit || page.Next.IsZero() {
		t.Fatalf("%+v, %v", page, err)
	}
	set.RowLimit = 0
	rest, err := r.Spans(t.Context(), traces.SpanQuery{SpanSet: set, Limit: 1000, Cursor: page.Next})
	if want := len(counting(spans, set)); err != nil || !rest.Complete || len(page.Spans)+len(rest.Spans) != want {
		t.Errorf("%d and %d spans, want %d, %v", len(page.Spans), len(rest.Spans), want, err)
	}
	set.TimeLimit = time.Nanosecond
	if page, err := r.Spans(t.Context(), traces.SpanQuery{SpanSet: set}); err != nil || page.Complete || page.Reason != traces.ReasonTimeLimit {
		t.Errorf("%+v, %v", page, err)
	}
	if m, err := r.Heatmap(t.Context(), traces.HeatmapQuery{SpanSet: set, Start: set.Range.From, Step: time.Minute}); err != nil || m.Complete || m.Reason != traces.ReasonTimeLimit {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestHeatmapCountsWhatIsThere(t *testing.T) {
	r, _, spans, next := openSets(t, 7, 500)
	for range 15 {
		q := traces.HeatmapQuery{SpanSet: next(), Start: noon, Step: 17 * time.Second}
		m, err := r.Heatmap(t.Context(), q)
		if err != nil || !m.Complete || !m.SearchedFrom.Equal(q.Range.From) {
			t.Fatalf("%+v, %v", m.Outcome, err)
		}
		want := counting(spans, q.SpanSet)
		left := map[[2]int][2]uint64{}
		for _, c := range m.Cells {
			left[[2]int{c.Column, c.Row}] = [2]uint64{c.Spans, c.Bad}
		}
		for i, row := range m.Rows {
			if i > 0 && m.Rows[i-1][1] != row[0] || row[1] <= row[0] || row[0] > 100 && math.Abs(math.Log10(float64(row[1])/float64(row[0]))*8-1) > 0.2 {
				t.Fatalf("rows %v", m.Rows)
			}
		}
		for _, s := range want {
			row := slices.IndexFunc(m.Rows, func(r [2]int64) bool { return r[0] <= int64(s.Duration) && int64(s.Duration) < r[1] })
			cell := [2]int{int(s.Start.Sub(noon) / q.Step), row}
			c := left[cell]
			c[0]--
			if s.Class != traces.ClassOK {
				c[1]--
			}
			left[cell] = c
		}
		for cell, c := range left {
			if c != [2]uint64{} {
				t.Fatalf("%v: cell %v is wrong by %v", q.Filter, cell, c)
			}
		}
		if m.Spans != uint64(len(want)) {
			t.Fatalf("%v: %d spans, want %d", q.Filter, m.Spans, len(want))
		}
	}
}

// selects counts the spans that a clause, read as text, selects.
func selects(t *testing.T, clause string, spans []traces.Span) (n, bad uint64) {
	t.Helper()
	e, err := filter.Parse(clause)
	if err != nil {
		t.Fatalf("%s: %v", clause, err)
	}
	for i := range spans {
		if matches(e, &spans[i]) {
			n++
			if spans[i].Class != traces.ClassOK {
				bad++
			}
		}
	}
	return n, bad
}

var facetKeys = []filter.Attr{{Key: filter.Service}, {Key: filter.Name}, {Key: filter.Kind}, {Key: filter.Status}, {Key: filter.Class}, {Key: filter.Root},
	{Scope: filter.Span, Key: "http.response.status_code"}, {Scope: filter.Span, Key: "http.route"}, {Scope: filter.Span, Key: "size"}, {Scope: filter.Resource, Key: "text"},
	{Scope: filter.Instrumentation, Key: "we ird'\\key"}, {Key: filter.Env}}

func TestFacetsCountWhatTheirFiltersSelect(t *testing.T) {
	r, _, spans, next := openSets(t, 9, 500)
	for n := range 12 {
		q := traces.FacetQuery{SpanSet: next(), Keys: facetKeys[:1+n], Top: 40}
		found, err := r.Facets(t.Context(), q)
		if err != nil || !found.Complete {
			t.Fatalf("%v: %+v, %v", q.Filter, found.Outcome, err)
		}
		want := counting(spans, q.SpanSet)
		if found.Spans != uint64(len(want)) {
			t.Fatalf("%v: %d spans, want %d", q.Filter, found.Spans, len(want))
		}
		for i, f := range found.Facets {
			checkFacet(t, f, q.Keys[i], want)
		}
	}
}

func checkFacet(t *testing.T, f traces.Facet, a filter.Attr, spans []traces.Span) {
	t.Helper()
	var sum, missing, hidden uint64
	shown := map[string]bool{}
	for i := range spans {
		switch v := spans[i].Value(a); {
		case v == nil:
			missing++
		case v.Type == traces.ValueBytes || v.Type == traces.ValueJSON || v.Type == traces.ValueEmpty || v.Text == "NaN":
			hidden++
		default:
			shown[fmt.Sprint(v.Type == traces.ValueString, v.Type == traces.ValueBool, strings.Replace(v.Text, "1e+300", "1e300", 1))] = true
		}
	}
	for i, v := range f.Values {
		n, bad := selects(t, v.Filter.String(), spans)
		if n != v.Spans || bad != v.Bad {
			t.Errorf("%s: %q selects %d spans, %d bad; counted are %d, %d", a, v.Filter, n, bad, v.Spans, v.Bad)
		}
		if i > 0 && v.Spans > f.Values[i-1].Spans {
			t.Errorf("%s: %q is out of order", a, v.Label)
		}
		sum += v.Spans
	}
	if len(f.Values) != len(shown) || sum != uint64(len(spans))-missing-hidden || f.Missing != missing || f.Distinct < uint64(len(shown)) || f.Distinct > uint64(len(shown))+1 {
		t.Errorf("%s: %d of %d values, %d spans shown, %d missing, %d distinct; want %d values, %d spans, %d missing", a, len(f.Values), f.Distinct, sum, f.Missing, f.Distinct, len(shown), uint64(len(spans))-missing-hidden, missing)
	}
}
