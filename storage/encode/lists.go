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
	if secret && (a.Typ == AnyBytes || a.Typ == AnyArray || a.Typ == AnyMap) {
		e.Delta.Redacted++
		m.Add(a.Key, []byte(redact.Mask))
		return nil
	}
	var err error
	if e.value, err = e.other(e.value[:0], buf, a, MaxValue, l, ""); err != nil {
		return err
	}
	m.Add(a.Key, e.value)
	return nil
}

// other appends a value that is no string in its stored form. name is what notes call it, "" the attribute's key.
func (e *Encoder) other(dst, buf []byte, a *Attr, limit int, l *List, name string) ([]byte, error) {
	switch a.Typ {
	case AnyBool:
		return appendBool(dst, a.Num != 0), nil
	case AnyInt:
		return appendInt(dst, int64(a.Num)), nil
	case AnyDouble:
		return appendFloat(dst, math.Float64frombits(a.Num)), nil
	case AnyEmpty:
		return append(dst, 0, TagEmpty), nil
	}
	if a.Typ == AnyBytes {
		return e.bytesValue(dst, buf, a, limit, l, name), nil
	}
	return e.json(dst, buf, a, limit, l, name)
}

// bytesValue appends bytes in their stored form, cut so that the text keeps the limit.
func (e *Encoder) bytesValue(dst, buf []byte, a *Attr, limit int, l *List, name string) []byte {
	v := buf[a.Lo:a.Hi]
	if f := redact.Scan(v); f&redact.Suspect != 0 && e.Policy.Redact && e.scrubber.Dirty(v) {
		e.Delta.Redacted++
		return append(dst, redact.Mask...)
	}
	if len(v) > limit/4*3 {
		e.truncated(a, l, name)
		v = v[:limit/4*3]
	}
	return appendBytes(dst, v)
}

// truncated notes that not all of a value is stored.
func (e *Encoder) truncated(a *Attr, l *List, name string) {
	if name == "" {
		name = string(e.Keys.Dict.Key(a.Key))
	}
	l.Reasons |= AttrTruncated
	l.notes = append(l.notes, note{key: truncatedPrefix + name, typ: AnyInt, num: int64(a.Hi - a.Lo)})
}

// LogBody is a log record's body in its stored form, that of a value in a map of strings, of at most MaxBody bytes. The result is
// valid until the next value is encoded.
func (e *Encoder) LogBody(a *Attr, l *List) ([]byte, error) {
	if a.Typ == AnyString {
		v := e.Body[a.Lo:a.Hi]
		if f := redact.Scan(v); (f == 0 || e.clean(v, f)) && len(v) <= MaxBody && (len(v) == 0 || v[0] != 0) {
			return v, nil
		}
	}
	if a.Typ == AnyInt && e.Policy.Redact && redact.Number(int64(a.Num)) {
		e.Delta.Redacted++
		return []byte(redact.Mask), nil
	}
	before := l.Reasons & AttrTruncated
	l.Reasons &^= AttrTruncated
	var err error
	if a.Typ == AnyString {
		v := e.scrub(e.Body[a.Lo:a.Hi], MaxBody, l, "body")
		if e.value = e.value[:0]; len(v) > 0 && v[0] == 0 {
			e.value = append(e.value, 0, TagString)
		}
		e.value = append(e.value, v...)
	} else {
		e.value, err = e.other(e.value[:0], e.Body, a, MaxBody, l, "body")
	}
	if l.Reasons&AttrTruncated != 0 {
		l.Reasons |= BodyTruncated
	}
	l.Reasons = l.Reasons&^AttrTruncated | before
	return e.value, err
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

// AddTyped appends a list to maps of strings, integers and floats, as row's.
func (e *Encoder) AddTyped(texts *StringMap, ints, floats *NumberMap, row int, buf []byte, l *List) error {
	t, i, f := texts.Len(), ints.Len(), floats.Len()
	for n := range l.Attrs() {
		a := &l.attrs[n]
		secret := e.Keys.Info[a.Key].Secret
		switch {
		case a.Typ == AnyString:
			e.AddText(texts, a, buf[a.Lo:a.Hi], secret, l)
		case a.Typ == AnyInt && int64(a.Num) >= 1e12 && e.Policy.Redact && redact.Number(int64(a.Num)):
			e.Delta.Redacted++
			texts.Add(a.Key, []byte(redact.Mask))
		case a.Typ == AnyInt:
			ints.Add(a.Key, a.Num)
		case a.Typ == AnyDouble:
			floats.Add(a.Key, a.Num)
		default:
			if err := e.AddOther(texts, buf, a, secret, l); err != nil {
				return err
			}
		}
	}
	if l.Reasons != 0 {
		e.Annotate(texts, ints, l)
	}
	texts.End(t)
	ints.End(row, i)
	floats.End(row, f)
	return nil
}
