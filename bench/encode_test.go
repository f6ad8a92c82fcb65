package bench_test

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sightline/sightline/bench/load"
	"github.com/sightline/sightline/bench/proc"
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/logs"
	"github.com/sightline/sightline/storage/metrics"
	"github.com/sightline/sightline/storage/traces"
)

var start = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// batchRows is what the loader cuts.
const batchRows = 100_000

// converter makes the rows of a signal.
type converter interface {
	Append(batch.Request) error
	Rows() int
	Blocks() []batch.Block
	Reset(batch.ID, batch.Policy)
	Done()
}

// signals are the load, the converter and pdata's decoder of each.
var signals = []struct {
	name   string
	load   func(load.Config) load.Source
	rows   func(batch.ID, batch.Policy) converter
	decode func([]byte) error
}{
	{"traces", func(c load.Config) load.Source { return load.New(c) }, func(id batch.ID, p batch.Policy) converter { return traces.NewBatch(id, p) },
		func(b []byte) error { _, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(b); return err }},
	{"logs", func(c load.Config) load.Source { return load.NewLogs(c) }, func(id batch.ID, p batch.Policy) converter { return logs.NewBatch(id, p) },
		func(b []byte) error { _, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(b); return err }},
	{"metrics", func(c load.Config) load.Source { return load.NewMetrics(c) }, func(id batch.ID, p batch.Policy) converter { return metrics.NewBatch(id, p) },
		func(b []byte) error { _, err := (&pmetric.ProtoUnmarshaler{}).UnmarshalMetrics(b); return err }},
}

// requests are about a batch's worth of items as services send them.
func requests(source load.Source) (bodies [][]byte, items, size int) {
	for items < batchRows {
		r := source.Next()
		bodies = append(bodies, slices.Clone(r.Body))
		items += r.Items
		size += len(r.Body)
	}
	return bodies, items, size
}

// BenchmarkEncode is the write side without the INSERT: protobuf in, Native blocks out, with redaction, the recogniser and the
// rows of all of a signal's tables. CPU time, since wall time means little where cores are shared.
func BenchmarkEncode(b *testing.B) {
	for _, s := range signals {
		b.Run(s.name, func(b *testing.B) {
			bodies, items, size := requests(s.load(load.Config{Start: start, Step: 50 * time.Millisecond}))
			rows := s.rows(batch.ID{}, batch.Policy{Redact: true})
			out := 0
			round := func(n uint64) {
				rows.Reset(batch.NewID([8]byte{1}, start.Add(time.Duration(n)*time.Second)), batch.Policy{Redact: true})
				for _, body := range bodies {
					if err := rows.Append(batch.Request{Project: "default", Received: start.Add(time.Hour), Body: body}); err != nil {
						b.Fatal(err)
					}
				}
				if rows.Rows() != items {
					b.Fatalf("%d rows of %d items", rows.Rows(), items)
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
			began := proc.Self()
			var m0, m1 runtime.MemStats
			runtime.ReadMemStats(&m0)
			for i := range b.N {
				round(uint64(i + 1))
			}
			n := float64(b.N * items)
			b.ReportMetric(float64(proc.Self()-began)/n, "cpu-ns/item")
			runtime.ReadMemStats(&m1)
			b.ReportMetric(float64(m1.Mallocs-m0.Mallocs)/n, "allocs/item")
			b.ReportMetric(float64(out)/float64(items), "B/item")
			b.ReportMetric(float64(size)/float64(items), "OTLP-B/item")
		})
	}
}

// BenchmarkPdata is what only decoding into the collector's own objects costs.
func BenchmarkPdata(b *testing.B) {
	for _, s := range signals {
		b.Run(s.name, func(b *testing.B) {
			bodies, items, _ := requests(s.load(load.Config{Start: start, Step: 50 * time.Millisecond}))
			b.ReportAllocs()
			b.ResetTimer()
			began := proc.Self()
			for range b.N {
				for _, body := range bodies {
					if err := s.decode(body); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(proc.Self()-began)/float64(b.N*items), "cpu-ns/item")
		})
	}
}
