package encode

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strconv"

	"github.com/sightline/sightline/storage/encode/redact"
)

// maxDepth is how deep arrays and maps may nest: AnyValues inside each other, the attribute's own included.
const maxDepth = 64

// KeyValue decodes a KeyValue, buf[lo:hi], into the list: at once what every exporter sends, a key and a value of one field.
func (e *Encoder) KeyValue(buf []byte, lo, hi int, l *List) error {
	if hi-lo < 2 || buf[lo] != 1<<3|WireBytes || buf[lo+1] >= 0x80 {
		return e.anyKeyValue(buf, lo, hi, l)
	}
	k := lo + 2
	end := k + int(buf[lo+1])
	v := end + 2
	if v > hi || buf[end] != 2<<3|WireBytes {
		return e.anyKeyValue(buf, lo, hi, l)
	}
	n := int(buf[end+1])
	if n >= 0x80 {
		if v == hi || buf[v] >= 0x80 {
			return e.anyKeyValue(buf, lo, hi, l)
		}
		n = n&0x7F | int(buf[v])<<7
		v++
	}
	if v+n != hi {
		return e.anyKeyValue(buf, lo, hi, l)
	}
	a := e.place(l, e.key(buf[k:end], l))
	if n == 0 {
		a.Typ = AnyEmpty
		return nil
	}
	switch buf[v] {
	case AnyString<<3 | WireBytes:
		if m, at := Uvarint(buf, v+1, hi); at > 0 && m == uint64(hi-at) {
			a.Typ, a.Lo, a.Hi = AnyString, uint32(at), uint32(hi)
			return nil
		}
	case AnyInt<<3 | WireVarint:
		if m, at := Uvarint(buf, v+1, hi); at == hi {
			a.Typ, a.Num = AnyInt, m
			return nil
		}
	case AnyBool<<3 | WireVarint:
		if n == 2 && buf[v+1] < 0x80 {
			a.Typ, a.Num = AnyBool, uint64(buf[v+1])
			return nil
		}
	case AnyDouble<<3 | Wire64:
		if n == 9 {
			a.Typ, a.Num = AnyDouble, binary.LittleEndian.Uint64(buf[v+1:])
			return nil
		}
	}
	a.Typ = AnyEmpty
	return AnyValue(buf, v, hi, a)
}

// anyKeyValue is KeyValue for all that protobuf allows: any order, repeated and unknown fields.
func (e *Encoder) anyKeyValue(buf []byte, lo, hi int, l *List) error {
	var key []byte
	var a Attr
	f := FieldsOf(buf, lo, hi)
	for f.Next() {
		switch {
		case f.Is(1):
			key = f.Data()
		case f.Is(2):
			if err := AnyValue(buf, f.Lo, f.Hi, &a); err != nil {
				return err
			}
		}
	}
	if f.Err != nil {
		return f.Err
	}
	to := e.place(l, e.key(key, l))
	to.Typ, to.Num, to.Lo, to.Hi = a.Typ, a.Num, a.Lo, a.Hi
	return nil
}

// AnyValue decodes an AnyValue over a: of a oneof the last field counts, also across repeated values.
func AnyValue(buf []byte, lo, hi int, a *Attr) error {
	f := FieldsOf(buf, lo, hi)
	for f.Next() {
		switch {
		case f.Num == AnyString && f.Typ == WireBytes, f.Num == AnyArray && f.Typ == WireBytes,
			f.Num == AnyMap && f.Typ == WireBytes, f.Num == AnyBytes && f.Typ == WireBytes:
			a.Typ, a.Lo, a.Hi = uint8(f.Num), uint32(f.Lo), uint32(f.Hi)
		case f.Num == AnyBool && f.Typ == WireVarint, f.Num == AnyInt && f.Typ == WireVarint, f.Num == AnyDouble && f.Typ == Wire64:
			a.Typ, a.Num = uint8(f.Num), f.Val
		case f.Num == AnyIndex && f.Typ == WireVarint:
			a.Typ = AnyEmpty
		}
	}
	return f.Err
}

// jsonWriter writes AnyValues as OTLP JSON. Strings are scrubbed like any other; past the limit elements are left out, so that
// what is stored is always whole JSON.
type jsonWriter struct {
	e     *Encoder
	l     *List
	buf   []byte
	out   []byte
	limit int // length of out past which nothing is begun
	cut   bool
}

// json appends an array or a map to dst in its stored form, of about limit bytes; name is what a note calls it, "" the attribute's key.
func (e *Encoder) json(dst, buf []byte, a *Attr, limit int, l *List, name string) ([]byte, error) {
	w := jsonWriter{e: e, l: l, buf: buf, out: append(dst, 0, TagJSON), limit: len(dst) + limit}
	if err := w.value(a, 1); err != nil {
		return nil, err
	}
	if w.cut {
		e.truncated(a, l, name)
	}
	return w.out, nil
}

