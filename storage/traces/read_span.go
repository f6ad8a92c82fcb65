package traces

import (
	"context"
	"fmt"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/encode"
)

// wholeRow is a row of read_whole.sql.
type wholeRow struct {
	TraceID       [16]byte           `ch:"trace_id"`
	SpanID        uint64             `ch:"span_id"`
	ParentID      uint64             `ch:"parent_id"`
	TraceState    string             `ch:"trace_state"`
	Flags         uint32             `ch:"flags"`
	Name          string             `ch:"name"`
	Kind          int32              `ch:"kind"`
	Start         int64              `ch:"start_ns"`
	Duration      uint64             `ch:"duration"`
	Status        int32              `ch:"status"`
	StatusMessage string             `ch:"status_message"`
	State         uint8              `ch:"state"`
	DroppedAttrs  uint32             `ch:"dropped_attrs"`
	DroppedEvents uint32             `ch:"dropped_events"`
	DroppedLinks  uint32             `ch:"dropped_links"`
	ResourceID    [16]byte           `ch:"resource_id"`
	Service       string             `ch:"service"`
	ServiceType   string             `ch:"service_type"`
	Namespace     string             `ch:"namespace"`
	Env           string             `ch:"env"`
	Version       string             `ch:"version"`
	ScopeName     string             `ch:"scope_name"`
	ScopeVersion  string             `ch:"scope_version"`
	ScopeURL      string             `ch:"scope_schema_url"`
	ScopeAttrs    map[string]string  `ch:"scope_attrs"`
	ScopeDropped  uint32             `ch:"scope_dropped_attrs"`
	Class         uint8              `ch:"class"`
	PeerType      string             `ch:"peer_type"`
	PeerName      string             `ch:"peer_name"`
	Weight        float64            `ch:"weight"`
	Attrs         map[string]string  `ch:"attrs"`
	Ints          map[string]int64   `ch:"attrs_int"`
	Floats        map[string]float64 `ch:"attrs_float"`
	Lifted        []string           `ch:"lifted"` // in the order of liftMethod and on
	HTTPStatus    uint16             `ch:"http_status"`

	EvTime    []int64             `ch:"ev_ns"`
	EvName    []string            `ch:"ev_name"`
	EvAttrs   []map[string]string `ch:"ev_attrs"`
	EvDropped []uint32            `ch:"ev_dropped_attrs"`
	LnTrace   []string            `ch:"ln_trace_id"` // 16 bytes each
	LnSpan    []uint64            `ch:"ln_span_id"`
	LnState   []string            `ch:"ln_trace_state"`
	LnFlags   []uint32            `ch:"ln_flags"`
	LnAttrs   []map[string]string `ch:"ln_attrs"`
	LnDropped []uint32            `ch:"ln_dropped_attrs"`
}

func (w *wholeRow) span() Span {
	s := Span{
		TraceID: w.TraceID, SpanID: SpanID(w.SpanID), ParentID: SpanID(w.ParentID), TraceState: w.TraceState, Flags: w.Flags,
		Name: w.Name, Kind: Kind(w.Kind), Start: unixTime(w.Start), Duration: time.Duration(w.Duration),
		Status: Status(w.Status), StatusMessage: w.StatusMessage, State: State(w.State),
		Service: w.Service, ServiceType: w.ServiceType, Namespace: w.Namespace, Env: w.Env, Version: w.Version,
		Class: Class(w.Class), PeerType: w.PeerType, PeerName: w.PeerName, Weight: w.Weight,
		HTTPStatus: w.HTTPStatus, NumEvents: len(w.EvName), NumLinks: len(w.LnSpan),
		DroppedAttrs: w.DroppedAttrs, DroppedEvents: w.DroppedEvents, DroppedLinks: w.DroppedLinks,
		Scope:    Scope{Name: w.ScopeName, Version: w.ScopeVersion, SchemaURL: w.ScopeURL, Attrs: encode.ValuesOf(w.ScopeAttrs, nil, nil), DroppedAttrs: w.ScopeDropped},
		Resource: &Resource{ID: w.ResourceID},
	}
	s.Attrs = encode.ValuesOf(w.Attrs, w.Ints, w.Floats)
	for i, text := range w.Lifted {
		if text != "" {
			s.Attrs = append(s.Attrs, Attr{Key: liftedKeyOf[i+liftMethod], Text: text})
		}
	}
	if w.HTTPStatus != 0 {
		s.Attrs = append(s.Attrs, encode.IntAttr(liftedKeyOf[liftHTTPStatus], int64(w.HTTPStatus)))
	}
	encode.SortValues(s.Attrs)
	for i := range w.EvName {
		s.Events = append(s.Events, Event{Time: unixTime(w.EvTime[i]), Name: w.EvName[i], Attrs: encode.ValuesOf(w.EvAttrs[i], nil, nil), DroppedAttrs: w.EvDropped[i]})
	}
	for i := range w.LnSpan {
		l := Link{SpanID: SpanID(w.LnSpan[i]), TraceState: w.LnState[i], Flags: w.LnFlags[i], Attrs: encode.ValuesOf(w.LnAttrs[i], nil, nil), DroppedAttrs: w.LnDropped[i]}
		copy(l.TraceID[:], w.LnTrace[i])
		s.Links = append(s.Links, l)
	}
	return s
}

