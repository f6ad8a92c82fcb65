package upkeep_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/upkeep"
)

// desk is a keeper whose clocks are set by hand, on a real engine.
type desk struct {
	*testing.T
	db      *conn.DB
	k       *upkeep.Keeper
	saved   []byte
	now     time.Time
	elapsed time.Duration
	settle  error
}

func newDesk(t *testing.T, daysAgo ...int) *desk {
	d := &desk{T: t, db: storagetest.Open(t), now: time.Now()}
	for _, n := range daysAgo {
		load(t, d.db, n, 30)
	}
	d.start()
	return d
}

// start is what the program does, also again.
func (d *desk) start() {
	d.Helper()
	d.elapsed = 0
	k, err := upkeep.OpenKeeper(upkeep.KeeperConfig{
		Tables: upkeep.NewStore(d.db), State: d.saved, Save: func(data []byte) error { d.saved = data; return nil },
		Settle: func(context.Context) error { return d.settle },
		Now:    func() time.Time { return d.now }, Elapsed: func() time.Duration { return d.elapsed },
	})
	must(d.T, err)
	d.k = k
}

func rules(traces uint16, services map[string]uint16) upkeep.Rules {
	return upkeep.Rules{Traces: batch.Retention{Days: traces, Services: services}, Logs: batch.Retention{Days: 7}, Metrics: batch.Retention{Days: 30}, Rollups: 90}
}

// pass lets time go by as it should, and looks.
func (d *desk) pass(by time.Duration) error {
	d.now, d.elapsed = d.now.Add(by), d.elapsed+by
	return d.k.Look(d.Context())
}

func (d *desk) want(spans uint64) {
	d.Helper()
	if n := count(d.T, d.db, "spans"); n != spans {
		d.Errorf("%d spans are left, want %d", n, spans)
	}
}

func TestLoweringAClassDropsItsOlderPartitions(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0, 1, 4, 5, 6)
	must(t, d.k.Set(rules(30, nil)))
	must(t, d.pass(0))
	d.want(10)
	old, _, err := d.k.Plan(t.Context(), rules(3, nil))
	must(t, err)
	if len(old) != 6 {
		t.Errorf("%d partitions would go", len(old))
	}
	must(t, d.k.Set(rules(3, nil)))
	d.settle = errors.New("a batch is on its way")
	if err := d.pass(0); err == nil || !strings.Contains(err.Error(), "on its way") {
		t.Errorf("dropped under a batch: %v", err)
	}
	d.want(10)
	d.settle = nil
	must(t, d.pass(time.Minute))
	d.want(4)
	if s := d.k.Status(); s.Dropped != 6 || s.DroppedBytes == 0 || s.Error != "" || s.Looked.IsZero() {
		t.Errorf("%+v", s)
	}
	// The old class goes on to be kept for three days, also after a restart, until nothing of it is left.
	d.start()
	must(t, d.k.Set(rules(3, nil)))
	must(t, d.pass(24*time.Hour))
	d.want(4)
	for range 3 {
		must(t, d.pass(24*time.Hour))
	}
	d.want(0)
	if got := d.k.Keep(upkeep.Traces, 30); got != 3 {
		t.Errorf("kept for %d days", got)
	}
	must(t, d.pass(time.Hour))
	if got := d.k.Keep(upkeep.Traces, 30); got != 30 { // forgotten with its last partition
		t.Errorf("a class that is gone is kept for %d days", got)
	}
}

func TestAClassIsKeptAsLongAsTheLongestOfItsOwnersWants(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0, 5, 10)
	f := func(want uint64, r upkeep.Rules) {
		t.Helper()
		must(t, d.k.Set(r))
		must(t, d.pass(time.Minute))
		d.want(want)
	}
	f(6, rules(30, map[string]uint16{"payments": 30}))
	f(6, rules(3, map[string]uint16{"payments": 30})) // payments wrote into it too
	f(6, rules(3, map[string]uint16{"payments": 60})) // longer is for new data; what is there is kept as it was written
	f(4, rules(3, map[string]uint16{"payments": 8}))
	f(2, rules(3, nil))
}

func TestAServiceThatMovesLeavesItsDataWhereItIs(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0, 5)
	must(t, d.k.Set(rules(30, nil)))
	must(t, d.k.Set(rules(30, map[string]uint16{"web": 1})))
	must(t, d.pass(time.Minute))
	d.want(4)
}

func TestAClockThatJumpedDropsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0, 1, 2)
	must(t, d.k.Set(rules(30, nil)))
	must(t, d.pass(0))
	d.now = d.now.AddDate(1, 0, 0)
	must(t, d.pass(time.Hour))
	d.want(6)
	held, is := d.k.Status().Held[upkeep.Traces]
	if !is || held.Partitions != 6 || held.Bytes != held.Of || held.Bytes == 0 {
		t.Fatalf("%+v", d.k.Status())
	}
	must(t, d.pass(time.Hour)) // the clock goes on well from its wrong time
	d.want(6)
	d.start() // and a restart knows
	must(t, d.k.Set(rules(30, nil)))
	must(t, d.pass(time.Hour))
	d.want(6)
	d.now = d.now.AddDate(-1, 0, 0) // somebody mends it
	must(t, d.pass(time.Hour))
	must(t, d.pass(time.Hour))
	d.want(6)
	if held := d.k.Status().Held; len(held) != 0 {
		t.Errorf("still held: %+v", held)
	}
	// A year off, and everything is too old indeed: a person says so.
	d.now = d.now.AddDate(1, 0, 0)
	d.start()
	must(t, d.k.Set(rules(30, nil)))
	must(t, d.pass(time.Minute))
	d.want(6)
	d.k.Approve()
	must(t, d.pass(time.Minute))
	d.want(0)
}

func TestAClockThatGoesWellDropsEverythingInTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 0)
	must(t, d.k.Set(rules(30, nil)))
	must(t, d.pass(0))
	for range 31 {
		must(t, d.pass(24*time.Hour))
	}
	d.want(0)
}

func TestAStateOfALaterVersionIsRefused(t *testing.T) {
	for state, want := range map[string]string{`{"format":2}`: "later", `{"format`: "read retention state"} {
		if _, err := upkeep.OpenKeeper(upkeep.KeeperConfig{State: []byte(state)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", state, err)
		}
	}
}

func TestRulesAreInForceOnlyOnceTheyAreNoted(t *testing.T) {
	k, err := upkeep.OpenKeeper(upkeep.KeeperConfig{Save: func([]byte) error { return errors.New("disk full") }})
	must(t, err)
	if err := k.Set(rules(3, nil)); err == nil || k.Keep(upkeep.Rollups, 0) != 0 {
		t.Errorf("%v, rollups are kept for %d days", err, k.Keep(upkeep.Rollups, 0))
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	d := newDesk(t)
	must(t, d.k.Set(rules(30, nil)))
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); d.k.Run(ctx) }()
	for d.k.Status().Looked.IsZero() {
		time.Sleep(time.Millisecond)
	}
	stop()
	<-done
}
