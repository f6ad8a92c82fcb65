package query_test

import (
	"encoding/json"
	"testing"

	"github.com/sightline/sightline/storage/conn"
)

func TestLargeTraceIsDownloadedInPortions(t *testing.T) {
	const spans = 30_000 // some portions
	l := newLive(t)
	storeLarge(t, l.db, spans, l.start)
	for _, fresh := range []uint64{0, 1_000_000} { // two that have ended since, and two that have not
		if err := l.db.Exec(t.Context(), openSQL, conn.Str("id", string(largeTrace[:])), conn.Uint("fresh", fresh), conn.Uints("of", []uint64{2, 20_000})); err != nil {
			t.Fatal(err)
		}
	}
	w := do(l.Server, request("GET", "/api/traces/"+largeTrace.String()+"/otlp"))
	if w.Code != 200 {
		t.Fatalf("%d %.200s", w.Code, w.Body)
	}
	var got struct {
		ResourceSpans []struct {
			ScopeSpans []struct {
				Spans []struct{ SpanID, EndTimeUnixNano string }
			}
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	seen, open := map[string]int{}, 0
	for _, r := range got.ResourceSpans {
		for _, s := range r.ScopeSpans {
			for _, span := range s.Spans {
				seen[span.SpanID]++
				if span.EndTimeUnixNano == "" {
					open++
				}
			}
		}
	}
	if len(seen) != spans+2 || open != 2 || len(got.ResourceSpans) <= 8 {
		t.Fatalf("%d spans, %d in progress, %d resources", len(seen), open, len(got.ResourceSpans))
	}
	for id, n := range seen {
		if n != 1 {
			t.Fatalf("span %s comes %d times", id, n)
		}
	}
}
