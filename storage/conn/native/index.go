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
func (x *Index) Cut(n int) {
	if n == 0 {
		x.shift = 0
	}
	x.bytes = x.bytes[:min(n<<x.shift, len(x.bytes))]
}

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
	if x.shift != 0 {
		for range n {
			x.addWide(i)
		}
		return
	}
	at := len(x.bytes)
	x.bytes = AppendZeros(x.bytes, n)
	if i != 0 {
		for rest := x.bytes[at:]; len(rest) > 0; rest = rest[1:] {
			rest[0] = byte(i)
		}
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
