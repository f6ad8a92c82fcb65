package admission_test

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"google.golang.org/grpc/codes"

	"github.com/sightline/sightline/collector/admission"
)

func read(gate *admission.Gate, r io.Reader, e admission.Encoding, declared, limit int64) (string, error) {
	var d admission.Decompressors
	b := admission.NewBody(gate)
	defer b.Release()
	err := d.Read(b, r, e, declared, limit)
	return string(b.B), err
}

func reason(err error) string {
	var r *admission.Refusal
	if errors.As(err, &r) {
		return r.Reason
	}
	return ""
}

func TestBodiesAreReadUpToTheLimitWhateverTheirLengthSays(t *testing.T) {
	t.Parallel()
	const limit = 3 << 20
	gate := admission.NewGate(64 << 20)
	for _, size := range []int{0, 1, 1000, 64 << 10, 64<<10 + 1, 1 << 20, 2<<20 + 5, limit} {
		want := strings.Repeat("x", size)
		for _, declared := range []int64{int64(size), -1} {
			for name, r := range map[string]io.Reader{"whole": strings.NewReader(want), "in pieces": iotest.HalfReader(strings.NewReader(want)), "end with data": iotest.DataErrReader(strings.NewReader(want))} {
				if got, err := read(gate, r, "", declared, limit); err != nil || got != want {
					t.Errorf("%d bytes, declared %d, %s: %d bytes, %v", size, declared, name, len(got), err)
				}
			}
		}
	}
	if _, err := read(gate, strings.NewReader(""), "", limit+1, limit); reason(err) != admission.ReasonTooLarge {
		t.Errorf("declared past the limit: %v", err)
	}
	if _, err := read(gate, strings.NewReader(strings.Repeat("x", limit+1)), "", -1, limit); reason(err) != admission.ReasonTooLarge {
		t.Errorf("past the limit: %v", err)
	}
	if _, err := read(gate, iotest.ErrReader(io.ErrUnexpectedEOF), "", 100, limit); reason(err) != admission.ReasonAborted {
		t.Errorf("broken off: %v", err)
	}
	if gate.Used() != 0 {
		t.Errorf("%d bytes are still taken from the gate", gate.Used())
	}
}

