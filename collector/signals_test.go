package collector_test

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"google.golang.org/grpc/codes"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/sample"
)

// bodies are all that the journal has of a signal, and how many items.
func bodies(t testing.TB, j *journal.Journal, signal uint8) (out [][]byte, items int) {
	t.Helper()
	r := j.Reader(journal.Position{})
	defer r.Close()
	for {
		e, ok, err := r.TryNext()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return out, items
		}
		if e.Record.Signal == signal && e.Record.Kind == journal.KindData {
			out, items = append(out, slices.Clone(e.Record.Body)), items+int(e.Record.Items)
		}
	}
}

func TestSDKsExportersGetTheirLogsIntoTheJournal(t *testing.T) {
	j := openJournal(t)
	c, grpc, httpAddr := run(t, collector.Config{Journal: j})
	ctx := context.Background()
	exporters := map[string]sdklog.Exporter{}
	var err error
	if exporters["grpc gzip"], err = otlploggrpc.New(ctx, otlploggrpc.WithEndpoint(grpc), otlploggrpc.WithInsecure(), otlploggrpc.WithCompressor("gzip")); err != nil {
		t.Fatal(err)
	}
	if exporters["grpc"], err = otlploggrpc.New(ctx, otlploggrpc.WithEndpoint(grpc), otlploggrpc.WithInsecure()); err != nil {
		t.Fatal(err)
	}
	if exporters["http"], err = otlploghttp.New(ctx, otlploghttp.WithEndpoint(httpAddr), otlploghttp.WithInsecure()); err != nil {
		t.Fatal(err)
	}
	if exporters["http gzip"], err = otlploghttp.New(ctx, otlploghttp.WithEndpoint(httpAddr), otlploghttp.WithInsecure(), otlploghttp.WithCompression(otlploghttp.GzipCompression)); err != nil {
		t.Fatal(err)
	}
	for name, e := range exporters {
		provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewSimpleProcessor(e)))
		var r log.Record
		r.SetTimestamp(time.Now())
		r.SetSeverity(log.SeverityError)
		r.SetBody(log.StringValue("via " + name))
		r.AddAttributes(log.Int("attempt", 3))
		provider.Logger("test").Emit(ctx, r)
		if err := provider.Shutdown(ctx); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	all, items := bodies(t, j, journal.SignalLogs)
	if items != len(exporters) {
		t.Errorf("%d records are in the journal", items)
	}
	for name := range exporters {
		if !bytes.Contains(bytes.Join(all, nil), []byte("via "+name)) {
			t.Errorf("the record via %s is not in the journal", name)
		}
	}
	arrived := c.Accounts().Arrivals()
	for _, protocol := range []string{"otlp/grpc", "otlp/http"} {
		if a := arrived[admission.Origin{Signal: journal.SignalLogs, Protocol: protocol}]; a.Accepted != 2 || a.Requests != 2 {
			t.Errorf("by %s arrived %+v", protocol, a)
		}
	}
	accountsAgree(t, c, j)
}

func TestSDKsExportersGetTheirMetricsIntoTheJournal(t *testing.T) {
	j := openJournal(t)
	c, grpc, httpAddr := run(t, collector.Config{Journal: j})
	ctx := context.Background()
	exporters := map[string]sdkmetric.Exporter{}
	var err error
	if exporters["grpc"], err = otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpoint(grpc), otlpmetricgrpc.WithInsecure(), otlpmetricgrpc.WithCompressor("gzip")); err != nil {
		t.Fatal(err)
	}
	if exporters["http"], err = otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpoint(httpAddr), otlpmetrichttp.WithInsecure(), otlpmetrichttp.WithCompression(otlpmetrichttp.GzipCompression)); err != nil {
		t.Fatal(err)
	}
	for name, e := range exporters {
		exponential := sdkmetric.NewView(sdkmetric.Instrument{Name: "exponential"},
			sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}})
		provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(e)), sdkmetric.WithView(exponential))
		meter := provider.Meter("test")
		counter, err := meter.Int64Counter("counter.via." + name)
		gauge, err2 := meter.Float64Gauge("gauge")
		hist, err3 := meter.Float64Histogram("histogram")
		exp, err4 := meter.Float64Histogram("exponential")
		for _, err := range []error{err, err2, err3, err4} {
			if err != nil {
				t.Fatal(err)
			}
		}
		counter.Add(ctx, 5)
		gauge.Record(ctx, -1.5)
		hist.Record(ctx, 0.2)
		exp.Record(ctx, 0.2)
		if err := provider.Shutdown(ctx); err != nil { // exports what there is
			t.Errorf("%s: %v", name, err)
		}
	}
	all, items := bodies(t, j, journal.SignalMetrics)
	if items != 4*len(exporters) {
		t.Errorf("%d points are in the journal", items)
	}
	for name := range exporters {
		if !bytes.Contains(bytes.Join(all, nil), []byte("counter.via."+name)) {
			t.Errorf("the counter via %s is not in the journal", name)
		}
	}
	if a := c.Accounts().Of("default", journal.SignalMetrics); a.Accepted != uint64(items) || len(a.Rejected) > 0 {
		t.Errorf("accounts %+v", a)
	}
	accountsAgree(t, c, j)
}

