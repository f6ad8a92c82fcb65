package traces

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/storage/conn"
)

var (
	//go:embed requests_calls.sql
	callsSQL string
)

// RequestQuery asks for requests by steps of time, for series of them. "" is any.
type RequestQuery struct {
	Project            string
	Range              Range
	Step               time.Duration // whole minutes; 0: by minute. A step that covers all gives rows at 1970
	Latency            bool          // with latencies by bucket
	Service, Operation string        // of calls
	From, To           string        // names of an edge's ends
}

// CallKey is whose requests are counted together: those of an operation of a version of a service.
type CallKey struct {
	Env, Namespace, Service, Type, Version string
	Kind                                   Kind
	Operation                              string // "" of spans that are neither SERVER nor CONSUMER nor roots
}

// CallStep is what spans of a key measured in a step.
type CallStep struct {
	At time.Time // of the step
	CallKey
	Measure
}

// Calls hands on all spans by steps, in no order: what the nodes of the map are made of, and spans that are no entry. A key may come
// several times in a step. Missing are minutes that have spans but no rollups yet and are left out. An error of each ends it.
func (r *Reader) Calls(ctx context.Context, q RequestQuery, each func(*CallStep) error) (missing int, err error) {
	type row struct {
		At        uint32             `ch:"at"`
		Env       string             `ch:"env"`
		Namespace string             `ch:"namespace"`
		Service   string             `ch:"service"`
		Type      string             `ch:"service_type"`
		Version   string             `ch:"version"`
		Kind      int32              `ch:"kind"`
		Operation string             `ch:"operation"`
		OK        float64            `ch:"r_ok"`
		Error     float64            `ch:"r_error"`
		Throttle  float64            `ch:"r_throttle"`
		Fault     float64            `ch:"r_fault"`
		Duration  float64            `ch:"r_duration"`
		Latency   map[uint16]float64 `ch:"r_latency"`
	}
	var s selection
	if q.Service != "" {
		s.equal("service", q.Service, func(r *redRow) string { return r.Service }, nil)
	}
	if q.Operation != "" {
		s.equal("operation", q.Operation, func(r *redRow) string { return r.Operation }, nil)
	}
	c, err := r.cover(ctx, q.Project, q.Range)
	if err != nil {
		return 0, fmt.Errorf("read requests of services: %w", err)
	}
	var open []redRow
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		open, err = r.recentRed.get(ctx, q.Project, c.minutes, func() ([]redRow, error) { return r.openRed(ctx, q.Project, &c) })
		return err
	})
	group.Go(func() error {
		query := conn.Query{SQL: when(callsSQL, s.sql.String()), Params: append(c.params(q.Project, q.Step), s.params...), Stream: true}
		if !q.Latency {
			query.SQL = lean(query.SQL)
		}
		for row, err := range conn.Rows[row](ctx, r.db, query) {
			if err != nil {
				return err
			}
			step := CallStep{
				At: seconds(row.At), CallKey: CallKey{row.Env, row.Namespace, row.Service, row.Type, row.Version, Kind(row.Kind), row.Operation},
				Measure: Measure{row.OK, row.Error, row.Throttle, row.Fault, row.Duration, 0, row.Latency},
			}
			if err := each(&step); err != nil {
				return err
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return 0, fmt.Errorf("read requests of services: %w", err)
	}
	for i := range open {
		row := &open[i]
		if !passes(row, s.red) {
			continue
		}
		step := CallStep{
			At: seconds(steps(row.Minute, q.Step)), CallKey: CallKey{row.Env, row.Namespace, row.Service, row.ServiceType, row.Version, Kind(row.Kind), row.Operation},
			Measure: row.measure(),
		}
		if err := each(&step); err != nil {
			return 0, err
		}
	}
	return c.missing, nil
}

// lean leaves the latencies out of a statement that has a line for each: they cost several times as much to read as all the rest.
func lean(sql string) string {
	lines := slices.DeleteFunc(strings.Split(sql, "\n"), func(line string) bool { return strings.Contains(line, "sumMap(") })
	return strings.Join(lines, "\n")
}

// Connections hands on the edges of the map by steps, in no order. Missing and each are as with Calls, and so is that an edge may come
// several times in a step.
func (r *Reader) Connections(ctx context.Context, q RequestQuery, each func(*EdgeRow) error) (missing int, err error) {
	s := selection{lean: !q.Latency, stream: true}
	if q.From != "" {
		s.equal("src_name", q.From, nil, func(r *edgeRow) string { return r.Src.Name })
	}
	if q.To != "" {
		s.equal("dst_name", q.To, nil, func(r *edgeRow) string { return r.Dst.Name })
	}
	c, err := r.cover(ctx, q.Project, q.Range)
	if err != nil {
		return 0, fmt.Errorf("read requests of edges: %w", err)
	}
	var open []edgeRow
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		open, err = r.recentEdges.get(ctx, q.Project, c.minutes, func() ([]edgeRow, error) { return r.openEdges(ctx, q.Project, &c) })
		return err
	})
	group.Go(func() error { return r.publishedEdges(ctx, q.Project, &c, q.Step, s, each) })
	if err := group.Wait(); err != nil {
		return 0, fmt.Errorf("read requests of edges: %w", err)
	}
	for i := range open {
		row := &open[i]
		if !passes(row, s.edge) {
			continue
		}
		e := EdgeRow{At: seconds(steps(row.Minute, q.Step)), Async: row.Async, From: row.Src, To: row.Dst, Measure: row.Measure, Server: row.Server, Age: row.Age}
		if err := each(&e); err != nil {
			return 0, err
		}
	}
	return c.missing, nil
}

// recent keeps what open minutes were summed up to for a few seconds: a dashboard asks many questions at once, and so do rules, and
// each would join the same spans again. One sum is made at a time, and one in the background, for which nobody else waits.
type recent[R any] struct {
	busy [2]chan struct{} // hold the one who sums up for people, and in the background
	mu   sync.Mutex
	kept []recentSum[R]
}

func newRecent[R any]() *recent[R] {
	return &recent[R]{busy: [2]chan struct{}{make(chan struct{}, 1), make(chan struct{}, 1)}}
}

type recentSum[R any] struct {
	project string
	minutes []uint32
	made    time.Time
	rows    []R
}

const (
	recentFor = 3 * time.Second
	maxRecent = 8
)

// get gives rows that nobody may change.
func (c *recent[R]) get(ctx context.Context, project string, minutes []uint32, sum func() ([]R, error)) ([]R, error) {
	if len(minutes) == 0 {
		return nil, nil
	}
	if rows, ok := c.find(project, minutes); ok {
		return rows, nil
	}
	busy := c.busy[0]
	if conn.IsBackground(ctx) {
		busy = c.busy[1]
	}
	select {
	case busy <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-busy }()
	if rows, ok := c.find(project, minutes); ok {
		return rows, nil
	}
	made := time.Now()
	rows, err := sum()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) == maxRecent {
		c.kept = slices.Delete(c.kept, 0, 1)
	}
	c.kept = append(c.kept, recentSum[R]{project, minutes, made, rows})
	return rows, nil
}

func (c *recent[R]) find(project string, minutes []uint32) ([]R, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = slices.DeleteFunc(c.kept, func(k recentSum[R]) bool { return time.Since(k.made) > recentFor })
	for _, k := range c.kept {
		if k.project == project && slices.Equal(k.minutes, minutes) {
			return k.rows, true
		}
	}
	return nil, false
}
