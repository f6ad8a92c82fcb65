package loader

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/traces"
)

// outcome is what settling a cut comes to.
type outcome struct {
	counts  ledger
	minutes []traces.Minute
	unclean bool // something was refused: not every resource that the batch had may be stored
}

// cutOf is the record of a batch that was never sent.
func cutOf(d *decoded, blocks []batch.Block) cutRecord {
	c := cutRecord{From: d.from, To: d.to, Decoder: batch.DecoderVersion, Policy: d.policy, Parts: []part{{From: d.from, To: d.to}}}
	c.Parts[0].promise(d.id, blocks)
	return c
}

// settle brings the first cut of the state to its end. d is the cut decoded, if it was just made; else it is decoded again, because it
// is of an earlier run and anything may have become of it.
func (l *Loader) settle(ctx context.Context, d *decoded) (outcome, error) {
	l.mu.Lock()
	cut := l.state.Cuts[0]
	cut.Parts = slices.Clone(cut.Parts)
	l.mu.Unlock()
	replay := d == nil
	if replay {
		l.cfg.Log.Info("settle a batch of an earlier run", "batch", cut.Parts[0].Batch, "from", cut.From, "to", cut.To)
		var err error
		if d, err = l.decodeRange(ctx, cut.Parts[0].id, cut.From, cut.To, cut.Policy); err != nil {
			return outcome{}, err
		}
		l.arrived(d.oldest)
	}
	if err := l.bury(ctx, d.letters); err != nil {
		return outcome{}, err
	}
	out := outcome{counts: d.counts, minutes: d.minutes}
	for len(cut.Parts) > 0 {
		split, err := l.settlePart(ctx, &cut, d, replay)
		if err != nil {
			return outcome{}, err
		}
		out.unclean = out.unclean || len(split) > 0 || len(cut.Dead) > 0
		cut.Parts = append(split, cut.Parts[1:]...)
		d, replay = nil, false
		if len(cut.Parts) > 0 {
			if err := l.keep(ctx, cut); err != nil {
				return outcome{}, err
			}
		}
	}
	out.counts.take(cut.Dead, cut.Expired)
	return out, nil
}

// prepare gives the blocks of the cut's first part, decoded again unless d is just that, and makes its promise durable if there is
// none. sent says that there was one by an earlier run, so that the blocks may be stored.
func (l *Loader) prepare(ctx context.Context, cut *cutRecord, d *decoded, replay bool) (_ *decoded, blocks []batch.Block, sent bool, err error) {
	p := &cut.Parts[0]
	if p.id == (batch.ID{}) {
		p.id = l.newBatchID()
	}
	if d == nil || p.From != d.from || p.To != d.to || p.id != d.id {
		if d, err = l.decodeRange(ctx, p.id, p.From, p.To, cut.Policy); err != nil {
			return nil, nil, false, err
		}
	}
	blocks = wanted(p, d.blocks)
	if p.Blocks == nil {
		p.promise(p.id, blocks)
		return d, blocks, false, l.keep(ctx, *cut)
	}
	if replay && !p.kept(blocks) {
		l.alarm("a batch is decoded to other rows than it was cut to", "batch", p.Batch, "cut_by", cut.Decoder, "decoder", batch.DecoderVersion)
	}
	return d, blocks, replay, nil
}

