package segment

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// value is a JSON value as it was sent, nil for none. The document has been checked: it is valid JSON.
type value []byte

// member is one of an object's.
type member struct {
	key string
	val value
}

// object is a JSON object in the order of the document: what becomes of it must be the same every time.
type object []member

// objectOf reads an object; ok is false for anything else.
func objectOf(v value) (o object, ok bool) {
	if v.kind() != '{' {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(v))
	if _, err := d.Token(); err != nil {
		return nil, false
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, false
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, false
		}
		o = append(o, member{key.(string), value(raw)})
	}
	return o, true
}

// get is the last member of the name, nil if there is none.
func (o object) get(key string) value {
	for i := len(o) - 1; i >= 0; i-- {
		if o[i].key == key {
			return o[i].val
		}
	}
	return nil
}

// repeated says whether a later member has the same name, and so the same place.
func (o object) repeated(i int) bool {
	for _, later := range o[i+1:] {
		if later.key == o[i].key {
			return true
		}
	}
	return false
}

// text is a member's string, "" where it is none.
func (o object) text(key string) string {
	s, _ := o.get(key).str()
	return s
}

// object is a member's object, empty where it is none.
func (o object) object(key string) object {
	in, _ := objectOf(o.get(key))
	return in
}

// kind is the value's first byte: { [ " t f n, a digit or a minus; 0 for no value.
func (v value) kind() byte {
	v = bytes.TrimLeft(v, " \t\r\n")
	if len(v) == 0 {
		return 0
	}
	return v[0]
}

func (v value) null() bool { k := v.kind(); return k == 0 || k == 'n' }

func (v value) str() (s string, ok bool) {
	if v.kind() != '"' {
		return "", false
	}
	return s, json.Unmarshal(v, &s) == nil
}

func (v value) truth() (b, ok bool) {
	switch v.kind() {
	case 't':
		return true, true
	case 'f':
		return false, true
	}
	return false, false
}

// number is the literal, also out of a string: some SDKs send numbers as strings.
func (v value) number() (literal string, ok bool) {
	switch k := v.kind(); {
	case k == '-' || k >= '0' && k <= '9':
		return string(bytes.TrimSpace(v)), true
	case k == '"':
		s, _ := v.str()
		return s, json.Valid([]byte(s)) && s != "" && (s[0] == '-' || s[0] >= '0' && s[0] <= '9')
	}
	return "", false
}

func (v value) integer() (n int64, ok bool) {
	literal, ok := v.number()
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(literal, 10, 64)
	return n, err == nil
}

// list is an array's elements; ok is false for anything else.
func (v value) list() (all []value, ok bool) {
	if v.kind() != '[' {
		return nil, false
	}
	var raw []json.RawMessage
	if json.Unmarshal(v, &raw) != nil {
		return nil, false
	}
	for _, r := range raw {
		all = append(all, value(r))
	}
	return all, true
}

// compact is the value without white space.
func (v value) compact() string {
	var b bytes.Buffer
	if json.Compact(&b, v) != nil {
		return string(v)
	}
	return b.String()
}
