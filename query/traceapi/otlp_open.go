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
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/timeline"
	"github.com/sightline/sightline/storage/traces"
)

const (
	// maxFile bounds a file that is opened, in bytes. Its spans take some three times as much memory.
	maxFile = 256 << 20
	// smallFile is how many bytes take so little memory that several are read at a time.
	smallFile = 16 << 20
	// fileTime is how long a file may take to arrive and its answer to be sent.
	fileTime = 5 * time.Minute
)

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
	if r.ContentLength < 0 || r.ContentLength > smallFile {
		select {
		case h.largeFile <- struct{}{}:
			defer func() { <-h.largeFile }()
		default:
			return &api.Error{Code: api.TooManyRequests, Message: "another large file is being read", Hint: "try again in a moment", RetryAfter: 5 * time.Second}
		}
	}
	spans, err := spansSent(w, r, maxFile)
	if err != nil {
		return err
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

// spansSent reads the file that a request brings, of max bytes at most.
func spansSent(w http.ResponseWriter, r *http.Request, max int64) ([]traces.Span, error) {
	tooLarge := api.Errorf(api.TooLarge, "the file is longer than %d MiB", max>>20).WithHint("send its spans to the OTLP endpoint, which stores them")
	if r.ContentLength > max {
		return nil, tooLarge
	}
	control, end := http.NewResponseController(w), time.Now().Add(fileTime)
	for _, set := range []func(time.Time) error{control.SetReadDeadline, control.SetWriteDeadline} {
		if err := set(end); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return nil, fmt.Errorf("extend time of file: %w", err)
		}
	}
	body := &arriving{from: http.MaxBytesReader(w, r.Body, max)}
	spans, err := spansOfFile(body)
	var long *http.MaxBytesError
	switch {
	case errors.As(body.err, &long):
		return nil, tooLarge
	case body.err != nil:
		return nil, api.Errorf(api.BadRequest, "the file did not arrive whole")
	case err != nil:
		return nil, api.Errorf(api.BadRequest, "this is no trace: %v", err).WithHint("give OTLP JSON, as a trace's download is, or Jaeger's JSON")
	}
	return spans, nil
}

// arriving remembers why reading ended early.
type arriving struct {
	from io.Reader
	err  error
}

func (a *arriving) Read(b []byte) (int, error) {
	n, err := a.from.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		a.err = err
	}
	return n, err
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
	// What spans are of comes once: it is longer than they are.
	var resources []*traces.Resource
	number := map[*traces.Resource]int{}
	s.Key("resource_of")
	s.Open('[')
	for i := range t.Rows {
		r := t.Rows[i].Span.Resource
		n, ok := number[r]
		if !ok {
			n = len(resources)
			number[r] = n
			resources = append(resources, r)
		}
		s.Int(int64(n))
	}
	s.Close(']')
	s.Key("resources")
	s.Open('[')
	for _, r := range resources {
		s.Value(resourceOf(r))
	}
	s.Close(']')
	// The last, and a line each: the page reads the lines that it shows, for all of them are longer than a text may be there.
	s.Key("details")
	s.Open('[')
	for i := range t.Rows {
		span := *t.Rows[i].Span
		span.Resource = nil
		line, err := json.Marshal(spanOf(&span, linked[span.SpanID]))
		if err != nil {
			return fmt.Errorf("encode span: %w", err)
		}
		s.Raw(append([]byte{'\n'}, line...))
	}
	s.Close(']')
	s.Close('}')
	return s.End()
}
