package timeline

import (
	"time"

	"github.com/sightline/sightline/storage/traces"
)

// nodes is what Build asks of the spans of a trace. Both forms of a trace come down to it; it is all that a large one ever is, but
// for the rows that are shown.
type nodes struct {
	spans []traces.Lean
	hosts []host   // what their Source numbers
	texts []string // what their Name, PeerType and PeerName number
}

// host is where spans come from.
type host struct {
	traces.Source
	resource [16]byte
	read     bool // resource is known
}

// same reports whether spans of two hosts took their times from one clock, as far as one can tell: from one resource, or where
// resources were not read, from one service.
func (h *host) same(o *host) bool {
	if h.read && o.read {
		return h.resource == o.resource
	}
	return h.Service == o.Service && h.Env == o.Env && h.Namespace == o.Namespace && h.Version == o.Version
}

func nodesOf(spans []traces.Span) *nodes {
	n := &nodes{spans: make([]traces.Lean, len(spans))}
	n.texts = []string{""}
	numbers := map[string]int32{"": 0}
	number := func(text string) int32 {
		at, ok := numbers[text]
		if !ok {
			at = int32(len(n.texts))
			numbers[text] = at
			n.texts = append(n.texts, text)
		}
		return at
	}
	hosts := make(map[host]int32)
	var last host
	at := int32(-1)
	for i := range spans {
		s := &spans[i]
		h := host{Source: traces.Source{Service: s.Service, ServiceType: s.ServiceType, Namespace: s.Namespace, Env: s.Env, Version: s.Version}}
		if s.Resource != nil {
			h.resource, h.read = s.Resource.ID, true
		}
		if at < 0 || h != last { // runs of one host are long
			var ok bool
			if at, ok = hosts[h]; !ok {
				at = int32(len(n.hosts))
				hosts[h] = at
				n.hosts = append(n.hosts, h)
			}
			last = h
		}
		n.spans[i] = traces.Lean{
			SpanID: s.SpanID, ParentID: s.ParentID, Start: int64(sinceEpoch(s.Start)), Duration: int64(s.Duration), Source: at,
			Name: number(s.Name), PeerType: number(s.PeerType), PeerName: number(s.PeerName),
			Kind: uint8(known(int32(s.Kind), int32(traces.KindConsumer))), Class: uint8(s.Class),
			Status: uint8(known(int32(s.Status), int32(traces.StatusError))), State: uint8(s.State),
		}
	}
	return n
}

func nodesOfLean(t *traces.LeanTrace) *nodes {
	n := &nodes{spans: t.Spans, hosts: make([]host, len(t.Sources)), texts: t.Texts}
	for i, s := range t.Sources {
		n.hosts[i].Source = s
	}
	return n
}

// known is an enum's number, 0 for values that no version of OTLP has yet.
func known(n, last int32) int32 {
	if n < 0 || n > last {
		return 0
	}
	return n
}

// sinceEpoch is a start in ns since 1970, clamped to 1970..2116.
func sinceEpoch(at time.Time) time.Duration {
	switch s := at.Unix(); {
	case s < 0:
		return 0
	case s >= int64(maxStart/time.Second):
		return maxStart
	}
	return time.Duration(at.UnixNano())
}

// failed reports whether the span is worth a mark; Row.Failed is the same.
func failed(s *traces.Lean) bool {
	return traces.Class(s.Class) != traces.ClassOK || traces.Status(s.Status) == traces.StatusError
}
