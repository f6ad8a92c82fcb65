package xray

import (
	"net/netip"
	"sync"

	"github.com/sightline/sightline/collector/xray/segment"
)

// maxOwners bounds what is remembered, in segments and subsegments, twice: the newer half and the older.
const maxOwners = 32 << 10

// owners remembers which service segments are of. A subsegment that is sent by itself names its parent, not its service; SDKs send
// long traces so, in pieces, the segment itself last. It is safe for concurrent use.
type owners struct {
	mu               sync.Mutex
	young, old       map[segment.Ref]segment.Owner
	senders, oldSend map[netip.AddrPort]segment.Owner // the last segment from an address: a process sends from one socket
}

func newOwners() *owners {
	return &owners{young: map[segment.Ref]segment.Owner{}, senders: map[netip.AddrPort]segment.Owner{}}
}

func (o *owners) of(ref segment.Ref) (segment.Owner, bool) {
	found, ok := o.young[ref]
	if !ok {
		found, ok = o.old[ref]
	}
	return found, ok
}

func (o *owners) sender(from netip.AddrPort) (segment.Owner, bool) {
	found, ok := o.senders[from]
	if !ok {
		found, ok = o.oldSend[from]
	}
	return found, ok
}

// note remembers the owner of everything in a document.
func (o *owners) note(d *segment.Document, from netip.AddrPort) {
	if len(o.young) >= maxOwners {
		o.old, o.young = o.young, map[segment.Ref]segment.Owner{}
	}
	owner := d.Owner()
	for _, s := range d.Spans {
		o.young[segment.Ref{Trace: d.Ref.Trace, Span: segment.SpanID(s.SpanId)}] = owner
	}
	if d.Independent || !from.IsValid() {
		return
	}
	if len(o.senders) >= maxOwners {
		o.oldSend, o.senders = o.senders, map[netip.AddrPort]segment.Owner{}
	}
	o.senders[from] = owner
}

// settle gives independent subsegments the resource of their segment: that of their parent, if it is known or among the others,
// else of the last segment that came from the same socket. from is of each document; not valid: it says nothing.
func (o *owners) settle(documents []*segment.Document, from []netip.AddrPort) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var waiting []int
	for i, d := range documents {
		if d.Independent {
			waiting = append(waiting, i)
		} else {
			o.note(d, from[i])
		}
	}
	for progress := true; progress; {
		progress = false
		left := waiting[:0]
		for _, i := range waiting {
			d := documents[i]
			owner, ok := o.of(segment.Ref{Trace: d.Ref.Trace, Span: d.Parent})
			if !ok {
				left = append(left, i)
				continue
			}
			d.Adopt(owner)
			o.note(d, from[i])
			progress = true
		}
		waiting = left
	}
	for _, i := range waiting {
		if owner, ok := o.sender(from[i]); ok {
			documents[i].Adopt(owner)
			o.note(documents[i], from[i])
		}
	}
	for _, d := range documents {
		// AWS sends two segments for an invocation, one of the Lambda service and below it one of the function: one request.
		if d.Origin == "AWS::Lambda::Function" && !d.Independent {
			if above, ok := o.of(segment.Ref{Trace: d.Ref.Trace, Span: d.Parent}); ok && above.Origin == "AWS::Lambda" && above.Service() == d.Owner().Service() {
				d.Below()
			}
		}
	}
}
