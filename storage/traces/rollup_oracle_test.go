package traces_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/sightline/sightline/storage/traces"
)

// The rules of the rollups, said a second time and slowly, over all spans at once.

// tally is a measure as both sides of the comparison print it.
type tally struct {
	ok      [4]float64 // by class
	spans   uint64
	ns      float64
	max     uint64
	buckets map[uint16]float64
}

func (m *tally) add(class traces.Class, weight float64, ns uint64) {
	m.ok[class] += weight
	m.spans++
	m.ns += weight * float64(ns)
	m.max = max(m.max, ns)
	if m.buckets == nil {
		m.buckets = map[uint16]float64{}
	}
	m.buckets[traces.LatencyBucket(ns)] += weight
}

func (m tally) String() string {
	return fmt.Sprintf("%v spans=%d ns=%v %v", m.ok, m.spans, m.ns, m.buckets)
}

type edgeTally struct{ own, called, age tally }

func (e edgeTally) String() string {
	sum := func(m tally) float64 { return m.ok[0] + m.ok[1] + m.ok[2] + m.ok[3] }
	return fmt.Sprintf("%v | called %v ns=%v %v | age %v ns=%v %v", e.own, e.called.ok, e.called.ns, e.called.buckets, sum(e.age), e.age.ns, e.age.buckets)
}

func serviceEnd(s *traces.Span) string {
	return fmt.Sprintf("service/%s/%s/%s/%s", s.ServiceType, s.Env, s.Namespace, s.Service)
}

func peerEnd(s *traces.Span) string {
	if s.PeerType == "" {
		return ""
	}
	return fmt.Sprintf("inferred/%s/%s//%s", s.PeerType, s.Env, s.PeerName)
}

// brute computes the edges of a minute.
func brute(all []traces.Span, minute time.Time) map[string]*edgeTally {
	edges := map[string]*edgeTally{}
	edge := func(async bool, src, dst string) *edgeTally {
		key := fmt.Sprint(async, " ", src, " -> ", dst)
		if edges[key] == nil {
			edges[key] = &edgeTally{}
		}
		return edges[key]
	}
	end := minute.Add(time.Minute)
	within := func(s *traces.Span, before, after time.Duration) bool {
		return s.State == traces.StateComplete && !s.Start.Before(minute.Add(-before)) && s.Start.Before(end.Add(after))
	}
	isCall := func(s *traces.Span) bool { return s.Kind == traces.KindClient || s.Kind == traces.KindProducer }
	isChild := func(c, p *traces.Span) bool {
		return c.TraceID == p.TraceID && c.ParentID == p.SpanID && c.ParentID != 0
	}

	reached := map[string]map[string]float64{} // by caller and the name that it calls: the services that answered
	var unanswered []*traces.Span
	for i := range all {
		p := &all[i]
		if !within(p, 0, 0) || !isCall(p) {
			continue
		}
		targets := map[string]bool{}
		children := 0
		named := serviceEnd(p) + " calls " + peerEnd(p)
		if reached[named] == nil {
			reached[named] = map[string]float64{}
		}
		for j := range all {
			c := &all[j]
			if !within(c, 10*time.Second, 15*time.Second) || !isChild(c, p) || c.Kind != traces.KindServer && c.Kind != traces.KindConsumer {
				continue
			}
			children++
			queue := ""
			if c.Kind == traces.KindConsumer {
				queue = peerEnd(c)
			}
			switch {
			case p.Kind == traces.KindClient && queue == "":
				targets[serviceEnd(c)] = true
			case peerEnd(p) != "":
				targets[peerEnd(p)] = true
			default:
				targets[queue] = true
			}
		}
		if children == 0 && p.Kind == traces.KindClient && peerEnd(p) != "" {
			unanswered = append(unanswered, p)
		} else if children == 0 {
			targets[peerEnd(p)] = true
		}
		delete(targets, "")
		for target := range targets {
			if p.Kind == traces.KindClient && peerEnd(p) != "" && target != peerEnd(p) {
				reached[named][target] += p.Weight
			}
			edge(false, serviceEnd(p), target).own.add(p.Class, p.Weight, uint64(p.Duration))
		}
	}
	for _, p := range unanswered {
		target, best := peerEnd(p), 0.0
		for service, weight := range reached[serviceEnd(p)+" calls "+peerEnd(p)] {
			if weight > best || weight == best && service < target {
				target, best = service, weight
			}
		}
		edge(false, serviceEnd(p), target).own.add(p.Class, p.Weight, uint64(p.Duration))
	}
	for i := range all {
		c := &all[i]
		if c.State != traces.StateComplete || isCall(c) {
			continue
		}
		// What a called one measured, beside each caller's edge.
		if within(c, 10*time.Second, 15*time.Second) && (c.Kind == traces.KindServer || c.Kind == traces.KindConsumer && peerEnd(c) == "") {
			callers := map[string]bool{}
			for j := range all {
				if p := &all[j]; within(p, 0, 0) && p.Kind == traces.KindClient && isChild(c, p) {
					callers[serviceEnd(p)] = true
				}
			}
			for caller := range callers {
				edge(false, caller, serviceEnd(c)).called.add(c.Class, c.Weight, uint64(c.Duration))
			}
		}
		if within(c, 0, 0) {
			bruteArrival(all, minute, c, edge)
		}
	}
	return edges
}

