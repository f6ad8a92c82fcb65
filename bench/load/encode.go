package load

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

// emit encodes one span into its pod.
func (g *Generator) emit(op *operation, at int, id uint64, in context, end int64, fails bool) {
	s := g.item[:0]
	s = append(s, 1<<3|2, 16)
	s = append(s, g.traceID[:]...)
	s = append(s, 2<<3|2, 8)
	s = binary.BigEndian.AppendUint64(s, id)
	if in.parent != 0 {
		s = append(s, 4<<3|2, 8)
		s = binary.BigEndian.AppendUint64(s, in.parent)
	}
	s = appendText(s, 5, op.name)
	s = append(s, 6<<3, byte(op.kind))
	s = append(s, 7<<3|1)
	s = binary.LittleEndian.AppendUint64(s, uint64(in.start))
	s = append(s, 8<<3|1)
	s = binary.LittleEndian.AppendUint64(s, uint64(end))
	s = append(s, op.static...)
	for _, d := range op.dynamic {
		s = g.attribute(s, 9, d)
	}
	switch {
	case fails:
		s = append(s, op.failed...)
		s = append(s, g.exception(op, end)...)
		s = append(s, op.failedStatus...)
	default:
		s = append(s, op.succeeded...)
		if op.event != "" {
			s = appendTag(s, 11, 2)
			e := append(g.attrs[:0], 1<<3|1)
			e = binary.LittleEndian.AppendUint64(e, uint64(end-1000))
			e = appendText(e, 2, op.event)
			e = append(e, op.eventAttrs...)
			g.attrs = e
			s = appendBytes(s, e)
		}
	}
	if op.kind == consumer && in.parent != 0 {
		link := append(g.attrs[:0], 1<<3|2, 16)
		link = append(link, g.traceID[:]...)
		link = append(link, 2<<3|2, 8)
		link = binary.BigEndian.AppendUint64(link, in.parent)
		g.attrs = link
		s = appendTag(s, 13, 2)
		s = appendBytes(s, link)
	}
	s = appendTag(s, 16, 5)
	s = binary.LittleEndian.AppendUint32(s, 0x101)
	g.item = s
	g.add(at, s)
}

// add puts an encoded item into its pod.
func (g *Generator) add(at int, item []byte) {
	p := &g.pods[at]
	p.items = append(p.items, 2<<3|2)
	p.items = appendBytes(p.items, item)
	p.n++
	g.items++
	if p.n == g.cfg.Items && !g.cfg.Gateway {
		g.full = append(g.full, at)
	}
}

// attribute appends an attribute whose value differs from item to item.
func (g *Generator) attribute(s []byte, field int, d dynamic) []byte {
	var buf [64]byte
	switch d.kind {
	case port:
		return appendIntAttr(s, field, d.key, int64(32768+g.values.n(28000)))
	case number:
		return appendIntAttr(s, field, d.key, int64(g.values.n(d.n)))
	case amount:
		return appendDoubleAttr(s, field, d.key, float64(g.values.n(100000))/100)
	}
	v := g.text(buf[:0], d)
	s = appendTag(s, field, 2)
	n := 2 + len(d.key) + 2 + 2 + len(v)
	s = binary.AppendUvarint(s, uint64(n))
	s = appendText(s, 1, d.key)
	s = append(s, 2<<3|2, byte(2+len(v)), 1<<3|2, byte(len(v)))
	return append(s, v...)
}

// text appends a value as text.
func (g *Generator) text(v []byte, d dynamic) []byte {
	switch d.kind {
	case uuid:
		return appendUUID(v, &g.values)
	case address:
		v = append(v, "10.244."...)
		v = strconv.AppendInt(v, int64(g.values.n(8)), 10)
		v = append(v, '.')
		return strconv.AppendInt(v, int64(g.values.n(250)), 10)
	case port:
		return strconv.AppendInt(v, int64(32768+g.values.n(28000)), 10)
	case number:
		return strconv.AppendInt(v, int64(g.values.n(d.n)), 10)
	case amount:
		return strconv.AppendFloat(v, float64(g.values.n(100000))/100, 'f', 2, 64)
	case choice:
		return append(v, d.of[g.values.n(len(d.of))]...)
	case path:
		v = append(v, d.of[0]...)
		return append(v, products[g.values.n(len(products))]...)
	case thread:
		v = append(v, "worker-"...)
		return strconv.AppendInt(v, int64(g.values.n(16)), 10)
	}
	return v
}

