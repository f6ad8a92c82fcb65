package xray_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/xray"
	"github.com/sightline/sightline/storage/storagetest"
)

func TestMain(m *testing.M) { os.Exit(storagetest.Main(m)) }

const header = `{"format":"json","version":1}` + "\n"

func openJournal(t testing.TB, maxBytes int64) *journal.Journal {
	t.Helper()
	j, err := journal.Open(journal.Config{Dir: t.TempDir(), Reserve: -1, MaxBytes: maxBytes})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

// start runs a collector on free ports. stop ends it, and so does the end of the test.
func start(t testing.TB, cfg collector.Config) (c *collector.Collector, stop func()) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	cfg.GRPC, cfg.HTTP = "127.0.0.1:0", "127.0.0.1:0"
	if cfg.XRay == (xray.Config{}) {
		cfg.XRay = xray.Config{UDP: "127.0.0.1:0", TCP: "127.0.0.1:0", SamplingRate: 0.25}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	c, err := collector.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		// The connections to the engine are not ours.
		goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
	})
	t.Cleanup(stop)
	select {
	case <-c.Ready():
	case <-time.After(time.Minute):
		t.Fatal("the collector does not start")
	}
	return c, stop
}

// eventually asks until it is so.
func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within ten seconds: %s", what)
		}
	}
}

// stored are the resources with their spans in the journal, by the span's name.
func stored(t testing.TB, j *journal.Journal) map[string]*tracepb.ResourceSpans {
	t.Helper()
	r := j.Reader(journal.Position{})
	defer r.Close()
	out := map[string]*tracepb.ResourceSpans{}
	for {
		e, ok, err := r.TryNext()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return out
		}
		var body coltrace.ExportTraceServiceRequest
		if err := proto.Unmarshal(e.Record.Body, &body); err != nil {
			t.Fatal(err)
		}
		for _, rs := range body.ResourceSpans {
			out[e.Record.Project+"/"+rs.ScopeSpans[0].Spans[0].Name] = rs
		}
	}
}

func service(rs *tracepb.ResourceSpans) string {
	for _, kv := range rs.GetResource().GetAttributes() {
		if kv.Key == "service.name" {
			return kv.Value.GetStringValue()
		}
	}
	return ""
}

// document is one of a trace at this time; more are members.
func document(trace, id byte, name, more string) string {
	now := float64(time.Now().UnixMilli()) / 1000
	return fmt.Sprintf(`{"trace_id":"1-%08x-0000000000000000000000%02x","id":"00000000000000%02x","name":%q,"start_time":%.3f,"end_time":%.3f%s}`,
		time.Now().Unix(), trace, id, name, now-1, now, more)
}

