package collector_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc/codes"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/sample"
)

const limit = 1 << 20

// row is a bad input of reliability.md section 4 and the answer to it. A body that is nil is not sent in that form.
type row struct {
	name     string
	pb, json []byte
	http     int
	code     codes.Code
	rejected int64
	mentions string // of the answer's message
	packed   bool   // sent compressed only
}

func traces(change func(spans ptrace.SpanSlice)) (pb, js []byte) {
	td := sample.Traces(uint64(time.Now().UnixNano()), 10, time.Now())
	change(td.ResourceSpans().At(0).ScopeSpans().At(0).Spans())
	req := ptraceotlp.NewExportRequestFromTraces(td)
	pb, err := req.MarshalProto()
	if err != nil {
		panic(err)
	}
	if js, err = req.MarshalJSON(); err != nil {
		panic(err)
	}
	return pb, js
}

func field(num int, in []byte) []byte {
	out := binary.AppendUvarint(nil, uint64(num)<<3|2)
	return append(binary.AppendUvarint(out, uint64(len(in))), in...)
}

// nested is an attribute of so many AnyValues inside each other.
func nested(levels int) (pb, js []byte) {
	v := []byte{0, 1<<3 | 2}
	wrap := func(num byte) {
		size := binary.AppendUvarint(nil, uint64(len(v)))
		slices.Reverse(size)
		v = append(append(v, size...), num<<3|2)
	}
	for range levels - 1 {
		wrap(1)
		wrap(5)
	}
	for _, num := range []byte{2, 9, 2, 2, 1} {
		wrap(num)
	}
	slices.Reverse(v)
	return v, []byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"a","value":` +
		strings.Repeat(`{"arrayValue":{"values":[`, levels-1) + `{"stringValue":""}` + strings.Repeat(`]}}`, levels-1) + `}]}]}]}]}`)
}

func hostile() []row {
	at := func(d time.Duration) pcommon.Timestamp { return pcommon.NewTimestampFromTime(time.Now().Add(d)) }
	one := func(name string, http int, code codes.Code, rejected int64, mentions string, change func(ptrace.Span)) row {
		pb, js := traces(func(s ptrace.SpanSlice) { change(s.At(4)) })
		return row{name: name, pb: pb, json: js, http: http, code: code, rejected: rejected, mentions: mentions}
	}
	ok := func(name string, change func(ptrace.Span)) row { return one(name, 200, codes.OK, 0, "", change) }
	partial := func(name, mentions string, change func(ptrace.Span)) row {
		return one(name, 200, codes.OK, 1, mentions, change)
	}
	bad := func(name, mentions string, pb, js []byte) row {
		return row{name: name, pb: pb, json: js, http: 400, code: codes.InvalidArgument, mentions: mentions}
	}
	deepPB, deepJSON := nested(65)
	deeperPB, deeperJSON := nested(20_000)
	fine, fineJSON := nested(64)
	bigPB, bigJSON := traces(func(s ptrace.SpanSlice) { s.At(0).Attributes().PutStr("big", strings.Repeat("x", limit)) })
	span := func(json string) []byte {
		return []byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[` + json + `]}]}]}`)
	}
	return []row{
		{name: "1 empty request", pb: []byte{}, json: []byte(`{}`), http: 200},
		{name: "1 request without spans", pb: field(1, nil), json: []byte(`{"resourceSpans":[{}]}`), http: 200},
		bad("2 garbage", "err-sightline-decode", []byte("garbage"), []byte("garbage")),
		{name: "5 larger than the limit", pb: bigPB, json: bigJSON, http: 413, code: codes.ResourceExhausted, mentions: "err-sightline-request-bytes"},
		{name: "6 bomb", pb: make([]byte, 8*limit), json: bytes.Repeat([]byte(" "), 8*limit), http: 413, code: codes.ResourceExhausted, mentions: "err-sightline-request-bytes", packed: true},
		bad("8 nested 65 deep", "err-sightline-any-value-depth", deepPB, deepJSON),
		bad("8 nested 20,000 deep", "err-sightline-any-value-depth", deeperPB, deeperJSON),
		{name: "9 nested 64 deep", pb: fine, json: fineJSON, http: 200, rejected: 1, mentions: "invalid_trace_id"},
		ok("9 wide list", func(s ptrace.Span) {
			l := s.Attributes().PutEmptySlice("wide")
			for range 20_000 {
				l.AppendEmpty().SetInt(1)
			}
		}),
		partial("10 trace id of zeros", "err-sightline-trace-id-zero", func(s ptrace.Span) { s.SetTraceID(pcommon.TraceID{}) }),
		partial("11 span id of zeros", "err-sightline-span-id-zero", func(s ptrace.Span) { s.SetSpanID(pcommon.SpanID{}) }),
		bad("12 trace id of 15 bytes", "err-sightline-decode", field(1, field(2, field(2, field(1, make([]byte, 15))))), span(`{"traceId":"00112233445566778899aabbccddee"}`)),
		ok("13 its own parent", func(s ptrace.Span) { s.SetParentSpanID(s.SpanID()) }),
		ok("18 ends before it starts", func(s ptrace.Span) { s.SetEndTimestamp(s.StartTimestamp() - 1) }),
		ok("20 start is 0", func(s ptrace.Span) { s.SetStartTimestamp(0) }),
		ok("20 start and end are 0", func(s ptrace.Span) { s.SetStartTimestamp(0); s.SetEndTimestamp(0) }),
		ok("21 start past int64", func(s ptrace.Span) { s.SetStartTimestamp(math.MaxUint64) }),
		ok("22 starts in half an hour", func(s ptrace.Span) { s.SetStartTimestamp(at(30 * time.Minute)) }),
		partial("23 starts in three hours", "err-sightline-span-too-new", func(s ptrace.Span) { s.SetStartTimestamp(at(3 * time.Hour)) }),
		partial("23 older than retention", "err-sightline-span-too-old", func(s ptrace.Span) { s.SetStartTimestamp(at(-8 * 24 * time.Hour)) }),
		ok("27 invalid utf-8", func(s ptrace.Span) { s.SetName("a\xffb") }),
		bad("36 enum name", "err-sightline-decode", nil, span(`{"kind":"SPAN_KIND_SERVER"}`)),
		bad("36 base64 id", "err-sightline-decode", nil, span(`{"spanId":"7uDLu4gVFAA="}`)),
		bad("36 snake_case key", "lowerCamel", nil, span(`{"span_id":"eee19b7ec3c1b174"}`)),
	}
}

