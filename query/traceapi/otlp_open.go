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

// fileTraceJSON is what there is to choose a trace of a file by.
type fileTraceJSON struct {
	TraceID  string    `json:"trace_id"`
	Spans    int       `json:"spans"`
	Errors   int       `json:"errors"`
	Start    time.Time `json:"start"`
	Duration int64     `json:"duration_ns"`
	Root     *rootJSON `json:"root"`
}

// fileTrace sums up one trace of a file. Times are of the spans as sent.
type fileTrace struct {
	id            traces.TraceID
	spans, errors int
	start, end    time.Time
	root          *traces.Span // the first without a parent; nil in a trace without
}

// tracesOfFile are those of the spans, the largest first.
func tracesOfFile(spans []traces.Span) []*fileTrace {
	by := map[traces.TraceID]*fileTrace{}
	for i := range spans {
		s := &spans[i]
		end := s.Start.Add(s.Duration)
		t := by[s.TraceID]
		if t == nil {
			t = &fileTrace{id: s.TraceID, start: s.Start, end: end}
			by[s.TraceID] = t
		}
		t.spans++
		if s.Class != traces.ClassOK {
			t.errors++
		}
		if s.Start.Before(t.start) {
			t.start = s.Start
		}
		if end.After(t.end) {
			t.end = end
		}
		if s.ParentID == 0 && (t.root == nil || s.Start.Before(t.root.Start)) {
			t.root = s
		}
	}
	return slices.SortedFunc(maps.Values(by), func(a, b *fileTrace) int {
		return cmp.Or(cmp.Compare(b.spans, a.spans), bytes.Compare(a.id[:], b.id[:]))
	})
}

func (t *fileTrace) json() fileTraceJSON {
	out := fileTraceJSON{TraceID: t.id.String(), Spans: t.spans, Errors: t.errors, Start: t.start.UTC(), Duration: int64(t.end.Sub(t.start))}
	if t.root != nil {
		out.Root = &rootJSON{t.root.Service, t.root.Name}
	}
	return out
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
	all := tracesOfFile(spans)
	if len(all) == 0 {
		return api.Errorf(api.BadRequest, "the file has no spans").WithHint("give OTLP JSON, as a trace's download is, or Jaeger's JSON")
	}
	id := all[0].id
	if wanted != "" {
		if id, err = traces.ParseTraceID(wanted); err != nil || !slices.ContainsFunc(all, func(t *fileTrace) bool { return t.id == id }) {
			return api.Errorf(api.NotFound, "the file has no trace %q", wanted)
		}
	}
	// Before the spans of the others go: roots are among them.
	list := make([]fileTraceJSON, 0, min(len(all), maxFileTraces))
	for _, t := range all[:min(len(all), maxFileTraces)] {
		list = append(list, t.json())
	}
	spans = slices.DeleteFunc(spans, func(s traces.Span) bool { return s.TraceID != id })
	return writeOpened(w, timeline.Build(spans, timeline.Options{KeepSkew: keepSkew}), id, list)
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

func writeOpened(w http.ResponseWriter, t *timeline.Timeline, id traces.TraceID, list []fileTraceJSON) error {
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
