package traces

import (
	"math"
	"time"

	"github.com/sightline/sightline/storage/traces/peer"
)

const (
	day = int64(24 * time.Hour)

	// latest is the last time that a span's start may have: the start of 2100, before DateTime ends.
	latest = 4102444800 * int64(time.Second)

	// future is how far a clock may be ahead before it is worth a word.
	future = 10 * int64(time.Minute)
)

// span decodes one Span, b.body[lo:hi], and appends it to its partition.
func (b *Batch) span(r *resource, lo, hi int) error {
	l := &b.spanList
	b.begin(l)
	b.events, b.links = b.events[:0], b.links[:0]
	b.moreEvents, b.moreLinks = 0, 0
	var s rawSpan
	if err := b.decodeSpan(&s, lo, hi); err != nil {
		return err
	}
	start, duration := b.times(&s, l)
	p := b.part(partKey{r.retention, int32(start / day)})
	row := p.rows
	in := &b.input
	in.Reset(s.kind, s.status)
	in.Message = alias(b.body[s.message.lo:s.message.hi])

	if len(b.events) > 0 {
		if err := b.encodeEvents(p, row, start); err != nil {
			return err
		}
	}
	if len(b.links) > 0 {
		if err := b.encodeLinks(p, row); err != nil {
			return err
		}
	}
	b.odd(&s, l)
	name := b.textID(b.names, b.body[s.name.lo:s.name.hi], maxName, l, "span.name")
	if s.state.lo != s.state.hi {
		p.traceState.Set(row, b.plain(b.body[s.state.lo:s.state.hi], maxValue, l, "span.trace_state"))
	}
	if s.message.lo != s.message.hi {
		p.message.Set(row, b.plain(b.body[s.message.lo:s.message.hi], maxValue, l, "span.status_message"))
	}
	if err := b.encodeAttrs(p, row, l); err != nil {
		return err
	}
	b.judge(p, row, &s)

	if s.traceID.lo == s.traceID.hi {
		p.traceID.Pad(row + 1)
	} else {
		p.traceID.AddBytes(b.body[s.traceID.lo:s.traceID.hi])
	}
	p.start.Add64(uint64(start))
	p.spanID.Add64(s.spanID)
	p.parentID.Add64(s.parentID)
	p.name.Add(name)
	p.kind.Add32(uint32(s.kind))
	p.duration.Add64(duration)
	if s.flags != 0 {
		p.flags.Set32(row, s.flags)
	}
	if s.status != 0 {
		p.status.Set32(row, uint32(s.status))
	}
	if n := sum(s.droppedAttrs, l.dropped); n != 0 {
		p.droppedAttrs.Set32(row, n)
	}
	if n := sum(s.droppedEvents, b.moreEvents); n != 0 {
		p.droppedEvents.Set32(row, n)
	}
	if n := sum(s.droppedLinks, b.moreLinks); n != 0 {
		p.droppedLinks.Set32(row, n)
	}
	if s.end == 0 && s.start != 0 || in.StillRunning() {
		p.state.Set8(row, uint8(StateInProgress))
	}
	p.extend(b.project, r.index, noScope)
	b.rows++
	b.count(l.reasons)
	return nil
}

// part is the partition of the key, made if need be.
func (b *Batch) part(key partKey) *spanPart {
	if b.last != nil && b.last.key == key {
		return b.last
	}
	p := b.parts[key]
	if p == nil {
		if n := len(b.free); n > 0 {
			p, b.free = b.free[n-1], b.free[:n-1]
		} else {
			p = newSpanPart()
		}
		p.key = key
		b.parts[key] = p
	}
	b.last = p
	return p
}

// times are the span's start and duration in ns. What no clock can have meant is replaced, and kept beside.
func (b *Batch) times(s *rawSpan, l *attrList) (start int64, duration uint64) {
	end, late := s.end, s.end > math.MaxInt64
	switch {
	case s.start == 0:
		l.reasons |= tsMissing
		if start = b.received; end != 0 && end < uint64(latest) {
			start = int64(end)
		}
	case s.start >= uint64(latest):
		l.reasons |= tsRange
		l.rawNumber("start_time_unix_nano", s.start)
		start = b.received
	default:
		start = int64(s.start)
		if b.received != 0 && start > b.received+future {
			l.reasons |= tsFuture
		}
	}
	if late {
		l.reasons |= tsRange
		l.rawNumber("end_time_unix_nano", end)
		end = uint64(max(b.received, start))
	}
	switch {
	case end >= uint64(start):
		duration = end - uint64(start)
	case end != 0:
		l.reasons |= negativeDuration
		l.rawNumber("end_time_unix_nano", end)
	}
	return start, duration
}

// odd notes what is stored as sent but is worth a word.
func (b *Batch) odd(s *rawSpan, l *attrList) {
	if uint32(s.kind) > uint32(KindConsumer) || uint32(s.status) > uint32(StatusError) {
		l.reasons |= unknownEnum
	}
	if s.parentID == s.spanID && s.parentID != 0 {
		l.reasons |= selfParent
	}
	if b.moreEvents > 0 {
		l.reasons |= limitEvents
	}
	if b.moreLinks > 0 {
		l.reasons |= limitLinks
	}
}

// judge asks the recogniser and appends its columns.
func (b *Batch) judge(p *spanPart, row int, s *rawSpan) {
	in := &b.input
	p.class.Add8(uint8(peer.Classify(in)))
	if peer.HasPeer(s.kind) && in.HasEvidence() {
		e := b.peers.Peer(in)
		if e.MemoOf != b.epoch {
			e.MemoOf = b.epoch
			e.Memo[0] = b.textID(b.peerTypes, []byte(e.Type), maxName, &b.ownList, "")
			e.Memo[1] = b.textID(b.peerNames, []byte(e.Name), maxName, &b.ownList, "")
		}
		if e.Memo[0] != 0 {
			p.peerType.Set(row, e.Memo[0])
		}
		if e.Memo[1] != 0 {
			p.peerName.Set(row, e.Memo[1])
		}
	}
	if s.state.lo != s.state.hi || in.HasWeight() {
		if w := peer.Weight(alias(b.body[s.state.lo:s.state.hi]), in); w != 1 {
			p.weight.Fill64(oneWeight, row)
			p.weight.Add64(math.Float64bits(w))
		}
	}
}

// sum adds counts without overflow.
func sum(a, b uint32) uint32 {
	if n := uint64(a) + uint64(b); n <= math.MaxUint32 {
		return uint32(n)
	}
	return math.MaxUint32
}