// TestHostileInputsGetTheAnswerOfTheTable sends every row of every signal in every form, looks after each whether the collector is
// well, and holds the accounts against the journal.
func TestHostileInputsGetTheAnswerOfTheTable(t *testing.T) {
	j := openJournal(t)
	c, grpcAddr, httpAddr := run(t, collector.Config{Journal: j, Limits: admission.Limits{Request: limit}})
	conn := dial(t, grpcAddr)
	check := func(name string, want row, got reply) {
		t.Helper()
		if got.code != want.code || got.http != 0 && got.http != want.http || got.rejected != want.rejected {
			t.Errorf("%s: answer %d %v %q, rejected %d; want %d %v, rejected %d", name, got.http, got.code, got.message, got.rejected, want.http, want.code, want.rejected)
		}
		if !strings.Contains(got.message+got.partial, want.mentions) {
			t.Errorf("%s: message %q does not mention %s", name, got.message+got.partial, want.mentions)
		}
		if got.retryAfter != 0 {
			t.Errorf("%s: has a retry hint", name)
		}
		pb, _ := traces(func(ptrace.SpanSlice) {})
		if health := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(pb)); health.http != 200 || health.rejected != 0 {
			t.Errorf("%s: afterwards a good request gets %+v", name, health)
		}
	}
	for _, s := range []struct {
		rows         []row
		path, method string
	}{{hostile(), "/v1/traces", exportMethod}, {hostileLogs(), logsPath, logsMethod}, {hostileMetrics(), metricsPath, metricsMethod}} {
		for _, r := range s.rows {
			for _, coding := range []string{"", "gzip", "zstd", "deflate"} {
				if r.packed && coding == "" {
					continue
				}
				for media, body := range map[string][]byte{admission.MediaProtobuf: r.pb, admission.MediaJSON: r.json} {
					if body != nil {
						check(fmt.Sprintf("%s, %s %s %s", r.name, s.path, media, coding), r, postTo(t, httpAddr+s.path, media, coding, bytes.NewReader(compress(t, coding, body))))
					}
				}
				if r.pb != nil && coding != "deflate" {
					check(fmt.Sprintf("%s, grpc %s %s", r.name, s.path, coding), r, invokeAt(t, conn, s.method, coding, r.pb))
				}
			}
		}
	}
	accountsAgree(t, c, j)
	accounts := c.Accounts()
	for from, a := range accounts.Arrivals() {
		if a.Requests == 0 || a.Bytes == 0 || a.Last.IsZero() {
			t.Errorf("arrivals of %+v are %+v", from, a)
		}
	}
	if n := len(accounts.Arrivals()); n != 6 {
		t.Errorf("%d signals and protocols, want 6", n)
	}
	for _, reason := range []string{admission.ReasonDecode, admission.ReasonNesting, admission.ReasonTooLarge, "ts_future", "ts_expired", "hist_invalid", "label_limit", "invalid_trace_id"} {
		list := accounts.Examples[reason]
		if len(list) == 0 || len(list) > 5 {
			t.Errorf("%d examples of %s", len(list), reason)
		}
		for _, e := range list {
			if e.Peer == "" || e.Protocol == "" || e.Signal == 0 || e.Message == "" || len(e.Message) > 300 || strings.Contains(e.Message, secret) {
				t.Errorf("example of %s: %+v", reason, e)
			}
		}
	}
}

