package encode

import (
	"encoding/json"
	"strconv"
)

// anyValue is an AnyValue of OTLP's JSON, or the list inside of an array or map.
type anyValue struct {
	String *string         `json:"stringValue"`
	Bool   *bool           `json:"boolValue"`
	Int    json.RawMessage `json:"intValue"` // a string or a number
	Double json.RawMessage `json:"doubleValue"`
	Bytes  *string         `json:"bytesValue"`
	Array  *anyList        `json:"arrayValue"`
	Map    *anyList        `json:"kvlistValue"`
	anyList
}

type anyList struct {
	Values []struct {
		Key   *string   `json:"key"`
		Value *anyValue `json:"value"`
		anyValue
	} `json:"values"`
}

// Plain is the value as systems spell it that know no types but text: arrays and maps as plain JSON, everything else as Text. A
// value that was cut off when it was stored stays as it is.
func (v *Value) Plain() string {
	if v.Type != ValueJSON {
		return v.Text
	}
	var value anyValue
	if json.Unmarshal([]byte(v.Text), &value) != nil {
		return v.Text
	}
	text, err := json.Marshal(value.plain())
	if err != nil {
		return v.Text
	}
	return string(text)
}

func (v *anyValue) plain() any {
	switch {
	case v.String != nil:
		return *v.String
	case v.Bool != nil:
		return *v.Bool
	case v.Int != nil:
		return number(v.Int)
	case v.Double != nil:
		return number(v.Double)
	case v.Bytes != nil:
		return *v.Bytes
	case v.Array != nil:
		return v.Array.plain()
	case v.Map != nil:
		return v.Map.plain()
	case v.Values != nil:
		return v.anyList.plain()
	}
	return nil
}

// plain is an array, or a map where the values have keys.
func (l *anyList) plain() any {
	items := make([]any, 0, len(l.Values))
	named := make(map[string]any, len(l.Values))
	for i := range l.Values {
		item := &l.Values[i]
		switch {
		case item.Key == nil:
			items = append(items, item.plain())
		case item.Value == nil:
			named[*item.Key] = nil
		default:
			named[*item.Key] = item.Value.plain()
		}
	}
	if len(named) > 0 {
		return named
	}
	return items
}

// number is a number, whichever way it is written; NaN and infinities are text, since JSON has none.
func number(raw json.RawMessage) any {
	text := string(raw)
	if unquoted, err := strconv.Unquote(text); err == nil {
		text = unquoted
	}
	if json.Valid([]byte(text)) {
		return json.Number(text)
	}
	return text
}
