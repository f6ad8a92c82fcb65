package traces

import (
	"encoding/binary"
	"math"
)

// request decodes an ExportTraceServiceRequest.
func (b *Batch) request() error {
	f := fieldsOf(b.body, 0, len(b.body))
	for f.next() {
		if f.bytes(1) {
			if err := b.resourceSpans(f.lo, f.hi); err != nil {
				return err
			}
		}
	}
	return f.err
}

// oldScopeSpans is the field that carried instrumentation libraries before there were scopes; it counts if there is no new one.
const oldScopeSpans = 1000

// resourceSpans decodes a ResourceSpans. The resource may come after the spans, so a first walk, over lengths only, finds it.
func (b *Batch) resourceSpans(lo, hi int) error {
	var resource, url stretch
	scopes := int32(oldScopeSpans)
	b.joined = b.joined[:0]
	f := fieldsOf(b.body, lo, hi)
	for f.next() {
		switch {
		case f.bytes(1):
			b.join(&resource, f.lo, f.hi)
		case f.bytes(2):
			scopes = 2
		case f.bytes(3):
			url = stretch{uint32(f.lo), uint32(f.hi)}
		}
	}
	if f.err != nil {
		return f.err
	}
	in := source{message: b.body[resource.lo:resource.hi], url: b.body[url.lo:url.hi]}
	if len(b.joined) > 0 {
		in.message = append([]byte(nil), b.joined...)
	}
	for f = fieldsOf(b.body, lo, hi); f.next(); {
		if f.bytes(scopes) {
			if err := b.scopeSpans(&in, f.lo, f.hi); err != nil {
				return err
			}
		}
	}
	return nil
}

// join adds a piece to a message. Protobuf merges a message that comes in pieces as if these were one after the other.
func (b *Batch) join(whole *stretch, lo, hi int) {
	if whole.lo != whole.hi || len(b.joined) > 0 {
		if len(b.joined) == 0 {
			b.joined = append(b.joined, b.body[whole.lo:whole.hi]...)
		}
		b.joined = append(b.joined, b.body[lo:hi]...)
	}
	*whole = stretch{uint32(lo), uint32(hi)}
}

// source is what the spans of a ResourceSpans come from; the resource is looked up when a span needs it.
type source struct {
	message, url []byte
	resource     *resource
}

// scopeSpans decodes a ScopeSpans. The schema URL, which is part of the scope's identity, comes after the spans: they are given no
// scope first, and theirs at the end.
func (b *Batch) scopeSpans(in *source, lo, hi int) error {
	var scope, url stretch
	b.joined = b.joined[:0]
	before := b.rows
	f := fieldsOf(b.body, lo, hi)
	for f.next() {
		switch {
		case f.bytes(2):
			if err := b.spanOrNot(in, f.lo, f.hi); err != nil {
				return err
			}
		case f.bytes(1):
			b.join(&scope, f.lo, f.hi)
		case f.bytes(3):
			url = stretch{uint32(f.lo), uint32(f.hi)}
		}
	}
	if f.err != nil {
		return f.err
	}
	message := b.body[scope.lo:scope.hi]
	if len(b.joined) > 0 {
		message = b.joined
	}
	id, err := b.scope(message, b.body[url.lo:url.hi])
	if err != nil || b.rows == before {
		return err
	}
	for _, p := range b.parts {
		for i := len(p.runs) - 1; i >= 0 && p.runs[i].scope == noScope; i-- {
			p.runs[i].scope = id
		}
	}
	return nil
}

// noScope is the scope of spans whose own is not known yet.
const noScope = math.MaxUint32

// spanOrNot decodes a Span unless it was rejected.
func (b *Batch) spanOrNot(in *source, lo, hi int) error {
	ordinal := b.ordinal
	b.ordinal++
	if len(b.rejected) > 0 && b.rejected[0] == ordinal {
		b.rejected = b.rejected[1:]
		return nil
	}
	if in.resource == nil {
		var err error
		if in.resource, err = b.resource(in.message, in.url); err != nil {
			return err
		}
	}
	return b.span(in.resource, lo, hi)
}

// rawSpan is a span as it was sent, but for its attributes, events and links.
type rawSpan struct {
	traceID, name, state, message             stretch
	spanID, parentID                          uint64
	start, end                                uint64
	kind, status                              int32
	flags                                     uint32
	droppedAttrs, droppedEvents, droppedLinks uint32
}

