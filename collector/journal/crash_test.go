package journal_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/sightline/sightline/collector/journal"
)

// TestNothingAcknowledgedIsLostAtAnyFailpoint copies the folder, as kill -9 would leave it, at the first visits of every
// failpoint while writers append and a loader releases. What was acknowledged before is in the copy once, and so is what was
// not acknowledged if it is there at all; a retry of everything adds each request at most once.
func TestNothingAcknowledgedIsLostAtAnyFailpoint(t *testing.T) {
	t.Parallel()
	const visits = 4
	type crash struct {
		name  string
		dir   string
		at    time.Time
		acked map[int]bool
	}
	var mu sync.Mutex
	seen := map[string]int{}
	acked := map[int]bool{}
	released := 0 // records before it may be gone
	var crashes []crash
	dir := t.TempDir()
	c := newClock()
	cfg := journal.Config{Dir: dir, MaxBytes: 16 << 10, SegmentBytes: 2 << 10, Now: c.now, Codec: journal.CodecNone}
	cfg.Failpoint = func(name string) {
		mu.Lock()
		defer mu.Unlock()
		if seen[name]++; seen[name] > visits {
			return
		}
		must := map[int]bool{}
		for i := range acked {
			if i >= released {
				must[i] = true
			}
		}
		crashes = append(crashes, crash{fmt.Sprint(name, " visit ", seen[name]), copyDir(t, dir), c.now(), must})
	}
	j := open(t, cfg)
	request := func(j *journal.Journal, i int) journal.Record {
		r := data(j, 1, body(i, 150))
		r.Received = c.now()
		return r
	}
	for i := 0; i < 240; i += 4 {
		var wg sync.WaitGroup
		for k := i; k < i+4; k++ {
			wg.Go(func() {
				if _, err := j.AppendOnce(context.Background(), request(j, k)); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				acked[k] = true
				mu.Unlock()
			})
		}
		wg.Wait()
		c.advance(30 * time.Second)
		if i%20 == 16 {
			mu.Lock()
			released = i + 4
			mu.Unlock()
			j.Release(j.End())
		}
	}
	j.Close()
	mu.Lock()
	defer mu.Unlock()
	for _, name := range []string{journal.FailAppendBefore, journal.FailWriteBefore, journal.FailWriteAfter, journal.FailSyncAfter, journal.FailAppendAfter,
		journal.FailRotateBefore, journal.FailRotateAfter, journal.FailRemoveBefore, journal.FailRemoveAfter} {
		if seen[name] == 0 {
			t.Errorf("nobody came by %s", name)
		}
	}
	for _, crash := range crashes {
		k := open(t, journal.Config{Dir: crash.dir, Now: func() time.Time { return crash.at }, Create: new(badDisk).create})
		times, fresh := map[int]int{}, map[int]bool{}
		read := func() {
			clear(times)
			for _, e := range readAll(t, k, journal.Position{}) {
				if e.Record.Kind == journal.KindData {
					var i int
					fmt.Sscanf(string(e.Record.Body), "body %d", &i)
					times[i]++
					fresh[i] = crash.at.Sub(e.Record.Received) < 14*time.Minute
				}
			}
		}
		read()
		for i := range crash.acked {
			if times[i] != 1 {
				t.Errorf("%s: request %d is there %d times", crash.name, i, times[i])
			}
		}
		for i, isFresh := range maps.Clone(fresh) {
			if got := once(t, k, request(k, i)); isFresh && !got.Duplicate {
				t.Errorf("%s: a retry of request %d is stored again", crash.name, i)
			}
		}
		if st := k.Stats(); st.CorruptUnits != 0 {
			t.Errorf("%s: taken for damage: %+v", crash.name, st)
		}
		k.Close()
	}
}
