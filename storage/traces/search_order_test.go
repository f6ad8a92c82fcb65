package traces_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

// inOrder is what a search in another order than newest first gives by its definition.
func inOrder(spans []traces.Span, q traces.SearchQuery) []traces.TraceID {
	newest := expected(spans, q)
	figure := map[traces.TraceID]int64{}
	for _, s := range spans {
		in := !s.Start.Before(q.Range.From) && s.Start.Before(q.Range.To)
		switch {
		case !in:
		case q.Order == traces.OrderSpans, q.Order == traces.OrderErrors && s.Class != traces.ClassOK:
			figure[s.TraceID]++
		case q.Order == traces.OrderDuration && matches(q.Filter, &s):
			figure[s.TraceID] = max(figure[s.TraceID], int64(s.Duration))
		}
	}
	var ids []traces.TraceID
	for _, s := range newest {
		if figure[s.TraceID] > 0 || q.Order == traces.OrderDuration {
			ids = append(ids, s.TraceID)
		}
	}
	slices.SortFunc(ids, func(a, b traces.TraceID) int {
		return cmp.Or(cmp.Compare(figure[b], figure[a]), cmp.Compare(string(b[:]), string(a[:])))
	})
	return ids[:min(len(ids), q.Limit)]
}

func TestSearchInOtherOrders(t *testing.T) {
	db := storagetest.Open(t)
	g := gen{rand.New(rand.NewPCG(5, 6))}
	spans := make([]traces.Span, 600)
	for i := range spans {
		spans[i] = g.span(i)
		spans[i].TraceID = id(byte(1 + int(g.ExpFloat64()*15)%60))
		spans[i].Start = noon.Add(-time.Duration(g.ExpFloat64() * float64(20*time.Minute)))
		spans[i].Duration = time.Duration(1 + g.Int64N(int64(time.Minute))) // no two alike
		spans[i].State = traces.StateComplete
	}
	putSpans(t, db, "p", spans)
	r := traces.NewReader(db)
	r.SetNow(noon)
	for n := range 24 {
		q := traces.SearchQuery{
			TimeLimit: patience,
			Project:   "p", Limit: 1 + g.IntN(25), Order: traces.Order(1 + n%3),
			Range: traces.Range{From: noon.Add(-time.Duration(1+g.IntN(90)) * time.Minute), To: noon.Add(time.Duration(g.IntN(20)-10) * time.Minute)},
		}
		if n > 2 {
			q.Filter = g.filter(1)
		}
		page, err := r.Search(t.Context(), q)
		if err != nil {
			t.Fatalf("%v: %v", q.Filter, err)
		}
		if !page.Complete || page.Reason != "" || !page.Next.IsZero() || !page.SearchedFrom.Equal(q.Range.From) {
			t.Fatalf("%v: %+v", q.Filter, page)
		}
		var got []traces.TraceID
		for i, s := range page.Traces {
			got = append(got, s.TraceID)
			checkSummary(t, spans, s)
			if i == 0 {
				continue
			}
			a, b := page.Traces[i-1], s
			if q.Order == traces.OrderDuration && a.Duration < b.Duration || q.Order == traces.OrderErrors && a.Errors < b.Errors || q.Order == traces.OrderSpans && a.Spans < b.Spans {
				t.Errorf("order %d: %+v before %+v", q.Order, a, b)
			}
		}
		want := inOrder(spans, q)
		byID := func(a, b traces.TraceID) int { return cmp.Compare(string(a[:]), string(b[:])) }
		slices.SortFunc(got, byID)
		slices.SortFunc(want, byID)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("order %d, filter %v, limit %d:\ngot  %v\nwant %v", q.Order, q.Filter, q.Limit, got, want)
		}
	}
}

func TestAnOrderThatTakesTooLongSaysHowFarItLooked(t *testing.T) {
	db := storagetest.Open(t)
	g := gen{rand.New(rand.NewPCG(7, 8))}
	spans := make([]traces.Span, 50)
	for i := range spans {
		spans[i] = g.span(i)
		spans[i].Start = noon.Add(-time.Duration(i) * time.Minute)
	}
	putSpans(t, db, "p", spans)
	r := traces.NewReader(db)
	r.SetNow(noon)
	for _, order := range []traces.Order{traces.OrderDuration, traces.OrderErrors, traces.OrderSpans} {
		page, err := r.Search(t.Context(), traces.SearchQuery{Project: "p", Order: order, TimeLimit: time.Nanosecond, Range: traces.Range{From: noon.Add(-time.Hour), To: noon}})
		if err != nil || page.Complete || page.Reason != traces.ReasonTimeLimit || !page.SearchedFrom.Equal(noon) {
			t.Errorf("order %d: %+v, %v", order, page, err)
		}
	}
}
