package traces

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/conn/native"
)

// Rollup writes the rollups behind the service map and the services, a minute of a project at a time and always whole. Safe for
// concurrent use.
type Rollup struct {
	db        *conn.DB
	retention atomic.Uint32 // days
	partSpans int
	labels    labels
}

// NewRollup makes a rollup whose rows are kept for so many days.
func NewRollup(db *conn.DB, retentionDays uint16) *Rollup {
	w := &Rollup{db: db, partSpans: partSpans}
	w.SetRetention(retentionDays)
	return w
}

// SetRetention decides for how many days what is written from now on is kept.
func (w *Rollup) SetRetention(days uint16) { w.retention.Store(uint32(days)) }

// Recompute sums up the spans of so many whole minutes from the first one on anew, publishes that as the generation of each, and says
// how many spans they are. The generation must be higher than any before of these minutes (unix ns) and be used once: after an error
// the next try takes another. Neighbouring minutes at once cost less than one after the other: what lies around them is read once.
func (w *Rollup) Recompute(ctx context.Context, project string, first time.Time, minutes int, generation uint64) (uint64, error) {
	first = first.UTC().Truncate(time.Minute)
	in := Range{first, first.Add(time.Duration(minutes) * time.Minute)}
	var red []redRow
	var edges []edgeRow
	group, both := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		red, err = redOf(both, w.db, conn.Background, project, in)
		return err
	})
	group.Go(func() (err error) {
		edges, err = edgeSource{w.db, conn.Background, project, in, w.partSpans, &w.labels}.edges(both, true)
		return err
	})
	if err := group.Wait(); err != nil {
		return 0, fmt.Errorf("recompute rollups: %w", err)
	}
	g := generationOf{project, uint32(first.Unix()), generation, uint16(w.retention.Load())}
	var write errgroup.Group // an insert is not cut short
	write.Go(func() error {
		if err := insertRows(ctx, w.db, "red_1m", g, red, redColumns); err != nil {
			return fmt.Errorf("write rollup of services: %w", err)
		}
		return nil
	})
	write.Go(func() error {
		if err := insertRows(ctx, w.db, "edges_1m", g, edges, edgeColumns); err != nil {
			return fmt.Errorf("write rollup of edges: %w", err)
		}
		return nil
	})
	if err := write.Wait(); err != nil {
		return 0, err
	}
	// The rows that publish come last: until then readers see the generation before.
	published := make([]minuteRow, minutes)
	for i := range published {
		published[i].Minute = g.first + uint32(60*i)
	}
	var seen uint64
	for i := range red {
		published[(red[i].Minute-g.first)/60].Spans += red[i].Spans
		seen += red[i].Spans
	}
	if err := insertRows(ctx, w.db, "rollup_minutes", g, published, minuteColumns); err != nil {
		return 0, fmt.Errorf("publish rollups: %w", err)
	}
	return seen, nil
}

// generationOf is what every row of a recomputation has in common.
type generationOf struct {
	project    string
	first      uint32 // minute, unix seconds
	generation uint64
	retention  uint16
}

// rollupColumn is a column of a rollup table: values in wire form, or a map of latencies.
type rollupColumn[R any] struct {
	name, typ string
	value     func(dst []byte, r *R) []byte
	latency   func(r *R) map[uint16]float64
}

func textColumn[R any](name string, of func(r *R) string) rollupColumn[R] {
	return rollupColumn[R]{name: name, typ: "String", value: func(dst []byte, r *R) []byte { return native.AppendString(dst, []byte(of(r))) }}
}

func floatColumn[R any](name string, of func(r *R) float64) rollupColumn[R] {
	return rollupColumn[R]{name: name, typ: "Float64", value: func(dst []byte, r *R) []byte { return binary.LittleEndian.AppendUint64(dst, math.Float64bits(of(r))) }}
}

func uintColumn[R any](name string, of func(r *R) uint64) rollupColumn[R] {
	return rollupColumn[R]{name: name, typ: "UInt64", value: func(dst []byte, r *R) []byte { return binary.LittleEndian.AppendUint64(dst, of(r)) }}
}

func latencyColumn[R any](name string, of func(r *R) map[uint16]float64) rollupColumn[R] {
	return rollupColumn[R]{name: name, typ: "Map(UInt16, Float64)", latency: of}
}

// insertRows sends the rows as one block. The server converts texts and numbers to the columns' own types.
func insertRows[R any](ctx context.Context, db *conn.DB, table string, g generationOf, rows []R, columns []rollupColumn[R]) error {
	if len(rows) == 0 {
		return nil
	}
	columns = append([]rollupColumn[R]{
		textColumn("project", func(*R) string { return g.project }),
		uintColumn("generation", func(*R) uint64 { return g.generation }),
		uintColumn("retention_days", func(*R) uint64 { return uint64(g.retention) }),
	}, columns...)
	var b native.Block
	names := make([]string, len(columns))
	b.Start(len(columns), len(rows))
	for i, c := range columns {
		names[i] = c.name
		b.Column(c.name, c.typ)
		if c.latency != nil {
			emitLatency(&b, rows, c.latency)
			continue
		}
		var data []byte
		for j := range rows {
			data = c.value(data, &rows[j])
		}
		b.Data(data)
	}
	token := fmt.Sprintf("%s %s %d %d", table, g.project, g.first, g.generation)
	return db.Insert(ctx, conn.Insert{Table: table, Columns: names, Body: b.Body().Bytes(), Token: token, Rows: len(rows)})
}

func emitLatency[R any](b *native.Block, rows []R, of func(*R) map[uint16]float64) {
	var offsets native.Offsets
	var keys, values []byte
	for i := range rows {
		m := of(&rows[i])
		offsets.Add(len(m))
		for bucket, weight := range m {
			keys = binary.LittleEndian.AppendUint16(keys, bucket)
			values = binary.LittleEndian.AppendUint64(values, math.Float64bits(weight))
		}
	}
	b.Data(offsets.Bytes())
	b.Data(keys)
	b.Data(values)
}
