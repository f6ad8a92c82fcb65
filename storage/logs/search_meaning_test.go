package logs_test

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/logs"
)

// matches is what a filter means, said a second time and simply: the SQL is tested against it.
func matches(e filter.Expr, r *logs.Record, resource []encode.Value) bool {
	switch e := e.(type) {
	case filter.And:
		return matches(e[0], r, resource) && matches(e[1], r, resource)
	case filter.Or:
		return matches(e[0], r, resource) || matches(e[1], r, resource)
	case filter.Not:
		return !matches(e.Expr, r, resource)
	case filter.Exists:
		values := valuesOf(e.Attr, r, resource)
		if e.Attr == (filter.Attr{Key: filter.Body}) {
			return r.Body.Type != encode.ValueEmpty && (r.Body.Type != encode.ValueString || r.Body.Text != "")
		}
		if e.Attr.Scope == filter.Intrinsic {
			return values[0].Text != ""
		}
		return len(values) > 0
	case filter.Compare:
		positive, negative := e.Op.Negative()
		for _, v := range valuesOf(e.Attr, r, resource) {
			if holds(e.Attr, v, positive, e.Value) != negative {
				return true
			}
		}
		return false
	case filter.Text:
		number, literal := e.Pattern.Literal()
		texts := []string{r.Body.Text, r.EventName, r.Service}
		for _, a := range r.Attrs {
			if a.Type == encode.ValueInt && literal && a.Text == number {
				return true
			}
			if a.Type != encode.ValueInt && a.Type != encode.ValueFloat {
				texts = append(texts, a.Text)
			}
		}
		contains := "*" + string(e.Pattern) + "*"
		return slices.ContainsFunc(texts, func(text string) bool {
			return filter.Pattern(strings.ToLower(contains)).Match(strings.ToLower(text))
		})
	}
	panic(fmt.Sprintf("unknown expression %T", e))
}

func valuesOf(a filter.Attr, r *logs.Record, resource []encode.Value) (values []encode.Value) {
	find := func(attrs []encode.Value) {
		for _, attr := range attrs {
			if attr.Key == a.Key {
				values = append(values, attr)
			}
		}
	}
	switch a.Scope {
	case filter.Span:
		find(r.Attrs)
	case filter.Resource:
		find(resource)
	case filter.Any:
		find(r.Attrs)
		find(resource)
	case filter.Instrumentation:
		find(r.Scope.Attrs)
	default:
		text := ""
		switch a.Key {
		case filter.Service:
			text = r.Service
		case filter.Env:
			text = r.Env
		case filter.Namespace:
			text = r.Namespace
		case filter.Version:
			text = r.Version
		case filter.EventName:
			text = r.EventName
		case filter.SeverityText:
			text = r.SeverityText
		case filter.ScopeName:
			text = r.Scope.Name
		case filter.ScopeVersion:
			text = r.Scope.Version
		case filter.Severity:
			text = r.Level()
		case filter.Body:
			text = r.Body.Text
		case filter.Word: // numbers, bools and bytes have no words
			text = encode.EncodeValue(r.Body.Type, r.Body.Text)
		case filter.TraceID:
			if r.TraceID != [16]byte{} {
				text = hex.EncodeToString(r.TraceID[:])
			}
		case filter.SpanID:
			if r.SpanID != 0 {
				text = fmt.Sprintf("%016x", r.SpanID)
			}
		}
		return []encode.Value{{Text: text}}
	}
	return values
}

func holds(a filter.Attr, v encode.Value, op filter.Op, want filter.Value) bool {
	if a == (filter.Attr{Key: filter.Severity}) {
		levels := []string{"unset", "trace", "debug", "info", "warn", "error", "fatal"}
		return ordered(op, slices.Index(levels, v.Text)-slices.Index(levels, want.Text))
	}
	if a == (filter.Attr{Key: filter.Word}) {
		have := filter.Words(v.Text)
		return !slices.ContainsFunc(filter.Words(want.Text), func(w string) bool { return !slices.Contains(have, w) })
	}
	switch {
	case want.IsNumber() && (v.Type == encode.ValueInt || v.Type == encode.ValueFloat):
		x, ok := new(big.Float).SetPrec(200).SetString(v.Text)
		y := new(big.Float).SetPrec(200).SetFloat64(want.Float)
		if want.Type == filter.TypeInt {
			y.SetInt64(want.Int)
		}
		return ok && ordered(op, x.Cmp(y))
	case want.Type == filter.TypeBool && v.Type == encode.ValueBool:
		return op == filter.Eq && v.Text == strconv.FormatBool(want.Bool)
	case want.Type == filter.TypeString && v.Type == encode.ValueString:
		switch op {
		case filter.Match:
			return regexp.MustCompile("(?s:" + want.Text + ")").MatchString(v.Text)
		case filter.Like:
			return filter.Pattern(want.Text).Match(v.Text)
		}
		return ordered(op, strings.Compare(v.Text, want.Text))
	}
	return false
}

func ordered(op filter.Op, sign int) bool {
	switch op {
	case filter.Eq:
		return sign == 0
	case filter.Gt:
		return sign > 0
	case filter.Ge:
		return sign >= 0
	case filter.Lt:
		return sign < 0
	}
	return op == filter.Le && sign <= 0
}
