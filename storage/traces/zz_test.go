package traces_test

import (
	"context"
	"fmt"
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
	full := traces.TraceSQL()
	head := func(cols string) string { return "SELECT "+cols+" "+full[strings.Index(full, "FROM spans"):] }
	for _, cols := range []string{"span_id", "span_id,parent_id,kind,duration", "span_id,parent_id,kind,duration,status,state,class,weight", "span_id,parent_id,kind,duration,status,state,class,weight,name,peer_type,peer_name", "span_id,parent_id,kind,duration,status,state,class,weight,name,peer_type,peer_name,resource_id,a_http_response_status_code", full[strings.Index(full,"SELECT")+6:strings.Index(full, "FROM spans")],
	 "(span_id,parent_id,kind,duration,status,state,class,weight,name,peer_type,peer_name,resource_id,a_http_response_status_code) AS x"} {
		for _, mode := range []string{"", "explain "} {
		timed(b, mode+fmt.Sprint(strings.Count(cols, ","), len(cols)), func(ctx context.Context, n int) error {
			type row struct { A string `ch:"explain"`}
			sql := head(cols)
			if mode != "" { sql = "EXPLAIN "+sql }
			id := ids[n%len(ids)]
			bd := bounds[id]
			return traces.Drain(ctx, db, sql, []conn.Param{conn.Str("project","p"), conn.Str("trace_id", string(id[:])), conn.Time("from", bd), conn.Time("to", bd.Add(100*time.Millisecond))})
		})
		}
	}
}
