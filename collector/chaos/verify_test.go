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

// open starts an engine on the folder that the processes have left.
func open(t *testing.T, dir string) *conn.DB {
	t.Helper()
	command, err := storagetest.Command()
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.Start(t.Context(), engine.Config{Dir: dir, Command: command})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	endpoint := conn.Endpoint(e.Endpoint())
	db, err := conn.Open(t.Context(), conn.Config{Endpoint: &endpoint, Database: "sightline"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// verifyStored compares the spans with what clients were told, and what was stored beside the spans with them.
func verifyStored(t *testing.T, db *conn.DB, acked map[string]bool) {
	t.Helper()
	verifySpans(t, db, acked)
	f := func(what, sql string) {
		t.Helper()
		if n := one(t, db, sql); n != 0 {
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
}

// verifySpans is the heart: the same ids on both sides, each once.
func verifySpans(t *testing.T, db *conn.DB, acked map[string]bool) {
	t.Helper()
	type row struct {
		Trace string `ch:"trace"`
		Span  uint64 `ch:"span"`
	}
	stored := map[string]int{}
	query := conn.Query{SQL: "SELECT trace_id AS trace, span_id AS span FROM spans", Class: conn.Background}
	for s, err := range conn.Rows[row](t.Context(), db, query) {
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
	if n := one(t, db, "SELECT uniqExact(trace_id, span_id) FROM spans"); n != uint64(len(acked)) {
		t.Errorf("uniqExact says %d, the clients %d", n, len(acked))
	}
}

// verifyRollups recomputes every minute from the raw spans and expects what was published.
func verifyRollups(t *testing.T, db *conn.DB) {
	t.Helper()
	if n := one(t, db, `
		SELECT count() FROM
		(
		    SELECT project, toStartOfMinute(start) AS minute, count() AS n FROM spans GROUP BY project, minute
		) AS s
		FULL OUTER JOIN
		(
		    SELECT project, minute, argMax(spans, generation) AS n FROM rollup_minutes GROUP BY project, minute
		) AS r USING (project, minute)
		WHERE s.n != r.n`); n != 0 {
		t.Errorf("%d minutes whose published rollup saw other spans than there are", n)
	}
	before := published(t, db)
	minutes, err := conn.All[time.Time](t.Context(), db, conn.Query{SQL: "SELECT DISTINCT minute FROM rollup_minutes ORDER BY minute"})
	if err != nil {
		t.Fatal(err)
	}
	rollup := traces.NewRollup(db, 90)
	for _, m := range minutes {
		if _, err := rollup.Recompute(t.Context(), "default", m, 1, uint64(time.Now().UnixNano())); err != nil {
			t.Fatal(err)
		}
	}
	after := published(t, db)
	if !reflect.DeepEqual(before, after) {
		t.Errorf("%d minutes of rollups differ from a recomputation:\n had %v\nhave %v", len(minutes), before, after)
	}
}

// published is a digest of each rollup table's newest generations.
func published(t *testing.T, db *conn.DB) map[string]uint64 {
	t.Helper()
	digests := map[string]uint64{}
	for table, maps := range map[string]string{
		"red_1m":   "mapSort(latency) AS latency",
		"edges_1m": "mapSort(latency) AS latency, mapSort(server_latency) AS server_latency, mapSort(age) AS age",
	} {
		newest := fmt.Sprintf(`FROM %s WHERE (project, minute, generation) IN
			(SELECT project, minute, max(generation) FROM rollup_minutes GROUP BY project, minute)`, table)
		digests[table] = one(t, db, "SELECT groupBitXor(cityHash64(* EXCEPT (generation) REPLACE ("+maps+"))) "+newest)
		digests[table+" rows"] = one(t, db, "SELECT count() "+newest)
		digests[table+" spans"] = one(t, db, "SELECT sum(spans) "+newest)
	}
	if digests["red_1m rows"] == 0 || digests["edges_1m rows"] == 0 {
		t.Errorf("the rollups are empty: %v", digests)
	}
	return digests
}

func one(t *testing.T, db *conn.DB, sql string) uint64 {
	t.Helper()
	n, err := conn.One[uint64](t.Context(), db, conn.Query{SQL: sql, Class: conn.Background})
	if err != nil {
		t.Fatalf("%v in %s", err, sql)
	}
	return n
}
