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
//   - SERVER without a parent: an edge from a client, with the server's view; from the one that it names, if it says that a test called.
//     A test that sends spans itself has no client before it.
//
// An edge counts in the minute of the span whose view it has. Of two complete spans with the same ids each counts once.

// edgeSpan is what the rules need of a span. It has no pointers: there are many.
type edgeSpan struct {
	start      int64 // unix ns
	trace      [16]byte
	id, parent uint64
	ns         uint64 // duration
	node, peer uint64 // hashes; peer 0: none
	weight     float64
	links      int32 // in joiner.links, -1 for none
	kind       Kind
	class      Class
}

func (s *edgeSpan) isCall() bool { return s.kind == KindClient || s.kind == KindProducer }

// queue is what a CONSUMER says that it takes from.
func (s *edgeSpan) queue() uint64 {
	if s.kind == KindConsumer {
		return s.peer
	}
	return 0
}

func (s *edgeSpan) minute() uint32 { return uint32(s.start/int64(time.Minute)) * 60 }

type spanKey struct {
	trace [16]byte
	span  uint64
}

// producer is a span that sent a message.
type producer struct {
	start      int64
	node, peer uint64
}

// hashKey is an edge before its nodes have names; src 0 is a client without a name.
type hashKey struct {
	minute   uint32
	async    bool
	src, dst uint64
}

// joiner puts edges together. It is fed whole traces, in any order.
type joiner struct {
	from, to   int64 // unix ns
	links      []string
	producers  map[spanKey][]producer
	edges      map[hashKey]*edgeSum
	reached    map[callName]map[uint64]float64 // services that answered to a name, by requests
	unanswered map[callName]*edgeSum           // calls that nobody answered
	waiting    []edgeSpan                      // spans with messages whose producers have not been found yet
	far        [][16]byte                      // traces with producers of long ago
	farFrom    time.Time
}

func newJoiner(in Range) *joiner {
	return &joiner{
		from: in.From.UnixNano(), to: in.To.UnixNano(), producers: map[spanKey][]producer{}, edges: map[hashKey]*edgeSum{},
		reached: map[callName]map[uint64]float64{}, unanswered: map[callName]*edgeSum{},
	}
}

func (j *joiner) inside(s *edgeSpan) bool { return s.start >= j.from && s.start < j.to }

// near says that a span that starts then is looked at for the edges of the minute, which must not depend on what other minutes are
// read beside it.
func near(minute uint32, start int64) bool {
	from := int64(minute) * int64(time.Second)
	return start >= from-int64(reachBefore) && start < from+int64(time.Minute+reachAfter)
}

// sumOf is the one of the key, made if need be.
func sumOf[K comparable](sums map[K]*edgeSum, key K) *edgeSum {
	s := sums[key]
	if s == nil {
		s = &edgeSum{}
		sums[key] = s
	}
	return s
}

// ownView adds a span as an edge's own view.
func (j *joiner) ownView(s *edgeSpan, async bool, src, dst uint64) *edgeSum {
	e := sumOf(j.edges, hashKey{s.minute(), async, src, dst})
	e.own.add(s.class, s.ns, s.weight)
	return e
}

// call is what is known of a CLIENT or PRODUCER as a parent.
type call struct {
	span    int32
	called  bool     // it has children that take its call
	target  uint64   // where its call goes; 0: not known
	targets []uint64 // further places, each once
}

func (c *call) goesTo(target uint64) {
	switch {
	case target == 0 || target == c.target || slices.Contains(c.targets, target):
	case c.target == 0:
		c.target = target
	default:
		c.targets = append(c.targets, target)
	}
}

// family tells the spans of one id, which may be several, and which of them are calls.
type family struct {
	byID  map[uint64]int32 // the last span of an id
	next  []int32          // another span of its id, -1 for none
	calls []call
	call  []int32 // a span's place in calls, -1 for none
}

func (j *joiner) familyOf(spans []edgeSpan) family {
	f := family{byID: make(map[uint64]int32, len(spans)), next: make([]int32, len(spans)), call: make([]int32, len(spans))}
	for i := range spans {
		s := &spans[i]
		f.next[i], f.call[i] = -1, -1
		if other, ok := f.byID[s.id]; ok {
			f.next[i] = other
		}
		f.byID[s.id] = int32(i)
		if s.isCall() && j.inside(s) {
			f.call[i] = int32(len(f.calls))
			f.calls = append(f.calls, call{span: int32(i)})
		}
	}
	return f
}

// join adds the edges of some traces' spans.
func (j *joiner) join(spans []edgeSpan) {
	f := j.familyOf(spans)
	var origins []origin // of one child
	for i := range spans {
		c := &spans[i]
		if c.isCall() {
			continue
		}
		origins = origins[:0]
		if at, ok := f.byID[c.parent]; ok && c.parent != 0 {
			for ; at >= 0; at = f.next[at] {
				if p := &spans[at]; p.trace == c.trace {
					origins = j.pair(p, c, &f, f.call[at], origins)
				}
			}
		}
		if j.inside(c) {
			j.arrive(c)
		}
	}
	for i := range f.calls {
		j.call(&spans[f.calls[i].span], &f.calls[i])
	}
}

