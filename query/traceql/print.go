package traceql

import (
	"strconv"
	"strings"
)

// String is the query's canonical text; Parse gives back an equal Query.
func (q *Query) String() string {
	var b strings.Builder
	if q.Figures != nil {
		b.WriteString(figureText(q.Figures))
	}
	b.WriteString(pipelineText(q.Stages))
	if q.Metrics != nil {
		b.WriteString(" | " + q.Metrics.String())
	}
	for _, l := range q.After {
		if l.Func == "" {
			b.WriteString(" " + l.Op.String() + " " + l.Value.String())
			continue
		}
		b.WriteString(" | " + l.Func + "(" + strconv.Itoa(l.Count) + ")")
	}
	if len(q.Hints) > 0 {
		b.WriteString(" with (" + joined(q.Hints, func(h Hint) string { return h.Name + " = " + h.Value.String() }) + ")")
	}
	return b.String()
}

func joined[T any](all []T, text func(T) string) string {
	texts := make([]string, len(all))
	for i, one := range all {
		texts[i] = text(one)
	}
	return strings.Join(texts, ", ")
}

func pipelineText(stages []Stage) string {
	texts := make([]string, len(stages))
	for i, s := range stages {
		texts[i] = stageText(s)
	}
	return strings.Join(texts, " | ")
}

func stageText(s Stage) string {
	switch s := s.(type) {
	case *Filter:
		return s.String()
	case *Combine:
		return sideText(s.Left, s.Op, false) + " " + s.Op.String() + " " + sideText(s.Right, s.Op, true)
	case *Wrapped:
		return "(" + pipelineText(s.Stages) + ")"
	case *By:
		return "by(" + joined(s.Exprs, exprText) + ")"
	case *Select:
		return "select(" + joined(s.Attrs, Attr.String) + ")"
	case *Scalar:
		return numberText(s.Left) + " " + s.Op.String() + " " + numberText(s.Right)
	}
	return "coalesce()"
}

// String is { condition }.
func (f *Filter) String() string {
	if f.Expr == nil {
		return "{ }"
	}
	return "{ " + exprText(f.Expr) + " }"
}

func (r Relation) String() string {
	for text, known := range relations {
		if known == r {
			return text
		}
	}
	return "?"
}

// sideText puts parentheses where the sides would else be grouped otherwise, and where people would not know.
func sideText(s Spans, of Relation, right bool) string {
	text := stageText(s)
	if c, ok := s.(*Combine); ok && (c.Op.rank() < of.rank() || c.Op.rank() == of.rank() && (right || c.Op != of)) {
		return "(" + text + ")"
	}
	return text
}

func numberText(n Number) string {
	switch n := n.(type) {
	case *Aggregate:
		if n.Expr == nil {
			return n.Func + "()"
		}
		return n.Func + "(" + exprText(n.Expr) + ")"
	case *Piped:
		return "(" + pipelineText(n.Stages) + " | " + numberText(n.Of) + ")"
	case *Calc:
		side := func(s Number, right bool) string {
			if c, ok := s.(*Calc); ok && parens(c.Op, n.Op, right) {
				return "(" + numberText(s) + ")"
			}
			return numberText(s)
		}
		return side(n.Left, false) + " " + n.Op.String() + " " + side(n.Right, true)
	case *Static:
		return n.Value.String()
	}
	return "?"
}

func figureText(f Figure) string {
	switch f := f.(type) {
	case *Query:
		return "(" + f.String() + ")"
	case *Static:
		return f.Value.String()
	case *Arithmetic:
		side := func(s Figure, right bool) string {
			if a, ok := s.(*Arithmetic); ok && parens(a.Op, f.Op, right) {
				return "(" + figureText(s) + ")"
			}
			return figureText(s)
		}
		return side(f.Left, false) + " " + f.Op.String() + " " + side(f.Right, true)
	}
	return "?"
}

// parens tells whether an operand needs parentheses within an expression of the operator.
func parens(inner, outer Op, right bool) bool {
	if opRanks[inner] != opRanks[outer] {
		return opRanks[inner] < opRanks[outer]
	}
	if outer == OpPow {
		return !right
	}
	return right || inner != outer
}

func exprText(e Expr) string {
	switch e := e.(type) {
	case *Static:
		return e.Value.String()
	case *Field:
		return e.Attr.String()
	case *Unary:
		inner := exprText(e.Expr)
		if _, ok := e.Expr.(*Binary); ok {
			inner = "(" + inner + ")"
		}
		return e.Op.String() + inner
	case *Binary:
		side := func(s Expr, right bool) string {
			if b, ok := s.(*Binary); ok && parens(b.Op, e.Op, right) {
				return "(" + exprText(s) + ")"
			}
			return exprText(s)
		}
		return side(e.Left, false) + " " + e.Op.String() + " " + side(e.Right, true)
	}
	return "?"
}

var scopeTexts = [...]string{Intrinsic: "", Unscoped: ".", SpanScope: "span.", ResourceScope: "resource.", EventScope: "event.", LinkScope: "link.", InstrumentationScope: "instrumentation."}

// String is the attribute as a query names it.
func (a Attr) String() string {
	prefix, key := scopeTexts[a.Scope], a.Key
	if a.Scope != Intrinsic && a.needsQuotes() {
		key = strconv.Quote(key)
	}
	if !a.Parent {
		return prefix + key
	}
	return "parent." + strings.TrimPrefix(prefix, ".") + key
}

func (a Attr) needsQuotes() bool {
	for _, r := range a.Key {
		if !isKeyRune(r) {
			return true
		}
	}
	if a.Scope != Unscoped {
		return false
	}
	if !a.Parent {
		return a.Key != "" && a.Key[0] >= '0' && a.Key[0] <= '9' // a dot and a digit begin a number
	}
	field, ok := intrinsicOf(a.Key)
	return ok && field.ofSpan || strings.HasPrefix(a.Key, "span.") || strings.HasPrefix(a.Key, "resource.")
}

// String is the value as a query has it.
func (v Value) String() string {
	switch v.Type {
	case TypeString:
		return strconv.Quote(v.Text)
	case TypeInt:
		return strconv.FormatInt(v.Int, 10)
	case TypeFloat:
		text := strconv.FormatFloat(v.Float, 'g', -1, 64)
		if !strings.ContainsAny(text, ".eIN") {
			text += ".0"
		}
		return text
	case TypeBool:
		return strconv.FormatBool(v.Bool)
	case TypeDuration:
		return v.Duration().String()
	case TypeStatus:
		return v.Status().String()
	case TypeKind:
		return v.Kind().String()
	}
	return "nil"
}

// String is the function with its arguments.
func (m *Metrics) String() string {
	var args []string
	if m.Expr != nil {
		args = append(args, exprText(m.Expr))
	}
	for _, q := range m.Quantiles {
		args = append(args, Value{Type: TypeFloat, Float: q}.String())
	}
	if m.Selection != nil {
		args = append(args, m.Selection.String())
		if m.Top > 0 {
			args = append(args, strconv.Itoa(m.Top))
		}
		if m.To > 0 {
			args = append(args, strconv.FormatInt(m.From, 10), strconv.FormatInt(m.To, 10))
		}
	}
	text := m.Func + "(" + strings.Join(args, ", ") + ")"
	if len(m.By) > 0 {
		text += " by (" + joined(m.By, Attr.String) + ")"
	}
	return text
}
