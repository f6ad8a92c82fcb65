package load_test

import (
	"bytes"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sightline/sightline/bench/load"
)

var start = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// TestTracesLookLikeAShop holds the generator to what benchmarks say about their load.
func TestTracesLookLikeAShop(t *testing.T) {
	g := load.New(load.Config{Start: start, Items: 2000, Gateway: true})
	var spans, size, attrs, errors, events, links int
	perTrace := map[pcommon.TraceID]int{}
	ids := map[pcommon.SpanID]bool{}
	names := map[string]bool{}
	for range 20 {
		r := g.Next()
		td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		if td.SpanCount() != r.Items {
			t.Fatalf("request says %d spans, has %d", r.Items, td.SpanCount())
		}
		for _, rs := range td.ResourceSpans().All() {
			if n := rs.Resource().Attributes().Len(); n != 25 {
				t.Fatalf("resource has %d attributes", n)
			}
			service, _ := rs.Resource().Attributes().Get("service.name")
			names[service.Str()] = true
			for _, s := range rs.ScopeSpans().At(0).Spans().All() {
				spans++
				size += (&ptrace.ProtoMarshaler{}).SpanSize(s)
				attrs += s.Attributes().Len()
				events += s.Events().Len()
				links += s.Links().Len()
				perTrace[s.TraceID()]++
				if ids[s.SpanID()] {
					t.Fatal("span id twice")
				}
				ids[s.SpanID()] = true
				if s.Status().Code() == ptrace.StatusCodeError {
					errors++
				}
				if s.EndTimestamp() < s.StartTimestamp() {
					t.Fatal("span ends before it starts")
				}
			}
		}
	}
	lo, hi := 1<<30, 0
	for _, n := range perTrace {
		lo, hi = min(lo, n), max(hi, n)
	}
	n := float64(spans)
	t.Logf("%d spans, %d traces of %d..%d spans, %.1f attributes and %.0f B a span, %.2f events, %.3f links, %d errors", spans, len(perTrace), lo, hi, float64(attrs)/n, float64(size)/n, float64(events)/n, float64(links)/n, errors)
	f := func(what string, got, low, high float64) {
		t.Helper()
		if got < low || got > high {
			t.Errorf("%s: %g, want %g to %g", what, got, low, high)
		}
	}
	f("services", float64(len(names)), 15, 15)
	f("attributes a span", float64(attrs)/n, 11.5, 12.5)
	f("bytes a span", float64(size)/n, 510, 545)
	f("shortest trace", float64(lo), 6, 10)
	f("longest trace", float64(hi), 30, 48)
	f("failing spans", float64(errors)/n, 0.016, 0.024)
}

func TestSameSeedSameBytes(t *testing.T) {
	a, b := load.New(load.Config{Seed: 7, Start: start}), load.New(load.Config{Seed: 7, Start: start})
	other := load.New(load.Config{Seed: 8, Start: start})
	for range 5 {
		if !bytes.Equal(a.Next().Body, b.Next().Body) {
			t.Fatal("two generators of one seed differ")
		}
	}
	if bytes.Equal(a.Next().Body, other.Next().Body) {
		t.Fatal("two seeds agree")
	}
}

func TestSeedsShareNoTraces(t *testing.T) {
	seen := map[pcommon.TraceID]uint64{}
	for seed := range uint64(5) {
		g := load.New(load.Config{Seed: seed, Start: start})
		for range 50 {
			td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(g.Next().Body)
			if err != nil {
				t.Fatal(err)
			}
			for _, rs := range td.ResourceSpans().All() {
				for _, span := range rs.ScopeSpans().At(0).Spans().All() {
					if of, ok := seen[span.TraceID()]; ok && of != seed {
						t.Fatalf("trace %s of seed %d is also of seed %d", span.TraceID(), of, seed)
					}
					seen[span.TraceID()] = seed
				}
			}
		}
	}
}

func TestEveryServiceSendsItsOwn(t *testing.T) {
	g := load.New(load.Config{Start: start, Items: 100})
	for range 50 {
		r := g.Next()
		td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		if td.ResourceSpans().Len() != 1 || td.SpanCount() < 100 || td.SpanCount() != r.Items {
			t.Fatalf("request of %d resources, %d spans", td.ResourceSpans().Len(), td.SpanCount())
		}
	}
	if r := g.Flush(); r.Items == 0 {
		t.Fatal("nothing was left to flush")
	}
}

func BenchmarkNext(b *testing.B) {
	b.ReportAllocs()
	g := load.New(load.Config{Start: start, Items: 5000, Gateway: true})
	spans := 0
	for b.Loop() {
		spans += g.Next().Items
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(spans), "ns/span")
}

func TestFillFillsATime(t *testing.T) {
	for name, of := range map[string]func(load.Config) *load.Generator{"traces": load.New, "logs": load.NewLogs} {
		const items = 50_000
		g := of(load.Config{Seed: 5, Start: start, Gateway: true}.Fill(time.Hour, items, of))
		for made := 0; made < items; {
			made += g.Next().Items
		}
		if took := g.Now().Sub(start); took < 57*time.Minute || took > 64*time.Minute {
			t.Errorf("%d items of %s take %s, want about an hour", items, name, took)
		}
	}
}
