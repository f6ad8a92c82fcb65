package tempo

import (
	"net/http"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/traceql"
)

const (
	maxPoints     = 11_000 // of a series
	usualPoints   = 120    // of a series where no step is given
	maxExemplars  = 100    // of an answer
	statusPARTIAL = "PARTIAL"
)

type (
	rangeJSON struct {
		Series []seriesJSON `json:"series"`
		outcomeJSON
	}
	instantJSON struct {
		Series []pointJSON `json:"series"`
		outcomeJSON
	}
	// outcomeJSON has a status only where something is missing.
	outcomeJSON struct {
		Metrics metricsJSON `json:"metrics"`
		Status  string      `json:"status,omitempty"`
		Message string      `json:"message,omitempty"`
	}
	seriesJSON struct {
		Labels    []keyValueJSON `json:"labels"`
		Samples   []sampleJSON   `json:"samples"`
		Exemplars []exemplarJSON `json:"exemplars,omitempty"`
	}
	pointJSON struct {
		Labels []keyValueJSON `json:"labels"`
		Value  any            `json:"value"`
	}
	sampleJSON struct {
		Time  int64 `json:"timestampMs,string"`
		Value any   `json:"value"`
	}
	exemplarJSON struct {
		Labels []keyValueJSON `json:"labels"`
		Value  any            `json:"value"`
		Time   int64          `json:"timestampMs,string"`
	}
)

// steps are those that are chosen from where a request names none.
var steps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour,
}

func stepFor(length time.Duration) time.Duration {
	for _, step := range steps {
		if length/step <= usualPoints {
			return step
		}
	}
	return max(24*time.Hour, (length / usualPoints).Truncate(24*time.Hour))
}

// metricsRequest reads what both kinds of metrics queries have.
func (h *handlers) metricsRequest(r *http.Request, p *params, incomplete *string) (traceql.Request, error) {
	in, text := p.span(), p.text("q")
	if text == "" {
		if text = p.text("query"); text == "" { // as Prometheus calls it
			p.fail("invalid TraceQL query: the parameter q is missing")
		}
	}
	ask := traceql.Request{
		Project: api.CallerOf(r.Context()).Project, From: in.From, To: in.To,
		Exemplars:  p.positive("exemplars", 0, maxExemplars),
		Incomplete: func(reason string) { *incomplete = reason },
	}
	if p.err != nil {
		return ask, p.err
	}
	var err error
	if ask.Query, err = parse(text); err != nil {
		return ask, err
	}
	if !ask.Query.IsMetrics() {
		return ask, api.Errorf(api.BadParameter, "invalid TraceQL query: not a metrics query").WithHint("add a function such as | rate(), or ask /api/search")
	}
	return ask, nil
}

func outcomeOf(w http.ResponseWriter, reason string) outcomeJSON {
	out := outcomeJSON{Metrics: metricsOf(0, 0, reason == "")}
	if reason != "" {
		w.Header().Set(incompleteHeader, reason)
		out.Status, out.Message = statusPARTIAL, "not all spans were looked at: "+reason
	}
	return out
}

func (h *handlers) queryRange(w http.ResponseWriter, r *http.Request) error {
	p := h.params(r)
	step := p.duration("step")
	incomplete := ""
	ask, err := h.metricsRequest(r, p, &incomplete)
	if err != nil {
		return err
	}
	length := ask.To.Sub(ask.From)
	if step == 0 {
		step = stepFor(length)
	}
	if step < time.Millisecond || length/step > maxPoints {
		return api.Errorf(api.BadParameter, "invalid step: %s makes more than %d points", step, maxPoints)
	}
	series, err := h.Engine.Range(r.Context(), ask, step)
	if err != nil {
		return told(p.text("q"), err)
	}
	out := rangeJSON{Series: make([]seriesJSON, len(series)), outcomeJSON: outcomeOf(w, incomplete)}
	each := ask.Exemplars
	if len(series) > 0 && each > 0 {
		each = max(1, each/len(series)) // the limit is the whole answer's
	}
	for i, s := range series {
		one := seriesJSON{Labels: labelsOf(s.Labels), Samples: make([]sampleJSON, len(s.Points))}
		for j, point := range s.Points {
			one.Samples[j] = sampleJSON{point.Time.UnixMilli(), number(point.Value)}
		}
		for _, e := range s.Exemplars[:min(each, len(s.Exemplars))] {
			id := map[string]any{"stringValue": e.TraceID.String()}
			one.Exemplars = append(one.Exemplars, exemplarJSON{[]keyValueJSON{{"trace:id", id}}, number(e.Value), e.Time.UnixMilli()})
		}
		out.Series[i] = one
	}
	return api.WriteJSON(w, out)
}

func (h *handlers) queryInstant(w http.ResponseWriter, r *http.Request) error {
	p := h.params(r)
	incomplete := ""
	ask, err := h.metricsRequest(r, p, &incomplete)
	if err != nil {
		return err
	}
	ask.Exemplars = 0
	series, err := h.Engine.Instant(r.Context(), ask)
	if err != nil {
		return told(p.text("q"), err)
	}
	out := instantJSON{Series: []pointJSON{}, outcomeJSON: outcomeOf(w, incomplete)}
	for _, s := range series {
		if len(s.Points) > 0 {
			out.Series = append(out.Series, pointJSON{labelsOf(s.Labels), number(s.Points[0].Value)})
		}
	}
	return api.WriteJSON(w, out)
}

func labelsOf(labels []traceql.Label) []keyValueJSON {
	out := make([]keyValueJSON, len(labels))
	for i, l := range labels {
		out[i] = keyValueJSON{l.Name, valueOf(l.Value)}
	}
	return out
}
