package traceapi

import (
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"strconv"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/timeline"
	"github.com/sightline/sightline/storage/traces"
)

// Limits of a trace's answer, in spans.
const (
	defaultSpans = 100_000
	maxSpans     = 200_000
	// Of the rows below a span.
	defaultBelow = 1000
	maxBelow     = 10_000
)

func (h *handlers) trace(w http.ResponseWriter, r *http.Request) error {
	id, err := traceID(r)
	if err != nil {
		return err
	}
	p := api.ParamsOf(r, "start", "end", "skew", "limit")
	hint := h.hint(p)
	keepSkew := p.Choice("skew", "on", "off") == "off"
	limit := p.Int("limit", defaultSpans, 1, maxSpans)
	if err := p.Err(); err != nil {
		return err
	}
	return h.withTimeline(r, id, hint, keepSkew, func(t *timeline.Timeline) (*timeline.Timeline, error) {
		return t.Trim(limit), nil
	}, func(t *timeline.Timeline) error { return writeTrace(w, t, id) })
}

// children answers with what a trimmed timeline left out below a span.
func (h *handlers) children(w http.ResponseWriter, r *http.Request) error {
	id, err := traceID(r)
	if err != nil {
		return err
	}
	p := api.ParamsOf(r, "start", "end", "skew", "span_id", "from", "limit")
	hint := h.hint(p)
	keepSkew := p.Choice("skew", "on", "off") == "off"
	text := p.Text("span_id", 16)
	from, limit := p.Int("from", 0, 0, traces.MaxLeanSpans), p.Int("limit", defaultBelow, 1, maxBelow)
	if err := p.Err(); err != nil {
		return err
	}
	spanID, err := traces.ParseSpanID(text)
	if err != nil || spanID == 0 {
		return api.Errorf(api.BadParameter, "%q is no span id", text).WithHint("give 16 hex digits as span_id")
	}
	var part timeline.Part
	return h.withTimeline(r, id, hint, keepSkew, func(t *timeline.Timeline) (*timeline.Timeline, error) {
		row := t.Find(spanID)
		if row < 0 {
			return nil, traces.ErrNotFound
		}
		part = t.Below(row, from, limit)
		return part.Timeline, nil
	}, func(t *timeline.Timeline) error { return writeChildren(w, &part, id) })
}

// withTimeline builds a trace's timeline, chooses rows of it and writes these. Of a large trace nothing but those is left when it
// writes, and storage lets one be read at a time: that is what bounds their memory.
func (h *handlers) withTimeline(r *http.Request, id traces.TraceID, hint traces.Range, keepSkew bool,
	choose func(*timeline.Timeline) (*timeline.Timeline, error), write func(*timeline.Timeline) error) error {
	project, o := api.CallerOf(r.Context()).Project, timeline.Options{KeepSkew: keepSkew}
	build := func() (*timeline.Timeline, error) {
		spans, lean, err := h.Spans.Timeline(r.Context(), project, id, hint)
		if err != nil {
			return nil, err
		}
		if lean != nil {
			defer lean.Close()
			return choose(timeline.BuildLean(lean, o))
		}
		return choose(timeline.Build(spans, o))
	}
	t, err := build()
	if err != nil {
		return err
	}
	return write(t)
}

type (
	rootJSON struct {
		Service string `json:"service"`
		Name    string `json:"name"`
	}
	warningJSON struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	truncatedJSON struct {
		Kept  int `json:"kept"`
		Total int `json:"total"`
	}
	serviceShareJSON struct {
		Name   string `json:"name"`
		Env    string `json:"env"`
		Type   string `json:"type"`
		Spans  int    `json:"spans"`
		Errors int    `json:"errors"`
		Self   int64  `json:"self_ns"`
	}
)

// writeTrace streams a timeline: columns, not objects, since a browser parses 100,000 spans that way in a fraction of the time.
func writeTrace(w http.ResponseWriter, t *timeline.Timeline, id traces.TraceID) error {
	s := api.NewStream(w)
	writeTimeline(s, t, id)
	return s.End()
}

