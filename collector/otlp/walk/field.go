package walk

import "encoding/binary"

// Wire types.
const (
	typeVarint     = 0
	typeFixed64    = 1
	typeBytes      = 2
	typeGroup      = 3
	typeEndOfGroup = 4
	typeFixed32    = 5
	typeAny        = 255 // a field that the message does not have
)

// field is one field of a message. lo to end are its bytes, and val its value if that is fixed.
type field struct {
	num int32
	typ uint8
	lo  int
	end int // where the next field begins
	val uint64
}

// next reads the field at p.
func next(b []byte, p int) (f field, err error) {
	tag := uint64(b[p])
	p++
	if tag >= 0x80 {
		if tag, p, err = uvarint(b, p-1); err != nil {
			return f, err
		}
	}
	f.num, f.typ = int32(tag>>3), uint8(tag&7)
	if f.num <= 0 {
		return f, errField
	}
	switch f.typ {
	case typeBytes:
		if p >= len(b) {
			return f, errCut
		}
		n := uint64(b[p])
		p++
		if n >= 0x80 {
			if n, p, err = uvarint(b, p-1); err != nil {
				return f, err
			}
		}
		if n > uint64(len(b)-p) {
			return f, errCut
		}
		f.lo, f.end = p, p+int(n)
	case typeVarint:
		f.lo = p
		for i := range 10 {
			if p+i >= len(b) {
				return f, errCut
			}
			if b[p+i] < 0x80 {
				f.end = p + i + 1
				return f, nil
			}
		}
		return f, errVarint
	case typeFixed64:
		if len(b)-p < 8 {
			return f, errCut
		}
		f.lo, f.end, f.val = p, p+8, binary.LittleEndian.Uint64(b[p:])
	case typeFixed32:
		if len(b)-p < 4 {
			return f, errCut
		}
		f.lo, f.end = p, p+4
	case typeGroup:
		f.lo = p
		f.end, err = group(b, p)
	default:
		return f, errWireType
	}
	return f, err
}

// group passes over a group and those inside it; their numbers are not compared.
func group(b []byte, p int) (end int, err error) {
	for depth := 1; depth > 0; {
		if p >= len(b) {
			return 0, errCut
		}
		tag, q, err := uvarint(b, p)
		if err != nil {
			return 0, err
		}
		if int32(tag>>3) <= 0 {
			return 0, errField
		}
		switch uint8(tag & 7) {
		case typeGroup:
			depth++
			p = q
		case typeEndOfGroup:
			depth--
			p = q
		default:
			f, err := next(b, p)
			if err != nil {
				return 0, err
			}
			p = f.end
		}
	}
	return p, nil
}

func uvarint(b []byte, p int) (v uint64, next int, err error) {
	for shift := 0; shift < 70; shift += 7 {
		if p >= len(b) {
			return 0, 0, errCut
		}
		c := b[p]
		p++
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v, p, nil
		}
	}
	return 0, 0, errVarint
}
