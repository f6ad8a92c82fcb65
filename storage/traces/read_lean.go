package traces

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/conn"
)

const (
	// maxLightSpans is how many spans a timeline reads as Span; a trace with more is read lean.
	maxLightSpans = 20_000
	// MaxLeanSpans bounds how much of a large trace is read.
	MaxLeanSpans = 1_000_000
	// maxTexts bounds the names of a large trace, in bytes; past it they are cut to shortText.
	maxTexts  = 32 << 20
	shortText = 32
)

// Lean is a span of a large trace: a seventh of a Span. Texts are places in the tables of its LeanTrace.
type Lean struct {
	SpanID, ParentID           SpanID
	Start                      int64 // ns since 1970
	Duration                   int64 // ns
	Source                     int32
	Name, PeerType, PeerName   int32
	Events, Links              uint32
	HTTPStatus                 uint16
	Kind, Class, Status, State uint8 // KindUnspecified for kinds that OTLP does not have
}

// Source is what spans take from their resource.
type Source struct {
	Service, ServiceType, Namespace, Env, Version string
}

// LeanTrace is a large trace as far as its timeline needs it.
type LeanTrace struct {
	TraceID TraceID
	Spans   []Lean // by start, the earliest MaxLeanSpans; a complete row has replaced one in progress
	Total   int    // spans that are stored
	Sources []Source
	Texts   []string

	release func()
}

// Close lets the next large trace be read: one at a time is what bounds their memory. It is called once.
func (t *LeanTrace) Close() {
	if t.release != nil {
		t.release()
	}
}

// Span gives one as Trace does.
func (t *LeanTrace) Span(i int) Span {
	l, s := &t.Spans[i], &t.Sources[t.Spans[i].Source]
	return Span{
		TraceID: t.TraceID, SpanID: l.SpanID, ParentID: l.ParentID,
		Name: t.Texts[l.Name], Kind: Kind(l.Kind), Start: unixTime(l.Start), Duration: time.Duration(l.Duration),
		Status: Status(l.Status), State: State(l.State), Class: Class(l.Class),
		PeerType: t.Texts[l.PeerType], PeerName: t.Texts[l.PeerName], HTTPStatus: l.HTTPStatus,
		NumEvents: int(l.Events), NumLinks: int(l.Links), Weight: 1,
		Service: s.Service, ServiceType: s.ServiceType, Namespace: s.Namespace, Env: s.Env, Version: s.Version,
	}
}

// texts numbers strings, within maxTexts.
type texts struct {
	list  []string
	known map[string]int32
	bytes int
}

func (t *texts) number(s string) int32 {
	n, ok := t.known[s]
	if ok {
		return n
	}
	if t.bytes += len(s); t.bytes > maxTexts && len(s) > shortText {
		t.bytes -= len(s)
		return t.number(strings.ToValidUTF8(s[:shortText], ""))
	}
	n = int32(len(t.list))
	t.list = append(t.list, s)
	t.known[s] = n
	return n
}

//go:embed read_lean.sql
var leanSQL string

// leanRow is a row of read_lean.sql.
type leanRow struct {
	SpanID     uint64 `ch:"span_id"`
	ParentID   uint64 `ch:"parent_id"`
	Name       string `ch:"name"`
	Kind       int32  `ch:"kind"`
	Start      int64  `ch:"start_ns"`
	Duration   uint64 `ch:"duration"`
	Status     int32  `ch:"status"`
	State      uint8  `ch:"state"`
	ResourceID string `ch:"resource_id"`
	Class      uint8  `ch:"class"`
	PeerType   string `ch:"peer_type"`
	PeerName   string `ch:"peer_name"`
	HTTPStatus uint16 `ch:"http_status"`
	Events     uint64 `ch:"events"`
	Links      uint64 `ch:"links"`
}

