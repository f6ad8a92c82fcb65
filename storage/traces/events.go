package traces

import (
	"math"

	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/traces/peer"
)

// encodeEvents appends the span's events.
func (b *Batch) encodeEvents(p *spanPart, row int, start int64) error {
	l := &b.subList
	for _, e := range b.events {
		b.Begin(l)
		var at uint64
		var dropped uint32
		var name []byte
		f := encode.FieldsOf(b.Body, int(e.Lo), int(e.Hi))
		for f.Next() {
			switch {
			case f.Num == 1 && f.Typ == encode.Wire64:
				at = f.Val
			case f.Is(2):
				name = f.Data()
			case f.Is(3):
				if err := b.KeyValue(b.Body, f.Lo, f.Hi, l); err != nil {
					return err
				}
			case f.Num == 4 && f.Typ == encode.WireVarint:
				dropped = uint32(f.Val)
			}
		}
		if f.Err != nil {
			return f.Err
		}
		if at > math.MaxInt64 {
			l.Reasons |= encode.TsRange
			l.RawNumber("time_unix_nano", at)
			at = uint64(start)
		}
		p.evTime.Add64(at)
		p.evName.Add(b.TextID(b.evNames, name, encode.MaxName, l, "event.name"))
		p.evDropped.Add32(encode.Sum(dropped, l.Dropped))
		if string(name) == "exception" {
			b.raise(l)
		}
		for i := range l.Attrs() {
			if a := &l.Attrs()[i]; b.Keys.Info[a.Key].Slot == peer.ExceptionType {
				b.evidence(peer.ExceptionType, a)
			}
		}
		if err := b.AddList(&p.evAttrs, b.Body, l); err != nil {
			return err
		}
		b.spanList.Reasons |= l.Reasons
	}
	p.events.Set(row, len(b.events))
	return nil
}

// encodeLinks appends the span's links.
func (b *Batch) encodeLinks(p *spanPart, row int) error {
	l := &b.subList
	for _, link := range b.links {
		b.Begin(l)
		var spanID uint64
		var dropped, flags uint32
		var traceID, state []byte
		f := encode.FieldsOf(b.Body, int(link.Lo), int(link.Hi))
		for f.Next() {
			switch {
			case f.Is(1):
				if traceID = f.Data(); len(traceID) != 16 && len(traceID) != 0 {
					return encode.ErrTraceID
				}
			case f.Is(2):
				if n := f.Hi - f.Lo; n != 8 && n != 0 {
					return encode.ErrSpanID
				}
				spanID = bigEndian(f.Data())
			case f.Is(3):
				state = f.Data()
			case f.Is(4):
				if err := b.KeyValue(b.Body, f.Lo, f.Hi, l); err != nil {
					return err
				}
			case f.Num == 5 && f.Typ == encode.WireVarint:
				dropped = uint32(f.Val)
			case f.Num == 6 && f.Typ == encode.Wire32:
				flags = uint32(f.Val)
			}
		}
		if f.Err != nil {
			return f.Err
		}
		if len(traceID) == 0 {
			p.lnTraceID.Pad(p.lnTraceID.Len() + 1)
		} else {
			p.lnTraceID.AddBytes(traceID)
		}
		p.lnSpanID.Add64(spanID)
		p.lnState.Add(b.Plain(state, encode.MaxValue, l, "link.trace_state"))
		p.lnFlags.Add32(flags)
		p.lnDropped.Add32(encode.Sum(dropped, l.Dropped))
		if err := b.AddList(&p.lnAttrs, b.Body, l); err != nil {
			return err
		}
		b.spanList.Reasons |= l.Reasons
	}
	p.links.Set(row, len(b.links))
	return nil
}
