package chaos_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc/codes"
)

// row is a bad input and what it gets. The number in its name is the one of the table.
type row struct {
	name     string
	signal   string // traces, logs or metrics
	request  func(f form) *delivery
	only     func(f form) bool // forms that it can take; nil: all
	http     int
	code     codes.Code
	rejected uint64
	reason   string // for which they are rejected
	refused  string // for which the whole request is, if it is
	mentions string // of the answer's message
	read     func(s *stored)
	// notDecoded is a row whose request is no longer what was sent once pdata has decoded it.
	notDecoded bool
}

func (r *row) takes(f form) bool { return r.only == nil || r.only(f) }

// delivery is one sending of a row: its bytes are its own, so that it is no retry of another.
type delivery struct {
	row      *row
	form     form
	pb, js   []byte
	first    [][]byte // requests that are sent before it
	items    uint64
	repeated uint64
	trace    [16]byte
	spans    [][8]byte
	at       time.Time
}

const maxRequest = 16 << 20

// family is a trace of three spans that nothing is wrong with: a server, what it calls, and what that calls.
func family(q *delivery) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "hostile")
	ss := rs.ScopeSpans().AppendEmpty()
	binary.BigEndian.PutUint64(q.trace[:8], rand.Uint64())
	binary.BigEndian.PutUint64(q.trace[8:], rand.Uint64()|1)
	q.at = time.Now().Add(-time.Minute).Truncate(time.Microsecond)
	q.spans = nil
	var parent pcommon.SpanID
	for i := range 3 {
		var id [8]byte
		binary.BigEndian.PutUint64(id[:], rand.Uint64()|1)
		q.spans = append(q.spans, id)
		s := ss.Spans().AppendEmpty()
		s.SetTraceID(q.trace)
		s.SetSpanID(id)
		s.SetParentSpanID(parent)
		s.SetName("work")
		s.SetKind(ptrace.SpanKindServer)
		s.SetStartTimestamp(pcommon.NewTimestampFromTime(q.at.Add(time.Duration(i) * time.Millisecond)))
		s.SetEndTimestamp(pcommon.NewTimestampFromTime(q.at.Add(time.Duration(50-i) * time.Millisecond)))
		parent = id
	}
	q.items = 3
	return td
}

func spansOf(td ptrace.Traces) ptrace.SpanSlice {
	return td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
}

// encode makes the bytes of both forms.
func (q *delivery) encode(td ptrace.Traces) {
	r := ptraceotlp.NewExportRequestFromTraces(td)
	var err, err2 error
	q.pb, err = r.MarshalProto()
	q.js, err2 = r.MarshalJSON()
	if err != nil || err2 != nil {
		panic(fmt.Sprint(err, err2))
	}
	q.items = uint64(td.SpanCount())
}

func protobuf(f form) bool { return !f.json }
func jsonOnly(f form) bool { return f.json }

// odd is a row with a family of which the second span is changed.
func odd(name string, change func(s ptrace.Span), read func(s *stored)) row {
	return oddFamily(name, func(q *delivery, td ptrace.Traces) { change(spansOf(td).At(1)) }, read)
}

func oddFamily(name string, change func(q *delivery, td ptrace.Traces), read func(s *stored)) row {
	r := row{name: name, http: 200, read: read}
	r.request = func(f form) *delivery {
		q := &delivery{}
		td := family(q)
		change(q, td)
		q.encode(td)
		return q
	}
	return r
}

// partial is an odd row of which one span is rejected and the rest stored.
func partial(name, reason, mentions string, change func(s ptrace.Span)) row {
	r := odd(name, change, func(s *stored) {
		s.one(0)
		s.one(2)
		if n := s.view(); n != 2 {
			s.t.Errorf("the trace has %d spans, want the two others", n)
		}
	})
	r.rejected, r.reason, r.mentions = 1, reason, mentions
	return r
}

// refusedRow is a request that is not taken.
func refusedRow(name string, http int, code codes.Code, reason, mentions string, pb, js func() []byte) row {
	r := row{name: name, http: http, code: code, refused: reason, mentions: mentions}
	r.request = func(form) *delivery {
		q := &delivery{}
		if pb != nil {
			q.pb = pb()
		}
		if js != nil {
			q.js = js()
		}
		return q
	}
	switch {
	case pb == nil:
		r.only = jsonOnly
	case js == nil:
		r.only = protobuf
	}
	return r
}

