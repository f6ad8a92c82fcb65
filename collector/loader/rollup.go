package loader

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// A recomputation is followed by a pause, so that it takes at most half of the time, and a quarter while spans wait to be stored.
	restIdle, restBehind = 1, 3
	restLimit            = 30 * time.Second
	// Minutes that are recomputed at once: so many at most, or so many spans, as far as the last ones tell.
	runMinutes  = 10
	runSpans    = 300_000
	rollupRetry = 15 * time.Second
	// saveDirty is how often progress with the minutes goes to disk when no batch takes it along. Losing it costs repeats only.
	saveDirty = 10 * time.Second
)

// recomputeDue recomputes minutes as they fall due, newest first, one at a time, until ctx ends.
func (l *Loader) recomputeDue(ctx context.Context) {
	if l.cfg.Rollup == nil {
		return
	}
	saved := time.Now()
	for {
		l.mu.Lock()
		key, wait, due := l.dirty.next(time.Now())
		l.mu.Unlock()
		if !due {
			if !l.idle(ctx, wait) {
				return
			}
			continue
		}
		began := time.Now()
		if err := l.recompute(ctx, key); err != nil && ctx.Err() != nil {
			return
		}
		took := time.Since(began)
		if time.Since(saved) >= saveDirty {
			saved = time.Now()
			if err := l.trySave(); err != nil {
				l.trouble(err)
			}
		}
		factor := time.Duration(restIdle)
		if l.behind.Load() {
			factor = restBehind
		}
		if sleep(ctx, min(factor*took, restLimit)) != nil {
			return
		}
	}
}

// idle waits for a minute to fall due (0: for one to be touched); false when ctx ended.
func (l *Loader) idle(ctx context.Context, wait time.Duration) bool {
	var due <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		due = t.C
	}
	select {
	case <-ctx.Done():
		return false
	case <-due:
	case <-l.wake:
	}
	return true
}

// recompute writes the rollups of a minute anew, and of those right before it that are due as well: a backlog costs less at once.
func (l *Loader) recompute(ctx context.Context, k minuteKey) error {
	l.rolling.Lock()
	defer l.rolling.Unlock()
	began := time.Now()
	l.mu.Lock()
	l.state.Generation = max(uint64(began.UnixNano()), l.state.Generation+1)
	generation := l.state.Generation
	minutes := 1 + l.dirty.before(k, int(min(runMinutes, runSpans/max(l.density, 1)))-1, began)
	first := minuteKey{k.project, k.minute - int64(minutes) + 1}
	for i := range minutes {
		l.dirty.begin(first.plus(i))
	}
	l.mu.Unlock()
	l.cfg.Failpoint(FailRollupBefore)
	var spans uint64
	err := l.uncancelled(ctx, func(ctx context.Context) (err error) {
		spans, err = l.cfg.Rollup.Recompute(ctx, k.project, first.time(), minutes, generation)
		return err
	})
	l.cfg.Failpoint(FailRollupAfter)
	l.mu.Lock()
	for i := range minutes {
		if err == nil {
			l.dirty.finish(first.plus(i), began)
			l.progress.rollups++
		} else {
			l.dirty.fail(first.plus(i), time.Now().Add(rollupRetry))
		}
	}
	l.mu.Unlock()
	if err == nil {
		l.density = spans / uint64(minutes)
		return nil
	}
	err = fmt.Errorf("recompute rollups of %d minutes of %s from %s: %w", minutes, k.project, first.time().Format(time.RFC3339), err)
	if !errors.Is(err, errLeft) {
		l.trouble(err)
	}
	return err
}

// Flush returns when everything that the journal held is settled and every rollup that it made stale is recomputed. Run must be
// running.
func (l *Loader) Flush(ctx context.Context) error {
	if err := l.Drain(ctx); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	if l.cfg.Rollup == nil {
		return nil
	}
	l.mu.Lock()
	keys := l.dirty.stale(l.progress.stored)
	l.mu.Unlock()
	for _, k := range keys {
		for pause := l.timing.retry; ; {
			err := l.recompute(ctx, k)
			if err == nil {
				break
			}
			if err := pause.wait(ctx); err != nil {
				return fmt.Errorf("flush: %w", err)
			}
		}
	}
	if err := l.trySave(); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	return nil
}

// uncancelled runs what must not be cut short. When the process is to end it waits a moment, and then leaves it behind.
func (l *Loader) uncancelled(ctx context.Context, f func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return errors.Join(errLeft, err)
	}
	result := make(chan error, 1)
	go func() { result <- f(context.WithoutCancel(ctx)) }()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-result:
		return err
	case <-time.After(l.timing.grace):
		return errLeft
	}
}
