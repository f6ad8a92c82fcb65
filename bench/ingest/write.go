package main

import (
	"context"
	"fmt"
	"github.com/sightline/sightline/storage/batch"
	"time"

	"github.com/sightline/sightline/bench/load"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/traces"
)

// run is what one measurement knows. All cpu is in nanoseconds.
type run struct {
	options
	db     *conn.DB
	pid    int
	policy batch.Policy

	began, ended    time.Time // of the spans
	stored          int
	otlp, sent      int               // bytes
	decode, post    time.Duration     // client
	insert, merge   time.Duration     // engine
	tables          map[string]*table // by name
	inserts         int
	byValue, byID   []time.Duration // wall
	during, settled time.Duration   // wall
}

type table struct {
	insert      time.Duration
	rows, bytes int
}

// write sends the spans, batch by batch.
func (r *run) write(ctx context.Context) error {
	r.ended = time.Now().UTC()
	r.began = r.ended.Add(-time.Hour)
	r.tables = map[string]*table{}
	g := load.New(load.Config{Seed: r.seed, Start: r.began, Step: r.step()})
	writer := batch.NewWriter(r.db)
	rows := traces.NewBatch(batch.ID{}, r.policy)
	begun := time.Now()
	for n := 0; r.stored < r.spans; n++ {
		var bodies [][]byte
		for waiting := 0; waiting < r.batch && r.stored+waiting < r.spans; {
			q := g.Next()
			bodies = append(bodies, append([]byte(nil), q.Body...))
			waiting += q.Items
			r.otlp += len(q.Body)
		}
		mark := clientCPU()
		rows.Reset(batch.NewID([8]byte{1}, time.Now()), r.policy)
		for _, body := range bodies {
			if err := rows.Append(batch.Request{Project: "default", Received: time.Now(), Body: body}); err != nil {
				return err
			}
		}
		blocks := rows.Blocks()
		r.decode += clientCPU() - mark
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
	client, engine := clientCPU(), readEngine(r.pid)
	if err := writer.Insert(ctx, block, token); err != nil {
		return err
	}
	spent := readEngine(r.pid)
	r.post += clientCPU() - client
	t.insert += spent.all - engine.all - (spent.merge - engine.merge)
	t.rows += block.Rows
	t.bytes += block.Body.Len()
	r.sent += block.Body.Len()
	r.inserts++
	return nil
}

// step is the time between two traces that makes the spans fill an hour.
func (r *run) step() time.Duration {
	g := load.New(load.Config{Seed: r.seed, Start: r.began, Step: time.Nanosecond, Gateway: true, Items: 20_000})
	spans := g.Next().Items
	traces := g.Now().Sub(r.began)
	return time.Duration(float64(time.Hour) * float64(spans) / float64(traces) / float64(r.spans))
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
	e := readEngine(r.pid)
	r.merge = e.merge
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
