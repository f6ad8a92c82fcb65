package encode

import (
	"encoding/binary"
	"errors"
)

// ErrMalformed is returned for a request that is no ExportTraceServiceRequest. The receiver has rejected those before they are
// acknowledged; the decoder does not trust that.
var ErrMalformed = errors.New("malformed request")

var (
	ErrTruncated = wireError("message is cut off")
	ErrVarint    = wireError("varint is longer than 64 bits")
	ErrField     = wireError("field number is not positive")
	ErrWireType  = wireError("illegal wire type")
	ErrGroup     = wireError("group is not ended")
	ErrTraceID   = wireError("trace id has not 16 bytes")
	ErrSpanID    = wireError("span id has not 8 bytes")
	ErrPacked    = wireError("packed list has not whole numbers")
	ErrDepth     = wireError("attribute is nested more than 64 levels deep")
)

// wireError is an ErrMalformed that says what is wrong. It is a value: the hot path makes no errors of its own.
type wireError string

func (e wireError) Error() string        { return string(e) }
func (e wireError) Is(target error) bool { return target == ErrMalformed }

// Wire types of protobuf.
const (
	WireVarint = 0
	Wire64     = 1
	WireBytes  = 2
	WireGroup  = 3
	WireEnd    = 4
	Wire32     = 5
)

// Uvarint reads a varint at p of buf. next is negative where there is none.
func Uvarint(buf []byte, p, end int) (v uint64, next int) {
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

// VarintError explains a negative next.
func VarintError(next int) error {
	if next == -2 {
		return ErrVarint
	}
	return ErrTruncated
}

// Fields walks the fields of one message, buf[pos:end]. What it does not know, whoever reads it skips; so does a known field of
// another wire type, as protobuf demands.
type Fields struct {
	buf      []byte
	Pos, end int
	Err      error

	Num    int32  // the field's number
	Typ    int    // its wire type
	Val    uint64 // of a varint or a fixed number
	Lo, Hi int    // of bytes: buf[Lo:Hi]
}

func FieldsOf(buf []byte, lo, hi int) Fields { return Fields{buf: buf, Pos: lo, end: hi} }

// Next moves to the next field and is false at the end or at an error. Groups are passed over.
func (f *Fields) Next() bool {
	for f.Pos < f.end {
		tag, p := Uvarint(f.buf, f.Pos, f.end)
		if p < 0 {
			return f.fail(VarintError(p))
		}
		f.Num, f.Typ = int32(tag>>3), int(tag&7)
		if f.Num <= 0 {
			return f.fail(ErrField)
		}
		if f.Typ == WireGroup {
			if f.Pos, f.Err = SkipGroup(f.buf, p, f.end); f.Err != nil {
				return false
			}
			continue
		}
		switch f.Typ {
		case WireVarint:
			if f.Val, p = Uvarint(f.buf, p, f.end); p < 0 {
				return f.fail(VarintError(p))
			}
		case Wire64:
			if f.end-p < 8 {
				return f.fail(ErrTruncated)
			}
			f.Val = binary.LittleEndian.Uint64(f.buf[p:])
			p += 8
		case Wire32:
			if f.end-p < 4 {
				return f.fail(ErrTruncated)
			}
			f.Val = uint64(binary.LittleEndian.Uint32(f.buf[p:]))
			p += 4
		case WireBytes:
			n, q := Uvarint(f.buf, p, f.end)
			if q < 0 {
				return f.fail(VarintError(q))
			}
			if n > uint64(f.end-q) {
				return f.fail(ErrTruncated)
			}
			f.Lo, f.Hi = q, q+int(n)
			p = f.Hi
		default:
			return f.fail(ErrWireType)
		}
		f.Pos = p
		return true
	}
	return false
}

func (f *Fields) fail(err error) bool {
	f.Err = err
	return false
}

// Is says whether the field is number num and of bytes.
func (f *Fields) Is(num int32) bool { return f.Num == num && f.Typ == WireBytes }

// Data is the field's bytes.
func (f *Fields) Data() []byte { return f.buf[f.Lo:f.Hi] }

// SkipGroup passes over a group whose start has been read, with the groups inside it. Numbers of ends are not compared.
func SkipGroup(buf []byte, p, end int) (int, error) {
	for depth := 1; depth > 0; {
		tag, q := Uvarint(buf, p, end)
		if q < 0 {
			return 0, ErrGroup
		}
		if int32(tag>>3) <= 0 {
			return 0, ErrField
		}
		p = q
		switch tag & 7 {
		case WireVarint:
			if _, p = Uvarint(buf, p, end); p < 0 {
				return 0, ErrGroup
			}
		case Wire64:
			p += 8
		case Wire32:
			p += 4
		case WireBytes:
			n, q := Uvarint(buf, p, end)
			if q < 0 || n > uint64(end-q) {
				return 0, ErrGroup
			}
			p = q + int(n)
		case WireGroup:
			depth++
		case WireEnd:
			depth--
		default:
			return 0, ErrWireType
		}
		if p > end {
			return 0, ErrGroup
		}
	}
	return p, nil
}
