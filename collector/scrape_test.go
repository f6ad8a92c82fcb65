package collector_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
)

// points are the metrics in a journal that have a name, by their service.
func points(t testing.TB, j *journal.Journal, name string) map[string][]pmetric.Metric {
	t.Helper()
	out := map[string][]pmetric.Metric{}
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
		if e.Record.Kind != journal.KindData || e.Record.Signal != journal.SignalMetrics {
			continue
		}
		req := pmetricotlp.NewExportRequest()
		if err := req.UnmarshalProto(e.Record.Body); err != nil {
			t.Fatal(err)
		}
		for _, rm := range req.Metrics().ResourceMetrics().All() {
			service, _ := rm.Resource().Attributes().Get("service.name")
			for _, sm := range rm.ScopeMetrics().All() {
				for _, m := range sm.Metrics().All() {
					if m.Name() == name {
						out[service.Str()] = append(out[service.Str()], m)
					}
				}
			}
		}
	}
}

// eventually waits until something is so.
func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never happens that %s", what)
		}
	}
}

// target serves a registry of client_golang's.
func target(t testing.TB) (address string, requests *prometheus.CounterVec, latency prometheus.Collector, all *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewRegistry()
	requests = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "shop_requests_total", Help: "Requests."}, []string{"code"})
	native := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "shop_latency_seconds", Help: "Latency.", NativeHistogramBucketFactor: 1.1})
	classic := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "shop_size_bytes", Help: "Size.", Buckets: []float64{1, 10}})
	registry.MustRegister(requests, native, classic)
	requests.WithLabelValues("200").(prometheus.ExemplarAdder).AddWithExemplar(3, prometheus.Labels{"trace_id": "0af7651916cd43dd8448eb211c80319c"})
	native.Observe(0.3)
	native.Observe(0.4)
	classic.Observe(5)
	server := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://"), requests, native, registry
}

func TestTargetsOfClientGolangAreScraped(t *testing.T) {
	address, requests, latency, gone := target(t)
	other, _, _, _ := target(t)
	files := filepath.Join(t.TempDir(), "targets.json")
	list := func(targets ...string) []byte {
		b, err := json.Marshal([]any{map[string]any{"targets": targets, "labels": map[string]any{"zone": "b"}}})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if err := os.WriteFile(files, list(other), 0o600); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(list(address))
	}))
	t.Cleanup(web.Close)
	j := openJournal(t)
	c, _, _ := run(t, collector.Config{Journal: j, Overlay: overlay(t, fmt.Sprintf(`
receivers:
  prometheus:
    config:
      global: {scrape_interval: 100ms, scrape_timeout: 100ms, scrape_native_histograms: true}
      scrape_configs:
        - job_name: shop
          static_configs: [{targets: [%q], labels: {zone: a}}]
          relabel_configs: [{source_labels: [zone], regex: '(.*)', target_label: region, replacement: 'eu-$1'}]
        - job_name: files
          file_sd_configs: [{files: [%q]}]
        - job_name: web
          http_sd_configs: [{url: %q}]
processors:
  filter/classic:
    error_mode: ignore
    metrics: {metric: ['IsMatch(name, "shop_size_bytes.*")']}
service:
  pipelines:
    metrics/prometheus: {receivers: [prometheus], processors: [filter/classic], exporters: [journal]}
`, address, files, web.URL))})
	for _, job := range []string{"shop", "files", "web"} {
		eventually(t, job+" is scraped", func() bool { return len(points(t, j, "shop_latency_seconds")[job]) > 0 })
	}
	m := points(t, j, "shop_requests_total")["shop"][0]
	p := m.Gauge().DataPoints().At(0)
	if attrs := p.Attributes().AsRaw(); m.Description() != "Requests." || p.DoubleValue() != 3 ||
		len(attrs) != 3 || attrs["code"] != "200" || attrs["zone"] != "a" || attrs["region"] != "eu-a" {
		t.Errorf("metric %q, value %v, attributes %v", m.Description(), p.DoubleValue(), attrs)
	}
	if p.Exemplars().Len() != 1 || p.Exemplars().At(0).TraceID().IsEmpty() || p.StartTimestamp() == 0 {
		t.Errorf("%d exemplars, from %v", p.Exemplars().Len(), p.StartTimestamp())
	}
	if h := points(t, j, "shop_latency_seconds")["shop"][0].ExponentialHistogram().DataPoints().At(0); h.Count() != 2 || h.Sum() != 0.7 || h.Positive().BucketCounts().Len() == 0 {
		t.Errorf("histogram of %d, sum %v", h.Count(), h.Sum())
	}
	if len(points(t, j, "up")["shop"]) == 0 || len(points(t, j, "shop_size_bytes_bucket")) != 0 {
		t.Error("up is missing, or the filter let something through")
	}
	requests.DeleteLabelValues("200")
	eventually(t, "the series that is gone is marked stale", func() bool {
		for _, m := range points(t, j, "shop_requests_total")["shop"] {
			if m.Gauge().DataPoints().At(0).Flags().NoRecordedValue() {
				return true
			}
		}
		return false
	})
	gone.Unregister(latency)
	eventually(t, "the histogram that is gone is marked stale", func() bool {
		for _, m := range points(t, j, "shop_latency_seconds")["shop"] {
			if m.ExponentialHistogram().DataPoints().At(0).Flags().NoRecordedValue() {
				return true
			}
		}
		return false
	})
	if a := c.Accounts().Arrived[admission.Origin{Project: "default", Signal: journal.SignalMetrics, Protocol: "prometheus"}]; a.Accepted == 0 {
		t.Errorf("accounts %+v", c.Accounts().Arrived)
	}
}

func TestScrapeConfigurationsAreChecked(t *testing.T) {
	f := func(section, want string) {
		t.Helper()
		_, err := collector.New(collector.Config{GRPC: "127.0.0.1:0", Journal: openJournal(t), Overlay: overlay(t, fmt.Sprintf(`
receivers: {prometheus: {config: %s}}
service: {pipelines: {metrics/prometheus: {receivers: [prometheus], exporters: [journal]}}}
`, section))})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: error %v, want %q in it", section, err, want)
		}
	}
	f(`{scrape_configs: [{job_name: a, static_configs: [{targets: ["h:1"]}]}]}`, "")
	f(`{scrape_configs: [{job_name: a, dns_sd_configs: [{names: [x.example]}]}]}`, "")
	f(`{scrape_configs: [{job_name: a}, {job_name: a}]}`, "multiple scrape configs")
	f(`{scrape_configs: [{job_name: a, kubernetes_sd_configs: [{role: podd}]}]}`, `unknown Kubernetes SD role "podd"`)
	f(`{scrape_configs: [{job_name: a, ec2_sd_configs: [{region: eu-west-1}], consul_sd_configs: [{}], nomad_sd_configs: [{}], eureka_sd_configs: [{server: "http://h:8761/eureka"}]}]}`, "")
	f(`{scrape_configs: [{job_name: a, azure_sd_configs: [{}]}]}`, "kubernetes, lightsail")
	f(`{scrape_configs: [{job_name: a, scrape_intervall: 1s}]}`, "scrape_intervall")
	f(`{remote_write: []}`, "remote_write has no use here")
}
