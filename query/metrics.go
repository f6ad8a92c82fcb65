package query

import (
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
