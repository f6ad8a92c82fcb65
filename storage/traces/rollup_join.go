package traces

import (
	"bytes"
	"encoding/binary"
	"slices"
	"time"
)

// The rules of the edges, X-Ray's:
//
//   - CLIENT with SERVER children, or CONSUMER children that name no queue: an edge to each of their services, with the caller's
//     view, and beside it what the called one measured.
//   - CLIENT without such children: an edge to the service that others of its calls to the same peer reached; without one, and
//     PRODUCER: an edge to its peer; without a peer, to the queues that CONSUMER children name.
//   - CONSUMER: an async edge from its queue; if it names none, from its PRODUCER's queue, or from the PRODUCER's service if that
//     names none either. Its producers are its parent and what it links to. The edge has the consumer's view, and how long
//     messages waited.
//   - SERVER, or INTERNAL of another service, below a PRODUCER: likewise.
//   - SERVER, CONSUMER that names no queue, or INTERNAL, right below a span of another service that is neither CLIENT nor
//     PRODUCER: an edge with the child's view.
//   - SERVER without a parent: an edge from a client, with the server's view.
//
// An edge counts in the minute of the span whose view it has. Of two complete spans with the same ids each counts once.

// edgeSpan is a row of rollup_spans.sql.
type edgeSpan struct {
	Start  int64    `ch:"start_ns"`
	Trace  [16]byte `ch:"trace_id"`
	ID     uint64   `ch:"span_id"`
	Parent uint64   `ch:"parent_id"`
	Kind   int32    `ch:"kind"`
	Class  uint8    `ch:"class"`
	Weight float64  `ch:"weight"`
	NS     uint64   `ch:"duration"`
	Node   uint64   `ch:"node"`
	Peer   uint64   `ch:"peer"` // 0: none
	Refs   string   `ch:"refs"`
}

func (s *edgeSpan) isCall() bool { return Kind(s.Kind) == KindClient || Kind(s.Kind) == KindProducer }

// queue is what a CONSUMER says that it takes from.
func (s *edgeSpan) queue() uint64 {
	if Kind(s.Kind) == KindConsumer {
		return s.Peer
	}
	return 0
}

func (s *edgeSpan) minute() uint32 { return uint32(s.Start/int64(time.Minute)) * 60 }

type spanKey struct {
	trace [16]byte
	span  uint64
}

// producer is a span that sent a message.
type producer struct {
	start      int64
	node, peer uint64
}

// hashKey is an edge before its nodes have names; src 0 is a client.
type hashKey struct {
	minute   uint32
	async    bool
	src, dst uint64
}

// joiner puts edges together. It is fed whole traces, in any order.
type joiner struct {
	from, to   int64 // unix ns
	producers  map[spanKey][]producer
	edges      map[hashKey]*edgeRow
	reached    map[callName]map[uint64]float64 // services that answered to a name, by requests
	unanswered []edgeSpan                      // calls that nobody answered
	waiting    []edgeSpan                      // spans with messages whose producers have not been found yet
	far        [][16]byte                      // traces with producers of long ago
	farFrom    time.Time
}

func newJoiner(in Range) *joiner {
	return &joiner{from: in.From.UnixNano(), to: in.To.UnixNano(), producers: map[spanKey][]producer{}, edges: map[hashKey]*edgeRow{}, reached: map[callName]map[uint64]float64{}}
}

func (j *joiner) inside(s *edgeSpan) bool { return s.Start >= j.from && s.Start < j.to }

func (j *joiner) edge(k hashKey) *edgeRow {
	e := j.edges[k]
	if e == nil {
		e = &edgeRow{}
		j.edges[k] = e
	}
	return e
}

// ownView adds a span as an edge's own view.
func (j *joiner) ownView(s *edgeSpan, async bool, src, dst uint64) *edgeRow {
	e := j.edge(hashKey{s.minute(), async, src, dst})
	e.Measure.count(s.Class, s.Weight)
	e.Measure.time(s.NS, s.Weight)
	e.Spans++
	return e
}

// family is what is known of a span as a parent.
type family struct {
	next    int32    // another span with its ids, -1 for none
	called  bool     // it has children that take its call
	targets []uint64 // where its call goes, each once
}

// join adds the edges of some traces' spans.
func (j *joiner) join(spans []edgeSpan) {
	byKey := make(map[spanKey]int32, len(spans))
	families := make([]family, len(spans))
	for i := range spans {
		key := spanKey{spans[i].Trace, spans[i].ID}
		families[i].next = -1
		if first, ok := byKey[key]; ok {
			families[i].next = first
		}
		byKey[key] = int32(i)
	}
	var origins []origin // of one child
	for i := range spans {
		c := &spans[i]
		if c.isCall() {
			continue
		}
		first, found := int32(-1), false
		if c.Parent != 0 {
			if first, found = byKey[spanKey{c.Trace, c.Parent}]; !found {
				first = -1
			}
		}
		origins = origins[:0]
		for at := first; at >= 0; at = families[at].next {
			origins = j.pair(&spans[at], &families[at], c, origins)
		}
		if j.inside(c) {
			j.arrive(c)
		}
	}
	for i := range spans {
		p, f := &spans[i], &families[i]
		if !p.isCall() || !j.inside(p) {
			continue
		}
		j.call(p, f)
	}
}

