package chaos_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/grpc/codes"
)

// table are the rows 1 to 46.
func table() []row {
	const invalid, tooLarge = codes.InvalidArgument, codes.ResourceExhausted
	at := func(d time.Duration) pcommon.Timestamp { return pcommon.NewTimestampFromTime(time.Now().Add(d)) }
	deepPB, deepJSON := nested(65)
	// 12.6 MB: what made pdata's decoder overflow its stack, which nobody can recover from.
	deeperPB, deeperJSON := nested(1_250_000)
	fine, _ := nested(64)
	big := func(json bool) func() []byte {
		return func() []byte {
			q := &delivery{}
			td := family(q)
			spansOf(td).At(0).Attributes().PutStr("big", strings.Repeat("x", maxRequest))
			if q.encode(td); json {
				return q.js
			}
			return q.pb
		}
	}
	bomb := refusedRow("6 bomb", 413, tooLarge, "too_large", "err-sightline-request-bytes", is(make([]byte, 8*maxRequest)), is(bytes.Repeat([]byte(" "), 8*maxRequest)))
	bomb.only = func(f form) bool { return f.coding != "" }
	deeper := refusedRow("8 nested over a million deep", 400, invalid, "nesting", "err-sightline-any-value-depth", is(deeperPB), is(deeperJSON[:0]))
	deeper.only = protobuf
	deeperAsJSON := refusedRow("8 nested JSON over 100,000 deep", 400, invalid, "nesting", "err-sightline-any-value-depth", nil, func() []byte { _, js := nested(400_000); return js })
	rows := []row{
		{name: "1 empty request", http: 200, request: func(form) *delivery { return &delivery{pb: []byte{}, js: []byte("{}")} }},
		{name: "1 request without spans", http: 200, request: func(form) *delivery {
			return &delivery{pb: field(1, nil), js: []byte(`{"resourceSpans":[{}]}`)}
		}},
		refusedRow("2 garbage", 400, invalid, "decode_error", "err-sightline-decode", is([]byte("garbage")), is([]byte("garbage"))),
		refusedRow("5 larger than the limit", 413, tooLarge, "too_large", "err-sightline-request-bytes", big(false), big(true)),
		bomb,
		refusedRow("8 nested 65 deep", 400, invalid, "nesting", "err-sightline-any-value-depth", is(deepPB), is(deepJSON)),
		deeper, deeperAsJSON,
		nestedFine(fine),
		odd("9 wide list", func(s ptrace.Span) {
			l := s.Attributes().PutEmptySlice("wide")
			for range 100_000 {
				l.AppendEmpty().SetInt(1)
			}
		}, func(s *stored) {
			of := s.one(1)
			s.sanitized(of, "attr_truncated")
			if n := len(of.attr("wide")); n < 30<<10 || n > 34<<10 {
				s.t.Errorf("it is kept with %d bytes", n)
			}
		}),
		partial("10 trace id of zeros", "invalid_trace_id", "err-sightline-trace-id-zero", func(s ptrace.Span) { s.SetTraceID(pcommon.TraceID{}) }),
		partial("11 span id of zeros", "invalid_span_id", "err-sightline-span-id-zero", func(s ptrace.Span) { s.SetSpanID(pcommon.SpanID{}) }),
		refusedRow("12 trace id of 15 bytes", 400, invalid, "decode_error", "err-sightline-decode",
			is(field(1, field(2, field(2, field(1, make([]byte, 15)))))), spanJSON(`{"traceId":"00112233445566778899aabbccddee"}`)),
		odd("13 its own parent", func(s ptrace.Span) { s.SetParentSpanID(s.SpanID()) }, func(s *stored) {
			s.sanitized(s.one(1), "self_parent")
			if n := s.view(); n != 3 {
				s.t.Errorf("the trace shows %d spans", n)
			}
		}),
		oddFamily("14 a cycle of parents", func(q *delivery, td ptrace.Traces) {
			spansOf(td).At(0).SetParentSpanID(q.spans[2])
		}, func(s *stored) {
			if n := s.view(); n != 3 {
				s.t.Errorf("the trace shows %d spans", n)
			}
		}),
		odd("15 a missing parent", func(s ptrace.Span) { s.SetParentSpanID(pcommon.SpanID{1}) }, func(s *stored) {
			if n := s.view(); n < 3 {
				s.t.Errorf("the trace shows %d spans", n)
			}
		}),
		repeated(), sameID(), late(),
		odd("18 ends before it starts", func(s ptrace.Span) { s.SetEndTimestamp(s.StartTimestamp() - 7) }, func(s *stored) {
			of := s.one(1)
			s.sanitized(of, "negative_duration")
			s.is(of, map[string]string{"sightline.raw.end_time_unix_nano": fmt.Sprint("string ", s.q.at.Add(time.Millisecond).UnixNano()-7)})
			if of.Duration != 0 || of.InProgress {
				s.t.Errorf("it lasts %d", of.Duration)
			}
		}),
		odd("19 takes no time", func(s ptrace.Span) { s.SetEndTimestamp(s.StartTimestamp()) }, func(s *stored) {
			of := s.one(1)
			if s.sanitized(of); of.Duration != 0 {
				s.t.Errorf("it lasts %d", of.Duration)
			}
		}),
		odd("20 start is 0", func(s ptrace.Span) { s.SetStartTimestamp(0) }, func(s *stored) {
			of := s.one(1)
			s.sanitized(of, "ts_missing")
			if !of.start().Equal(s.q.at.Add(49 * time.Millisecond)) {
				s.t.Errorf("it starts at %v", of.start())
			}
		}),
		odd("20 start and end are 0", func(s ptrace.Span) { s.SetStartTimestamp(0); s.SetEndTimestamp(0) }, func(s *stored) {
			s.sanitized(s.one(1), "ts_missing")
		}),
		odd("21 start past int64", func(s ptrace.Span) { s.SetStartTimestamp(math.MaxUint64); s.SetEndTimestamp(math.MaxUint64) }, func(s *stored) {
			of := s.one(1)
			s.sanitized(of, "ts_range")
			s.is(of, map[string]string{"sightline.raw.start_time_unix_nano": "string 18446744073709551615", "sightline.raw.end_time_unix_nano": "string 18446744073709551615"})
			if d := of.start().Sub(s.q.at); d < 0 || d > time.Hour {
				s.t.Errorf("it starts at %v, and not when it was received", of.start())
			}
		}),
		odd("22 starts in half an hour", func(s ptrace.Span) {
			s.SetStartTimestamp(at(30 * time.Minute))
			s.SetEndTimestamp(at(31 * time.Minute))
		}, func(s *stored) {
			of := s.one(1)
			s.sanitized(of, "ts_future")
			if d := of.start().Sub(s.q.at); d < 20*time.Minute {
				s.t.Errorf("it starts %v after the others", d)
			}
		}),
		partial("23 starts in three hours", "ts_future", "err-sightline-span-too-new", func(s ptrace.Span) { s.SetStartTimestamp(at(3 * time.Hour)); s.SetEndTimestamp(at(3 * time.Hour)) }),
		partial("23 older than retention", "ts_expired", "err-sightline-span-too-old", func(s ptrace.Span) {
			s.SetStartTimestamp(at(-400 * 24 * time.Hour))
			s.SetEndTimestamp(at(-400 * 24 * time.Hour))
		}),
		oddFamily("24 spans on 200 days", func(_ *delivery, td ptrace.Traces) {
			for i := range 200 {
				s := spansOf(td).AppendEmpty()
				spansOf(td).At(0).CopyTo(s)
				s.SetSpanID(pcommon.SpanID{9, byte(i), 1})
				s.SetStartTimestamp(at(-time.Duration(i) * 24 * time.Hour))
				s.SetEndTimestamp(s.StartTimestamp() + 1000)
			}
		}, func(s *stored) { s.one(1) }),
		oddFamily("26 a child before its parent, on another host", func(_ *delivery, td ptrace.Traces) {
			other := td.ResourceSpans().AppendEmpty()
			other.Resource().Attributes().PutStr("service.name", "elsewhere")
			other.Resource().Attributes().PutStr("host.name", "elsewhere")
			spansOf(td).RemoveIf(func(s ptrace.Span) bool {
				if s.ParentSpanID().IsEmpty() {
					return false
				}
				s.SetStartTimestamp(s.StartTimestamp() - 5e9)
				s.SetEndTimestamp(s.EndTimestamp() - 5e9)
				if other.ScopeSpans().Len() == 0 {
					other.ScopeSpans().AppendEmpty()
				}
				s.CopyTo(other.ScopeSpans().At(0).Spans().AppendEmpty())
				return true
			})
		}, func(s *stored) {
			if of := s.one(1); !of.start().Equal(s.q.at.Add(time.Millisecond - 5*time.Second)) {
				s.t.Errorf("it is stored with start %v", of.start())
			}
		}),
		rowUTF8(),
		odd("28 NUL, bidi, escapes, emoji", func(s ptrace.Span) { s.SetName("\x00"); s.Attributes().PutStr("k", "\x00\u202e\x1b[31m🦄\x7f") }, func(s *stored) {
			of := s.one(1)
			s.sanitized(of)
			if s.is(of, map[string]string{"k": "string \x00\u202e\x1b[31m🦄\x7f"}); of.Name != "\x00" {
				s.t.Errorf("the name is %q", of.Name)
			}
		}),
		oddFamily("29 no name, no service", func(_ *delivery, td ptrace.Traces) {
			td.ResourceSpans().At(0).Resource().Attributes().Clear()
			spansOf(td).At(1).SetName("")
		}, func(s *stored) {
			if of := s.one(1); of.Name != "" || of.Service != "unknown_service" {
				s.t.Errorf("it is %q of %q", of.Name, of.Service)
			}
		}),
		odd("30 long name, key, value", func(s ptrace.Span) {
			s.SetName(strings.Repeat("é", 1<<20))
			s.Attributes().PutStr(strings.Repeat("k", 10_000), "v")
			s.Attributes().PutStr("big", strings.Repeat("é", 2_500_000))
		}, func(s *stored) {
			of := s.one(1)
			s.sanitized(of, "attr_truncated")
			s.is(of, map[string]string{strings.Repeat("k", 256): "string v", "sightline.truncated.big": "int 5000000", "sightline.truncated.span.name": fmt.Sprint("int ", 2<<20)})
			if len(of.Name) != 1024 || len(of.attr("big")) != len("string ")+32<<10 {
				s.t.Errorf("the name has %d bytes, the value %d", len(of.Name), len(of.attr("big")))
			}
		}),
		odd("31 too many of everything", func(s ptrace.Span) {
			for i := range 10_000 {
				s.Attributes().PutInt(fmt.Sprintf("a%d", i), int64(i))
				s.Events().AppendEmpty()
				s.Links().AppendEmpty()
			}
		}, func(s *stored) {
			of := s.one(1)
			s.sanitized(of, "limit_attrs", "limit_events", "limit_links")
			if len(of.Events) != 1024 || len(of.Links) != 256 || of.Dropped != 10_000-256 || of.DroppedEvents != 10_000-1024 || of.DroppedLinks != 10_000-256 {
				s.t.Errorf("%d events, %d links; dropped %d, %d, %d", len(of.Events), len(of.Links), of.Dropped, of.DroppedEvents, of.DroppedLinks)
			}
		}),
		rowDuplicateKey(),
		odd("33 odd keys", func(s ptrace.Span) {
			for _, key := range []string{"a'b\"c`;--", "resource.", "", "__proto__", "a.b..c"} {
				s.Attributes().PutStr(key, "v")
			}
		}, func(s *stored) {
			of := s.one(1)
			s.sanitized(of)
			s.is(of, map[string]string{"a'b\"c`;--": "string v", "resource.": "string v", "": "string v", "__proto__": "string v", "a.b..c": "string v"})
		}),
		oddFamily("34 one key of two types", func(_ *delivery, td ptrace.Traces) {
			spansOf(td).At(0).Attributes().PutInt("size", 7)
			spansOf(td).At(1).Attributes().PutStr("size", "7")
		}, func(s *stored) {
			s.is(s.one(0), map[string]string{"size": "int 7"})
			s.is(s.one(1), map[string]string{"size": "string 7"})
		}),
		odd("35 unknown enums", func(s ptrace.Span) { s.SetKind(99); s.Status().SetCode(7) }, func(s *stored) { s.sanitized(s.one(1), "enum") }),
		unknownFields(),
		refusedRow("36 enum name", 400, invalid, "decode_error", "err-sightline-decode", nil, spanJSON(`{"kind":"SPAN_KIND_SERVER"}`)),
		refusedRow("36 base64 id", 400, invalid, "decode_error", "err-sightline-decode", nil, spanJSON(`{"spanId":"7uDLu4gVFAA="}`)),
		refusedRow("36 snake_case key", 400, invalid, "decode_error", "lowerCamel", nil, spanJSON(`{"span_id":"eee19b7ec3c1b174"}`)),
	}
	rows = append(rows, signalTable()...)
	for i := range rows {
		r := &rows[i]
		if r.signal == "" {
			r.signal = "traces"
		}
		build := r.request
		r.request = func(f form) *delivery {
			q := build(f)
			q.row, q.form = r, f
			return q
		}
	}
	return rows
}
