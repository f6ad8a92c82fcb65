package jaeger

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/servicemap"
	"github.com/sightline/sightline/storage/traces"
)

const (
	minStep            = time.Minute // of the rollups
	defaultMetricsBack = time.Hour
	maxPoints          = 1500
	maxServices        = 50
)

// The JSON of a family of OpenMetrics, as protobuf's JSON has it.
type (
	familyJSON struct {
		Name    string       `json:"name"`
		Type    string       `json:"type"`
		Help    string       `json:"help"`
		Metrics []metricJSON `json:"metrics"`
	}
	metricJSON struct {
		Labels []labelJSON `json:"labels"`
		Points []pointJSON `json:"metricPoints"`
	}
	labelJSON struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	pointJSON struct {
		Gauge gaugeJSON `json:"gaugeValue"`
		At    time.Time `json:"timestamp"`
	}
	gaugeJSON struct {
		Value any `json:"doubleValue"` // a number, or NaN as text
	}
)

// metricsQuery is what the three metrics are asked with.
type metricsQuery struct {
	services []string
	kinds    []traces.Kind
	grouped  bool // by operation
	in       traces.Range
	step     time.Duration
}

func (h *handlers) metricsQuery(p *params) (q metricsQuery, err error) {
	q.services, q.grouped = p.Values["service"], p.flag("groupByOperation")
	if len(q.services) == 1 {
		q.services = strings.Split(q.services[0], ",service=") // the UI joins several with commas
	}
	to := p.unix("endTs", time.Millisecond, p.now)
	back := p.units("lookback", time.Millisecond, defaultMetricsBack)
	step := p.units("step", time.Millisecond, minStep)
	kinds := p.Values["spanKind"]
	if len(kinds) == 0 {
		kinds = []string{"server"}
	}
	for _, text := range kinds {
		kind := slices.Index(kindNames, strings.ToLower(strings.TrimPrefix(text, "SPAN_KIND_")))
		if kind < 0 {
			p.bad("spanKind", "unsupported span kind: '%s'", text)
		}
		q.kinds = append(q.kinds, traces.Kind(kind))
	}
	switch {
	case p.err != nil:
		return q, p.err
	case len(q.services) == 0 || q.services[0] == "":
		return q, api.Errorf(api.BadParameter, "unable to parse param 'service': please provide at least one service name")
	case len(q.services) > maxServices:
		return q, api.Errorf(api.BadParameter, "unable to parse param 'service': %d are too many", len(q.services))
	}
	q.in = rangeOf(to.Add(-back), to)
	step = max(step, minStep, q.in.To.Sub(q.in.From)/maxPoints)
	q.step = (step + minStep - 1).Truncate(minStep)
	return q, nil
}

// pointFunc is a metric's value of a step that is so long, of the requests in it. What has no requests may have no value: NaN.
type pointFunc func(m *traces.Measure, took time.Duration) float64

func (h *handlers) calls(w http.ResponseWriter, r *http.Request) error {
	return h.metrics(w, r, "call_rate", "calls/sec", func(m *traces.Measure, took time.Duration) float64 { return m.Requests() / took.Seconds() })
}

func (h *handlers) errors(w http.ResponseWriter, r *http.Request) error {
	return h.metrics(w, r, "error_rate", "error rate, computed as a fraction of errors/sec over calls/sec",
		func(m *traces.Measure, _ time.Duration) float64 { return servicemap.Bad(m) / m.Requests() })
}

func (h *handlers) latencies(w http.ResponseWriter, r *http.Request) error {
	text := r.URL.Query().Get("quantile")
	quantile, err := strconv.ParseFloat(text, 64)
	if err != nil || !(quantile >= 0 && quantile <= 1) {
		return api.Errorf(api.BadParameter, "unable to parse param 'quantile': %q is no number from 0 to 1", text)
	}
	return h.metrics(w, r, "latencies", fmt.Sprintf("%.2fth quantile latency", quantile), func(m *traces.Measure, _ time.Duration) float64 {
		if len(m.Latency) == 0 {
			return math.NaN()
		}
		return float64(servicemap.Percentiles(m, quantile)[0]) / float64(time.Millisecond)
	})
}

func (h *handlers) minStep(w http.ResponseWriter, _ *http.Request) error {
	return api.WriteJSON(w, answer{Data: minStep.Milliseconds()})
}

// metrics answers with a gauge for each service, or each of its operations.
func (h *handlers) metrics(w http.ResponseWriter, r *http.Request, name, help string, value pointFunc) error {
	q, err := h.metricsQuery(h.params(r))
	if err != nil {
		return err
	}
	family := familyJSON{Name: "service_" + name, Type: "GAUGE", Help: help + ", grouped by service", Metrics: []metricJSON{}}
	if q.grouped {
		family.Name, family.Help = "service_operation_"+name, family.Help+" & operation"
	}
	for _, service := range q.services {
		rows, err := h.Rollups.OperationSteps(r.Context(), traces.ServiceQuery{Project: project(r.Context()), Range: q.in, Step: q.step, Name: service})
		if err != nil {
			return err
		}
		family.Metrics = append(family.Metrics, q.gauges(service, rows, h.Now(), value)...)
	}
	return api.WriteJSON(w, family)
}

// gauges of a service, by operation if they are grouped so.
func (q *metricsQuery) gauges(service string, rows []traces.OperationRow, now time.Time, value pointFunc) []metricJSON {
	series := map[string]map[time.Time]*traces.Measure{}
	for i := range rows {
		row := &rows[i]
		if !slices.Contains(q.kinds, row.Kind) {
			continue
		}
		name := ""
		if q.grouped {
			name = row.Name
		}
		if series[name] == nil {
			series[name] = map[time.Time]*traces.Measure{}
		}
		if series[name][row.At] == nil {
			series[name][row.At] = &traces.Measure{}
		}
		series[name][row.At].Add(&row.Measure)
	}
	gauges := make([]metricJSON, 0, len(series))
	for _, name := range slices.Sorted(maps.Keys(series)) {
		m := metricJSON{Labels: []labelJSON{{"service_name", service}}}
		if q.grouped {
			m.Labels = append(m.Labels, labelJSON{"operation", name})
		}
		m.Points = q.points(series[name], now, value)
		gauges = append(gauges, m)
	}
	return gauges
}

// points of the steps of the range, each at its end, or where it has not ended, now.
func (q *metricsQuery) points(steps map[time.Time]*traces.Measure, now time.Time, value pointFunc) []pointJSON {
	var points []pointJSON
	seconds := int64(q.step / time.Second)
	for at := time.Unix(q.in.From.Unix()/seconds*seconds, 0).UTC(); at.Before(q.in.To); at = at.Add(q.step) {
		m := cmp.Or(steps[at], &traces.Measure{})
		from, to := at, at.Add(q.step)
		if first := q.in.From.Truncate(minStep); from.Before(first) {
			from = first
		}
		if to.After(now) {
			to = now
		}
		if !to.After(from) {
			break
		}
		v := value(m, to.Sub(from))
		point := pointJSON{At: to.UTC()}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			point.Gauge.Value = "NaN"
		} else {
			point.Gauge.Value = servicemap.Round(v)
		}
		points = append(points, point)
	}
	return points
}