// exception is the event that a failing span has.
func (g *Generator) exception(op *operation, end int64) []byte {
	e := []byte{1<<3 | 1}
	e = binary.LittleEndian.AppendUint64(e, uint64(end-2000))
	e = appendText(e, 2, "exception")
	e = appendAttr(e, 3, "exception.type", textValue("java.util.concurrent.TimeoutException"))
	e = appendAttr(e, 3, "exception.message", textValue(fmt.Sprintf("%s: no answer after %d ms", op.name, 100+g.values.n(900))))
	e = appendAttr(e, 3, "exception.stacktrace", textValue(stack))
	return appendBytes(appendTag(nil, 11, 2), e)
}

const stack = `java.util.concurrent.TimeoutException: no answer
	at io.shop.client.Call.await(Call.java:212)
	at io.shop.client.Client.send(Client.java:87)
	at io.shop.service.Handler.handle(Handler.java:41)
	at java.base/java.lang.Thread.run(Thread.java:1583)`

func appendUUID(v []byte, r *rng) []byte {
	const hex = "0123456789abcdef"
	a, b := r.next(), r.next()
	for i := range 32 {
		if i == 8 || i == 12 || i == 16 || i == 20 {
			v = append(v, '-')
		}
		if i == 16 {
			a = b
		}
		v = append(v, hex[a&15])
		a >>= 4
	}
	return v
}

func appendTag(dst []byte, field, wire int) []byte {
	return binary.AppendUvarint(dst, uint64(field<<3|wire))
}

func appendBytes(dst, v []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(v)))
	return append(dst, v...)
}

func appendText(dst []byte, field int, v string) []byte {
	dst = appendTag(dst, field, 2)
	dst = binary.AppendUvarint(dst, uint64(len(v)))
	return append(dst, v...)
}

// appendAttr appends a KeyValue with an encoded AnyValue.
func appendAttr(dst []byte, field int, key string, value []byte) []byte {
	kv := appendText(nil, 1, key)
	kv = appendTag(kv, 2, 2)
	kv = appendBytes(kv, value)
	return appendBytes(appendTag(dst, field, 2), kv)
}

func textValue(v string) []byte { return appendText(nil, 1, v) }
func boolValue(v bool) []byte   { return []byte{2 << 3, map[bool]byte{true: 1}[v]} }
func intValue(v int64) []byte   { return binary.AppendUvarint([]byte{3 << 3}, uint64(v)) }
func listValue(v ...string) []byte {
	var list []byte
	for _, e := range v {
		list = appendBytes(appendTag(list, 1, 2), textValue(e))
	}
	return appendBytes(appendTag(nil, 5, 2), list)
}

func appendIntAttr(dst []byte, field int, key string, v int64) []byte {
	value := 1 + uvarintLen(int(v))
	dst = appendTag(dst, field, 2)
	dst = binary.AppendUvarint(dst, uint64(1+uvarintLen(len(key))+len(key)+2+value))
	dst = appendText(dst, 1, key)
	dst = append(dst, 2<<3|2, byte(value), 3<<3)
	return binary.AppendUvarint(dst, uint64(v))
}

func appendDoubleAttr(dst []byte, field int, key string, v float64) []byte {
	dst = appendTag(dst, field, 2)
	dst = binary.AppendUvarint(dst, uint64(1+uvarintLen(len(key))+len(key)+2+9))
	dst = appendText(dst, 1, key)
	dst = append(dst, 2<<3|2, 9, 4<<3|1)
	return binary.LittleEndian.AppendUint64(dst, floatBits(v))
}

func uvarintLen(v int) int {
	n := 1
	for x := uint64(v); x >= 0x80; x >>= 7 {
		n++
	}
	return n
}
