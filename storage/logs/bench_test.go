package logs_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/logs"
)

// shopLogs is a request as a service's SDK sends it: n records from start on, a millisecond apart, of five attributes; most of them
// of a trace; four of seven templates with an id in them.
func shopLogs(seed uint64, n int, start time.Time) plog.Logs {
	r := rand.New(rand.NewPCG(seed, 7))
	uuid := func() string {
		return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", r.Uint32(), r.Uint32()>>16, r.Uint32()>>20, r.Uint32()>>20, r.Uint64()>>16)
	}
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	a := rl.Resource().Attributes()
	service := []string{"frontend", "checkout", "cart", "payment", "shipping", "email", "ad", "currency"}[r.IntN(8)]
	a.PutStr("service.name", service)
	a.PutStr("service.namespace", "shop")
	a.PutStr("service.version", "1.4.2")
	a.PutStr("deployment.environment.name", "prod")
	a.PutStr("k8s.pod.name", fmt.Sprintf("%s-%02d", service, r.IntN(4)))
	sl := rl.ScopeLogs().AppendEmpty()
	sl.Scope().SetName("github.com/shop/" + service)
	var trace pcommon.TraceID
	var span pcommon.SpanID
	for i := range n {
		if i%5 == 0 {
			binary.BigEndian.PutUint64(trace[:], r.Uint64())
			binary.BigEndian.PutUint64(trace[8:], r.Uint64()|1)
		}
		if i%2 == 0 {
			binary.BigEndian.PutUint64(span[:], r.Uint64()|1)
		}
		rec := sl.LogRecords().AppendEmpty()
		at := start.Add(time.Duration(i)*time.Millisecond + time.Duration(r.IntN(1e6)))
		rec.SetTimestamp(pcommon.NewTimestampFromTime(at))
		rec.SetObservedTimestamp(pcommon.NewTimestampFromTime(at.Add(time.Duration(r.IntN(50_000)))))
		severity, text := plog.SeverityNumberInfo, "INFO"
		switch k := r.IntN(7); k {
		case 0:
			rec.Body().SetStr("order placed: " + uuid())
		case 1:
			rec.Body().SetStr("charged card for order " + uuid() + " in " + fmt.Sprint(r.IntN(900)) + "ms")
		case 2:
			rec.Body().SetStr(fmt.Sprintf("GET /api/products/%08X 200 %d bytes", r.Uint32(), r.IntN(100_000)))
		case 3:
			rec.Body().SetStr("cache miss for key product:" + uuid())
			severity, text = plog.SeverityNumberDebug, "DEBUG"
		case 4:
			rec.Body().SetStr("email sent to user " + uuid())
		case 5:
			rec.Body().SetStr("retrying request to currency service after timeout")
			severity, text = plog.SeverityNumberWarn, "WARN"
		case 6:
			rec.Body().SetStr("connection pool: 12 idle, 4 in use")
		}
		rec.SetSeverityNumber(severity)
		rec.SetSeverityText(text)
		if r.IntN(5) > 0 {
			rec.SetTraceID(trace)
			rec.SetSpanID(span)
			rec.SetFlags(1)
		}
		at5 := rec.Attributes()
		at5.PutStr("code.function.name", "handle"+text)
		at5.PutStr("thread.name", fmt.Sprintf("worker-%02d", r.IntN(32)))
		at5.PutStr("enduser.id", fmt.Sprintf("user-%06d", r.IntN(1e6)))
		at5.PutInt("code.line.number", int64(100+r.IntN(20)))
		at5.PutStr("logger.name", "com.shop."+service)
	}
	return ld
}

func marshal(t testing.TB, ld plog.Logs) []byte {
	t.Helper()
	body, err := plogotlp.NewExportRequestFromLogs(ld).MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// BenchmarkBatch is decoding and encoding alone, per record.
func BenchmarkBatch(b *testing.B) {
	var bodies [][]byte
	bytes := 0
	for i := range uint64(100) {
		bodies = append(bodies, marshal(b, shopLogs(i, 100, day0)))
		bytes += len(bodies[i])
	}
	c := logs.NewBatch(batch.NewID([8]byte{1}, day0), batch.Policy{Redact: true})
	records := 0
	b.ResetTimer()
	for b.Loop() {
		c.Reset(batch.NewID([8]byte{1}, day0), batch.Policy{Redact: true})
		for range 5 {
			for _, body := range bodies {
				if err := c.Append(batch.Request{Project: "default", Received: day0, Body: body}); err != nil {
					b.Fatal(err)
				}
			}
		}
		c.Blocks()
		c.Done()
		records += c.Rows()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(records), "ns/record")
	b.ReportMetric(float64(bytes)/10_000, "B/record")
}
