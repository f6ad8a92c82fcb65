package alert

import "github.com/prometheus/client_golang/prometheus"

var (
	descFiles = prometheus.NewDesc("sightline_alerting_rule_files", "Rule files by whether they can be used as they are.", []string{"state"}, nil)
	descFails = prometheus.NewDesc("sightline_alerting_reload_failures_total", "Times that rule files were read and one could not be used.", nil, nil)
	descAlert = prometheus.NewDesc("sightline_alerts", "Alerts by state.", []string{"state"}, nil)
)

// figures are the service's metrics, beside those of Prometheus's rules package.
type figures struct{ s *Service }

func (f figures) Describe(to chan<- *prometheus.Desc) {
	to <- descFiles
	to <- descFails
	to <- descAlert
}

func (f figures) Collect(to chan<- prometheus.Metric) {
	f.s.mu.Lock()
	broken, all, failures := f.s.files.broken(), len(f.s.files.read), f.s.failures
	f.s.mu.Unlock()
	counts := countOf(f.s.active())
	gauge := func(desc *prometheus.Desc, n int, state string) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(n), state)
	}
	gauge(descFiles, all-broken, "ok")
	gauge(descFiles, broken, "broken")
	gauge(descAlert, counts.Firing, "firing")
	gauge(descAlert, counts.Pending, "pending")
	to <- prometheus.MustNewConstMetric(descFails, prometheus.CounterValue, float64(failures))
}
