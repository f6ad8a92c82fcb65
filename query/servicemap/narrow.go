package servicemap

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/sightline/sightline/storage/traces"
)

// narrow drops what the options do not ask for, in their order: environment and namespace, errors, focus, the limit.
func (g *graph) narrow(o Options, m *Map) {
	if o.Env != nil || o.Namespace != nil {
		g.keepTouching(func(n *node) bool {
			return (o.Env == nil || n.Env == *o.Env) && (o.Namespace == nil || n.inNamespace(*o.Namespace))
		})
	}
	if o.ErrorsOnly {
		g.keepBad()
	}
	if o.Focus != "" {
		if g.nodes[o.Focus] == nil {
			m.Notes = append(m.Notes, "What the map is focused on had no requests here.")
		}
		g.keepNear(o.Focus, o.Hops)
	}
	if o.MaxNodes > 0 && len(g.nodes) > o.MaxNodes {
		m.Complete = false
		m.Notes = append(m.Notes, fmt.Sprintf("Only the %d busiest of %d nodes are shown; focus on one, or choose an environment.", o.MaxNodes, len(g.nodes)))
		g.keepBusiest(o.MaxNodes)
	}
}

func (n *node) inNamespace(name string) bool {
	_, ok := n.namespaces[name]
	return ok
}

// keepTouching keeps the nodes that fit, and every edge that touches one, with its other end.
func (g *graph) keepTouching(fits func(*node) bool) {
	keep := make(map[string]bool)
	for id, n := range g.nodes {
		keep[id] = n.Kind != traces.EndClient && fits(n)
	}
	near := maps.Clone(keep)
	maps.DeleteFunc(g.edges, func(_ string, e *edge) bool {
		if !keep[e.source] && !keep[e.target] {
			return true
		}
		near[e.source], near[e.target] = true, true
		return false
	})
	g.dropNodes(near)
}

// keepBad keeps edges and nodes with errors, throttles or faults, and what lies at the other end of such an edge.
func (g *graph) keepBad() {
	keep := make(map[string]bool)
	for id, n := range g.nodes {
		keep[id] = Bad(&n.own) > 0 || Bad(&n.seen) > 0
	}
	maps.DeleteFunc(g.edges, func(_ string, e *edge) bool {
		if Bad(&e.caller) == 0 && Bad(&e.server) == 0 {
			return true
		}
		keep[e.source], keep[e.target] = true, true
		return false
	})
	g.dropNodes(keep)
}

// keepNear keeps what is at most hops edges away, in either direction.
func (g *graph) keepNear(focus string, hops int) {
	neighbours := make(map[string][]string)
	for _, e := range g.edges {
		neighbours[e.source] = append(neighbours[e.source], e.target)
		neighbours[e.target] = append(neighbours[e.target], e.source)
	}
	near := map[string]bool{focus: true}
	ring := []string{focus}
	for range hops {
		var next []string
		for _, id := range ring {
			for _, other := range neighbours[id] {
				if !near[other] {
					near[other] = true
					next = append(next, other)
				}
			}
		}
		ring = next
	}
	g.dropNodes(near)
}

// keepBusiest keeps the n nodes with most requests.
func (g *graph) keepBusiest(n int) {
	busy := func(id string) float64 { return max(g.nodes[id].own.Requests(), g.nodes[id].seen.Requests()) }
	ids := slices.Collect(maps.Keys(g.nodes))
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(busy(b), busy(a)), cmp.Compare(a, b)) })
	keep := make(map[string]bool, n)
	for _, id := range ids[:n] {
		keep[id] = true
	}
	g.dropNodes(keep)
}

// dropNodes drops the others and the edges that lose an end.
func (g *graph) dropNodes(keep map[string]bool) {
	maps.DeleteFunc(g.nodes, func(id string, _ *node) bool { return !keep[id] })
	maps.DeleteFunc(g.edges, func(_ string, e *edge) bool { return g.nodes[e.source] == nil || g.nodes[e.target] == nil })
}
