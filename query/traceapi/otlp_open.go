package traceapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/timeline"
	"github.com/sightline/sightline/storage/traces"
)

// maxFile bounds a file that is opened, in bytes: what is answered is some three times as long.
const maxFile = 32 << 20

type fileTraceJSON struct {
	TraceID string `json:"trace_id"`
	Spans   int    `json:"spans"`
}

// open answers with the timeline of a trace that comes in the request, and with everything about its spans. Nothing is stored.
func (h *handlers) open(w http.ResponseWriter, r *http.Request) error {
	p := api.ParamsOf(r, "trace_id", "skew")
	wanted := p.Text("trace_id", 35)
	keepSkew := p.Choice("skew", "on", "off") == "off"
	if err := p.Err(); err != nil {
		return err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFile))
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return api.Errorf(api.TooLarge, "the file is longer than %d MiB", maxFile>>20).WithHint("send its spans to the OTLP endpoint, which stores them")
	case err != nil:
		return api.Errorf(api.BadRequest, "the file did not arrive whole")
	}
	spans, err := spansOfFile(body)
	if err != nil {
		return api.Errorf(api.BadRequest, "this is no trace: %v", err).WithHint("give OTLP JSON, as a trace's download is, or Jaeger's JSON")
	}
	counts := map[traces.TraceID]int{}
	for i := range spans {
		counts[spans[i].TraceID]++
	}
	if len(counts) == 0 {
		return api.Errorf(api.BadRequest, "the file has no spans").WithHint("give OTLP JSON, as a trace's download is, or Jaeger's JSON")
	}
	ids := slices.SortedFunc(maps.Keys(counts), func(a, b traces.TraceID) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), bytes.Compare(a[:], b[:]))
	})
	id := ids[0]
	if wanted != "" {
		if id, err = traces.ParseTraceID(wanted); err != nil || counts[id] == 0 {
			return api.Errorf(api.NotFound, "the file has no trace %q", wanted)
		}
	}
	spans = slices.DeleteFunc(spans, func(s traces.Span) bool { return s.TraceID != id })
	return writeOpened(w, timeline.Build(spans, timeline.Options{KeepSkew: keepSkew}), id, ids, counts)
}

// maxFileTraces is how many of a file's traces are named, the largest first.
const maxFileTraces = 100

func writeOpened(w http.ResponseWriter, t *timeline.Timeline, id traces.TraceID, ids []traces.TraceID, counts map[traces.TraceID]int) error {
	linked := map[traces.SpanID][]traces.Link{}
	for i := range t.Rows {
		s := t.Rows[i].Span
		for _, l := range s.Links {
			if l.TraceID == id && len(linked[l.SpanID]) < maxLinkedFrom {
				linked[l.SpanID] = append(linked[l.SpanID], traces.Link{TraceID: id, SpanID: s.SpanID})
			}
		}
	}
	s := api.NewStream(w)
	s.Open('{')
	list := make([]fileTraceJSON, 0, min(len(ids), maxFileTraces))
	for _, other := range ids[:min(len(ids), maxFileTraces)] {
		list = append(list, fileTraceJSON{other.String(), counts[other]})
	}
	s.Key("traces")
	s.Value(list)
	s.Key("trace")
	writeTimeline(s, t, id)
	s.Key("details")
	s.Open('[')
	for i := range t.Rows {
		s.Value(spanOf(t.Rows[i].Span, linked[t.Rows[i].Span.SpanID]))
	}
	s.Close(']')
	s.Close('}')
	return s.End()
}

// spansOfFile reads a file of one or several JSON documents, each of OTLP or Jaeger's.
func spansOfFile(body []byte) ([]traces.Span, error) {
	var out []traces.Span
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))))
	for n := 1; ; n++ {
		var raw json.RawMessage
		err := d.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		var spans []traces.Span
		if err == nil {
			spans, err = spansOfDocument(raw)
		}
		if err != nil {
			if n > 1 {
				return nil, fmt.Errorf("document %d: %w", n, err)
			}
			return nil, err
		}
		out = append(out, spans...)
	}
}

func spansOfDocument(raw json.RawMessage) ([]traces.Span, error) {
	var kind struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil {
		return nil, err
	}
	if kind.Data != nil {
		var f jaegerFile
		if err := json.Unmarshal(raw, &f); err != nil {
			return nil, err
		}
		return f.spans()
	}
	var f otlpFile
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, err
	}
	return f.spans()
}
