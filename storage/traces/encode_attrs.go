package traces

import (
	"math"
	"slices"
	"unsafe"

	"github.com/sightline/sightline/storage/traces/peer"
	"github.com/sightline/sightline/storage/traces/redact"
)

// encodeAttrs appends the span's attributes to its maps and to the columns of lifted ones, and hands the recogniser its
// evidence.
func (b *Batch) encodeAttrs(p *spanPart, row int, l *attrList) error {
	texts, ints, floats := p.attrs.keys.Len(), p.ints.keys.Len(), p.floats.keys.Len()
	for i := range l.attrs[:l.n] {
		a := &l.attrs[i]
		info := &b.keys.info[a.key]
		if info.slot != peer.NoSlot {
			b.evidence(info.slot, a)
		}
		switch a.typ {
		case anyString:
			v := b.body[a.lo:a.hi]
			if info.lift-1 < liftTexts-1 && len(v) > 0 && !info.secret {
				p.lifted[info.lift].Set(row, b.textID(b.lifted[info.lift], v, maxValue, l, liftedKeyOf[info.lift]))
				continue
			}
			b.addText(&p.attrs, a, v, info.secret, l)
		case anyInt:
			switch {
			case info.lift == liftHTTPStatus && a.num-1 < math.MaxUint16:
				p.httpStatus.Set16(row, uint16(a.num))
			case int64(a.num) >= 1e12 && b.policy.Redact && redact.Number(int64(a.num)):
				b.delta.Redacted++
				p.attrs.add(a.key, []byte(redact.Mask))
			default:
				p.ints.add(a.key, a.num)
			}
		case anyDouble:
			p.floats.add(a.key, a.num)
		default:
			if err := b.addOther(&p.attrs, b.body, a, info.secret, l); err != nil {
				return err
			}
		}
	}
	if l.reasons != 0 {
		b.annotate(&p.attrs, &p.ints, l)
	}
	p.attrs.end(texts)
	p.ints.end(row, ints)
	p.floats.end(row, floats)
	return nil
}

// addText adds a string to a map.
func (b *Batch) addText(m *stringMap, a *attr, v []byte, secret bool, l *attrList) {
	if secret {
		b.delta.Redacted++
		m.add(a.key, []byte(redact.Mask))
		return
	}
	if f := redact.Scan(v); (f == 0 || b.clean(v, f)) && len(v) <= maxValue && (len(v) == 0 || v[0] != 0) {
		m.add(a.key, v)
		return
	}
	if f := redact.Scan(v); f != 0 && !b.clean(v, f) || len(v) > maxValue {
		v = b.scrub(v, maxValue, l, string(b.keys.dict.Key(a.key)))
	}
	if len(v) > 0 && v[0] == 0 {
		b.value = append(append(b.value[:0], 0, tagString), v...)
		v = b.value
	}
	m.add(a.key, v)
}

// addOther adds a value to a map that is neither string nor number.
func (b *Batch) addOther(m *stringMap, buf []byte, a *attr, secret bool, l *attrList) error {
	var err error
	switch {
	case a.typ == anyBool:
		b.value = appendBool(b.value[:0], a.num != 0)
	case a.typ == anyInt:
		b.value = appendInt(b.value[:0], int64(a.num))
	case a.typ == anyDouble:
		b.value = appendFloat(b.value[:0], math.Float64frombits(a.num))
	case a.typ == anyEmpty:
		b.value = append(b.value[:0], 0, tagEmpty)
	case secret:
		b.delta.Redacted++
		b.value = append(b.value[:0], redact.Mask...)
	case a.typ == anyBytes:
		b.value = b.bytesValue(b.value[:0], buf[a.lo:a.hi], a, l)
	default:
		b.value, err = b.json(b.value[:0], buf, a, l)
	}
	if err != nil {
		return err
	}
	m.add(a.key, b.value)
	return nil
}

