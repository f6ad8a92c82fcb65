package foreign_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/golang/snappy"
	remoteapi "github.com/prometheus/client_golang/exp/api/remote"
	config_util "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/prompb"
	writev2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"
	"github.com/prometheus/prometheus/storage/remote"
	"github.com/prometheus/prometheus/tsdb/tsdbutil"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.uber.org/goleak"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/foreign"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/otlp"
	"github.com/sightline/sightline/storage/storagetest"
)

func TestMain(m *testing.M) {
	code := storagetest.Main(m)
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// receiver is remote write's handler over a journal.
func receiver(t testing.TB, cfg journal.Config) (in *otlp.Intake, j *journal.Journal, server *httptest.Server) {
	t.Helper()
	cfg.Dir, cfg.Reserve = t.TempDir(), -1
	j, err := journal.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	in = otlp.NewIntake(j, admission.Open{}, admission.Limits{Request: 1 << 20}, admission.NewAccounts(), slog.New(slog.NewTextHandler(t.Output(), nil)))
	server = httptest.NewServer(foreign.RemoteWrite(in))
	t.Cleanup(server.Close)
	return in, j, server
}

// client is Prometheus's own.
func client(t testing.TB, address string, version remoteapi.WriteMessageType) remote.WriteClient {
	t.Helper()
	u, err := url.Parse(address + foreign.RemoteWritePath)
	if err != nil {
		t.Fatal(err)
	}
	c, err := remote.NewWriteClient("test", &remote.ClientConfig{
		URL: &config_util.URL{URL: u}, Timeout: model.Duration(time.Minute), WriteProtoMsg: version, RetryOnRateLimit: true,
		HTTPClientConfig: config_util.HTTPClientConfig{EnableHTTP2: false},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	return c
}

func pack(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return snappy.Encode(nil, b)
}

func records(t testing.TB, j *journal.Journal) (out []pmetric.Metrics) {
	t.Helper()
	r := j.Reader(journal.Position{})
	defer r.Close()
	for {
		e, ok, err := r.TryNext()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return out
		}
		if e.Record.Kind != journal.KindData { // a repeat is counted
			continue
		}
		req := pmetricotlp.NewExportRequest()
		if err := req.UnmarshalProto(e.Record.Body); err != nil || e.Record.Signal != journal.SignalMetrics {
			t.Fatalf("record of signal %d: %v", e.Record.Signal, err)
		}
		out = append(out, req.Metrics())
	}
}

func v1Labels(kv ...string) (out []prompb.Label) {
	for i := 0; i < len(kv); i += 2 {
		out = append(out, prompb.Label{Name: kv[i], Value: kv[i+1]})
	}
	return out
}

func TestRemoteWrite1(t *testing.T) {
	in, j, server := receiver(t, journal.Config{})
	c := client(t, server.URL, remoteapi.WriteV1MessageType)
	now := time.Now().UnixMilli()
	about := pack(t, &prompb.WriteRequest{Metadata: []prompb.MetricMetadata{
		{Type: prompb.MetricMetadata_COUNTER, MetricFamilyName: "requests_total", Help: "Requests.", Unit: "1"}}})
	samples := pack(t, &prompb.WriteRequest{Timeseries: []prompb.TimeSeries{
		{Labels: v1Labels("__name__", "requests_total", "code", "200", "instance", "h:1", "job", "api"), Samples: []prompb.Sample{{Timestamp: now, Value: 7}},
			Exemplars: []prompb.Exemplar{{Labels: v1Labels("trace_id", "0af7651916cd43dd8448eb211c80319c"), Value: 1, Timestamp: now}}},
		{Labels: v1Labels("__name__", "latency", "job", "api"), Histograms: []prompb.Histogram{prompb.FromIntHistogram(now, tsdbutil.GenerateTestHistogram(3))}},
	}})
	for _, body := range [][]byte{about, samples, samples} { // the last is a retry
		if _, err := c.Store(context.Background(), body, 0); err != nil {
			t.Fatal(err)
		}
	}
	all := records(t, j)
	if len(all) != 1 || all[0].DataPointCount() != 2 || all[0].ResourceMetrics().Len() != 2 {
		t.Fatalf("%d records", len(all))
	}
	m := all[0].ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0)
	if m.Name() != "requests_total" || m.Type() != pmetric.MetricTypeGauge || m.Description() != "Requests." || m.Gauge().DataPoints().At(0).Exemplars().Len() != 1 {
		t.Errorf("metric %s %v %q", m.Name(), m.Type(), m.Description())
	}
	a := in.Accounts.Snapshot().Of("default", journal.SignalMetrics)
	if a.Accepted != 2 || a.Deduplicated != 2 {
		t.Errorf("accounts %+v", a)
	}
	late := pack(t, &prompb.WriteRequest{Timeseries: []prompb.TimeSeries{
		{Labels: v1Labels("__name__", "good"), Samples: []prompb.Sample{{Timestamp: now, Value: 1}}},
		{Labels: v1Labels("__name__", "old"), Samples: []prompb.Sample{{Timestamp: 1000, Value: 1}}},
	}})
	if _, err := c.Store(context.Background(), late, 0); err == nil || !strings.Contains(err.Error(), "400") || isRecoverable(err) {
		t.Errorf("an old sample: %v", err)
	}
	if n := len(records(t, j)); n != 2 {
		t.Errorf("%d records: the good sample is lost", n)
	}
}

func isRecoverable(err error) bool {
	var r remote.RecoverableError
	return errors.As(err, &r)
}

// symbols are those of a request of version 2.
type symbols struct {
	list []string
	at   map[string]uint32
}

func (s *symbols) refs(texts ...string) (out []uint32) {
	if s.at == nil {
		s.list, s.at = []string{""}, map[string]uint32{"": 0}
	}
	for _, text := range texts {
		if _, ok := s.at[text]; !ok {
			s.at[text] = uint32(len(s.list))
			s.list = append(s.list, text)
		}
		out = append(out, s.at[text])
	}
	return out
}

func TestRemoteWrite2(t *testing.T) {
	_, j, server := receiver(t, journal.Config{})
	c := client(t, server.URL, remoteapi.WriteV2MessageType)
	now := time.Now().UnixMilli()
	var s symbols
	counter := writev2.TimeSeries{
		LabelsRefs: s.refs("__name__", "requests_total", "job", "api"), Samples: []writev2.Sample{{Timestamp: now, Value: 7, StartTimestamp: now - 5000}},
		Metadata:  writev2.Metadata{Type: writev2.Metadata_METRIC_TYPE_COUNTER, HelpRef: s.refs("Requests.")[0], UnitRef: s.refs("1")[0]},
		Exemplars: []writev2.Exemplar{{LabelsRefs: s.refs("user", "x"), Value: 1, Timestamp: now}},
	}
	native := writev2.TimeSeries{LabelsRefs: s.refs("__name__", "latency"), Histograms: []writev2.Histogram{writev2.FromFloatHistogram(now, tsdbutil.GenerateTestFloatHistogram(3))}}
	old := writev2.TimeSeries{LabelsRefs: s.refs("__name__", "old"), Samples: []writev2.Sample{{Timestamp: 1000, Value: 7}}}
	stats, err := c.Store(context.Background(), pack(t, &writev2.Request{Symbols: s.list, Timeseries: []writev2.TimeSeries{counter, native}}), 0)
	if err != nil || stats.Samples != 1 || stats.Histograms != 1 || stats.Exemplars != 1 {
		t.Fatalf("%+v, %v", stats, err)
	}
	m := records(t, j)[0].ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0)
	if p := m.Gauge().DataPoints().At(0); m.Description() != "Requests." || p.StartTimestamp() != pcommon.Timestamp((now-5000)*1e6) || p.DoubleValue() != 7 {
		t.Errorf("metric %q from %v", m.Description(), p.StartTimestamp())
	}
	stats, err = c.Store(context.Background(), pack(t, &writev2.Request{Symbols: s.list, Timeseries: []writev2.TimeSeries{old, counter}}), 0)
	if err == nil || isRecoverable(err) || stats.Samples != 1 || !strings.Contains(err.Error(), "400") {
		t.Errorf("partly: %+v, %v", stats, err)
	}
	if n := len(records(t, j)); n != 2 {
		t.Errorf("%d records: the good sample is lost", n)
	}
}

