package loader

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/storage/batch"
)

// flush is a request to store everything up to a position without waiting for a batch to fill.
type flush struct {
	target journal.Position
	done   chan struct{}
}

// Drain returns when everything that the journal held when it was called is settled. Run must be running.
func (l *Loader) Drain(ctx context.Context) error {
	f := &flush{target: l.cfg.Journal.End(), done: make(chan struct{})}
	l.mu.Lock()
	l.flushes = append(l.flushes, f)
	if l.poke != nil {
		l.poke()
	}
	l.mu.Unlock()
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// decode fills batches from the journal, one while the other is stored, until ctx ends.
func (l *Loader) decode(ctx context.Context, free <-chan *decoded, ready chan<- *decoded) {
	l.mu.Lock()
	at := l.state.Position
	l.mu.Unlock()
	r := l.cfg.Journal.Reader(at)
	defer func() { r.Close() }()
	for {
		var d *decoded
		select {
		case d = <-free:
		case <-ctx.Done():
			return
		}
		d.reset(batch.ID{}, at, l.policyNow())
		if r = l.fill(ctx, r, d); r == nil {
			r = l.cfg.Journal.Reader(at) // for the deferred Close
			return
		}
		at = d.to
		d.finish()
		select {
		case ready <- d:
		case <-ctx.Done():
			return
		}
	}
}

// fill adds records until the batch is to be cut. It returns the reader to go on with, or nil when ctx ended.
func (l *Loader) fill(ctx context.Context, r *journal.Reader, d *decoded) *journal.Reader {
	var deadline time.Time // of the cut; zero until there is a record
	for d.rows.count() < l.cfg.Rows && d.bytes < l.cfg.Bytes {
		if !deadline.IsZero() && !time.Now().Before(deadline) {
			return r
		}
		asked := l.asked() // before looking: what comes after may hold a record that they do not wait for
		e, ok, err := l.read(ctx, r)
		if err == nil && !ok {
			if l.grant(d, asked); len(d.waiters) > 0 {
				return r
			}
			e, ok, err = l.await(ctx, r, deadline)
		}
		if err != nil || ctx.Err() != nil {
			r.Close()
			return nil
		}
		if !ok {
			continue
		}
		if d.empty() && deadline.IsZero() {
			deadline = time.Now().Add(l.cfg.Delay)
			d.reset(l.newBatchID(), d.from, l.policyNow()) // only now: an id says when its rows came, and a night may have passed
			l.arrived(e.Record.Received)
		}
		if err := d.add(&e); err != nil {
			l.alarm("an acknowledged request can't be converted", "position", e.Start, "error", err)
			d.restart(e.Start, err)
			r.Close()
			r = l.cfg.Journal.Reader(d.from)
			continue
		}
		if e.Gap > 0 {
			l.alarm("the journal has damaged records", "before", e.Start, "bytes", e.Gap)
		}
		if l.grant(d, slices.DeleteFunc(asked, func(f *flush) bool { return d.to.Before(f.target) })); len(d.waiters) > 0 {
			return r
		}
	}
	l.behind.Store(true)
	return r
}

// await waits for a record until the deadline (zero: for ever), a flush, or the end.
func (l *Loader) await(ctx context.Context, r *journal.Reader, deadline time.Time) (journal.Entry, bool, error) {
	l.behind.Store(false)
	wait, cancel := context.WithCancel(ctx)
	if !deadline.IsZero() {
		wait, cancel = context.WithDeadline(ctx, deadline)
	}
	defer cancel()
	l.mu.Lock()
	if l.poke = cancel; len(l.flushes) > 0 {
		cancel()
	}
	l.mu.Unlock()
	at := r.Position()
	e, err := r.Next(wait)
	switch {
	case err == nil:
		return e, true, nil
	case wait.Err() != nil:
		return e, false, nil
	case errors.Is(err, io.EOF): // the journal is closed; what was read is still to be stored
		<-wait.Done()
		return e, false, nil
	}
	pause := l.timing.retry
	return e, false, l.unreadable(ctx, r, at, err, &pause)
}

// asked are the flushes that wait.
func (l *Loader) asked() []*flush {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.flushes)
}

// grant lets flushes wait for this batch.
func (l *Loader) grant(d *decoded, flushes []*flush) {
	if len(flushes) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flushes = slices.DeleteFunc(l.flushes, func(f *flush) bool { return slices.Contains(flushes, f) })
	d.waiters = append(d.waiters, flushes...)
}

// arrived notes when the first record of a batch was received.
func (l *Loader) arrived(received time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.progress.waiting = append(l.progress.waiting, received)
}
