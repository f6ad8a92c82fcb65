package otlp

import (
	"strings"
	"time"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/otlp/jsonpb"
	"github.com/sightline/sightline/collector/otlp/walk"
)

// signal is what the three signals do not have in common on their way in.
type signal struct {
	id       uint8
	path     string // over HTTP
	method   string // over gRPC
	message  string // what a request is
	item     string // one of what is in it, for messages
	happens  string // what an item does at its time
	short    string // item in the ids of limits
	rejected string // the field of OTLP JSON that counts rejected items
	keep     func(*admission.Retention) time.Duration
	walk     func(body []byte, w walk.Window, r *walk.Result) error
	json     func(dst, src []byte) ([]byte, error)
}

var signals = [...]signal{
	{
		id: journal.SignalTraces, path: "/v1/traces", method: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
		message: "ExportTraceServiceRequest", item: "span", happens: "starts", short: "span", rejected: "rejectedSpans",
		keep: func(r *admission.Retention) time.Duration { return r.Traces },
		walk: walk.Traces, json: jsonpb.Traces,
	},
	{
		id: journal.SignalLogs, path: "/v1/logs", method: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
		message: "ExportLogsServiceRequest", item: "log record", happens: "is", short: "log", rejected: "rejectedLogRecords",
		keep: func(r *admission.Retention) time.Duration { return r.Logs },
		walk: walk.Logs, json: jsonpb.Logs,
	},
	{
		id: journal.SignalMetrics, path: "/v1/metrics", method: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
		message: "ExportMetricsServiceRequest", item: "data point", happens: "is", short: "point", rejected: "rejectedDataPoints",
		keep: func(r *admission.Retention) time.Duration { return r.Metrics },
		walk: walk.Metrics, json: jsonpb.Metrics,
	},
}

// signalOf finds a signal by its id.
func signalOf(id uint8) *signal {
	for i := range signals {
		if signals[i].id == id {
			return &signals[i]
		}
	}
	return nil
}

// limit is the id of the rule that a reason stands for.
func (s *signal) limit(reason walk.Reason) string {
	switch reason {
	case walk.TraceIDZero:
		return "err-sightline-trace-id-zero"
	case walk.SpanIDZero:
		return "err-sightline-span-id-zero"
	case walk.TooNew:
		return "err-sightline-" + s.short + "-too-new"
	case walk.TooOld:
		return "err-sightline-" + s.short + "-too-old"
	case walk.HistInvalid:
		return "err-sightline-histogram"
	case walk.SeriesLimit:
		return "err-sightline-series"
	default:
		return "err-sightline-labels"
	}
}

// byPath finds a signal by the path of an HTTP request.
func byPath(path string) *signal {
	for i := range signals {
		if signals[i].path == path {
			return &signals[i]
		}
	}
	return nil
}

// byMethod finds a signal by the path of a gRPC call.
func byMethod(path string) *signal {
	for i := range signals {
		if signals[i].method == path {
			return &signals[i]
		}
	}
	return nil
}

// notServed names what was asked for by its gRPC method or HTTP path.
func notServed(path string) *admission.Refusal {
	if strings.HasSuffix(path, "/profiles") || strings.Contains(path, ".profiles.") {
		return admission.NotServed("sightline does not store profiles; it takes traces, logs and metrics. OTEL_PROFILES_EXPORTER=none sends none")
	}
	return admission.NotServed("nothing is served at %.100q; sightline takes traces, logs and metrics, at POST %s, %s and %s and at gRPC %s and its like",
		path, signals[0].path, signals[1].path, signals[2].path, signals[0].method)
}
