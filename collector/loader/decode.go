package loader

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/traces"
)

// decoded is a range of the journal as blocks in memory. It belongs to one goroutine at a time.
type decoded struct {
	id       batch.ID
	from, to journal.Position
	policy   batch.Policy
	rows     rows

	counts  ledger             // of the range, as if all that can be decoded were stored
	marks   []journal.Position // behind each record with rows
	bytes   int                // of bodies
	oldest  time.Time          // earliest receive time
	letters []deadLetter       // records that can't be decoded
	blocks  []batch.Block      // set by finish, as are the minutes
	minutes []traces.Minute
	skip    map[journal.Position]error
	waiters []*flush // to be told once this and all before it is settled
}

func newDecoded(id batch.ID, from journal.Position, policy batch.Policy) *decoded {
	return &decoded{id: id, from: from, to: from, policy: policy, rows: newRows(id, policy), counts: ledger{}}
}

// reset makes d ready for another range, keeping its memory.
func (d *decoded) reset(id batch.ID, from journal.Position, policy batch.Policy) {
	d.rows.reset(id, policy)
	*d = decoded{id: id, from: from, to: from, policy: policy, rows: d.rows, counts: ledger{}, marks: d.marks[:0]}
}

// restart begins the same range again, leaving out one record more. The batch is a new one: what an Append that failed or panicked
// left in the old one is unknown.
func (d *decoded) restart(bad journal.Position, cause error) {
	skip, waiters := d.skip, d.waiters
	if skip == nil {
		skip = map[journal.Position]error{}
	}
	skip[bad] = cause
	*d = *newDecoded(d.id, d.from, d.policy)
	d.skip, d.waiters = skip, waiters
}

// finish encodes what was added. It is part of decoding, so that it too happens while another batch is stored.
func (d *decoded) finish() {
	d.blocks, d.minutes = d.rows.blocks(), d.rows.minutes()
	d.rows.changed(d.counts)
}

func (d *decoded) empty() bool { return d.to == d.from }

// add takes one record in. An error says that the range must be read again without it; see restart.
func (d *decoded) add(e *journal.Entry) error {
	r := &e.Record
	added := 0
	cause, skipped := d.skip[e.Start]
	known := knows(r.Signal)
	if r.Kind == journal.KindData && !known {
		cause, skipped = fmt.Errorf("signal %d is not known to this version", r.Signal), true
	}
	if r.Kind == journal.KindData && !skipped {
		before := d.rows.count()
		if err := d.rows.append(r); err != nil {
			return err
		}
		added = d.rows.count() - before
		d.marks = append(d.marks, e.End)
		d.bytes += len(r.Body)
	}
	if d.oldest.IsZero() || r.Received.Before(d.oldest) {
		d.oldest = r.Received
	}
	d.to = e.End

	t := d.counts.of(accountOf(r))
	t.Received += uint64(r.Items) + uint64(r.RejectedItems()) + uint64(r.Deduplicated)
	t.Deduplicated += uint64(r.Deduplicated)
	for reason, n := range r.Reasons {
		t.reject(reason, uint64(n))
	}
	switch {
	case skipped:
		reason := reasonMalformed
		if !known {
			reason = reasonSignal
		}
		t.DeadLetter += uint64(r.Items)
		d.letters = append(d.letters, letterOf(e, reason, cause, uint64(r.Items), nil))
	case added < int(r.Items):
		// The answer said more than the conversion gives. The accounts stay exact and show it.
		t.reject(reasonLess, uint64(int(r.Items)-added))
		t.Stored += uint64(added)
	default:
		t.Received += uint64(added - int(r.Items))
		t.Stored += uint64(added)
	}
	return nil
}

// reasonLess counts items that were acknowledged but of which the conversion made no row: a bug, and never seen.
const reasonLess = "not_converted"

// decodeRange converts the records between two positions again, as a replay and a bisection need it. The new batch writes out every
// resource, also those that earlier ones have.
func (l *Loader) decodeRange(ctx context.Context, id batch.ID, from, to journal.Position, policy batch.Policy) (*decoded, error) {
	d := newDecoded(id, from, policy)
	r := l.cfg.Journal.Reader(from)
	defer func() { r.Close() }()
	for r.Position().Before(to) {
		e, ok, err := l.read(ctx, r)
		if err != nil {
			return nil, err
		}
		if !ok || to.Before(e.End) {
			break // the rest of the range is gone: a damaged segment; the journal has named it
		}
		if err := d.add(&e); err != nil {
			d.restart(e.Start, err)
			r.Close()
			r = l.cfg.Journal.Reader(from)
		}
	}
	d.to = to
	d.finish()
	return d, nil
}

// read gives the next record that is there, or false.
func (l *Loader) read(ctx context.Context, r *journal.Reader) (journal.Entry, bool, error) {
	for pause := l.timing.retry; ; {
		at := r.Position()
		e, ok, err := r.TryNext()
		if err == nil {
			return e, ok, nil
		}
		if err := l.unreadable(ctx, r, at, err, &pause); err != nil {
			return e, false, err
		}
	}
}

// unreadable answers an error of the reader: it insists while the disk does not give a record, and leaves out, loudly, one that is
// whole but that no known version can have written.
func (l *Loader) unreadable(ctx context.Context, r *journal.Reader, at journal.Position, err error, pause *backoff) error {
	if at.Before(r.Position()) {
		l.alarm("left out a record of the journal that can't be read", "position", at, "error", err)
		return nil
	}
	l.trouble(fmt.Errorf("read journal: %w", err))
	return errors.Join(r.Close(), pause.wait(ctx))
}

func accountOf(r *journal.Record) account {
	return account{journal.SignalName(r.Signal), r.Project}
}

func letterOf(e *journal.Entry, reason string, cause error, items uint64, only []blockName) deadLetter {
	r := &e.Record
	a := accountOf(r)
	return deadLetter{
		Time: time.Now().UTC(), Reason: reason, Error: cause.Error(), Signal: a.signal, Project: a.project, Received: r.Received,
		Items: items, Position: e.End, Partitions: only, Rejected: r.Rejected, Body: append([]byte(nil), r.Body...),
	}
}
