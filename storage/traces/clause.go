package traces

import (
	"math"
	"strconv"
	"strings"

	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/filter"
)

// Values of attributes that are counted are texts: a string is itself; anything else begins with NUL, as in attrs.go. But one and the
// same number is one value, whatever it was sent as, since to a filter they are equal; and what no filter can ask for is one value.
const (
	countedNumber = "\x00n" // and its text
	countedOpaque = "\x00o" // bytes, arrays, maps, nothing, NaN, infinities, and strings longer than maxCounted
	countedEmpty  = "\x00s" // the empty string; an empty text is no attribute

	// maxCounted is how long a string may be, in bytes, that is told from others.
	maxCounted = 1000
)

// storedText is an expression for a value of a map of texts as it is counted.
func storedText(x string) string {
	return "multiIf(" + x + " = '', '\\0s', " +
		"startsWith(" + x + ", '\\0i') OR startsWith(" + x + ", '\\0d'), concat('\\0n', substring(" + x + ", 3)), " +
		"startsWith(" + x + ", '\\0b'), " + x + ", " +
		"startsWith(" + x + ", '\\0s') AND length(" + x + ") <= 1002, " + x + ", " +
		"startsWith(" + x + ", '\\0') OR length(" + x + ") > 1000, '\\0o', " + x + ")"
}

// plainColumn is storedText for a column of strings as they are; there an empty one is none.
func plainColumn(x string) string {
	return "multiIf(startsWith(" + x + ", '\\0'), concat('\\0s', " + x + "), length(" + x + ") > 1000, '\\0o', " + x + ")"
}

// storedFloat is storedText for a value of a map of floats.
func storedFloat(x string) string {
	return "if(isFinite(" + x + "), concat('\\0n', if(" + x + " = 0, '0', toString(" + x + "))), '\\0o')"
}

// clause is the filter that selects a counted value, and the value as people read it. ok is false where no filter can.
func clause(a filter.Attr, counted string) (e filter.Expr, label string, ok bool) {
	compare := func(v filter.Value, label string) (filter.Expr, string, bool) {
		return filter.Compare{Attr: a, Op: filter.Eq, Value: v}, label, true
	}
	switch {
	case !strings.HasPrefix(counted, "\x00"):
		return compare(filter.StringValue(counted), counted)
	case counted == countedOpaque:
		return nil, "", false
	case strings.HasPrefix(counted, countedNumber):
		v, ok := number(counted)
		if !ok {
			return nil, "", false
		}
		return compare(v, counted[2:])
	}
	switch t, text := encode.DecodeValue(counted); t {
	case ValueString:
		return compare(filter.StringValue(text), text)
	case ValueBool:
		return compare(filter.BoolValue(text == "true"), text)
	}
	return nil, "", false
}

// number is the value of a counted number.
func number(counted string) (filter.Value, bool) {
	text, ok := strings.CutPrefix(counted, countedNumber)
	if !ok {
		return filter.Value{}, false
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return filter.IntValue(n), true
	}
	f, err := strconv.ParseFloat(text, 64)
	return filter.FloatValue(f), err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}

// countedAttr is an attribute's value as it is counted; "" for none.
func countedAttr(a *Attr) string {
	if a == nil {
		return ""
	}
	switch a.Type {
	case ValueString:
		if len(a.Text) > maxCounted {
			return countedOpaque
		}
		if a.Text == "" {
			return countedEmpty
		}
		return encode.EncodeValue(ValueString, a.Text)
	case ValueBool:
		return encode.EncodeValue(ValueBool, a.Text)
	case ValueInt:
		return countedNumber + a.Text
	case ValueFloat:
		if f, err := strconv.ParseFloat(a.Text, 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
			text := strconv.FormatFloat(f, 'f', -1, 64)
			if f == 0 {
				text = "0"
			} else if len(text) > 20 {
				text = a.Text
			}
			return countedNumber + text
		}
	}
	return countedOpaque
}

