package promapi

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"

	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/annotations"
	"github.com/prometheus/prometheus/util/stats"

	"github.com/sightline/sightline/query/api"
)

// errorTypes are Prometheus's words for our errors, where it has others than the status says.
var errorTypes = map[api.Code]string{
	api.NotFound:         "not_found",
	api.Timeout:          "timeout",
	api.QueryLimit:       "execution",
	api.EngineRestarting: "unavailable",
	api.Internal:         "internal",
	api.TooManyRequests:  "unavailable",
	api.Unauthenticated:  "unauthorized",
	api.Forbidden:        "unauthorized",
}

// statuses are Prometheus's for its errors, where ours have others.
var statuses = map[api.Code]int{api.Timeout: http.StatusServiceUnavailable}

// fail answers as Prometheus does with an error.
func fail(w http.ResponseWriter, e *api.Error, requestID string) {
	kind := errorTypes[e.Code]
	if kind == "" {
		kind = "bad_data"
	}
	status := e.Code.Status()
	if s, ok := statuses[e.Code]; ok {
		status = s
	}
	text := e.Message
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	if e.Code == api.Internal {
		text += ", request id " + requestID
	}
	w.Header().Set("Content-Type", api.ContentType)
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	w.WriteHeader(status)
	b, _ := json.Marshal(map[string]string{"status": "error", "errorType": kind, "error": text}) // never fails
	_, _ = w.Write(b)                                                                            // fails only if the client has gone
}

