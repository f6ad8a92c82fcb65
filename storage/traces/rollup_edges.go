package traces

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/storage/conn"
)

var (
	//go:embed rollup_calls.sql
	callsSQL string
	//go:embed rollup_own.sql
	ownSQL string
	//go:embed rollup_arrivals.sql
	arrivalsSQL string
	//go:embed rollup_far.sql
	farSQL string
	//go:embed rollup_far_traces.sql
	farTracesSQL string
	//go:embed rollup_labels.sql
	labelsSQL string
	//go:embed rollup_labels_far.sql
	labelsFarSQL string
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
	Server Measure // the called one's view: count in OK
	Age    Measure // of messages: count in OK
}

type edgeKey struct {
	Minute   uint32 // unix seconds
	Async    bool
	Src, Dst End
}

// part is a row of the statements that edges are made of; not every one has every column.
type part struct {
	Minute uint32  `ch:"minute"`
	Async  uint8   `ch:"async"`
	Src    uint64  `ch:"src"`
	Dst    uint64  `ch:"dst"`
	View   uint8   `ch:"view"`
	Class  uint8   `ch:"class"`
	Bucket uint16  `ch:"bucket"`
	Weight float64 `ch:"weight"`
	Spans  uint64  `ch:"spans"`
	Total  float64 `ch:"total"`
}

// Views of an edge, as the statements number them.
const (
	viewOwn    = iota // the edge's own: its caller's, or for messages and the like its end's
	viewCalled        // the called one's
	viewAge           // waiting time of messages
)

// farBack is how far back producers of messages are looked for.
const farBack = 24 * time.Hour

// far are traces whose producers lie further back than two minutes.
type far struct {
	traces [][16]byte
	from   time.Time
}

// edgesOf computes the rows of edges_1m for whole minutes from spans. The rules are in the statements, which run side by side; here
// their parts are put together and the nodes get their names. Only with lookFar are producers found that sent more than two
// minutes before the range.
func edgesOf(ctx context.Context, db *conn.DB, class conn.Class, project string, in Range, lookFar bool) ([]edgeRow, error) {
	var calls, own, arrivals []part
	var labels map[uint64]End
	group, all := errgroup.WithContext(ctx)
	group.SetLimit(2) // there are as many background sessions
	run := func(to *[]part, sql string, params ...conn.Param) func() error {
		return func() (err error) {
			*to, err = conn.All[part](all, db, conn.Query{SQL: sql, Params: append(in.params(project), params...), Class: class})
			return err
		}
	}
	group.Go(run(&calls, callsSQL))
	group.Go(run(&arrivals, strings.Replace(arrivalsSQL, "/* far */", "", 1)))
	group.Go(run(&own, ownSQL))
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("sum up edges: %w", err)
	}
	var back far
	if lookFar && unresolved(arrivals) {
		var err error
		if back, err = farTraces(ctx, db, class, project, in); err != nil {
			return nil, err
		}
		if len(back.traces) > 0 {
			all = ctx
			if err := run(&arrivals, strings.Replace(arrivalsSQL, "/* far */", farSQL, 1), back.params()...)(); err != nil {
				return nil, fmt.Errorf("sum up edges of late messages: %w", err)
			}
		}
	}
	// After the parts, so that every node of theirs is there.
	labels, err := readLabels(ctx, db, class, project, in, back)
	if err != nil {
		return nil, err
	}
	return join(labels, calls, own, arrivals), nil
}

func (f far) params() []conn.Param {
	return []conn.Param{conn.Time("far_from", f.from), fixedArray("far", f.traces)}
}

// unresolved reports whether there are messages whose producers were not found.
func unresolved(arrivals []part) bool {
	var messages, ages uint64
	for _, p := range arrivals {
		switch {
		case p.View == viewAge:
			ages += p.Spans
		case p.Async != 0:
			messages += p.Spans
		}
	}
	return ages < messages
}

func farTraces(ctx context.Context, db *conn.DB, class conn.Class, project string, in Range) (far, error) {
	type row struct {
		TraceID [16]byte `ch:"trace_id"`
		First   int64    `ch:"first"`
	}
	floor := in.From.Add(-farBack)
	back := far{from: in.From}
	params := append(in.params(project), conn.Time("far_from", floor))
	for row, err := range conn.Rows[row](ctx, db, conn.Query{SQL: farTracesSQL, Params: params, Class: class}) {
		if err != nil {
			return far{}, fmt.Errorf("look for producers: %w", err)
		}
		back.traces = append(back.traces, row.TraceID)
		if first := unixTime(row.First); first.Before(back.from) {
			back.from = first
		}
	}
	if back.from.Before(floor) {
		back.from = floor
	}
	return back, nil
}

func readLabels(ctx context.Context, db *conn.DB, class conn.Class, project string, in Range, back far) (map[uint64]End, error) {
	type row struct {
		Node        uint64 `ch:"node"`
		Peer        uint64 `ch:"peer"`
		ServiceType string `ch:"service_type"`
		Env         string `ch:"env"`
		Namespace   string `ch:"namespace"`
		Service     string `ch:"service"`
		PeerType    string `ch:"peer_type"`
		PeerName    string `ch:"peer_name"`
	}
	sql, params := strings.Replace(labelsSQL, "/* far */", "", 1), in.params(project)
	if len(back.traces) > 0 {
		sql, params = strings.Replace(labelsSQL, "/* far */", labelsFarSQL, 1), append(params, back.params()...)
	}
	labels := map[uint64]End{}
	for r, err := range conn.Rows[row](ctx, db, conn.Query{SQL: sql, Params: params, Class: class}) {
		if err != nil {
			return nil, fmt.Errorf("read names of nodes: %w", err)
		}
		labels[r.Node] = End{EndService, r.ServiceType, r.Env, r.Namespace, r.Service}
		if r.Peer != 0 {
			labels[r.Peer] = End{EndInferred, r.PeerType, r.Env, "", r.PeerName}
		}
	}
	return labels, nil
}

// join makes edges of their parts.
func join(labels map[uint64]End, calls, own, arrivals []part) []edgeRow {
	var rows []edgeRow
	places := map[edgeKey]int{}
	for _, parts := range [][]part{calls, own, arrivals} {
		for _, p := range parts {
			dst, known := labels[p.Dst]
			src := labels[p.Src]
			if p.Src == 0 {
				src = End{EndClient, EndClient, dst.Env, dst.Namespace, dst.Name}
				known = known && p.Async == 0 // a message from nowhere makes no edge
			}
			if !known || src.Kind == "" {
				continue // a span that came while this was read; its minute will be summed up again
			}
			key := edgeKey{p.Minute, p.Async != 0, src, dst}
			at, ok := places[key]
			if !ok {
				at = len(rows)
				places[key] = at
				rows = append(rows, edgeRow{edgeKey: key})
			}
			rows[at].add(p)
		}
	}
	return rows
}

func (r *edgeRow) add(p part) {
	m := &r.Measure
	switch p.View {
	case viewOwn:
		m.count(p.Class, p.Weight)
		r.Spans += p.Spans
	case viewCalled:
		m = &r.Server
		m.OK += p.Weight
	case viewAge:
		m = &r.Age
		m.OK += p.Weight
	}
	m.Duration += p.Total
	m.add(p.Bucket, p.Weight)
}
