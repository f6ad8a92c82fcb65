package traces

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/storage/conn"
)

//go:embed map_operations.sql
var operationsSQL string

// ServiceQuery asks for services. A nil or empty field asks for all.
type ServiceQuery struct {
	Project        string
	Range          Range
	Step           time.Duration // rows by steps of time, whole minutes of it; 0: by minute
	Name, Type     string
	Env, Namespace *string
	Operation      *OperationKey // its requests only
}

// OperationKey is an operation of a service: the name and kind of a SERVER, CONSUMER or root span.
type OperationKey struct {
	Name string
	Kind Kind
}

func (q ServiceQuery) selection() (s selection) {
	if q.Name != "" {
		s.equal("service", q.Name, func(r *redRow) string { return r.Service }, nil)
	}
	if o := q.Operation; o != nil {
		s.equal("operation", o.Name, func(r *redRow) string { return r.Operation }, nil)
		s.equal("toString(kind)", strconv.Itoa(int(o.Kind)), func(r *redRow) string { return strconv.Itoa(int(r.Kind)) }, nil)
		s.equal("toString(entry)", "1", func(r *redRow) string { return strconv.Itoa(int(r.Entry)) }, nil)
	}
	if q.Type != "" {
		s.equal("service_type", q.Type, func(r *redRow) string { return r.ServiceType }, nil)
	}
	if q.Env != nil {
		s.equal("env", *q.Env, func(r *redRow) string { return r.Env }, nil)
	}
	if q.Namespace != nil {
		s.equal("namespace", *q.Namespace, func(r *redRow) string { return r.Namespace }, nil)
	}
	return s
}

// Services gives the versions of services by steps of time, ascending: their requests, errors and latency.
func (r *Reader) Services(ctx context.Context, q ServiceQuery) ([]NodeRow, error) {
	c, err := r.cover(ctx, q.Project, q.Range)
	if err != nil {
		return nil, fmt.Errorf("read services: %w", err)
	}
	rows, err := r.nodes(ctx, q.Project, &c, q.Step, q.selection())
	if err != nil {
		return nil, fmt.Errorf("read services: %w", err)
	}
	return rows, nil
}

// OperationRow is an operation of a service: what its SERVER, CONSUMER and root spans are named. Past 200 in a minute, the rest is
// Overflow.
type OperationRow struct {
	At   time.Time // of the step; zero where the whole range is one
	Name string
	Kind Kind
	Measure
}

// Operations gives the operations of the services over the whole range, busiest first.
func (r *Reader) Operations(ctx context.Context, q ServiceQuery) ([]OperationRow, error) {
	q.Step = wholeRange
	all, err := r.OperationSteps(ctx, q)
	for i := range all {
		all[i].At = time.Time{}
	}
	slices.SortFunc(all, func(a, b OperationRow) int {
		return cmp.Or(cmp.Compare(b.Requests(), a.Requests()), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind))
	})
	return all, err
}

// OperationSteps gives the operations of the services by steps of time, ascending.
func (r *Reader) OperationSteps(ctx context.Context, q ServiceQuery) ([]OperationRow, error) {
	c, err := r.cover(ctx, q.Project, q.Range)
	if err != nil {
		return nil, fmt.Errorf("read operations: %w", err)
	}
	type row struct {
		At        uint32             `ch:"at"`
		Operation string             `ch:"operation"`
		Kind      int32              `ch:"kind"`
		OK        float64            `ch:"r_ok"`
		Error     float64            `ch:"r_error"`
		Throttle  float64            `ch:"r_throttle"`
		Fault     float64            `ch:"r_fault"`
		Duration  float64            `ch:"r_duration"`
		Max       uint64             `ch:"r_max"`
		Latency   map[uint16]float64 `ch:"r_latency"`
	}
	type key struct {
		at   uint32
		name string
		kind int32
	}
	rows := map[key]*OperationRow{}
	add := func(k key, m Measure) {
		if rows[k] == nil {
			rows[k] = &OperationRow{At: seconds(k.at), Name: k.name, Kind: Kind(k.kind)}
		}
		rows[k].Add(&m)
	}
	s := q.selection()
	var open []redRow
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		open, err = r.openRed(ctx, q.Project, &c)
		return err
	})
	params := append(c.params(q.Project, q.Step), s.params...)
	for row, err := range conn.Rows[row](ctx, r.db, conn.Query{SQL: when(operationsSQL, s.sql.String()), Params: params}) {
		if err != nil {
			_ = group.Wait()
			return nil, fmt.Errorf("read operations: %w", err)
		}
		add(key{row.At, row.Operation, row.Kind}, Measure{row.OK, row.Error, row.Throttle, row.Fault, row.Duration, row.Max, row.Latency})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("read operations: %w", err)
	}
	for i := range open {
		if row := &open[i]; row.Entry != 0 && passes(row, s.red) {
			add(key{steps(row.Minute, q.Step), row.Operation, row.Kind}, row.measure())
		}
	}
	all := make([]OperationRow, 0, len(rows))
	for _, o := range rows {
		all = append(all, *o)
	}
	slices.SortFunc(all, func(a, b OperationRow) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind))
	})
	return all, nil
}

// EdgeQuery asks for edges by their ends; nil is any. The namespace of an end is not asked for: it is no part of a node's identity.
type EdgeQuery struct {
	Project  string
	Range    Range
	Step     time.Duration // rows by steps of time, whole minutes of it; 0: by minute
	From, To *End
}

// Edges gives edges by steps of time, ascending.
func (r *Reader) Edges(ctx context.Context, q EdgeQuery) ([]EdgeRow, error) {
	var s selection
	if e := q.From; e != nil {
		s.equal("src_kind", e.Kind, nil, func(r *edgeRow) string { return r.Src.Kind })
		s.equal("src_type", e.Type, nil, func(r *edgeRow) string { return r.Src.Type })
		s.equal("src_env", e.Env, nil, func(r *edgeRow) string { return r.Src.Env })
		s.equal("src_name", e.Name, nil, func(r *edgeRow) string { return r.Src.Name })
	}
	if e := q.To; e != nil {
		s.equal("dst_kind", e.Kind, nil, func(r *edgeRow) string { return r.Dst.Kind })
		s.equal("dst_type", e.Type, nil, func(r *edgeRow) string { return r.Dst.Type })
		s.equal("dst_env", e.Env, nil, func(r *edgeRow) string { return r.Dst.Env })
		s.equal("dst_name", e.Name, nil, func(r *edgeRow) string { return r.Dst.Name })
	}
	return r.edgeSteps(ctx, q.Project, q.Range, q.Step, s)
}

// Entries gives the requests that came in from outside by steps of time, ascending: the edges from clients.
func (r *Reader) Entries(ctx context.Context, project string, in Range, step time.Duration) ([]EdgeRow, error) {
	var s selection
	s.equal("src_kind", EndClient, nil, func(r *edgeRow) string { return r.Src.Kind })
	return r.edgeSteps(ctx, project, in, step, s)
}

func (r *Reader) edgeSteps(ctx context.Context, project string, in Range, step time.Duration, s selection) ([]EdgeRow, error) {
	c, err := r.cover(ctx, project, in)
	if err != nil {
		return nil, fmt.Errorf("read edges: %w", err)
	}
	rows, err := r.edges(ctx, project, &c, step, s)
	if err != nil {
		return nil, fmt.Errorf("read edges: %w", err)
	}
	return rows, nil
}
