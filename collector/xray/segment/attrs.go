package segment

import (
	"strconv"
	"strings"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
)

// attrs are attributes in the order that they were added.
type attrs struct {
	list    []*commonpb.KeyValue
	dropped uint32 // members that have no place
}

func (a *attrs) put(key string, v *commonpb.AnyValue) {
	if v != nil {
		a.list = append(a.list, &commonpb.KeyValue{Key: strings.ToValidUTF8(key, "\ufffd"), Value: v})
	}
}

func (a *attrs) putString(key, s string) { a.put(key, stringValue(s)) }

// set is put for a key that may be there already, and then has the new value.
func (a *attrs) set(key string, v *commonpb.AnyValue) {
	for _, kv := range a.list {
		if kv.Key == key {
			kv.Value = v
			return
		}
	}
	a.put(key, v)
}

func (a *attrs) get(key string) *commonpb.AnyValue {
	for _, kv := range a.list {
		if kv.Key == key {
			return kv.Value
		}
	}
	return nil
}

// rename moves a value to another key.
func (a *attrs) rename(from, to string) {
	for _, kv := range a.list {
		if kv.Key == from {
			kv.Key = to
		}
	}
}

// member puts a member of an object, whatever its type; null is none.
func (a *attrs) member(key string, v value) { a.put(key, anyValue(v)) }

// members puts an object's members under the prefix, but those that renamed has another key for. An empty key there leaves the
// member out.
func (a *attrs) members(prefix string, o object, renamed map[string]string) {
	for i, m := range o {
		if o.repeated(i) {
			continue
		}
		key, ok := renamed[m.key]
		switch {
		case ok && key == "":
			continue
		case !ok:
			key = prefix + m.key
		}
		a.member(key, m.val)
	}
}

func stringValue(s string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: strings.ToValidUTF8(s, "\ufffd")}}
}

func intValue(n int64) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: n}}
}

func boolValue(b bool) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: b}}
}

func stringsValue(all []string) *commonpb.AnyValue {
	array := &commonpb.ArrayValue{}
	for _, s := range all {
		array.Values = append(array.Values, stringValue(s))
	}
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: array}}
}

// anyValue keeps a value's type. An array of scalars stays one; an object, and an array of anything else, is its JSON: attributes
// are for searching, and nobody searches inside. null is nil.
func anyValue(v value) *commonpb.AnyValue {
	switch v.kind() {
	case 0, 'n':
		return nil
	case '"':
		s, _ := v.str()
		return stringValue(s)
	case 't', 'f':
		b, _ := v.truth()
		return boolValue(b)
	case '{':
		return stringValue(v.compact())
	case '[':
		all, _ := v.list()
		array := &commonpb.ArrayValue{}
		for _, e := range all {
			if k := e.kind(); k == '{' || k == '[' || k == 'n' {
				return stringValue(v.compact())
			}
			array.Values = append(array.Values, anyValue(e))
		}
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: array}}
	default:
		return numberValue(v)
	}
}

// numberValue is an int where the number is written as one and fits, else a double.
func numberValue(v value) *commonpb.AnyValue {
	if n, ok := v.integer(); ok {
		return intValue(n)
	}
	literal, _ := v.number()
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil {
		return stringValue(literal)
	}
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: f}}
}
