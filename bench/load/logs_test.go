package load_test

import (
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sightline/sightline/bench/load"
)

// TestLogsAreThoseOfTheTraces holds the generator to what it says about its logs.
func TestLogsAreThoseOfTheTraces(t *testing.T) {
	cfg := load.Config{Seed: 3, Start: start, Items: 2000, Gateway: true}
	traces, logs := load.New(cfg), load.NewLogs(cfg)
	spans := map[pcommon.SpanID]pcommon.TraceID{}
	resources := map[string]bool{}
	for range 60 {
		td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(traces.Next().Body)
		if err != nil {
			t.Fatal(err)
		}
		for _, rs := range td.ResourceSpans().All() {
			pod, _ := rs.Resource().Attributes().Get("k8s.pod.name")
			resources[pod.Str()] = true
			for _, s := range rs.ScopeSpans().At(0).Spans().All() {
				spans[s.SpanID()] = s.TraceID()
			}
		}
	}
	var records, size, attrs, stray, errors int
	perTrace := map[pcommon.TraceID]int{}
	bodies := map[string]bool{}
	for range 10 {
		r := logs.Next()
		ld, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		if ld.LogRecordCount() != r.Items {
			t.Fatalf("request says %d records, has %d", r.Items, ld.LogRecordCount())
		}
		for _, rl := range ld.ResourceLogs().All() {
			pod, _ := rl.Resource().Attributes().Get("k8s.pod.name")
			if !resources[pod.Str()] {
				t.Fatalf("instance %q sends no spans", pod.Str())
			}
			for _, rec := range rl.ScopeLogs().At(0).LogRecords().All() {
				records++
				size += (&plog.ProtoMarshaler{}).LogRecordSize(rec)
				attrs += rec.Attributes().Len()
				bodies[rec.Body().Str()] = true
				if strings.Contains(rec.Body().Str(), "{uuid}") || rec.Timestamp().AsTime().Before(start) || rec.ObservedTimestamp() < rec.Timestamp() {
					t.Fatalf("bad record %q at %s", rec.Body().Str(), rec.Timestamp())
				}
				if rec.SeverityNumber() >= plog.SeverityNumberError {
					errors++
				}
				if rec.TraceID().IsEmpty() {
					stray++
					continue
				}
				perTrace[rec.TraceID()]++
				if of, ok := spans[rec.SpanID()]; !ok || of != rec.TraceID() {
					t.Fatalf("record of span %s, trace %s, which is not among the traces", rec.SpanID(), rec.TraceID())
				}
			}
		}
	}
	n := float64(records)
	t.Logf("%d records, %d bodies, %.1f attributes and %.0f B a record, %d stray, %d errors, %.1f a trace", records, len(bodies), float64(attrs)/n, float64(size)/n, stray, errors, float64(records-stray)/float64(len(perTrace)))
	f := func(what string, got, low, high float64) {
		t.Helper()
		if got < low || got > high {
			t.Errorf("%s: %g, want %g to %g", what, got, low, high)
		}
	}
	f("attributes a record", float64(attrs)/n, 4, 6)
	f("bytes a record", float64(size)/n, 270, 330)
	f("records a trace", float64(records-stray)/float64(len(perTrace)), 6, 12)
	f("stray records", float64(stray)/n, 0.03, 0.07)
	f("errors", float64(errors)/n, 0.014, 0.026)
	f("different bodies", float64(len(bodies))/n, 0.4, 0.9)
}

func BenchmarkLogs(b *testing.B) {
	b.ReportAllocs()
	g := load.NewLogs(load.Config{Start: start, Items: 5000, Gateway: true})
	records := 0
	for b.Loop() {
		records += g.Next().Items
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(records), "ns/record")
}