// origin is an edge that a child is counted in: where it comes from, and the minute that it counts in.
type origin struct {
	node   uint64
	minute uint32
	called bool // by a CLIENT; else the edge has the child's own view
}

// pair adds what a parent and its child say together; origins are the child's, and are given back with those that came.
func (j *joiner) pair(p, c *edgeSpan, f *family, at int32, origins []origin) []origin {
	if !p.isCall() {
		if !near(c.minute(), p.start) {
			return origins
		}
		from := origin{p.node, c.minute(), false}
		if c.queue() == 0 && p.node != c.node && j.inside(c) && !slices.Contains(origins, from) {
			origins = append(origins, from)
			j.ownView(c, false, p.node, c.node)
		}
		return origins
	}
	if c.kind != KindServer && c.kind != KindConsumer || at < 0 || !near(p.minute(), c.start) {
		return origins
	}
	call := &f.calls[at]
	call.called = true
	target := p.peer
	if p.kind == KindClient && c.queue() == 0 {
		target = c.node
		if from := (origin{p.node, p.minute(), true}); !slices.Contains(origins, from) {
			origins = append(origins, from)
			sumOf(j.edges, hashKey{p.minute(), false, p.node, c.node}).called.add(c.class, c.ns, c.weight)
		}
	} else if target == 0 {
		target = c.queue()
	}
	call.goesTo(target)
	return origins
}

// arrive adds the edges of a span that no CLIENT called. A CONSUMER whose producer is not known waits: it may be one of long ago.
func (j *joiner) arrive(c *edgeSpan) {
	switch {
	case c.kind == KindServer && c.parent == 0:
		j.ownView(c, false, c.peer, c.node) // a test is a client with a name
	case c.kind == KindConsumer && !j.resolved(c):
		j.waiting = append(j.waiting, *c)
	case c.kind == KindConsumer || c.parent != 0:
		j.receive(c, false)
	}
}

// sent yields the producers of a message's span: those near the minute of who received it, or with far those of long ago as well.
func (j *joiner) sent(c *edgeSpan, key spanKey, far bool) func(yield func(*producer) bool) {
	from := int64(c.minute()) * int64(time.Second)
	to := from + int64(time.Minute+reachAfter)
	from -= int64(producersBack)
	return func(yield func(*producer) bool) {
		list := j.producers[key]
		for i := range list {
			if p := &list[i]; p.start < to && (far || p.start >= from) && !yield(p) {
				return
			}
		}
	}
}

// missing reports whether no producer near is known of a message's span.
func (j *joiner) missing(c *edgeSpan, key spanKey) bool {
	for range j.sent(c, key, false) {
		return false
	}
	return true
}

// resolved reports whether every span that the message may come from is known as a producer.
func (j *joiner) resolved(c *edgeSpan) bool {
	for key := range j.refs(c) {
		if j.missing(c, key) {
			return false
		}
	}
	return true
}

// deliver adds the spans that waited, with the producers that are known now.
func (j *joiner) deliver() {
	for i := range j.waiting {
		j.receive(&j.waiting[i], true)
	}
	j.waiting = nil
}

// receive adds the edges of what a span received from producers, with far from those of long ago too.
func (j *joiner) receive(c *edgeSpan, far bool) {
	var edges map[uint64]*edgeSum // by where they come from
	own := func(src uint64) *edgeSum {
		e := edges[src]
		if e == nil {
			if edges == nil {
				edges = map[uint64]*edgeSum{}
			}
			e = j.ownView(c, true, src, c.node)
			edges[src] = e
		}
		return e
	}
	if queue := c.queue(); queue != 0 {
		own(queue)
	}
	for key := range j.refs(c) {
		for p := range j.sent(c, key, far) {
			if c.kind != KindServer && c.kind != KindConsumer && p.node == c.node {
				continue // work of its own
			}
			src := c.queue()
			if src == 0 {
				src = p.peer
			}
			if src == 0 {
				src = p.node
			}
			own(src).age.add(ClassOK, uint64(max(0, c.start-p.start)), c.weight)
		}
	}
}

// refs yields the spans that a span may have its message from, each once: its parent, and what a CONSUMER links to.
func (j *joiner) refs(s *edgeSpan) func(yield func(spanKey) bool) {
	return func(yield func(spanKey) bool) {
		parent := spanKey{s.trace, s.parent}
		if s.parent != 0 && !yield(parent) || s.links < 0 {
			return
		}
		var seen []spanKey
		for rest := j.links[s.links]; len(rest) >= 24; rest = rest[24:] {
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
}

// lost are the traces in which producers of those that wait may be, n of a minute at most.
func (j *joiner) lost(n int) (all [][16]byte) {
	minutes := map[uint32][][16]byte{}
	for i := range j.waiting {
		c := &j.waiting[i]
		for key := range j.refs(c) {
			if j.missing(c, key) {
				minutes[c.minute()] = append(minutes[c.minute()], key.trace)
			}
		}
	}
	compare := func(a, b [16]byte) int { return bytes.Compare(a[:], b[:]) }
	for _, ids := range minutes {
		slices.SortFunc(ids, compare)
		ids = slices.Compact(ids)
		all = append(all, ids[:min(len(ids), n)]...)
	}
	slices.SortFunc(all, compare)
	return slices.Compact(all)
}
