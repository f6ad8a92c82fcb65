package traces

import "cmp"

// callName is how a caller names whom it calls in a minute.
type callName struct {
	minute     uint32
	node, peer uint64
}

// call adds a CLIENT's or PRODUCER's own edges. A CLIENT whose called one left no span waits: others may tell who bears that name.
func (j *joiner) call(p *edgeSpan, c *call) {
	named := callName{p.minute(), p.node, p.peer}
	client := p.kind == KindClient && p.peer != 0
	switch {
	case !c.called && client:
		sumOf(j.unanswered, named).own.add(p.class, p.ns, p.weight)
	case !c.called && p.peer != 0:
		j.ownView(p, false, p.node, p.peer)
	}
	goes := func(target uint64) {
		if client && target != p.peer {
			if j.reached[named] == nil {
				j.reached[named] = map[uint64]float64{}
			}
			j.reached[named][target] += p.weight
		}
		j.ownView(p, false, p.node, target)
	}
	if c.target != 0 {
		goes(c.target)
	}
	for _, target := range c.targets {
		goes(target)
	}
}

// resolve lays calls without an answer to the service that the same caller reached by the same name in that minute: the call timed
// out, the called one was not sampled, or its spans are still on their way. Most requests decide; names decide between equals.
func (j *joiner) resolve(labels map[uint64]End) {
	for name, calls := range j.unanswered {
		target, best := name.peer, 0.0
		for service, weight := range j.reached[name] {
			if weight > best || weight == best && labels[service].before(labels[target]) {
				target, best = service, weight
			}
		}
		sumOf(j.edges, hashKey{name.minute, false, name.node, target}).own.merge(&calls.own)
	}
	clear(j.unanswered)
}

func (e End) before(o End) bool {
	return cmp.Or(cmp.Compare(e.Type, o.Type), cmp.Compare(e.Env, o.Env), cmp.Compare(e.Namespace, o.Namespace), cmp.Compare(e.Name, o.Name)) < 0
}
