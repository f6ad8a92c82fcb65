package bench_test

import (
	"github.com/sightline/sightline/storage/batch"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/sightline/sightline/bench/load"
	"github.com/sightline/sightline/storage/traces"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

var start = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// batchRows is what the loader cuts.
const batchRows = 50_000

// requests are about a batch's worth of spans as services send them.
func requests(tb testing.TB) (bodies [][]byte, spans, size int) {
	tb.Helper()
	g := load.New(load.Config{Start: start, Step: 50 * time.Millisecond})
	for spans < batchRows {
		r := g.Next()
		bodies = append(bodies, slices.Clone(r.Body))
		spans += r.Items
		size += len(r.Body)
	}
	return bodies, spans, size
}

// cpu is the CPU time of the process. Wall time means little where cores are shared.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkEncode is the write side without the INSERT: protobuf in, Native blocks out, with redaction, the recogniser and the
// rows of trace_index and resources.
func BenchmarkEncode(b *testing.B) {
	bodies, spans, size := requests(b)
	rows := traces.NewBatch(batch.ID{}, batch.Policy{Redact: true})
	out := 0
	round := func(n uint64) {
		rows.Reset(batch.NewID([8]byte{1}, start.Add(time.Duration(n)*time.Second)), batch.Policy{Redact: true})
		for _, body := range bodies {
			if err := rows.Append(batch.Request{Project: "default", Received: start.Add(time.Hour), Body: body}); err != nil {
				b.Fatal(err)
			}
		}
		out = 0
		for _, block := range rows.Blocks() {
			out += block.Body.Len()
		}
		rows.Done()
	}
	round(0)
	b.ReportAllocs()
	b.ResetTimer()
	began := cpu()
	var m0, m1 runtime.MemStats
	runtime.ReadMemStats(&m0)
	for i := range b.N {
		round(uint64(i + 1))
	}
	n := float64(b.N * spans)
	b.ReportMetric(float64(cpu()-began)/n, "cpu-ns/span")
	runtime.ReadMemStats(&m1)
	b.ReportMetric(float64(m1.Mallocs-m0.Mallocs)/n, "allocs/span")
	b.ReportMetric(float64(out)/float64(spans), "B/span")
	b.ReportMetric(float64(size)/float64(spans), "OTLP-B/span")
}

// BenchmarkPdata is what only decoding into the collector's own objects costs.
func BenchmarkPdata(b *testing.B) {
	bodies, spans, _ := requests(b)
	b.ReportAllocs()
	b.ResetTimer()
	began := cpu()
	for range b.N {
		for _, body := range bodies {
			if _, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(body); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(cpu()-began)/float64(b.N*spans), "cpu-ns/span")
}
