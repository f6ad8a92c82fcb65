package upkeep_test

import (
	"testing"
	"time"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/upkeep"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func midnight(daysAgo int) time.Time {
	return time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -daysAgo)
}

// load writes a trace of web and shop, days ago, in a class of so many days.
func load(t *testing.T, db *conn.DB, daysAgo int, class uint16) {
	t.Helper()
	storagetest.Loader{Base: midnight(daysAgo).Add(time.Minute), Policy: batch.Policy{Retention: batch.Retention{Days: class}}}.Load(t, db, "load\n  trace 1\n    web GET /  0ms 10ms\n      shop buy  1ms 5ms\n")
}

func count(t *testing.T, db *conn.DB, table string) uint64 {
	t.Helper()
	n, err := conn.One[uint64](t.Context(), db, conn.Query{SQL: "SELECT count() FROM " + table})
	must(t, err)
	return n
}

func TestWhatIsPastItsRetentionIsDroppedAndNothingElse(t *testing.T) {
	t.Parallel()
	db := storagetest.Open(t)
	for _, daysAgo := range []int{0, 1, 3, 4, 5} {
		load(t, db, daysAgo, 30)
	}
	load(t, db, 5, 31)
	store := upkeep.NewStore(db)
	all, err := store.Partitions(t.Context())
	must(t, err)
	spans := 0
	for _, p := range all {
		if p.Table != "spans" {
			continue
		}
		spans++
		if p.Class < 30 || p.Days != 1 || p.Rows != 2 || p.Bytes == 0 || p.Day.After(time.Now()) {
			t.Errorf("%+v", p)
		}
	}
	if spans != 6 {
		t.Fatalf("%d partitions of spans", spans)
	}
	lowered := func(signal string, class uint16) uint16 {
		if signal == upkeep.Traces && class == 30 {
			return 3
		}
		return class
	}
	old := upkeep.Expired(all, lowered, time.Now())
	if len(old) != 4 { // spans and trace_index of 4 and 5 days ago
		t.Errorf("%d are expired: %+v", len(old), old)
	}
	for _, p := range old {
		must(t, store.Drop(t.Context(), p))
		must(t, store.Drop(t.Context(), p))
	}
	if n, index := count(t, db, "spans"), count(t, db, "trace_index"); n != 8 || index != 4 {
		t.Errorf("%d spans and %d traces are left, want 8 and 4", n, index)
	}
	if n, err := conn.One[uint64](t.Context(), db, conn.Query{SQL: "SELECT count() FROM spans WHERE retention_days = 31"}); err != nil || n != 2 {
		t.Errorf("the other class has %d spans, %v", n, err)
	}
}

func TestWeeksOfRollupsAreDroppedWhole(t *testing.T) {
	t.Parallel()
	db := storagetest.Open(t)
	must(t, db.Exec(t.Context(), "INSERT INTO red_1m (project, minute, retention_days) SELECT 'p', now() - toIntervalDay(number * 7), 3650 FROM numbers(10)"))
	store := upkeep.NewStore(db)
	all, err := store.Partitions(t.Context())
	must(t, err)
	old := upkeep.Expired(all, func(string, uint16) uint16 { return 30 }, time.Now())
	for _, p := range old {
		if p.Days != 7 || p.Day.Weekday() != time.Monday {
			t.Errorf("%+v", p)
		}
		must(t, store.Drop(t.Context(), p))
	}
	if n := count(t, db, "red_1m"); n < 5 || n > 6 {
		t.Errorf("%d of 10 weeks are left", n)
	}
	if n, err := conn.One[uint64](t.Context(), db, conn.Query{SQL: "SELECT count() FROM red_1m WHERE minute > now() - toIntervalDay(30)"}); err != nil || n != 5 {
		t.Errorf("%d rows of the last 30 days, %v", n, err)
	}
}

func TestNamesFromElsewhereAreRefused(t *testing.T) {
	t.Parallel()
	store := upkeep.NewStore(storagetest.Open(t))
	for _, p := range []upkeep.Partition{{Table: "spans; DROP TABLE spans", ID: "7-20260101"}, {Table: "spans", ID: "7' OR 1"}} {
		if err := store.Drop(t.Context(), p); err == nil {
			t.Errorf("%+v was dropped", p)
		}
	}
}

