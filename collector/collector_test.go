package collector_test

import (
	"context"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.uber.org/goleak"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/journal"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func openJournal(t testing.TB) *journal.Journal {
	t.Helper()
	j, err := journal.Open(journal.Config{Dir: t.TempDir(), Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

// run starts a collector on free ports and stops it with the test.
func run(t testing.TB, cfg collector.Config) (c *collector.Collector, grpc, http string) {
	t.Helper()
	cfg.GRPC, cfg.HTTP = "127.0.0.1:0", "127.0.0.1:0"
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
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-c.Ready():
	case err := <-done:
		t.Fatalf("the collector ended: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("the collector does not start")
	}
	grpc, http = c.Addresses()
	return c, grpc, http
}

func TestSDKsExportersGetTheirSpansIntoTheJournal(t *testing.T) {
	j := openJournal(t)
	c, grpc, http := run(t, collector.Config{Journal: j})
	ctx := context.Background()
	exporters := map[string]*otlptrace.Exporter{}
	var err error
	if exporters["grpc"], err = otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(grpc), otlptracegrpc.WithInsecure()); err != nil {
		t.Fatal(err)
	}
	if exporters["grpc gzip"], err = otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(grpc), otlptracegrpc.WithInsecure(), otlptracegrpc.WithCompressor("gzip")); err != nil {
		t.Fatal(err)
	}
	if exporters["http"], err = otlptracehttp.New(ctx, otlptracehttp.WithEndpoint(http), otlptracehttp.WithInsecure()); err != nil {
		t.Fatal(err)
	}
	if exporters["http gzip"], err = otlptracehttp.New(ctx, otlptracehttp.WithEndpoint(http), otlptracehttp.WithInsecure(), otlptracehttp.WithCompression(otlptracehttp.GzipCompression)); err != nil {
		t.Fatal(err)
	}
	for name, e := range exporters {
		tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(failing{t, e}))
		_, span := tp.Tracer("test").Start(ctx, "via "+name)
		span.End()
		if err := tp.Shutdown(ctx); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := j.Reader(journal.Position{})
	defer r.Close()
	got := ""
	for range exporters {
		e, ok, err := r.TryNext()
		if err != nil || !ok {
			t.Fatalf("a record is missing: %v", err)
		}
		if e.Record.Items != 1 || e.Record.Project != "default" {
			t.Errorf("record %+v", e.Record)
		}
		got += string(e.Record.Body)
	}
	for name := range exporters {
		if !strings.Contains(got, "via "+name) {
			t.Errorf("the span via %s is not in the journal", name)
		}
	}
	if a := c.Accounts().Of("default", journal.SignalTraces); a.Accepted != 4 || a.Received != 4 {
		t.Errorf("accounts %+v", a)
	}
}

// failing makes an export's error the test's.
type failing struct {
	t *testing.T
	*otlptrace.Exporter
}

func (f failing) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := f.Exporter.ExportSpans(ctx, spans)
	if err != nil {
		f.t.Error(err)
	}
	return err
}

func TestCollectorStartsQuicklyAndSmall(t *testing.T) {
	j := openJournal(t)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	run(t, collector.Config{Journal: j})
	took := time.Since(start)
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.Logf("started in %v, heap +%d KiB", took, (int64(after.HeapAlloc)-int64(before.HeapAlloc))>>10)
	if took > 30*time.Second || int64(after.HeapAlloc)-int64(before.HeapAlloc) > 8<<20 {
		t.Errorf("started in %v with %d bytes more", took, int64(after.HeapAlloc)-int64(before.HeapAlloc))
	}
}

func TestOverlayIsCheckedWhenTheCollectorIsMade(t *testing.T) {
	j := openJournal(t)
	f := func(overlay map[string]any, want string) {
		t.Helper()
		_, err := collector.New(collector.Config{GRPC: "127.0.0.1:0", Journal: j, Overlay: overlay})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	protocols := func(p map[string]any) map[string]any {
		return map[string]any{"receivers": map[string]any{"otlp": map[string]any{"protocols": p}}}
	}
	f(nil, "")
	f(protocols(map[string]any{"grpc": map[string]any{"endpoint": "127.0.0.1:14317"}}), "")
	f(protocols(map[string]any{"grpc": map[string]any{"endpoint": "nonsense"}}), "is not host:port")
	f(protocols(map[string]any{"carrier_pigeon": map[string]any{}}), "carrier_pigeon")
	f(map[string]any{"receivers": map[string]any{"kafka": nil}}, "kafka")
	f(map[string]any{"service": map[string]any{"pipelines": map[string]any{"traces": map[string]any{"exporters": []any{"nop"}}}}}, "nop")
	if _, err := collector.New(collector.Config{}); err == nil {
		t.Error("a collector without a journal is made")
	}
}

func TestTakenAddressIsNamed(t *testing.T) {
	j := openJournal(t)
	_, grpc, _ := run(t, collector.Config{Journal: j})
	c, err := collector.New(collector.Config{GRPC: grpc, Journal: j})
	if err != nil {
		t.Fatal(err)
	}
	err = c.Run(context.Background())
	if err == nil || !strings.Contains(err.Error(), grpc) || !strings.Contains(err.Error(), "otlp.grpc") {
		t.Errorf("running on a taken address gives %v", err)
	}
}
