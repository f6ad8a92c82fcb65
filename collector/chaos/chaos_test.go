// Package chaos_test kills the real thing: journal, receiver, loader and engine in their processes, at random moments and at every
// failpoint, while clients send; then it compares the database with the clients' log, span by span.
//
//	go test ./collector/chaos                          10 kills
//	SIGHTLINE_CHAOS=long go test -timeout 1h ./collector/chaos    200, each failpoint several times
//	SIGHTLINE_SEED=n go test ./collector/chaos         the plan of a run that failed
package chaos_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/loader"
)

var programs string // folder of what build has built

func TestMain(m *testing.M) {
	var err error
	if programs, err = os.MkdirTemp("", "sightline-chaos-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(programs)
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

const senders = 3

// failpoints are the places where a process is made to die.
func failpoints() []string {
	return append(loader.Failpoints(),
		journal.FailAppendBefore, journal.FailWriteBefore, journal.FailWriteAfter, journal.FailSyncAfter, journal.FailAppendAfter,
		journal.FailRotateBefore, journal.FailRotateAfter, journal.FailRemoveBefore, journal.FailRemoveAfter)
}

// run is one test: a folder, the processes that live and die on it, and the clients.
type run struct {
	t      *testing.T
	rnd    *rand.Rand
	dir    string
	launch func(failpoints string) *process // nil: it died before it listened
	log    *os.File
	client *client
	begun  bool // a process has lived
	kills  map[string]int
	hangs  int
	finish func() // ends the clients once each has its last answer
}

// newRun makes the folder and sets the clients to work.
func newRun(t *testing.T) *run {
	t.Helper()
	r := newQuietRun(t)
	ctx, stop := context.WithCancel(context.Background())
	limit, giveUp := context.WithCancel(context.Background())
	var clients sync.WaitGroup
	for range senders {
		rnd := rand.New(rand.NewPCG(r.rnd.Uint64(), r.rnd.Uint64()))
		clients.Go(func() { r.client.run(ctx, limit, rnd) })
	}
	r.finish = func() {
		stop()
		clients.Wait()
	}
	t.Cleanup(func() {
		giveUp()
		r.finish()
	})
	return r
}

// newQuietRun makes the folder; nobody sends.
func newQuietRun(t *testing.T) *run {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("SIGHTLINE_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("SIGHTLINE_SEED=%d", seed)
	dir := t.TempDir()
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	r := &run{t: t, rnd: rand.New(rand.NewPCG(seed, 0)), dir: dir, log: log, client: newClient(), kills: map[string]int{}}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d; the log ends:\n%s", seed, logTail(log.Name()))
		}
		log.Close()
	})
	return r
}

func long() bool { return os.Getenv("SIGHTLINE_CHAOS") == "long" }

// enough says how many kills a test deals out, given how many are enough for every day.
func enough(everyDay int) int {
	if long() {
		return 20 * everyDay
	}
	return everyDay
}

func TestNothingAcknowledgedIsLostAndNothingIsStoredTwice(t *testing.T) {
	t.Parallel()
	binary := build(t, "node")
	r := newRun(t)
	r.launch = func(failpoints string) *process { return start(t, binary, r.dir, failpoints, r.log) }
	var order []string
	for kills := enough(10); r.count() < kills; {
		if len(order) == 0 {
			order = failpoints()
			r.rnd.Shuffle(len(order), func(i, k int) { order[i], order[k] = order[k], order[i] })
		}
		order = r.life(order)
		if t.Failed() {
			return
		}
	}
	began := time.Now()
	p := r.start("")
	listens := time.Since(began)
	r.finish()
	r.settle(p, began, listens)
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	db := open(t, filepath.Join(r.dir, "engine"))
	verifyStored(t, db, r.client.acked)
	verifyRollups(t, db)
}

