package traces_test

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

// matches is what a filter means, said a second time and simply: the SQL is tested against it.
func matches(e filter.Expr, s *traces.Span) bool {
	switch e := e.(type) {
	case nil:
		return true
	case filter.And:
		for _, part := range e {
			if !matches(part, s) {
				return false
			}
		}
		return true
	case filter.Or:
		for _, part := range e {
			if matches(part, s) {
				return true
			}
		}
		return false
	case filter.Not:
		return !matches(e.Expr, s)
	case filter.Exists:
		values := valuesOf(e.Attr, s)
		if e.Attr.Scope == filter.Intrinsic {
			switch e.Attr.Key {
			case filter.EventName, filter.LinkTraceID:
				return len(values) > 0
			case filter.Root:
				return s.ParentID == 0
			}
			return values[0].Text != ""
		}
		return len(values) > 0
	case filter.Compare:
		positive, negative := e.Op.Negative()
		for _, v := range valuesOf(e.Attr, s) {
			if holds(v, positive, e.Value) != negative {
				return true
			}
		}
		return false
	case filter.Text:
		return hasText(e.Pattern, s)
	}
	panic("unknown expression")
}

// valuesOf are the values that a comparison looks at.
func valuesOf(a filter.Attr, s *traces.Span) (values []traces.Attr) {
	find := func(attrs []traces.Attr) {
		for _, attr := range attrs {
			if attr.Key == a.Key {
				values = append(values, attr)
			}
		}
	}
	switch a.Scope {
	case filter.Span:
		find(s.Attrs)
	case filter.Resource:
		find(s.Resource.Attrs)
	case filter.Any:
		find(s.Attrs)
		find(s.Resource.Attrs)
	case filter.Instrumentation:
		find(s.Scope.Attrs)
	case filter.Event:
		for _, e := range s.Events {
			find(e.Attrs)
		}
	case filter.Link:
		for _, l := range s.Links {
			find(l.Attrs)
		}
	default:
		text := func(texts ...string) {
			for _, t := range texts {
				values = append(values, traces.Attr{Text: t})
			}
		}
		switch a.Key {
		case filter.Service:
			text(s.Service)
		case filter.ServiceType:
			text(s.ServiceType)
		case filter.Name:
			text(s.Name)
		case filter.Kind:
			text(s.Kind.String())
		case filter.Class:
			text(s.Class.String())
		case filter.Status:
			text(s.Status.String())
		case filter.StatusMessage:
			text(s.StatusMessage)
		case filter.Env:
			text(s.Env)
		case filter.Namespace:
			text(s.Namespace)
		case filter.Version:
			text(s.Version)
		case filter.Peer:
			text(s.PeerName)
		case filter.PeerType:
			text(s.PeerType)
		case filter.ScopeName:
			text(s.Scope.Name)
		case filter.ScopeVersion:
			text(s.Scope.Version)
		case filter.TraceID:
			text(s.TraceID.String())
		case filter.SpanID:
			text(s.SpanID.String())
		case filter.Root:
			values = append(values, traces.Attr{Type: traces.ValueBool, Text: strconv.FormatBool(s.ParentID == 0)})
		case filter.DurationField:
			values = append(values, traces.Attr{Type: traces.ValueInt, Text: strconv.FormatInt(int64(s.Duration), 10)})
		case filter.EventName:
			for _, e := range s.Events {
				text(e.Name)
			}
		case filter.LinkTraceID:
			for _, l := range s.Links {
				text(l.TraceID.String())
			}
		}
	}
	return values
}

func holds(have traces.Attr, op filter.Op, want filter.Value) bool {
	switch want.Type {
	case filter.TypeBool:
		return have.Type == traces.ValueBool && have.Text == strconv.FormatBool(want.Bool)
	case filter.TypeString:
		if have.Type != traces.ValueString {
			return false
		}
		switch op {
		case filter.Like:
			return filter.Pattern(want.Text).Match(have.Text)
		case filter.Match:
			return regexp.MustCompile("(?s)" + want.Text).MatchString(have.Text)
		}
		return ordered(strings.Compare(have.Text, want.Text), op)
	}
	if have.Type != traces.ValueInt && have.Type != traces.ValueFloat {
		return false
	}
	a, ok := new(big.Float).SetPrec(200).SetString(have.Text)
	if !ok { // NaN
		return false
	}
	b := new(big.Float).SetPrec(200)
	switch want.Type {
	case filter.TypeInt:
		b.SetInt64(want.Int)
	case filter.TypeFloat:
		b.SetFloat64(want.Float)
	case filter.TypeDuration:
		b.SetInt64(int64(want.Duration))
	}
	if have.Type == traces.ValueFloat { // its text is shortest, not exact
		f, _ := strconv.ParseFloat(have.Text, 64)
		a.SetFloat64(f)
	}
	return ordered(a.Cmp(b), op)
}

func ordered(sign int, op filter.Op) bool {
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
	return sign <= 0
}

func hasText(p filter.Pattern, s *traces.Span) bool {
	inside := filter.Pattern("*" + strings.ToLower(string(p)) + "*")
	texts := []string{s.Name, s.Service, s.PeerName, s.StatusMessage}
	add := func(attrs []traces.Attr) {
		for _, a := range attrs {
			if a.Type != traces.ValueInt && a.Type != traces.ValueFloat {
				texts = append(texts, a.Text)
			}
		}
	}
	add(s.Attrs)
	for _, e := range s.Events {
		texts = append(texts, e.Name)
		for _, a := range e.Attrs {
			texts = append(texts, a.Text)
		}
	}
	for _, text := range texts {
		if inside.Match(strings.ToLower(text)) {
			return true
		}
	}
	literal, ok := p.Literal()
	if number, err := strconv.ParseInt(literal, 10, 64); ok && err == nil {
		for _, a := range s.Attrs {
			if a.Type == traces.ValueInt && a.Text == strconv.FormatInt(number, 10) {
				return true
			}
		}
	}
	return false
}
