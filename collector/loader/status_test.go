package loader

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
)

func TestStatusSaysThatTheEngineIsGone(t *testing.T) {
	w := newWorld(t, 1)
	var up atomic.Bool
	var seen sync.Map
	l, stop := w.start(w.config(scripted{
		insert: func(b batch.Block) error {
			if !up.Load() {
				return conn.ErrUnavailable
			}
			seen.Store(b.Table+b.Partition, true)
			return nil
		},
		count: func(b batch.Block) (uint64, error) {
			if !up.Load() {
				return 0, conn.ErrUnavailable
			}
			return whole(&seen)(b)
		},
	}))
	defer stop()
	w.append(w.spans(2))
	for deadline := time.Now().Add(time.Minute); l.Status().State != StateWaiting; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("status %+v", l.Status())
		}
	}
	up.Store(true)
	w.drain(l)
	if s := l.Status(); s.State != StateIdle || s.Totals[0].Stored != 2 {
		t.Errorf("status %+v", s)
	}
}

func TestSettledPartsWhatIsStoredFromWhatComes(t *testing.T) {
	w := newWorld(t, 1)
	var seen sync.Map
	var last atomic.Int64
	l, stop := w.start(w.config(scripted{
		insert: func(b batch.Block) error {
			last.Store(w.savedState().Cuts[0].Parts[0].id.Cut().UnixNano())
			seen.Store(b.Table+b.Partition, true)
			return nil
		},
		count: whole(&seen),
	}))
	defer stop()
	for range 3 {
		w.append(w.spans(1))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		id, err := l.Settled(ctx)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		if stored := last.Load(); stored == 0 || stored >= id.Cut().UnixNano() {
			t.Errorf("settled up to %d, stored %d", id.Cut().UnixNano(), stored)
		}
		if cuts := w.savedState().Cuts; len(cuts) > 0 {
			t.Errorf("a restart would count %+v again", cuts)
		}
		w.append(w.spans(1))
		w.drain(l)
		if came := last.Load(); came <= id.Cut().UnixNano() {
			t.Errorf("settled up to %d, which takes in %d", id.Cut().UnixNano(), came)
		}
	}
}