func (w *jsonWriter) value(a *Attr, depth int) error {
	if depth > maxDepth {
		return ErrDepth
	}
	switch a.Typ {
	case AnyString:
		w.out = append(w.out, `{"stringValue":`...)
		w.string(w.buf[a.Lo:a.Hi])
	case AnyBool:
		w.out = append(w.out, `{"boolValue":`...)
		w.out = strconv.AppendBool(w.out, a.Num != 0)
	case AnyInt:
		w.out = append(w.out, `{"intValue":"`...)
		w.out = append(strconv.AppendInt(w.out, int64(a.Num), 10), '"')
	case AnyDouble:
		w.out = append(w.out, `{"doubleValue":`...)
		w.double(math.Float64frombits(a.Num))
	case AnyBytes:
		w.out = append(w.out, `{"bytesValue":"`...)
		w.out = append(w.bytes(w.buf[a.Lo:a.Hi]), '"')
	case AnyArray:
		w.out = append(w.out, `{"arrayValue":{"values":[`...)
		if err := w.elements(a, depth, w.element); err != nil {
			return err
		}
		w.out = append(w.out, `]}`...)
	case AnyMap:
		w.out = append(w.out, `{"kvlistValue":{"values":[`...)
		if err := w.elements(a, depth, w.pair); err != nil {
			return err
		}
		w.out = append(w.out, `]}`...)
	default:
		w.out = append(w.out, '{')
	}
	w.out = append(w.out, '}')
	return nil
}

// elements walks the repeated field 1 of an ArrayValue or a KeyValueList.
func (w *jsonWriter) elements(a *Attr, depth int, each func(lo, hi, depth int) error) error {
	f := FieldsOf(w.buf, int(a.Lo), int(a.Hi))
	for n := 0; f.Next(); n++ {
		if !f.Is(1) {
			n--
			continue
		}
		if len(w.out) >= w.limit {
			w.cut = true
			return nil
		}
		if n > 0 {
			w.out = append(w.out, ',')
		}
		if err := each(f.Lo, f.Hi, depth); err != nil {
			return err
		}
	}
	return f.Err
}

func (w *jsonWriter) element(lo, hi, depth int) error {
	var a Attr
	if err := AnyValue(w.buf, lo, hi, &a); err != nil {
		return err
	}
	return w.value(&a, depth+1)
}

func (w *jsonWriter) pair(lo, hi, depth int) error {
	var key []byte
	var a Attr
	f := FieldsOf(w.buf, lo, hi)
	for f.Next() {
		switch {
		case f.Is(1):
			key = f.Data()
		case f.Is(2):
			if err := AnyValue(w.buf, f.Lo, f.Hi, &a); err != nil {
				return err
			}
		}
	}
	if f.Err != nil {
		return f.Err
	}
	w.out = append(w.out, `{"key":`...)
	w.string(cut(key, MaxKey))
	w.out = append(w.out, `,"value":`...)
	if w.e.Policy.Redact && a.Typ >= AnyString && a.Typ != AnyBool && a.Typ != AnyInt && a.Typ != AnyDouble && redact.Key(key) {
		w.e.Delta.Redacted++
		w.out = append(w.out, `{"stringValue":"`+redact.Mask+`"}`...)
	} else if err := w.value(&a, depth+1); err != nil {
		return err
	}
	w.out = append(w.out, '}')
	return nil
}

// string writes a JSON string, scrubbed, of at most what is left of the limit.
func (w *jsonWriter) string(v []byte) {
	if f := redact.Scan(v); f != 0 && !w.e.clean(v, f) {
		sub := List{}
		v = w.e.scrub(v, len(v)*3+len(redact.Mask)*8, &sub, "")
		w.l.Reasons |= sub.Reasons
	}
	if left := max(w.limit-len(w.out), 0); len(v) > left {
		v = cut(v, left)
		w.cut = true
	}
	w.out = appendJSONString(w.out, v)
}

func (w *jsonWriter) bytes(v []byte) []byte {
	if f := redact.Scan(v); f&redact.Suspect != 0 && w.e.Policy.Redact && w.e.scrubber.Dirty(v) {
		w.e.Delta.Redacted++
		v = []byte(redact.Mask)
	}
	if left := max(w.limit-len(w.out), 0) / 4 * 3; len(v) > left {
		v = v[:left]
		w.cut = true
	}
	return base64.StdEncoding.AppendEncode(w.out, v)
}

func (w *jsonWriter) double(v float64) {
	switch {
	case math.IsNaN(v):
		w.out = append(w.out, `"NaN"`...)
	case math.IsInf(v, 1):
		w.out = append(w.out, `"Infinity"`...)
	case math.IsInf(v, -1):
		w.out = append(w.out, `"-Infinity"`...)
	default:
		w.out = strconv.AppendFloat(w.out, v, 'g', -1, 64)
	}
}

// appendJSONString appends valid UTF-8 as a JSON string.
func appendJSONString(dst, v []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range v {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// FirstString is the first string of an ArrayValue: of lists of tables the first names the node.
func FirstString(buf []byte, a *Attr) []byte {
	f := FieldsOf(buf, int(a.Lo), int(a.Hi))
	for f.Next() {
		var e Attr
		if f.Is(1) && AnyValue(buf, f.Lo, f.Hi, &e) == nil && e.Typ == AnyString {
			return buf[e.Lo:e.Hi]
		}
	}
	return nil
}
