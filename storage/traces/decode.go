package traces

import (
	"encoding/binary"

	"github.com/sightline/sightline/storage/encode"
)

// rawSpan is a span as it was sent, but for its attributes, events and links.
type rawSpan struct {
	traceID, name, state, message             encode.Stretch
	spanID, parentID                          uint64
	start, end                                uint64
	kind, status                              int32
	flags                                     uint32
	droppedAttrs, droppedEvents, droppedLinks uint32
}

// decodeSpan decodes a Span into s, its attributes into the batch's list, and notes where its events and links lie.
func (b *Batch) decodeSpan(s *rawSpan, p, end int) error {
	buf := b.Body
	l := &b.spanList
	for p < end {
		tag := uint64(buf[p])
		p++
		if tag >= 0x80 {
			if tag, p = encode.Uvarint(buf, p-1, end); p < 0 {
				return encode.VarintError(p)
			}
			tag = uint64(uint32(tag>>3))<<3 | tag&7 // field numbers have 32 bits, whatever was sent
		}
		var v uint64
		var lo int
		switch tag & 7 {
		case encode.WireBytes:
			if p >= end {
				return encode.ErrTruncated
			}
			v = uint64(buf[p])
			p++
			if v >= 0x80 {
				if v, p = encode.Uvarint(buf, p-1, end); p < 0 {
					return encode.VarintError(p)
				}
			}
			if v > uint64(end-p) {
				return encode.ErrTruncated
			}
			lo = p
			p += int(v)
		case encode.WireVarint:
			if v, p = encode.Uvarint(buf, p, end); p < 0 {
				return encode.VarintError(p)
			}
		case encode.Wire64:
			if end-p < 8 {
				return encode.ErrTruncated
			}
			v = binary.LittleEndian.Uint64(buf[p:])
			p += 8
		case encode.Wire32:
			if end-p < 4 {
				return encode.ErrTruncated
			}
			v = uint64(binary.LittleEndian.Uint32(buf[p:]))
			p += 4
		case encode.WireGroup:
			if int32(tag>>3) <= 0 {
				return encode.ErrField
			}
			var err error
			if p, err = encode.SkipGroup(buf, p, end); err != nil {
				return err
			}
			continue
		default:
			return encode.ErrWireType
		}
		switch tag {
		case 9<<3 | encode.WireBytes:
			if err := b.KeyValue(buf, lo, p, l); err != nil {
				return err
			}
		case 1<<3 | encode.WireBytes:
			if v != 16 && v != 0 {
				return encode.ErrTraceID
			}
			s.traceID = encode.Stretch{Lo: uint32(lo), Hi: uint32(p)}
		case 2<<3 | encode.WireBytes:
			if v != 8 && v != 0 {
				return encode.ErrSpanID
			}
			s.spanID = bigEndian(buf[lo:p])
		case 3<<3 | encode.WireBytes:
			s.state = encode.Stretch{Lo: uint32(lo), Hi: uint32(p)}
		case 4<<3 | encode.WireBytes:
			if v != 8 && v != 0 {
				return encode.ErrSpanID
			}
			s.parentID = bigEndian(buf[lo:p])
		case 5<<3 | encode.WireBytes:
			s.name = encode.Stretch{Lo: uint32(lo), Hi: uint32(p)}
			l.Context = uint32(v) * 0x85EB
		case 6<<3 | encode.WireVarint:
			s.kind = int32(v)
			l.Context += uint32(v) * 0xC2B2
		case 7<<3 | encode.Wire64:
			s.start = v
		case 8<<3 | encode.Wire64:
			s.end = v
		case 10<<3 | encode.WireVarint:
			s.droppedAttrs = uint32(v)
		case 11<<3 | encode.WireBytes:
			if len(b.events) < encode.MaxEvents {
				b.events = append(b.events, encode.Stretch{Lo: uint32(lo), Hi: uint32(p)})
			} else {
				b.moreEvents++
			}
		case 12<<3 | encode.WireVarint:
			s.droppedEvents = uint32(v)
		case 13<<3 | encode.WireBytes:
			if len(b.links) < encode.MaxLinks {
				b.links = append(b.links, encode.Stretch{Lo: uint32(lo), Hi: uint32(p)})
			} else {
				b.moreLinks++
			}
		case 14<<3 | encode.WireVarint:
			s.droppedLinks = uint32(v)
		case 15<<3 | encode.WireBytes:
			if err := b.decodeStatus(s, lo, p); err != nil {
				return err
			}
		case 16<<3 | encode.Wire32:
			s.flags = uint32(v)
		default:
			if int32(tag>>3) <= 0 {
				return encode.ErrField
			}
		}
	}
	return nil
}

func (b *Batch) decodeStatus(s *rawSpan, lo, hi int) error {
	f := encode.FieldsOf(b.Body, lo, hi)
	for f.Next() {
		switch {
		case f.Is(2):
			s.message = encode.Stretch{Lo: uint32(f.Lo), Hi: uint32(f.Hi)}
		case f.Num == 3 && f.Typ == encode.WireVarint:
			s.status = int32(f.Val)
		}
	}
	return f.Err
}

// bigEndian reads a span id; an empty one is none.
func bigEndian(v []byte) uint64 {
	if len(v) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(v)
}
