package walk

import (
	"encoding/binary"

	"github.com/sightline/sightline/collector/admission"
)

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

// kind is what a message says of a field.
type kind struct {
	typ uint8
	in  uint8
}

const (
	isPlain = iota
	isAttribute
	isEntity
)

var (
	unknown   = kind{typ: typeAny}
	text      = kind{typ: typeBytes}
	number    = kind{typ: typeVarint}
	fixed64   = kind{typ: typeFixed64}
	fixed32   = kind{typ: typeFixed32}
	attribute = kind{typ: typeBytes, in: isAttribute}
	entity    = kind{typ: typeBytes, in: isEntity}
)

// The messages of trace.proto, resource.proto and common.proto, by field number.
var (
	resourceFields = fields(map[int]kind{1: attribute, 2: number, 3: entity})
	entityFields   = fields(map[int]kind{1: text, 2: text, 3: text, 4: text})
	scopeFields    = fields(map[int]kind{1: text, 2: text, 3: attribute, 4: number})
	spanFields     = fields(map[int]kind{1: text, 2: text, 3: text, 4: text, 5: text, 6: number, 7: fixed64, 8: fixed64, 9: attribute,
		10: number, 11: text, 12: number, 13: text, 14: number, 15: text, 16: fixed32})
	eventFields  = fields(map[int]kind{1: fixed64, 2: text, 3: attribute, 4: number})
	linkFields   = fields(map[int]kind{1: text, 2: text, 3: text, 4: attribute, 5: number, 6: fixed32})
	statusFields = fields(map[int]kind{2: text, 3: number})
)

func fields(known map[int]kind) (out [17]kind) {
	for i := range out {
		out[i] = unknown
	}
	for i, k := range known {
		out[i] = k
	}
	return out
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

// quick says that b[p:end] is an attribute as exporters send them: a short key and a value of one short string, bool, integer
// or double, or nothing. SDKs send the key first, the collector's own marshaler the value. Others take the long way.
func quick(b []byte, p, end int) bool {
	if end-p < 4 || b[p+1] >= 0x80 {
		return false
	}
	middle := p + 2 + int(b[p+1])
	if middle+2 > end || b[middle+1] >= 0x80 || middle+2+int(b[middle+1]) != end {
		return false
	}
	switch {
	case b[p] == 1<<3|typeBytes && b[middle] == 2<<3|typeBytes:
		p = middle + 2
	case b[p] == 2<<3|typeBytes && b[middle] == 1<<3|typeBytes:
		p, end = p+2, middle
	default:
		return false
	}
	if p+2 > end {
		return p == end
	}
	switch b[p] {
	case 1<<3 | typeBytes:
		return b[p+1] < 0x80 && p+2+int(b[p+1]) == end
	case 2<<3 | typeVarint, 3<<3 | typeVarint:
		for i, c := range b[p+1 : min(end, p+11)] {
			if c < 0x80 {
				return p+i+2 == end
			}
		}
	case 4<<3 | typeFixed64:
		return p+9 == end
	}
	return false
}

// keyValue walks an attribute whose value is an AnyValue at the given level.
func keyValue(b []byte, level int) error {
	for p := 0; p < len(b); {
		f, err := next(b, p)
		if err != nil {
			return err
		}
		p = f.end
		switch f.num {
		case 1:
			if f.typ != typeBytes {
				return errKnown
			}
		case 2:
			if f.typ != typeBytes {
				return errKnown
			}
			if err := anyValue(b[f.lo:f.end], level); err != nil {
				return err
			}
		case 3: // index of the key in a profile's table of strings
			if f.typ != typeVarint {
				return errKnown
			}
		}
	}
	return nil
}

// anyValue walks an AnyValue. It calls itself, at most admission.MaxDepth deep.
func anyValue(b []byte, level int) error {
	if level > admission.MaxDepth {
		return ErrTooDeep
	}
	for p := 0; p < len(b); {
		f, err := next(b, p)
		if err != nil {
			return err
		}
		p = f.end
		want := uint8(typeAny)
		switch f.num {
		case 1, 5, 6, 7:
			want = typeBytes
		case 2, 3, 8:
			want = typeVarint
		case 4:
			want = typeFixed64
		}
		if want == typeAny {
			continue
		}
		if want != f.typ {
			return errKnown
		}
		switch f.num {
		case 5:
			err = list(b[f.lo:f.end], level, anyValue)
		case 6:
			err = list(b[f.lo:f.end], level, keyValue)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// list walks an ArrayValue or a KeyValueList: both have their elements in field 1.
func list(b []byte, level int, element func([]byte, int) error) error {
	for p := 0; p < len(b); {
		f, err := next(b, p)
		if err != nil {
			return err
		}
		p = f.end
		if f.num != 1 {
			continue
		}
		if f.typ != typeBytes {
			return errKnown
		}
		if err := element(b[f.lo:f.end], level+1); err != nil {
			return err
		}
	}
	return nil
}