// origin is an edge that a child is counted in: where it comes from, and the minute that it counts in.
type origin struct {
	node   uint64
	minute uint32
	called bool // by a CLIENT; else the edge has the child's own view
}

// pair adds what a parent and its child say together; origins are the child's, and are given back with those that came.
func (j *joiner) pair(p *edgeSpan, f *family, c *edgeSpan, origins []origin) []origin {
	kind := Kind(c.Kind)
	if !p.isCall() {
		from := origin{p.Node, c.minute(), false}
		if c.queue() == 0 && p.Node != c.Node && j.inside(c) && !slices.Contains(origins, from) {
			origins = append(origins, from)
			j.ownView(c, false, p.Node, c.Node)
		}
		return origins
	}
	if kind != KindServer && kind != KindConsumer || !j.inside(p) {
		return origins
	}
	f.called = true
	target := p.Peer
	if Kind(p.Kind) == KindClient && c.queue() == 0 {
		target = c.Node
		if from := (origin{p.Node, p.minute(), true}); !slices.Contains(origins, from) {
			origins = append(origins, from)
			e := j.edge(hashKey{p.minute(), false, p.Node, c.Node})
			e.Server.OK += c.Weight
			e.Server.time(c.NS, c.Weight)
		}
	} else if target == 0 {
		target = c.queue()
	}
	if target != 0 && !slices.Contains(f.targets, target) {
		f.targets = append(f.targets, target)
	}
	return origins
}

// arrive adds the edges of a span that no CLIENT called, and has those wait that may come from a producer of long ago.
func (j *joiner) arrive(c *edgeSpan) {
	if Kind(c.Kind) == KindServer && c.Parent == 0 {
		j.ownView(c, false, 0, c.Node)
		return
	}
	if Kind(c.Kind) == KindConsumer {
		for key := range c.refs {
			if len(j.producers[key]) == 0 {
				j.waiting = append(j.waiting, *c)
				return
			}
		}
	}
	j.receive(c)
}

// deliver adds the spans that waited, with the producers that are known now.
func (j *joiner) deliver() {
	for i := range j.waiting {
		j.receive(&j.waiting[i])
	}
	j.waiting = nil
}

// receive adds the edges of what a span received from producers.
func (j *joiner) receive(c *edgeSpan) {
	edges := map[uint64]*edgeRow{}
	if queue := c.queue(); queue != 0 {
		edges[queue] = j.ownView(c, true, queue, c.Node)
	}
	for key := range c.refs {
		for _, p := range j.producers[key] {
			if kind := Kind(c.Kind); kind != KindServer && kind != KindConsumer && p.node == c.Node {
				continue // work of its own
			}
			src := c.queue()
			if src == 0 {
				src = p.peer
			}
			if src == 0 {
				src = p.node
			}
			if edges[src] == nil {
				edges[src] = j.ownView(c, true, src, c.Node)
			}
			edges[src].Age.OK += c.Weight
			edges[src].Age.time(uint64(max(0, c.Start-p.start)), c.Weight)
		}
	}
}

// refs yields the spans that a span may have its message from, each once: its parent, and what a CONSUMER links to.
func (s *edgeSpan) refs(yield func(spanKey) bool) {
	parent := spanKey{s.Trace, s.Parent}
	if s.Parent != 0 && !yield(parent) {
		return
	}
	var seen []spanKey
	for rest := s.Refs; len(rest) >= 24; rest = rest[24:] {
		key := spanKey{span: binary.LittleEndian.Uint64([]byte(rest[16:24]))}
		copy(key.trace[:], rest)
		if key.span == 0 || key == parent || slices.Contains(seen, key) {
			continue
		}
		seen = append(seen, key)
		if !yield(key) {
			return
		}
	}
}

// lost are the traces in which producers of those that wait may be, n at most.
func (j *joiner) lost(n int) [][16]byte {
	var ids [][16]byte
	for i := range j.waiting {
		for key := range j.waiting[i].refs {
			if len(j.producers[key]) == 0 {
				ids = append(ids, key.trace)
			}
		}
	}
	slices.SortFunc(ids, func(a, b [16]byte) int { return bytes.Compare(a[:], b[:]) })
	ids = slices.Compact(ids)
	return ids[:min(len(ids), n)]
}

// rows gives the nodes their names.
func (j *joiner) rows(labels map[uint64]End) []edgeRow {
	rows := make([]edgeRow, 0, len(j.edges))
	for k, e := range j.edges {
		dst, known := labels[k.dst]
		src := End{EndClient, EndClient, dst.Env, dst.Namespace, dst.Name}
		if k.src != 0 {
			src = labels[k.src]
		}
		if !known || src.Kind == "" {
			continue // of a span that expired while this was read
		}
		e.edgeKey = edgeKey{k.minute, k.async, src, dst}
		rows = append(rows, *e)
	}
	return rows
}
