package traceql_test

import (
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/sightline/sightline/query/timeline"
	"github.com/sightline/sightline/query/traceql"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

// Whatever the spans: a bare trace has the shape of its timeline, or it is said that ids do not tell.
func TestBareTracesHaveTheirTimelinesShape(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 7))
	var a traceql.Arranger
	told := 0
	for range 2000 {
		n := 1 + r.IntN(12)
		var spans []traces.Span
		var bare []traces.BareSpan
		twins, ids := false, map[traces.SpanID]bool{}
		for i := range n {
			id, parent := traces.SpanID(i+1), traces.SpanID(r.IntN(i+1))
			switch r.IntN(40) {
			case 0:
				id = traces.SpanID(1 + r.IntN(n)) // another's, perhaps
			case 1:
				parent = traces.SpanID(1 + r.IntN(n+2)) // an orphan, its own parent, or in a circle
			}
			twins = twins || ids[id]
			ids[id] = true
			spans = append(spans, traces.Span{SpanID: id, ParentID: parent, Start: storagetest.Base.Add(time.Duration(r.IntN(9)))})
			bare = append(bare, traces.BareSpan{ID: id, Parent: parent, Bits: r.Uint64()})
		}
		r.Shuffle(n, func(i, j int) { bare[i], bare[j] = bare[j], bare[i] })
		rows := timeline.Build(spans, timeline.Options{KeepSkew: true}).Rows
		parents, below, circle := map[traces.SpanID]traces.SpanID{}, map[traces.SpanID]int{}, false
		for i := range rows {
			id := rows[i].Span.SpanID
			if below[id] = int(rows[i].Descendants); rows[i].Parent >= 0 {
				parents[id] = rows[rows[i].Parent].Span.SpanID
			}
			circle = circle || rows[i].Flags&timeline.CycleBroken != 0 && rows[i].Span.ParentID != id
		}
		p, b, ok := a.Arrange(bare)
		if ok == (twins || circle) {
			t.Fatalf("%v of %+v", ok, spans)
		}
		if !ok {
			continue
		}
		told++
		if !maps.Equal(p, parents) || !maps.Equal(b, below) {
			t.Fatalf("%+v: parents %v, want %v; below %v, want %v", spans, p, parents, b, below)
		}
	}
	if told < 1000 {
		t.Errorf("only %d told", told)
	}
}
