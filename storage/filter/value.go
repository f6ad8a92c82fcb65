package filter

import (
	"fmt"
	"math"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"time"
)

// literal is a value as it was written.
type literal struct {
	pattern Pattern
	raw     string
	bare    bool
}

// literal reads what stands on the right of an operator.
func (p *parser) literal(op Op) (literal, *Error) {
	if p.end() {
		return literal{}, &Error{Pos: p.pos, Message: fmt.Sprintf("expected a value after %q", op.String())}
	}
	if isQuote(p.peek()) {
		q, err := p.quoted()
		return literal{pattern: q.pattern, raw: q.raw}, err
	}
	word := p.bareValue()
	if word == "" {
		e := p.unexpected()
		e.Message = fmt.Sprintf("expected a value after %q", op.String())
		e.Hint = `put a value with spaces or operators into quotes; "" is the empty string`
		return literal{}, e
	}
	if strings.EqualFold(word, "and") || strings.EqualFold(word, "or") {
		return literal{}, &Error{Pos: p.pos - len(word), Message: fmt.Sprintf("expected a value after %q", op.String()), Hint: "put the word " + word + " into quotes if it is the value"}
	}
	return literal{pattern: Pattern(word), raw: word, bare: true}, nil
}

// compare types the value by the attribute and the operator.
func (d *dictionary) compare(attr Attr, op Op, opAt int, v literal, at int) (Expr, *Error) {
	field, intrinsic := Field{Name: attr.Key}, false
	if attr.Scope == Intrinsic {
		field, intrinsic = d.field(attr.Key)
	}
	typed := intrinsic && field.Type != TypeString
	switch op {
	case Match, NotMatch:
		if typed {
			return nil, &Error{Pos: opAt, Message: fmt.Sprintf("%s takes no %q", field.Name, op.String()), Hint: "such as " + example(field)}
		}
		if _, err := syntax.Parse(v.raw, syntax.Perl); err != nil {
			return nil, &Error{Pos: at, Message: "not a regular expression: " + strings.TrimPrefix(err.Error(), "error parsing regexp: "), Hint: "RE2 syntax"}
		}
		return Compare{attr, op, StringValue(v.raw)}, nil
	case Eq, Ne:
		if _, exact := v.pattern.Literal(); exact {
			break
		}
		if typed {
			return nil, &Error{Pos: at, Message: field.Name + " takes no wildcard", Hint: "such as " + example(field)}
		}
		var e Expr = Compare{attr, Like + (op - Eq), StringValue(string(v.pattern))}
		if v.pattern == "*" && (!intrinsic || !field.total) {
			if e = (Exists{attr}); op == Ne {
				e = Not{e}
			}
		}
		return e, nil
	}
	value, err := typedValue(field, intrinsic, op, v, at)
	if err != nil {
		return nil, err
	}
	unordered := value.Type == TypeBool || intrinsic && (field.Type == TypeEnum && !field.ranked || field.Type == TypeID || field.Type == TypeWords)
	if unordered && op != Eq && op != Ne {
		return nil, &Error{Pos: opAt, Message: fmt.Sprintf("%s takes = and != only", field.Name)}
	}
	return Compare{attr, op, value}, nil
}

func typedValue(field Field, intrinsic bool, op Op, v literal, at int) (Value, *Error) {
	text := v.raw
	if op == Eq || op == Ne || !v.bare {
		if t, exact := v.pattern.Literal(); exact {
			text = t
		}
	}
	if !intrinsic {
		if v.bare {
			return bareTyped(text), nil
		}
		return StringValue(text), nil
	}
	switch field.Type {
	case TypeDuration:
		if d, ok := parseDuration(text); ok {
			return DurationValue(d), nil
		}
		return Value{}, &Error{Pos: at, Message: fmt.Sprintf("%q is not a duration", text), Hint: "a number and a unit: 500ms, 1.5s, 2m, 1h30m"}
	case TypeEnum:
		if word := strings.ToLower(text); slices.Contains(field.Values, word) {
			return StringValue(word), nil
		}
		return Value{}, &Error{Pos: at, Message: fmt.Sprintf("%q is not a %s", text, field.Name), Hint: "one of " + strings.Join(field.Values, ", ")}
	case TypeBool:
		if b, ok := parseBool(text); ok {
			return BoolValue(b), nil
		}
		return Value{}, &Error{Pos: at, Message: fmt.Sprintf("%q is neither true nor false", text)}
	case TypeWords:
		if len(Words(text)) > 0 {
			return StringValue(text), nil
		}
		return Value{}, &Error{Pos: at, Message: fmt.Sprintf("%q has no word", text), Hint: "letters or digits"}
	case TypeID:
		if id, ok := parseID(field.Name, text); ok {
			return StringValue(id), nil
		}
		return Value{}, &Error{Pos: at, Message: fmt.Sprintf("%q is not a %s", text, field.Name), Hint: field.Help}
	}
	return StringValue(text), nil
}

// bareTyped is the type that a bare word asks for: true, 200, 1.5, 500ms, or a string.
func bareTyped(word string) Value {
	if b, ok := parseBool(word); ok {
		return BoolValue(b)
	}
	if c := word[0]; c >= '0' && c <= '9' || (c == '-' || c == '+' || c == '.') && len(word) > 1 {
		if i, err := strconv.ParseInt(word, 10, 64); err == nil {
			return IntValue(i)
		}
		if !strings.ContainsAny(word, "xX_pPiInN") { // none of Go's other spellings of numbers, no Inf and NaN
			if f, err := strconv.ParseFloat(word, 64); err == nil && !math.IsInf(f, 0) {
				return FloatValue(f)
			}
		}
		if d, ok := parseDuration(word); ok {
			return DurationValue(d)
		}
	}
	return StringValue(word)
}

func parseBool(word string) (value, ok bool) {
	switch word {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// parseDuration is time.ParseDuration and days ("2d", "1.5d"). A number without a unit is no duration.
func parseDuration(text string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		f, err := strconv.ParseFloat(days, 64)
		ns := f * float64(24*time.Hour)
		return time.Duration(ns), err == nil && math.Abs(ns) < math.MaxInt64
	}
	d, err := time.ParseDuration(text)
	return d, err == nil
}

// parseID reads a trace or span id; a trace id also as X-Ray spells it.
func parseID(field, text string) (string, bool) {
	text = strings.ToLower(text)
	digits := 32
	if field == SpanID {
		digits = 16
	} else if len(text) == 35 && strings.HasPrefix(text, "1-") && text[10] == '-' {
		text = text[2:10] + text[11:]
	}
	return text, len(text) == digits && strings.Trim(text, "0123456789abcdef") == ""
}
