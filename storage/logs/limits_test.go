package logs_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/encode/encodetest"
	"github.com/sightline/sightline/storage/logs"
)

// one makes a request of one record.
func one(set func(rec plog.LogRecord)) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", "s")
	rec := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	rec.SetTimestamp(pcommon.NewTimestampFromTime(day0))
	set(rec)
	return ld
}

func sanitized(reasons ...string) string {
	l := encodetest.NewList()
	for _, r := range reasons {
		l.Reasons[r] = true
	}
	encodetest.Model{}.Annotate(l)
	return l.Values["sightline.sanitized"]
}

// TestBadInputs are the rows of the table of answers that are the writer's.
func TestBadInputs(t *testing.T) {
	f := func(what string, set func(rec plog.LogRecord), want map[string]string, check func(r row) bool) {
		t.Helper()
		b := logs.NewBatch(batch.NewID([8]byte{1}, day0), batch.Policy{})
		if err := b.Append(batch.Request{Project: "default", Received: day0, Body: marshal(t, one(set))}); err != nil {
			t.Fatal(err)
		}
		r, stats := rowsOf(t, b)[0], b.Stats()[0]
		for key, value := range want {
			if r.Attrs[key] != value {
				t.Errorf("%s: %s is %.200q, want %.200q", what, key, r.Attrs[key], value)
			}
		}
		if !check(r) {
			t.Errorf("%s: stored as %.2000s", what, dump(t, r))
		}
		if _, changed := r.Attrs["sightline.sanitized"]; changed != (stats.Sanitized == 1) || changed != (len(stats.ByReason()) > 0) {
			t.Errorf("%s: counted as %+v", what, stats)
		}
	}
	ts := func(t time.Time) pcommon.Timestamp { return pcommon.NewTimestampFromTime(t) }
	plain := map[string]string{"sightline.sanitized": ""}
	is := func(at time.Time, sent, observed uint64) func(r row) bool {
		return func(r row) bool { return r.Time == at.UnixNano() && r.Sent == sent && r.Observed == observed }
	}
	f("observed alone", func(rec plog.LogRecord) {
		rec.SetTimestamp(0)
		rec.SetObservedTimestamp(ts(day0.Add(-time.Minute)))
	}, plain, is(day0.Add(-time.Minute), 0, uint64(day0.Add(-time.Minute).UnixNano())))
	f("20 no time at all", func(rec plog.LogRecord) { rec.SetTimestamp(0) }, map[string]string{"sightline.sanitized": sanitized("ts_missing")}, is(day0, 0, 0))
	f("21 year 2554", func(rec plog.LogRecord) { rec.SetTimestamp(1<<64 - 1) }, map[string]string{"sightline.sanitized": sanitized("ts_range")}, is(day0, 1<<64-1, 0))
	f("21 year 2554, observed", func(rec plog.LogRecord) {
		rec.SetTimestamp(1<<63 + 5)
		rec.SetObservedTimestamp(ts(day0.Add(time.Second)))
	}, map[string]string{"sightline.sanitized": sanitized("ts_range")}, is(day0.Add(time.Second), 1<<63+5, uint64(day0.Add(time.Second).UnixNano())))
	f("22 half an hour ahead", func(rec plog.LogRecord) { rec.SetTimestamp(ts(day0.Add(30 * time.Minute))) },
		map[string]string{"sightline.sanitized": sanitized("ts_future")}, func(r row) bool { return r.Time == day0.Add(30*time.Minute).UnixNano() })
	f("27 invalid UTF-8", func(rec plog.LogRecord) {
		rec.Body().SetStr("a\xffb")
		rec.SetSeverityText("\xff")
		rec.SetEventName("e\xff")
	}, map[string]string{
		"sightline.sanitized": sanitized("utf8"), "sightline.raw.body": "bytes Yf9i", "sightline.raw.severity_text": "bytes /w==", "sightline.raw.event_name": "bytes Zf8=",
	}, func(r row) bool {
		return r.Body == "string a\uFFFDb" && r.SeverityText == "\uFFFD" && r.EventName == "e\uFFFD"
	})
	f("28 stored exactly", func(rec plog.LogRecord) { rec.Body().SetStr("\x00\u202e\x1b[31m🦄\x7f") }, plain,
		func(r row) bool { return r.Body == "string \x00\u202e\x1b[31m🦄\x7f" })
	f("31 too many attributes", func(rec plog.LogRecord) {
		for i := range 10_000 {
			rec.Attributes().PutInt(fmt.Sprintf("a%d", i), int64(i))
		}
		rec.SetDroppedAttributesCount(1<<32 - 5)
	}, map[string]string{"a255": "int 255", "a256": "", "sightline.sanitized": sanitized("limit_attrs")},
		func(r row) bool { return len(r.Attrs) == 257 && r.DroppedAttrs == 1<<32-1 })
	f("33, 34 odd keys, types", func(rec plog.LogRecord) {
		rec.Attributes().PutStr("a'b\"c`;--", "v")
		rec.Attributes().PutStr("", "v")
	}, map[string]string{"a'b\"c`;--": "string v", "": "string v", "sightline.sanitized": ""}, func(row) bool { return true })
	f("46 long body", func(rec plog.LogRecord) { rec.Body().SetStr(strings.Repeat("é", 5<<20)) },
		map[string]string{"sightline.sanitized": sanitized("body_truncated"), "sightline.truncated.body": "int 10485760"},
		func(r row) bool { return len(r.Body) == len("string ")+256<<10 && utf8.ValidString(r.Body) })
	f("46 body as long as it may be", func(rec plog.LogRecord) { rec.Body().SetStr(strings.Repeat("x", 256<<10)) }, plain,
		func(r row) bool { return len(r.Body) == len("string ")+256<<10 })
	f("46 binary body", func(rec plog.LogRecord) { rec.Body().SetEmptyBytes().FromRaw([]byte{0, 1, 0xFF}) }, plain, func(r row) bool { return r.Body == "bytes AAH/" })
	f("46 long binary body", func(rec plog.LogRecord) { rec.Body().SetEmptyBytes().FromRaw(make([]byte, 1<<20)) },
		map[string]string{"sightline.sanitized": sanitized("body_truncated"), "sightline.truncated.body": "int 1048576"},
		func(r row) bool { return r.Body == "bytes "+base64.StdEncoding.EncodeToString(make([]byte, 192<<10)) })
	f("46 nested body", func(rec plog.LogRecord) { rec.Body().SetEmptyMap().PutEmptySlice("k").AppendEmpty().SetInt(7) }, plain, func(r row) bool {
		return r.Body == `json {"kvlistValue":{"values":[{"key":"k","value":{"arrayValue":{"values":[{"intValue":"7"}]}}}]}}`
	})
	f("46 wide body, and a long attribute", func(rec plog.LogRecord) {
		s := rec.Body().SetEmptySlice()
		for range 100_000 {
			s.AppendEmpty().SetStr("element")
		}
		rec.Attributes().PutStr("k", strings.Repeat("x", 40_000))
	}, map[string]string{"sightline.sanitized": sanitized("attr_truncated", "body_truncated")}, func(r row) bool {
		text := strings.TrimPrefix(r.Body, "json ")
		return len(text) > 256<<10-100 && len(text) < 256<<10+100 && json.Valid([]byte(text)) && r.Attrs["sightline.truncated.body"] != ""
	})
	f("no body", func(plog.LogRecord) {}, plain, func(r row) bool { return r.Body == "empty " })
	f("empty body", func(rec plog.LogRecord) { rec.Body().SetStr("") }, plain, func(r row) bool { return r.Body == "string " })
	f("body of a number", func(rec plog.LogRecord) { rec.Body().SetInt(-5) }, plain, func(r row) bool { return r.Body == "int -5" })
	f("unknown severity", func(rec plog.LogRecord) { rec.SetSeverityNumber(99) }, plain, func(r row) bool { return r.Severity == 99 })
}

// TestNesting: 64 levels are stored, 65 are refused, in bodies as in attributes.
func TestNesting(t *testing.T) {
	b := logs.NewBatch(batch.NewID([8]byte{1}, day0), batch.Policy{})
	for _, num := range []byte{5, 6} {
		if err := b.Append(batch.Request{Project: "default", Received: day0, Body: nested(num, 64)}); err != nil {
			t.Errorf("64 levels: %v", err)
		}
		for _, depth := range []int{65, 20_000} {
			if err := b.Append(batch.Request{Project: "default", Received: day0, Body: nested(num, depth)}); !errors.Is(err, encode.ErrMalformed) {
				t.Errorf("%d levels: %v", depth, err)
			}
		}
	}
	if b.Rows() != 2 || len(rowsOf(t, b)) != 2 {
		t.Errorf("%d rows", b.Rows())
	}
}
