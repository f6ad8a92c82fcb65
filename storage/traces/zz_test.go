package traces_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

func BenchmarkZZ(b *testing.B) {
	db := storagetest.Open(b)
	for n := 0; n < 200_000; n += 50_000 {
		if err := db.Exec(b.Context(), benchSQL, conn.Int("epoch", noon.UnixNano()), conn.Int("apart", int64(36*time.Millisecond)), conn.Uint("first", uint64(n/20)), conn.Uint("rows", uint64(50000))); err != nil {
			b.Fatal(err)
		}
	}
	runSQL(b, db, `INSERT INTO trace_index (project, trace_id, day, min_start, max_start, root_service, root_name, retention_days)
			SELECT project, trace_id, toDate(min(start)), min(start), max(start), maxIf(service, parent_id = 0), maxIf(name, parent_id = 0), 20000 FROM spans GROUP BY project, trace_id`)
	runSQL(b, db, "OPTIMIZE TABLE spans FINAL")
	timed(b, "select 1", func(ctx context.Context, n int) error {
		_, err := conn.One[uint8](ctx, db, conn.Query{SQL: "SELECT 1"})
		return err
	})
	timed(b, "select 1 params", func(ctx context.Context, n int) error {
		_, err := conn.One[uint8](ctx, db, conn.Query{SQL: "SELECT {a:UInt8}", Params: []conn.Param{conn.Uint("a", uint8(1)), conn.Str("b", "x")}})
		return err
	})
	timed(b, "one column", func(ctx context.Context, n int) error {
		_, err := conn.All[uint64](ctx, db, conn.Query{SQL: "SELECT span_id FROM spans PREWHERE project = 'p' LIMIT 10"})
		return err
	})
	bounds := map[[16]byte]time.Time{}
	type br struct { T [16]byte `ch:"trace_id"`; A int64 `ch:"a"` }
	rs, err := conn.All[br](b.Context(), db, conn.Query{SQL:"SELECT trace_id, toUnixTimestamp64Nano(min_start) AS a FROM trace_index"})
	if err != nil { b.Fatal(err) }
	for _, r := range rs { bounds[r.T] = time.Unix(0, r.A) }
	ids, _ := conn.All[[16]byte](b.Context(), db, conn.Query{SQL: "SELECT trace_id FROM trace_index ORDER BY cityHash64(trace_id) LIMIT 500"})
	_, _ = ids, bounds
	for _, m := range []time.Duration{time.Minute, 2*time.Minute} {
	p2 := []conn.Param{conn.Str("project","p"), conn.Time("from", noon.Add(time.Minute)), conn.Time("to", noon.Add(time.Minute+m)), conn.Uint("part", uint64(0)), conn.Uint("parts", uint64(1))}
	pp := []conn.Param{conn.Str("project","p"), conn.Time("from", noon.Add(time.Minute-2*time.Minute)), conn.Time("to", noon.Add(time.Minute+m+15*time.Second))}
	name := m.String()
	in := traces.Range{From: noon.Add(time.Minute), To: noon.Add(time.Minute+m)}
	timed(b, "red "+name, func(ctx context.Context, n int) error { return traces.RedOf(ctx, db, in) })
	timed(b, "explain red "+name, func(ctx context.Context, n int) error { return traces.Drain(ctx, db, "EXPLAIN "+traces.RedSQL(), p2) })
	timed(b, "edges "+name, func(ctx context.Context, n int) error { return traces.EdgesOf(ctx, db, in) })
	timed(b, "spans "+name, func(ctx context.Context, n int) error { return traces.SpansOf(ctx, db, in) })
	timed(b, "explain spans "+name, func(ctx context.Context, n int) error { return traces.Drain(ctx, db, "EXPLAIN "+traces.RSpansSQL(), p2) })
	timed(b, "producers "+name, func(ctx context.Context, n int) error { return traces.Drain(ctx, db, strings.Replace(traces.ProducersSQL(),"/* when */","",1), pp) })
	timed(b, "labels "+name, func(ctx context.Context, n int) error { return traces.Drain(ctx, db, strings.Replace(traces.LabelsSQL(),"/* when */","",1), pp) })
	}
	rl := traces.NewRollup(db, 20000)
	timed(b, "recompute", func(ctx context.Context, n int) error { return rl.Recompute(ctx, "p", noon.Add(time.Minute), uint64(n)) })
}
