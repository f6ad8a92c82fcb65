package traces

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/storage/conn"
)

const (
	// maxTraceSpans bounds what a trace's reader returns.
	maxTraceSpans = 200_000
	// hintMargin widens a caller's hint: nearby granules are pruned by the bloom filter of trace ids, so it costs next to nothing.
	hintMargin = 10 * time.Minute
)

// lightRow is a row of read_trace.sql.
type lightRow struct {
	SpanID     uint64   `ch:"span_id"`
	ParentID   uint64   `ch:"parent_id"`
	Name       string   `ch:"name"`
	Kind       int32    `ch:"kind"`
	Start      int64    `ch:"start_ns"`
	Duration   uint64   `ch:"duration"`
	Status     int32    `ch:"status"`
	State      uint8    `ch:"state"`
	ResourceID [16]byte `ch:"resource_id"`
	Class      uint8    `ch:"class"`
	PeerType   string   `ch:"peer_type"`
	PeerName   string   `ch:"peer_name"`
	HTTPStatus uint16   `ch:"http_status"`
	Events     uint64   `ch:"events"`
	Links      uint64   `ch:"links"`
}

func (w *lightRow) span(id TraceID, in interner) Span {
	for _, s := range []*string{&w.Name, &w.PeerType, &w.PeerName} {
		in.share(s)
	}
	return Span{
		TraceID: id, SpanID: SpanID(w.SpanID), ParentID: SpanID(w.ParentID),
		Name: w.Name, Kind: Kind(w.Kind), Start: unixTime(w.Start), Duration: time.Duration(w.Duration),
		Status: Status(w.Status), State: State(w.State),
		Class: Class(w.Class), PeerType: w.PeerType, PeerName: w.PeerName, Weight: 1,
		HTTPStatus: w.HTTPStatus, NumEvents: int(w.Events), NumLinks: int(w.Links),
	}
}

// Trace gives the spans of a trace by start, as far as a timeline needs them: without attributes, events, links, scope, resource,
// trace state, flags, status message and weight, which is 1. It returns the earliest 200,000 at most; total is how many are
// stored. The hint says where in time the trace may lie; zero or wrong, it costs only time. ErrNotFound where nothing is stored.
func (r *Reader) Trace(ctx context.Context, project string, id TraceID, hint Range) (spans []Span, total int, err error) {
	var light []Span
	var read Range
	err = r.locate(ctx, project, id, hint, func(ctx context.Context, in Range) (int, error) {
		light, err = r.light(ctx, project, id, in, false, maxTraceSpans+1)
		read = in
		return len(light), err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read trace %s: %w", id, err)
	}
	total = len(light)
	if len(light) > maxTraceSpans {
		n, err := conn.One[uint64](ctx, r.db, conn.Query{SQL: traceTotalSQL, Params: traceParams(project, id, read)})
		if err == nil {
			total = int(n)
			light, err = r.light(ctx, project, id, read, true, maxTraceSpans)
		}
		if err != nil {
			return nil, 0, fmt.Errorf("read large trace %s: %w", id, err)
		}
	}
	sortByStart(light)
	kept := dropSuperseded(light)
	return kept, total - (len(light) - len(kept)), nil
}

func sortByStart(spans []Span) {
	slices.SortFunc(spans, func(a, b Span) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.SpanID, b.SpanID), cmp.Compare(a.State, b.State))
	})
}

func traceParams(project string, id TraceID, in Range) []conn.Param {
	return append(in.params(project), fixed("trace_id", id))
}

// light reads rows of a trace, limit at most. Only a trace past the limit is worth reading in order.
func (r *Reader) light(ctx context.Context, project string, id TraceID, in Range, ordered bool, limit int) ([]Span, error) {
	sql := traceSQL
	if in.To.Sub(in.From) <= nearby { // two or three granules: the index of trace ids takes longer
		sql = strings.Replace(sql, "trace_id = ", "identity(trace_id) = ", 1)
	}
	if ordered {
		sql += "ORDER BY start\n"
	}
	sql += "LIMIT {limit:UInt64}"
	var spans []Span
	var resources [][16]byte
	shared, names := interner{}, map[[16]byte]sourceNames{}
	known := r.beginSources(ctx, project)
	params := append(traceParams(project, id, in), conn.Uint("limit", uint64(limit)))
	for row, err := range conn.Rows[lightRow](ctx, r.db, conn.Query{SQL: sql, Params: params}) {
		if err != nil {
			known()
			return nil, err
		}
		spans = append(spans, row.span(id, shared))
		resources = append(resources, row.ResourceID)
		names[row.ResourceID] = sourceNames{}
	}
	known()
	if err := r.sourcesOf(ctx, project, id, in, names); err != nil {
		return nil, err
	}
	for i := range spans {
		n := names[resources[i]]
		spans[i].Service, spans[i].ServiceType, spans[i].Namespace, spans[i].Env, spans[i].Version = n.Service, n.ServiceType, n.Namespace, n.Env, n.Version
	}
	return spans, nil
}

// locate calls read with the range that the trace lies in, from its first to its last start, both included: once if the hint
// covers it or there is none. read returns how many spans it found.
func (r *Reader) locate(ctx context.Context, project string, id TraceID, hint Range, read func(context.Context, Range) (int, error)) error {
	if hint.IsZero() {
		bounds, found, err := r.bounds(ctx, project, id)
		if err != nil {
			return err
		}
		if !found {
			return ErrNotFound
		}
		n, err := read(ctx, bounds)
		if err == nil && n == 0 {
			err = ErrNotFound // indexed, and expired since or not stored yet
		}
		return err
	}
	hint = hint.widen(hintMargin)
	var bounds Range
	var indexed bool
	var n int
	group, both := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		bounds, indexed, err = r.bounds(both, project, id)
		return err
	})
	group.Go(func() (err error) {
		n, err = read(both, hint)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if indexed && !hint.covers(bounds) {
		if n > 0 {
			bounds = bounds.union(hint)
		}
		var err error
		if n, err = read(ctx, bounds); err != nil {
			return err
		}
	}
	if n == 0 {
		return ErrNotFound
	}
	return nil
}

// bounds are a trace's first and last start.
func (r *Reader) bounds(ctx context.Context, project string, id TraceID) (bounds Range, found bool, err error) {
	type row struct {
		First int64 `ch:"first"`
		Last  int64 `ch:"last"`
	}
	params := []conn.Param{conn.Str("project", project), fixed("trace_id", id)}
	for b, err := range conn.Rows[row](ctx, r.db, conn.Query{SQL: boundsSQL, Params: params}) {
		if err != nil {
			return Range{}, false, fmt.Errorf("read trace bounds: %w", err)
		}
		part := Range{unixTime(b.First), unixTime(b.Last)}
		if found {
			part = bounds.union(part)
		}
		bounds, found = part, true
	}
	return bounds, found, nil
}

// dropSuperseded drops the rows of spans in progress whose complete row is there too.
func dropSuperseded(spans []Span) []Span {
	if !slices.ContainsFunc(spans, func(s Span) bool { return s.State == StateInProgress }) {
		return spans
	}
	complete := map[SpanID]bool{}
	for i := range spans {
		if spans[i].State == StateComplete {
			complete[spans[i].SpanID] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(spans), func(s Span) bool { return s.State == StateInProgress && complete[s.SpanID] })
}
