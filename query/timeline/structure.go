package timeline

import (
	"cmp"
	"hash/maphash"
	"slices"
)

// Structure is what calls what below a span: the ways from the span down to each below it, each way once however often it is gone, as
// sorted hashes. Steps are told apart by service, operation and kind.
type Structure []uint64

var structureSeed = maphash.MakeSeed()

// Structure is that of a row and what lies below it, of a timeline that has not been trimmed. Structures can be compared within a
// process.
func (t *Timeline) Structure(row int) Structure {
	type step struct {
		above         uint64
		service, name string
		kind          uint8
	}
	end := row + int(t.Rows[row].Descendants)
	ways := make([]uint64, end-row+1)
	for i := row; i <= end; i++ {
		r := &t.Rows[i]
		s := t.node(r)
		way := step{service: t.Services[r.Service].Name, name: t.nodes.texts[s.Name], kind: s.Kind}
		if i > row {
			way.above = ways[int(r.Parent)-row]
		}
		ways[i-row] = maphash.Comparable(structureSeed, way)
	}
	slices.Sort(ways)
	return slices.Compact(ways)
}

// Equal reports whether both are the same.
func (a Structure) Equal(b Structure) bool { return slices.Equal(a, b) }

// distance is the share of the ways of both that only one has: 0 for equal structures, 1 for those that have nothing in common.
func (a Structure) distance(b Structure) float64 {
	var shared, i, k int
	for i < len(a) && k < len(b) {
		switch cmp.Compare(a[i], b[k]) {
		case -1:
			i++
		case 1:
			k++
		default:
			shared, i, k = shared+1, i+1, k+1
		}
	}
	all := len(a) + len(b) - shared
	if all == 0 {
		return 0
	}
	return 1 - float64(shared)/float64(all)
}

// Usual is what structures have in common.
type Usual struct {
	Structure Structure
	Alike     []int // which of them have it
	Kinds     int   // different ones among them
	Common    bool  // a quarter of them or more have it, and at least two; else it is the one with the least distance to all
}

// usualShare is the share of structures from which on one is common.
const usualShare = 4

// UsualOf chooses the structure that most have; where they differ too much for that, the one that is nearest to all others. Of two
// that are equal in this the one that comes first. There must be at least one.
func UsualOf(all []Structure) Usual {
	type group struct {
		of    Structure
		alike []int
	}
	var groups []*group
	place := map[uint64][]*group{}
	for i, s := range all {
		var sum maphash.Hash
		sum.SetSeed(structureSeed)
		for _, way := range s {
			maphash.WriteComparable(&sum, way)
		}
		key := sum.Sum64()
		at := slices.IndexFunc(place[key], func(g *group) bool { return slices.Equal(g.of, s) })
		if at < 0 {
			g := &group{of: s}
			groups = append(groups, g)
			place[key] = append(place[key], g)
			at = len(place[key]) - 1
		}
		g := place[key][at]
		g.alike = append(g.alike, i)
	}
	best := slices.MinFunc(groups, func(a, b *group) int { return cmp.Compare(len(b.alike), len(a.alike)) })
	common := len(best.alike)*usualShare >= len(all) && len(best.alike) > 1 || len(all) == 1
	if !common {
		away := make(map[*group]float64, len(groups))
		for i, a := range groups {
			for _, b := range groups[i+1:] {
				d := a.of.distance(b.of)
				away[a] += d * float64(len(b.alike))
				away[b] += d * float64(len(a.alike))
			}
		}
		best = slices.MinFunc(groups, func(a, b *group) int { return cmp.Compare(away[a], away[b]) })
	}
	return Usual{Structure: best.of, Alike: best.alike, Kinds: len(groups), Common: common}
}
