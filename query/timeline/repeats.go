package timeline

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/traces"
)

// minRepeats is from how many calls on they are a Repeat.
const minRepeats = 6

// Repeat is one operation that a span called again and again: siblings of one service, name, kind and peer. Others may stand between
// them, since a loop that makes two calls makes two repeats. Figures are those of the whole trace, also after Trim.
type Repeat struct {
	Parent      int32 // row, -1: none, or left out
	First, Last int32 // rows of the calls that began first and last; -1: left out
	Count       int
	Failures    int
	Total, Max  time.Duration // of their durations
	Start, End  time.Duration // from the first start to the last end, as offsets from Timeline.Start
	FirstID     traces.SpanID // of First
	Parallel    bool          // they ran at the same time, for more than a tenth of Total: a fan-out, where the caller did not wait for one before the next
	NPlusOne    bool          // calls of one store, one after another: one call for all might do
}

// call is what calls have in common to be a repeat.
type call struct {
	missing        traces.SpanID // the parent that is not in the trace, of siblings at the top
	service        int32
	name           int32
	peer, peerType int32
	kind           uint8
}

// findRepeats numbers the repeats in Row.Repeat, those of the earlier parents first.
func (t *Timeline) findRepeats() {
	rows := t.Rows
	children := make([]int32, len(rows)+1) // the last: at the top
	for i := range rows {
		p := rows[i].Parent
		if p < 0 {
			p = int32(len(rows))
		}
		children[p]++
	}
	visit := func(parent, from, end int32) {
		if parent < 0 && children[len(rows)] < minRepeats || parent >= 0 && children[parent] < minRepeats {
			return
		}
		seen := make(map[call]int32)
		var groups [][]int32
		for c := from; c <= end; c += rows[c].Descendants + 1 {
			k := t.call(&rows[c])
			g, ok := seen[k]
			if !ok {
				g = int32(len(groups))
				seen[k] = g
				groups = append(groups, nil)
			}
			groups[g] = append(groups[g], c)
		}
		for _, g := range groups {
			if len(g) >= minRepeats {
				t.addRepeat(parent, g)
			}
		}
	}
	visit(none, 0, int32(len(rows))-1)
	for i := range rows {
		visit(int32(i), int32(i)+1, int32(i)+rows[i].Descendants)
	}
}

func (t *Timeline) call(r *Row) call {
	s := t.node(r)
	c := call{service: r.Service, name: s.Name, peer: s.PeerName, peerType: s.PeerType, kind: s.Kind}
	if r.Parent < 0 {
		c.missing = s.ParentID
	}
	return c
}

// addRepeat sums up calls, which come by start.
func (t *Timeline) addRepeat(parent int32, calls []int32) {
	first := &t.Rows[calls[0]]
	r := Repeat{Parent: parent, First: calls[0], Last: calls[len(calls)-1], Count: len(calls), Start: first.Start, FirstID: t.node(first).SpanID}
	var busy time.Duration // time in which at least one ran
	for _, i := range calls {
		row := &t.Rows[i]
		row.Repeat = int32(len(t.Repeats)) + 1
		if t.failed(row) {
			r.Failures++
		}
		busy += max(0, row.End()-max(row.Start, r.End))
		r.Total += min(row.Duration, math.MaxInt64-r.Total) // as for the services
		r.Max, r.End = max(r.Max, row.Duration), max(r.End, row.End())
	}
	r.Parallel = float64(r.Total) > 1.1*float64(busy)
	s := t.node(first)
	r.NPlusOne = !r.Parallel && traces.Kind(s.Kind) == traces.KindClient && store(t.nodes.texts[s.PeerType])
	t.Repeats = append(t.Repeats, r)
}

// stores are the types of peers that answer for many as for one, beside Database:: and Cache::. Those of AWS and others are told by
// a part of their name.
var stores = []string{
	"::RDS::", "::DSQL::", "::DocDB::", "::Neptune::", "::Redshift", "::DynamoDB", "::DAX::", "::ElastiCache::", "::MemoryDB::", "::OpenSearch",
	"::SQL", "::CosmosDB", "::Cache::", "::Search::", "::Spanner", "::Firestore", "::Firebase::", "::Bigtable", "::BigQuery",
}

func store(peerType string) bool {
	return strings.HasPrefix(peerType, "Database::") || strings.HasPrefix(peerType, "Cache::") ||
		slices.ContainsFunc(stores, func(part string) bool { return strings.Contains(peerType, part) })
}

// repeatRows are the first rows of repeats that a reader is told of, those that take most time first: of each N+1, then of others.
func (t *Timeline) repeatRows() []int32 {
	order := make([]int32, len(t.Repeats))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		x, y := &t.Repeats[a], &t.Repeats[b]
		return cmp.Or(-compareBool(x.NPlusOne, y.NPlusOne), cmp.Compare(y.Total, x.Total), cmp.Compare(a, b))
	})
	for i, n := range order {
		order[i] = t.Repeats[n].First
	}
	return order
}

// keepRepeats gives a subset the repeats that it has rows of. at is where in it a row of t is, none if it was left out.
func (t *Timeline) keepRepeats(out *Timeline, at []int32) {
	out.Repeats = nil
	number := make([]int32, len(t.Repeats)+1)
	for i := range out.Rows {
		r := &out.Rows[i]
		if r.Repeat == 0 {
			continue
		}
		if number[r.Repeat] == 0 {
			kept := t.Repeats[r.Repeat-1]
			kept.First, kept.Last = at[kept.First], at[kept.Last]
			if kept.Parent >= 0 {
				kept.Parent = at[kept.Parent]
			}
			out.Repeats = append(out.Repeats, kept)
			number[r.Repeat] = int32(len(out.Repeats))
		}
		r.Repeat = number[r.Repeat]
	}
}
