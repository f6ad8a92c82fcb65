package metrics

import (
	"encoding/binary"

	"github.com/sightline/sightline/storage/encode"
)

// seriesKey finds a series by what was sent: a hash of the bytes of a point's attributes and of all that its metric adds to their
// meaning, the project included. Lists that differ in order have different keys, and one id.
type seriesKey [16]byte

// known is what the writer remembers of a series, from batch to batch.
type known struct {
	key     seriesKey
	id      uint64
	said    uint32         // hash of what was last said of it: description, metadata
	written int32          // day on which a row was last stored, see Batch.due; 0: never, or another one is on its way
	epoch   uint32         // of the batch that has a row of it
	reasons encode.Reasons // what is odd in its attributes and texts
}

// maxKnown bounds how many series are remembered: at least so many, at most twice. Forgetting only writes them once more.
const maxKnown = 1 << 20

// memory remembers the series that were seen last: when the young generation is full it becomes the old one, and what is not asked
// for before it is full again is forgotten.
type memory struct {
	young, old generation
	limit      int
}

func newMemory(limit int) memory {
	return memory{young: newGeneration(), old: newGeneration(), limit: limit}
}

func (m *memory) clear() {
	m.young, m.old = newGeneration(), newGeneration()
}

// find gives a series, or nil. It is valid until the next find or add.
func (m *memory) find(key seriesKey) *known {
	if s := m.young.find(key); s != nil {
		return s
	}
	if s := m.old.find(key); s != nil {
		return m.add(*s)
	}
	return nil
}

// add remembers a series that find has not found.
func (m *memory) add(s known) *known {
	if len(m.young.entries) >= m.limit {
		m.young, m.old = m.old, m.young
		m.young.reset()
	}
	return m.young.add(s)
}

// generation is a hash table of series that only grows.
type generation struct {
	entries []known
	slots   []uint32 // place + 1; 0: free. A power of two, at most half full
}

func newGeneration() generation { return generation{slots: make([]uint32, 256)} }

func (g *generation) reset() {
	g.entries = g.entries[:0]
	clear(g.slots)
}

func (g *generation) find(key seriesKey) *known {
	mask := uint64(len(g.slots) - 1)
	for at := binary.LittleEndian.Uint64(key[:]) & mask; ; at = (at + 1) & mask {
		place := g.slots[at]
		if place == 0 {
			return nil
		}
		if s := &g.entries[place-1]; s.key == key {
			return s
		}
	}
}

func (g *generation) add(s known) *known {
	if 2*len(g.entries) >= len(g.slots) {
		g.slots = make([]uint32, 2*len(g.slots))
		for i := range g.entries {
			g.place(g.entries[i].key, i)
		}
	}
	g.entries = append(g.entries, s)
	g.place(s.key, len(g.entries)-1)
	return &g.entries[len(g.entries)-1]
}

func (g *generation) place(key seriesKey, i int) {
	mask := uint64(len(g.slots) - 1)
	at := binary.LittleEndian.Uint64(key[:]) & mask
	for g.slots[at] != 0 {
		at = (at + 1) & mask
	}
	g.slots[at] = uint32(i + 1)
}

// due is the day that a series' row is written for. It begins at another second for every series, so that the rows of all are
// renewed over the day and not at midnight.
func (b *Batch) due(key seriesKey) int32 {
	phase := int64(binary.LittleEndian.Uint16(key[8:])) * 86400 >> 16
	return int32((b.ID.Cut().Unix()+phase)/86400) + 1 // 0 is never
}
