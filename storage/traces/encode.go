package traces

import (
	"math"

	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/traces/peer"
)

// span decodes one Span, b.Body[lo:hi], and appends it to its partition, unless it was rejected.
func (b *Batch) span(from *encode.Source, lo, hi int) error {
	if b.Rejected() {
		return nil
	}
	r, err := b.Resource(from)
	if err != nil {
		return err
	}
	l := &b.spanList
	b.Begin(l)
	b.events, b.links = b.events[:0], b.links[:0]
	b.moreEvents, b.moreLinks = 0, 0
	b.raised, b.raisedOwn = b.raised[:0], false
	var s rawSpan
	if err := b.decodeSpan(&s, lo, hi); err != nil {
		return err
	}
	start, duration := b.times(&s, l)
	key := encode.PartKey{Retention: r.Retention, Day: int32(start / encode.Day)}
	p := b.parts.At(key)
	row := p.rows
	in := &b.input
	in.Reset(s.kind, s.status)
	in.Message = alias(b.Body[s.message.Lo:s.message.Hi])

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
	name := b.TextID(b.names, b.Body[s.name.Lo:s.name.Hi], encode.MaxName, l, "span.name")
	if s.state.Lo != s.state.Hi {
		p.traceState.Set(row, b.Plain(b.Body[s.state.Lo:s.state.Hi], encode.MaxValue, l, "span.trace_state"))
	}
	if s.message.Lo != s.message.Hi {
		p.message.Set(row, b.Plain(b.Body[s.message.Lo:s.message.Hi], encode.MaxValue, l, "span.status_message"))
	}
	if err := b.encodeAttrs(p, row, l); err != nil {
		return err
	}
	weight := b.judge(p, row, &s)

	if s.traceID.Lo == s.traceID.Hi {
		p.traceID.Pad(row + 1)
	} else {
		p.traceID.AddBytes(b.Body[s.traceID.Lo:s.traceID.Hi])
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
	if n := encode.Sum(s.droppedAttrs, l.Dropped); n != 0 {
		p.droppedAttrs.Set32(row, n)
	}
	if n := encode.Sum(s.droppedEvents, b.moreEvents); n != 0 {
		p.droppedEvents.Set32(row, n)
	}
	if n := encode.Sum(s.droppedLinks, b.moreLinks); n != 0 {
		p.droppedLinks.Set32(row, n)
	}
	if s.end == 0 && s.start != 0 || in.StillRunning() {
		p.state.Set8(row, uint8(StateInProgress))
	}
	if len(b.raised) > 0 {
		b.encodeRaised(key, r, &spanRow{start, p.traceID.AtBytes(row), s.spanID, name, weight})
	}
	p.rows++
	p.runs.Extend(b.Project, r, from.Scope)
	b.rows++
	b.Count(l.Reasons)
	return nil
}

// times are the span's start and duration in ns. What no clock can have meant is replaced, and kept beside.
func (b *Batch) times(s *rawSpan, l *encode.List) (start int64, duration uint64) {
	end, late := s.end, s.end > math.MaxInt64
	switch {
	case s.start == 0:
		l.Reasons |= encode.TsMissing
		if start = b.Received; end != 0 && end < uint64(encode.Latest) {
			start = int64(end)
		}
	case s.start >= uint64(encode.Latest):
		l.Reasons |= encode.TsRange
		l.RawNumber("start_time_unix_nano", s.start)
		start = b.Received
	default:
		start = int64(s.start)
		if b.Received != 0 && start > b.Received+encode.Future {
			l.Reasons |= encode.TsFuture
		}
	}
	if late {
		l.Reasons |= encode.TsRange
		l.RawNumber("end_time_unix_nano", end)
		end = uint64(max(b.Received, start))
	}
	switch {
	case end >= uint64(start):
		duration = end - uint64(start)
	case end != 0:
		l.Reasons |= encode.NegativeDuration
		l.RawNumber("end_time_unix_nano", end)
	}
	return start, duration
}

// odd notes what is stored as sent but is worth a word.
func (b *Batch) odd(s *rawSpan, l *encode.List) {
	if uint32(s.kind) > uint32(KindConsumer) || uint32(s.status) > uint32(StatusError) {
		l.Reasons |= encode.UnknownEnum
	}
	if s.parentID == s.spanID && s.parentID != 0 {
		l.Reasons |= encode.SelfParent
	}
	if b.moreEvents > 0 {
		l.Reasons |= encode.LimitEvents
	}
	if b.moreLinks > 0 {
		l.Reasons |= encode.LimitLinks
	}
}

// judge asks the recogniser and appends its columns. It gives the span's weight.
func (b *Batch) judge(p *spanPart, row int, s *rawSpan) float64 {
	in := &b.input
	p.class.Add8(uint8(peer.Classify(in)))
	if peer.HasPeer(s.kind) && in.HasEvidence() {
		e := b.peers.Peer(in)
		if e.MemoOf != b.Epoch {
			e.MemoOf = b.Epoch
			e.Memo[0] = b.TextID(b.peerTypes, []byte(e.Type), encode.MaxName, &b.OwnList, "")
			e.Memo[1] = b.TextID(b.peerNames, []byte(e.Name), encode.MaxName, &b.OwnList, "")
		}
		if e.Memo[0] != 0 {
			p.peerType.Set(row, e.Memo[0])
		}
		if e.Memo[1] != 0 {
			p.peerName.Set(row, e.Memo[1])
		}
	}
	if s.state.Lo != s.state.Hi || in.HasWeight() {
		if w := peer.Weight(alias(b.Body[s.state.Lo:s.state.Hi]), in); w != 1 {
			p.weight.Fill64(oneWeight, row)
			p.weight.Add64(math.Float64bits(w))
			return w
		}
	}
	return 1
}
