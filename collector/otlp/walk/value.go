package walk

import "github.com/sightline/sightline/collector/admission"

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
