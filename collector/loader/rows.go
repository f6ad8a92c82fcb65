package loader

import (
	"fmt"

	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/logs"
	"github.com/sightline/sightline/storage/metrics"
	"github.com/sightline/sightline/storage/traces"
)

// converter makes the rows of one signal: a traces.Batch and its like.
type converter interface {
	Append(batch.Request) error
	Rows() int
	Blocks() []batch.Block
	Reset(batch.ID, batch.Policy)
	Done()
	Stats() []encode.Stats
}

// converters are made for the signals that this version knows.
var converters = map[uint8]func(batch.ID, batch.Policy) converter{
	journal.SignalMetrics: func(id batch.ID, p batch.Policy) converter { return metrics.NewBatch(id, p) },
	journal.SignalTraces:  func(id batch.ID, p batch.Policy) converter { return traces.NewBatch(id, p) },
	journal.SignalLogs:    func(id batch.ID, p batch.Policy) converter { return logs.NewBatch(id, p) },
}

func knows(signal uint8) bool { return converters[signal] != nil }

// signals is how many places rows has for them.
const signals = journal.SignalMetrics + 1

// rows are the rows of a batch, of all signals. A converter is made when the first request of its signal comes.
type rows struct {
	id     batch.ID
	policy batch.Policy
	of     *[signals]converter
}

func newRows(id batch.ID, p batch.Policy) rows { return rows{id, p, new([signals]converter)} }

func (r *rows) reset(id batch.ID, p batch.Policy) {
	r.id, r.policy = id, p
	for _, c := range r.of {
		if c != nil {
			c.Reset(id, p)
		}
	}
}

// append converts one record's body; a panic of the conversion is the record's failure.
func (r *rows) append(q *journal.Record) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("convert request: panic: %v", p)
		}
	}()
	c := r.of[q.Signal]
	if c == nil {
		c = converters[q.Signal](r.id, r.policy)
		r.of[q.Signal] = c
	}
	return c.Append(batch.Request{Project: q.Project, Received: q.Received, Body: q.Body, Rejected: q.Rejected, Items: int(q.Items)})
}

func (r *rows) count() (n int) {
	for _, c := range r.of {
		if c != nil {
			n += c.Rows()
		}
	}
	return n
}

func (r *rows) blocks() (all []batch.Block) {
	for _, c := range r.of {
		if c != nil {
			all = append(all, c.Blocks()...)
		}
	}
	return all
}

// changed adds to the accounts what was masked and mended in the rows.
func (r *rows) changed(counts ledger) {
	for signal, c := range r.of {
		if c == nil {
			continue
		}
		for _, s := range c.Stats() {
			t := counts.of(account{journal.SignalName(uint8(signal)), s.Project})
			t.Redacted += uint64(s.Redacted)
			for reason, n := range s.ByReason() {
				t.sanitize(reason, uint64(n))
			}
		}
	}
}

func (r *rows) minutes() []traces.Minute {
	if t, ok := r.of[journal.SignalTraces].(*traces.Batch); ok {
		return t.Minutes()
	}
	return nil
}

// done says that the blocks are stored.
func (r *rows) done() {
	for _, c := range r.of {
		if c != nil {
			c.Done()
		}
	}
}