// others are the two signals beside traces.
var others = []struct {
	signal       uint8
	path, method string
	request      func(seed uint64) []byte
	json         func() []byte
}{
	{journal.SignalLogs, logsPath, logsMethod, func(seed uint64) []byte { return sample.LogRequest(seed, 10, time.Now()) },
		func() []byte { _, js := logs(func(plog.LogRecordSlice) {}); return js }},
	{journal.SignalMetrics, metricsPath, metricsMethod, func(seed uint64) []byte { return sample.MetricRequest(seed, 10, time.Now()) },
		func() []byte { _, js := metrics(func(pmetric.MetricSlice) {}); return js }},
}

func TestEverySignalGoesThroughTheSameDoor(t *testing.T) {
	j := openJournal(t)
	c, grpcAddr, httpAddr := run(t, collector.Config{Journal: j, Auth: keys{}, CORSOrigins: []string{"https://shop.example"}, Limits: admission.Limits{Request: 64 << 10}})
	conn := dial(t, grpcAddr)
	for _, s := range others {
		good := s.request(1)
		url := httpAddr + s.path
		for name, f := range map[string]struct {
			got  reply
			http int
			code codes.Code
		}{
			"no key":             {postTo(t, url, admission.MediaProtobuf, "", bytes.NewReader(good)), 401, codes.Unauthenticated},
			"no key, grpc":       {invokeAt(t, conn, s.method, "", good), 0, codes.Unauthenticated},
			"media type":         {postTo(t, url, "text/plain", "", bytes.NewReader(good), "authorization", "Bearer a"), 415, codes.InvalidArgument},
			"encoding":           {postTo(t, url, admission.MediaProtobuf, "br", bytes.NewReader(good), "authorization", "Bearer a"), 400, codes.InvalidArgument},
			"cut":                {postTo(t, url, admission.MediaProtobuf, "gzip", bytes.NewReader(compress(t, "gzip", good)[:20]), "authorization", "Bearer a"), 400, codes.InvalidArgument},
			"too large":          {postTo(t, url, admission.MediaProtobuf, "", bytes.NewReader(make([]byte, 65<<10)), "authorization", "Bearer a"), 413, codes.ResourceExhausted},
			"too large, grpc":    {invokeAt(t, conn, s.method, "gzip", make([]byte, 65<<10), "authorization", "Bearer a"), 0, codes.ResourceExhausted},
			"another page":       {postTo(t, url, admission.MediaProtobuf, "", bytes.NewReader(good), "authorization", "Bearer a", "Origin", "https://evil.example"), 403, codes.PermissionDenied},
			"JSON for a project": {postTo(t, url, admission.MediaJSON, "zstd", bytes.NewReader(compress(t, "zstd", s.json())), "authorization", "Bearer b"), 200, codes.OK},
		} {
			if f.got.http != f.http || f.got.code != f.code || f.got.retryAfter != 0 {
				t.Errorf("%s, %s gets %+v", s.path, name, f.got)
			}
		}
		req, _ := http.NewRequest("GET", "http://"+url, nil)
		if got := do(t, req); got.http != 405 || got.header.Get("Allow") != "POST" {
			t.Errorf("GET %s gets %+v", s.path, got)
		}
		// The same request in every way is stored once, and once more for another project.
		for _, coding := range []string{"", "gzip", "zstd", "deflate"} {
			if got := postTo(t, url, admission.MediaProtobuf, coding, bytes.NewReader(compress(t, coding, good)), "authorization", "Bearer a", "Origin", "https://shop.example"); got.http != 200 {
				t.Errorf("%s %s gets %+v", s.path, coding, got)
			}
			if coding != "deflate" {
				if got := invokeAt(t, conn, s.method, coding, good, "authorization", "Bearer a"); got.code != codes.OK {
					t.Errorf("%s %s gets %+v", s.method, coding, got)
				}
			}
		}
		if a := c.Accounts().Of("project-a", s.signal); a.Accepted != 10 || a.Deduplicated != 60 {
			t.Errorf("%s: accounts %+v", s.path, a)
		}
		if a := c.Accounts().Of("project-b", s.signal); a.Accepted == 0 || a.Deduplicated != 0 {
			t.Errorf("%s: accounts %+v", s.path, a)
		}
		if n := c.Accounts().Undecodable[s.signal]; n != 5 {
			t.Errorf("%s: %d undecodable", s.path, n)
		}
	}
	accountsAgree(t, c, j)
}

