package traces

import (
	"context"
	_ "embed"
	"fmt"
	"sync"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/traces/peer"
)

//go:embed rollup_labels.sql
var labelsSQL string

// maxLabels bounds how many nodes are remembered, some 20 MB.
const maxLabels = 100_000

// labels remembers what the hashes of nodes stand for; a hash never stands for anything else. The zero value is ready; safe for
// concurrent use.
type labels struct {
	mu    sync.Mutex
	known map[uint64]End
}

// lookup gives the names of the nodes, or false if one is not known.
func (l *labels) lookup(nodes map[uint64]bool) (map[uint64]End, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	names := make(map[uint64]End, len(nodes))
	for node := range nodes {
		name, ok := l.known[node]
		if !ok {
			return nil, false
		}
		names[node] = name
	}
	return names, true
}

func (l *labels) remember(names map[uint64]End) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil || len(l.known)+len(names) > maxLabels {
		l.known = map[uint64]End{}
	}
	for node, name := range names {
		l.known[node] = name
	}
}

// nodes are the hashes that need names.
func (j *joiner) nodes() map[uint64]bool {
	nodes := map[uint64]bool{}
	for k := range j.edges {
		nodes[k.src], nodes[k.dst] = true, true
	}
	for name := range j.unanswered {
		nodes[name.node], nodes[name.peer] = true, true
	}
	delete(nodes, 0) // clients, and messages from nowhere
	return nodes
}

// names gives the names of all nodes. Only where one is new are they read: of the spans, of near producers, and of far ones.
func (s edgeSource) names(ctx context.Context, j *joiner) (map[uint64]End, error) {
	if names, ok := s.labels.lookup(j.nodes()); ok {
		return names, nil
	}
	type row struct {
		Node        uint64 `ch:"node"`
		Peer        uint64 `ch:"peer"`
		ServiceType string `ch:"service_type"`
		Env         string `ch:"env"`
		Namespace   string `ch:"namespace"`
		Service     string `ch:"service"`
		PeerType    string `ch:"peer_type"`
		PeerName    string `ch:"peer_name"`
	}
	names := map[uint64]End{}
	read := func(in Range, which string, params ...conn.Param) error {
		query := conn.Query{SQL: when(labelsSQL, which), Params: append(in.params(s.project), params...), Class: s.class}
		for r, err := range conn.Rows[row](ctx, s.db, query) {
			if err != nil {
				return fmt.Errorf("read names of nodes: %w", err)
			}
			names[r.Node] = End{EndService, r.ServiceType, r.Env, r.Namespace, r.Service}
			if r.Peer != 0 {
				kind := EndInferred
				if r.PeerType == peer.Synthetic {
					kind = EndClient
				}
				names[r.Peer] = End{kind, r.PeerType, r.Env, "", r.PeerName}
			}
		}
		return nil
	}
	near := Range{s.in.From.Add(-producersBack), s.in.To.Add(reachAfter)}
	err := read(near, "AND (kind = 4 OR start >= {reach:DateTime64(9, 'UTC')})", conn.Time("reach", s.in.From.Add(-reachBefore)))
	if err == nil && len(j.far) > 0 {
		err = read(Range{j.farFrom, near.From}, "AND kind = 4 AND trace_id IN {ids:Array(FixedString(16))}", fixedArray("ids", j.far))
	}
	if err != nil {
		return nil, err
	}
	s.labels.remember(names)
	return names, nil
}
