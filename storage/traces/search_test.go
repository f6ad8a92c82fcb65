package traces_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

// expected is what a search gives by its definition: per trace its newest matching span, newest first.
func expected(spans []traces.Span, q traces.SearchQuery) (matched []traces.Span) {
	newest := map[traces.TraceID]traces.Span{}
	order := func(a, b traces.Span) int {
		return cmp.Or(b.Start.Compare(a.Start), -cmp.Compare(string(a.TraceID[:]), string(b.TraceID[:])))
	}
	complete := map[[2]any]bool{}
	for _, s := range spans {
		if s.State == traces.StateComplete {
			complete[[2]any{s.TraceID, s.SpanID}] = true
		}
	}
	for _, s := range spans {
		if s.Start.Before(q.Range.From) || !s.Start.Before(q.Range.To) || !matches(q.Filter, &s) || s.State == traces.StateInProgress && complete[[2]any{s.TraceID, s.SpanID}] {
			continue
		}
		if known, ok := newest[s.TraceID]; !ok || s.Start.After(known.Start) {
			newest[s.TraceID] = s
		}
	}
	for _, s := range newest {
		matched = append(matched, s)
	}
	slices.SortFunc(matched, order)
	return matched
}

// TestSearchPagesThroughEveryTraceOnce turns pages to the end, over traces at random.
func TestSearchPagesThroughEveryTraceOnce(t *testing.T) {
	db := storagetest.Open(t)
	g := gen{rand.New(rand.NewPCG(3, 4))}
	spans := make([]traces.Span, 600)
	for i := range spans {
		spans[i] = g.span(i)
		spans[i].TraceID = id(byte(1 + g.IntN(60)))
		// Some far back, some at the very same time.
		spans[i].Start = noon.Add(-time.Duration(g.ExpFloat64() * float64(20*time.Minute))).Truncate(pick(g, time.Nanosecond, time.Minute))
		if g.IntN(20) == 0 {
			open := spans[i]
			open.State, open.Duration, open.Name = traces.StateInProgress, 0, "a"
			spans = append(spans, open)
		}
		if g.IntN(20) == 0 {
			spans[i].State = traces.StateInProgress
		}
	}
	putSpans(t, db, "p", spans)
	putSpans(t, db, "other", spans)
	r := traces.NewReader(db)
	r.SetNow(noon)
	for n := range 20 {
		e := g.filter(1)
		if n == 0 {
			e = nil
		}
		q := traces.SearchQuery{Project: "p", Filter: e, TimeLimit: patience, Limit: 1 + g.IntN(25), Range: traces.Range{From: noon.Add(-time.Duration(1+g.IntN(90)) * time.Minute), To: noon.Add(time.Duration(g.IntN(20)-10) * time.Minute)}}
		want := expected(spans, q)
		var got []string
		for pages := 0; ; pages++ {
			page, err := r.Search(t.Context(), q)
			if err != nil {
				t.Fatalf("%v: %v", e, err)
			}
			if !page.Complete || page.Reason != "" || pages > len(want) {
				t.Fatalf("%v: page %d: %+v", e, pages, page)
			}
			for _, s := range page.Traces {
				got = append(got, fmt.Sprint(s.TraceID, s.Matched.Start))
				checkSummary(t, spans, s)
			}
			if q.Cursor = page.Next; q.Cursor.IsZero() {
				if !page.SearchedFrom.Equal(q.Range.From) {
					t.Fatalf("%v: searched from %v", e, page.SearchedFrom)
				}
				break
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%v: %d traces, want %d", e, len(got), len(want))
		}
		for i, s := range want {
			if got[i] != fmt.Sprint(s.TraceID, s.Start) {
				t.Fatalf("%v: trace %d is %s, want %v %v", e, i, got[i], s.TraceID, s.Start)
			}
		}
	}
}

// checkSummary sums a trace up again.
func checkSummary(t *testing.T, spans []traces.Span, got traces.Summary) {
	t.Helper()
	complete := map[traces.SpanID]bool{}
	for _, s := range spans {
		if s.TraceID == got.TraceID && s.State == traces.StateComplete {
			complete[s.SpanID] = true
		}
	}
	want := traces.Summary{TraceID: got.TraceID, Services: []traces.ServiceShare{}, Matched: got.Matched, Class: got.Class, RootService: got.RootService, RootName: got.RootName}
	var first, last time.Time
	shares := map[string]*traces.ServiceShare{}
	for _, s := range spans {
		if s.TraceID != got.TraceID {
			continue
		}
		if first.IsZero() || s.Start.Before(first) {
			first = s.Start
		}
		if end := s.Start.Add(s.Duration); end.After(last) {
			last = end
		}
		want.HasRoot = want.HasRoot || s.ParentID == 0
		if s.State == traces.StateInProgress && complete[s.SpanID] {
			continue
		}
		want.InProgress = want.InProgress || s.State == traces.StateInProgress
		if shares[s.Service] == nil {
			shares[s.Service] = &traces.ServiceShare{Name: s.Service}
		}
		share := shares[s.Service]
		want.Spans++
		share.Spans++
		if s.Class != traces.ClassOK {
			want.Errors++
			share.Errors++
		}
	}
	want.Start, want.Duration = first, last.Sub(first)
	for _, share := range shares {
		want.Services = append(want.Services, *share)
	}
	slices.SortFunc(want.Services, func(a, b traces.ServiceShare) int {
		return cmp.Or(cmp.Compare(b.Spans, a.Spans), cmp.Compare(a.Name, b.Name))
	})
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Fatalf("summary\n%+v, want\n%+v", got, want)
	}
}

