package loader

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/sample"
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/storagetest"
)

// BenchmarkLoad is the way from the journal into the real engine, cut records, counts and fsyncs included; an op is a span of 527 bytes.
func BenchmarkLoad(b *testing.B) {
	const perRequest = 500
	db := storagetest.Open(b)
	dir := b.TempDir()
	j, err := journal.Open(journal.Config{Dir: filepath.Join(dir, "journal"), MaxBytes: 16 << 30, Reserve: -1})
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	now := time.Now()
	for n := 0; n < b.N; n += perRequest {
		body := sample.Request(uint64(n), perRequest, now.Add(-time.Minute))
		r := journal.Record{Kind: journal.KindData, Signal: journal.SignalTraces, Project: "default", Received: now, Items: perRequest, Body: body}
		if _, err := j.Append(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
	l, err := New(Config{Journal: j, Writer: batch.NewWriter(db), Policy: batch.Policy{Retention: batch.Retention{Days: 30}, Redact: true}, StateFile: filepath.Join(dir, "state")})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	b.ResetTimer()
	go func() { done <- l.Run(ctx) }()
	if err := l.Drain(ctx); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	s := l.Status()
	b.ReportMetric(float64(s.Totals[0].Stored)/b.Elapsed().Seconds(), "spans/s")
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(s.Batches), "ms/batch")
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}
