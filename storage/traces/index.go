package traces

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/encode"
)

// indexRows are a partition's rows for the trace_index table: one per project and trace of the batch.
type indexRows struct {
	key                                         encode.PartKey
	rows                                        int
	project                                     native.Index
	traceID, day, minStart, maxStart, retention native.Fixed
	rootService, rootName                       native.Strings
	block                                       native.Block
}

func newIndexRows(key encode.PartKey) *indexRows {
	return &indexRows{
		key: key, traceID: native.NewFixed(16), day: native.NewFixed(2), minStart: native.NewFixed(8), maxStart: native.NewFixed(8),
		retention: native.NewFixed(2),
	}
}

// traceEntry is what the batch knows of a trace within one retention.
type traceEntry struct {
	id       [2]uint64 // the trace id's bytes as they lie
	min, max int64
	part     *spanPart // of the root, or nil
	service  uint32
	name     uint32
	project  uint32
}

// traceTable finds the entries of traces: a hash table of their places.
type traceTable struct {
	entries []traceEntry
	slots   []uint32 // place + 1; 0: free. A power of two, at most half full
}

func (t *traceTable) reset(rows int) {
	t.entries = t.entries[:0]
	want := 256
	for want < rows/2 {
		want *= 2
	}
	if len(t.slots) < want {
		t.slots = make([]uint32, want)
	} else {
		clear(t.slots)
	}
}

// find is the trace's entry, made if need be.
func (t *traceTable) find(id [2]uint64, project uint32) *traceEntry {
	mask := uint64(len(t.slots) - 1)
	hi, lo := bits.Mul64(id[0]^0x9E3779B97F4A7C15, id[1]^0xD1B54A32D192ED03^uint64(project))
	for at := (hi ^ lo) & mask; ; at = (at + 1) & mask {
		place := t.slots[at]
		if place == 0 {
			t.entries = append(t.entries, traceEntry{id: id, project: project})
			t.slots[at] = uint32(len(t.entries))
			if 2*len(t.entries) > len(t.slots) {
				t.grow()
			}
			return &t.entries[len(t.entries)-1]
		}
		if e := &t.entries[place-1]; e.id == id && e.project == project {
			return e
		}
	}
}

func (t *traceTable) grow() {
	entries := t.entries
	t.slots = make([]uint32, 4*len(t.slots))
	t.entries = make([]traceEntry, 0, 2*len(entries))
	for _, e := range entries {
		*t.find(e.id, e.project) = e
	}
}

// makeIndex makes the rows of trace_index out of the columns of the spans, which parts has in the order of retention and day.
// A trace's day is that of its earliest span in the batch; it has a row for each retention that its services have.
func (b *Batch) makeIndex(parts []*spanPart) {
	b.index = b.index[:0]
	t := &b.indexTable
	for len(parts) > 0 {
		retention, rows, n := parts[0].key.Retention, 0, 0
		for n < len(parts) && parts[n].key.Retention == retention {
			rows += parts[n].rows
			n++
		}
		t.reset(rows)
		for _, p := range parts[:n] {
			b.indexPart(t, p)
		}
		b.indexEntries(t, retention)
		parts = parts[n:]
	}
}

func (b *Batch) indexPart(t *traceTable, p *spanPart) {
	starts, ids, parents, spans := p.start.Bytes(), p.traceID.Bytes(), p.parentID.Bytes(), p.spanID.Bytes()
	row := 0
	var e *traceEntry
	for _, r := range p.runs.List {
		for range r.Rows {
			id := [2]uint64{binary.LittleEndian.Uint64(ids[16*row:]), binary.LittleEndian.Uint64(ids[16*row+8:])}
			start := int64(binary.LittleEndian.Uint64(starts[8*row:]))
			if e == nil || e.id != id || e.project != r.Project {
				n := len(t.entries)
				if e = t.find(id, r.Project); len(t.entries) != n {
					e.min, e.max = start, start
				}
			}
			e.min, e.max = min(e.min, start), max(e.max, start)
			parent := binary.LittleEndian.Uint64(parents[8*row:])
			if parent == 0 || parent == binary.LittleEndian.Uint64(spans[8*row:]) {
				b.indexRoot(e, p, row, b.Resources[r.Resource].TextIDs[encode.RunService])
			}
			row++
		}
	}
}

// indexRoot notes a root. Of several the larger names win, as the table's aggregates have it.
func (b *Batch) indexRoot(e *traceEntry, p *spanPart, row int, service uint32) {
	name := p.name.At(row)
	if e.part == nil {
		e.part, e.service, e.name = p, service, name
		return
	}
	if string(b.Services.Key(service)) > string(b.Services.Key(e.service)) {
		e.service = service
	}
	if string(b.names.Key(name)) > string(b.names.Key(e.name)) {
		e.name = name
	}
}

func (b *Batch) indexEntries(t *traceTable, retention uint16) {
	var rows *indexRows
	days := map[int32]*indexRows{}
	for i := range t.entries {
		e := &t.entries[i]
		day := int32(e.min / encode.Day)
		if rows == nil || rows.key.Day != day {
			if rows = days[day]; rows == nil {
				rows = newIndexRows(encode.PartKey{Retention: retention, Day: day})
				days[day] = rows
				b.index = append(b.index, rows)
			}
		}
		var id [16]byte
		binary.LittleEndian.PutUint64(id[:], e.id[0])
		binary.LittleEndian.PutUint64(id[8:], e.id[1])
		rows.project.Add(e.project)
		rows.traceID.AddBytes(id[:])
		rows.day.Add16(uint16(day))
		rows.minStart.Add64(uint64(e.min))
		rows.maxStart.Add64(uint64(e.max))
		if e.part != nil {
			rows.rootService.Add(b.Services.Key(e.service))
			rows.rootName.Add(b.names.Key(e.name))
		} else {
			rows.rootService.Add(nil)
			rows.rootName.Add(nil)
		}
		rows.retention.Add16(retention)
		rows.rows++
	}
	slices.SortFunc(b.index, func(x, y *indexRows) int { return x.key.Compare(y.key) })
}
