package promapi

import (
	"slices"
	"strconv"

	"github.com/prometheus/common/model"

	"github.com/sightline/sightline/storage/traces"
)

// The names of the series made of spans are those of Tempo's metrics generator, since those are what Grafana asks for.
const (
	callsName    = "traces_spanmetrics_calls_total"
	latencyName  = "traces_spanmetrics_latency"
	requestsName = "traces_service_graph_request_total"
	failedName   = "traces_service_graph_request_failed_total"
	byClassName  = "traces_service_graph_request_class_total"
	serverName   = "traces_service_graph_request_server_seconds"
	clientName   = "traces_service_graph_request_client_seconds"
	waitedName   = "traces_service_graph_request_messaging_system_seconds"
)

// oldNames are what older versions of Grafana ask for; matchers with them select what has taken their place.
var oldNames = map[string]string{
	"traces_spanmetrics_duration_seconds_bucket": latencyName + "_bucket",
	"traces_spanmetrics_duration_seconds_sum":    latencyName + "_sum",
	"traces_spanmetrics_duration_seconds_count":  latencyName + "_count",
}

// oldLabels are other spellings of labels that matchers may have: an older one, and those that Grafana makes of a service graph's
// labels by leaving out client_ and server_.
var oldLabels = map[string]string{
	"span_status":            "status_code",
	"service_name":           "service",
	"service_namespace":      "namespace",
	"deployment_environment": "env",
}

// labelNames are all labels that the series have, beside their names.
var labelNames = []string{
	"service", "span_name", "span_kind", "env", "namespace", "version", "node_type", "class", "status_code", "le",
	"client", "server", "connection_type", "client_service_namespace", "server_service_namespace", "client_env", "server_env", "client_node_type", "server_node_type",
}

// view is what of a row a metric is about.
type view uint8

const (
	ofCalls  view = iota
	ofEdge        // the edge's own view: the caller's, and of messages the consumer's
	ofCaller      // the caller's view
	ofCalled      // the called one's view, or the edge's own where there is no other
	ofWait        // how long messages waited
	views
)

// shape is what kind of series a metric has.
type shape uint8

const (
	counted shape = iota
	failed
	byClass // a series for each class
	summed  // seconds
	bucketed
)

// metric is a metric made of spans.
type metric struct {
	name  string // of the series
	about string // of the metric: the name without _bucket and the like
	view  view
	shape shape
	typ   model.MetricType
	help  string
}

// spanMetrics are the metrics made of spans.
var spanMetrics = func() []metric {
	all := []metric{
		{callsName, callsName, ofCalls, byClass, model.MetricTypeCounter, "Spans, by sampling weight. span_name is that of SERVER, CONSUMER and root spans; the others of a service are one series for each kind."},
		{requestsName, requestsName, ofEdge, counted, model.MetricTypeCounter, "Requests from client to server."},
		{failedName, failedName, ofEdge, failed, model.MetricTypeCounter, "Requests that ended in an error, throttle or fault."},
		{byClassName, byClassName, ofEdge, byClass, model.MetricTypeCounter, "Requests by how they ended: class is ok, error, throttle or fault."},
	}
	histogram := func(name string, v view, help string) {
		all = append(all,
			metric{name + "_bucket", name, v, bucketed, model.MetricTypeHistogram, help},
			metric{name + "_count", name, v, counted, model.MetricTypeHistogram, help},
			metric{name + "_sum", name, v, summed, model.MetricTypeHistogram, help})
	}
	histogram(latencyName, ofCalls, "Durations of spans in seconds.")
	histogram(serverName, ofCalled, "Durations of requests in seconds, as the called service measured them; the caller's where it sends no spans.")
	histogram(clientName, ofCaller, "Durations of requests in seconds, as the caller measured them.")
	histogram(waitedName, ofWait, "How long messages waited between being sent and being taken, in seconds.")
	return all
}()

// bounds are the upper bounds of the buckets in seconds.
var bounds = []float64{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}

// boundTexts are the values of le, the last of them +Inf.
var boundTexts = func() (texts []string) {
	for _, b := range bounds {
		texts = append(texts, strconv.FormatFloat(b, 'f', -1, 64))
	}
	return append(texts, "+Inf")
}()

// share is which part of a stored bucket of latency lies at or below a bound: a stored one is 9 % wide, and one that a bound cuts is
// divided as if what is in it were spread evenly.
func share(bucket uint16, bound float64) float64 {
	low, high := traces.BucketBounds(bucket)
	ns := bound * 1e9
	switch {
	case high <= ns:
		return 1
	case low >= ns:
		return 0
	}
	return (ns - low) / (high - low)
}

// shares are the shares by stored bucket, and within it by bound.
var shares = func() [][]float64 {
	all := make([][]float64, 64*8)
	for bucket := range all {
		of := make([]float64, len(bounds))
		for i, bound := range bounds {
			of[i] = share(uint16(bucket), bound)
		}
		all[bucket] = of
	}
	return all
}()

// classNames are the values of class, in the order of a bin's counts.
var classNames = [...]string{"ok", "error", "throttle", "fault"}

// statusCodes are the values of status_code by class: what the map counts as failed is an error here, whatever the span's own status.
var statusCodes = [...]string{"STATUS_CODE_UNSET", "STATUS_CODE_ERROR", "STATUS_CODE_ERROR", "STATUS_CODE_ERROR"}

// bin is what was measured in a step of time.
type bin struct {
	at      int64      // start of the step, unix seconds
	count   [4]float64 // by class
	seconds float64    // sum of durations
	upTo    []float64  // requests by bound; nil where no buckets are asked for
}

func (b *bin) total() float64 { return b.count[0] + b.count[1] + b.count[2] + b.count[3] }

func (b *bin) add(m *traces.Measure, buckets bool) {
	for i, n := range [...]float64{m.OK, m.Error, m.Throttle, m.Fault} {
		b.count[i] += n
	}
	b.seconds += m.Duration / 1e9
	if !buckets {
		return
	}
	if b.upTo == nil {
		b.upTo = make([]float64, len(bounds))
	}
	for bucket, weight := range m.Latency {
		of := shares[min(int(bucket), len(shares)-1)]
		for i := len(of) - 1; i >= 0 && of[i] > 0; i-- {
			b.upTo[i] += weight * of[i]
		}
	}
}

// history is what was measured by step, of one set of labels.
type history struct {
	labels []string // names and values in turn
	bins   []bin
}

// at is the bin of a step.
func (h *history) at(second int64) *bin {
	if n := len(h.bins); n > 0 && h.bins[n-1].at == second {
		return &h.bins[n-1]
	}
	h.bins = append(h.bins, bin{at: second})
	return &h.bins[len(h.bins)-1]
}

// settle puts the bins in order, one for each step: rows come in no order, and a step that is partly open comes in several.
func (h *history) settle() {
	ordered := slices.IsSortedFunc(h.bins, func(a, b bin) int { return int(a.at - b.at) })
	if !ordered {
		slices.SortStableFunc(h.bins, func(a, b bin) int { return int(a.at - b.at) })
	}
	kept := h.bins[:0]
	for _, b := range h.bins {
		n := len(kept)
		if n == 0 || kept[n-1].at != b.at {
			kept = append(kept, b)
			continue
		}
		last := &kept[n-1]
		for i := range b.count {
			last.count[i] += b.count[i]
		}
		last.seconds += b.seconds
		if last.upTo == nil {
			last.upTo = b.upTo
			continue
		}
		for i, n := range b.upTo {
			last.upTo[i] += n
		}
	}
	h.bins = kept
}
