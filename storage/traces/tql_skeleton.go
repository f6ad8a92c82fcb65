package traces

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
)

var (
	//go:embed tql_skeleton.sql
	tqlSkeletonSQL string
	//go:embed tql_reach.sql
	tqlReachSQL string
)

// SkeletonQuery asks for traces. Atoms are what is to be known of every span, 64 at most.
type SkeletonQuery struct {
	Project string
	Traces  []Candidate
	Atoms   []filter.Expr
	Spans   []SpanID      // of WholeTraces: these alone; nil: all
	Limit   int           // spans of all traces, at most; 0: 400,000
	Timeout time.Duration // of each statement; 0: a minute
	Bare    bool          // of Skeletons: Bare in the place of Spans
}

// MaxAtoms is how many conditions a skeleton can have.
const MaxAtoms = 64

const maxSkeletonSpans = 400_000

// Skeleton is the spans of a trace by start. Of a skeleton only ids, name, kind, status, times, state, service, class and weight are
// set, and Bits: bit i of a span's says whether Atoms[i] holds.
type Skeleton struct {
	TraceID TraceID
	Spans   []Span
	Bits    []uint64
	Bare    []BareSpan // of a bare one, in no order, and those in progress beside their complete row
}

// Skeletons reads traces, in the order in which they are asked for, without attributes. Where the limit is reached, spans are missing.
func (r *Reader) Skeletons(ctx context.Context, q SkeletonQuery) ([]Skeleton, error) {
	if q.Bare {
		return r.bare(ctx, q)
	}
	type row struct {
		TraceID  [16]byte `ch:"trace_id"`
		SpanID   uint64   `ch:"span_id"`
		ParentID uint64   `ch:"parent_id"`
		Name     string   `ch:"name"`
		Kind     int32    `ch:"kind"`
		Start    int64    `ch:"start_ns"`
		Duration uint64   `ch:"duration"`
		Status   int32    `ch:"status"`
		State    uint8    `ch:"state"`
		Service  string   `ch:"service"`
		Class    uint8    `ch:"class"`
		Weight   float64  `ch:"weight"`
		Bits     uint64   `ch:"bits"`
	}
	sql, bound, err := withAtoms(tqlSkeletonSQL, q.Atoms)
	if err != nil {
		return nil, fmt.Errorf("read skeletons: %w", err)
	}
	names := interner{}
	skeletons, err := r.traces(ctx, q, func(in Range, ids []TraceID, add func(Span, uint64)) error {
		params := append(in.params(q.Project), fixedArray("ids", ids), conn.Uint("limit", uint64(q.limit())))
		params = append(params, bound...)
		for row, err := range conn.Rows[row](ctx, r.db, conn.Query{SQL: when(sql, ofTraces(in)), Params: params, Timeout: q.Timeout}) {
			if err != nil {
				return err
			}
			names.share(&row.Name)
			names.share(&row.Service)
			add(Span{TraceID: row.TraceID, SpanID: SpanID(row.SpanID), ParentID: SpanID(row.ParentID), Name: row.Name, Kind: Kind(row.Kind),
				Start: unixTime(row.Start), Duration: time.Duration(min(row.Duration, math.MaxInt64)), Status: Status(row.Status), State: State(row.State),
				Service: row.Service, Class: Class(row.Class), Weight: row.Weight}, row.Bits)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read skeletons: %w", err)
	}
	return skeletons, nil
}

// withAtoms puts conditions into a statement, as the bits of a number.
func withAtoms(sql string, conditions []filter.Expr) (string, []conn.Param, error) {
	p := newPrinter("atom")
	atoms := make([]string, len(conditions))
	for i, e := range conditions {
		text, err := p.Expr(e)
		if err != nil {
			return "", nil, err
		}
		atoms[i] = "if(" + text + ", toUInt64(" + strconv.FormatUint(1<<i, 10) + "), toUInt64(0))"
	}
	if len(atoms) == 0 {
		atoms = []string{"toUInt64(0)"}
	}
	return strings.Replace(sql, "/* atoms */", strings.Join(atoms, "\n    + "), 1), p.Params, nil
}

// WholeTraces reads traces with everything.
func (r *Reader) WholeTraces(ctx context.Context, q SkeletonQuery) ([]Skeleton, error) {
	whole, err := r.traces(ctx, q, func(in Range, ids []TraceID, add func(Span, uint64)) error {
		params := append(in.params(q.Project), fixedArray("ids", ids), conn.Uint("limit", uint64(q.limit())))
		where := "AND start >= {from:DateTime64(9, 'UTC')} AND start <= {to:DateTime64(9, 'UTC')} " + ofTraces(in)
		if len(q.Spans) > 0 {
			where += " AND span_id IN {spans:Array(UInt64)}"
			params = append(params, conn.Uints("spans", q.Spans))
		}
		spans, err := r.wholeSpans(ctx, where, params, q.Timeout)
		if err == nil {
			err = r.addResources(ctx, q.Project, spans)
		}
		for _, s := range spans {
			add(s, 0)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read whole traces: %w", err)
	}
	return whole, nil
}

func (q *SkeletonQuery) limit() int { return cmp.Or(q.Limit, maxSkeletonSpans) }

// reach is some of the traces of a query, and where they lie.
type reach struct {
	in  Range
	ids []TraceID
}

// reaches parts the traces of a query into those that lie around the candidates' spans, and those that reach further.
func (r *Reader) reaches(ctx context.Context, q SkeletonQuery) ([]reach, error) {
	type row struct {
		TraceID [16]byte `ch:"trace_id"`
		First   int64    `ch:"first"`
		Last    int64    `ch:"last"`
	}
	near := reach{in: Range{q.Traces[0].Newest, q.Traces[0].Newest}, ids: make([]TraceID, len(q.Traces))}
	for i, c := range q.Traces {
		near.ids[i] = c.TraceID
		near.in = near.in.union(Range{c.Newest, c.Newest})
	}
	near.in = near.in.widen(summaryMargin)
	var far reach
	params := append(near.in.params(q.Project), fixedArray("ids", near.ids))
	further := map[TraceID]bool{}
	for row, err := range conn.Rows[row](ctx, r.db, conn.Query{SQL: tqlReachSQL, Params: params, Timeout: q.Timeout}) {
		if err != nil {
			return nil, fmt.Errorf("read bounds of traces: %w", err)
		}
		in := Range{unixTime(row.First), unixTime(row.Last)}
		if len(far.ids) > 0 {
			in = in.union(far.in)
		}
		far.in, far.ids = in, append(far.ids, row.TraceID)
		further[row.TraceID] = true
	}
	near.ids = slices.DeleteFunc(near.ids, func(id TraceID) bool { return further[id] })
	return slices.DeleteFunc([]reach{near, far}, func(part reach) bool { return len(part.ids) == 0 }), nil
}

// traces reads the traces of a query.
func (r *Reader) traces(ctx context.Context, q SkeletonQuery, read func(in Range, ids []TraceID, add func(Span, uint64)) error) ([]Skeleton, error) {
	if len(q.Traces) == 0 {
		return nil, nil
	}
	parts, err := r.reaches(ctx, q)
	if err != nil {
		return nil, err
	}
	place := make(map[TraceID]int, len(q.Traces))
	skeletons := make([]Skeleton, len(q.Traces))
	for i, c := range q.Traces {
		place[c.TraceID], skeletons[i].TraceID = i, c.TraceID
	}
	add := func(s Span, bits uint64) {
		k := &skeletons[place[s.TraceID]]
		k.Spans, k.Bits = append(k.Spans, s), append(k.Bits, bits)
	}
	for _, part := range parts {
		if err := read(part.in, part.ids, add); err != nil {
			return nil, err
		}
	}
	for i := range skeletons {
		skeletons[i].settle()
	}
	return skeletons, nil
}

// settle puts the spans in order and drops those in progress whose complete row is there too.
func (k *Skeleton) settle() {
	complete := map[SpanID]bool{}
	order := make([]int, 0, len(k.Spans))
	if slices.ContainsFunc(k.Spans, func(s Span) bool { return s.State == StateInProgress }) {
		for i := range k.Spans {
			if k.Spans[i].State == StateComplete {
				complete[k.Spans[i].SpanID] = true
			}
		}
	}
	for i := range k.Spans {
		if s := &k.Spans[i]; s.State != StateInProgress || !complete[s.SpanID] {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := &k.Spans[a], &k.Spans[b]
		return cmp.Or(x.Start.Compare(y.Start), cmp.Compare(x.SpanID, y.SpanID), cmp.Compare(x.State, y.State))
	})
	spans, bits := make([]Span, len(order)), make([]uint64, len(order))
	for to, from := range order {
		spans[to], bits[to] = k.Spans[from], k.Bits[from]
	}
	k.Spans, k.Bits = spans, bits
}
