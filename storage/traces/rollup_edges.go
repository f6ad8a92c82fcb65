package traces

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/storage/conn"
)

var (
	//go:embed rollup_spans.sql
	rollupSpansSQL string
	//go:embed rollup_producers.sql
	producersSQL string
	//go:embed rollup_count.sql
	countSpansSQL string
)

// Kinds of the ends of edges.
const (
	EndService  = "service"  // sends spans of its own
	EndClient   = "client"   // whoever calls an entry point
	EndInferred = "inferred" // known from spans of others only
)

// End is an end of an edge of the service map.
type End struct {
	Kind                       string
	Type, Env, Namespace, Name string
}

// edgeRow is a row of edges_1m.
type edgeRow struct {
	edgeKey
	Measure
	Spans  uint64
	Server Measure // the called one's view
	Age    Measure // of messages: count in OK
}

type edgeKey struct {
	Minute   uint32 // unix seconds
	Async    bool
	Src, Dst End
}

// How far around the minutes spans are looked at. A called span starts when its caller has sent, give or take clocks; a message may
// wait, so producers are looked for further back, and those of single messages for a day.
const (
	reachBefore   = 10 * time.Second // rollup_spans.sql says the same
	reachAfter    = 15 * time.Second
	producersBack = 2 * time.Minute
	farBack       = 24 * time.Hour
	// maxFar is how many traces producers are looked for in further back: a backlog is sampled.
	maxFar = 256
	// partSpans is how many spans are joined at a time; minutes with more are read in parts. It bounds the memory: 150 bytes each.
	partSpans = 400_000
)

// edgeSource reads what the edges of whole minutes are made of.
type edgeSource struct {
	db        *conn.DB
	class     conn.Class
	project   string
	in        Range
	partSpans int
	labels    *labels
}

// edges computes the rows of edges_1m for whole minutes from spans. Only with lookFar are producers found that sent more than two
// minutes before.
func (s edgeSource) edges(ctx context.Context, lookFar bool) ([]edgeRow, error) {
	j := newJoiner(s.in)
	near := Range{s.in.From.Add(-producersBack), s.in.To.Add(reachAfter)}
	var spans []edgeSpan
	var full bool
	group, both := errgroup.WithContext(ctx)
	group.Go(func() error { return s.producers(both, near, j.producers, "") })
	group.Go(func() (err error) {
		spans, full, err = s.spans(both, j, 0, 1)
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if !full {
		j.join(spans)
	} else if err := s.inParts(ctx, j); err != nil {
		return nil, err
	}
	if lookFar && len(j.waiting) > 0 {
		if err := s.lookFar(ctx, j); err != nil {
			return nil, err
		}
	}
	j.deliver()
	known, err := s.names(ctx, j)
	if err != nil {
		return nil, err
	}
	j.resolve(known)
	return j.rows(known), nil
}

// spans reads a part of the traces' spans; full says that there are more than fit.
func (s edgeSource) spans(ctx context.Context, j *joiner, part, parts uint64) (spans []edgeSpan, full bool, err error) {
	type row struct {
		Start  int64    `ch:"start_ns"`
		Trace  [16]byte `ch:"trace_id"`
		ID     uint64   `ch:"span_id"`
		Parent uint64   `ch:"parent_id"`
		Kind   int32    `ch:"kind"`
		Class  uint8    `ch:"class"`
		Weight float64  `ch:"weight"`
		NS     uint64   `ch:"duration"`
		Node   uint64   `ch:"node"`
		Peer   uint64   `ch:"peer"`
		Links  string   `ch:"refs"`
	}
	spans = make([]edgeSpan, 0, 1<<14)
	params := append(s.in.params(s.project), conn.Uint("part", part), conn.Uint("parts", parts))
	for r, err := range conn.Rows[row](ctx, s.db, conn.Query{SQL: rollupSpansSQL, Params: params, Class: s.class}) {
		if err != nil {
			return nil, false, fmt.Errorf("read spans of edges: %w", err)
		}
		if parts == 1 && len(spans) == s.partSpans {
			return nil, true, nil
		}
		span := edgeSpan{r.Start, r.Trace, r.ID, r.Parent, r.NS, r.Node, r.Peer, r.Weight, -1, Kind(r.Kind), Class(r.Class)}
		if r.Links != "" {
			span.links = int32(len(j.links))
			j.links = append(j.links, r.Links)
		}
		if len(spans) == cap(spans) {
			spans = slices.Grow(spans, len(spans)) // append alone would copy five times as much
		}
		spans = append(spans, span)
	}
	return spans, false, nil
}

// inParts joins what is too much for one time, a part of the traces after the other.
func (s edgeSource) inParts(ctx context.Context, j *joiner) error {
	reach := Range{s.in.From.Add(-reachBefore), s.in.To.Add(reachAfter)}
	count, err := conn.One[uint64](ctx, s.db, conn.Query{SQL: countSpansSQL, Params: reach.params(s.project), Class: s.class})
	if err != nil {
		return fmt.Errorf("count spans of edges: %w", err)
	}
	parts := count/uint64(s.partSpans) + 1
	for part := range parts {
		spans, _, err := s.spans(ctx, j, part, parts)
		if err != nil {
			return err
		}
		j.join(spans)
	}
	return nil
}

// producers adds the spans that sent messages in a range; when may narrow them down.
func (s edgeSource) producers(ctx context.Context, in Range, to map[spanKey][]producer, which string, params ...conn.Param) error {
	type row struct {
		Start int64    `ch:"start_ns"`
		Trace [16]byte `ch:"trace_id"`
		Span  uint64   `ch:"span_id"`
		Node  uint64   `ch:"node"`
		Peer  uint64   `ch:"peer"`
	}
	query := conn.Query{SQL: when(producersSQL, which), Params: append(in.params(s.project), params...), Class: s.class}
	for r, err := range conn.Rows[row](ctx, s.db, query) {
		if err != nil {
			return fmt.Errorf("read producers: %w", err)
		}
		key := spanKey{r.Trace, r.Span}
		to[key] = append(to[key], producer{r.Start, r.Node, r.Peer})
	}
	return nil
}

// lookFar finds producers that sent long ago, by the index of traces.
func (s edgeSource) lookFar(ctx context.Context, j *joiner) error {
	r := Reader{db: s.db}
	index, err := r.index(ctx, s.project, j.lost(maxFar))
	if err != nil {
		return err
	}
	before := s.in.From.Add(-producersBack)
	far := Range{before, before}
	var ids [][16]byte
	for id, entry := range index {
		if entry.bounds.From.Before(before) && !entry.bounds.To.Before(before.Add(-farBack)) {
			ids = append(ids, id)
			far = far.union(entry.bounds)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	far = Range{later(far.From, before.Add(-farBack)), before}
	j.far = ids
	j.farFrom = far.From
	return s.producers(ctx, far, j.producers, "AND trace_id IN {ids:Array(FixedString(16))}", fixedArray("ids", ids))
}