// evalError is the error of an evaluation as it is told.
func evalError(err error) error {
	var stored promql.ErrStorage
	var late promql.ErrQueryTimeout
	var canceled promql.ErrQueryCanceled
	var many promql.ErrTooManySamples
	switch {
	case errors.As(err, &stored):
		return stored.Err
	case errors.As(err, &late):
		return &api.Error{Code: api.Timeout, Message: "the query took too long", Hint: "narrow the time range or the labels, or widen the step", Cause: err}
	case errors.As(err, &canceled):
		return context.Canceled
	case errors.As(err, &many):
		return &api.Error{Code: api.QueryLimit, Message: err.Error(), Hint: "narrow the time range or the labels, or widen the step", Cause: err}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	var told *api.Error
	if errors.As(err, &told) {
		return err
	}
	return &api.Error{Code: api.QueryLimit, Message: err.Error(), Cause: err}
}

// begin starts an answer, up to its data.
func begin(w http.ResponseWriter) *api.Stream {
	s := api.NewStream(w)
	s.Open('{')
	s.Key("status")
	s.String("success")
	s.Key("data")
	return s
}

// maxAnnotations is how many warnings and infos an answer has, as with Prometheus.
const maxAnnotations = 10

// end ends an answer after its data.
func end(s *api.Stream, notes annotations.Annotations, query string) error {
	warnings, infos := notes.AsStrings(query, maxAnnotations, maxAnnotations)
	if len(warnings) > 0 {
		s.Key("warnings")
		s.Value(warnings)
	}
	if len(infos) > 0 {
		s.Key("infos")
		s.Value(infos)
	}
	s.Close('}')
	return s.End()
}

// respond answers with data.
func respond(w http.ResponseWriter, data any, notes annotations.Annotations) error {
	s := begin(w)
	s.Value(data)
	return end(s, notes, "")
}

// checkEvery is after how many series it is looked whether anybody still listens.
const checkEvery = 128

func writeValue(ctx context.Context, s *api.Stream, v parser.Value) error {
	var b []byte
	switch v := v.(type) {
	case promql.Scalar:
		s.Raw(appendPoint(b, v.T, v.V))
	case promql.String:
		b = appendTime(append(b, '['), v.T)
		b = append(api.AppendString(append(b, ','), v.V), ']')
		s.Raw(b)
	case promql.Vector:
		s.Open('[')
		for i, sample := range v {
			if i%checkEvery == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			b = appendLabels(append(b[:0], `{"metric":`...), sample.Metric)
			if sample.H == nil {
				b = appendPoint(append(b, `,"value":`...), sample.T, sample.F)
			} else {
				b = appendHistogramPoint(append(b, `,"histogram":`...), sample.T, sample.H)
			}
			s.Raw(append(b, '}'))
		}
		s.Close(']')
	case promql.Matrix:
		s.Open('[')
		for i, series := range v {
			if i%checkEvery == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			b = appendLabels(append(b[:0], `{"metric":`...), series.Metric)
			for i, p := range series.Floats {
				b = append(b, between(i, `,"values":[`)...)
				b = appendPoint(b, p.T, p.F)
			}
			if len(series.Floats) > 0 {
				b = append(b, ']')
			}
			for i, p := range series.Histograms {
				b = append(b, between(i, `,"histograms":[`)...)
				b = appendHistogramPoint(b, p.T, p.H)
			}
			if len(series.Histograms) > 0 {
				b = append(b, ']')
			}
			s.Raw(append(b, '}'))
		}
		s.Close(']')
	}
	return s.Err()
}

// between is what stands before the element of an array.
func between(i int, first string) string {
	if i == 0 {
		return first
	}
	return ","
}

func appendLabels(b []byte, l labels.Labels) []byte {
	b = append(b, '{')
	first := true
	l.Range(func(l labels.Label) {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = api.AppendString(b, l.Name)
		b = api.AppendString(append(b, ':'), l.Value)
	})
	return append(b, '}')
}

func appendPoint(b []byte, t int64, v float64) []byte {
	b = appendTime(append(b, '['), t)
	return append(appendFloat(append(b, ','), v), ']')
}

// appendTime appends unix ms as seconds, with three digits after the point or none.
func appendTime(b []byte, t int64) []byte {
	if t < 0 {
		b = append(b, '-')
		t = -t
	}
	b = strconv.AppendInt(b, t/1000, 10)
	if ms := t % 1000; ms != 0 {
		b = append(b, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	}
	return b
}

// appendFloat appends a number as text, since JSON has no infinities.
func appendFloat(b []byte, v float64) []byte {
	format := byte('f')
	if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return append(strconv.AppendFloat(append(b, '"'), v, format, -1, 64), '"')
}

func appendHistogramPoint(b []byte, t int64, h *histogram.FloatHistogram) []byte {
	b = appendTime(append(b, '['), t)
	b = appendFloat(append(b, `,{"count":`...), h.Count)
	b = appendFloat(append(b, `,"sum":`...), h.Sum)
	n := 0
	for it := h.AllBucketIterator(); it.Next(); {
		bucket := it.At()
		if bucket.Count == 0 {
			continue
		}
		b = append(b, between(n, `,"buckets":[`)...)
		n++
		edges := byte('2') // which bounds belong to the bucket: 0 the upper, 1 the lower, 2 none, 3 both
		switch {
		case bucket.LowerInclusive && bucket.UpperInclusive:
			edges = '3'
		case bucket.LowerInclusive:
			edges = '1'
		case bucket.UpperInclusive:
			edges = '0'
		}
		b = append(b, '[', edges, ',')
		b = append(appendFloat(b, bucket.Lower), ',')
		b = append(appendFloat(b, bucket.Upper), ',')
		b = append(appendFloat(b, bucket.Count), ']')
	}
	if n > 0 {
		b = append(b, ']')
	}
	return append(b, '}', ']')
}

func writeStats(s *api.Stream, q *stats.Statistics) {
	s.Value(stats.NewQueryStats(q))
}

func writeExemplars(w http.ResponseWriter, found []exemplar.QueryResult) error {
	s := begin(w)
	s.Open('[')
	var b []byte
	for _, series := range found {
		b = appendLabels(append(b[:0], `{"seriesLabels":`...), series.SeriesLabels)
		b = append(b, `,"exemplars":[`...)
		for i, e := range series.Exemplars {
			b = append(b, between(i, "")...)
			b = appendLabels(append(b, `{"labels":`...), e.Labels)
			b = appendFloat(append(b, `,"value":`...), e.Value)
			b = append(appendTime(append(b, `,"timestamp":`...), e.Ts), '}')
		}
		s.Raw(append(b, ']', '}'))
	}
	s.Close(']')
	return end(s, nil, "")
}
