package query_test

import (
	"slices"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/conn"
)

// openSQL stores spans of the large trace again, as they were sent before they ended. {fresh:UInt64} is added to their ids, so that they are new
// where it is not 0.
const openSQL = `
INSERT INTO spans (project, start, trace_id, span_id, parent_id, name, kind, duration, status, resource_id, service, service_type, namespace, env, version, scope_name,
	class, weight, retention_days, batch, state)
SELECT project, start, trace_id, span_id + {fresh:UInt64}, parent_id, name, kind, 0, 0, resource_id, service, service_type, namespace, env, version, scope_name,
	0, weight, retention_days, batch, 1
FROM spans WHERE trace_id = {id:FixedString(16)} AND span_id IN {of:Array(UInt64)} AND state = 0`

func TestLargeTraceKnowsWhichOfItsSpansAreInProgress(t *testing.T) {
	const spans = 25_000 // more than are read as whole ones
	l := newLive(t)
	storeLarge(t, l.db, spans, l.start)
	open := func(fresh uint64, of ...uint64) {
		if err := l.db.Exec(t.Context(), openSQL, conn.Str("id", string(largeTrace[:])), conn.Uint("fresh", fresh), conn.Uints("of", of)); err != nil {
			t.Fatal(err)
		}
	}
	open(0, 1, 7, 20_000) // ended since
	var whole struct {
		columns
		Repeats    []struct{ Count int }
		InProgress bool `json:"in_progress"`
		Warnings   []struct{ Code string }
	}
	path := "/api/traces/" + largeTrace.String() + "?limit=500"
	l.get(t, path, &whole)
	if whole.SpanCount != spans || whole.InProgress || slices.ContainsFunc(whole.Spans.Flags, func(f int) bool { return f&4 != 0 }) {
		t.Fatalf("%d spans, in progress %v", whole.SpanCount, whole.InProgress)
	}
	open(1_000_000, 2) // has not ended
	l.get(t, path, &whole)
	if whole.SpanCount != spans+1 || !whole.InProgress || whole.Truncated == nil || whole.Truncated.Total != spans+1 ||
		!slices.ContainsFunc(whole.Warnings, func(w struct{ Code string }) bool { return w.Code == "in_progress" }) {
		t.Fatalf("%d spans, in progress %v, %+v, %+v", whole.SpanCount, whole.InProgress, whole.Truncated, whole.Warnings)
	}
	var below columns
	l.get(t, "/api/traces/"+largeTrace.String()+"/children?limit=100&span_id=0000000000000001", &below)
	at := slices.Index(below.Spans.ID, "00000000000f4242")
	if at < 0 || below.Spans.Flags[at]&4 == 0 || below.Spans.Start[at] != (1*time.Microsecond).Nanoseconds() {
		t.Errorf("the span in progress is row %d of %d", at, len(below.Spans.ID))
	}
}
