package collector_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net/http"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/sample"
)

// cpuTime is what this process has used of all cores, the kernel's part included.
func cpuTime() time.Duration {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// BenchmarkRequests sends requests over a socket and waits until they are durable. cpu-ns/span has the client in it.
func BenchmarkRequests(b *testing.B) {
	const spans = 512
	for _, protocol := range []string{"grpc", "grpc gzip", "http"} {
		b.Run(protocol, func(b *testing.B) {
			j, err := journal.Open(journal.Config{Dir: b.TempDir(), Reserve: -1, Keep: 5 * time.Second})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { j.Close() })
			_, grpcAddr, httpAddr := run(b, collector.Config{Journal: j})
			conn := dial(b, grpcAddr)
			client := http.Client{}
			body := sample.Request(1, spans, time.Now())
			b.SetParallelism(2)
			b.ReportAllocs()
			start := cpuTime()
			n := uint64(0)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				body := bytes.Clone(body)
				n++
				seed := n << 32
				id := bytes.Index(body, []byte("enduser.id")) // somewhere in a string
				for pb.Next() {
					seed++
					binary.LittleEndian.PutUint64(body[id:], seed|0x4040404040404040)
					switch protocol {
					case "http":
						resp, err := client.Post("http://"+httpAddr+"/v1/traces", admission.MediaProtobuf, bytes.NewReader(body))
						if err != nil || resp.StatusCode != 200 {
							b.Error(resp, err)
							return
						}
						io.Copy(io.Discard, resp.Body)
						resp.Body.Close()
					default:
						options := []grpc.CallOption{grpc.ForceCodecV2(raw{})}
						if protocol == "grpc gzip" {
							options = append(options, grpc.UseCompressor("gzip"))
						}
						var out []byte
						if err := conn.Invoke(context.Background(), exportMethod, &body, &out, options...); err != nil {
							b.Error(err)
							return
						}
					}
					j.Release(j.End())
				}
			})
			b.ReportMetric(float64(cpuTime()-start)/float64(b.N)/spans, "cpu-ns/span")
		})
	}
}