// wordOf is the name that a number stands for.
func wordOf(words []string, number string) string {
	if i, err := strconv.Atoi(number); err == nil && i < len(words) {
		return words[i]
	}
	return words[0]
}

// absent is the filter for spans without the attribute.
func absent(a filter.Attr) filter.Expr {
	if a.Scope == filter.Intrinsic && (a.Key == filter.Service || a.Key == filter.Name) { // every span has one, if only an empty one
		return filter.Compare{Attr: a, Op: filter.Eq, Value: filter.StringValue("")}
	}
	return filter.Not{Expr: filter.Exists{Attr: a}}
}

// Countable reports whether the values of an attribute can be counted: a span has one of it at most, and they are not durations or
// ids.
func Countable(a filter.Attr) bool {
	switch a.Scope {
	case filter.Span, filter.Resource, filter.Instrumentation:
		return true
	case filter.Intrinsic:
		return countedFields[a.Key] != "" || textFields[a.Key] != ""
	}
	return false
}

// countedFields are expressions for the intrinsics that are no text.
var countedFields = map[string]string{
	filter.Kind:   "if(kind BETWEEN 1 AND 5, toUInt8(kind), 0)",
	filter.Status: "if(status BETWEEN 1 AND 2, toUInt8(status), 0)",
	filter.Class:  "class",
	filter.Root:   "parent_id = 0",
}

// fieldWords are what the numbers of countedFields stand for.
var fieldWords = map[string][]string{filter.Kind: kindNames[:], filter.Status: statusNames[:], filter.Class: classNames[:]}

// counted prints an expression for the value of a countable attribute in a row, but for resources', and one that makes its text of
// it, which is called v. Rows are grouped by the former, so a column stays as it is: short ones are the quickest. onlyColumn says that
// no span has the attribute in its maps.
func (p *printer) counted(a filter.Attr, onlyColumn bool) (row string, text func(v string) string) {
	same := func(v string) string { return v }
	if a.Scope == filter.Intrinsic {
		switch e := countedFields[a.Key]; {
		case a.Key == filter.Root:
			return e, func(v string) string { return "if(" + v + " = 1, '\\0btrue', '\\0bfalse')" }
		case e != "":
			return e, func(v string) string { return "toString(" + v + ")" }
		}
		return textFields[a.Key], plainColumn
	}
	k := p.Str(a.Key)
	if a.Scope == filter.Instrumentation {
		return "if(mapContains(scope_attrs, " + k + "), " + storedText("scope_attrs["+k+"]") + ", '')", same
	}
	inMaps := "multiIf(mapContains(attrs_int, " + k + "), concat('\\0n', toString(attrs_int[" + k + "])), " +
		"mapContains(attrs_float, " + k + "), " + storedFloat("attrs_float["+k+"]") + ", " +
		"mapContains(attrs, " + k + "), " + storedText("attrs["+k+"]") + ", '')"
	column, text, isSet := "", plainColumn, ""
	switch i := liftedKeys[a.Key]; i {
	case liftNone:
		return inMaps, same
	case liftHTTPStatus:
		column, isSet = "a_http_response_status_code", "a_http_response_status_code != 0"
		text = func(v string) string { return "if(" + v + " = 0, '', concat('\\0n', toString(" + v + ")))" }
	default:
		column, isSet = liftedNames[i], liftedNames[i]+" != ''"
	}
	if onlyColumn {
		return column, text
	}
	return "if(" + isSet + ", " + text(column) + ", " + inMaps + ")", same
}

// oddlyStored is a condition for spans that have a lifted attribute in a map, and not in its column.
func (p *printer) oddlyStored(key string) string {
	k := p.Str(key)
	return "has(attrs.keys, " + k + ") OR has(attrs_int.keys, " + k + ") OR has(attrs_float.keys, " + k + ")"
}
