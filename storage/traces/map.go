package traces

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/storage/conn"
)

var (
	//go:embed map_nodes.sql
	nodesSQL string
	//go:embed map_edges.sql
	edgesSQL string
)

// NodeRow is a version of a service in a range, or in a step of it.
type NodeRow struct {
	At                                  time.Time // of the step
	Env, Namespace, Name, Type, Version string
	First, Last                         time.Time // minutes with spans
	Spans                               uint64    // all of them, unweighted
	Measure                                       // of its SERVER, CONSUMER and root spans
}

// EdgeRow is a connection in a range, or in a step of it.
type EdgeRow struct {
	At       time.Time // of the step
	Async    bool      // through a queue or topic
	From, To End
	Measure          // the caller's view; of messages and of calls without one, the view of the end they reach
	Server   Measure // what the called one measured of the same requests, where that is another view
	Unsaid   float64 // requests of Server of which it is not known how they ended, counted as OK there
	Age      Measure // of messages: how long they waited; the count is in OK
}

// MapRows is what a service map is made of.
type MapRows struct {
	Range   Range // what they cover: whole minutes
	Nodes   []NodeRow
	Edges   []EdgeRow
	Missing int // minutes that have spans but no rollups yet and are left out
}

// Map gives the nodes and edges of a range. Minutes that are still open are summed up from their spans on the spot.
func (r *Reader) Map(ctx context.Context, project string, in Range) (MapRows, error) {
	c, err := r.cover(ctx, project, in)
	if err != nil {
		return MapRows{}, fmt.Errorf("read service map: %w", err)
	}
	rows := MapRows{Range: c.in, Missing: c.missing}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		rows.Nodes, err = r.nodes(ctx, project, &c, wholeRange, selection{})
		return err
	})
	group.Go(func() (err error) {
		rows.Edges, err = r.edges(ctx, project, &c, wholeRange, selection{})
		return err
	})
	if err := group.Wait(); err != nil {
		return MapRows{}, fmt.Errorf("read service map: %w", err)
	}
	return rows, nil
}

// wholeRange is a step that everything falls into.
const wholeRange = math.MaxUint32 * time.Second

// selection narrows rollup rows down, in SQL and in Go alike.
type selection struct {
	sql    strings.Builder
	params []conn.Param
	red    []func(*redRow) bool
	edge   []func(*edgeRow) bool
	lean   bool // of edges: without latencies
	stream bool // rows are handed on while the query runs
}

// equal asks for a value in a column, of which red or edge gives a row's.
func (s *selection) equal(column, value string, red func(*redRow) string, edge func(*edgeRow) string) {
	name := fmt.Sprintf("s%d", len(s.params))
	s.params = append(s.params, conn.Str(name, value))
	fmt.Fprintf(&s.sql, " AND %s = {%s:String}", column, name)
	if red != nil {
		s.red = append(s.red, func(r *redRow) bool { return red(r) == value })
	}
	if edge != nil {
		s.edge = append(s.edge, func(r *edgeRow) bool { return edge(r) == value })
	}
}

func passes[R any](row *R, tests []func(*R) bool) bool {
	for _, test := range tests {
		if !test(row) {
			return false
		}
	}
	return true
}

// nodeKey is what NodeRows are summed up by.
type nodeKey struct {
	at                                 uint32
	env, namespace, name, typ, version string
}

