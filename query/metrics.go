package query

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/traceapi"
)

// metrics of the server itself, and of the instance as /api/status tells it. Other parts add theirs to the same registry.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

func newMetrics(registry *prometheus.Registry, t *turns, status traceapi.StatusFunc) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sightline_http_requests_total",
			Help: "HTTP requests by route and status; 499 is a client that left.",
		}, []string{"method", "route", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "sightline_http_request_duration_seconds",
			Help:    "Time from an HTTP request to the end of its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"method", "route"}),
	}
	all := []prometheus.Collector{
		m.requests, m.duration,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "sightline_queries_running", Help: "Queries that have a turn."},
			func() float64 { return float64(t.running()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "sightline_queries_waiting", Help: "Queries that wait for a turn."},
			func() float64 { return float64(t.waiting.Load()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "sightline_queries_refused_total", Help: "Queries that were answered 429."},
			func() float64 { return float64(t.refused.Load()) }),
	}
	if status != nil {
		all = append(all, newStatusMetrics(status))
	}
	for _, c := range all {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	for _, c := range []prometheus.Collector{collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})} {
		_ = registry.Register(c) // perhaps main has registered its own
	}
	return m, nil
}

func (m *metrics) observe(route api.Route, status int, took time.Duration) {
	m.requests.WithLabelValues(route.Method, route.Pattern, strconv.Itoa(status)).Inc()
	m.duration.WithLabelValues(route.Method, route.Pattern).Observe(took.Seconds())
}

// statusMetrics tells /api/status as metrics: one truth, two spellings.
type statusMetrics struct {
	status                              traceapi.StatusFunc
	items, undecodable, refused         *prometheus.Desc
	inJournal, lag, journal, journalMax *prometheus.Desc
	ready, restarts, rows, bytes, info  *prometheus.Desc
}

// statusTimeout bounds what a scrape waits for figures.
const statusTimeout = 5 * time.Second

func newStatusMetrics(status traceapi.StatusFunc) *statusMetrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("sightline_"+name, help, labels, nil)
	}
	return &statusMetrics{
		status:      status,
		items:       desc("ingest_items_total", "Items received, by what became of them.", "signal", "outcome", "reason"),
		undecodable: desc("ingest_undecodable_requests_total", "Requests that could not be decoded.", "signal"),
		refused:     desc("ingest_refused_requests_total", "Requests that were not taken.", "reason"),
		inJournal:   desc("ingest_in_journal", "Items received that are not stored yet.", "signal"),
		lag:         desc("ingest_lag_seconds", "Age of the oldest item that is received and not stored."),
		journal:     desc("journal_bytes", "Bytes in the journal."),
		journalMax:  desc("journal_max_bytes", "Bytes that the journal may take."),
		ready:       desc("engine_ready", "1 while the storage engine answers."),
		restarts:    desc("engine_restarts_total", "Restarts of the storage engine."),
		rows:        desc("storage_span_rows", "Rows in the spans table."),
		bytes:       desc("storage_bytes", "Bytes of tables on disk."),
		info:        desc("build_info", "1; the version is a label.", "version"),
	}
}

func (m *statusMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.items, m.undecodable, m.refused, m.inJournal, m.lag, m.journal, m.journalMax, m.ready, m.restarts, m.rows, m.bytes, m.info} {
		out <- d
	}
}

func (m *statusMetrics) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), statusTimeout)
	defer cancel()
	s, err := m.status(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(m.lag, err)
		return
	}
	counter := func(d *prometheus.Desc, v int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for signal, i := range s.Ingest {
		counter(m.items, i.Received, signal, "received", "")
		counter(m.items, i.Stored, signal, "stored", "")
		counter(m.items, i.Deduplicated, signal, "deduplicated", "")
		counter(m.items, i.DeadLetter, signal, "dead_letter", "")
		for reason, n := range i.Rejected {
			counter(m.items, n, signal, "rejected", reason)
		}
		counter(m.undecodable, i.Undecodable, signal)
		gauge(m.inJournal, float64(i.InJournal), signal)
	}
	for reason, n := range s.Refused {
		counter(m.refused, n, reason)
	}
	gauge(m.lag, s.LagMS/1000)
	gauge(m.journal, float64(s.Journal.Bytes))
	gauge(m.journalMax, float64(s.Journal.MaxBytes))
	ready := 0.0
	if s.Engine.State == "ready" {
		ready = 1
	}
	gauge(m.ready, ready)
	counter(m.restarts, int64(s.Engine.Restarts))
	gauge(m.rows, float64(s.Storage.SpanRows))
	gauge(m.bytes, float64(s.Storage.Bytes))
	gauge(m.info, 1, s.Version)
}
