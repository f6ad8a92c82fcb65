package sample

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
)

// Logs is a request of so many log records from the given time on, a hundred for a resource, every other within a trace.
func Logs(seed uint64, records int, start time.Time) plog.Logs {
	rnd := rand.New(rand.NewPCG(seed, 300))
	ld := plog.NewLogs()
	var sl plog.ScopeLogs
	for i := range records {
		if i%100 == 0 {
			rl := ld.ResourceLogs().AppendEmpty()
			resource(rl.Resource(), rnd)
			sl = rl.ScopeLogs().AppendEmpty()
			sl.Scope().SetName("log/slog")
		}
		r := sl.LogRecords().AppendEmpty()
		at := start.Add(time.Duration(i) * time.Millisecond)
		r.SetTimestamp(pcommon.NewTimestampFromTime(at))
		r.SetObservedTimestamp(pcommon.NewTimestampFromTime(at.Add(time.Millisecond)))
		r.SetSeverityNumber(plog.SeverityNumberInfo)
		r.SetSeverityText("INFO")
		r.Body().SetStr(fmt.Sprintf("order %08x of user-%06d is shipped", rnd.Uint32(), rnd.IntN(1e6)))
		a := r.Attributes()
		a.PutStr("code.function.name", "shop.Ship")
		a.PutInt("code.line.number", rnd.Int64N(1000))
		a.PutStr("http.route", routes[rnd.IntN(len(routes))])
		if i%2 == 0 {
			var trace pcommon.TraceID
			for k := range trace {
				trace[k] = byte(rnd.Uint32()) | 1
			}
			r.SetTraceID(trace)
			r.SetSpanID(pcommon.SpanID{1, byte(i), byte(i >> 8)})
			r.SetFlags(plog.DefaultLogRecordFlags.WithIsSampled(true))
		}
	}
	return ld
}

// LogRequest is Logs as the protobuf of an ExportLogsServiceRequest.
func LogRequest(seed uint64, records int, start time.Time) []byte {
	body, err := plogotlp.NewExportRequestFromLogs(Logs(seed, records, start)).MarshalProto()
	must(err)
	return body
}

// EveryLog is a request that has every field of OTLP's logs in it, and values of every type.
func EveryLog(at time.Time) plog.Logs {
	ld := Logs(3, 4, at)
	rl := ld.ResourceLogs().At(0)
	rl.SetSchemaUrl("https://opentelemetry.io/schemas/1.40.0")
	rl.Resource().SetDroppedAttributesCount(7)
	sl := rl.ScopeLogs().At(0)
	sl.SetSchemaUrl("https://example.com/scope")
	sl.Scope().SetVersion("1.2.3")
	sl.Scope().Attributes().PutStr("scope.key", "scope value")
	sl.Scope().SetDroppedAttributesCount(1)
	records := sl.LogRecords()
	r := records.At(0)
	r.SetEventName("quote \" backslash \\ newline \n nul \x00 emoji 🦊 ü")
	r.SetSeverityNumber(plog.SeverityNumberFatal4)
	r.SetSeverityText("PANIC")
	r.SetDroppedAttributesCount(3)
	r.SetFlags(0x101)
	everyValue(r.Attributes())
	everyValue(r.Body().SetEmptyMap())
	records.At(1).Body().SetEmptyBytes().FromRaw([]byte{0, 0xff})
	records.At(1).SetTimestamp(0)
	records.At(2).Body().SetEmptySlice().AppendEmpty().SetStr("one")
	records.At(2).SetObservedTimestamp(0)
	plog.NewLogRecord().CopyTo(records.At(3))
	return ld
}

// everyValue puts attributes of every type.
func everyValue(a pcommon.Map) {
	a.PutEmpty("empty")
	a.PutStr("empty string", "")
	a.PutBool("no", false)
	a.PutBool("yes", true)
	a.PutInt("zero", 0)
	a.PutInt("min", math.MinInt64)
	a.PutInt("max", math.MaxInt64)
	a.PutDouble("nan", math.NaN())
	a.PutDouble("inf", math.Inf(-1))
	a.PutDouble("tiny", 5e-324)
	a.PutEmptyBytes("bytes").FromRaw([]byte{0, 1, 0xfe, 0xff})
	list := a.PutEmptySlice("list")
	list.AppendEmpty().SetStr("one")
	list.AppendEmpty()
	list.AppendEmpty().SetEmptySlice().AppendEmpty().SetInt(-1)
	a.PutEmptySlice("empty list")
	a.PutEmptyMap("map").PutEmptyMap("inner").PutStr("k", strings.Repeat("long ", 100))
}
