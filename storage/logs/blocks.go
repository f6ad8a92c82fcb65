package logs

import (
	"slices"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/encode"
)

// Blocks are the batch's rows, those that a repeat does not harm first: resources before the records that name them. They are made
// anew by every call, always the same from the same requests, and valid until Reset or Append.
func (b *Batch) Blocks() []batch.Block {
	parts := make([]*recordPart, 0, len(b.parts))
	for _, p := range b.parts {
		if p.rows > 0 {
			parts = append(parts, p)
		}
	}
	slices.SortFunc(parts, func(x, y *recordPart) int { return x.key.Compare(y.key) })
	blocks := b.ResourceBlocks()
	for _, p := range parts {
		blocks = append(blocks, batch.Block{
			Table: "logs", Partition: p.key.String(), RetentionDays: p.key.Retention, Day: p.key.Date(), Columns: recordNames,
			Rows: p.rows, Body: encode.Emit(&p.block, b, p, p.rows, recordColumns), Kind: batch.Counted,
		})
	}
	return blocks
}
