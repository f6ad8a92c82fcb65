package chaos_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
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
	nonce    string // attribute of the resource of log records and data points
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
