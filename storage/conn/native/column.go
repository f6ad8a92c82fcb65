package native

import "encoding/binary"

// Index is a column of indexes into a Dict, as narrow as its largest one. The zero value is empty.
type Index struct {
	bytes []byte
	shift uint8 // log2 of an index's bytes: 0, 1, 2; the format's index type
}

// Len is the number of indexes.
func (x *Index) Len() int { return len(x.bytes) >> x.shift }

// Reset empties the column; its memory stays.
func (x *Index) Reset() { x.bytes, x.shift = x.bytes[:0], 0 }

// Cut drops all but the first n indexes.
func (x *Index) Cut(n int) { x.bytes = x.bytes[:n<<x.shift] }

// Add appends an index.
func (x *Index) Add(i uint32) {
	if x.shift == 0 && i < 1<<8 {
		x.bytes = append(x.bytes, byte(i))
		return
	}
	x.addWide(i)
}

func (x *Index) addWide(i uint32) {
	x.widen(i)
	switch x.shift {
	case 0:
		x.bytes = append(x.bytes, byte(i))
	case 1:
		x.bytes = binary.LittleEndian.AppendUint16(x.bytes, uint16(i))
	default:
		x.bytes = binary.LittleEndian.AppendUint32(x.bytes, i)
	}
}

// Set appends an index as row's, after zeros for the rows that have none yet.
func (x *Index) Set(row int, i uint32) {
	x.Pad(row)
	x.Add(i)
}

// Pad appends zeros until the column has rows of them.
func (x *Index) Pad(rows int) {
	if need := rows<<x.shift - len(x.bytes); need > 0 {
		x.bytes = AppendZeros(x.bytes, need)
	}
}

// Fill appends an index n times.
func (x *Index) Fill(i uint32, n int) {
	x.widen(i)
	for range n {
		x.Add(i)
	}
}

// At is the n-th index.
func (x *Index) At(n int) uint32 {
	switch x.shift {
	case 0:
		return uint32(x.bytes[n])
	case 1:
		return uint32(binary.LittleEndian.Uint16(x.bytes[2*n:]))
	}
	return binary.LittleEndian.Uint32(x.bytes[4*n:])
}

// widen makes room for an index in the width of the column.
func (x *Index) widen(i uint32) {
	var shift uint8
	switch {
	case i < 1<<8:
	case i < 1<<16:
		shift = 1
	default:
		shift = 2
	}
	if shift <= x.shift {
		return
	}
	n := x.Len()
	wide := Index{bytes: make([]byte, 0, (2*n+64)<<shift), shift: shift}
	for j := range n {
		v := x.At(j)
		if shift == 1 {
			wide.bytes = binary.LittleEndian.AppendUint16(wide.bytes, uint16(v))
		} else {
			wide.bytes = binary.LittleEndian.AppendUint32(wide.bytes, v)
		}
	}
	*x = wide
}

// Offsets are an Array's or a Map's cumulative offsets. The zero value is empty.
type Offsets struct {
	bytes []byte
	last  uint64
}

// Len is the number of rows.
func (o *Offsets) Len() int { return len(o.bytes) / 8 }

// Total is the number of elements.
func (o *Offsets) Total() int { return int(o.last) }

// Reset empties the column; its memory stays.
func (o *Offsets) Reset() { o.bytes, o.last = o.bytes[:0], 0 }

// Cut drops all but the first n rows.
func (o *Offsets) Cut(n int) {
	o.bytes = o.bytes[:8*n]
	o.last = 0
	if n > 0 {
		o.last = binary.LittleEndian.Uint64(o.bytes[8*(n-1):])
	}
}

// Add appends a row of n elements.
func (o *Offsets) Add(n int) {
	o.last += uint64(n)
	o.bytes = binary.LittleEndian.AppendUint64(o.bytes, o.last)
}

// Set appends a row of n elements as row's, after empty ones for the rows that have none yet.
func (o *Offsets) Set(row, n int) {
	o.Pad(row)
	o.Add(n)
}

// Pad appends empty rows until there are rows of them.
func (o *Offsets) Pad(rows int) {
	for len(o.bytes) < 8*rows {
		o.bytes = binary.LittleEndian.AppendUint64(o.bytes, o.last)
	}
}

// Bytes is the column in wire form.
func (o *Offsets) Bytes() []byte { return o.bytes }

// Strings is a String column. The zero value is empty.
type Strings struct {
	bytes []byte
	n     int
}

// Len is the number of rows.
func (s *Strings) Len() int { return s.n }

// Size is the number of bytes: a mark for Cut.
func (s *Strings) Size() int { return len(s.bytes) }

// Reset empties the column; its memory stays.
func (s *Strings) Reset() { s.bytes, s.n = s.bytes[:0], 0 }

// Cut drops all but the first n rows, which take size bytes.
func (s *Strings) Cut(n, size int) { s.bytes, s.n = s.bytes[:size], n }

// Add appends a row.
func (s *Strings) Add(v []byte) {
	s.bytes = AppendString(s.bytes, v)
	s.n++
}

// Set appends a row as row's, after empty ones for the rows that have none yet.
func (s *Strings) Set(row int, v []byte) {
	s.Pad(row)
	s.Add(v)
}

// Pad appends empty rows until there are rows of them.
func (s *Strings) Pad(rows int) {
	if rows > s.n {
		s.bytes = AppendZeros(s.bytes, rows-s.n)
		s.n = rows
	}
}

// Bytes is the column in wire form.
func (s *Strings) Bytes() []byte { return s.bytes }

// AppendString appends a String in wire form.
func AppendString(dst, v []byte) []byte {
	if len(v) < 0x80 {
		dst = append(dst, byte(len(v)))
	} else {
		dst = binary.AppendUvarint(dst, uint64(len(v)))
	}
	return append(dst, v...)
}

var zeros [4096]byte

// AppendZeros appends n zero bytes.
func AppendZeros(dst []byte, n int) []byte {
	for n > len(zeros) {
		dst = append(dst, zeros[:]...)
		n -= len(zeros)
	}
	return append(dst, zeros[:n]...)
}
