package encode

import "github.com/sightline/sightline/storage/conn/native"

// StringMap is a Map(LowCardinality(String), String), or the maps inside an array.
type StringMap struct {
	offsets native.Offsets
	keys    native.Index
	values  native.Strings
}

// Add adds to the row that is being made; a key is an index in Encoder.Keys.
func (m *StringMap) Add(key uint32, value []byte) {
	m.keys.Add(key)
	m.values.Add(value)
}

// End ends a row that began when there were before keys.
func (m *StringMap) End(before int) { m.offsets.Add(m.keys.Len() - before) }

// Len is the number of keys in all rows.
func (m *StringMap) Len() int { return m.keys.Len() }

// Bytes is about how much memory it holds on to.
func (m *StringMap) Bytes() int { return cap(m.values.Bytes()) }

func (m *StringMap) reset() {
	m.offsets.Reset()
	m.keys.Reset()
	m.values.Reset()
}

// Cut drops all but the first rows.
func (m *StringMap) Cut(rows int) {
	m.offsets.Cut(rows)
	m.keys.Cut(m.offsets.Total())
	m.values.Cut(m.offsets.Total())
}

// Emit adds the column.
func (m *StringMap) Emit(w *native.Block, keys *native.Dict) {
	w.LowCardinalityVersion()
	m.emitRest(w, keys)
}

// EmitIn is Emit for maps inside an array.
func (m *StringMap) EmitIn(w *native.Block, keys *native.Dict, array *native.Offsets) {
	w.LowCardinalityVersion()
	w.Data(array.Bytes())
	m.emitRest(w, keys)
}

func (m *StringMap) emitRest(w *native.Block, keys *native.Dict) {
	w.Data(m.offsets.Bytes())
	w.LowCardinality(keys, &m.keys)
	w.Data(m.values.Bytes())
}

// NumberMap is a map from strings to integers or floats.
type NumberMap struct {
	offsets native.Offsets
	keys    native.Index
	values  native.Fixed
}

// NewNumberMap is empty.
func NewNumberMap() NumberMap { return NumberMap{values: native.NewFixed(8)} }

// Add adds to the row that is being made: an integer or the bits of a float.
func (m *NumberMap) Add(key uint32, value uint64) {
	m.keys.Add(key)
	m.values.Add64(value)
}

// End ends row, which began when there were before keys. Empty rows are not ended, but made up for by a later one.
func (m *NumberMap) End(row, before int) {
	if n := m.keys.Len() - before; n > 0 {
		m.offsets.Set(row, n)
	}
}

// Len is the number of keys in all rows.
func (m *NumberMap) Len() int { return m.keys.Len() }

// Cut drops all but the first rows.
func (m *NumberMap) Cut(rows int) {
	m.offsets.Cut(rows)
	m.keys.Cut(m.offsets.Total())
	m.values.Cut(m.offsets.Total())
}

// Emit adds the column, with empty maps up to rows.
func (m *NumberMap) Emit(w *native.Block, keys *native.Dict, rows int) {
	m.offsets.Pad(rows)
	w.LowCardinalityVersion()
	w.Data(m.offsets.Bytes())
	w.LowCardinality(keys, &m.keys)
	w.Data(m.values.Bytes())
}
