package logs

import (
	"fmt"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/encode"
)

// Batch turns requests into blocks: protobuf straight into columns, without an object per record or attribute. It is reused: what
// it gives out is valid until Reset. Not safe for concurrent use.
type Batch struct {
	encode.Encoder

	rows  int
	parts map[encode.PartKey]*recordPart
	last  *recordPart // the part of the record before
	free  []*recordPart
	marks []mark // of the request that is being decoded

	severities, eventNames *native.Dict // shared by all partitions
	list                   encode.List  // of the record that is being decoded
}

// NewBatch makes an empty batch.
func NewBatch(id batch.ID, p batch.Policy) *Batch {
	return &Batch{
		Encoder:    encode.New(id, p, nil, func(p batch.Policy) batch.Retention { return p.Logs }),
		severities: native.NewDict(), eventNames: native.NewDict(),
		parts: map[encode.PartKey]*recordPart{},
	}
}

// Reset empties the batch for another. Memory stays, and so does the knowledge of resources that are stored.
func (b *Batch) Reset(id batch.ID, p batch.Policy) {
	b.Encoder.Reset(id, p)
	b.severities.Reset()
	b.eventNames.Reset()
	for key, part := range b.parts {
		part.cut(0)
		if len(b.free) < 8 && part.idle() <= encode.MaxIdleBytes {
			b.free = append(b.free, part)
		}
		delete(b.parts, key)
	}
	b.last, b.rows = nil, 0
}

// Rows is the number of records in the batch.
func (b *Batch) Rows() int { return b.rows }

// mark is how far a partition had come before a request.
type mark struct {
	part *recordPart
	rows int
}

// Append adds a request's records. On an error the batch is as it was; errors.Is(err, encode.ErrMalformed) tells a bad request, the
// only thing that can be wrong. The body is not kept.
func (b *Batch) Append(r batch.Request) error {
	b.marks = b.marks[:0]
	for _, p := range b.parts {
		b.marks = append(b.marks, mark{p, p.rows})
	}
	rows := b.rows
	if err := b.Request(r, b.record); err != nil {
		b.rollback(rows)
		return fmt.Errorf("decode log records: %w", err)
	}
	return nil
}

// rollback undoes a request. What it left in dictionaries names no row and is harmless.
func (b *Batch) rollback(rows int) {
	for key, p := range b.parts {
		had := 0
		for _, m := range b.marks {
			if m.part == p {
				had = m.rows
			}
		}
		p.cut(had)
		if had == 0 {
			delete(b.parts, key)
			b.free = append(b.free, p)
		}
	}
	b.last, b.rows = nil, rows
}

// part is the partition of the key, made if need be.
func (b *Batch) part(key encode.PartKey) *recordPart {
	if b.last != nil && b.last.key == key {
		return b.last
	}
	p := b.parts[key]
	if p == nil {
		if n := len(b.free); n > 0 {
			p, b.free = b.free[n-1], b.free[:n-1]
		} else {
			p = newRecordPart()
		}
		p.key = key
		b.parts[key] = p
	}
	b.last = p
	return p
}
