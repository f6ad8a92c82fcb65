package traces

import (
	"encoding/binary"
	"errors"
)

// ErrMalformed is returned for a request that is no ExportTraceServiceRequest. The receiver has rejected those before they are
// acknowledged; the decoder does not trust that.
var ErrMalformed = errors.New("malformed request")

var (
	errTruncated = wireError("message is cut off")
	errVarint    = wireError("varint is longer than 64 bits")
	errField     = wireError("field number is not positive")
	errWireType  = wireError("illegal wire type")
	errGroup     = wireError("group is not ended")
	errTraceID   = wireError("trace id has not 16 bytes")
	errSpanID    = wireError("span id has not 8 bytes")
	errDepth     = wireError("attribute is nested more than 64 levels deep")
)

// wireError is an ErrMalformed that says what is wrong. It is a value: the hot path makes no errors of its own.
type wireError string

func (e wireError) Error() string        { return string(e) }
func (e wireError) Is(target error) bool { return target == ErrMalformed }

// Wire types of protobuf.
const (
	wireVarint = 0
	wire64     = 1
	wireBytes  = 2
	wireGroup  = 3
	wireEnd    = 4
	wire32     = 5
)

// uvarint reads a varint at p of buf. next is negative where there is none.
func uvarint(buf []byte, p, end int) (v uint64, next int) {
	for shift := 0; shift < 64; shift += 7 {
		if p >= end {
			return 0, -1
		}
		c := buf[p]
		p++
		v |= uint64(c&0x7F) << shift
		if c < 0x80 {
			return v, p
		}
	}
	return 0, -2
}

// varintError explains a negative next.
func varintError(next int) error {
	if next == -2 {
		return errVarint
	}
	return errTruncated
}

// fields walks the fields of one message, buf[pos:end]. What it does not know, whoever reads it skips; so does a known field of
// another wire type, as protobuf demands.
type fields struct {
	buf      []byte
	pos, end int
	err      error

	num    int32  // the field's number
	typ    int    // its wire type
	val    uint64 // of a varint or a fixed number
	lo, hi int    // of bytes: buf[lo:hi]
}

func fieldsOf(buf []byte, lo, hi int) fields { return fields{buf: buf, pos: lo, end: hi} }

// next moves to the next field and is false at the end or at an error. Groups are passed over.
func (f *fields) next() bool {
	for f.pos < f.end {
		tag, p := uvarint(f.buf, f.pos, f.end)
		if p < 0 {
			return f.fail(varintError(p))
		}
		f.num, f.typ = int32(tag>>3), int(tag&7)
		if f.num <= 0 {
			return f.fail(errField)
		}
		if f.typ == wireGroup {
			if f.pos, f.err = skipGroup(f.buf, p, f.end); f.err != nil {
				return false
			}
			continue
		}
		switch f.typ {
		case wireVarint:
			if f.val, p = uvarint(f.buf, p, f.end); p < 0 {
				return f.fail(varintError(p))
			}
		case wire64:
			if f.end-p < 8 {
				return f.fail(errTruncated)
			}
			f.val = binary.LittleEndian.Uint64(f.buf[p:])
			p += 8
		case wire32:
			if f.end-p < 4 {
				return f.fail(errTruncated)
			}
			f.val = uint64(binary.LittleEndian.Uint32(f.buf[p:]))
			p += 4
		case wireBytes:
			n, q := uvarint(f.buf, p, f.end)
			if q < 0 {
				return f.fail(varintError(q))
			}
			if n > uint64(f.end-q) {
				return f.fail(errTruncated)
			}
			f.lo, f.hi = q, q+int(n)
			p = f.hi
		default:
			return f.fail(errWireType)
		}
		f.pos = p
		return true
	}
	return false
}

func (f *fields) fail(err error) bool {
	f.err = err
	return false
}

// bytes says whether the field is number num and of bytes.
func (f *fields) bytes(num int32) bool { return f.num == num && f.typ == wireBytes }

// data is the field's bytes.
func (f *fields) data() []byte { return f.buf[f.lo:f.hi] }

// skipGroup passes over a group whose start has been read, with the groups inside it. Numbers of ends are not compared.
func skipGroup(buf []byte, p, end int) (int, error) {
	for depth := 1; depth > 0; {
		tag, q := uvarint(buf, p, end)
		if q < 0 {
			return 0, errGroup
		}
		if int32(tag>>3) <= 0 {
			return 0, errField
		}
		p = q
		switch tag & 7 {
		case wireVarint:
			if _, p = uvarint(buf, p, end); p < 0 {
				return 0, errGroup
			}
		case wire64:
			p += 8
		case wire32:
			p += 4
		case wireBytes:
			n, q := uvarint(buf, p, end)
			if q < 0 || n > uint64(end-q) {
				return 0, errGroup
			}
			p = q + int(n)
		case wireGroup:
			depth++
		case wireEnd:
			depth--
		default:
			return 0, errWireType
		}
		if p > end {
			return 0, errGroup
		}
	}
	return p, nil
}