// bruteArrival adds the edges that have a span's own view.
func bruteArrival(all []traces.Span, minute time.Time, c *traces.Span, edge func(bool, string, string) *edgeTally) {
	end := minute.Add(time.Minute)
	self := serviceEnd(c)
	if c.Kind == traces.KindServer && c.ParentID == 0 {
		client := fmt.Sprintf("client/client/%s/%s/%s", c.Env, c.Namespace, c.Service)
		if c.PeerType != "" { // a test, by its name
			client = fmt.Sprintf("client/%s/%s//%s", c.PeerType, c.Env, c.PeerName)
		}
		edge(false, client, self).own.add(c.Class, c.Weight, uint64(c.Duration))
	}
	queue := ""
	if c.Kind == traces.KindConsumer {
		queue = peerEnd(c)
	}
	type ref struct {
		trace traces.TraceID
		span  traces.SpanID
	}
	refs := []ref{{c.TraceID, c.ParentID}}
	if c.Kind == traces.KindConsumer {
		for _, l := range c.Links {
			if r := (ref{l.TraceID, l.SpanID}); !slices.Contains(refs, r) {
				refs = append(refs, r)
			}
		}
	}
	sources := map[string][]uint64{} // ages
	if queue != "" {
		sources[queue] = nil
	}
	others := map[string]bool{}
	for n, r := range refs {
		if r.span == 0 {
			continue
		}
		for j := range all {
			p := &all[j]
			if p.State != traces.StateComplete || p.TraceID != r.trace || p.SpanID != r.span {
				continue
			}
			switch {
			case p.Kind == traces.KindProducer:
				back := 2 * time.Minute
				if c.Kind == traces.KindConsumer {
					back = 24 * time.Hour
				}
				if p.Start.Before(minute.Add(-back)) || !p.Start.Before(end.Add(15*time.Second)) {
					continue
				}
				if c.Kind != traces.KindServer && c.Kind != traces.KindConsumer && serviceEnd(p) == self {
					continue
				}
				source := queue
				if source == "" {
					source = peerEnd(p)
				}
				if source == "" {
					source = serviceEnd(p)
				}
				sources[source] = append(sources[source], uint64(max(0, c.Start.Sub(p.Start))))
			case p.Kind == traces.KindClient, n > 0, queue != "":
			case serviceEnd(p) != self && !p.Start.Before(minute.Add(-10*time.Second)) && p.Start.Before(end.Add(15*time.Second)):
				others[serviceEnd(p)] = true
			}
		}
	}
	for source, ages := range sources {
		e := edge(true, source, self)
		e.own.add(c.Class, c.Weight, uint64(c.Duration))
		for _, age := range ages {
			e.age.add(0, c.Weight, age)
		}
	}
	for source := range others {
		edge(false, source, self).own.add(c.Class, c.Weight, uint64(c.Duration))
	}
}

// bruteRed computes the services of a minute.
func bruteRed(all []traces.Span, minute time.Time) map[string]*tally {
	rows := map[string]*tally{}
	for i := range all {
		s := &all[i]
		if s.State != traces.StateComplete || s.Start.Before(minute) || !s.Start.Before(minute.Add(time.Minute)) {
			continue
		}
		entry, operation := 0, ""
		if s.Kind == traces.KindServer || s.Kind == traces.KindConsumer || s.ParentID == 0 {
			entry, operation = 1, s.Name
		}
		key := fmt.Sprint(s.Env, "/", s.Namespace, "/", s.Service, "/", s.ServiceType, "/", s.Version, " ", entry, " ", int32(s.Kind), " ", operation)
		if rows[key] == nil {
			rows[key] = &tally{}
		}
		rows[key].add(s.Class, s.Weight, uint64(s.Duration))
	}
	return rows
}