func TestSummaryTakesClassAndNameOfTheRoot(t *testing.T) {
	db := storagetest.Open(t)
	span := func(trace byte, n, parent traces.SpanID, at time.Duration, service string, class traces.Class) traces.Span {
		return traces.Span{TraceID: id(trace), SpanID: n, ParentID: parent, Name: "op " + service, Start: noon.Add(at), Duration: time.Second, Service: service, Class: class, Weight: 1}
	}
	putSpans(t, db, "p", []traces.Span{
		span(1, 1, 0, time.Millisecond, "web", traces.ClassError), span(1, 2, 1, 0, "db", traces.ClassFault), // skewed: the child starts first
		span(2, 3, 9, time.Second, "late", traces.ClassOK), span(2, 4, 9, 0, "early", traces.ClassThrottle), // no root
		span(3, 5, 0, -3*time.Hour, "slow", traces.ClassFault), span(3, 6, 5, 0, "fast", traces.ClassOK), // begins long before
	})
	r := traces.NewReader(db)
	r.SetNow(noon)
	page, err := r.Search(t.Context(), traces.SearchQuery{Project: "p", TimeLimit: patience, Range: traces.Range{From: noon.Add(-time.Minute), To: noon.Add(time.Minute)}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range page.Traces {
		got = append(got, fmt.Sprintf("%s root=%v %q %q %s %s %d/%d %v", s.TraceID.String()[30:], s.HasRoot, s.RootService, s.RootName, s.Class, s.Duration, s.Spans, s.Errors, s.Services))
	}
	want := []string{
		`02 root=false "" "" throttle 2s 2/1 [{early 1 1} {late 1 0}]`,
		`01 root=true "web" "op web" error 1.001s 2/2 [{db 1 1} {web 1 1}]`,
		`03 root=true "slow" "op slow" fault 3h0m1s 2/1 [{fast 1 0} {slow 1 1}]`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestSearchSaysWhyItStopped(t *testing.T) {
	db := storagetest.Open(t)
	var spans []traces.Span
	for i := range 50 {
		spans = append(spans, traces.Span{TraceID: id(byte(i + 1)), SpanID: 1, Name: "a", Service: "a", Weight: 1, Start: noon.Add(-time.Duration(i) * time.Hour)})
	}
	putSpans(t, db, "p", spans)
	r := traces.NewReader(db)
	r.SetNow(noon)
	q := traces.SearchQuery{Project: "p", TimeLimit: patience, Limit: 100, Range: traces.Range{From: noon.Add(-100 * time.Hour), To: noon.Add(time.Hour)}}
	f := func(q traces.SearchQuery, reason string) {
		t.Helper()
		page, err := r.Search(t.Context(), q)
		if err != nil || page.Complete || page.Reason != reason || page.Next.IsZero() || !page.SearchedFrom.After(q.Range.From) {
			t.Errorf("%+v, %v", page, err)
		}
		// What is left comes with the cursor.
		q.Cursor, q.TimeLimit, q.RowLimit = page.Next, patience, 0
		rest, err := r.Search(t.Context(), q)
		if err != nil || !rest.Complete || len(page.Traces)+len(rest.Traces) != len(spans) {
			t.Errorf("%d and %d traces, %v", len(page.Traces), len(rest.Traces), err)
		}
	}
	limited := q
	limited.RowLimit = 1
	f(limited, traces.ReasonRowLimit)
	limited = q
	limited.TimeLimit = time.Nanosecond
	f(limited, traces.ReasonTimeLimit)
}

// TestConditions pins the SQL of filters; what the parameters hold is proved by TestFiltersMeanTheSameInSQLAndInGo.
func TestConditions(t *testing.T) {
	path := filepath.Join("testdata", "conditions.txt")
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for line := range strings.Lines(string(old)) {
		if strings.HasPrefix(line, "\t") {
			continue
		}
		b.WriteString(line)
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		e, err := filter.Parse(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		condition, _, err := traces.Condition(e)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		fmt.Fprintf(&b, "\t%s\n", condition)
	}
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got := b.String(); got != string(old) {
		t.Errorf("conditions changed; see -update:\n%s", got)
	}
}

// TestSearchFindsTracesBehindAChattyOne: one trace has more of the newest matches than are read for a page.
func TestSearchFindsTracesBehindAChattyOne(t *testing.T) {
	db := storagetest.Open(t)
	var spans []traces.Span
	for i := range 2000 {
		s := traces.Span{TraceID: id(200), SpanID: traces.SpanID(i + 1), Name: "a", Service: "a", Weight: 1, Start: noon.Add(-time.Duration(i) * time.Microsecond)}
		if i%500 == 499 { // between them, of one start with the chatty one's
			s.TraceID, s.SpanID = id(byte(i/500+1)), 1
			s.Start = s.Start.Add(time.Microsecond)
		}
		spans = append(spans, s)
	}
	putSpans(t, db, "p", spans)
	r := traces.NewReader(db)
	r.SetNow(noon)
	for limit := 1; limit < 7; limit++ {
		q := traces.SearchQuery{Project: "p", TimeLimit: patience, Limit: limit, Range: traces.Range{From: noon.Add(-time.Hour), To: noon.Add(time.Hour)}}
		want := expected(spans, q)
		page, err := r.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Traces) != min(limit, len(want)) {
			t.Fatalf("limit %d: %d traces", limit, len(page.Traces))
		}
		for i, s := range page.Traces {
			if s.TraceID != want[i].TraceID || !s.Matched.Start.Equal(want[i].Start) {
				t.Errorf("limit %d: trace %d is %s at %v, want %s at %v", limit, i, s.TraceID, s.Matched.Start, want[i].TraceID, want[i].Start)
			}
		}
	}
}

// TestSearchReadsInOrder asks the engine how it would run the search: reading in the key's order is what its speed rests on.
func TestSearchReadsInOrder(t *testing.T) {
	db := storagetest.Open(t)
	putSpans(t, db, "p", []traces.Span{{TraceID: id(1), SpanID: 1, Name: "a", Service: "a", Weight: 1, Start: noon}})
	lines, err := conn.All[string](t.Context(), db, conn.Query{SQL: "EXPLAIN indexes = 1 " + traces.NewestSQL("AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')} AND service = 'a'"), Params: []conn.Param{
		conn.Str("project", "p"), conn.Time("from", noon.Add(-time.Hour)), conn.Time("to", noon.Add(time.Hour)), conn.Uint("limit", uint64(20)),
	}})
	if err != nil {
		t.Fatal(err)
	}
	plan := strings.Join(lines, "\n")
	for _, want := range []string{"InReverseOrder", "Prefix sort description: start DESC", "Prewhere"} {
		if !strings.Contains(plan, want) {
			t.Errorf("no %q in the plan:\n%s", want, plan)
		}
	}
}