// decodeSpan decodes a Span into s, its attributes into the batch's list, and notes where its events and links lie.
func (b *Batch) decodeSpan(s *rawSpan, p, end int) error {
	buf := b.body
	l := &b.spanList
	for p < end {
		tag := uint64(buf[p])
		p++
		if tag >= 0x80 {
			if tag, p = uvarint(buf, p-1, end); p < 0 {
				return varintError(p)
			}
			tag = uint64(uint32(tag>>3))<<3 | tag&7 // field numbers have 32 bits, whatever was sent
		}
		var v uint64
		var lo int
		switch tag & 7 {
		case wireBytes:
			if p >= end {
				return errTruncated
			}
			v = uint64(buf[p])
			p++
			if v >= 0x80 {
				if v, p = uvarint(buf, p-1, end); p < 0 {
					return varintError(p)
				}
			}
			if v > uint64(end-p) {
				return errTruncated
			}
			lo = p
			p += int(v)
		case wireVarint:
			if v, p = uvarint(buf, p, end); p < 0 {
				return varintError(p)
			}
		case wire64:
			if end-p < 8 {
				return errTruncated
			}
			v = binary.LittleEndian.Uint64(buf[p:])
			p += 8
		case wire32:
			if end-p < 4 {
				return errTruncated
			}
			v = uint64(binary.LittleEndian.Uint32(buf[p:]))
			p += 4
		case wireGroup:
			if int32(tag>>3) <= 0 {
				return errField
			}
			var err error
			if p, err = skipGroup(buf, p, end); err != nil {
				return err
			}
			continue
		default:
			return errWireType
		}
		switch tag {
		case 9<<3 | wireBytes:
			if err := b.keyValue(buf, lo, p, l); err != nil {
				return err
			}
		case 1<<3 | wireBytes:
			if v != 16 && v != 0 {
				return errTraceID
			}
			s.traceID = stretch{uint32(lo), uint32(p)}
		case 2<<3 | wireBytes:
			if v != 8 && v != 0 {
				return errSpanID
			}
			s.spanID = bigEndian(buf[lo:p])
		case 3<<3 | wireBytes:
			s.state = stretch{uint32(lo), uint32(p)}
		case 4<<3 | wireBytes:
			if v != 8 && v != 0 {
				return errSpanID
			}
			s.parentID = bigEndian(buf[lo:p])
		case 5<<3 | wireBytes:
			s.name = stretch{uint32(lo), uint32(p)}
			l.context = uint32(v) * 0x85EB
		case 6<<3 | wireVarint:
			s.kind = int32(v)
			l.context += uint32(v) * 0xC2B2
		case 7<<3 | wire64:
			s.start = v
		case 8<<3 | wire64:
			s.end = v
		case 10<<3 | wireVarint:
			s.droppedAttrs = uint32(v)
		case 11<<3 | wireBytes:
			if len(b.events) < maxEvents {
				b.events = append(b.events, stretch{uint32(lo), uint32(p)})
			} else {
				b.moreEvents++
			}
		case 12<<3 | wireVarint:
			s.droppedEvents = uint32(v)
		case 13<<3 | wireBytes:
			if len(b.links) < maxLinks {
				b.links = append(b.links, stretch{uint32(lo), uint32(p)})
			} else {
				b.moreLinks++
			}
		case 14<<3 | wireVarint:
			s.droppedLinks = uint32(v)
		case 15<<3 | wireBytes:
			if err := b.decodeStatus(s, lo, p); err != nil {
				return err
			}
		case 16<<3 | wire32:
			s.flags = uint32(v)
		default:
			if int32(tag>>3) <= 0 {
				return errField
			}
		}
	}
	return nil
}

func (b *Batch) decodeStatus(s *rawSpan, lo, hi int) error {
	f := fieldsOf(b.body, lo, hi)
	for f.next() {
		switch {
		case f.bytes(2):
			s.message = stretch{uint32(f.lo), uint32(f.hi)}
		case f.num == 3 && f.typ == wireVarint:
			s.status = int32(f.val)
		}
	}
	return f.err
}

// bigEndian reads a span id; an empty one is none.
func bigEndian(v []byte) uint64 {
	if len(v) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(v)
}