func writeTimeline(s *api.Stream, t *timeline.Timeline, id traces.TraceID) {
	value := func(key string, v any) { s.Key(key); s.Value(v) }
	number := func(key string, n int64) { s.Key(key); s.Int(n) }
	text := func(key, v string) { s.Key(key); s.String(v) }

	s.Open('{')
	text("trace_id", id.String())
	text("xray_id", id.XRay())
	text("start", nanos(t.Start))
	number("duration_ns", int64(t.Duration))
	value("root", rootOf(t))
	text("class", t.Class.String())
	number("span_count", int64(t.Spans))
	number("error_count", int64(t.Failures))
	number("depth", int64(t.Depth))
	number("service_count", int64(len(t.Services)))
	number("critical_ns", int64(t.CriticalTotal))
	value("warnings", warningsOf(t))
	value("truncated", truncatedOf(t))
	s.Key("in_progress")
	s.Bool(t.InProgress)
	writeRows(s, t)
	number("focus", int64(t.Focus))
	s.Close('}')
}

// writeChildren streams rows below a span as writeTrace does; the span itself is the first.
func writeChildren(w http.ResponseWriter, p *timeline.Part, id traces.TraceID) error {
	s := api.NewStream(w)
	s.Open('{')
	s.Key("trace_id")
	s.String(id.String())
	s.Key("start")
	s.String(nanos(p.Start))
	s.Key("children")
	s.Int(int64(p.Children))
	s.Key("next")
	if p.Next > 0 {
		s.Int(int64(p.Next))
	} else {
		s.Value(nil)
	}
	writeRows(s, p.Timeline)
	s.Close('}')
	return s.End()
}

// writeRows writes the services, the rows, and what names rows.
func writeRows(s *api.Stream, t *timeline.Timeline) {
	number := func(key string, n int64) { s.Key(key); s.Int(n) }
	services := make([]serviceShareJSON, len(t.Services))
	for i, v := range t.Services {
		services[i] = serviceShareJSON{v.Name, v.Env, v.Type, v.Spans, v.Errors, int64(v.Self)}
	}
	s.Key("services")
	s.Value(services)
	writeSpans(s, t)
	writeRepeats(s, t)
	s.Key("critical_path")
	s.Open('[')
	for _, c := range t.CriticalPath {
		s.Open('{')
		number("span", int64(c.Row))
		number("start", int64(c.Start))
		number("end", int64(c.End))
		s.Close('}')
	}
	s.Close(']')
	s.Key("errors")
	s.Open('[')
	for _, i := range t.Errors {
		s.Int(int64(i))
	}
	s.Close(']')
}

func rootOf(t *timeline.Timeline) *rootJSON {
	if !t.HasRoot {
		return nil
	}
	s := t.Rows[t.Main].Span
	return &rootJSON{s.Service, s.Name}
}

func warningsOf(t *timeline.Timeline) []warningJSON {
	out := make([]warningJSON, 0, len(t.Warnings)+1)
	for _, v := range t.Warnings {
		out = append(out, warningJSON(v))
	}
	if kept := len(t.Rows); kept < t.Spans {
		message := "Only " + strconv.Itoa(kept) + " of " + strconv.Itoa(t.Spans) + " spans are shown: errors, the critical path, the upper levels and the longest"
		if t.Spans > traces.MaxLeanSpans {
			message += " among the earliest " + strconv.Itoa(traces.MaxLeanSpans)
		}
		out = append(out, warningJSON{"truncated", message + "."})
	}
	return out
}

func truncatedOf(t *timeline.Timeline) *truncatedJSON {
	if len(t.Rows) >= t.Spans {
		return nil
	}
	return &truncatedJSON{Kept: len(t.Rows), Total: t.Spans}
}

