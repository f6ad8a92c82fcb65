package bench_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/sightline/sightline/bench/load"
	"github.com/sightline/sightline/bench/proc"
	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/journal"
)

// raw passes bytes through gRPC as they are, so that the client costs next to nothing.
type raw struct{}

func (raw) Name() string                       { return "proto" }
func (raw) Marshal(v any) ([]byte, error)      { return *v.(*[]byte), nil }
func (raw) Unmarshal(data []byte, v any) error { *v.(*[]byte) = bytes.Clone(data); return nil }

var exports = map[string]string{
	"traces":  "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
	"logs":    "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
	"metrics": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
}

// BenchmarkReceive is receiving, checking and the journal: requests over gRPC until they are durable, eight at a time. The client is
// in the figure, making the requests is not.
func BenchmarkReceive(b *testing.B) {
	for _, s := range signals {
		b.Run(s.name, func(b *testing.B) {
			j, err := journal.Open(journal.Config{Dir: b.TempDir(), Reserve: -1, Keep: 5 * time.Second})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { j.Close() })
			c, err := collector.New(collector.Config{GRPC: "127.0.0.1:0", Journal: j})
			if err != nil {
				b.Fatal(err)
			}
			ctx, stop := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- c.Run(ctx) }()
			b.Cleanup(func() {
				stop()
				if err := <-ended; err != nil {
					b.Error(err)
				}
			})
			select {
			case <-c.Ready():
			case err := <-ended:
				ended <- err
				b.Fatal(err)
			}
			address, _ := c.Addresses()
			conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodec(raw{})))
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { conn.Close() })
			source := s.load(load.Config{Start: time.Now().Add(-time.Hour), Step: time.Microsecond})
			var used time.Duration
			n := 0
			for b.Loop() {
				bodies, items, _ := requests(source) // others every time: what was sent already is not taken again
				n += items
				began := proc.Self()
				var group errgroup.Group
				group.SetLimit(8)
				for _, body := range bodies {
					group.Go(func() error {
						var answer []byte
						return conn.Invoke(ctx, exports[s.name], &body, &answer)
					})
				}
				if err := group.Wait(); err != nil {
					b.Fatal(err)
				}
				used += proc.Self() - began
				j.Release(j.End())
			}
			b.ReportMetric(float64(used)/float64(n), "cpu-ns/item")
			b.ReportMetric(0, "ns/op")
		})
	}
}
