package sql

import (
	"strconv"

	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/filter"
)

// CompareAttr compares an attribute of the item, its resource or its scope. own compares one of the item itself, and is called with
// positive operators only.
func (p *Printer) CompareAttr(c filter.Compare, own func(key string, op filter.Op, v filter.Value) (string, error)) (string, error) {
	positive, negative := c.Op.Negative()
	switch c.Attr.Scope {
	case filter.Any:
		c.Attr.Scope = filter.Span
		ownText, err := p.CompareAttr(c, own)
		if err != nil {
			return "", err
		}
		c.Attr.Scope = filter.Resource
		resource, err := p.CompareAttr(c, own)
		return "(" + ownText + " OR " + resource + ")", err
	case filter.Resource:
		one, err := p.InMaps(c.Attr.Key, positive, c.Value)
		if negative {
			one = p.HasKey(c.Attr.Key) + " AND NOT " + one
		}
		return OfResource(one), err
	}
	var text string
	var err error
	if c.Attr.Scope == filter.Instrumentation {
		text, err = p.InMap("scope_attrs", c.Attr.Key, positive, c.Value)
	} else {
		text, err = own(c.Attr.Key, positive, c.Value)
	}
	if err != nil || !negative {
		return text, err
	}
	exists, err := p.Rows.Exists(c.Attr)
	return "(" + exists + " AND NOT " + text + ")", err
}

// ExistsAttr asks for an attribute of the item, its resource or its scope; own asks for one of the item itself.
func (p *Printer) ExistsAttr(a filter.Attr, own func(key string) string) string {
	switch a.Scope {
	case filter.Instrumentation:
		return "mapContains(scope_attrs, " + p.Str(a.Key) + ")"
	case filter.Resource:
		return OfResource(p.HasKey(a.Key))
	case filter.Any:
		return "(" + own(a.Key) + " OR " + OfResource(p.HasKey(a.Key)) + ")"
	}
	return own(a.Key)
}

// OfResource is true of items whose resource fulfils the condition.
func OfResource(condition string) string {
	return "resource_id IN (SELECT id FROM resources WHERE project = {project:String} AND " + condition + ")"
}

// HasKey looks into a row's three maps.
func (p *Printer) HasKey(key string) string {
	k := p.Str(key)
	return "(mapContains(attrs, " + k + ") OR mapContains(attrs_int, " + k + ") OR mapContains(attrs_float, " + k + "))"
}

// InMaps compares an attribute that lies in one of a row's three maps.
func (p *Printer) InMaps(key string, op filter.Op, v filter.Value) (string, error) {
	if !v.IsNumber() {
		return p.InTexts("attrs", key, op, v)
	}
	k, n := p.Str(key), p.Number(v)
	inInts, inFloats := "attrs_int["+k+"] "+op.String()+" "+n, "attrs_float["+k+"] "+op.String()+" "+n
	if ZeroHolds(op, v) {
		inInts, inFloats = "mapContains(attrs_int, "+k+") AND "+inInts, "mapContains(attrs_float, "+k+") AND "+inFloats
	}
	return "(" + inInts + " OR " + inFloats + ")", nil
}

// InMap compares an attribute in a map that holds values of every type.
func (p *Printer) InMap(column, key string, op filter.Op, v filter.Value) (string, error) {
	if !v.IsNumber() {
		return p.InTexts(column, key, op, v)
	}
	x, n := column+"["+p.Str(key)+"]", p.Number(v)
	tagged := func(tag byte, parse string) string {
		return "startsWith(" + x + ", '\\0" + string(rune(tag)) + "') AND " + parse + "(substring(" + x + ", 3)) " + op.String() + " " + n
	}
	return "(" + tagged(encode.TagInt, "toInt64OrZero") + " OR " + tagged(encode.TagFloat, "toFloat64OrZero") + ")", nil
}

// InTexts compares a string or a bool in a map of texts.
func (p *Printer) InTexts(column, key string, op filter.Op, v filter.Value) (string, error) {
	k := p.Str(key)
	x := column + "[" + k + "]"
	if v.Type == filter.TypeBool {
		return x + " = " + p.Str(encode.EncodeValue(encode.ValueBool, strconv.FormatBool(v.Bool))), nil
	}
	if op == filter.Eq {
		equal := x + " = " + p.Str(encode.EncodeValue(encode.ValueString, v.Text))
		if v.Text == "" {
			equal = "(mapContains(" + column + ", " + k + ") AND " + equal + ")"
		}
		return equal, nil
	}
	forEmpty, err := HoldsFor(op, "", v.Text)
	if err != nil {
		return "", err
	}
	// Values of other types begin with NUL and their tag; strings that begin with NUL have a tag too.
	text := "(NOT startsWith(" + x + ", '\\0') AND " + p.TextOp(x, op, v.Text) +
		" OR startsWith(" + x + ", '\\0" + string(rune(encode.TagString)) + "') AND " + p.TextOp("substring("+x+", 3)", op, v.Text) + ")"
	if forEmpty {
		text = "(mapContains(" + column + ", " + k + ") AND " + text + ")"
	}
	return text, nil
}

// ID is a trace id as a constant.
func (p *Printer) ID(hex string) string { return "toFixedString(unhex(" + p.Str(hex) + "), 16)" }
