package loader

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
)

// fate is what became of a block.
type fate uint8

const (
	fateStored   fate = iota // counted: every row is there, once
	fateExpired              // too old for its retention class
	fateRefused              // the engine will never take these rows
	fateMismatch             // some of the rows are there, or too many
)

// errLeft says that the process ends while an INSERT runs. Its cut record is on disk; the next start counts.
var errLeft = errors.New("left an INSERT that did not end in time")

// storeCounted brings one counted block, of which nothing is stored, to its fate. alone says that its rows are one record's.
func (l *Loader) storeCounted(ctx context.Context, p *part, b *batch.Block, alone bool) (fate, error) {
	pause, s := l.timing.retry, strikes{patience: l.timing.patience}
	for answering := false; ; answering = true {
		if gone(b, time.Now()) {
			return fateExpired, nil
		}
		failed := l.insert(ctx, p, b)
		if errors.Is(failed, errLeft) {
			return 0, failed
		}
		if failed != nil && !answered(failed) {
			if err := l.settled(ctx, p); err != nil {
				return 0, err
			}
		}
		// Whatever the answer was, only the count says what is stored.
		if f, done, err := l.verify(ctx, p, b); err != nil || done {
			return f, err
		}
		if failed == nil {
			l.alarm("an INSERT succeeded and left no row", "batch", p.Batch, "table", b.Table, "partition", b.Partition)
		} else if s.refused(failed, alone, answering, l.refusals) {
			return l.refuse(b, failed), nil
		}
		if err := pause.wait(ctx); err != nil {
			return 0, err
		}
	}
}

// refuse notes that the engine will not take a block.
func (l *Loader) refuse(b *batch.Block, cause error) fate {
	l.refusals++
	l.refusal = fmt.Errorf("store %d rows of %s %s: %w", b.Rows, b.Table, b.Partition, cause)
	return fateRefused
}

// storeIdempotent sends a block that may be sent twice, until it is taken or refused. counted is a block of the same part, for asking
// whether the engine answers.
func (l *Loader) storeIdempotent(ctx context.Context, p *part, b, counted *batch.Block, alone bool) (fate, error) {
	pause, s := l.timing.retry, strikes{patience: l.timing.patience}
	for answering := false; ; answering = true {
		err := l.insert(ctx, p, b)
		switch {
		case err == nil:
			return fateStored, nil
		case errors.Is(err, errLeft):
			return 0, err
		case s.refused(err, alone, answering, l.refusals):
			return l.refuse(b, err), nil
		}
		if _, err := l.count(ctx, p, counted); err != nil {
			return 0, err
		}
		if err := pause.wait(ctx); err != nil {
			return 0, err
		}
	}
}

// verify counts the block's rows: done with its fate, or not there at all.
func (l *Loader) verify(ctx context.Context, p *part, b *batch.Block) (f fate, done bool, err error) {
	n, err := l.count(ctx, p, b)
	if err != nil {
		return 0, false, err
	}
	recorded, _ := p.recorded(nameOf(b))
	switch {
	case n == 0:
		return 0, false, nil
	case n == uint64(recorded) || n == uint64(b.Rows):
		l.refusals = 0
		return fateStored, true, nil
	case n < uint64(b.Rows) && expiring(b, time.Now()):
		return fateStored, true, nil // the rest was there and has gone the way of its retention
	default:
		l.alarm("a batch is neither absent nor whole", "batch", p.Batch, "table", b.Table, "partition", b.Partition, "want", b.Rows, "have", n)
		return fateMismatch, true, nil
	}
}

// answered says that the engine itself said that the INSERT failed, so that it is not at work any more.
func answered(err error) bool {
	var e *conn.Error
	return errors.As(err, &e)
}

// settled returns once no INSERT of the batch is at work: only then is a count final. One whose answer was lost may still be, on a
// server or in an engine that was stopped for a while.
func (l *Loader) settled(ctx context.Context, p *part) error {
	for pause := l.timing.probe; ; {
		running, err := l.cfg.Writer.Running(ctx, p.id)
		if err == nil && !running {
			l.waiting(false)
			return nil
		}
		if err := l.unanswered(ctx, p, err, &pause); err != nil {
			return err
		}
	}
}

// count asks until the engine answers.
func (l *Loader) count(ctx context.Context, p *part, b *batch.Block) (uint64, error) {
	for pause := l.timing.probe; ; {
		n, err := l.cfg.Writer.Count(ctx, p.id, *b)
		if err == nil {
			l.waiting(false)
			return n, nil
		}
		if err := l.unanswered(ctx, p, err, &pause); err != nil {
			return 0, err
		}
	}
}

// unanswered waits before a question is put again. It returns an error only when ctx ended.
func (l *Loader) unanswered(ctx context.Context, p *part, err error, pause *backoff) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		l.waiting(true)
		l.trouble(fmt.Errorf("ask for batch %s: %w", p.Batch, err))
	}
	return pause.wait(ctx)
}

// insert sends a block under a new token: an engine's memory of tokens may outlive the rows that it stands for, so no token is used
// twice. An INSERT is never cancelled: half of what it did would then be unknown. When the process is to end it is left behind.
func (l *Loader) insert(ctx context.Context, p *part, b *batch.Block) error {
	token := fmt.Sprintf("%s/%s/%s/%d", p.Batch, b.Table, b.Partition, time.Now().UnixNano())
	l.cfg.Failpoint(FailInsertBefore)
	err := l.uncancelled(ctx, func(ctx context.Context) error { return l.cfg.Writer.Insert(ctx, *b, token) })
	if errors.Is(err, errLeft) {
		return err
	}
	l.cfg.Failpoint(FailInsertAfter)
	l.waiting(errors.Is(err, conn.ErrUnavailable))
	if err != nil {
		l.trouble(err)
	}
	return err
}

// gone says that all rows of the block are past their retention.
func gone(b *batch.Block, now time.Time) bool {
	return b.RetentionDays > 0 && !b.Day.IsZero() && !now.Before(b.Day.AddDate(0, 0, int(b.RetentionDays)+1))
}

// expiring says that rows of the block may be past it.
func expiring(b *batch.Block, now time.Time) bool {
	return b.RetentionDays > 0 && !b.Day.IsZero() && !now.Before(b.Day.AddDate(0, 0, int(b.RetentionDays)))
}
