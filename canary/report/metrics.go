package report

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// The series of a canary that runs for long.
var (
	requestsDesc = prometheus.NewDesc("sightline_canary_requests_total", "Requests by what became of them.", []string{"signal", "outcome"}, nil)
	checksDesc   = prometheus.NewDesc("sightline_canary_checks_total", "Questions to an API that were decided.", []string{"api"}, nil)
	problemsDesc = prometheus.NewDesc("sightline_canary_problems_total", "Things that were missing or wrong.", []string{"category"}, nil)
	freshDesc    = prometheus.NewDesc("sightline_canary_freshness_seconds", "From the acknowledgement to being found, of the last requests.", []string{"signal", "quantile"}, nil)
)

// Describe is for Prometheus's registry.
func (r *Report) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{requestsDesc, checksDesc, problemsDesc, freshDesc} {
		to <- d
	}
}

// categories are all that there are: a counter that is not there can't be told from one at 0.
var categories = []Category{
	NotFoundByID, NotFoundBySearch, MissingSpans, MissingLog, MissingPoint, Duplicate, WrongContent, BadSignature, NeverSent, ServiceMissing,
	ServiceWrong, MapMissing, MapWrong, BooksWrong, Rejected, NotAccepted, ReadFailed,
}

// Collect is for Prometheus's registry.
func (r *Report) Collect(to chan<- prometheus.Metric) {
	r.mu.Lock()
	defer r.mu.Unlock()
	counter := func(d *prometheus.Desc, n int, label ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), label...)
	}
	for _, s := range r.Signals {
		counter(requestsDesc, s.Acknowledged, s.Signal, "acknowledged")
		counter(requestsDesc, s.Unacknowledged, s.Signal, "unacknowledged")
		counter(requestsDesc, s.Rejected, s.Signal, "rejected")
		if len(s.fresh) > 0 {
			sorted := slices.Sorted(slices.Values(s.fresh))
			for label, q := range map[string]float64{"0.5": 0.5, "0.99": 0.99} {
				to <- prometheus.MustNewConstMetric(freshDesc, prometheus.GaugeValue, quantile(sorted, q)/1000, s.Signal, label)
			}
		}
	}
	for _, a := range r.APIs {
		counter(checksDesc, a.Checks, a.API)
	}
	for _, c := range categories {
		counter(problemsDesc, r.Problems[c], string(c))
	}
}
