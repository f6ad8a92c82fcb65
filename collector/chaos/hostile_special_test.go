package chaos_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/grpc/codes"
)

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