func is(b []byte) func() []byte { return func() []byte { return b } }

func field(number int, in []byte) []byte {
	out := binary.AppendUvarint(nil, uint64(number)<<3|2)
	return append(binary.AppendUvarint(out, uint64(len(in))), in...)
}

// anyValue is so many AnyValues inside each other.
func anyValue(levels int) []byte {
	v := []byte{0, 1<<3 | 2} // backwards, so that each level is appended
	for range levels - 1 {
		for _, num := range []byte{1, 5} {
			size := binary.AppendUvarint(nil, uint64(len(v)))
			slices.Reverse(size)
			v = append(append(v, size...), num<<3|2)
		}
	}
	slices.Reverse(v)
	return v
}

// nested is a span with an attribute of so many AnyValues inside each other.
func nested(levels int) (pb, js []byte) {
	attribute := field(9, append(field(1, []byte("a")), field(2, anyValue(levels))...))
	return field(1, field(2, field(2, attribute))), []byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"a","value":` +
		strings.Repeat(`{"arrayValue":{"values":[`, levels-1) + `{"stringValue":""}` + strings.Repeat(`]}}`, levels-1) + `}]}]}]}]}`)
}

func spanJSON(text string) func() []byte {
	return is([]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[` + text + `]}]}]}`))
}

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

// nestedFine: 64 levels are taken; that its span has no id is another matter.
func nestedFine(pb []byte) row {
	return row{name: "9 nested 64 deep", http: 200, rejected: 1, reason: "invalid_trace_id", mentions: "invalid_trace_id", request: func(form) *delivery {
		_, js := nested(64)
		return &delivery{pb: pb, js: js, items: 1}
	}}
}

// repeated is row 16: the same bytes again.
func repeated() row {
	r := oddFamily("16 the same request again", func(*delivery, ptrace.Traces) {}, func(s *stored) {
		for i := range 3 {
			s.one(i)
		}
	})
	build := r.request
	r.request = func(f form) *delivery {
		q := build(f)
		q.first, q.items, q.repeated = [][]byte{q.pb}, 6, 3
		return q
	}
	r.only = protobuf
	return r
}

// sameID is row 17: two spans with one id are two spans.
func sameID() row {
	return oddFamily("17 one id, two spans", func(_ *delivery, td ptrace.Traces) {
		s := spansOf(td).AppendEmpty()
		spansOf(td).At(1).CopyTo(s)
		s.SetKind(ptrace.SpanKindClient)
	}, func(s *stored) {
		if n := len(s.all(1)); n != 2 {
			s.t.Errorf("there are %d", n)
		}
	})
}

// late is row 25: a part of a trace comes after the rest.
func late() row {
	r := oddFamily("25 a late span", func(q *delivery, td ptrace.Traces) {
		rest := ptrace.NewTraces()
		td.CopyTo(rest)
		spansOf(rest).RemoveIf(func(s ptrace.Span) bool { return s.SpanID() == q.spans[1] })
		spansOf(td).RemoveIf(func(s ptrace.Span) bool { return s.SpanID() != q.spans[1] })
		first := &delivery{}
		first.encode(rest)
		q.first = [][]byte{first.pb}
	}, func(s *stored) {
		if n := s.view(); n != 3 {
			s.t.Errorf("the trace shows %d spans", n)
		}
	})
	build := r.request
	r.request = func(f form) *delivery {
		q := build(f)
		q.items += 2
		return q
	}
	return r
}

func rowUTF8() row {
	r := odd("27 invalid UTF-8", func(s ptrace.Span) {
		s.SetName("a\xffb")
		s.Attributes().PutStr("k", "\xc3(")
		s.Events().AppendEmpty().SetName("e\xff")
		s.Links().AppendEmpty().Attributes().PutStr("l", "\xff")
		s.Attributes().PutEmptyMap("m").PutStr("n", "v\xff")
	}, func(s *stored) {
		of := s.one(1)
		s.sanitized(of, "utf8")
		s.is(of, map[string]string{"k": "string \uFFFD(", "sightline.raw.k": "bytes wyg=", "sightline.raw.span.name": "bytes Yf9i"})
		if of.Name != "a\uFFFDb" || len(of.Events) != 1 || of.Events[0].Name != "e\uFFFD" {
			s.t.Errorf("name %q, events %+v", of.Name, of.Events)
		}
	})
	r.only = protobuf // JSON is UTF-8 by definition
	return r
}

