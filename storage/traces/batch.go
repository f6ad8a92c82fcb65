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
	rows        int
	parts       encode.Parts[*spanPart, int]
	index       []*indexRows
	indexTable  traceTable
	raisedParts encode.Parts[*exceptionPart, int]

	// dictionaries, shared by all partitions
	names, peerTypes, peerNames, evNames *native.Dict
	raisedTexts                          *native.Dict
	lifted                               [liftTexts]*native.Dict

	// of the span that is being decoded
	spanList, subList     encode.List
	events, links         []encode.Stretch
	moreEvents, moreLinks uint32 // past the limits
	input                 peer.Input
	peers                 peer.Cache

	// exceptions: of the span that is being decoded, and what is known of earlier ones
	raised     []raised
	raisedOwn  bool // an attribute of the span itself names one
	raisedList encode.List
	prints     map[[2]uint64]print
}

// NewBatch makes an empty batch.
func NewBatch(id batch.ID, p batch.Policy) *Batch {
	b := &Batch{
		Encoder: encode.New(id, p, liftedKeys, func(p batch.Policy) batch.Retention { return p.Retention }),
		names:   native.NewDict(), peerTypes: native.NewDict(), peerNames: native.NewDict(), evNames: native.NewDict(),
		raisedTexts: native.NewDict(), prints: map[[2]uint64]print{},
		parts: encode.NewParts[*spanPart, int](newSpanPart), raisedParts: encode.NewParts[*exceptionPart, int](newExceptionPart),
	}
	for i := range b.lifted {
		b.lifted[i] = native.NewDict()
	}
	b.peers.SetHosts(p.Hosts)
	return b
}

// Reset empties the batch for another. Memory stays, and so does the knowledge of resources that are stored.
func (b *Batch) Reset(id batch.ID, p batch.Policy) {
	b.Encoder.Reset(id, p)
	b.peers.SetHosts(p.Hosts)
	for _, d := range []*native.Dict{b.names, b.peerTypes, b.peerNames, b.evNames, b.raisedTexts} {
		d.Reset()
	}
	for i := range b.lifted {
		b.lifted[i].Reset()
	}
	b.parts.Reset()
	b.raisedParts.Reset()
	b.rows = 0
	b.index = b.index[:0]
}

// Rows is the number of spans in the batch.
func (b *Batch) Rows() int { return b.rows }

// Append adds a request's spans. On an error the batch is as it was; errors.Is(err, encode.ErrMalformed) tells a bad request, the
// only thing that can be wrong. The body is not kept.
func (b *Batch) Append(r batch.Request) error {
	b.parts.Begin()
	b.raisedParts.Begin()
	rows := b.rows
	err := b.Request(r, b.span)
	b.input = peer.Input{} // the recogniser's evidence lies in the body
	if err != nil {
		b.parts.Rollback()
		b.raisedParts.Rollback()
		b.rows = rows
		return fmt.Errorf("decode spans: %w", err)
	}
	return nil
}
