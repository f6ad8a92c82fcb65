package traces

import (
	"math"

	"github.com/sightline/sightline/storage/traces/peer"
)

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
