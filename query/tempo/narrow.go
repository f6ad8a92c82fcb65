package tempo

import (
	"strings"

	"github.com/sightline/sightline/query/traceql"
	"github.com/sightline/sightline/storage/filter"
)

// narrow is the filter that a query means to the tags and values that are asked for beside it: those of the spans that it selects.
// Such a query is being typed, so it may be unfinished, like { span.a = 1 && .b = }: what can't be read is passed over, and what no
// filter can say narrows nothing. nil: everything.
func narrow(text string) filter.Expr {
	if text == "" {
		return nil
	}
	if q, err := traceql.Parse(text); err == nil {
		if len(q.Stages) == 0 {
			return nil
		}
		f, _ := q.Stages[0].(*traceql.Filter)
		return filterOf(f)
	}
	var parts []filter.Expr
	for _, condition := range conditions(text) {
		if q, err := traceql.Parse("{" + condition + "}"); err == nil && len(q.Stages) == 1 {
			f, _ := q.Stages[0].(*traceql.Filter)
			parts = append(parts, filterOf(f))
		}
	}
	return filter.AllOf(parts...)
}

// conditions are the parts between && of the first braces; none if there is an || among them, since what it joins is not known.
func conditions(text string) []string {
	_, inner, found := strings.Cut(text, "{")
	if !found {
		return nil
	}
	var parts []string
	from, depth := 0, 0
	for i := 0; i < len(inner); i++ {
		switch c := inner[i]; {
		case c == '"' || c == '`':
			for i++; i < len(inner) && inner[i] != c; i++ {
				if inner[i] == '\\' && c == '"' {
					i++
				}
			}
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '}':
			return append(parts, inner[from:i])
		case depth == 0 && strings.HasPrefix(inner[i:], "||"):
			return nil
		case depth == 0 && strings.HasPrefix(inner[i:], "&&"):
			parts = append(parts, inner[from:i])
			i++
			from = i + 1
		}
	}
	return append(parts, inner[from:])
}

func filterOf(f *traceql.Filter) filter.Expr {
	if f == nil || f.Expr == nil {
		return nil
	}
	return conditionOf(f.Expr)
}

// conditionOf is the filter that holds where the expression does, or where it may; nil where that is everywhere.
func conditionOf(e traceql.Expr) filter.Expr {
	b, ok := e.(*traceql.Binary)
	if !ok {
		return nil
	}
	switch b.Op {
	case traceql.OpAnd:
		return filter.AllOf(conditionOf(b.Left), conditionOf(b.Right))
	case traceql.OpOr:
		return filter.AnyOf(conditionOf(b.Left), conditionOf(b.Right)) // nil if one of them is
	}
	op, ok := ops[b.Op]
	field, left := b.Left.(*traceql.Field)
	static, right := b.Right.(*traceql.Static)
	if !ok || !left || !right || field.Parent {
		return nil
	}
	if field.Scope == traceql.Intrinsic && field.Key == "nestedSetParent" && b.Op == traceql.OpLt { // how Grafana asks for root spans
		return root
	}
	attr, ok := attrOf(field.Attr)
	if !ok {
		return nil
	}
	if static.Type == traceql.TypeNil && attr.Scope != filter.Intrinsic {
		switch exists := (filter.Exists{Attr: attr}); b.Op {
		case traceql.OpNe:
			return exists
		case traceql.OpEq:
			return filter.Not{Expr: exists}
		}
		return nil
	}
	return comparison(attr, op, static.Value)
}

var ops = map[traceql.Op]filter.Op{
	traceql.OpEq: filter.Eq, traceql.OpNe: filter.Ne, traceql.OpMatch: filter.Match, traceql.OpNotMatch: filter.NotMatch,
	traceql.OpGt: filter.Gt, traceql.OpGe: filter.Ge, traceql.OpLt: filter.Lt, traceql.OpLe: filter.Le,
}

// comparison is nil where the field's type and the value's do not go together.
func comparison(attr filter.Attr, op filter.Op, v traceql.Value) filter.Expr {
	value, pattern := filter.Value{}, op == filter.Match || op == filter.NotMatch
	switch v.Type {
	case traceql.TypeString:
		value = filter.StringValue(v.Text)
		if pattern { // TraceQL's expressions cover the whole value
			value = filter.StringValue("^(?:" + v.Text + ")$")
		}
	case traceql.TypeInt:
		value = filter.IntValue(v.Int)
	case traceql.TypeFloat:
		value = filter.FloatValue(v.Float)
	case traceql.TypeBool:
		value = filter.BoolValue(v.Bool)
	case traceql.TypeDuration:
		value = filter.DurationValue(v.Duration())
	case traceql.TypeStatus:
		value = filter.StringValue(v.Status().String())
	case traceql.TypeKind:
		value = filter.StringValue(v.Kind().String())
	default:
		return nil
	}
	if attr.Scope == filter.Intrinsic {
		field, _ := filter.FieldOf(attr.Key)
		equals := op == filter.Eq || op == filter.Ne
		switch field.Type {
		case filter.TypeString:
			if v.Type != traceql.TypeString {
				return nil
			}
		case filter.TypeEnum:
			if !equals || v.Type != traceql.TypeStatus && v.Type != traceql.TypeKind {
				return nil
			}
		case filter.TypeDuration:
			if v.Type != traceql.TypeDuration || pattern {
				return nil
			}
		default:
			return nil
		}
	} else if v.Type == traceql.TypeDuration || v.Type == traceql.TypeStatus || v.Type == traceql.TypeKind {
		return nil
	}
	return filter.Compare{Attr: attr, Op: op, Value: value}
}

var scopeOf = map[traceql.Scope]filter.Scope{
	traceql.Unscoped: filter.Any, traceql.SpanScope: filter.Span, traceql.ResourceScope: filter.Resource,
	traceql.EventScope: filter.Event, traceql.LinkScope: filter.Link, traceql.InstrumentationScope: filter.Instrumentation,
}

// attrOf is our name of an attribute or a field of one span; what is the trace's has none.
func attrOf(a traceql.Attr) (filter.Attr, bool) {
	if a.Scope != traceql.Intrinsic {
		scope, ok := scopeOf[a.Scope]
		if scope == filter.Resource && a.Key == "service.name" {
			return filter.Attr{Key: filter.Service}, true
		}
		return filter.Attr{Scope: scope, Key: a.Key}, ok
	}
	switch a.Key {
	case "status":
		return filter.Attr{Key: filter.Status}, true
	case "kind":
		return filter.Attr{Key: filter.Kind}, true
	case "duration":
		return filter.Attr{Key: filter.DurationField}, true
	}
	id, ok := identify(a.Key)
	return id.attr, ok && id.valuable && id.where == nil
}

var _ Engine = (*traceql.Engine)(nil)