// Timeline gives the spans of a trace by start, as far as its timeline needs them: as Trace does, or lean where there are more
// than 20,000. A lean one must be closed; until then, the next waits. The hint is Trace's.
func (r *Reader) Timeline(ctx context.Context, project string, id TraceID, hint Range) ([]Span, *LeanTrace, error) {
	var light []Span
	var read Range
	err := r.locate(ctx, project, id, hint, func(ctx context.Context, in Range) (n int, err error) {
		light, err = r.light(ctx, project, id, in, false, maxLightSpans+1)
		read = in
		return len(light), err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read trace %s: %w", id, err)
	}
	if len(light) > maxLightSpans {
		light = nil // what follows needs the room
		select {
		case r.large <- struct{}{}:
		case <-ctx.Done():
			return nil, nil, context.Cause(ctx)
		}
		lean, err := r.lean(ctx, project, id, read)
		if err != nil {
			<-r.large
			return nil, nil, fmt.Errorf("read large trace %s: %w", id, err)
		}
		lean.release = func() { <-r.large }
		return nil, lean, nil
	}
	sortByStart(light)
	return dropSuperseded(light), nil, nil
}

// lean streams a large trace in.
func (r *Reader) lean(ctx context.Context, project string, id TraceID, in Range) (*LeanTrace, error) {
	total, err := conn.One[uint64](ctx, r.db, conn.Query{SQL: traceTotalSQL, Params: traceParams(project, id, in)})
	if err != nil {
		return nil, err
	}
	t := &LeanTrace{TraceID: id, Spans: make([]Lean, 0, min(int(total), MaxLeanSpans)), Total: int(total)}
	texts := texts{known: map[string]int32{}}
	places := map[string]int32{} // of resources in Sources
	var open int
	params := append(traceParams(project, id, in), conn.Uint("limit", uint64(MaxLeanSpans)))
	for row, err := range conn.Rows[leanRow](ctx, r.db, conn.Query{SQL: leanSQL, Params: params, Stream: true}) {
		if err != nil {
			return nil, err
		}
		source, ok := places[row.ResourceID]
		if !ok {
			source = int32(len(places))
			places[row.ResourceID] = source
		}
		open += int(row.State)
		t.Spans = append(t.Spans, row.lean(source, &texts))
	}
	t.Texts = texts.list
	if open > 0 {
		t.dropSuperseded()
	}
	names := make(map[[16]byte]sourceNames, len(places))
	for id := range places {
		names[[16]byte([]byte(id))] = sourceNames{}
	}
	if err := r.sourcesOf(ctx, project, id, in, names); err != nil {
		return nil, err
	}
	t.Sources = make([]Source, len(places))
	for id, place := range places {
		t.Sources[place] = Source(names[[16]byte([]byte(id))])
	}
	return t, nil
}

func (w *leanRow) lean(source int32, texts *texts) Lean {
	l := Lean{
		SpanID: SpanID(w.SpanID), ParentID: SpanID(w.ParentID), Start: w.Start, Duration: int64(min(w.Duration, math.MaxInt64)),
		Source: source, Name: texts.number(w.Name), PeerType: texts.number(w.PeerType), PeerName: texts.number(w.PeerName),
		Events: uint32(w.Events), Links: uint32(w.Links), HTTPStatus: w.HTTPStatus, Class: w.Class, State: w.State,
	}
	if w.Kind > 0 && w.Kind <= int32(KindConsumer) {
		l.Kind = uint8(w.Kind)
	}
	if w.Status > 0 && w.Status <= int32(StatusError) {
		l.Status = uint8(w.Status)
	}
	return l
}

// dropSuperseded drops the rows of spans in progress whose complete row is there too.
func (t *LeanTrace) dropSuperseded() {
	running := map[SpanID]bool{}
	for i := range t.Spans {
		if State(t.Spans[i].State) == StateInProgress {
			running[t.Spans[i].SpanID] = true
		}
	}
	for i := range t.Spans {
		if State(t.Spans[i].State) == StateComplete && running[t.Spans[i].SpanID] {
			running[t.Spans[i].SpanID] = false
		}
	}
	kept := t.Spans[:0]
	for _, l := range t.Spans {
		if State(l.State) == StateComplete || running[l.SpanID] {
			kept = append(kept, l)
		}
	}
	t.Total -= len(t.Spans) - len(kept)
	t.Spans = kept
}
