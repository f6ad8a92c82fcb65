package upkeep_test

import (
	"math"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/upkeep"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func at(daysAgo int) time.Time { return noon.Truncate(24*time.Hour).AddDate(0, 0, -daysAgo) }

func spans(class uint16, daysAgo int, rows, bytes uint64) upkeep.Partition {
	return upkeep.Partition{Table: "spans", Class: class, Day: at(daysAgo), Days: 1, Rows: rows, Bytes: bytes, Parts: 1}
}

func asWritten(_ string, class uint16) uint16 { return class }

func tracesOf(t *testing.T, lastHour uint64, all ...upkeep.Partition) upkeep.Use {
	t.Helper()
	for _, u := range upkeep.Summarize(all, asWritten, map[string]uint64{upkeep.Traces: 7}, map[string]uint64{upkeep.Traces: lastHour}, noon) {
		if u.Signal == upkeep.Traces {
			return u
		}
	}
	t.Fatal("no traces")
	return upkeep.Use{}
}

func TestWhatADayAddsIsTakenFromCompleteDays(t *testing.T) {
	f := func(u upkeep.Use, perDay float64, basis upkeep.Basis, projected uint64) {
		t.Helper()
		if math.Abs(u.PerDay-perDay) > 1 || u.Basis != basis || u.Projected != projected {
			t.Errorf("%v bytes a day from %s, %d in the end; want %v from %s, %d", u.PerDay, u.Basis, u.Projected, perDay, basis, projected)
		}
	}
	f(tracesOf(t, 0), 0, upkeep.BasisNone, 0)
	// The first day is not complete, nor is today.
	f(tracesOf(t, 9, spans(7, 3, 10, 10), spans(7, 2, 100, 1000), spans(7, 1, 100, 3000), spans(7, 0, 10, 100)), 2000, upkeep.BasisDays, 14000)
	f(tracesOf(t, 9, spans(7, 2, 10, 10), spans(7, 1, 100, 1000), spans(7, 0, 200, 5000)), 5000, upkeep.BasisToday, 35000)
	// A day old at most: the last hour says more.
	f(tracesOf(t, 50, spans(7, 0, 100, 6000)), 50*24*60, upkeep.BasisHour, 50*24*60*7)
	f(tracesOf(t, 0, spans(7, 0, 100, 6000)), 6000, upkeep.BasisToday, 42000)
	// Two classes: three quarters are kept for 30 days.
	f(tracesOf(t, 0, spans(30, 0, 100, 3000), spans(10, 0, 100, 1000)), 4000, upkeep.BasisToday, 100_000)
	// Nothing lately: what applies is the setting.
	f(tracesOf(t, 0, spans(30, 5, 100, 1000), spans(30, 4, 100, 1000)), 1000, upkeep.BasisDays, 7000)
}

func TestClassesSayWhatTheyHold(t *testing.T) {
	u := tracesOf(t, 0, spans(7, 3, 10, 10), spans(7, 1, 10, 20), spans(30, 9, 1, 5))
	if len(u.Classes) != 2 || u.Classes[0].Days != 7 || u.Classes[0].Bytes != 30 || u.Classes[0].Oldest != at(3) || u.Classes[0].Newest != at(1) || u.Classes[1].Days != 30 {
		t.Errorf("%+v", u.Classes)
	}
	if u.Bytes != 35 || u.Parts != 3 || len(u.Days) != 3 || u.Days[0].Day != at(9) {
		t.Errorf("%+v", u)
	}
}

func TestRollupsAreReckonedByWeeks(t *testing.T) {
	monday := time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)
	all := []upkeep.Partition{
		{Table: "red_1m", Day: monday, Days: 7, Bytes: 1300}, spans(7, 1, 1, 1),
	}
	for _, u := range upkeep.Summarize(all, func(string, uint16) uint16 { return 90 }, map[string]uint64{upkeep.Rollups: 90}, nil, noon) {
		if u.Signal == upkeep.Rollups && (math.Abs(u.PerDay-1300/1.5) > 1 || u.Projected != 78000) {
			t.Errorf("%v a day, %d in the end", u.PerDay, u.Projected) // items have been there for a day and a half
		}
	}
}

func TestWhenTheDiskIsFull(t *testing.T) {
	uses := []upkeep.Use{{Bytes: 100, PerDay: 10, Projected: 200}, {Bytes: 50, PerDay: 5, Projected: 60}}
	f := func(free uint64, want float64, full bool) {
		t.Helper()
		if got, is := upkeep.DaysUntilFull(uses, free); is != full || math.Abs(got-want) > 0.01 {
			t.Errorf("%d free bytes: full %v in %v days, want %v in %v", free, is, got, full, want)
		}
	}
	f(111, 0, false)
	f(15, 1, true)
	f(100, 9, true) // the second stops growing after two days
	f(0, 0, true)
}

func TestTablesOfLaterVersionsHaveAPlace(t *testing.T) {
	for table, want := range map[string]string{"spans": upkeep.Traces, "spans_local": upkeep.Traces, "logs": upkeep.Logs, "logs_1m": upkeep.Rollups, "points": upkeep.Metrics,
		"series_index": upkeep.Metrics, "resources": upkeep.Shared, "something": upkeep.Shared} {
		if got := upkeep.SignalOf(table); got != want {
			t.Errorf("%s belongs to %s, want %s", table, got, want)
		}
	}
}

func TestWhatIsNotKnownIsNotDropped(t *testing.T) {
	all := []upkeep.Partition{spans(7, 100, 1, 1), {Table: "resources", ID: "all", Rows: 1}}
	if old := upkeep.Expired(all, func(string, uint16) uint16 { return 0 }, noon); len(old) != 0 {
		t.Errorf("%+v", old)
	}
	if old := upkeep.Expired(all, func(string, uint16) uint16 { return 99 }, noon); len(old) != 1 {
		t.Errorf("%+v", old)
	}
}