// nodes reads services by steps, from rollups and from open minutes.
func (r *Reader) nodes(ctx context.Context, project string, c *coverage, step time.Duration, s selection) ([]NodeRow, error) {
	type row struct {
		At        uint32             `ch:"at"`
		Env       string             `ch:"env"`
		Namespace string             `ch:"namespace"`
		Service   string             `ch:"service"`
		Type      string             `ch:"service_type"`
		Version   string             `ch:"version"`
		OK        float64            `ch:"r_ok"`
		Error     float64            `ch:"r_error"`
		Throttle  float64            `ch:"r_throttle"`
		Fault     float64            `ch:"r_fault"`
		Duration  float64            `ch:"r_duration"`
		Max       uint64             `ch:"r_max"`
		Latency   map[uint16]float64 `ch:"r_latency"`
		Spans     uint64             `ch:"r_spans"`
		First     uint32             `ch:"first"`
		Last      uint32             `ch:"last"`
	}
	var open []redRow
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		open, err = r.openRed(ctx, project, c)
		return err
	})
	rows := map[nodeKey]*NodeRow{}
	add := func(key nodeKey, first, last uint32, spans uint64, m *Measure) {
		n := rows[key]
		if n == nil {
			n = &NodeRow{At: seconds(key.at), Env: key.env, Namespace: key.namespace, Name: key.name, Type: key.typ, Version: key.version, First: seconds(first), Last: seconds(last)}
			rows[key] = n
		}
		n.First, n.Last = earlier(n.First, seconds(first)), later(n.Last, seconds(last))
		n.Spans += spans
		n.Add(m)
	}
	params := append(c.params(project, step), s.params...)
	for row, err := range conn.Rows[row](ctx, r.db, conn.Query{SQL: when(nodesSQL, s.sql.String()), Params: params}) {
		if err != nil {
			_ = group.Wait()
			return nil, fmt.Errorf("read rollups of services: %w", err)
		}
		m := Measure{row.OK, row.Error, row.Throttle, row.Fault, row.Duration, row.Max, row.Latency}
		add(nodeKey{row.At, row.Env, row.Namespace, row.Service, row.Type, row.Version}, row.First, row.Last, row.Spans, &m)
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i := range open {
		row := &open[i]
		if !passes(row, s.red) {
			continue
		}
		m := row.measure()
		if row.Entry == 0 {
			m = Measure{}
		}
		add(nodeKey{steps(row.Minute, step), row.Env, row.Namespace, row.Service, row.ServiceType, row.Version}, row.Minute, row.Minute, row.Spans, &m)
	}
	all := make([]NodeRow, 0, len(rows))
	for _, n := range rows {
		all = append(all, *n)
	}
	slices.SortFunc(all, func(a, b NodeRow) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Env, b.Env), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Version, b.Version))
	})
	return all, nil
}

func seconds(unix uint32) time.Time { return time.Unix(int64(unix), 0).UTC() }

