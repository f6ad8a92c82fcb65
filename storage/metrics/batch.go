// Package metrics keeps metrics: their series, their points, and the exemplars of these. It writes them from OTLP protobuf straight
// into columns, and reads them as they were sent. docs/adr/0015-metrics.md says why the tables are as they are.
package metrics

import (
	"fmt"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/encode"
)

// Batch turns requests into blocks: protobuf straight into columns, without an object per point. It is reused: what it gives out is
// valid until Reset. Not safe for concurrent use.
type Batch struct {
	encode.Encoder

	// rows
	rows    int
	parts   encode.Parts[*part, size]
	series  *seriesRows
	known   memory
	pending []seriesKey // series whose rows are in this batch

	// dictionaries, shared by all partitions
	names, texts *native.Dict

	// of the metric and the point that are being decoded
	metric           metric
	point            point
	attrList, ofList encode.List // of the series; of metadata and exemplars
	scratch          []byte
}

// NewBatch makes an empty batch.
func NewBatch(id batch.ID, p batch.Policy) *Batch {
	return &Batch{
		Encoder: encode.New(id, p, nil, func(p batch.Policy) batch.Retention { return p.Metrics }),
		names:   native.NewDict(), texts: native.NewDict(),
		parts: encode.NewParts[*part, size](newPart), series: newSeriesRows(), known: newMemory(maxKnown),
	}
}

// Reset empties the batch for another. Memory stays, and so does the knowledge of resources and series that are stored.
func (b *Batch) Reset(id batch.ID, p batch.Policy) {
	if !b.Policy.Equal(p) {
		b.known.clear() // rows would be others
	}
	b.Encoder.Reset(id, p)
	b.names.Reset()
	b.texts.Reset()
	b.parts.Reset()
	b.series.cut(0)
	b.rows = 0
	b.pending = b.pending[:0]
}

// Done tells the batch that its blocks are stored: its resources and series need no row again today. Without it they are written
// once more with the next batch, which is harmless.
func (b *Batch) Done() {
	b.Encoder.Done()
	for _, key := range b.pending {
		if s := b.known.find(key); s != nil {
			s.written = b.due(key)
		}
	}
	b.pending = b.pending[:0]
}

// Rows is the number of points in the batch.
func (b *Batch) Rows() int { return b.rows }

// Append adds a request's points. On an error the batch is as it was; errors.Is(err, encode.ErrMalformed) tells a bad request, the
// only thing that can be wrong. The body is not kept.
func (b *Batch) Append(r batch.Request) error {
	b.parts.Begin()
	rows, series, pending := b.rows, b.series.rows, len(b.pending)
	if err := b.Request(r, b.decodeMetric); err != nil {
		b.parts.Rollback()
		b.rows = rows
		b.series.cut(series)
		for _, key := range b.pending[pending:] {
			if s := b.known.find(key); s != nil {
				s.epoch = 0
			}
		}
		b.pending = b.pending[:pending]
		return fmt.Errorf("decode metrics: %w", err)
	}
	return nil
}
