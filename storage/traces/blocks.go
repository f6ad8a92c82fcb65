package traces

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/sightline/sightline/storage/conn/native"
)

// BlockKind says what a repeated insert of a block does.
type BlockKind uint8

const (
	Idempotent BlockKind = iota // resources, trace_index: nothing
	Counted                     // spans: duplicates; the rows of the batch must be counted first
)

// Block is the rows of a batch for one partition of one table: what one INSERT sends.
type Block struct {
	Table         string
	Partition     string    // "retention,yyyymmdd"; "" for a table without partitions
	RetentionDays uint16    // of the partition
	Day           time.Time // of the partition, midnight UTC
	Columns       []string
	Rows          int
	Body          native.Body // one block in ClickHouse's Native format
	Kind          BlockKind
}

func (k partKey) compare(other partKey) int {
	return cmp.Or(cmp.Compare(k.retention, other.retention), cmp.Compare(k.day, other.day))
}

func (k partKey) String() string {
	return fmt.Sprintf("%d,%s", k.retention, k.date().Format("20060102"))
}

// Blocks are the batch's rows, those that a repeat does not harm first: resources before the spans that name them. They are made
// anew by every call, always the same from the same requests, and valid until Reset or Append.
func (b *Batch) Blocks() []Block {
	parts := make([]*spanPart, 0, len(b.parts))
	for _, p := range b.parts {
		if p.rows > 0 {
			parts = append(parts, p)
		}
	}
	slices.SortFunc(parts, func(x, y *spanPart) int { return x.key.compare(y.key) })
	b.makeIndex(parts)

	var blocks []Block
	if r := b.resourceRows; r.rows > 0 {
		blocks = append(blocks, Block{
			Table: "resources", RetentionDays: b.policy.longest(), Day: b.id.Cut().Truncate(24 * time.Hour), Columns: resourceNames,
			Rows: r.rows, Body: emit(&r.block, b, r, r.rows, resourceColumns),
		})
	}
	for _, r := range b.index {
		blocks = append(blocks, Block{
			Table: "trace_index", Partition: r.key.String(), RetentionDays: r.key.retention, Day: r.key.date(), Columns: indexNames,
			Rows: r.rows, Body: emit(&r.block, b, r, r.rows, indexColumns),
		})
	}
	for _, p := range parts {
		p.events.Pad(p.rows)
		p.links.Pad(p.rows)
		blocks = append(blocks, Block{
			Table: "spans", Partition: p.key.String(), RetentionDays: p.key.retention, Day: p.key.date(), Columns: spanNames,
			Rows: p.rows, Body: emit(&p.block, b, p, p.rows, spanColumns), Kind: Counted,
		})
	}
	return blocks
}

// emit assembles a block.
func emit[R any](w *native.Block, b *Batch, rows R, n int, columns []column[R]) native.Body {
	w.Start(len(columns), n)
	for i := range columns {
		w.Column(columns[i].name, columns[i].typ)
		columns[i].emit(w, b, rows)
	}
	return w.Body()
}

func emitFixed(w *native.Block, f *native.Fixed, rows int) {
	f.Pad(rows)
	w.Data(f.Bytes())
}

func emitStrings(w *native.Block, s *native.Strings, rows int) {
	s.Pad(rows)
	w.Data(s.Bytes())
}

func emitIndex(w *native.Block, d *native.Dict, x *native.Index, rows int) {
	x.Pad(rows)
	w.LowCardinalityVersion()
	w.LowCardinality(d, x)
}

// emitRuns unrolls a text that all rows of a run share.
func (b *Batch) emitRuns(w *native.Block, p *spanPart, d *native.Dict, text int) {
	x := &p.runFill[text]
	x.Reset()
	for _, r := range p.runs {
		var id uint32
		switch {
		case text < resourceTexts:
			id = b.resources[r.resource].textIDs[text]
		case text == runProject:
			id = r.project
		default:
			id = b.scopes[r.scope].texts[text-runScopeName]
		}
		x.Fill(id, r.rows)
	}
	w.LowCardinalityVersion()
	w.LowCardinality(d, x)
}

func (b *Batch) emitResourceIDs(w *native.Block, p *spanPart) {
	p.resourceFill = p.resourceFill[:0]
	for _, r := range p.runs {
		id := b.resources[r.resource].key.id
		for range r.rows {
			p.resourceFill = append(p.resourceFill, id[:]...)
		}
	}
	w.Data(p.resourceFill)
}

// emitScopeAttrs unrolls the attributes of scopes, which hardly any scope has.
func (b *Batch) emitScopeAttrs(w *native.Block, p *spanPart) {
	m := &p.scopeFill
	m.reset()
	for _, r := range p.runs {
		s := &b.scopes[r.scope]
		for range r.rows {
			for _, key := range s.keys {
				m.keys.Add(key)
			}
			m.values.AddEncoded(s.values, len(s.keys))
			m.offsets.Add(len(s.keys))
		}
	}
	m.emit(w, b.keys.dict)
}

func (b *Batch) emitScopeDropped(w *native.Block, p *spanPart) {
	p.scopeDroppedFill = p.scopeDroppedFill[:0]
	for _, r := range p.runs {
		for range r.rows {
			p.scopeDroppedFill = binary.LittleEndian.AppendUint32(p.scopeDroppedFill, b.scopes[r.scope].dropped)
		}
	}
	w.Data(p.scopeDroppedFill)
}

func (b *Batch) emitRetention(w *native.Block, p *spanPart) {
	p.retentionFill = p.retentionFill[:0]
	for range p.rows {
		p.retentionFill = binary.LittleEndian.AppendUint16(p.retentionFill, p.key.retention)
	}
	w.Data(p.retentionFill)
}

// batchIDs is the batch's id as often as there are rows.
func (b *Batch) batchIDs(rows int) []byte {
	if len(b.batchFill) < 16 || [16]byte(b.batchFill) != b.id {
		b.batchFill = b.batchFill[:0]
	}
	for len(b.batchFill) < 16*rows {
		b.batchFill = append(b.batchFill, b.id[:]...)
	}
	return b.batchFill[:16*rows]
}
