package encode

import (
	"math"
	"slices"

	"github.com/sightline/sightline/storage/encode/redact"
)

// AddText adds a string to a map.
func (e *Encoder) AddText(m *StringMap, a *Attr, v []byte, secret bool, l *List) {
	if secret {
		e.Delta.Redacted++
		m.Add(a.Key, []byte(redact.Mask))
		return
	}
	if f := redact.Scan(v); (f == 0 || e.clean(v, f)) && len(v) <= MaxValue && (len(v) == 0 || v[0] != 0) {
		m.Add(a.Key, v)
		return
	}
	if f := redact.Scan(v); f != 0 && !e.clean(v, f) || len(v) > MaxValue {
		v = e.scrub(v, MaxValue, l, string(e.Keys.Dict.Key(a.Key)))
	}
	if len(v) > 0 && v[0] == 0 {
		e.value = append(append(e.value[:0], 0, TagString), v...)
		v = e.value
	}
	m.Add(a.Key, v)
}

// AddOther adds a value to a map that is neither string nor number.
func (e *Encoder) AddOther(m *StringMap, buf []byte, a *Attr, secret bool, l *List) error {
	var err error
	switch {
	case a.Typ == AnyBool:
		e.value = appendBool(e.value[:0], a.Num != 0)
	case a.Typ == AnyInt:
		e.value = appendInt(e.value[:0], int64(a.Num))
	case a.Typ == AnyDouble:
		e.value = appendFloat(e.value[:0], math.Float64frombits(a.Num))
	case a.Typ == AnyEmpty:
		e.value = append(e.value[:0], 0, TagEmpty)
	case secret:
		e.Delta.Redacted++
		e.value = append(e.value[:0], redact.Mask...)
	case a.Typ == AnyBytes:
		e.value = e.bytesValue(e.value[:0], buf[a.Lo:a.Hi], a, l)
	default:
		e.value, err = e.json(e.value[:0], buf, a, l)
	}
	if err != nil {
		return err
	}
	m.Add(a.Key, e.value)
	return nil
}

// bytesValue appends bytes in their stored form, cut so that the text keeps the limit of values.
func (e *Encoder) bytesValue(dst, v []byte, a *Attr, l *List) []byte {
	if f := redact.Scan(v); f&redact.Suspect != 0 && e.Policy.Redact && e.scrubber.Dirty(v) {
		e.Delta.Redacted++
		return append(dst, redact.Mask...)
	}
	if len(v) > MaxValue/4*3 {
		l.Reasons |= AttrTruncated
		l.notes = append(l.notes, note{key: truncatedPrefix + string(e.Keys.Dict.Key(a.Key)), typ: AnyInt, num: int64(len(v))})
		v = v[:MaxValue/4*3]
	}
	return appendBytes(dst, v)
}

// Annotate adds what the writer has to say about the list. Where the list has such an attribute already, that one stays.
func (e *Encoder) Annotate(texts *StringMap, ints *NumberMap, l *List) {
	for i := range l.notes {
		n := &l.notes[i]
		key, fresh := e.ownKey(n.key, l)
		switch {
		case !fresh:
		case n.typ == AnyInt && ints != nil:
			ints.Add(key, uint64(n.num))
		case n.typ == AnyInt:
			texts.Add(key, appendInt(nil, n.num))
		case n.typ == AnyBytes:
			texts.Add(key, appendBytes(nil, n.text))
		default:
			texts.Add(key, n.text)
		}
	}
	key, fresh := e.ownKey(sanitizedKey, l)
	if !fresh {
		return
	}
	list := []byte("\x00" + string(rune(TagJSON)) + `{"arrayValue":{"values":[`)
	for i, name := range reasonNames {
		if l.Reasons&(1<<i) != 0 {
			if list[len(list)-1] == '}' {
				list = append(list, ',')
			}
			list = append(list, `{"stringValue":"`+name+`"}`...)
		}
	}
	texts.Add(key, append(list, "]}}"...))
}

// ownKey is the index of a key of the writer's own, and whether the list has no such attribute yet. Lists inside the span have
// used KeyInfo.list since, so the list itself is searched.
func (e *Encoder) ownKey(name string, l *List) (key uint32, fresh bool) {
	e.OwnList.notes, e.OwnList.Reasons = e.OwnList.notes[:0], 0
	key = e.findKey([]byte(name), &e.OwnList)
	for i := range l.Attrs() {
		if l.attrs[i].Key == key {
			return key, false
		}
	}
	if slices.Contains(l.own, key) {
		return key, false
	}
	l.own = append(l.own, key)
	return key, true
}

// AddList appends a list to a map of strings, every type in the string encoding.
func (e *Encoder) AddList(m *StringMap, buf []byte, l *List) error {
	before := m.Len()
	for i := range l.Attrs() {
		a := &l.attrs[i]
		info := &e.Keys.Info[a.Key]
		if a.Typ == AnyString {
			e.AddText(m, a, buf[a.Lo:a.Hi], info.Secret, l)
		} else if a.Typ == AnyInt && int64(a.Num) >= 1e12 && e.Policy.Redact && redact.Number(int64(a.Num)) {
			e.Delta.Redacted++
			m.Add(a.Key, []byte(redact.Mask))
		} else if err := e.AddOther(m, buf, a, info.Secret, l); err != nil {
			return err
		}
	}
	if l.Reasons != 0 {
		e.Annotate(m, nil, l)
	}
	m.End(before)
	return nil
}
