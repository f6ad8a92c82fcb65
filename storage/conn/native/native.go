// Package native builds blocks in ClickHouse's Native format, column by column, from buffers that are reused: what the bulk
// insert posts. Columns are []byte in their wire form from the first append on, so that a block is assembled without copying
// or converting. The package knows the format and nothing about what is stored.
//
// The format, as the server reads it without block info: varint columns, varint rows, then per column its name, its type and
// its data. Integers are little-endian. A String is a varint length and bytes; an Array is the cumulative offsets (UInt64)
// and the elements; a Map(K, V) is an Array of two columns. LowCardinality(String) is a version (which, inside arrays, comes
// before the offsets), then index type and flags, the dictionary, and the indexes.
package native

import (
	"encoding/binary"
	"io"
)

// Type names of the columns that this package can build.
const (
	LowCardinalityString = "LowCardinality(String)"
	MapStringString      = "Map(LowCardinality(String), String)"
)

// Block is a block under assembly. Segments alias the columns' buffers: they are valid until those change.
type Block struct {
	segments [][]byte
	small    []byte // backs the short segments
	size     int
}

// Start begins a block, forgetting the one before.
func (b *Block) Start(columns, rows int) {
	b.segments = b.segments[:0]
	b.small = b.small[:0:0] // earlier segments may still be read
	b.size = 0
	var buf [2 * binary.MaxVarintLen64]byte
	head := binary.AppendUvarint(buf[:0], uint64(columns))
	b.bytes(binary.AppendUvarint(head, uint64(rows)))
}

// Body is the block's bytes in order.
func (b *Block) Body() Body { return Body(b.segments) }

// Column begins a column.
func (b *Block) Column(name, typ string) {
	var buf [128]byte
	head := appendString(buf[:0], name)
	b.bytes(appendString(head, typ))
}

// Data adds a column's data as it is, without copying.
func (b *Block) Data(data []byte) {
	if len(data) == 0 {
		return
	}
	b.segments = append(b.segments, data)
	b.size += len(data)
}

// bytes adds a copy of a few bytes.
func (b *Block) bytes(v []byte) {
	if cap(b.small)-len(b.small) < len(v) {
		b.small = make([]byte, 0, 8192)
	}
	start := len(b.small)
	b.small = append(b.small, v...)
	b.Data(b.small[start:len(b.small):len(b.small)])
}

const (
	dictionaryVersion = 1            // SharedDictionariesWithAdditionalKeys
	additionalKeys    = 1<<9 | 1<<10 // the block brings its own keys, and they replace any before
	maxSmallDict      = 1 << 8       // keys that one-byte indexes can name
)

// LowCardinalityVersion adds what precedes a LowCardinality column; inside an Array or a Map it stands before the offsets.
func (b *Block) LowCardinalityVersion() {
	b.bytes(binary.LittleEndian.AppendUint64(nil, dictionaryVersion))
}

// LowCardinality adds the dictionary and the indexes of a LowCardinality(String) column after its version.
func (b *Block) LowCardinality(d *Dict, x *Index) {
	n := x.Len()
	if n == 0 {
		return
	}
	if d.Len() > maxSmallDict && d.Len() > 2*n {
		d, x = compact(d, x)
	}
	head := make([]byte, 0, 16)
	head = binary.LittleEndian.AppendUint64(head, uint64(x.shift)|additionalKeys)
	head = binary.LittleEndian.AppendUint64(head, uint64(d.Len()))
	b.bytes(head)
	b.Data(d.encoded)
	b.bytes(binary.LittleEndian.AppendUint64(nil, uint64(n)))
	b.Data(x.bytes)
}

// compact copies the keys that are used, for a block of few rows out of a dictionary that many blocks share.
func compact(d *Dict, x *Index) (*Dict, *Index) {
	n := x.Len()
	small, out := &Dict{}, &Index{}
	renamed := make(map[uint32]uint32, n)
	for i := range n {
		old := x.At(i)
		now, ok := renamed[old]
		if !ok {
			now = uint32(len(small.keys))
			small.append(d.Key(old))
			renamed[old] = now
		}
		out.Add(now)
	}
	return small, out
}

func appendString(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

// Body is a block's bytes in segments.
type Body [][]byte

// Len is the number of bytes.
func (b Body) Len() int {
	n := 0
	for _, s := range b {
		n += len(s)
	}
	return n
}

// Bytes is the body in one piece, copied.
func (b Body) Bytes() []byte {
	out := make([]byte, 0, b.Len())
	for _, s := range b {
		out = append(out, s...)
	}
	return out
}

// Reader reads the body from its beginning; every call gives a new reader.
func (b Body) Reader() io.Reader { return &bodyReader{rest: b} }

type bodyReader struct {
	rest Body
	at   int // in rest[0]
}

func (r *bodyReader) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if len(r.rest) == 0 {
			if n == 0 {
				return 0, io.EOF
			}
			return n, nil
		}
		c := copy(p[n:], r.rest[0][r.at:])
		n += c
		if r.at += c; r.at == len(r.rest[0]) {
			r.rest, r.at = r.rest[1:], 0
		}
	}
	return n, nil
}

// WriteTo writes every segment as it lies.
func (r *bodyReader) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for len(r.rest) > 0 {
		n, err := w.Write(r.rest[0][r.at:])
		total += int64(n)
		if r.at += n; err != nil {
			return total, err
		}
		r.rest, r.at = r.rest[1:], 0
	}
	return total, nil
}