// life starts a process, perhaps kills its engine, and kills it: early, at a random moment, or at the next failpoint of the order.
func (r *run) life(order []string) []string {
	armed, point := "", ""
	early := r.rnd.IntN(4) == 0 && r.begun // during recovery
	if !early && r.rnd.IntN(3) > 0 {
		point, order = order[0], order[1:]
		armed = fmt.Sprintf("%s=exit@%d", point, 1+r.rnd.IntN(4))
		if strings.Contains(point, ".remove.") || strings.Contains(point, ".verify.") {
			armed = point + "=exit"
		}
	}
	p := r.start(armed)
	if p == nil {
		r.kills[point]++
		return order
	}
	switch {
	case early:
		p.diesWithin(time.Duration(r.rnd.IntN(500)) * time.Millisecond)
		p.kill()
		r.kills["during recovery"]++
	case point != "":
		r.awaitFailpoint(p, point)
	default:
		if r.rnd.IntN(2) == 0 {
			p.diesWithin(time.Duration(r.rnd.IntN(1500)) * time.Millisecond)
			if p.hangEngine(time.Duration(r.rnd.IntN(1000)) * time.Millisecond) {
				r.hangs++
			}
		}
		for range r.rnd.IntN(3) {
			if !p.diesWithin(time.Duration(500+r.rnd.IntN(1500))*time.Millisecond) && p.killEngine() {
				r.kills["engine"]++
			}
		}
		p.diesWithin(time.Duration(r.rnd.IntN(2000)) * time.Millisecond)
		name := "parent"
		if r.rnd.IntN(3) == 0 && p.killEngine() {
			name = "both"
		}
		p.kill()
		r.kills[name]++
	}
	return order
}

// awaitFailpoint lets the process run into its failpoint, and kills it if it does not come by.
func (r *run) awaitFailpoint(p *process, point string) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	var flushing sync.WaitGroup
	defer flushing.Wait()
	if strings.HasPrefix(point, "loader.rollup") {
		flushing.Go(func() { _ = p.flush(ctx) }) // it dies of it
	}
	if p.diesWithin(6 * time.Second) {
		r.kills[point]++
		return
	}
	p.kill()
	r.kills["parent"]++
}

func (r *run) start(armed string) *process {
	r.t.Helper()
	if p := r.launch(armed); p != nil {
		r.begun = true
		r.client.follow(p.otlp)
		return p
	}
	if armed == "" {
		r.t.Fatal("the process died while nothing was to kill it")
	}
	return nil
}

func (r *run) count() (n int) {
	for _, k := range r.kills {
		n += k
	}
	return n
}

// settle waits until the last process has stored everything, and checks its books.
func (r *run) settle(p *process, began time.Time, listens time.Duration) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	if err := p.flush(ctx); err != nil {
		r.t.Fatalf("flush: %v", err)
	}
	took := time.Since(began)
	s, err := p.status()
	if err != nil {
		r.t.Fatal(err)
	}
	sent := uint64(r.client.spans())
	for _, got := range s.Loader.Totals {
		if !got.Balanced() || got.Stored != sent || got.DeadLetter != 0 || got.InJournal != 0 || len(got.Rejected) != 0 {
			r.t.Errorf("the books say %+v (balanced: %v), the clients sent %d", got, got.Balanced(), sent)
		}
	}
	if len(s.Loader.Totals) != 1 || s.Loader.Alarms != 0 || s.Loader.State != loader.StateIdle {
		r.t.Errorf("status %+v", s.Loader)
	}
	if r.client.partial > 0 {
		r.t.Errorf("%d answers refused spans", r.client.partial)
	}
	if _, err := os.Stat(filepath.Join(r.dir, "dead_letters.jsonl")); err == nil {
		r.t.Error("there are dead letters")
	}
	r.report(sent, listens, took)
}

// report tells what was survived.
func (r *run) report(sent uint64, listens, took time.Duration) {
	names := make([]string, 0, len(r.kills))
	for name, n := range r.kills {
		names = append(names, fmt.Sprintf("%s %d", name, n))
	}
	slices.Sort(names)
	r.t.Logf("%d kills and %d hangs survived: %s", r.count(), r.hangs, strings.Join(names, ", "))
	r.t.Logf("%d spans in %d requests, %d attempts; listens after %v, all stored and rolled up after %v",
		sent, r.client.requests, r.client.attempts, listens.Round(time.Millisecond), took.Round(time.Millisecond))
}
