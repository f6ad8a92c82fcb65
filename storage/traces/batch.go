package traces

import (
	"fmt"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/traces/peer"
)

// Batch turns requests into blocks: protobuf straight into columns, without an object per span or attribute. It is reused: what
// it gives out is valid until Reset. Not safe for concurrent use.
type Batch struct {
	encode.Encoder

	// rows
	rows       int
	parts      map[encode.PartKey]*spanPart
	last       *spanPart // the part of the span before
	free       []*spanPart
	index      []*indexRows
	indexTable traceTable

	// dictionaries, shared by all partitions
	names, peerTypes, peerNames, evNames *native.Dict
	lifted                               [liftTexts]*native.Dict

	// of the request that is being decoded
	marks []mark

	// of the span that is being decoded
	spanList, subList     encode.List
	events, links         []encode.Stretch
	moreEvents, moreLinks uint32 // past the limits
	input                 peer.Input
	peers                 peer.Cache
}

// NewBatch makes an empty batch.
func NewBatch(id batch.ID, p batch.Policy) *Batch {
	b := &Batch{
		Encoder: encode.New(id, p, liftedKeys, func(p batch.Policy) batch.Retention { return p.Retention }),
		names:   native.NewDict(), peerTypes: native.NewDict(), peerNames: native.NewDict(), evNames: native.NewDict(),
		parts: map[encode.PartKey]*spanPart{},
	}
	for i := range b.lifted {
		b.lifted[i] = native.NewDict()
	}
	return b
}

// Reset empties the batch for another. Memory stays, and so does the knowledge of resources that are stored.
func (b *Batch) Reset(id batch.ID, p batch.Policy) {
	b.Encoder.Reset(id, p)
	for _, d := range []*native.Dict{b.names, b.peerTypes, b.peerNames, b.evNames} {
		d.Reset()
	}
	for i := range b.lifted {
		b.lifted[i].Reset()
	}
	for key, part := range b.parts {
		part.cut(0)
		if len(b.free) < 8 && part.idle() <= encode.MaxIdleBytes {
			b.free = append(b.free, part)
		}
		delete(b.parts, key)
	}
	b.last, b.rows = nil, 0
	b.index = b.index[:0]
}

// Rows is the number of spans in the batch.
func (b *Batch) Rows() int { return b.rows }

// mark is how far a partition had come before a request.
type mark struct {
	part *spanPart
	rows int
}

// Append adds a request's spans. On an error the batch is as it was; errors.Is(err, encode.ErrMalformed) tells a bad request, the
// only thing that can be wrong. The body is not kept.
func (b *Batch) Append(r batch.Request) error {
	b.marks = b.marks[:0]
	for _, p := range b.parts {
		b.marks = append(b.marks, mark{p, p.rows})
	}
	rows := b.rows
	err := b.Request(r, b.span)
	b.input = peer.Input{} // the recogniser's evidence lies in the body
	if err != nil {
		b.rollback(rows)
		return fmt.Errorf("decode spans: %w", err)
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