func TestEverySignalIsAskedToComeBackWhileTheJournalIsFull(t *testing.T) {
	for _, s := range others {
		j, err := journal.Open(journal.Config{Dir: t.TempDir(), Reserve: -1, MaxBytes: 32 << 10, Codec: journal.CodecNone})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { j.Close() })
		_, grpcAddr, httpAddr := run(t, collector.Config{Journal: j})
		var got reply
		for i := range 100 {
			if got = postTo(t, httpAddr+s.path, admission.MediaProtobuf, "", bytes.NewReader(s.request(uint64(i)))); got.http != 200 {
				break
			}
		}
		if got.http != 503 || got.code != codes.Unavailable || got.retryAfter < time.Second || !strings.Contains(got.message, "err-sightline-journal-full") {
			t.Errorf("%s: full: %+v", s.path, got)
		}
		if got := invokeAt(t, dial(t, grpcAddr), s.method, "", s.request(200)); got.code != codes.Unavailable || got.retryAfter < time.Second {
			t.Errorf("%s: full, grpc: %+v", s.path, got)
		}
	}
}

func TestLogsAndMetricsPassTheUsersProcessors(t *testing.T) {
	j := openJournal(t)
	c, grpcAddr, httpAddr := run(t, collector.Config{Journal: j, Auth: keys{}, Overlay: overlay(t, `
processors:
  attributes: {actions: [{key: passed, value: "by here", action: insert}]}
service:
  pipelines:
    logs: {processors: [attributes]}
    metrics: {processors: [attributes]}
`)})
	conn := dial(t, grpcAddr)
	logsPB, _ := logs(func(r plog.LogRecordSlice) { r.At(4).SetTimestamp(r.At(4).Timestamp() + 3*3600e9) })
	metricsPB, _ := metrics(func(ms pmetric.MetricSlice) {
		ms.At(2).Histogram().DataPoints().At(4).ExplicitBounds().FromRaw([]float64{3, 2, 1, 0})
	})
	if got := postTo(t, httpAddr+logsPath, admission.MediaProtobuf, "gzip", bytes.NewReader(compress(t, "gzip", logsPB)), "authorization", "Bearer a"); got.http != 200 || got.rejected != 1 || !strings.Contains(got.partial, "err-sightline-log-too-new") {
		t.Errorf("logs get %+v", got)
	}
	if got := invokeAt(t, conn, metricsMethod, "", metricsPB, "authorization", "Bearer b"); got.code != codes.OK || got.rejected != 1 || !strings.Contains(got.partial, "err-sightline-histogram") {
		t.Errorf("metrics get %+v", got)
	}
	all, items := bodies(t, j, journal.SignalLogs)
	if items != 9 {
		t.Fatalf("%d log records", items)
	}
	lr := plogotlp.NewExportRequest()
	if err := lr.UnmarshalProto(all[0]); err != nil {
		t.Fatal(err)
	}
	if v, ok := lr.Logs().ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().Get("passed"); !ok || v.Str() != "by here" {
		t.Error("the processor did not see the logs")
	}
	all, items = bodies(t, j, journal.SignalMetrics)
	if items != 49 {
		t.Fatalf("%d data points", items)
	}
	mr := pmetricotlp.NewExportRequest()
	if err := mr.UnmarshalProto(all[0]); err != nil {
		t.Fatal(err)
	}
	if v, ok := mr.Metrics().ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Gauge().DataPoints().At(0).Attributes().Get("passed"); !ok || v.Str() != "by here" {
		t.Error("the processor did not see the metrics")
	}
	accounts := c.Accounts()
	if a := accounts.Arrived[admission.Origin{Project: "project-a", Signal: journal.SignalLogs, Protocol: "otlp/http"}]; a.Accepted != 9 || a.Rejected["ts_future"] != 1 {
		t.Errorf("logs: %+v", accounts.Arrived)
	}
	if a := accounts.Arrived[admission.Origin{Project: "project-b", Signal: journal.SignalMetrics, Protocol: "otlp/grpc"}]; a.Accepted != 49 || a.Rejected["hist_invalid"] != 1 {
		t.Errorf("metrics: %+v", accounts.Arrived)
	}
	if len(accounts.Examples["hist_invalid"]) != 1 || accounts.Examples["hist_invalid"][0].Peer == "" {
		t.Errorf("examples %+v", accounts.Examples)
	}
	accountsAgree(t, c, j)
	deepPB, _ := deep(20_000, "%s", 1, 2, 2, 5)
	if got := invokeAt(t, conn, logsMethod, "", deepPB, "authorization", "Bearer a"); got.code != codes.InvalidArgument || !strings.Contains(got.message, "err-sightline-any-value-depth") {
		t.Errorf("deep logs get %+v", got)
	}
}
