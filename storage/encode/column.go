package encode

import (
	"encoding/binary"

	"github.com/sightline/sightline/storage/conn/native"
)

// Column is a table's column as a writer B sends it, out of rows of type R. The list of a table's is its one Go declaration; a test
// compares it with the table of a migrated database.
type Column[B, R any] struct {
	Name, Type string
	Emit       func(w *native.Block, b B, rows R)
}

// Col makes a column.
func Col[B, R any](name, typ string, emit func(w *native.Block, b B, rows R)) Column[B, R] {
	return Column[B, R]{Name: name, Type: typ, Emit: emit}
}

// Names are the columns' names in order.
func Names[B, R any](columns []Column[B, R]) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}

// Types of columns.
const (
	TypeLC      = native.LowCardinalityString
	TypeMap     = native.MapStringString
	TypeMapInt  = "Map(LowCardinality(String), Int64)"
	TypeMapNum  = "Map(LowCardinality(String), Float64)"
	TypeTime    = "DateTime64(9, 'UTC')"
	TypeID      = "FixedString(16)"
	TypeMaps    = "Array(Map(LowCardinality(String), String))"
	TypeBatchID = "UInt128"
)

// Emit assembles a block of n rows.
func Emit[B, R any](w *native.Block, b B, rows R, n int, columns []Column[B, R]) native.Body {
	w.Start(len(columns), n)
	for i := range columns {
		w.Column(columns[i].Name, columns[i].Type)
		columns[i].Emit(w, b, rows)
	}
	return w.Body()
}

// EmitFixed adds a column of numbers, with zeros up to rows.
func EmitFixed(w *native.Block, f *native.Fixed, rows int) {
	f.Pad(rows)
	w.Data(f.Bytes())
}

// EmitStrings adds a column of strings, with empty ones up to rows.
func EmitStrings(w *native.Block, s *native.Strings, rows int) {
	s.Pad(rows)
	w.Data(s.Bytes())
}

// EmitIndex adds a LowCardinality column, with empty strings up to rows.
func EmitIndex(w *native.Block, d *native.Dict, x *native.Index, rows int) {
	x.Pad(rows)
	w.LowCardinalityVersion()
	w.LowCardinality(d, x)
}

// BatchIDs is the batch's id as often as there are rows.
func (e *Encoder) BatchIDs(rows int) []byte {
	if len(e.batchFill) < 16 || [16]byte(e.batchFill) != e.ID {
		e.batchFill = e.batchFill[:0]
	}
	for len(e.batchFill) < 16*rows {
		e.batchFill = append(e.batchFill, e.ID[:]...)
	}
	return e.batchFill[:16*rows]
}

// AppendRetention appends a partition's retention as often as there are rows, to a column of UInt16.
func AppendRetention(dst []byte, days uint16, rows int) []byte {
	for range rows {
		dst = binary.LittleEndian.AppendUint16(dst, days)
	}
	return dst
}
