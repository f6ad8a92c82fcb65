package logs_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/sightline/sightline/storage/encode/encodetest"
)

// day0 is when the tests' requests arrive.
var day0 = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// randomLogs makes requests of every kind of thing that OTLP can say, odd ones too. clean keeps to what needs no sanitising.
func randomLogs(r *rand.Rand, received time.Time, clean bool) plog.Logs {
	g := generator{encodetest.Generator{Rand: r, Clean: clean}, received}
	ld := plog.NewLogs()
	for range 1 + r.IntN(3) {
		rl := ld.ResourceLogs().AppendEmpty()
		g.Attrs(rl.Resource().Attributes(), 6)
		if r.IntN(4) > 0 {
			rl.Resource().Attributes().PutStr("service.name", fmt.Sprintf("service-%d", r.IntN(3)))
		}
		rl.Resource().SetDroppedAttributesCount(uint32(r.IntN(3)))
		rl.SetSchemaUrl(g.Pick("", "https://opentelemetry.io/schemas/1.34.0"))
		for range 1 + r.IntN(2) {
			sl := rl.ScopeLogs().AppendEmpty()
			sl.Scope().SetName(g.Pick("", "lib", g.Text()))
			sl.Scope().SetVersion(g.Pick("", "1.2.3"))
			sl.SetSchemaUrl(g.Pick("", "https://opentelemetry.io/schemas/1.34.0"))
			if r.IntN(3) == 0 {
				g.Attrs(sl.Scope().Attributes(), 3)
				sl.Scope().SetDroppedAttributesCount(r.Uint32())
			}
			for range r.IntN(6) {
				g.record(sl.LogRecords().AppendEmpty())
			}
		}
	}
	return ld
}

type generator struct {
	encodetest.Generator
	received time.Time
}

func (g generator) record(rec plog.LogRecord) {
	at := pcommon.NewTimestampFromTime(g.received.Add(time.Duration(g.IntN(600))*time.Second - 3*time.Duration(g.IntN(24))*time.Hour))
	switch g.IntN(5) {
	case 0:
		rec.SetObservedTimestamp(at)
	case 1:
		rec.SetTimestamp(at)
	default:
		rec.SetTimestamp(at)
		rec.SetObservedTimestamp(at + pcommon.Timestamp(g.Int64N(2e9)-1e9))
	}
	if !g.Clean {
		odd := []pcommon.Timestamp{0, 1, math.MaxUint64, math.MaxInt64, pcommon.Timestamp(year2100), pcommon.Timestamp(year2100 - 1), at + 3600e9}
		if g.IntN(6) == 0 {
			rec.SetTimestamp(odd[g.IntN(len(odd))])
		}
		if g.IntN(6) == 0 {
			rec.SetObservedTimestamp(odd[g.IntN(len(odd))])
		}
	}
	if g.IntN(2) == 0 {
		var id [16]byte
		for i := range id {
			id[i] = byte(g.Uint32())
		}
		rec.SetTraceID(id)
		if g.IntN(3) > 0 {
			rec.SetSpanID([8]byte(id[4:12]))
		}
	}
	rec.SetFlags(plog.LogRecordFlags(g.PickU32(0, 1, 0x101, math.MaxUint32)))
	rec.SetSeverityNumber(plog.SeverityNumber(g.IntN(25)))
	if g.IntN(10) == 0 {
		rec.SetSeverityNumber([]plog.SeverityNumber{-1, 25, math.MaxInt32, math.MinInt32}[g.IntN(4)])
	}
	rec.SetSeverityText(g.Pick("", "INFO", "warn", g.Text()))
	rec.SetEventName(g.Pick("", "", "device.app.lifecycle", g.Text()))
	rec.SetDroppedAttributesCount(g.PickU32(0, 0, 1, math.MaxUint32))
	if g.IntN(8) > 0 {
		g.Value(rec.Body(), 0)
	}
	if !g.Clean && g.IntN(10) == 0 {
		rec.Body().SetStr(strings.Repeat("é", 10+g.IntN(200_000)))
	}
	g.Attrs(rec.Attributes(), 8)
}
