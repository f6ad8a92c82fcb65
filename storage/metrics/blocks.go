package metrics

import (
	"time"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/encode"
)

// Blocks are the batch's rows, those that a repeat does not harm first: resources, series and exemplars before points. They are made
// anew by every call, always the same from the same requests, and valid until Reset or Append.
func (b *Batch) Blocks() []batch.Block {
	parts := b.parts.Sorted()
	blocks := b.ResourceBlocks()
	if r := b.series; r.rows > 0 {
		blocks = append(blocks, batch.Block{
			Table: "series", RetentionDays: b.Policy.Metrics.Longest(), Day: b.ID.Cut().Truncate(24 * time.Hour), Columns: seriesNames,
			Rows: r.rows, Body: encode.Emit(&r.block, b, r, r.rows, seriesColumns),
		})
	}
	add := func(p *part, table string, kind batch.Kind, rows int, names []string, body func() native.Body) {
		if rows == 0 {
			return
		}
		blocks = append(blocks, batch.Block{
			Table: table, Partition: p.key.String(), RetentionDays: p.key.Retention, Day: p.key.Date(), Columns: names,
			Rows: rows, Body: body(), Kind: kind,
		})
	}
	for _, p := range parts {
		r := samples{p, &p.exemplars}
		add(p, "exemplars", batch.Idempotent, r.own.rows, exemplarNames, func() native.Body {
			return encode.Emit(&r.own.block, b, r, r.own.rows, exemplarColumns)
		})
	}
	for _, p := range parts {
		r, d := numbers{p, &p.points}, dists{p, &p.dists}
		add(p, "points", batch.Counted, r.own.rows, pointNames, func() native.Body {
			return encode.Emit(&r.own.block, b, r, r.own.rows, pointColumns)
		})
		add(p, "distributions", batch.Counted, d.own.rows, distNames, func() native.Body {
			return encode.Emit(&d.own.block, b, d, d.own.rows, distColumns)
		})
	}
	return blocks
}
