package encode

import "slices"

// Part is the rows of one partition in a signal's batch. A mark says how far it has come; the zero one is that of an empty part.
type Part[M comparable] interface {
	Open(key PartKey) // begins a part, made or emptied before
	Mark() M
	Cut(to M)  // drops what came after the mark, and whatever a row that failed has left
	Idle() int // about how many bytes it holds on to when it is empty
}

// Parts are the partitions of a batch. Emptied ones are used again. Make it with NewParts; not safe for concurrent use.
type Parts[P Part[M], M comparable] struct {
	make    func() P
	by      map[PartKey]P
	last    P // the part of the row before
	lastKey PartKey
	warm    bool // there is one
	free    []P
	marks   map[PartKey]M // before the request that is being decoded
}

// maxFree is how many emptied parts are kept.
const maxFree = 8

// NewParts has no parts yet; make makes an empty one.
func NewParts[P Part[M], M comparable](make func() P) Parts[P, M] {
	return Parts[P, M]{make: make, by: map[PartKey]P{}, marks: map[PartKey]M{}}
}

// At is the partition of the key, begun if need be.
func (ps *Parts[P, M]) At(key PartKey) P {
	if ps.warm && ps.lastKey == key {
		return ps.last
	}
	p, ok := ps.by[key]
	if !ok {
		if n := len(ps.free); n > 0 {
			p, ps.free = ps.free[n-1], ps.free[:n-1]
		} else {
			p = ps.make()
		}
		p.Open(key)
		ps.by[key] = p
	}
	ps.last, ps.lastKey, ps.warm = p, key, true
	return p
}

// Begin notes how far the parts have come before a request.
func (ps *Parts[P, M]) Begin() {
	clear(ps.marks)
	for key, p := range ps.by {
		ps.marks[key] = p.Mark()
	}
}

// Rollback undoes the request that was begun. What it left in dictionaries names no row and is harmless.
func (ps *Parts[P, M]) Rollback() {
	var empty M
	for key, p := range ps.by {
		p.Cut(ps.marks[key])
		if ps.marks[key] == empty {
			ps.drop(key, p)
		}
	}
	ps.warm = false
}

// Reset empties all parts; memory stays, up to a bound.
func (ps *Parts[P, M]) Reset() {
	var empty M
	for key, p := range ps.by {
		p.Cut(empty)
		ps.drop(key, p)
	}
	ps.warm = false
}

func (ps *Parts[P, M]) drop(key PartKey, p P) {
	delete(ps.by, key)
	if len(ps.free) < maxFree && p.Idle() <= MaxIdleBytes {
		ps.free = append(ps.free, p)
	}
}

// Sorted are the parts that have rows, by retention and day.
func (ps *Parts[P, M]) Sorted() []P {
	var empty M
	keys := make([]PartKey, 0, len(ps.by))
	for key, p := range ps.by {
		if p.Mark() != empty {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, PartKey.Compare)
	parts := make([]P, len(keys))
	for i, key := range keys {
		parts[i] = ps.by[key]
	}
	return parts
}