func TestRemoteWritersAreAskedToComeBack(t *testing.T) {
	in, j, server := receiver(t, journal.Config{MaxBytes: 32 << 10, Codec: journal.CodecNone})
	for version, body := range map[remoteapi.WriteMessageType]func(i int) []byte{
		remoteapi.WriteV1MessageType: func(i int) []byte {
			return pack(t, &prompb.WriteRequest{Timeseries: []prompb.TimeSeries{{Labels: v1Labels("__name__", "x", "big", strings.Repeat("y", 1000)), Samples: []prompb.Sample{{Timestamp: time.Now().UnixMilli(), Value: float64(i)}}}}})
		},
		remoteapi.WriteV2MessageType: func(i int) []byte {
			var s symbols
			refs := s.refs("__name__", "x", "big", strings.Repeat("z", 1000))
			return pack(t, &writev2.Request{Symbols: s.list, Timeseries: []writev2.TimeSeries{{LabelsRefs: refs, Samples: []writev2.Sample{{Timestamp: time.Now().UnixMilli(), Value: float64(i)}}}}})
		},
	} {
		c := client(t, server.URL, version)
		var err error
		for i := range 100 {
			if _, err = c.Store(context.Background(), body(i), 0); err != nil {
				break
			}
		}
		if !isRecoverable(err) || !strings.Contains(err.Error(), "err-sightline-journal-full") {
			t.Errorf("%s: %v", version, err)
		}
	}
	if in.Accounts.Snapshot().Refused[admission.ReasonBackpressure] < 2 {
		t.Errorf("refused %v", in.Accounts.Snapshot().Refused)
	}
	j.Release(j.End())
}

