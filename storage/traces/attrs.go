package traces

import (
	"encoding/base64"
	"math"
	"strconv"
)

// The encoding of attribute values, used wherever a value stands in a string map: a string is itself; every other type is NUL,
// a letter and text. A string that begins with NUL gets the letter s, so that every value reads back as what it was.
const (
	tagBool   = 'b' // true or false
	tagBytes  = 'y' // base64, standard alphabet with padding
	tagJSON   = 'j' // array or map: OTLP JSON of the AnyValue
	tagEmpty  = 'e' // an AnyValue with nothing set
	tagString = 's'
	tagInt    = 'i' // decimal; where there is no map of integers beside
	tagFloat  = 'd' // shortest text that reads back the same; NaN, Inf, -Inf
)

func appendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 0, tagBool, 't', 'r', 'u', 'e')
	}
	return append(dst, 0, tagBool, 'f', 'a', 'l', 's', 'e')
}

func appendInt(dst []byte, v int64) []byte {
	return strconv.AppendInt(append(dst, 0, tagInt), v, 10)
}

func appendFloat(dst []byte, v float64) []byte {
	return append(append(dst, 0, tagFloat), formatFloat(v)...)
}

func appendBytes(dst, v []byte) []byte {
	return base64.StdEncoding.AppendEncode(append(dst, 0, tagBytes), v)
}

// formatFloat is the text of a double that people read: shortest, NaN, Inf or -Inf.
func formatFloat(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "Inf"
	case math.IsInf(v, -1):
		return "-Inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// DecodeValue reads a value out of a string map back: its type, and its text as Attr has it. What no version has written is
// shown as it lies.
func DecodeValue(stored string) (ValueType, string) {
	if len(stored) < 2 || stored[0] != 0 {
		return ValueString, stored
	}
	text := stored[2:]
	switch stored[1] {
	case tagBool:
		return ValueBool, text
	case tagBytes:
		return ValueBytes, text
	case tagJSON:
		return ValueJSON, text
	case tagEmpty:
		return ValueEmpty, ""
	case tagString:
		return ValueString, text
	case tagInt:
		return ValueInt, text
	case tagFloat:
		return ValueFloat, text
	}
	return ValueString, stored
}

// EncodeValue is DecodeValue's inverse: how a value of this type and text is stored in a string map. Filters compare with it.
func EncodeValue(t ValueType, text string) string {
	switch t {
	case ValueString:
		if len(text) > 0 && text[0] == 0 {
			return "\x00" + string(rune(tagString)) + text
		}
		return text
	case ValueBool:
		return "\x00" + string(rune(tagBool)) + text
	case ValueInt:
		return "\x00" + string(rune(tagInt)) + text
	case ValueFloat:
		return "\x00" + string(rune(tagFloat)) + text
	case ValueBytes:
		return "\x00" + string(rune(tagBytes)) + text
	case ValueJSON:
		return "\x00" + string(rune(tagJSON)) + text
	default:
		return "\x00" + string(rune(tagEmpty))
	}
}

// FloatAttr and IntAttr make the attributes of the typed maps.
func FloatAttr(key string, v float64) Attr {
	return Attr{Key: key, Type: ValueFloat, Text: formatFloat(v)}
}
func IntAttr(key string, v int64) Attr {
	return Attr{Key: key, Type: ValueInt, Text: strconv.FormatInt(v, 10)}
}
