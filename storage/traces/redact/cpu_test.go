package redact

import (
	"syscall"
	"testing"
	"time"
)

func cpu() time.Duration {
	var ru syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &ru)
	return time.Duration(ru.Utime.Nano())
}

func BenchmarkCPU(b *testing.B) {
	run := func(name string, f func()) {
		b.Run(name, func(b *testing.B) {
			t0 := cpu()
			for b.Loop() {
				f()
			}
			b.ReportMetric(float64(cpu()-t0)/float64(b.N), "cpu-ns/op")
		})
	}
	short := []byte("GET")
	uuid := []byte("550e8400-e29b-41d4-a716-446655440000")
	url := []byte("http://frontend:8080/api/cart?productId=L9ECAV7KIM&sessionId2=550e8400")
	route := []byte("/api/products/{id}")
	var s Scrubber
	var sink Flags
	run("short", func() { sink += Scan(short) })
	run("route", func() { sink += Scan(route) })
	run("scanuuid", func() { sink += Scan(uuid) })
	run("scanurl", func() { sink += Scan(url) })
	run("dirtyuuid", func() { s.Dirty(uuid) })
	run("dirtyurl", func() { s.Dirty(url) })
	run("finduuid", func() { find(uuid, 0) })
	run("findurl", func() { find(url, 0) })
}
