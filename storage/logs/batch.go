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
	parts encode.Parts[*recordPart, int]

	severities, eventNames *native.Dict // shared by all partitions
	list                   encode.List  // of the record that is being decoded
}

// NewBatch makes an empty batch.
func NewBatch(id batch.ID, p batch.Policy) *Batch {
	return &Batch{
		Encoder:    encode.New(id, p, nil, func(p batch.Policy) batch.Retention { return p.Logs }),
		severities: native.NewDict(), eventNames: native.NewDict(),
		parts: encode.NewParts[*recordPart, int](newRecordPart),
	}
}

// Reset empties the batch for another. Memory stays, and so does the knowledge of resources that are stored.
func (b *Batch) Reset(id batch.ID, p batch.Policy) {
	b.Encoder.Reset(id, p)
	b.severities.Reset()
	b.eventNames.Reset()
	b.parts.Reset()
	b.rows = 0
}

// Rows is the number of records in the batch.
func (b *Batch) Rows() int { return b.rows }

// Append adds a request's records. On an error the batch is as it was; errors.Is(err, encode.ErrMalformed) tells a bad request, the
// only thing that can be wrong. The body is not kept.
func (b *Batch) Append(r batch.Request) error {
	b.parts.Begin()
	rows := b.rows
	if err := b.Request(r, b.record); err != nil {
		b.parts.Rollback()
		b.rows = rows
		return fmt.Errorf("decode log records: %w", err)
	}
	return nil
}
