package logs

import (
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/encode"
)

// Blocks are the batch's rows, those that a repeat does not harm first: resources before the records that name them. They are made
// anew by every call, always the same from the same requests, and valid until Reset or Append.
func (b *Batch) Blocks() []batch.Block {
	parts := b.parts.Sorted()
	blocks := b.ResourceBlocks()
	for _, p := range parts {
		blocks = append(blocks, batch.Block{
			Table: "logs", Partition: p.key.String(), RetentionDays: p.key.Retention, Day: p.key.Date(), Columns: recordNames,
			Rows: p.rows, Body: encode.Emit(&p.block, b, p, p.rows, recordColumns), Kind: batch.Counted,
		})
	}
	return blocks
}
