package series

import "math/bits"

// set is one of hashes. Where one has its place depends on the seed, so that nobody can make them all have the same.
type set struct {
	slots []uint64 // a power of two of them; 0 is free
	n     int
	shift int
	seed  uint64
}

func (s *set) slot(id uint64) int {
	const odd = 0x9e3779b97f4a7c15
	return int((id ^ s.seed) * odd >> s.shift)
}

func (s *set) has(id uint64) bool {
	if s.n == 0 {
		return false
	}
	id = max(id, 1)
	for i := s.slot(id); ; i = (i + 1) & (len(s.slots) - 1) {
		switch s.slots[i] {
		case id:
			return true
		case 0:
			return false
		}
	}
}

// add is of an id that is not in it.
func (s *set) add(id uint64) {
	if 4*(s.n+1) > 3*len(s.slots) {
		s.grow()
	}
	s.put(max(id, 1))
	s.n++
}

func (s *set) put(id uint64) {
	i := s.slot(id)
	for s.slots[i] != 0 {
		i = (i + 1) & (len(s.slots) - 1)
	}
	s.slots[i] = id
}

func (s *set) grow() {
	old := s.slots
	s.slots = make([]uint64, max(64, 2*len(old)))
	s.shift = 64 - bits.TrailingZeros(uint(len(s.slots)))
	for _, id := range old {
		if id != 0 {
			s.put(id)
		}
	}
}
