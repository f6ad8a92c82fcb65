package traces

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strconv"

	"github.com/sightline/sightline/storage/traces/redact"
)

// maxDepth is how deep arrays and maps may nest: AnyValues inside each other, the attribute's own included.
const maxDepth = 64

// keyValue decodes a KeyValue, buf[lo:hi], into the list: at once what every exporter sends, a key and a value of one field.
func (b *Batch) keyValue(buf []byte, lo, hi int, l *attrList) error {
	if hi-lo < 2 || buf[lo] != 1<<3|wireBytes || buf[lo+1] >= 0x80 {
		return b.anyKeyValue(buf, lo, hi, l)
	}
	k := lo + 2
	end := k + int(buf[lo+1])
	v := end + 2
	if v > hi || buf[end] != 2<<3|wireBytes {
		return b.anyKeyValue(buf, lo, hi, l)
	}
	n := int(buf[end+1])
	if n >= 0x80 {
		if v == hi || buf[v] >= 0x80 {
			return b.anyKeyValue(buf, lo, hi, l)
		}
		n = n&0x7F | int(buf[v])<<7
		v++
	}
	if v+n != hi {
		return b.anyKeyValue(buf, lo, hi, l)
	}
	a := b.place(l, b.key(buf[k:end], l))
	if n == 0 {
		a.typ = anyEmpty
		return nil
	}
	switch buf[v] {
	case anyString<<3 | wireBytes:
		if m, at := uvarint(buf, v+1, hi); at > 0 && m == uint64(hi-at) {
			a.typ, a.lo, a.hi = anyString, uint32(at), uint32(hi)
			return nil
		}
	case anyInt<<3 | wireVarint:
		if m, at := uvarint(buf, v+1, hi); at == hi {
			a.typ, a.num = anyInt, m
			return nil
		}
	case anyBool<<3 | wireVarint:
		if n == 2 && buf[v+1] < 0x80 {
			a.typ, a.num = anyBool, uint64(buf[v+1])
			return nil
		}
	case anyDouble<<3 | wire64:
		if n == 9 {
			a.typ, a.num = anyDouble, binary.LittleEndian.Uint64(buf[v+1:])
			return nil
		}
	}
	a.typ = anyEmpty
	return anyValue(buf, v, hi, a)
}

// anyKeyValue is keyValue for all that protobuf allows: any order, repeated and unknown fields.
func (b *Batch) anyKeyValue(buf []byte, lo, hi int, l *attrList) error {
	var key []byte
	var a attr
	f := fieldsOf(buf, lo, hi)
	for f.next() {
		switch {
		case f.bytes(1):
			key = f.data()
		case f.bytes(2):
			if err := anyValue(buf, f.lo, f.hi, &a); err != nil {
				return err
			}
		}
	}
	if f.err != nil {
		return f.err
	}
	to := b.place(l, b.key(key, l))
	to.typ, to.num, to.lo, to.hi = a.typ, a.num, a.lo, a.hi
	return nil
}

// anyValue decodes an AnyValue over a: of a oneof the last field counts, also across repeated values.
func anyValue(buf []byte, lo, hi int, a *attr) error {
	f := fieldsOf(buf, lo, hi)
	for f.next() {
		switch {
		case f.num == anyString && f.typ == wireBytes, f.num == anyArray && f.typ == wireBytes,
			f.num == anyMap && f.typ == wireBytes, f.num == anyBytes && f.typ == wireBytes:
			a.typ, a.lo, a.hi = uint8(f.num), uint32(f.lo), uint32(f.hi)
		case f.num == anyBool && f.typ == wireVarint, f.num == anyInt && f.typ == wireVarint, f.num == anyDouble && f.typ == wire64:
			a.typ, a.num = uint8(f.num), f.val
		case f.num == anyIndex && f.typ == wireVarint:
			a.typ = anyEmpty
		}
	}
	return f.err
}

// jsonWriter writes AnyValues as OTLP JSON. Strings are scrubbed like any other; past the limit elements are left out, so that
// what is stored is always whole JSON.
type jsonWriter struct {
	b     *Batch
	l     *attrList
	buf   []byte
	out   []byte
	limit int // length of out past which nothing is begun
	cut   bool
}