// multiplying are 100 kB that are 20 GB of labels.
func multiplying() *writev2.Request {
	r := &writev2.Request{Symbols: []string{"", "__name__", "x", strings.Repeat("y", 50_000)}}
	series := writev2.TimeSeries{LabelsRefs: []uint32{1, 2}, Samples: []writev2.Sample{{Timestamp: time.Now().UnixMilli()}}}
	for range 200_000 {
		series.LabelsRefs = append(series.LabelsRefs, 2, 3)
	}
	r.Timeseries = append(r.Timeseries, series)
	return r
}

func TestHostileRemoteWrites(t *testing.T) {
	in, j, server := receiver(t, journal.Config{})
	f := func(name, media, coding string, body []byte, want int) {
		t.Helper()
		req, err := http.NewRequest(http.MethodPost, server.URL+foreign.RemoteWritePath, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", media)
		if coding != "" {
			req.Header.Set("Content-Encoding", coding)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", name, resp.StatusCode, want)
		}
	}
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	const pb = "application/x-protobuf"
	v2 := pb + ";proto=io.prometheus.write.v2.Request"
	for _, media := range []string{pb, v2} {
		f("no snappy", media, "snappy", []byte("nonsense"), 400)
		f("a length that lies", media, "snappy", []byte{0xff, 0xff, 0xff, 0x7f, 0}, 413)
		f("a length of nothing", media, "snappy", []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 400)
		f("bomb", media, "snappy", snappy.Encode(nil, make([]byte, 2<<20)), 413)
		f("no message", media, "snappy", snappy.Encode(nil, []byte{0xff, 0xff}), 400)
		f("too large", media, "snappy", make([]byte, 2<<20), 413)
		f("coding", media, "gzip", []byte("x"), 400)
		f("empty", media, "snappy", snappy.Encode(nil, nil), 204)
	}
	f("media", "application/json", "snappy", nil, 415)
	f("version", pb+";proto=io.prometheus.write.v9.Request", "snappy", nil, 415)
	f("symbol out of range", v2, "snappy", pack(t, &writev2.Request{Symbols: []string{""}, Timeseries: []writev2.TimeSeries{{LabelsRefs: []uint32{1 << 30, 7}, Samples: []writev2.Sample{{}}}}}), 400)
	f("symbols that multiply", v2, "snappy", pack(t, multiplying()), 413)
	wide := prompb.Histogram{Timestamp: time.Now().UnixMilli(), Count: &prompb.Histogram_CountInt{CountInt: 2}, Schema: 8,
		PositiveSpans: []prompb.BucketSpan{{Offset: -1 << 31, Length: 1}, {Offset: 1<<31 - 1, Length: 1}}, PositiveDeltas: []int64{1, 0}}
	f("buckets far apart", pb, "snappy", pack(t, &prompb.WriteRequest{Timeseries: []prompb.TimeSeries{{Labels: v1Labels("__name__", "x"), Histograms: []prompb.Histogram{wide}}}}), 400)
	long := prompb.Histogram{Timestamp: time.Now().UnixMilli(), Count: &prompb.Histogram_CountInt{CountInt: 2}, PositiveSpans: []prompb.BucketSpan{{Length: 1<<32 - 1}}, PositiveDeltas: []int64{1}}
	f("spans without buckets", pb, "snappy", pack(t, &prompb.WriteRequest{Timeseries: []prompb.TimeSeries{{Labels: v1Labels("__name__", "x"), Histograms: []prompb.Histogram{long}}}}), 400)
	if n := in.Accounts.Snapshot().Refused[admission.ReasonInternal]; n != 0 || len(records(t, j)) != 0 {
		t.Errorf("%d internal errors, %d records", n, len(records(t, j)))
	}
}
