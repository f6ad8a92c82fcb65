package main

import (
	"context"
	"fmt"
	"time"

	"github.com/sightline/sightline/bench/load"
	"github.com/sightline/sightline/bench/proc"
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/logs"
	"github.com/sightline/sightline/storage/metrics"
	"github.com/sightline/sightline/storage/traces"
)

// run is what one measurement knows. All cpu is in nanoseconds.
type run struct {
	options
	db     *conn.DB
	pid    int
	policy batch.Policy

	began, ended    time.Time // of the items
	stored          int
	otlp, sent      int               // bytes
	decode, post    time.Duration     // client
	insert, merge   time.Duration     // engine
	tables          map[string]*table // by name
	inserts         int
	byValue, byID   []time.Duration // wall
	during, settled time.Duration   // wall
	rollups         proc.CPU        // of one recomputation of all minutes
	minutes         int
}

// converter makes the rows of a signal.
type converter interface {
	Append(batch.Request) error
	Rows() int
	Blocks() []batch.Block
	Reset(batch.ID, batch.Policy)
	Done()
}

// signals are the load and the converter of each.
var signals = map[string]struct {
	load func(cfg load.Config, items int) load.Source
	rows func(batch.ID, batch.Policy) converter
}{
	"traces": {
		func(cfg load.Config, items int) load.Source { return load.New(cfg.Fill(time.Hour, items, load.New)) },
		func(id batch.ID, p batch.Policy) converter { return traces.NewBatch(id, p) },
	},
	"logs": {
		func(cfg load.Config, items int) load.Source {
			return load.NewLogs(cfg.Fill(time.Hour, items, load.NewLogs))
		},
		func(id batch.ID, p batch.Policy) converter { return logs.NewBatch(id, p) },
	},
	"metrics": {
		func(cfg load.Config, items int) load.Source { // it ends where an hour would
			long := time.Duration(float64(items) / load.NewMetrics(cfg).PerHour() * float64(time.Hour))
			cfg.Start = cfg.Start.Add(time.Hour - long)
			return load.NewMetrics(cfg)
		},
		func(id batch.ID, p batch.Policy) converter { return metrics.NewBatch(id, p) },
	},
}

type table struct {
	insert      time.Duration
	rows, bytes int
}

// write sends the items, batch by batch.
func (r *run) write(ctx context.Context) error {
	r.ended = time.Now().UTC()
	r.began = r.ended.Add(-time.Hour)
	r.tables = map[string]*table{}
	of := signals[r.signal]
	g := of.load(load.Config{Seed: r.seed, Start: r.began}, r.items)
	writer := batch.NewWriter(r.db)
	rows := of.rows(batch.ID{}, r.policy)
	begun := time.Now()
	for n := 0; r.stored < r.items; n++ {
		var bodies [][]byte
		for waiting := 0; waiting < r.batch && r.stored+waiting < r.items; {
			q := g.Next()
			bodies = append(bodies, append([]byte(nil), q.Body...))
			waiting += q.Items
			r.otlp += len(q.Body)
		}
		mark := proc.Self()
		rows.Reset(batch.NewID([8]byte{1}, time.Now()), r.policy)
		for _, body := range bodies {
			if err := rows.Append(batch.Request{Project: "default", Received: time.Now(), Body: body}); err != nil {
				return err
			}
		}
		blocks := rows.Blocks()
		r.decode += proc.Self() - mark
		for i, block := range blocks {
			if err := r.send(ctx, writer, block, fmt.Sprint(n, "/", i)); err != nil {
				return err
			}
		}
		r.stored += rows.Rows()
		rows.Done()
	}
	r.during = time.Since(begun)
	return nil
}

func (r *run) send(ctx context.Context, writer *batch.Writer, block batch.Block, token string) error {
	t := r.tables[block.Table]
	if t == nil {
		t = &table{}
		r.tables[block.Table] = t
	}
	client := proc.Self()
	engine, err := proc.Engine(r.pid)
	if err != nil {
		return err
	}
	if err := writer.Insert(ctx, block, token); err != nil {
		return err
	}
	spent, err := proc.Engine(r.pid)
	if err != nil {
		return err
	}
	r.post += proc.Self() - client
	t.insert += spent.Engine - engine.Engine
	t.rows += block.Rows
	t.bytes += block.Body.Len()
	r.sent += block.Body.Len()
	r.inserts++
	return nil
}

// settle waits until the engine has nothing left to merge.
func (r *run) settle(ctx context.Context) error {
	begun, since, last := time.Now(), time.Now(), merges{}
	for !r.noMerge && time.Since(since) < idleAfter {
		m, err := conn.One[merges](ctx, r.db, conn.Query{SQL: "SELECT (SELECT count() FROM system.merges) AS running, " +
			"(SELECT groupBitXor(cityHash64(name)) FROM system.parts WHERE active) AS parts"})
		if err != nil {
			return err
		}
		if m.Running > 0 || m.Parts != last.Parts {
			last, since = m, time.Now()
		}
		time.Sleep(200 * time.Millisecond)
	}
	r.settled = time.Since(begun) - idleAfter
	e, err := proc.Engine(r.pid)
	if err != nil {
		return err
	}
	r.merge = e.Merges
	for _, t := range r.tables {
		r.insert += t.insert
	}
	return nil
}

// merges is what the engine is merging, and a digest of what it has.
type merges struct {
	Running uint64 `ch:"running"`
	Parts   uint64 `ch:"parts"`
}