func TestCompressedBodiesTellABrokenClientFromABrokenBody(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(bytes.Repeat([]byte("text "), 1000))
	z.Close()
	gate := admission.NewGate(1 << 20)
	if got, err := read(gate, bytes.NewReader(b.Bytes()), "gzip", int64(b.Len()), 1<<20); err != nil || len(got) != 5000 {
		t.Errorf("whole: %d bytes, %v", len(got), err)
	}
	twice := append(bytes.Clone(b.Bytes()), b.Bytes()...)
	if got, err := read(gate, bytes.NewReader(twice), "gzip", -1, 1<<20); err != nil || len(got) != 10000 {
		t.Errorf("two members: %d bytes, %v", len(got), err)
	}
	if _, err := read(gate, bytes.NewReader(b.Bytes()[:b.Len()-1]), "gzip", -1, 1<<20); reason(err) != admission.ReasonEncoding {
		t.Errorf("cut: %v", err)
	}
	cut := io.MultiReader(bytes.NewReader(b.Bytes()[:20]), iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, err := read(gate, cut, "gzip", -1, 1<<20); reason(err) != admission.ReasonAborted {
		t.Errorf("broken off: %v", err)
	}
	if _, err := read(gate, bytes.NewReader(b.Bytes()), "gzip", -1, 4999); reason(err) != admission.ReasonTooLarge {
		t.Errorf("past the limit: %v", err)
	}
	// A zstd frame that asks for a window of 2 GiB.
	if _, err := read(gate, bytes.NewReader([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 1, 0, 0}), "zstd", -1, 1<<20); reason(err) != admission.ReasonTooLarge {
		t.Errorf("window of 2 GiB: %v", err)
	}
}

func TestGateRefusesWhatDoesNotFitButNeverTheOnlyOne(t *testing.T) {
	t.Parallel()
	gate := admission.NewGate(100)
	if !gate.Take(1000) {
		t.Error("the only one is refused")
	}
	if gate.Take(1) {
		t.Error("a second one is let in")
	}
	gate.Give(1000)
	if !gate.Take(60) || !gate.Take(40) || gate.Take(1) {
		t.Error("the gate does not count")
	}
	if _, err := read(gate, strings.NewReader("x"), "", -1, 10); reason(err) != admission.ReasonBackpressure {
		t.Errorf("a body at a full gate: %v", err)
	}
}

func TestRetryableRefusalsHaveAHintAndTheOthersNone(t *testing.T) {
	t.Parallel()
	for _, r := range []*admission.Refusal{
		admission.TooLarge(1), admission.BadEncoding("x"), admission.Malformed("x"), admission.TooDeep(), admission.BadMediaType("x"),
		admission.BadMethod("x"), admission.NotServed("x"), admission.Unauthenticated(), admission.Forbidden("x"), admission.Internal(),
		admission.RateLimited("p", 1, time.Millisecond), admission.Backpressure(20*time.Second, "x"), admission.Crowded(),
	} {
		// What OTLP clients try again: the codes of the specification, RESOURCE_EXHAUSTED only with RetryInfo.
		retryable := r.Code == codes.Unavailable || r.Reason == admission.ReasonRate
		w := httptest.NewRecorder()
		r.Write(w, admission.MediaProtobuf)
		after, _ := strconv.Atoi(w.Header().Get("Retry-After"))
		if retryable != (after >= 1 && after <= 30) || retryable != (len(r.Status().Details()) == 1) || retryable != (r.HTTP == http.StatusTooManyRequests || r.HTTP == http.StatusServiceUnavailable) {
			t.Errorf("%s: Retry-After %d, status %v, HTTP %d", r.Reason, after, r.Status(), r.HTTP)
		}
	}
}

func TestKeysAreFoundInEitherHeader(t *testing.T) {
	t.Parallel()
	f := func(want string, headers ...string) {
		t.Helper()
		h := http.Header{}
		for i := 0; i < len(headers); i += 2 {
			h.Set(headers[i], headers[i+1])
		}
		if got := admission.Key(h.Get); got != want {
			t.Errorf("%q gives %q, want %q", headers, got, want)
		}
	}
	f("")
	f("k", "Authorization", "Bearer k")
	f("k", "Authorization", "bearer  k ")
	f("", "Authorization", "Basic k")
	f("", "Authorization", "k")
	f("k", "X-Sightline-Ingest-Key", "k")
	f("k", "X-Sightline-Ingest-Key", "k", "Authorization", "Bearer other")
}

func TestAccountsAddUp(t *testing.T) {
	t.Parallel()
	a := admission.NewAccounts()
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	from := admission.Origin{Project: "p", Signal: 1, Protocol: "otlp/grpc"}
	a.Answered(from, admission.Answer{Bytes: 100, Accepted: 8, Rejected: map[string]uint32{"ts_future": 2}, At: at})
	a.Answered(from, admission.Answer{Bytes: 100, Repeated: 8, Rejected: map[string]uint32{"ts_future": 2}, At: at})
	a.Answered(admission.Origin{Project: "p", Signal: 1, Protocol: "zipkin"}, admission.Answer{Bytes: 50, Accepted: 1, At: at.Add(-time.Hour)})
	a.Answered(admission.Origin{Project: "q", Signal: 1, Protocol: "zipkin"}, admission.Answer{Bytes: 50, Accepted: 1, At: at.Add(time.Hour)})
	a.Answered(admission.Origin{Project: "p", Signal: 2, Protocol: "otlp/grpc"}, admission.Answer{Bytes: 7, Accepted: 1, At: at})
	s := a.Snapshot()
	p := s.Of("p", 1)
	if p.Requests != 3 || p.Bytes != 250 || p.Received != 21 || p.Accepted != 9 || p.Deduplicated != 8 || !maps.Equal(p.Rejected, map[string]uint64{"ts_future": 4}) || p.Last != at {
		t.Errorf("account %+v", p)
	}
	arrivals := s.Arrivals()
	if z := arrivals[admission.Origin{Signal: 1, Protocol: "zipkin"}]; len(arrivals) != 3 || z.Accepted != 2 || z.Last != at.Add(time.Hour) {
		t.Errorf("arrivals %+v", arrivals)
	}
	s.Arrived[from].Rejected["ts_future"] = 0
	if a.Snapshot().Of("p", 1).Rejected["ts_future"] != 4 {
		t.Error("a snapshot is not a copy")
	}
}

func TestRefusalsAreCountedOnceAndTheLastAreKept(t *testing.T) {
	t.Parallel()
	a := admission.NewAccounts()
	long := admission.Malformed("%s", strings.Repeat("ü", 400))
	a.Refused(long, admission.Example{Signal: 1, Protocol: "otlp/http", Peer: "10.0.0.1:1"})
	a.Refused(long, admission.Example{})
	a.Refused(admission.TooLarge(1), admission.Example{Signal: 2})
	a.Refused(admission.Crowded(), admission.Example{Signal: 1})
	secret := admission.Malformed("the key is hunter2")
	secret.Public = "the key is something"
	for range 6 {
		c := *secret
		a.Refused(&c, admission.Example{Signal: 1})
	}
	a.Rejected("ts_future", admission.Example{Message: "span 3"})
	s := a.Snapshot()
	if s.Undecodable[1] != 7 || s.Undecodable[2] != 1 || s.Refused[admission.ReasonBackpressure] != 1 || s.Refused[admission.ReasonDecode] != 7 {
		t.Errorf("refused %v, undecodable %v", s.Refused, s.Undecodable)
	}
	list := s.Examples[admission.ReasonDecode]
	if len(list) != 5 || list[0].Message != "the key is something" || len(s.Examples["ts_future"]) != 1 {
		t.Errorf("examples %+v", s.Examples)
	}
	a = admission.NewAccounts()
	c := admission.Malformed("%s", strings.Repeat("ü", 400))
	a.Refused(c, admission.Example{Peer: "10.0.0.1:1"})
	if e := a.Snapshot().Examples[admission.ReasonDecode][0]; len(e.Message) > 300 || !utf8.ValidString(e.Message) || e.Peer != "10.0.0.1:1" {
		t.Errorf("example %+v", e)
	}
}

func TestPartialSuccessIsTheSameInBothForms(t *testing.T) {
	t.Parallel()
	p := admission.Partial{Rejected: 300, Message: `first: "x"`}
	if got := string(p.JSON("rejectedSpans")); got != `{"partialSuccess":{"rejectedSpans":"300","errorMessage":"first: \"x\""}}` {
		t.Errorf("JSON %s", got)
	}
	if got := string(p.Protobuf()); got != "\x0a\x0f\x08\xac\x02\x12\x0afirst: \"x\"" {
		t.Errorf("protobuf %q", got)
	}
	if got := (admission.Partial{}); got.Protobuf() != nil || string(got.JSON("x")) != "{}" {
		t.Errorf("a full success is %q and %s", got.Protobuf(), got.JSON("x"))
	}
}
