package chaos_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/engine"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

// verify compares what is in the database with what clients were told.
func verify(t *testing.T, dir string, acked map[string]bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	command, err := storagetest.Command()
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.Start(ctx, engine.Config{Dir: dir, Command: command})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(ctx)
	endpoint := conn.Endpoint(e.Endpoint())
	db, err := conn.Open(ctx, conn.Config{Endpoint: &endpoint, Database: "sightline"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()

	verifySpans(t, ctx, db, acked)
	f := func(what, sql string) {
		t.Helper()
		if n := one(t, ctx, db, sql); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
	f("traces whose index differs from their spans", `
		SELECT count() FROM
		(
		    SELECT project, trace_id, min(start) AS low, max(start) AS high, count() AS n,
		           maxIf(service, parent_id = 0) AS root, maxIf(name, parent_id = 0) AS root_name
		    FROM spans GROUP BY project, trace_id
		) AS s
		FULL OUTER JOIN
		(
		    SELECT project, trace_id, min(min_start) AS low, max(max_start) AS high, count() AS n,
		           max(root_service) AS root, max(root_name) AS root_name
		    FROM trace_index GROUP BY project, trace_id
		) AS i USING (project, trace_id)
		WHERE s.n = 0 OR i.n = 0 OR s.low != i.low OR s.high != i.high OR s.root != i.root OR s.root_name != i.root_name`)
	f("spans name a resource that is not there", `SELECT count() FROM spans WHERE (project, resource_id) NOT IN (SELECT project, id FROM resources)`)
	f("minutes whose published rollup saw other spans than there are", `
		SELECT count() FROM
		(
		    SELECT project, toStartOfMinute(start) AS minute, count() AS n FROM spans GROUP BY project, minute
		) AS s
		FULL OUTER JOIN
		(
		    SELECT project, minute, argMax(spans, generation) AS n FROM rollup_minutes GROUP BY project, minute
		) AS r USING (project, minute)
		WHERE s.n != r.n`)
	verifyRollups(t, ctx, db)
}

// verifySpans is the heart: the same ids on both sides, each once.
func verifySpans(t *testing.T, ctx context.Context, db *conn.DB, acked map[string]bool) {
	t.Helper()
	type row struct {
		Trace string `ch:"trace"`
		Span  uint64 `ch:"span"`
	}
	stored := map[string]int{}
	query := conn.Query{SQL: "SELECT trace_id AS trace, span_id AS span FROM spans", Class: conn.Background}
	for s, err := range conn.Rows[row](ctx, db, query) {
		if err != nil {
			t.Fatal(err)
		}
		stored[key([]byte(s.Trace), s.Span)]++
	}
	lost, twice, unknown := 0, 0, 0
	for id := range acked {
		if stored[id] == 0 {
			lost++
		}
	}
	for id, n := range stored {
		if n > 1 {
			twice++
		}
		if !acked[id] {
			unknown++
		}
	}
	if lost+twice+unknown > 0 {
		t.Errorf("of %d acknowledged spans %d are lost; of %d stored ones %d are stored more than once and %d were never acknowledged",
			len(acked), lost, len(stored), twice, unknown)
	}
	if n := one(t, ctx, db, "SELECT uniqExact(trace_id, span_id) FROM spans"); n != uint64(len(acked)) {
		t.Errorf("uniqExact says %d, the clients %d", n, len(acked))
	}
}

// verifyRollups recomputes every minute from the raw spans and expects what was published.
func verifyRollups(t *testing.T, ctx context.Context, db *conn.DB) {
	t.Helper()
	before := published(t, ctx, db)
	minutes, err := conn.All[time.Time](ctx, db, conn.Query{SQL: "SELECT DISTINCT minute FROM rollup_minutes ORDER BY minute"})
	if err != nil {
		t.Fatal(err)
	}
	rollup := traces.NewRollup(db, 90)
	for _, m := range minutes {
		if err := rollup.Recompute(ctx, "default", m, uint64(time.Now().UnixNano())); err != nil {
			t.Fatal(err)
		}
	}
	after := published(t, ctx, db)
	if !reflect.DeepEqual(before, after) {
		t.Errorf("%d minutes of rollups differ from a recomputation:\n had %v\nhave %v", len(minutes), before, after)
	}
}

// published is a digest of each rollup table's newest generations.
func published(t *testing.T, ctx context.Context, db *conn.DB) map[string]uint64 {
	t.Helper()
	digests := map[string]uint64{}
	for table, maps := range map[string]string{
		"red_1m":   "mapSort(latency) AS latency",
		"edges_1m": "mapSort(latency) AS latency, mapSort(server_latency) AS server_latency, mapSort(age) AS age",
	} {
		newest := fmt.Sprintf(`FROM %s WHERE (project, minute, generation) IN
			(SELECT project, minute, max(generation) FROM rollup_minutes GROUP BY project, minute)`, table)
		digests[table] = one(t, ctx, db, "SELECT groupBitXor(cityHash64(* EXCEPT (generation) REPLACE ("+maps+"))) "+newest)
		digests[table+" rows"] = one(t, ctx, db, "SELECT count() "+newest)
		digests[table+" spans"] = one(t, ctx, db, "SELECT sum(spans) "+newest)
	}
	if digests["red_1m rows"] == 0 || digests["edges_1m rows"] == 0 {
		t.Errorf("the rollups are empty: %v", digests)
	}
	return digests
}

func one(t *testing.T, ctx context.Context, db *conn.DB, sql string) uint64 {
	t.Helper()
	n, err := conn.One[uint64](ctx, db, conn.Query{SQL: sql, Class: conn.Background})
	if err != nil {
		t.Fatalf("%v in %s", err, sql)
	}
	return n
}
