package traces

import (
	"math"
	"slices"
	"time"
	"unsafe"

	"github.com/sightline/sightline/storage/traces/peer"
	"github.com/sightline/sightline/storage/traces/redact"
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

// encodeAttrs appends the span's attributes to its maps and to the columns of lifted ones, and hands the recogniser its
// evidence.
func (b *Batch) encodeAttrs(p *spanPart, row int, l *attrList) error {
	texts, ints, floats := p.attrs.keys.Len(), p.ints.keys.Len(), p.floats.keys.Len()
	for i := range l.attrs[:l.n] {
		a := &l.attrs[i]
		info := &b.keys.info[a.key]
		if info.slot != peer.NoSlot {
			b.evidence(info.slot, a)
		}
		switch a.typ {
		case anyString:
			v := b.body[a.lo:a.hi]
			if info.lift-1 < liftTexts-1 && len(v) > 0 && !info.secret {
				p.lifted[info.lift].Set(row, b.textID(b.lifted[info.lift], v, maxValue, l, liftedKeyOf[info.lift]))
				continue
			}
			b.addText(&p.attrs, a, v, info.secret, l)
		case anyInt:
			switch {
			case info.lift == liftHTTPStatus && a.num-1 < math.MaxUint16:
				p.httpStatus.Set16(row, uint16(a.num))
			case int64(a.num) >= 1e12 && b.policy.Redact && redact.Number(int64(a.num)):
				b.delta.Redacted++
				p.attrs.add(a.key, []byte(redact.Mask))
			default:
				p.ints.add(a.key, a.num)
			}
		case anyDouble:
			p.floats.add(a.key, a.num)
		default:
			if err := b.addOther(&p.attrs, b.body, a, info.secret, l); err != nil {
				return err
			}
		}
	}
	if l.reasons != 0 {
		b.annotate(&p.attrs, &p.ints, l)
	}
	p.attrs.end(texts)
	p.ints.end(row, ints)
	p.floats.end(row, floats)
	return nil
}

// addText adds a string to a map.
func (b *Batch) addText(m *stringMap, a *attr, v []byte, secret bool, l *attrList) {
	if secret {
		b.delta.Redacted++
		m.add(a.key, []byte(redact.Mask))
		return
	}
	if f := redact.Scan(v); (f == 0 || b.clean(v, f)) && len(v) <= maxValue && (len(v) == 0 || v[0] != 0) {
		m.add(a.key, v)
		return
	}
	if f := redact.Scan(v); f != 0 && !b.clean(v, f) || len(v) > maxValue {
		v = b.scrub(v, maxValue, l, string(b.keys.dict.Key(a.key)))
	}
	if len(v) > 0 && v[0] == 0 {
		b.value = append(append(b.value[:0], 0, tagString), v...)
		v = b.value
	}
	m.add(a.key, v)
}

// addOther adds a value to a map that is neither string nor number.
func (b *Batch) addOther(m *stringMap, buf []byte, a *attr, secret bool, l *attrList) error {
	var err error
	switch {
	case a.typ == anyBool:
		b.value = appendBool(b.value[:0], a.num != 0)
	case a.typ == anyInt:
		b.value = appendInt(b.value[:0], int64(a.num))
	case a.typ == anyDouble:
		b.value = appendFloat(b.value[:0], math.Float64frombits(a.num))
	case a.typ == anyEmpty:
		b.value = append(b.value[:0], 0, tagEmpty)
	case secret:
		b.delta.Redacted++
		b.value = append(b.value[:0], redact.Mask...)
	case a.typ == anyBytes:
		b.value = b.bytesValue(b.value[:0], buf[a.lo:a.hi], a, l)
	default:
		b.value, err = b.json(b.value[:0], buf, a, l, string(b.keys.dict.Key(a.key)))
	}
	if err != nil {
		return err
	}
	m.add(a.key, b.value)
	return nil
}

// bytesValue appends bytes in their stored form, cut so that the text keeps the limit of values.
func (b *Batch) bytesValue(dst, v []byte, a *attr, l *attrList) []byte {
	if f := redact.Scan(v); f&redact.Suspect != 0 && b.policy.Redact && b.scrubber.Dirty(v) {
		b.delta.Redacted++
		return append(dst, redact.Mask...)
	}
	if len(v) > maxValue/4*3 {
		l.reasons |= attrTruncated
		l.notes = append(l.notes, note{key: truncatedPrefix + string(b.keys.dict.Key(a.key)), typ: anyInt, num: int64(len(v))})
		v = v[:maxValue/4*3]
	}
	return appendBytes(dst, v)
}

// annotate adds what the writer has to say about the list. Where the list has such an attribute already, that one stays.
func (b *Batch) annotate(texts *stringMap, ints *numberMap, l *attrList) {
	for i := range l.notes {
		n := &l.notes[i]
		key, fresh := b.ownKey(n.key, l)
		switch {
		case !fresh:
		case n.typ == anyInt && ints != nil:
			ints.add(key, uint64(n.num))
		case n.typ == anyInt:
			texts.add(key, appendInt(nil, n.num))
		case n.typ == anyBytes:
			texts.add(key, appendBytes(nil, n.text))
		default:
			texts.add(key, n.text)
		}
	}
	key, fresh := b.ownKey(sanitizedKey, l)
	if !fresh {
		return
	}
	list := []byte("\x00" + string(rune(tagJSON)) + `{"arrayValue":{"values":[`)
	for i, name := range reasonNames {
		if l.reasons&(1<<i) != 0 {
			if list[len(list)-1] == '}' {
				list = append(list, ',')
			}
			list = append(list, `{"stringValue":"`+name+`"}`...)
		}
	}
	texts.add(key, append(list, "]}}"...))
}

// ownKey is the index of a key of the writer's own, and whether the list has no such attribute yet. Lists inside the span have
// used keyInfo.list since, so the list itself is searched.
func (b *Batch) ownKey(name string, l *attrList) (key uint32, fresh bool) {
	b.ownList.notes, b.ownList.reasons = b.ownList.notes[:0], 0
	key = b.findKey([]byte(name), &b.ownList)
	for i := range l.attrs[:l.n] {
		if l.attrs[i].key == key {
			return key, false
		}
	}
	if slices.Contains(l.own, key) {
		return key, false
	}
	l.own = append(l.own, key)
	return key, true
}

// evidence hands an attribute to the recogniser. Its strings alias the request: the recogniser keeps none.
func (b *Batch) evidence(slot peer.Slot, a *attr) {
	switch a.typ {
	case anyString:
		b.input.SetString(slot, alias(b.body[a.lo:a.hi]))
	case anyInt:
		b.input.SetInt(slot, int64(a.num))
	case anyBool:
		b.input.Set(slot, peer.Value{Type: peer.Bool, Int: int64(min(a.num, 1))})
	case anyDouble:
		b.input.Set(slot, peer.Value{Type: peer.Float, Num: math.Float64frombits(a.num)})
	case anyArray:
		if first := firstString(b.body, a); len(first) > 0 {
			b.input.SetString(slot, alias(first))
		}
	}
}

// alias is the bytes as a string, without copying; they must not change while it is used.
func alias(v []byte) string { return unsafe.String(unsafe.SliceData(v), len(v)) }

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

// encodeEvents appends the span's events.
func (b *Batch) encodeEvents(p *spanPart, row int, start int64) error {
	l := &b.subList
	for _, e := range b.events {
		b.begin(l)
		var at uint64
		var dropped uint32
		var name []byte
		f := fieldsOf(b.body, int(e.lo), int(e.hi))
		for f.next() {
			switch {
			case f.num == 1 && f.typ == wire64:
				at = f.val
			case f.bytes(2):
				name = f.data()
			case f.bytes(3):
				if err := b.keyValue(b.body, f.lo, f.hi, l); err != nil {
					return err
				}
			case f.num == 4 && f.typ == wireVarint:
				dropped = uint32(f.val)
			}
		}
		if f.err != nil {
			return f.err
		}
		if at > math.MaxInt64 {
			l.reasons |= tsRange
			l.rawNumber("time_unix_nano", at)
			at = uint64(start)
		}
		p.evTime.Add64(at)
		p.evName.Add(b.textID(b.evNames, name, maxName, l, "event.name"))
		p.evDropped.Add32(sum(dropped, l.dropped))
		for i := range l.attrs[:l.n] {
			if a := &l.attrs[i]; b.keys.info[a.key].slot == peer.ExceptionType {
				b.evidence(peer.ExceptionType, a)
			}
		}
		if err := b.encodeList(&p.evAttrs, b.body, l); err != nil {
			return err
		}
		b.spanList.reasons |= l.reasons
	}
	p.events.Set(row, len(b.events))
	return nil
}

// encodeLinks appends the span's links.
func (b *Batch) encodeLinks(p *spanPart, row int) error {
	l := &b.subList
	for _, link := range b.links {
		b.begin(l)
		var spanID uint64
		var dropped, flags uint32
		var traceID, state []byte
		f := fieldsOf(b.body, int(link.lo), int(link.hi))
		for f.next() {
			switch {
			case f.bytes(1):
				if traceID = f.data(); len(traceID) != 16 && len(traceID) != 0 {
					return errTraceID
				}
			case f.bytes(2):
				if n := f.hi - f.lo; n != 8 && n != 0 {
					return errSpanID
				}
				spanID = bigEndian(f.data())
			case f.bytes(3):
				state = f.data()
			case f.bytes(4):
				if err := b.keyValue(b.body, f.lo, f.hi, l); err != nil {
					return err
				}
			case f.num == 5 && f.typ == wireVarint:
				dropped = uint32(f.val)
			case f.num == 6 && f.typ == wire32:
				flags = uint32(f.val)
			}
		}
		if f.err != nil {
			return f.err
		}
		if len(traceID) == 0 {
			p.lnTraceID.Pad(p.lnTraceID.Len() + 1)
		} else {
			p.lnTraceID.AddBytes(traceID)
		}
		p.lnSpanID.Add64(spanID)
		p.lnState.Add(b.plain(state, maxValue, l, "link.trace_state"))
		p.lnFlags.Add32(flags)
		p.lnDropped.Add32(sum(dropped, l.dropped))
		if err := b.encodeList(&p.lnAttrs, b.body, l); err != nil {
			return err
		}
		b.spanList.reasons |= l.reasons
	}
	p.links.Set(row, len(b.links))
	return nil
}

// encodeList appends a list to a map of strings, every type in the string encoding.
func (b *Batch) encodeList(m *stringMap, buf []byte, l *attrList) error {
	before := m.keys.Len()
	for i := range l.attrs[:l.n] {
		a := &l.attrs[i]
		info := &b.keys.info[a.key]
		if a.typ == anyString {
			b.addText(m, a, buf[a.lo:a.hi], info.secret, l)
		} else if a.typ == anyInt && int64(a.num) >= 1e12 && b.policy.Redact && redact.Number(int64(a.num)) {
			b.delta.Redacted++
			m.add(a.key, []byte(redact.Mask))
		} else if err := b.addOther(m, buf, a, info.secret, l); err != nil {
			return err
		}
	}
	if l.reasons != 0 {
		b.annotate(m, nil, l)
	}
	m.end(before)
	return nil
}