// rowDuplicateKey: pdata makes no duplicates, so two keys of one length are made one in the bytes.
func rowDuplicateKey() row {
	r := odd("32 one key twice", func(s ptrace.Span) { s.Attributes().PutStr("aaaa", "first"); s.Attributes().PutStr("bbbb", "second") }, func(s *stored) {
		of := s.one(1)
		s.sanitized(of, "dup_key")
		s.is(of, map[string]string{"aaaa": "string second", "bbbb": ""})
	})
	build := r.request
	r.request = func(f form) *delivery {
		q := build(f)
		q.pb, q.js = bytes.ReplaceAll(q.pb, []byte("bbbb"), []byte("aaaa")), bytes.ReplaceAll(q.js, []byte("bbbb"), []byte("aaaa"))
		return q
	}
	return r
}

// unknownFields is row 35: what a newer protocol adds is passed over.
func unknownFields() row {
	r := oddFamily("35 unknown fields", func(*delivery, ptrace.Traces) {}, func(s *stored) {
		for i := range 3 {
			s.sanitized(s.one(i))
		}
	})
	build := r.request
	r.request = func(f form) *delivery {
		q := build(f)
		q.pb = append(q.pb, field(1000, []byte("something new"))...)
		q.js = append([]byte(`{"somethingNew":{"a":[1,{"b":null}]},`), q.js[1:]...)
		return q
	}
	return r
}

// onTheWire are the rows about media types, methods, encodings and headers.
func onTheWire() []wireRow {
	good := func() []byte {
		q := &delivery{}
		q.encode(family(q))
		return q.pb
	}
	with := func(body func() []byte, headers ...string) func(*testing.T, *target) reply {
		return func(t *testing.T, x *target) reply {
			return post(t, x.http+"/v1/traces", bytes.NewReader(body()), headers...)
		}
	}
	const pb = "application/x-protobuf"
	return []wireRow{
		{name: "3 no content type", send: with(good), http: 415, code: codes.InvalidArgument, refused: "media_type"},
		{name: "3 text/plain", send: with(good, "Content-Type", "text/plain"), http: 415, code: codes.InvalidArgument, refused: "media_type"},
		{name: "4 GET", send: request405("GET"), http: 405, code: codes.Unimplemented, refused: "method", also: func(r reply) bool { return r.header.Get("Allow") == "POST" }},
		{name: "4 PUT", send: request405("PUT"), http: 405, code: codes.Unimplemented, refused: "method", also: func(r reply) bool { return r.header.Get("Allow") == "POST" }},
		{name: "5 larger than the limit, chunked", send: func(t *testing.T, x *target) reply {
			return post(t, x.http+"/v1/traces", io.LimitReader(endless{}, 2*maxRequest), "Content-Type", pb)
		}, http: 413, code: codes.ResourceExhausted, refused: "too_large"},
		{name: "7 truncated gzip", send: func(t *testing.T, x *target) reply {
			b := pack(t, "gzip", good())
			return post(t, x.http+"/v1/traces", bytes.NewReader(b[:len(b)-9]), "Content-Type", pb, "Content-Encoding", "gzip")
		}, http: 400, code: codes.InvalidArgument, refused: "encoding"},
		{name: "7 unknown encoding", send: with(good, "Content-Type", pb, "Content-Encoding", "br"), http: 400, code: codes.InvalidArgument, refused: "encoding"},
		{name: "7 two encodings", send: with(good, "Content-Type", pb, "Content-Encoding", "gzip", "Content-Encoding", "gzip"), http: 400, code: codes.InvalidArgument, refused: "encoding"},
		{name: "52 unknown method", send: func(t *testing.T, x *target) reply {
			r, err := invoke(x.conn, "/opentelemetry.proto.collector.trace.v1.TraceService/Delete", "", good())
			if err != nil {
				t.Error(err)
			}
			return r
		}, code: codes.Unimplemented, refused: "unknown_path"},
		{name: "53 a header of 64 KiB", send: with(good, "Content-Type", pb, "Baggage", strings.Repeat("x", 64<<10)), http: 431},
		{name: "53 100 MB of headers", send: manyHeaders, http: 431},
	}
}

// endless is a body of zeros.
type endless struct{}

func (endless) Read(p []byte) (int, error) { clear(p); return len(p), nil }