// writeSpans writes the dictionaries and the columns of the spans.
func writeSpans(s *api.Stream, t *timeline.Timeline) {
	names, peers, types := newDict(), newDict(""), newDict("")
	indexes := make([][3]int32, len(t.Rows))
	hidden := false
	for i := range t.Rows {
		r := &t.Rows[i]
		indexes[i] = [3]int32{names.index(r.Span.Name), peers.index(r.Span.PeerName), types.index(r.Span.PeerType)}
		hidden = hidden || r.Hidden > 0
	}
	s.Key("dict")
	s.Open('{')
	names.write(s, "name")
	peers.write(s, "peer_name")
	types.write(s, "peer_type")
	s.Close('}')

	s.Key("spans")
	s.Open('{')
	s.Key("id")
	s.Open('[')
	quoted := []byte(`"0123456789abcdef"`)
	var id [8]byte
	for i := range t.Rows {
		binary.BigEndian.PutUint64(id[:], uint64(t.Rows[i].Span.SpanID))
		hex.Encode(quoted[1:], id[:])
		s.Raw(quoted)
	}
	s.Close(']')
	column := func(key string, of func(i int, r *timeline.Row) int64) {
		s.Key(key)
		s.Open('[')
		for i := range t.Rows {
			s.Int(of(i, &t.Rows[i]))
		}
		s.Close(']')
	}
	column("parent", func(_ int, r *timeline.Row) int64 { return int64(r.Parent) })
	column("depth", func(_ int, r *timeline.Row) int64 { return int64(r.Depth) })
	column("start", func(_ int, r *timeline.Row) int64 { return int64(r.Start) })
	column("duration", func(_ int, r *timeline.Row) int64 { return int64(r.Duration) })
	column("self", func(_ int, r *timeline.Row) int64 { return int64(r.Self) })
	column("service", func(_ int, r *timeline.Row) int64 { return int64(r.Service) })
	column("name", func(i int, _ *timeline.Row) int64 { return int64(indexes[i][0]) })
	column("kind", func(_ int, r *timeline.Row) int64 { return known(int64(r.Span.Kind), int64(traces.KindConsumer)) })
	column("class", func(_ int, r *timeline.Row) int64 { return known(int64(r.Span.Class), int64(traces.ClassFault)) })
	column("status", func(_ int, r *timeline.Row) int64 { return known(int64(r.Span.Status), int64(traces.StatusError)) })
	column("http", func(_ int, r *timeline.Row) int64 { return int64(r.Span.HTTPStatus) })
	column("flags", func(_ int, r *timeline.Row) int64 { return int64(r.Flags) })
	column("events", func(_ int, r *timeline.Row) int64 { return int64(r.Span.NumEvents) })
	column("links", func(_ int, r *timeline.Row) int64 { return int64(r.Span.NumLinks) })
	column("peer_name", func(i int, _ *timeline.Row) int64 { return int64(indexes[i][1]) })
	column("peer_type", func(i int, _ *timeline.Row) int64 { return int64(indexes[i][2]) })
	column("descendants", func(_ int, r *timeline.Row) int64 { return int64(r.Descendants) })
	if hidden {
		column("hidden", func(_ int, r *timeline.Row) int64 { return int64(r.Hidden) })
	}
	if len(t.Repeats) > 0 {
		column("repeat", func(_ int, r *timeline.Row) int64 { return int64(r.Repeat) - 1 })
	}
	column("skew", func(_ int, r *timeline.Row) int64 { return int64(r.Skew) })
	s.Close('}')
}

// known is an enum's number, 0 for values that no version of OTLP has yet.
func known(n, last int64) int64 {
	if n < 0 || n > last {
		return 0
	}
	return n
}

// dict numbers texts.
type dict struct {
	texts   []string
	numbers map[string]int32
}

func newDict(first ...string) *dict {
	d := &dict{numbers: make(map[string]int32)}
	for _, text := range first {
		d.index(text)
	}
	return d
}

func (d *dict) index(text string) int32 {
	n, ok := d.numbers[text]
	if !ok {
		n = int32(len(d.texts))
		d.numbers[text] = n
		d.texts = append(d.texts, text)
	}
	return n
}

func (d *dict) write(s *api.Stream, key string) {
	s.Key(key)
	s.Open('[')
	for _, text := range d.texts {
		s.String(text)
	}
	s.Close(']')
}
