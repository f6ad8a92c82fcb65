package traces

import "cmp"

// callName is how a caller names whom it calls in a minute.
type callName struct {
	minute     uint32
	node, peer uint64
}

// call adds a CLIENT's or PRODUCER's own edges. A CLIENT whose called one left no span waits: others may tell who bears that name.
func (j *joiner) call(p *edgeSpan, f *family) {
	named := callName{p.minute(), p.Node, p.Peer}
	client := Kind(p.Kind) == KindClient && p.Peer != 0
	switch {
	case !f.called && client:
		j.unanswered = append(j.unanswered, *p)
	case !f.called && p.Peer != 0:
		j.ownView(p, false, p.Node, p.Peer)
	}
	for _, target := range f.targets {
		if client && target != p.Peer {
			if j.reached[named] == nil {
				j.reached[named] = map[uint64]float64{}
			}
			j.reached[named][target] += p.Weight
		}
		j.ownView(p, false, p.Node, target)
	}
}

// resolve lays calls without an answer to the service that the same caller reached by the same name in that minute: the call timed
// out, the called one was not sampled, or its spans are still on their way. Most requests decide; names decide between equals.
func (j *joiner) resolve(labels map[uint64]End) {
	for i := range j.unanswered {
		p := &j.unanswered[i]
		target, best := p.Peer, 0.0
		for service, weight := range j.reached[callName{p.minute(), p.Node, p.Peer}] {
			if weight > best || weight == best && labels[service].before(labels[target]) {
				target, best = service, weight
			}
		}
		j.ownView(p, false, p.Node, target)
	}
	j.unanswered = nil
}

func (e End) before(o End) bool {
	return cmp.Or(cmp.Compare(e.Type, o.Type), cmp.Compare(e.Env, o.Env), cmp.Compare(e.Namespace, o.Namespace), cmp.Compare(e.Name, o.Name)) < 0
}
