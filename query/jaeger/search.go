package jaeger

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/timeline"
	"github.com/sightline/sightline/storage/traces"
)

// incomplete is the header that says why a search may have found more; Jaeger's answers have no place for it that clients take for
// less than a failure.
const incomplete = "X-Sightline-Incomplete"

func (h *handlers) search(w http.ResponseWriter, r *http.Request) error {
	p := h.params(r)
	if ids := p.Values["traceID"]; len(ids) > 0 {
		return h.several(w, r, p, ids)
	}
	to := p.unix("end", time.Microsecond, p.now)
	from := p.unix("start", time.Microsecond, to.Add(-p.lookback()))
	q := question{
		service: p.Get("service"), operation: p.Get("operation"), tags: p.tags(), in: rangeOf(from, to.Add(time.Microsecond)),
		shortest: p.duration(0, "minDuration"), longest: p.duration(0, "maxDuration"), limit: p.limit("limit"), raw: p.flag("raw"),
	}
	if err := cmpErr(p.err, q.check()); err != nil {
		return err
	}
	f, err := h.find(r.Context(), &q)
	if err != nil {
		return err
	}
	if f.reason != "" {
		w.Header().Set(incomplete, f.reason)
	}
	return writeTraces(w, f.traces, nil)
}

// check finds what Jaeger refuses, too. A search without a service is welcome here.
func (q *question) check() error {
	if q.shortest > 0 && q.longest > 0 && q.longest < q.shortest {
		return api.Errorf(api.BadParameter, "'maxDuration' should be greater than 'minDuration'")
	}
	return nil
}

func cmpErr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

const maxIDs = 100

// several answers with the traces of a list of ids; those that are not there are errors beside the others.
func (h *handlers) several(w http.ResponseWriter, r *http.Request, p *params, ids []string) error {
	hint, raw := h.hint(p), p.flag("raw")
	if p.err != nil {
		return p.err
	}
	if len(ids) > maxIDs {
		return api.Errorf(api.BadParameter, "%d traces are too many", len(ids)).WithHint("ask for %d at a time", maxIDs)
	}
	var found []*timeline.Timeline
	var missing []problem
	for _, text := range ids {
		id, err := traceIDOf(text)
		if err != nil {
			return err
		}
		t, err := h.read(r.Context(), id, hint, raw)
		switch {
		case errors.Is(err, traces.ErrNotFound):
			missing = append(missing, problem{Message: "trace not found", TraceID: idText(id)})
		case err != nil:
			return err
		default:
			found = append(found, t)
		}
	}
	return writeTraces(w, found, missing)
}

func (h *handlers) trace(w http.ResponseWriter, r *http.Request) error {
	p := h.params(r)
	hint, raw := h.hint(p), p.flag("raw")
	id, err := traceIDOf(r.PathValue("trace_id"))
	if err := cmpErr(p.err, err); err != nil {
		return err
	}
	t, err := h.read(r.Context(), id, hint, raw)
	if err != nil {
		return notFound(err)
	}
	return writeTraces(w, []*timeline.Timeline{t}, nil)
}

// hint is where the request says that a trace lies.
func (h *handlers) hint(p *params) traces.Range {
	return hintOf(p.unix("start", time.Microsecond, time.Time{}), p.unix("end", time.Microsecond, time.Time{}))
}

func hintOf(from, to time.Time) traces.Range {
	if from.IsZero() {
		from = to
	}
	if to.IsZero() {
		to = from
	}
	if from.After(to) {
		return traces.Range{}
	}
	return traces.Range{From: from, To: to}
}

// writeTraces streams traces, span by span: a whole trace may have 200,000.
func writeTraces(w http.ResponseWriter, all []*timeline.Timeline, problems []problem) error {
	s := api.NewStream(w)
	s.Open('{')
	s.Key("data")
	s.Open('[')
	for _, t := range all {
		c := newConverter(t)
		s.Open('{')
		s.Key("traceID")
		s.String(idText(t.TraceID))
		s.Key("spans")
		s.Open('[')
		for i := range t.Rows {
			s.Value(c.span(&t.Rows[i]))
		}
		s.Close(']')
		s.Key("processes")
		s.Open('{')
		for _, name := range slices.Sorted(maps.Keys(c.table)) {
			s.Key(name)
			s.Value(c.table[name])
		}
		s.Close('}')
		s.Key("warnings")
		warnings := make([]string, 0, len(t.Warnings))
		for _, v := range t.Warnings {
			warnings = append(warnings, v.Message)
		}
		s.Value(warnings)
		s.Close('}')
	}
	s.Close(']')
	for _, key := range []string{"total", "limit", "offset"} {
		s.Key(key)
		s.Int(0) // as Jaeger has it for traces
	}
	s.Key("errors")
	s.Value(problems)
	s.Close('}')
	return s.End()
}
