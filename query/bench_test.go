package query_test

import (
	"io"
	"net/http"
	"testing"
)

// discard is a ResponseWriter that counts.
type discard struct {
	header http.Header
	bytes  int
}

func (d *discard) Header() http.Header { return d.header }
func (d *discard) WriteHeader(int)     {}
func (d *discard) Write(b []byte) (int, error) {
	d.bytes += len(b)
	return io.Discard.Write(b)
}

// BenchmarkTrace is everything behind storage: the timeline, its JSON, and compression.
func BenchmarkTrace(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		srv := newServer(b, &shop{more: many(n)}, nil)
		for _, coding := range []string{"identity", "gzip"} {
			b.Run(map[int]string{100: "100", 100_000: "100k"}[n]+"/"+coding, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					r := request("GET", "/api/traces/"+shopTrace.String()+"?limit=200000")
					r.Header.Set("Accept-Encoding", coding)
					w := &discard{header: make(http.Header)}
					srv.Handler().ServeHTTP(w, r)
					b.ReportMetric(float64(w.bytes), "bytes")
				}
			})
		}
	}
}