func TestPointsArriveByService(t *testing.T) {
	t.Parallel()
	db := storagetest.Open(t)
	for day := range 2 { // a series has a row a day
		must(t, db.Exec(t.Context(), "INSERT INTO series (project, name, id, service, last_seen, retention_days) SELECT 'default', 'm', number, if(number < 2, 'web', 'shop'),"+
			" now() - toIntervalDay({day:UInt8}), 3650 FROM numbers(3)", conn.Uint("day", uint8(day))))
	}
	for _, table := range []string{"points", "distributions"} {
		must(t, db.Exec(t.Context(), "INSERT INTO "+table+" (project, name, series, time, retention_days) SELECT 'default', 'm', number % 3, {at:DateTime64(9, 'UTC')}, 3650 FROM numbers(9)",
			conn.Time("at", midnight(0).Add(time.Minute))))
	}
	got, err := upkeep.NewStore(db).Arrivals(t.Context(), "default", midnight(0), midnight(0).Add(time.Hour))
	must(t, err)
	if len(got.Services) != 2 || got.Services["web"][upkeep.Metrics] != 12 || got.Services["shop"][upkeep.Metrics] != 6 || !got.First[upkeep.Metrics].Equal(midnight(0).Add(time.Minute)) {
		t.Errorf("got %v", got)
	}
}

func TestWhatArrivesByService(t *testing.T) {
	t.Parallel()
	db := storagetest.Open(t)
	load(t, db, 0, 7)
	load(t, db, 1, 7)
	got, err := upkeep.NewStore(db).Arrivals(t.Context(), "default", midnight(0), midnight(0).Add(time.Hour))
	must(t, err)
	if len(got.Services) != 2 || got.Services["web"][upkeep.Traces] != 1 || got.Services["shop"][upkeep.Traces] != 1 || !got.First[upkeep.Traces].Equal(midnight(0).Add(time.Minute)) {
		t.Errorf("got %v", got)
	}
	if n := got.Hourly(upkeep.Traces, midnight(0).Add(31*time.Minute)); n != 4 { // two in half an hour
		t.Errorf("%d an hour", n)
	}
}

func TestWhatArrivesByServiceOfAllSignals(t *testing.T) {
	t.Parallel()
	db := storagetest.Open(t)
	for _, sql := range []string{
		"INSERT INTO logs (project, time, service, retention_days) SELECT 'default', now64(9) - 60, 'web', 7 FROM numbers(3)",
		"INSERT INTO series (project, name, id, service, last_seen, retention_days) VALUES ('default', 'a', 1, 'web', now(), 30), ('default', 'a', 2, 'shop', now(), 30), ('other', 'a', 3, 'else', now(), 30)",
		"INSERT INTO points (project, name, series, time, retention_days) SELECT 'default', 'a', 1 + number % 2, now64(9) - 60, 30 FROM numbers(10)",
		"INSERT INTO points (project, name, series, time, retention_days) VALUES ('other', 'a', 3, now64(9) - 60, 30)",
		"INSERT INTO distributions (project, name, series, time, retention_days) VALUES ('default', 'a', 2, now64(9) - 60, 30)",
	} {
		must(t, db.Exec(t.Context(), sql))
	}
	now := time.Now()
	got, err := upkeep.NewStore(db).Arrivals(t.Context(), "default", now.Add(-time.Hour), now.Add(time.Minute))
	must(t, err)
	if len(got.Services) != 2 || got.Services["web"][upkeep.Logs] != 3 || got.Services["web"][upkeep.Metrics] != 5 || got.Services["shop"][upkeep.Metrics] != 6 {
		t.Errorf("got %v", got)
	}
	all, err := upkeep.NewStore(db).Partitions(t.Context())
	must(t, err)
	for _, p := range all {
		if (p.Table == "logs" || p.Table == "points") && (p.Class == 0 || p.Days != 1 || p.Signal() == upkeep.Shared) {
			t.Errorf("%+v", p)
		}
	}
}
