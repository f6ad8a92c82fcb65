package traces

import (
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/encode"
)

// Blocks are the batch's rows, those that a repeat does not harm first: resources before the spans that name them. They are made
// anew by every call, always the same from the same requests, and valid until Reset or Append.
func (b *Batch) Blocks() []batch.Block {
	parts := b.parts.Sorted()
	b.makeIndex(parts)

	blocks := b.ResourceBlocks()
	for _, r := range b.index {
		blocks = append(blocks, batch.Block{
			Table: "trace_index", Partition: r.key.String(), RetentionDays: r.key.Retention, Day: r.key.Date(), Columns: indexNames,
			Rows: r.rows, Body: encode.Emit(&r.block, b, r, r.rows, indexColumns),
		})
	}
	for _, p := range b.raisedParts.Sorted() {
		blocks = append(blocks, batch.Block{
			Table: "exceptions", Partition: p.key.String(), RetentionDays: p.key.Retention, Day: p.key.Date(), Columns: exceptionNames,
			Rows: p.rows, Body: encode.Emit(&p.block, b, p, p.rows, exceptionColumns),
		})
	}
	for _, p := range parts {
		p.events.Pad(p.rows)
		p.links.Pad(p.rows)
		blocks = append(blocks, batch.Block{
			Table: "spans", Partition: p.key.String(), RetentionDays: p.key.Retention, Day: p.key.Date(), Columns: spanNames,
			Rows: p.rows, Body: encode.Emit(&p.block, b, p, p.rows, spanColumns), Kind: batch.Counted,
		})
	}
	return blocks
}
