package traceql_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/query/traceql"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

func TestMain(m *testing.M) { os.Exit(storagetest.Main(m)) }

// said is what a query leaves of all traces, as text.
func (m *model) said(groups func(t *modelTrace) [][]*modelSpan, from, to int) string {
	var all []string
	for _, t := range m.traces {
		var sets []string
		inRange := false
		for _, g := range groups(t) {
			var ids []int
			for _, s := range g {
				ids = append(ids, s.id)
				inRange = inRange || s.start >= from && s.start < to
			}
			if slices.Sort(ids); len(ids) > 0 {
				sets = append(sets, fmt.Sprint(ids))
			}
		}
		if slices.Sort(sets); inRange {
			all = append(all, fmt.Sprintf("%d: %s", t.id, strings.Join(sets, " ")))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func TestAgainstOracle(t *testing.T) {
	m := &model{Rand: rand.New(rand.NewPCG(1, 7))}
	db := storagetest.Open(t)
	storagetest.Load(t, db, m.grow(60))
	engine := traceql.New(traces.NewReader(db))
	for name, query := range map[string]func() (string, func(t *modelTrace) [][]*modelSpan){"pipelines": m.pipeline, "compared pipelines": m.comparison} {
		some := 0
		for i := range 30 {
			engine.SetBareLeast(1 + i%3*25) // some are first looked at bare, or only full batches of them
			text, groups := query()
			if m.check(t, engine, text, groups) {
				some++
			}
		}
		if some < 8 {
			t.Errorf("%s: only %d queries found anything", name, some)
		}
	}
}

// check holds an answer against what the query means.
func (m *model) check(t *testing.T, engine *traceql.Engine, text string, groups func(t *modelTrace) [][]*modelSpan) (some bool) {
	t.Helper()
	from, to := 2*60*1000, 19*60*1000
	at := func(ms int) time.Time { return storagetest.Base.Add(time.Duration(ms) * time.Millisecond) }
	q, err := traceql.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	res, err := engine.Search(t.Context(), traceql.Request{Project: "default", From: at(from), To: at(to), Limit: 1000, SpansPerSet: 1000, TimeLimit: time.Minute, Query: q})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var all []string
	for _, found := range res.Traces {
		var sets []string
		for _, s := range found.SpanSets {
			var ids []int
			for _, sp := range s.Spans {
				ids = append(ids, int(sp.ID))
			}
			slices.Sort(ids)
			sets = append(sets, fmt.Sprint(ids))
		}
		slices.Sort(sets)
		all = append(all, fmt.Sprintf("%d: %s", found.ID[15], strings.Join(sets, " ")))
	}
	slices.Sort(all)
	got, want := strings.Join(all, "\n"), m.said(groups, from, to)
	if got != want || res.Incomplete != "" {
		t.Errorf("%s\n%s\ngot %s\nwant\n%s", text, res.Incomplete, got, want)
	}
	if m.IntN(3) == 0 {
		m.pages(t, engine, traceql.Request{Project: "default", From: at(from), To: at(to), TimeLimit: time.Minute, Query: q, Limit: 4 + m.IntN(16)}, res)
	}
	return want != ""
}

// pages checks that page by page the same traces come, in the same order, each once.
func (m *model) pages(t *testing.T, engine *traceql.Engine, req traceql.Request, whole *traceql.Result) {
	t.Helper()
	order := func(all []traceql.Trace) (ids []string) {
		for _, found := range all {
			ids = append(ids, fmt.Sprintf("%s %d", found.Newest.Start.Sub(storagetest.Base), found.ID[15]))
		}
		return ids
	}
	req.Paged = true
	var got []string
	for range 100 {
		res, err := engine.Search(t.Context(), req)
		if err != nil {
			t.Fatalf("%s: %v", req.Query, err)
		}
		if got = append(got, order(res.Traces)...); res.Next.IsZero() {
			break
		}
		if len(res.Traces) != req.Limit {
			t.Errorf("%s: a page of %d has %d traces, and there is another", req.Query, req.Limit, len(res.Traces))
		}
		req.Cursor = res.Next
	}
	if want := order(whole.Traces); !slices.Equal(got, want) {
		t.Errorf("%s by pages of %d\ngot  %s\nwant %s", req.Query, req.Limit, got, want)
	}
}
