package encode

import (
	"cmp"
	"encoding/base64"
	"math"
	"slices"
	"strconv"
)

// The encoding of attribute values, used wherever a value stands in a string map: a string is itself; every other type is NUL,
// a letter and text. A string that begins with NUL gets the letter s, so that every value reads back as what it was.
const (
	TagBool   = 'b' // true or false
	TagBytes  = 'y' // base64, standard alphabet with padding
	TagJSON   = 'j' // array or map: OTLP JSON of the AnyValue
	TagEmpty  = 'e' // an AnyValue with nothing set
	TagString = 's'
	TagInt    = 'i' // decimal; where there is no map of integers beside
	TagFloat  = 'd' // shortest text that reads back the same; NaN, Inf, -Inf
)

// ValueType is the type of an attribute's value as OTLP sent it.
type ValueType uint8

const (
	ValueString ValueType = iota
	ValueBool
	ValueInt
	ValueFloat
	ValueBytes // Text is base64
	ValueJSON  // an array or map; Text is OTLP's JSON encoding of the AnyValue's array or kvlist
	ValueEmpty // an AnyValue with nothing set
)

var valueTypeNames = [...]string{"string", "bool", "int", "double", "bytes", "json", "empty"}

func (t ValueType) String() string { return valueTypeNames[t] }

// Value is one attribute as readers give it. Text is the value in the spelling that people read: decimal for numbers, true or false for bools.
type Value struct {
	Key  string
	Type ValueType
	Text string
}

func appendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 0, TagBool, 't', 'r', 'u', 'e')
	}
	return append(dst, 0, TagBool, 'f', 'a', 'l', 's', 'e')
}

func appendInt(dst []byte, v int64) []byte {
	return strconv.AppendInt(append(dst, 0, TagInt), v, 10)
}

func appendFloat(dst []byte, v float64) []byte {
	return append(append(dst, 0, TagFloat), FormatFloat(v)...)
}

func appendBytes(dst, v []byte) []byte {
	return base64.StdEncoding.AppendEncode(append(dst, 0, TagBytes), v)
}

// FormatFloat is the text of a double that people read: shortest, NaN, Inf or -Inf.
func FormatFloat(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "Inf"
	case math.IsInf(v, -1):
		return "-Inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// DecodeValue reads a value out of a string map back: its type, and its text as Value has it. What no version has written is
// shown as it lies.
func DecodeValue(stored string) (ValueType, string) {
	if len(stored) < 2 || stored[0] != 0 {
		return ValueString, stored
	}
	text := stored[2:]
	switch stored[1] {
	case TagBool:
		return ValueBool, text
	case TagBytes:
		return ValueBytes, text
	case TagJSON:
		return ValueJSON, text
	case TagEmpty:
		return ValueEmpty, ""
	case TagString:
		return ValueString, text
	case TagInt:
		return ValueInt, text
	case TagFloat:
		return ValueFloat, text
	}
	return ValueString, stored
}

// EncodeValue is DecodeValue's inverse: how a value of this type and text is stored in a string map. Filters compare with it.
func EncodeValue(t ValueType, text string) string {
	switch t {
	case ValueString:
		if len(text) > 0 && text[0] == 0 {
			return "\x00" + string(rune(TagString)) + text
		}
		return text
	case ValueBool:
		return "\x00" + string(rune(TagBool)) + text
	case ValueInt:
		return "\x00" + string(rune(TagInt)) + text
	case ValueFloat:
		return "\x00" + string(rune(TagFloat)) + text
	case ValueBytes:
		return "\x00" + string(rune(TagBytes)) + text
	case ValueJSON:
		return "\x00" + string(rune(TagJSON)) + text
	default:
		return "\x00" + string(rune(TagEmpty))
	}
}

// ValuesOf puts an item's maps together, by key; nil if they are empty.
func ValuesOf(texts map[string]string, ints map[string]int64, floats map[string]float64) []Value {
	if len(texts)+len(ints)+len(floats) == 0 {
		return nil
	}
	values := make([]Value, 0, len(texts)+len(ints)+len(floats)+4)
	for key, stored := range texts {
		t, text := DecodeValue(stored)
		values = append(values, Value{Key: key, Type: t, Text: text})
	}
	for key, v := range ints {
		values = append(values, IntAttr(key, v))
	}
	for key, v := range floats {
		values = append(values, FloatAttr(key, v))
	}
	SortValues(values)
	return values
}

// SortValues orders attributes by key.
func SortValues(values []Value) {
	slices.SortFunc(values, func(a, b Value) int { return cmp.Compare(a.Key, b.Key) })
}

// FloatAttr and IntAttr make the attributes of the typed maps.
func FloatAttr(key string, v float64) Value {
	return Value{Key: key, Type: ValueFloat, Text: FormatFloat(v)}
}
func IntAttr(key string, v int64) Value {
	return Value{Key: key, Type: ValueInt, Text: strconv.FormatInt(v, 10)}
}