// openRed sums up the open minutes from spans.
func (r *Reader) openRed(ctx context.Context, project string, c *coverage) (all []redRow, err error) {
	for _, in := range c.open {
		rows, err := redOf(ctx, r.db, conn.Interactive, project, in)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// openEdges sums up the open minutes from spans.
func (r *Reader) openEdges(ctx context.Context, project string, c *coverage) (all []edgeRow, err error) {
	for _, in := range c.open {
		rows, err := edgeSource{r.db, conn.Interactive, project, in, partSpans, &r.labels}.edges(ctx, false)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// edges reads edges by steps, from rollups and from open minutes.
func (r *Reader) edges(ctx context.Context, project string, c *coverage, step time.Duration, s selection) ([]EdgeRow, error) {
	var open []edgeRow
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		open, err = r.openEdges(ctx, project, c)
		return err
	})
	rows := map[edgeKey]*EdgeRow{}
	at := func(key edgeKey) *EdgeRow {
		e := rows[key]
		if e == nil {
			e = &EdgeRow{At: seconds(key.Minute), Async: key.Async, From: key.Src, To: key.Dst}
			rows[key] = e
		}
		return e
	}
	err := r.publishedEdges(ctx, project, c, step, s, func(row *EdgeRow) error {
		e := at(edgeKey{uint32(row.At.Unix()), row.Async, row.From, row.To})
		e.Measure.Add(&row.Measure)
		e.Unsaid += row.Unsaid
		e.Server.Add(&row.Server)
		e.Age.Add(&row.Age)
		return nil
	})
	if err != nil {
		_ = group.Wait()
		return nil, err
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i := range open {
		row := &open[i]
		if !passes(row, s.edge) {
			continue
		}
		key := row.edgeKey
		key.Minute = steps(key.Minute, step)
		e := at(key)
		e.Measure.Add(&row.Measure)
		e.Server.Add(&row.Server)
		e.Age.Add(&row.Age)
	}
	all := make([]EdgeRow, 0, len(rows))
	for _, e := range rows {
		all = append(all, *e)
	}
	slices.SortFunc(all, func(a, b EdgeRow) int {
		return cmp.Or(a.At.Compare(b.At), a.From.compare(b.From), a.To.compare(b.To), cmp.Compare(fmt.Sprint(a.Async), fmt.Sprint(b.Async)))
	})
	return all, nil
}

// publishedEdges hands on edges by steps from rollups alone, in no order. An error of each ends it.
func (r *Reader) publishedEdges(ctx context.Context, project string, c *coverage, step time.Duration, s selection, each func(*EdgeRow) error) error {
	type row struct {
		At             uint32             `ch:"at"`
		Async          uint8              `ch:"async"`
		SrcKind        string             `ch:"src_kind"`
		SrcType        string             `ch:"src_type"`
		SrcEnv         string             `ch:"src_env"`
		SrcNamespace   string             `ch:"src_namespace"`
		SrcName        string             `ch:"src_name"`
		DstKind        string             `ch:"dst_kind"`
		DstType        string             `ch:"dst_type"`
		DstEnv         string             `ch:"dst_env"`
		DstNamespace   string             `ch:"dst_namespace"`
		DstName        string             `ch:"dst_name"`
		OK             float64            `ch:"r_ok"`
		Error          float64            `ch:"r_error"`
		Throttle       float64            `ch:"r_throttle"`
		Fault          float64            `ch:"r_fault"`
		Duration       float64            `ch:"r_duration"`
		Latency        map[uint16]float64 `ch:"r_latency"`
		ServerCount    float64            `ch:"r_server_count"`
		ServerOK       float64            `ch:"r_server_ok"`
		ServerError    float64            `ch:"r_server_error"`
		ServerThrottle float64            `ch:"r_server_throttle"`
		ServerFault    float64            `ch:"r_server_fault"`
		ServerDuration float64            `ch:"r_server_duration"`
		ServerLatency  map[uint16]float64 `ch:"r_server_latency"`
		AgeCount       float64            `ch:"r_age_count"`
		AgeSum         float64            `ch:"r_age_sum"`
		Age            map[uint16]float64 `ch:"r_age"`
	}
	query := conn.Query{SQL: when(edgesSQL, s.sql.String()), Params: append(c.params(project, step), s.params...), Stream: s.stream}
	if s.lean {
		query.SQL = lean(query.SQL)
	}
	for row, err := range conn.Rows[row](ctx, r.db, query) {
		if err != nil {
			return fmt.Errorf("read rollups of edges: %w", err)
		}
		unsaid := max(0, row.ServerCount-row.ServerOK-row.ServerError-row.ServerThrottle-row.ServerFault) // of rows that are older than the columns
		if unsaid < 1e-6*row.ServerCount {
			unsaid = 0 // the sums of two columns are rounded
		}
		e := EdgeRow{
			At: seconds(row.At), Async: row.Async != 0, Unsaid: unsaid,
			From:    End{row.SrcKind, row.SrcType, row.SrcEnv, row.SrcNamespace, row.SrcName},
			To:      End{row.DstKind, row.DstType, row.DstEnv, row.DstNamespace, row.DstName},
			Measure: Measure{OK: row.OK, Error: row.Error, Throttle: row.Throttle, Fault: row.Fault, Duration: row.Duration, Latency: row.Latency},
			Server:  Measure{OK: row.ServerOK + unsaid, Error: row.ServerError, Throttle: row.ServerThrottle, Fault: row.ServerFault, Duration: row.ServerDuration, Latency: row.ServerLatency},
			Age:     Measure{OK: row.AgeCount, Duration: row.AgeSum, Latency: row.Age},
		}
		if err := each(&e); err != nil {
			return err
		}
	}
	return nil
}

func (e End) compare(o End) int {
	return cmp.Or(cmp.Compare(e.Kind, o.Kind), cmp.Compare(e.Type, o.Type), cmp.Compare(e.Env, o.Env), cmp.Compare(e.Namespace, o.Namespace), cmp.Compare(e.Name, o.Name))
}