// settlePart stores the blocks of the cut's first part: those that may be repeated first, resources before all. What can't be stored
// is added to the cut's dead and expired; a range that the engine refuses comes back in two halves.
func (l *Loader) settlePart(ctx context.Context, cut *cutRecord, d *decoded, replay bool) (split []part, err error) {
	d, blocks, sent, err := l.prepare(ctx, cut, d, replay)
	if err != nil {
		return nil, err
	}
	p := &cut.Parts[0]
	var open, repeatable []*batch.Block // open: counted and not settled yet
	for i := range blocks {
		if b := &blocks[i]; b.Kind == batch.Counted {
			open = append(open, b)
		} else {
			repeatable = append(repeatable, b)
		}
	}
	if sent {
		if open, err = l.absent(ctx, cut, p, open); err != nil {
			return nil, err
		}
	}
	if len(open) == 0 {
		return nil, nil
	}
	alone := len(d.marks) <= 1
	for _, b := range repeatable {
		f, err := l.storeIdempotent(ctx, p, b, open[0], alone)
		if err != nil {
			return nil, err
		}
		if f == fateRefused && !alone {
			return halves(p, d, open), nil
		}
		if f == fateRefused {
			return nil, l.condemn(ctx, cut, open, reasonRefused, l.refusal)
		}
	}
	for i, b := range open {
		f, err := l.storeCounted(ctx, p, b, alone)
		switch {
		case err != nil:
		case f == fateRefused && !alone:
			return halves(p, d, open[i:]), nil
		case f == fateRefused:
			err = l.condemn(ctx, cut, open[i:i+1], reasonRefused, l.refusal)
		case f == fateMismatch:
			err = l.condemn(ctx, cut, open[i:i+1], reasonMismatch, errMismatch)
		case f == fateExpired:
			err = l.expire(ctx, cut, b)
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

var errMismatch = errors.New("the batch was stored in part; see the log")

// absent counts the blocks of a batch of an earlier run and gives those of which nothing is stored.
func (l *Loader) absent(ctx context.Context, cut *cutRecord, p *part, open []*batch.Block) (absent []*batch.Block, err error) {
	if err := l.settled(ctx, p); err != nil {
		return nil, err
	}
	for _, b := range open {
		f, done, err := l.verify(ctx, p, b)
		if err != nil {
			return nil, err
		}
		switch {
		case !done:
			absent = append(absent, b)
		case f == fateMismatch:
			if err := l.condemn(ctx, cut, []*batch.Block{b}, reasonMismatch, errMismatch); err != nil {
				return nil, err
			}
		}
	}
	l.cfg.Failpoint(FailVerifyAfter)
	return absent, nil
}

// halves are two parts for the blocks that are still open, each with half of the records.
func halves(p *part, d *decoded, open []*batch.Block) []part {
	only := names(open)
	middle := d.marks[(len(d.marks)-1)/2]
	return []part{{From: p.From, To: middle, Only: only}, {From: middle, To: p.To, Only: only}}
}

func names(blocks []*batch.Block) []blockName {
	list := make([]blockName, len(blocks))
	for i, b := range blocks {
		list[i] = nameOf(b)
	}
	return list
}

// wanted are the blocks that are the part's to store.
func wanted(p *part, all []batch.Block) []batch.Block {
	return slices.DeleteFunc(slices.Clone(all), func(b batch.Block) bool { return b.Rows == 0 || !p.wants(&b) })
}

// promise writes down what will be inserted under the id.
func (p *part) promise(id batch.ID, blocks []batch.Block) {
	p.id, p.Batch, p.Blocks = id, id.String(), []cutBlock{}
	for i := range blocks {
		if blocks[i].Kind == batch.Counted {
			p.Blocks = append(p.Blocks, cutBlock{nameOf(&blocks[i]), blocks[i].Rows})
		}
	}
}

// kept says that the blocks are those that were promised.
func (p *part) kept(blocks []batch.Block) bool {
	n := 0
	for i := range blocks {
		if blocks[i].Kind == batch.Counted {
			rows, ok := p.recorded(nameOf(&blocks[i]))
			if n++; !ok || rows != blocks[i].Rows {
				return false
			}
		}
	}
	return n == len(p.Blocks)
}

// condemn sends what the records of the first part have in these blocks to the dead letters.
func (l *Loader) condemn(ctx context.Context, cut *cutRecord, blocks []*batch.Block, reason string, cause error) error {
	only := names(blocks)
	var letters []deadLetter
	dead := ledger{}
	err := l.itemise(ctx, cut, only, func(e *journal.Entry, rows uint64) {
		letters = append(letters, letterOf(e, reason, cause, rows, only))
		dead.of(accountOf(&e.Record)).DeadLetter += rows
	})
	if err != nil {
		return err
	}
	l.alarm("items go to the dead-letter file", "batch", cut.Parts[0].Batch, "reason", reason, "requests", len(letters), "error", cause)
	if err := l.bury(ctx, letters); err != nil {
		return err
	}
	cut.Dead = sum(cut.Dead, dead)
	return nil
}

// expire notes a block that is past its retention.
func (l *Loader) expire(ctx context.Context, cut *cutRecord, b *batch.Block) error {
	expired := ledger{}
	err := l.itemise(ctx, cut, []blockName{nameOf(b)}, func(e *journal.Entry, rows uint64) {
		expired.of(accountOf(&e.Record)).reject(ReasonExpired, rows)
	})
	if err != nil {
		return err
	}
	l.cfg.Log.Warn("items were past their retention before they could be stored", "table", b.Table, "partition", b.Partition, "rows", b.Rows)
	cut.Expired = sum(cut.Expired, expired)
	return nil
}

// itemise visits the records of the cut's first part that have rows in the named blocks.
func (l *Loader) itemise(ctx context.Context, cut *cutRecord, only []blockName, visit func(*journal.Entry, uint64)) error {
	p := &cut.Parts[0]
	r := l.cfg.Journal.Reader(p.From)
	defer r.Close()
	for r.Position().Before(p.To) {
		e, ok, err := l.read(ctx, r)
		if err != nil {
			return err
		}
		if !ok || p.To.Before(e.End) {
			return nil
		}
		if e.Record.Kind != journal.KindData || !knows(e.Record.Signal) {
			continue
		}
		single := newRows(p.id, cut.Policy)
		if single.append(&e.Record) != nil {
			continue // it is among the letters of its cut
		}
		n := uint64(0)
		for _, b := range single.blocks() {
			if slices.Contains(only, nameOf(&b)) {
				n += uint64(b.Rows)
			}
		}
		if n > 0 {
			visit(&e, n)
		}
	}
	return nil
}

// bury makes letters durable, however long that takes.
func (l *Loader) bury(ctx context.Context, letters []deadLetter) error {
	for pause := l.timing.retry; ; {
		lost, err := l.letters.put(letters)
		if lost > 0 {
			l.alarm("the dead-letter file is full: requests are counted but not kept", "requests", lost, "file", l.letters.path)
		}
		if err == nil {
			return nil
		}
		l.trouble(err)
		if err := pause.wait(ctx); err != nil {
			return err
		}
	}
}

func sum(list []Totals, more ledger) []Totals {
	l := ledgerOf(list)
	l.add(more)
	return l.list()
}

// take moves what could not be stored out of what was to be.
func (l ledger) take(dead, expired []Totals) {
	for _, t := range dead {
		of := l.of(account{t.Signal, t.Project})
		of.Stored -= min(of.Stored, t.DeadLetter)
		of.DeadLetter += t.DeadLetter
	}
	for _, t := range expired {
		of := l.of(account{t.Signal, t.Project})
		of.Stored -= min(of.Stored, t.Rejected[ReasonExpired])
		of.reject(ReasonExpired, t.Rejected[ReasonExpired])
	}
}

// keep makes the cut as it now stands durable.
func (l *Loader) keep(ctx context.Context, cut cutRecord) error {
	cut.Parts = slices.Clone(cut.Parts) // the settling goes on in its own copy
	l.mu.Lock()
	l.state.Cuts[0] = cut
	l.mu.Unlock()
	if err := l.save(ctx); err != nil {
		return fmt.Errorf("keep cut record: %w", err)
	}
	return nil
}
