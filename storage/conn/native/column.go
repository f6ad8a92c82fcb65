package native

import "encoding/binary"

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
	if n >= o.Len() {
		return
	}
	o.bytes, o.last = o.bytes[:8*n], 0
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

// Reset empties the column; its memory stays.
func (s *Strings) Reset() { s.bytes, s.n = s.bytes[:0], 0 }

// Cut drops all but the first n rows. It walks them: it is for failures.
func (s *Strings) Cut(n int) {
	if n >= s.n {
		return
	}
	at := 0
	for range n {
		size, k := binary.Uvarint(s.bytes[at:])
		at += k + int(size)
	}
	s.bytes, s.n = s.bytes[:at], n
}

// Add appends a row.
func (s *Strings) Add(v []byte) {
	s.bytes = AppendString(s.bytes, v)
	s.n++
}

// AddEncoded appends n rows that are in wire form.
func (s *Strings) AddEncoded(v []byte, n int) {
	s.bytes = append(s.bytes, v...)
	s.n += n
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
