// Package servicemap makes the service map from rollups, by X-Ray's rules: service nodes have the statistics of their own
// requests, what does not send telemetry itself (databases, queues, external hosts) those that its callers saw, an edge always
// its caller's, and every entry into the system has a client node. It is pure, and it draws nothing.
package servicemap

import (
	"cmp"
	"maps"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/traces"
	"github.com/sightline/sightline/storage/traces/peer"
)

// remote is the type of a callee of which nothing but a name is known.
const remote = "remote"

// Options narrow a map down.
type Options struct {
	Window     time.Duration // length of the time range, for rates
	Env        *string       // nil: all
	Namespace  *string       // nil: all
	Focus      string        // a node id; "" for the whole map
	Hops       int           // how far from Focus
	ErrorsOnly bool
	MaxNodes   int                         // 0: no limit
	Teams      map[traces.ServiceID]string // of services; may be nil
}

// Node of a map.
type Node struct {
	ID        string   `json:"id"`
	Kind      string   `json:"kind"`
	Type      string   `json:"type"`
	Name      string   `json:"name"`
	Env       string   `json:"env"`
	Namespace string   `json:"namespace"`
	Versions  []string `json:"versions"`
	Root      bool     `json:"root"`
	Team      string   `json:"team"` // "" where none is named
	Stats     *Stats   `json:"stats"`
}

// EventAge is how long messages waited.
type EventAge struct {
	Avg       int64 `json:"avg_ns"`
	P50       int64 `json:"p50_ns"`
	P95       int64 `json:"p95_ns"`
	Histogram []Bin `json:"histogram"`
}

// Edge of a map. Source and Target are node ids.
type Edge struct {
	ID       string    `json:"id"`
	Source   string    `json:"source"`
	Target   string    `json:"target"`
	Async    bool      `json:"async"`
	Stats    Stats     `json:"stats"`
	Server   *Stats    `json:"server"`         // what the called one measured
	Classed  bool      `json:"server_classed"` // false: of some of them it is not known how they ended; they are in server.ok
	EventAge *EventAge `json:"event_age"`
}

// Map is nodes and edges by id. No slice is nil.
type Map struct {
	Envs     []string // every environment of the rows, whatever the options
	Nodes    []Node
	Edges    []Edge
	Notes    []string // what a reader should know
	Complete bool     // false: MaxNodes left something out
}

// node and edge are what is summed up before it is shown.
type node struct {
	traces.End
	id         string
	versions   map[string]bool
	namespaces map[string]float64 // requests in each
	own        traces.Measure
	hasOwn     bool
	seen       traces.Measure // by callers
	root       bool
}

type edge struct {
	id, source, target string
	async              bool
	caller             traces.Measure
	server, age        traces.Measure
	unsaid             float64
}

// graph is a map in the making.
type graph struct {
	nodes map[string]*node
	edges map[string]*edge
}

// Build makes the map. It keeps nothing of the rows.
func Build(rows traces.MapRows, o Options) Map {
	g := &graph{nodes: make(map[string]*node), edges: make(map[string]*edge)}
	for i := range rows.Nodes {
		g.addNode(&rows.Nodes[i])
	}
	services := g.serviceNames()
	for i := range rows.Edges {
		g.addEdge(&rows.Edges[i], services)
	}
	m := Map{Envs: g.envs(), Notes: []string{}, Complete: true}
	g.narrow(o, &m)
	m.Nodes = make([]Node, 0, len(g.nodes))
	for _, id := range slices.Sorted(maps.Keys(g.nodes)) {
		m.Nodes = append(m.Nodes, g.nodes[id].show(o))
	}
	m.Edges = make([]Edge, 0, len(g.edges))
	for _, id := range slices.Sorted(maps.Keys(g.edges)) {
		m.Edges = append(m.Edges, g.edges[id].show(o.Window))
	}
	return m
}

func (g *graph) node(end traces.End) *node {
	id := ID(end)
	n, ok := g.nodes[id]
	if !ok {
		n = &node{End: end, id: id, versions: make(map[string]bool), namespaces: make(map[string]float64)}
		g.nodes[id] = n
	}
	return n
}

func (g *graph) addNode(r *traces.NodeRow) {
	n := g.node(traces.End{Kind: traces.EndService, Type: r.Type, Env: r.Env, Namespace: r.Namespace, Name: r.Name})
	if r.Version != "" {
		n.versions[r.Version] = true
	}
	n.namespaces[r.Namespace] += r.Requests()
	n.own.Add(&r.Measure)
	n.hasOwn = true
	n.root = n.root || r.Type == peer.Synthetic // a test that sends spans begins requests itself
}

// serviceNames are the services by environment and name, for addEdge. Where several types share a name, the first type wins.
func (g *graph) serviceNames() map[[2]string]traces.End {
	names := make(map[[2]string]traces.End)
	for _, id := range slices.Sorted(maps.Keys(g.nodes)) {
		n := g.nodes[id]
		if _, taken := names[[2]string{n.Env, n.Name}]; !taken {
			names[[2]string{n.Env, n.Name}] = n.End
		}
	}
	return names
}