// bytesValue appends bytes in their stored form, cut so that the text keeps the limit of values.
func (b *Batch) bytesValue(dst, v []byte, a *attr, l *attrList) []byte {
	if f := redact.Scan(v); f&redact.Suspect != 0 && b.policy.Redact && b.scrubber.Dirty(v) {
		b.delta.Redacted++
		return append(dst, redact.Mask...)
	}
	if len(v) > maxValue/4*3 {
		l.reasons |= attrTruncated
		l.notes = append(l.notes, note{key: truncatedPrefix + string(b.keys.dict.Key(a.key)), typ: anyInt, num: int64(len(v))})
		v = v[:maxValue/4*3]
	}
	return appendBytes(dst, v)
}

// annotate adds what the writer has to say about the list. Where the list has such an attribute already, that one stays.
func (b *Batch) annotate(texts *stringMap, ints *numberMap, l *attrList) {
	for i := range l.notes {
		n := &l.notes[i]
		key, fresh := b.ownKey(n.key, l)
		switch {
		case !fresh:
		case n.typ == anyInt && ints != nil:
			ints.add(key, uint64(n.num))
		case n.typ == anyInt:
			texts.add(key, appendInt(nil, n.num))
		case n.typ == anyBytes:
			texts.add(key, appendBytes(nil, n.text))
		default:
			texts.add(key, n.text)
		}
	}
	key, fresh := b.ownKey(sanitizedKey, l)
	if !fresh {
		return
	}
	list := []byte("\x00" + string(rune(tagJSON)) + `{"arrayValue":{"values":[`)
	for i, name := range reasonNames {
		if l.reasons&(1<<i) != 0 {
			if list[len(list)-1] == '}' {
				list = append(list, ',')
			}
			list = append(list, `{"stringValue":"`+name+`"}`...)
		}
	}
	texts.add(key, append(list, "]}}"...))
}

// ownKey is the index of a key of the writer's own, and whether the list has no such attribute yet. Lists inside the span have
// used keyInfo.list since, so the list itself is searched.
func (b *Batch) ownKey(name string, l *attrList) (key uint32, fresh bool) {
	b.ownList.notes, b.ownList.reasons = b.ownList.notes[:0], 0
	key = b.findKey([]byte(name), &b.ownList)
	for i := range l.attrs[:l.n] {
		if l.attrs[i].key == key {
			return key, false
		}
	}
	if slices.Contains(l.own, key) {
		return key, false
	}
	l.own = append(l.own, key)
	return key, true
}

// evidence hands an attribute to the recogniser. Its strings alias the request: the recogniser keeps none.
func (b *Batch) evidence(slot peer.Slot, a *attr) {
	switch a.typ {
	case anyString:
		b.input.SetString(slot, alias(b.body[a.lo:a.hi]))
	case anyInt:
		b.input.SetInt(slot, int64(a.num))
	case anyBool:
		b.input.Set(slot, peer.Value{Type: peer.Bool, Int: int64(min(a.num, 1))})
	case anyDouble:
		b.input.Set(slot, peer.Value{Type: peer.Float, Num: math.Float64frombits(a.num)})
	case anyArray:
		if first := firstString(b.body, a); len(first) > 0 {
			b.input.SetString(slot, alias(first))
		}
	}
}

// alias is the bytes as a string, without copying; they must not change while it is used.
func alias(v []byte) string { return unsafe.String(unsafe.SliceData(v), len(v)) }

// encodeList appends a list to a map of strings, every type in the string encoding.
func (b *Batch) encodeList(m *stringMap, buf []byte, l *attrList) error {
	before := m.keys.Len()
	for i := range l.attrs[:l.n] {
		a := &l.attrs[i]
		info := &b.keys.info[a.key]
		if a.typ == anyString {
			b.addText(m, a, buf[a.lo:a.hi], info.secret, l)
		} else if a.typ == anyInt && int64(a.num) >= 1e12 && b.policy.Redact && redact.Number(int64(a.num)) {
			b.delta.Redacted++
			m.add(a.key, []byte(redact.Mask))
		} else if err := b.addOther(m, buf, a, info.secret, l); err != nil {
			return err
		}
	}
	if l.reasons != 0 {
		b.annotate(m, nil, l)
	}
	m.end(before)
	return nil
}
