package encode_test

import (
	"testing"

	"github.com/sightline/sightline/storage/encode"
)

func TestPlainIsWhatPeopleWouldWrite(t *testing.T) {
	f := func(typ encode.ValueType, text, want string) {
		t.Helper()
		v := encode.Value{Type: typ, Text: text}
		if got := v.Plain(); got != want {
			t.Errorf("Plain(%s) = %s, want %s", text, got, want)
		}
	}
	f(encode.ValueString, `{"arrayValue":{}}`, `{"arrayValue":{}}`)
	f(encode.ValueInt, "42", "42")
	f(encode.ValueJSON, `{"arrayValue":{"values":[{"stringValue":"a"},{"intValue":"9007199254740993"},{"doubleValue":1.5},{"doubleValue":"NaN"},{"boolValue":false},{}]}}`, `["a",9007199254740993,1.5,"NaN",false,null]`)
	f(encode.ValueJSON, `{"kvlistValue":{"values":[{"key":"b","value":{"arrayValue":{}}},{"key":"a","value":{"bytesValue":"AQID"}},{"key":"c"}]}}`, `{"a":"AQID","b":[],"c":null}`)
	f(encode.ValueJSON, `{"values":[{"stringValue":"a"}]}`, `["a"]`)
	f(encode.ValueJSON, `{"values":[{"key":"k","value":{"kvlistValue":{"values":[{"key":"","value":{"intValue":1}}]}}}]}`, `{"k":{"":1}}`)
	f(encode.ValueJSON, `{"arrayValue":{"values":[{"stringVal`, `{"arrayValue":{"values":[{"stringVal`)
}
