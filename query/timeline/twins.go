package timeline

import (
	"slices"

	"github.com/sightline/sightline/storage/traces"
)

// twins are spans that share an id: Zipkin's client and server do by design, and broken SDKs by accident.
type twins struct {
	groups    map[traces.SpanID][]int32
	byService map[twinKey]int32 // which of a group is the parent of a span of that service
}

type twinKey struct {
	id      traces.SpanID
	service string
}

// add notes that span i has the id of another.
func (w *twins) add(t *nodes, first, i int32) {
	if w.groups == nil {
		w.groups = make(map[traces.SpanID][]int32)
		w.byService = make(map[twinKey]int32)
	}
	id := t.spans[i].SpanID
	if w.groups[id] == nil {
		w.groups[id] = []int32{first}
		w.prefer(t, first)
	}
	w.groups[id] = append(w.groups[id], i)
	w.prefer(t, i)
}

// prefer keeps for each service the first of its spans that is no client, or its first; and so for all services together.
func (w *twins) prefer(t *nodes, i int32) {
	s := &t.spans[i]
	for _, k := range [...]twinKey{{s.SpanID, t.hosts[s.Source].Service}, {s.SpanID, anyService}} {
		best, ok := w.byService[k]
		if !ok || kind(&t.spans[best]) == traces.KindClient && kind(s) != traces.KindClient {
			w.byService[k] = i
		}
	}
}

func kind(s *traces.Lean) traces.Kind { return traces.Kind(s.Kind) }

const anyService = "\x00" // no service is called so

// parentOf is which span of the id's group is the child's parent.
func (w *twins) parentOf(child *traces.Lean, service string) (int32, bool) {
	if i, ok := w.byService[twinKey{child.ParentID, service}]; ok {
		return i, true
	}
	i, ok := w.byService[twinKey{child.ParentID, anyService}]
	return i, ok
}

// resolve finds every span's parent.
func (t *tree) resolve() {
	byID := make(map[traces.SpanID]int32, len(t.spans))
	var same twins
	for i := range t.spans {
		id := t.spans[i].SpanID
		if other, taken := byID[id]; taken {
			same.add(t.nodes, other, int32(i))
		} else {
			byID[id] = int32(i)
		}
	}
	for i := range t.spans {
		s := &t.spans[i]
		t.parent[i] = none
		if s.ParentID == 0 {
			continue
		}
		p, ok := byID[s.ParentID]
		switch {
		case !ok:
			t.flags[i] |= Orphan
		case s.ParentID == s.SpanID:
			t.flags[i] |= CycleBroken
		default:
			if twin, ok := same.parentOf(s, t.hosts[s.Source].Service); ok {
				p = twin
			}
			t.parent[i] = p
		}
	}
	t.separate(byID, same)
}

// separate gives all but one of the spans that share an id an id of their own, and puts a server below the client that shares
// its id, where they were siblings.
func (t *tree) separate(taken map[traces.SpanID]int32, same twins) {
	if same.groups == nil {
		return
	}
	t.uniqueID = make(map[int32]traces.SpanID)
	ids := make([]traces.SpanID, 0, len(same.groups))
	for id := range same.groups {
		ids = append(ids, id)
	}
	slices.Sort(ids) // the made-up ids must not depend on the map's order
	for _, id := range ids {
		group := same.groups[id]
		client := none
		for _, i := range group {
			t.flags[i] |= Duplicate
			if client == none && kind(&t.spans[i]) == traces.KindClient {
				client = i
			}
		}
		fresh := id
		for n, i := range group {
			if s := &t.spans[i]; client != none && kind(s) == traces.KindServer && s.ParentID == t.spans[client].ParentID {
				t.parent[i] = client
				t.flags[i] &^= Orphan | CycleBroken
			}
			if n == 0 {
				continue // the first keeps the id
			}
			for {
				fresh = fresh*0x9E3779B97F4A7C15 + 1 // a step of full period: it tries every id before it repeats one
				if _, clash := taken[fresh]; !clash && fresh != 0 {
					break
				}
			}
			taken[fresh] = i
			t.uniqueID[i] = fresh
		}
	}
}