// json appends an array or a map to dst in its stored form. The result is valid until the next call.
func (b *Batch) json(dst, buf []byte, a *attr, l *attrList) ([]byte, error) {
	w := jsonWriter{b: b, l: l, buf: buf, out: append(dst, 0, tagJSON), limit: len(dst) + maxValue}
	if err := w.value(a, 1); err != nil {
		return nil, err
	}
	if w.cut {
		l.reasons |= attrTruncated
		l.notes = append(l.notes, note{key: truncatedPrefix + string(b.keys.dict.Key(a.key)), typ: anyInt, num: int64(a.hi - a.lo)})
	}
	return w.out, nil
}

func (w *jsonWriter) value(a *attr, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	switch a.typ {
	case anyString:
		w.out = append(w.out, `{"stringValue":`...)
		w.string(w.buf[a.lo:a.hi])
	case anyBool:
		w.out = append(w.out, `{"boolValue":`...)
		w.out = strconv.AppendBool(w.out, a.num != 0)
	case anyInt:
		w.out = append(w.out, `{"intValue":"`...)
		w.out = append(strconv.AppendInt(w.out, int64(a.num), 10), '"')
	case anyDouble:
		w.out = append(w.out, `{"doubleValue":`...)
		w.double(math.Float64frombits(a.num))
	case anyBytes:
		w.out = append(w.out, `{"bytesValue":"`...)
		w.out = append(w.bytes(w.buf[a.lo:a.hi]), '"')
	case anyArray:
		w.out = append(w.out, `{"arrayValue":{"values":[`...)
		if err := w.elements(a, depth, w.element); err != nil {
			return err
		}
		w.out = append(w.out, `]}`...)
	case anyMap:
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
func (w *jsonWriter) elements(a *attr, depth int, each func(lo, hi, depth int) error) error {
	f := fieldsOf(w.buf, int(a.lo), int(a.hi))
	for n := 0; f.next(); n++ {
		if !f.bytes(1) {
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
		if err := each(f.lo, f.hi, depth); err != nil {
			return err
		}
	}
	return f.err
}

func (w *jsonWriter) element(lo, hi, depth int) error {
	var a attr
	if err := anyValue(w.buf, lo, hi, &a); err != nil {
		return err
	}
	return w.value(&a, depth+1)
}

func (w *jsonWriter) pair(lo, hi, depth int) error {
	var key []byte
	var a attr
	f := fieldsOf(w.buf, lo, hi)
	for f.next() {
		switch {
		case f.bytes(1):
			key = f.data()
		case f.bytes(2):
			if err := anyValue(w.buf, f.lo, f.hi, &a); err != nil {
				return err
			}
		}
	}
	if f.err != nil {
		return f.err
	}
	w.out = append(w.out, `{"key":`...)
	w.string(cut(key, maxKey))
	w.out = append(w.out, `,"value":`...)
	if w.b.policy.Redact && a.typ >= anyString && a.typ != anyBool && a.typ != anyInt && a.typ != anyDouble && redact.Key(key) {
		w.b.delta.Redacted++
		w.out = append(w.out, `{"stringValue":"`+redact.Mask+`"}`...)
	} else if err := w.value(&a, depth+1); err != nil {
		return err
	}
	w.out = append(w.out, '}')
	return nil
}

// string writes a JSON string, scrubbed, of at most what is left of the limit.
func (w *jsonWriter) string(v []byte) {
	if f := redact.Scan(v); f != 0 && !w.b.clean(v, f) {
		sub := attrList{}
		v = w.b.scrub(v, len(v)*3+len(redact.Mask)*8, &sub, "")
		w.l.reasons |= sub.reasons
	}
	if left := max(w.limit-len(w.out), 0); len(v) > left {
		v = cut(v, left)
		w.cut = true
	}
	w.out = appendJSONString(w.out, v)
}

func (w *jsonWriter) bytes(v []byte) []byte {
	if f := redact.Scan(v); f&redact.Suspect != 0 && w.b.policy.Redact && w.b.scrubber.Dirty(v) {
		w.b.delta.Redacted++
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

// firstString is the first string of an ArrayValue: of lists of tables the first names the node.
func firstString(buf []byte, a *attr) []byte {
	f := fieldsOf(buf, int(a.lo), int(a.hi))
	for f.next() {
		var e attr
		if f.bytes(1) && anyValue(buf, f.lo, f.hi, &e) == nil && e.typ == anyString {
			return buf[e.lo:e.hi]
		}
	}
	return nil
}
