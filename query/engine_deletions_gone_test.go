package query_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/erase"
	"github.com/sightline/sightline/storage/traces"
)

// TestADeletionSaysWhenItIsGoneFromDisk waits for the engine to drop the files that it replaced. It keeps them for eight minutes; here it
// is told to keep them for a second, and is waited for, never pushed.
func TestADeletionSaysWhenItIsGoneFromDisk(t *testing.T) {
	l := newLive(t)
	tables, err := conn.All[string](t.Context(), l.db, conn.Query{SQL: "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name != 'schema_migrations'"})
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		sql := fmt.Sprintf("ALTER TABLE %s MODIFY SETTING old_parts_lifetime = 1, cleanup_delay_period = 1, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 1", table)
		// The thread that drops files sleeps for as long as it was told when its table was opened, so that is done again.
		for _, sql := range []string{sql, "DETACH TABLE " + table, "ATTACH TABLE " + table} {
			if err := l.db.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 3 {
		store(t, l.db, "default", order(byte(i+1), l.start))
	}
	settled := batch.NewID([8]byte{1}, time.Now().Add(time.Second))
	var state []byte
	srv := erasing(t, l, &state, &settled)
	id := traces.TraceID{0: 0x66, 15: 2}
	before := time.Now()
	if w := do(srv, request("DELETE", "/api/traces/"+id.String()+"?reason=asked")); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	var seen []string
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		var all struct{ Deletions []deletion }
		if err := json.Unmarshal(do(srv, request("GET", "/api/deletions")).Body.Bytes(), &all); err != nil || len(all.Deletions) != 1 {
			t.Fatalf("%+v, %v", all, err)
		}
		d := all.Deletions[0]
		if len(seen) == 0 || seen[len(seen)-1] != d.State {
			seen = append(seen, d.State)
		}
		if d.State != erase.Done {
			if d.Gone != nil || time.Now().After(deadline) {
				t.Fatalf("passed %v, and is %+v", seen, d)
			}
			continue
		}
		if d.Hidden == nil || d.Gone == nil || d.Hidden.Before(before) || d.Gone.Before(*d.Hidden) || d.Spans != 4 {
			t.Errorf("%+v", d)
		}
		break
	}
	if all := strings.Join(seen, " "); !strings.HasSuffix(all, "cleaning done") {
		t.Errorf("passed %v", all)
	}
	old, err := conn.One[uint64](t.Context(), l.db, conn.Query{SQL: "SELECT count() FROM system.parts WHERE database = currentDatabase() AND table IN ('spans', 'trace_index', 'logs', 'exceptions') AND NOT active AND rows > 0"})
	if err != nil || old != 0 {
		t.Errorf("%d old parts are still there, %v", old, err)
	}
	if n, err := conn.One[uint64](t.Context(), l.db, conn.Query{SQL: "SELECT count() FROM spans WHERE project = 'default'"}); n != 8 || err != nil {
		t.Errorf("%d spans are left, %v", n, err)
	}
}
