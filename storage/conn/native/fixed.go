package native

import "encoding/binary"

// Fixed is a column of numbers, or of strings of a fixed length. Make it with the constructor of its width.
type Fixed struct {
	bytes []byte
	width int
}

// NewFixed makes an empty column of values that take width bytes each.
func NewFixed(width int) Fixed { return Fixed{width: width} }

// Len is the number of rows.
func (f *Fixed) Len() int { return len(f.bytes) / f.width }

// Reset empties the column; its memory stays.
func (f *Fixed) Reset() { f.bytes = f.bytes[:0] }

// Cut drops all but the first n rows.
func (f *Fixed) Cut(n int) { f.bytes = f.bytes[:min(n*f.width, len(f.bytes))] }

// Pad appends zeros until there are rows of them.
func (f *Fixed) Pad(rows int) {
	if need := rows*f.width - len(f.bytes); need > 0 {
		f.bytes = AppendZeros(f.bytes, need)
	}
}

// Add8 appends to a column of width 1; the others likewise. AddBytes takes width bytes.
func (f *Fixed) Add8(v uint8)      { f.bytes = append(f.bytes, v) }
func (f *Fixed) Add16(v uint16)    { f.bytes = binary.LittleEndian.AppendUint16(f.bytes, v) }
func (f *Fixed) Add32(v uint32)    { f.bytes = binary.LittleEndian.AppendUint32(f.bytes, v) }
func (f *Fixed) Add64(v uint64)    { f.bytes = binary.LittleEndian.AppendUint64(f.bytes, v) }
func (f *Fixed) AddBytes(v []byte) { f.bytes = append(f.bytes, v...) }

// Set8 appends a value as row's, after zeros for the rows that have none yet; the others likewise.
func (f *Fixed) Set8(row int, v uint8) {
	f.Pad(row)
	f.Add8(v)
}

func (f *Fixed) Set16(row int, v uint16) {
	f.Pad(row)
	f.Add16(v)
}

func (f *Fixed) Set32(row int, v uint32) {
	f.Pad(row)
	f.Add32(v)
}

// Fill64 appends v until there are rows of them.
func (f *Fixed) Fill64(v uint64, rows int) {
	for len(f.bytes) < 8*rows {
		f.Add64(v)
	}
}

// At64 is row's value.
func (f *Fixed) At64(row int) uint64 { return binary.LittleEndian.Uint64(f.bytes[8*row:]) }

// AtBytes is row's value as it lies.
func (f *Fixed) AtBytes(row int) []byte { return f.bytes[row*f.width : (row+1)*f.width] }

// Bytes is the column in wire form.
func (f *Fixed) Bytes() []byte { return f.bytes }