// Span gives a span with everything; several if their ids collide. The hint is Trace's.
func (r *Reader) Span(ctx context.Context, project string, id TraceID, span SpanID, hint Range) ([]Span, error) {
	if span == 0 {
		return nil, ErrNotFound
	}
	spans, err := r.whole(ctx, project, id, span, hint)
	if err != nil {
		return nil, fmt.Errorf("read span %s of trace %s: %w", span, id, err)
	}
	return spans, nil
}

// Whole gives the spans of a trace with everything, by start, the earliest 200,000 at most. The hint is Trace's.
func (r *Reader) Whole(ctx context.Context, project string, id TraceID, hint Range) ([]Span, error) {
	spans, err := r.whole(ctx, project, id, 0, hint)
	if err != nil {
		return nil, fmt.Errorf("read whole trace %s: %w", id, err)
	}
	return spans, nil
}

// wholeConditions are those of a trace, or of a span of it.
const wholeConditions = `AND trace_id = {trace_id:FixedString(16)}
    AND start >= {from:DateTime64(9, 'UTC')} AND start <= {to:DateTime64(9, 'UTC')}
    AND (span_id = {span_id:UInt64} OR {span_id:UInt64} = 0)`

// wholeSpans reads spans with everything but their resources. A timeout of 0 is a minute.
func (r *Reader) wholeSpans(ctx context.Context, conditions string, params []conn.Param, timeout time.Duration) ([]Span, error) {
	var spans []Span
	for row, err := range conn.Rows[wholeRow](ctx, r.db, conn.Query{SQL: when(wholeSQL, conditions), Params: params, Timeout: timeout}) {
		if err != nil {
			return nil, err
		}
		spans = append(spans, row.span())
	}
	return spans, nil
}

func (r *Reader) whole(ctx context.Context, project string, id TraceID, span SpanID, hint Range) ([]Span, error) {
	var spans []Span
	err := r.locate(ctx, project, id, hint, func(ctx context.Context, in Range) (n int, err error) {
		params := append(traceParams(project, id, in), conn.Uint("span_id", uint64(span)), conn.Uint("limit", uint64(maxTraceSpans)))
		spans, err = r.wholeSpans(ctx, wholeConditions, params, 0)
		return len(spans), err
	})
	if err != nil {
		return nil, err
	}
	spans = dropSuperseded(spans)
	return spans, r.addResources(ctx, project, spans)
}

// addResources fills in the resources, each read once.
func (r *Reader) addResources(ctx context.Context, project string, spans []Span) error {
	type row struct {
		ID        [16]byte           `ch:"id"`
		Attrs     map[string]string  `ch:"attrs"`
		Ints      map[string]int64   `ch:"attrs_int"`
		Floats    map[string]float64 `ch:"attrs_float"`
		Dropped   uint32             `ch:"dropped_attrs"`
		SchemaURL string             `ch:"schema_url"`
	}
	shared := map[[16]byte]*Resource{}
	var ids [][16]byte
	for i := range spans {
		id := spans[i].Resource.ID
		if shared[id] == nil {
			shared[id] = &Resource{ID: id}
			ids = append(ids, id)
		}
		spans[i].Resource = shared[id]
	}
	params := []conn.Param{conn.Str("project", project), fixedArray("ids", ids)}
	for row, err := range conn.Rows[row](ctx, r.db, conn.Query{SQL: resourcesSQL, Params: params}) {
		if err != nil {
			return fmt.Errorf("read resources: %w", err)
		}
		*shared[row.ID] = Resource{ID: row.ID, SchemaURL: row.SchemaURL, Attrs: encode.ValuesOf(row.Attrs, row.Ints, row.Floats), DroppedAttrs: row.Dropped}
	}
	return nil
}

// How far from a trace spans that link to it are looked for: a link is made after what it points to, or around the same time.
const (
	linkedBefore = 10 * time.Minute
	linkedAfter  = 6 * time.Hour
)

// LinkedFrom gives the newest spans that link to a span, limit at most, from ten minutes before its trace to six hours after it.
// Only TraceID and SpanID are set.
func (r *Reader) LinkedFrom(ctx context.Context, project string, id TraceID, span SpanID, limit int) ([]Link, error) {
	bounds, found, err := r.bounds(ctx, project, id)
	if err != nil || !found {
		return nil, err
	}
	type row struct {
		TraceID [16]byte `ch:"trace_id"`
		SpanID  uint64   `ch:"span_id"`
	}
	in := Range{bounds.From.Add(-linkedBefore), bounds.To.Add(linkedAfter)}
	params := append(traceParams(project, id, in), conn.Uint("span_id", uint64(span)), conn.Uint("limit", uint64(limit)))
	var links []Link
	for row, err := range conn.Rows[row](ctx, r.db, conn.Query{SQL: linkedFromSQL, Params: params}) {
		if err != nil {
			return nil, fmt.Errorf("read links to span %s of trace %s: %w", span, id, err)
		}
		links = append(links, Link{TraceID: row.TraceID, SpanID: SpanID(row.SpanID)})
	}
	return links, nil
}