func dial(t testing.TB, c *collector.Collector) net.Conn {
	t.Helper()
	udp, _ := c.XRay().Addresses()
	conn, err := net.Dial("udp", udp)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func send(t testing.TB, conn net.Conn, packet string) {
	t.Helper()
	if _, err := conn.Write([]byte(packet)); err != nil {
		t.Fatal(err)
	}
}

func TestDatagramsBecomeSpans(t *testing.T) {
	j := openJournal(t, 0)
	c, stop := start(t, collector.Config{Journal: j})
	conn, other := dial(t, c), dial(t, c)
	send(t, conn, header+document(1, 1, "web", ""))
	send(t, conn, `{"version": 1, "format": "JSON"}`+"\n"+document(1, 2, "S3", `,"type":"subsegment","namespace":"aws","parent_id":"0000000000000001"`))
	send(t, conn, header+document(9, 3, "late", `,"type":"subsegment","parent_id":"00000000000000ee"`)) // its segment is not there; its socket is
	send(t, other, header+document(1, 4, "deep", `,"type":"subsegment","parent_id":"0000000000000002"`))
	send(t, other, header+document(9, 5, "nobody's", `,"type":"subsegment","parent_id":"00000000000000ff"`))
	for _, bad := range []string{"", "x", header, header + "{", "{}\n" + document(1, 9, "bad", ""), `{"format":"json","version":2}` + "\n" + document(1, 9, "bad", ""), header + `{"id":"1"}`} {
		send(t, conn, bad)
	}
	eventually(t, "five documents and seven refusals", func() bool {
		a := c.Accounts()
		return a.Of("default", journal.SignalTraces).Accepted == 5 && a.Refused[admission.ReasonDecode] == 7
	})
	got := stored(t, j)
	for name, want := range map[string]string{"web": "web", "S3": "web", "late": "web", "deep": "web", "nobody's": ""} {
		if rs, ok := got["default/"+name]; !ok || service(rs) != want {
			t.Errorf("%s is of %q, want %q", name, service(rs), want)
		}
	}
	for from := range c.Accounts().Arrived {
		if from.Protocol != xray.Protocol {
			t.Errorf("arrived as %+v", from)
		}
	}
	for _, e := range c.Accounts().Examples[admission.ReasonDecode] {
		if strings.Contains(e.Message, "00000000000000") || e.Peer == "" {
			t.Errorf("example %+v", e)
		}
	}
	// What is in the socket when the collector stops is stored.
	for i := range 50 {
		send(t, conn, header+document(2, byte(i+1), fmt.Sprint("last ", i), ""))
	}
	stop()
	if n := len(stored(t, j)); n != 55 {
		t.Errorf("%d documents are stored, want 55", n)
	}
}

// keys is an authenticator with one key.
type keys struct{}

func (keys) Authenticate(key string) (string, bool) { return "shop", key == "sl_1_secret" }

func TestDatagramsAreTakenAsTheConfiguredKey(t *testing.T) {
	j := openJournal(t, 0)
	c, stop := start(t, collector.Config{Journal: j, Auth: keys{}})
	send(t, dial(t, c), header+document(1, 1, "web", ""))
	eventually(t, "a refusal", func() bool { return c.Accounts().Refused[admission.ReasonAuth] == 1 })
	stop()
	c, _ = start(t, collector.Config{Journal: j, Auth: keys{}, XRay: xray.Config{UDP: "127.0.0.1:0", Key: "sl_1_secret"}})
	send(t, dial(t, c), header+document(1, 2, "web", ""))
	eventually(t, "a span of the key's project", func() bool { return c.Accounts().Of("shop", journal.SignalTraces).Accepted == 1 })
}

func TestDatagramsAreDroppedAndCountedWhileTheJournalIsFull(t *testing.T) {
	j := openJournal(t, 64<<10) // full at once
	large := `,"metadata":{"x":{"y":"` + strings.Repeat("x", 50<<10) + `"}}`
	c, stop := start(t, collector.Config{Journal: j})
	conn := dial(t, c)
	began := time.Now()
	eventually(t, "drops", func() bool {
		for i := range 20 {
			send(t, conn, header+document(1, byte(i+1), "large", large))
		}
		for _, e := range c.Accounts().Examples[admission.ReasonBackpressure] {
			if strings.Contains(e.Message, "dropped") {
				return true
			}
		}
		return false
	})
	t.Logf("dropped after %v", time.Since(began))
	stop() // gives up in time
}

func TestTakenAddressIsAWarning(t *testing.T) {
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	var log bytes.Buffer
	c, stop := start(t, collector.Config{
		Journal: openJournal(t, 0), Log: slog.New(slog.NewTextHandler(&log, nil)),
		XRay: xray.Config{UDP: udp.LocalAddr().String(), TCP: tcp.Addr().String()},
	})
	if a, b := c.XRay().Addresses(); a != "" || b != "" {
		t.Errorf("listens on %q and %q", a, b)
	}
	stop()
	for _, want := range []string{"xray.udp", "xray.tcp", udp.LocalAddr().String(), tcp.Addr().String()} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %q in the log:\n%s", want, log.String())
		}
	}
}

// TestProcessorsSeeSegments: a pipeline of the user's goes before the journal.
func TestProcessorsSeeSegments(t *testing.T) {
	j := openJournal(t, 0)
	c, _ := start(t, collector.Config{Journal: j, Auth: keys{}, XRay: xray.Config{UDP: "127.0.0.1:0", Key: "sl_1_secret"}, Overlay: map[string]any{
		"processors": map[string]any{"resource": map[string]any{"attributes": []any{map[string]any{"key": "service.name", "value": "renamed", "action": "update"}}}},
		"service":    map[string]any{"pipelines": map[string]any{"traces": map[string]any{"processors": []any{"resource"}}}},
	}})
	send(t, dial(t, c), header+document(1, 1, "web", ""))
	eventually(t, "a span", func() bool { return c.Accounts().Of("shop", journal.SignalTraces).Accepted == 1 })
	if got := service(stored(t, j)["shop/web"]); got != "renamed" {
		t.Errorf("service %q", got)
	}
	for from := range c.Accounts().Arrived {
		if from.Protocol != xray.Protocol {
			t.Errorf("arrived as %+v", from)
		}
	}
}
