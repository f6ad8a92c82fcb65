package traces_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

// TestCandidatesHaveRelatives asks for traces by the relatives of a span, in a range whose newest slice has one trace for the first look,
// which does not narrow.
func TestCandidatesHaveRelatives(t *testing.T) {
	db := storagetest.Open(t)
	var spans []traces.Span
	put := func(trace byte, id, parent traces.SpanID, service string, at time.Duration) {
		s := gen{rand.New(rand.NewPCG(uint64(trace), 1))}.span(int(id))
		s.TraceID, s.SpanID, s.ParentID, s.Start, s.State = traces.TraceID{15: trace}, id, parent, noon.Add(at), traces.StateComplete
		s.Service, s.Duration = service, time.Second
		spans = append(spans, s)
	}
	put(9, 91, 0, "b", 20*time.Minute)
	for i, shape := range [][][2]any{ // id's last digit: parent's, service
		{{0, "a"}, {1, "b"}},           // a > b
		{{0, "b"}, {1, "a"}},           // b > a
		{{0, "x"}, {1, "a"}, {1, "b"}}, // a ~ b
		{{0, "a"}, {1, "x"}, {2, "b"}}, // a >> b
		{{0, "b"}, {0, "a"}},           // nothing, in one trace
		{{0, "b"}, {1, "b"}, {1, "b"}}, // three of b
	} {
		for j, s := range shape {
			parent := traces.SpanID(0)
			if p := s[0].(int); p > 0 {
				parent = traces.SpanID(10*(i+1) + p)
			}
			put(byte(i+1), traces.SpanID(10*(i+1)+j+1), parent, s[1].(string), time.Duration(i)*time.Second)
		}
	}
	putSpans(t, db, "p", spans)
	r := traces.NewReader(db)
	r.SetNow(noon.Add(time.Hour))
	named := func(service string) filter.Expr {
		return filter.Compare{Attr: filter.Attr{Key: filter.Service}, Op: filter.Eq, Value: filter.StringValue(service)}
	}
	for _, c := range []struct {
		q    traces.CandidateQuery
		want []byte
	}{
		{traces.CandidateQuery{}, []byte{9, 6, 5, 4, 3, 2, 1}},
		{traces.CandidateQuery{Also: []filter.Expr{named("a")}}, []byte{9, 5, 4, 3, 2, 1}},
		{traces.CandidateQuery{Relatives: []traces.Relative{{Relation: traces.ChildOf, Filter: named("a")}}}, []byte{9, 1}},
		{traces.CandidateQuery{Relatives: []traces.Relative{{Relation: traces.ParentOf, Filter: named("a")}}}, []byte{9, 2}},
		{traces.CandidateQuery{Relatives: []traces.Relative{{Relation: traces.ChildOf, Filter: named("a")}, {Relation: traces.ParentOf, Filter: named("a")}}}, []byte{9}},
		{traces.CandidateQuery{Least: 3}, []byte{9, 6}},
	} {
		c.q.SpanSet = traces.SpanSet{Project: "p", TimeLimit: patience, Range: traces.Range{From: noon, To: noon.Add(21 * time.Minute)}, Filter: named("b")}
		var got []byte
		_, err := r.Candidates(t.Context(), c.q, func(_ context.Context, found []traces.Candidate) (bool, error) {
			for _, f := range found {
				got = append(got, f.TraceID[15])
			}
			return false, nil
		})
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v, %v", c.q, got, c.want, err)
		}
	}
	// Roots have no parent, and 0 is no sibling's: what this gives beside the siblings is decided on the traces.
	q := traces.CandidateQuery{SpanSet: traces.SpanSet{Project: "p", TimeLimit: patience, Range: traces.Range{From: noon, To: noon.Add(21 * time.Minute)}, Filter: named("b")},
		Relatives: []traces.Relative{{Relation: traces.SiblingOf, Filter: named("a")}}}
	var siblings []byte
	if _, err := r.Candidates(t.Context(), q, func(_ context.Context, found []traces.Candidate) (bool, error) {
		for _, f := range found {
			siblings = append(siblings, f.TraceID[15])
		}
		return false, nil
	}); err != nil || !slices.Contains(siblings, 3) || slices.Contains(siblings, 4) {
		t.Errorf("siblings: %v, %v", siblings, err)
	}
}