func (g *graph) addEdge(r *traces.EdgeRow, services map[[2]string]traces.End) {
	to := r.To
	if to.Kind == traces.EndInferred && to.Type == remote {
		// A call whose callee's span is missing (not sampled, late, lost), though the callee is a service that we know.
		if s, ok := services[[2]string{to.Env, to.Name}]; ok {
			to = s
		}
	}
	from, target := g.node(r.From), g.node(to)
	if target.Kind == traces.EndService && r.From.Kind == traces.EndClient {
		target.root = true
	}
	for _, n := range [...]*node{from, target} {
		if name := cmp.Or(n.Namespace, r.From.Namespace); !n.hasOwn && name != "" { // what sends nothing is its callers'
			n.namespaces[name] += r.Requests()
		}
	}
	if !r.Async { // the way out of a queue is its consumer's work, not its own
		target.seen.Add(&r.Measure)
	}
	id := EdgeID(from.id, target.id, r.Async)
	e, ok := g.edges[id]
	if !ok {
		e = &edge{id: id, source: from.id, target: target.id, async: r.Async}
		g.edges[id] = e
	}
	e.caller.Add(&r.Measure)
	e.server.Add(&r.Server)
	e.unsaid += r.Unsaid
	e.age.Add(&r.Age)
}

// ID is a node's identity within a project: kind, environment, name and type. It is stable and safe in a URL's query once escaped
// there; its parts are path-escaped, so that no name can forge another's id. Plain services go without their type.
func ID(end traces.End) string {
	parts := []string{end.Kind, url.PathEscape(end.Env), url.PathEscape(end.Name)}
	if end.Type != end.Kind {
		parts = append(parts, url.PathEscape(end.Type))
	}
	return strings.Join(parts, "/")
}

// ParseID is ID's inverse; the namespace is not part of an id.
func ParseID(id string) (traces.End, bool) {
	parts := strings.Split(id, "/")
	if len(parts) != 3 && len(parts) != 4 {
		return traces.End{}, false
	}
	end := traces.End{Kind: parts[0], Type: parts[0]}
	if end.Kind != traces.EndService && end.Kind != traces.EndClient && end.Kind != traces.EndInferred {
		return traces.End{}, false
	}
	fields := []*string{&end.Env, &end.Name, &end.Type}
	for i, part := range parts[1:] {
		text, err := url.PathUnescape(part)
		if err != nil {
			return traces.End{}, false
		}
		*fields[i] = text
	}
	return end, true
}

// EdgeID is an edge's identity. A ">" of a name is escaped in node ids.
func EdgeID(source, target string, async bool) string {
	if async {
		return source + ">>" + target
	}
	return source + ">" + target
}

func (g *graph) envs() []string {
	set := make(map[string]bool)
	for _, n := range g.nodes {
		if n.Kind == traces.EndService {
			set[n.Env] = true
		}
	}
	return slices.AppendSeq(make([]string, 0, len(set)), slices.Values(slices.Sorted(maps.Keys(set))))
}

func (n *node) show(o Options) Node {
	out := Node{
		ID:        n.id,
		Kind:      n.Kind,
		Type:      n.Type,
		Name:      n.Name,
		Env:       n.Env,
		Namespace: n.namespace(),
		Versions:  slices.AppendSeq(make([]string, 0, len(n.versions)), slices.Values(slices.Sorted(maps.Keys(n.versions)))),
		Root:      n.root,
	}
	var measure *traces.Measure
	switch {
	case n.Kind == traces.EndClient:
	case n.hasOwn:
		measure = &n.own
	case n.seen.Requests() > 0:
		measure = &n.seen
	}
	if measure != nil {
		s := StatsOf(measure, o.Window)
		out.Stats = &s
	}
	if n.Kind == traces.EndService {
		out.Team = o.Teams[traces.ServiceID{Env: n.Env, Name: n.Name, Type: n.Type}]
	}
	return out
}

// namespace is the one with most requests, if there are several.
func (n *node) namespace() string {
	best, most := n.Namespace, math.Inf(-1)
	for _, name := range slices.Sorted(maps.Keys(n.namespaces)) {
		if n.namespaces[name] > most {
			best, most = name, n.namespaces[name]
		}
	}
	return best
}

func (e *edge) show(window time.Duration) Edge {
	out := Edge{ID: e.id, Source: e.source, Target: e.target, Async: e.async, Stats: StatsOf(&e.caller, window), Classed: e.unsaid == 0}
	if e.server.Requests() > 0 {
		s := StatsOf(&e.server, window)
		out.Server = &s
	}
	if n := e.age.Requests(); n > 0 {
		p := Percentiles(&e.age, 0.5, 0.95)
		out.EventAge = &EventAge{Avg: nanos(e.age.Duration / n), P50: p[0], P95: p[1], Histogram: Histogram(e.age.Latency)}
	}
	return out
}
