package native

import (
	"encoding/binary"
	"hash/maphash"
)

// Dict is the dictionary of LowCardinality(String) columns: keys in the order of their first use, in wire form, with a hash
// table beside them. Several columns, and the blocks of several partitions, may share one. Key 0 is always "", so that zeros
// are empty strings. Not safe for concurrent use; make it with NewDict.
type Dict struct {
	encoded []byte   // varint length and bytes of every key
	keys    []span   // where in encoded
	slots   []uint64 // high half: of the hash; low half: index + 1; 0: free. A power of two, at most half full
	seed    maphash.Seed
}

type span struct{ at, n uint32 }

// NewDict makes a dictionary that holds "".
func NewDict() *Dict {
	d := &Dict{slots: make([]uint64, 256), seed: maphash.MakeSeed()}
	d.Reset()
	return d
}

// maxIdleSlots bounds the table that an emptied dictionary keeps.
const maxIdleSlots = 1 << 16

// Reset empties the dictionary but for "". Its memory stays, up to a bound.
func (d *Dict) Reset() {
	if len(d.slots) > maxIdleSlots {
		*d = Dict{slots: make([]uint64, 256), seed: d.seed}
	}
	clear(d.slots)
	d.encoded = append(d.encoded[:0], 0)
	d.keys = append(d.keys[:0], span{at: 1})
	d.place(maphash.Bytes(d.seed, nil), 0)
}

// Len is the number of keys.
func (d *Dict) Len() int { return len(d.keys) }

// Key is a key's bytes; they are the dictionary's and valid until the next ID or Reset.
func (d *Dict) Key(i uint32) []byte {
	s := d.keys[i]
	return d.encoded[s.at : s.at+s.n]
}

// ID is the key's index, adding it if need be.
func (d *Dict) ID(key []byte) uint32 {
	i, h := d.Find(key)
	if i >= 0 {
		return uint32(i)
	}
	return d.Add(key, h)
}

// Find looks a key up: its index, or -1; and its hash, for Add.
func (d *Dict) Find(key []byte) (index int, hash uint64) {
	h := maphash.Bytes(d.seed, key)
	mask := uint64(len(d.slots) - 1)
	for at := h & mask; ; at = (at + 1) & mask {
		slot := d.slots[at]
		if slot == 0 {
			return -1, h
		}
		if (slot^h)>>32 == 0 {
			i := uint32(slot) - 1
			s := d.keys[i]
			if int(s.n) == len(key) && string(d.encoded[s.at:s.at+s.n]) == string(key) {
				return int(i), h
			}
		}
	}
}

// Add adds a key that Find has not found.
func (d *Dict) Add(key []byte, hash uint64) uint32 {
	if 2*len(d.keys) >= len(d.slots) {
		d.grow()
	}
	i := uint32(len(d.keys))
	d.append(key)
	d.place(hash, i)
	return i
}

func (d *Dict) append(key []byte) {
	d.encoded = binary.AppendUvarint(d.encoded, uint64(len(key)))
	d.keys = append(d.keys, span{uint32(len(d.encoded)), uint32(len(key))})
	d.encoded = append(d.encoded, key...)
}

func (d *Dict) place(h uint64, i uint32) {
	mask := uint64(len(d.slots) - 1)
	at := h & mask
	for d.slots[at] != 0 {
		at = (at + 1) & mask
	}
	d.slots[at] = h&^(1<<32-1) | uint64(i+1)
}

func (d *Dict) grow() {
	d.slots = make([]uint64, 4*len(d.slots))
	for i := range d.keys {
		d.place(maphash.Bytes(d.seed, d.Key(uint32(i))), uint32(i))
	}
}
