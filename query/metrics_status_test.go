package query_test

import (
	"os"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// scraped is what Prometheus makes of /metrics.
func scraped(t *testing.T, text string) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// value sums a family's metrics that have these labels.
func value(f *dto.MetricFamily, labels ...string) (sum float64) {
	for _, m := range f.GetMetric() {
		has := map[string]string{}
		for _, l := range m.GetLabel() {
			has[l.GetName()] = l.GetValue()
		}
		matches := true
		for i := 0; i < len(labels); i += 2 {
			matches = matches && has[labels[i]] == labels[i+1]
		}
		if matches {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return sum
}

func TestPrometheusReadsTheAccounts(t *testing.T) {
	families := scraped(t, metrics(newServer(t, &shop{}, nil)))
	items := families["sightline_items_total"]
	if items.GetType() != dto.MetricType_COUNTER {
		t.Errorf("sightline_items_total is a %v", items.GetType())
	}
	sum := value(families["sightline_items_in_journal"], "signal", "traces", "project", "default")
	sum += value(families["sightline_items_dropped_by_pipeline"], "signal", "traces", "project", "default", "processor", "filter/health")
	for _, outcome := range []string{"stored", "rejected", "deduplicated", "dead_letter"} {
		sum += value(items, "signal", "traces", "project", "default", "outcome", outcome)
	}
	if received := value(items, "outcome", "received"); received != 9042 || sum != received {
		t.Errorf("%v received, %v accounted for", received, sum)
	}
	for name, want := range map[string]float64{
		"sightline_ingest_lag_seconds": 0.4125, "sightline_journal_bytes": 1 << 20, "sightline_journal_max_bytes": 4 << 30, "sightline_journal_full": 0, "sightline_engine_ready": 1,
	} {
		if got := value(families[name]); families[name] == nil || got != want {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	if on, all := value(families["sightline_engine_state"], "state", "ready"), value(families["sightline_engine_state"]); on != 1 || all != 1 {
		t.Errorf("engine_state is %v for ready, %v in all", on, all)
	}
	if n := value(families["sightline_ingest_requests_total"], "signal", "traces", "protocol", "otlp/grpc"); n != 40 {
		t.Errorf("%v requests", n)
	}
	if n := value(families["sightline_storage_damaged_parts"], "table", "spans", "state", "aside"); n != 2 {
		t.Errorf("%v parts are put aside", n)
	}
	if n := value(families["sightline_retention_days"], "signal", "rollups"); n != 90 {
		t.Errorf("rollups are kept for %v days", n)
	}
}

func TestEveryMetricOfOursIsDocumented(t *testing.T) {
	docs, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range scraped(t, metrics(newServer(t, &shop{}, nil))) {
		if strings.HasPrefix(name, "sightline_") && !strings.Contains(string(docs), "`"+name) {
			t.Errorf("%s is not in docs/operations.md", name)
		}
	}
}