// accountsAgree compares what the receiver answered with what the journal holds.
func accountsAgree(t *testing.T, c *collector.Collector, j *journal.Journal) {
	t.Helper()
	tally, err := j.Tally(journal.Position{})
	if err != nil {
		t.Fatal(err)
	}
	for account, in := range tally {
		project, a := account.Project+" "+journal.SignalName(account.Signal), c.Accounts().Of(account.Project, account.Signal)
		if a.Accepted != in.Items || a.Deduplicated != in.Deduplicated || a.Received != in.Received() {
			t.Errorf("project %s: answered %+v, journal has %+v", project, a, in)
		}
		for reason, n := range a.Rejected {
			if in.Rejected[reason] != n {
				t.Errorf("project %s: %d rejected for %s, journal has %d", project, n, reason, in.Rejected[reason])
			}
		}
		if a.Received != a.Accepted+a.Deduplicated+sum(a.Rejected) {
			t.Errorf("project %s: the account does not add up: %+v", project, a)
		}
	}
}

func sum(m map[string]uint64) (n uint64) {
	for _, v := range m {
		n += v
	}
	return n
}

func TestMediaTypesMethodsAndPaths(t *testing.T) {
	j := openJournal(t)
	_, grpcAddr, httpAddr := run(t, collector.Config{Journal: j})
	good, goodJSON := traces(func(ptrace.SpanSlice) {})
	for _, media := range []string{"", "text/plain", "application/octet-stream", "application/x-protobuf-not", ";;"} {
		if got := post(t, httpAddr, media, "", bytes.NewReader(good)); got.http != 415 {
			t.Errorf("Content-Type %q gets %+v", media, got)
		}
	}
	for media, body := range map[string][]byte{"application/x-protobuf; v=1": good, "Application/JSON; charset=utf-8": goodJSON} {
		if got := post(t, httpAddr, media, "", bytes.NewReader(body)); got.http != 200 {
			t.Errorf("Content-Type %q gets %+v", media, got)
		}
	}
	if got := post(t, httpAddr, admission.MediaJSON, "", bytes.NewReader(good)); got.http != 400 {
		t.Errorf("protobuf as JSON gets %+v", got)
	}
	if got := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(goodJSON)); got.http != 400 {
		t.Errorf("JSON as protobuf gets %+v", got)
	}
	for _, method := range []string{"GET", "PUT", "DELETE", "HEAD", "PATCH"} {
		req, _ := http.NewRequest(method, "http://"+httpAddr+"/v1/traces", nil)
		if got := do(t, req); got.http != 405 || got.header.Get("Allow") != "POST" {
			t.Errorf("%s gets %+v", method, got)
		}
	}
	for path, mentions := range map[string]string{"/v1development/profiles": "does not store profiles", "/": "takes traces", "/v1/traces/": "takes traces", "/v1/log": "takes traces"} {
		req, _ := http.NewRequest("POST", "http://"+httpAddr+path, bytes.NewReader(good))
		req.Header.Set("Content-Type", admission.MediaProtobuf)
		if got := do(t, req); got.http != 404 || got.code != codes.Unimplemented || !strings.Contains(got.message, mentions) {
			t.Errorf("%s gets %+v", path, got)
		}
	}
	unknownMethods(t, grpcAddr)
	for _, headers := range [][]string{
		{"Content-Encoding", "gzip", "Content-Encoding", "gzip"}, {"Content-Encoding", "gzip, gzip"}, {"Content-Encoding", "br"}, {"Content-Encoding", "snappy"},
	} {
		if got := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(good), headers...); got.http != 400 || !strings.Contains(got.message, "err-sightline-encoding") {
			t.Errorf("%q gets %+v", headers, got)
		}
	}
	for _, coding := range []string{"gzip", "zstd", "deflate"} {
		whole := compress(t, coding, good)
		for name, body := range map[string][]byte{"cut": whole[:len(whole)-9], "empty": {}, "not compressed": good, "garbage after": append(bytes.Clone(whole), "garbage"...)} {
			if got := post(t, httpAddr, admission.MediaProtobuf, coding, bytes.NewReader(body)); got.http != 400 && !(name == "empty" && coding == "zstd") && !(name == "garbage after" && coding == "deflate") {
				t.Errorf("%s %s gets %+v", name, coding, got)
			}
		}
	}
	if got := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(good), "X-Long", strings.Repeat("x", 64<<10)); got.http != 431 {
		t.Errorf("64 KiB of headers get %+v", got)
	}
}
