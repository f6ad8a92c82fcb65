package chaos_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/sightline/sightline/collector/sample"
)

// sender sends to a program over both protocols.
type sender struct {
	*process
	t    *testing.T
	http string
	conn *grpc.ClientConn
}

func newSender(t *testing.T, r *run, pr *program) *sender {
	t.Helper()
	p := r.start("")
	registerCompressors()
	conn, err := grpc.NewClient(pr.at[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	p.until(t, patience(30*time.Second), "it is ready", func() bool { _, err := p.page(); return err == nil })
	return &sender{process: p, t: t, http: "http://" + pr.at[2], conn: conn}
}

// both sends over HTTP and over gRPC; headers come in pairs. The body is made for each, so that neither is a retry.
func (s *sender) both(signal string, body func() []byte, headers ...string) [2]reply {
	s.t.Helper()
	over := post(s.t, s.http+paths[signal], bytes.NewReader(body()), append([]string{"Content-Type", "application/x-protobuf"}, headers...)...)
	r, err := invokeIn(metadata.AppendToOutgoingContext(context.Background(), headers...), s.conn, methods[signal], "", body())
	if err != nil {
		s.t.Error(err)
	}
	return [2]reply{over, r}
}

// answer wants the same answer over both.
func answer(t *testing.T, got [2]reply, http int, code codes.Code) {
	t.Helper()
	if got[0].http != http || got[0].code != code || got[1].code != code {
		t.Errorf("answers %+v; want %d, %v", got, http, code)
	}
}

// hinted wants both to say when to come back; or, without, that they don't.
func hinted(t *testing.T, got [2]reply, want bool) {
	t.Helper()
	for _, r := range got {
		if (r.retryAfter > 0) != want {
			t.Errorf("%+v has a hint of %v", r, r.retryAfter)
		}
	}
}

func someSpans() []byte { return sample.Request(rand.Uint64(), 10, time.Now()) }

// items are the program's books of a signal: outcome by project.
func (s *sender) items(signal, project, outcome string) (n uint64) {
	s.t.Helper()
	resp, err := http.Get(s.control + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		line := lines.Text()
		if !strings.HasPrefix(line, "sightline_items_total{") || !strings.Contains(line, `signal="`+signal+`"`) ||
			!strings.Contains(line, `outcome="`+outcome+`"`) || project != "" && !strings.Contains(line, `project="`+project+`"`) {
			continue
		}
		v, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
		if err != nil {
			s.t.Fatal(err)
		}
		n += uint64(v)
	}
	return n
}

// key runs `sightline key`.
func (pr *program) key(t *testing.T, args ...string) string {
	t.Helper()
	c := exec.Command(pr.binary, append([]string{"key"}, args...)...)
	c.Env = append(environ(t), "SIGHTLINE_DATA_DIR="+pr.data)
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// TestHostileSenders are the rows 43 and 47 to 50 of the table: senders who may not, who pretend, and who send too much.
func TestHostileSenders(t *testing.T) {
	t.Parallel()
	r := newQuietRun(t)
	pr := r.newProgram("SIGHTLINE_OTLP_MAX_REQUEST=64KiB", "SIGHTLINE_INGEST_MAX_RATE=64KiB", "SIGHTLINE_INGEST_MAX_SERIES=50", "SIGHTLINE_INGEST_MAX_SERIES_PER_METRIC=20")
	shop, pay := pr.key(t, "create", "--project", "shop", "a"), pr.key(t, "create", "--project", "pay", "b")
	read, gone := pr.key(t, "create", "--read", "grafana"), pr.key(t, "create", "gone")
	s := newSender(t, r, pr)
	const header = "x-sightline-ingest-key"

	t.Run("47 no key, a wrong one, a revoked one", func(t *testing.T) {
		answer(t, s.both("traces", someSpans, header, gone), 200, codes.OK)
		pr.key(t, "revoke", strings.Split(gone, "_")[1])
		s.until(t, patience(15*time.Second), "the key is revoked", func() bool {
			return post(t, s.http+"/v1/traces", bytes.NewReader(someSpans()), "Content-Type", "application/x-protobuf", header, gone).http == 401
		})
		before, err := s.page()
		if err != nil {
			t.Fatal(err)
		}
		received := s.items("traces", "", "received")
		wrong := []string{"", gone, "x", shop + "0", shop[:len(shop)-1], strings.ToUpper(shop), "sl_", strings.Repeat("k", 5000), "' OR 1=1"}
		for _, key := range wrong {
			for _, signal := range []string{"traces", "logs", "metrics"} {
				got := s.both(signal, func() []byte { return nil }, header, key)
				answer(t, got, 401, codes.Unauthenticated)
				hinted(t, got, false)
			}
			answer(t, s.both("traces", someSpans, "authorization", "Bearer "+key), 401, codes.Unauthenticated)
		}
		after, err := s.page()
		if n := after.Refused["auth"] - before.Refused["auth"]; err != nil || int(n) != len(wrong)*8 {
			t.Errorf("%d are counted as refused, %v; want %d", n, err, len(wrong)*8)
		}
		if n := s.items("traces", "", "received"); n != received {
			t.Errorf("%d spans are counted as received", n-received)
		}
	})
	t.Run("48 a key for reading", func(t *testing.T) {
		for _, signal := range []string{"traces", "logs", "metrics"} {
			got := s.both(signal, someSpans, header, read)
			answer(t, got, 403, codes.PermissionDenied)
			hinted(t, got, false)
		}
		if after, err := s.page(); err != nil || after.Refused["authz"] != 6 {
			t.Errorf("refused %v, %v", after.Refused, err)
		}
	})
	t.Run("49 X-Scope-OrgID", func(t *testing.T) {
		// A project comes from the key and nothing else: what a tenant header says has no effect, however it is spelt.
		was := s.items("traces", "shop", "received")
		all := s.items("traces", "", "received")
		for i, tenant := range []string{"pay", "../../x", strings.Repeat("t", 300), "a|b", "", "shop\x7f"[:4]} {
			answer(t, s.both("traces", someSpans, header, shop, "x-scope-orgid", tenant), 200, codes.OK)
			if n := s.items("traces", "shop", "received"); n-was != uint64(20*(i+1)) || s.items("traces", "", "received")-all != n-was {
				t.Errorf("%q: the project of the key has %d", tenant, n-was)
			}
		}
	})
	t.Run("43 new series over the limit", func(t *testing.T) {
		send := func(key, metric string, first, points int) [2]reply {
			return s.both("metrics", func() []byte { return gauges(metric, first, points) }, header, key)
		}
		was := s.items("metrics", "shop", "rejected")
		answer(t, send(shop, "steady", 0, 10), 200, codes.OK)
		for i := range 10 { // labels that never come again
			for _, got := range send(shop, "random", 1000*i, 30) {
				if got.code != codes.OK || i > 0 && got.rejected != 30 || i == 0 && got.rejected != 10 || !strings.Contains(got.message, "series_limit") || got.retryAfter != 0 {
					t.Errorf("%d: %+v", i, got)
				}
			}
			for _, got := range send(shop, "steady", 0, 10) {
				if got.code != codes.OK || got.rejected != 0 || got.message != "" {
					t.Errorf("series that are there: %+v", got)
				}
			}
		}
		for _, got := range send(pay, "random", 0, 20) {
			if got.code != codes.OK || got.rejected != 0 {
				t.Errorf("another project: %+v", got)
			}
		}
		if n := s.items("metrics", "shop", "rejected") - was; n != 2*(10+9*30) {
			t.Errorf("%d are counted as rejected", n)
		}
		var status struct {
			Examples map[string][]struct{ Message string } `json:"refused_examples"`
		}
		if err := s.get("/api/status", &status); err != nil || len(status.Examples["series_limit"]) == 0 || !strings.Contains(status.Examples["series_limit"][0].Message, `most are of "random"`) {
			t.Errorf("%+v, %v", status, err)
		}
	})
	t.Run("50 more than a project may send", func(t *testing.T) {
		long := func() []byte { return sample.Request(rand.Uint64(), 90, time.Now()) }
		if n := len(long()); n < 32<<10 || n > 64<<10 {
			t.Fatalf("the request has %d bytes", n)
		}
		var over, call reply
		s.until(t, patience(30*time.Second), "both protocols refuse", func() bool {
			got := s.both("traces", long, header, shop)
			if got[0].http != 200 {
				over = got[0]
			}
			if got[1].code != codes.OK {
				call = got[1]
			}
			return over.http != 0 && call.code != codes.OK
		})
		answer(t, [2]reply{over, call}, 429, codes.ResourceExhausted)
		hinted(t, [2]reply{over, call}, true)
		answer(t, s.both("traces", someSpans, header, pay), 200, codes.OK)
		s.until(t, patience(30*time.Second), "it is taken later", func() bool {
			return post(t, s.http+"/v1/traces", bytes.NewReader(long()), "Content-Type", "application/x-protobuf", header, shop).http == 200
		})
	})
	s.allStored()
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// gauges is a request with so many points, each of its own series, of one metric.
func gauges(metric string, first, points int) []byte {
	md := pmetric.NewMetrics()
	m := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName(metric)
	for i := range points {
		p := m.Gauge()
		if i == 0 {
			p = m.SetEmptyGauge()
		}
		point := p.DataPoints().AppendEmpty()
		point.SetTimestamp(now())
		point.SetDoubleValue(1)
		point.Attributes().PutStr("label", fmt.Sprint(first+i))
	}
	b, err := pmetricotlp.NewExportRequestFromMetrics(md).MarshalProto()
	if err != nil {
		panic(err)
	}
	return b
}

// allStored waits until nothing is in the journal, and wants the books to be right.
func (s *sender) allStored() {
	s.t.Helper()
	s.until(s.t, patience(time.Minute), "everything is stored", func() bool {
		p, err := s.page()
		if err != nil {
			return false
		}
		for _, of := range p.Ingest {
			if of.InJournal > 0 {
				return false
			}
		}
		return true
	})
	p, err := s.page()
	if err != nil {
		s.t.Fatal(err)
	}
	for signal, of := range p.Ingest {
		if !of.balanced() || of.DeadLetter > 0 {
			s.t.Errorf("the books of %s say %+v", signal, of)
		}
	}
}

// TestBackpressureHasAHint is row 51: the engine hangs, and the journal comes to its limit.
func TestBackpressureHasAHint(t *testing.T) {
	t.Parallel()
	r := newQuietRun(t)
	pr := r.newProgram("SIGHTLINE_INGEST_JOURNAL_MAX=64MiB")
	s := newSender(t, r, pr)
	pid := s.awaitEngine(t)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, 2<<20) // which no codec makes smaller than half
	for i := range noise {
		noise[i] = byte(r.rnd.Uint32())
	}
	taken := uint64(0)
	big := func() []byte {
		q := &delivery{}
		td := family(q)
		copy(noise, []byte(fmt.Sprint(r.rnd.Uint64())))
		spansOf(td).At(0).Attributes().PutStr("noise", hex.EncodeToString(noise))
		q.encode(td)
		return q.pb
	}
	var got [2]reply
	s.until(t, patience(time.Minute), "the journal is full", func() bool {
		got = s.both("traces", big)
		for _, of := range got {
			if of.code == codes.OK {
				taken += 3
			}
		}
		return got[0].code != codes.OK && got[1].code != codes.OK
	})
	answer(t, got, 503, codes.Unavailable)
	hinted(t, got, true)
	for _, signal := range []string{"logs", "metrics"} { // of which nothing is read: it is refused before
		got := s.both(signal, func() []byte { return nil })
		answer(t, got, 503, codes.Unavailable)
		hinted(t, got, true)
	}
	p, err := s.page()
	if err != nil || p.Refused["backpressure"] < 6 || !strings.Contains(strings.Join(p.Warnings, " "), "journal is full") {
		t.Errorf("%+v, %v", p, err)
	}
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	s.until(t, patience(time.Minute), "it takes requests again", func() bool {
		return post(t, s.http+"/v1/traces", bytes.NewReader(someSpans()), "Content-Type", "application/x-protobuf").http == 200
	})
	s.allStored()
	if n := s.items("traces", "", "stored"); n != taken+10 {
		t.Errorf("%d spans are stored of %d that were acknowledged", n, taken+10)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}
