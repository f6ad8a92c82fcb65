package traceql

import (
	"fmt"
	"slices"
	"strings"
)

// Parse reads a query; every error is an *Error.
func Parse(text string) (*Query, error) {
	q, err := parse(text)
	if err != nil {
		return nil, err
	}
	return q, nil
}

func parse(text string) (*Query, *Error) {
	tokens, err := scan(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	if p.end() {
		return nil, fail(0, "the query is empty; {} finds every trace")
	}
	q := &Query{}
	if q.Stages, q.Metrics, err = p.pipeline(true); err != nil {
		return nil, err
	}
	for q.Metrics != nil && !p.end() && !p.isWord("with") {
		limit, err := p.limit()
		if err != nil {
			return nil, err
		}
		q.After = append(q.After, limit)
	}
	if p.isWord("with") {
		if q.Hints, err = p.hints(); err != nil {
			return nil, err
		}
	}
	if !p.end() {
		return nil, p.unexpected("the end of the query")
	}
	return q, nil
}

type parser struct {
	tokens []token
	at     int
	depth  int
}

func (p *parser) peek() token { return p.tokens[p.at] }
func (p *parser) end() bool   { return p.peek().kind == tokenEnd }

func (p *parser) take() token {
	t := p.peek()
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

func (p *parser) isSign(sign string) bool {
	t := p.peek()
	return t.kind == tokenSign && t.text == sign
}

func (p *parser) isWord(words ...string) bool {
	t := p.peek()
	return t.kind == tokenWord && slices.Contains(words, t.text)
}

func (p *parser) accept(sign string) bool {
	if !p.isSign(sign) {
		return false
	}
	p.at++
	return true
}

func (p *parser) expect(sign string) *Error {
	if !p.accept(sign) {
		return p.unexpected(fmt.Sprintf("%q", sign))
	}
	return nil
}

func (p *parser) unexpected(want string) *Error {
	t := p.peek()
	if t.kind == tokenEnd {
		return fail(t.pos, "the query ends where %s is expected", want)
	}
	return fail(t.pos, "%q stands where %s is expected", t.text, want)
}

func (p *parser) enter() *Error {
	if p.depth++; p.depth > MaxDepth {
		return fail(p.peek().pos, "the query is nested deeper than %d", MaxDepth)
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

var (
	aggregates = []string{"count", "avg", "min", "max", "sum"}
	metrics    = []string{"rate", "count_over_time", "min_over_time", "max_over_time", "avg_over_time", "sum_over_time", "quantile_over_time", "histogram_over_time", "compare"}
	limits     = []string{"topk", "bottomk"}
)

// pipeline reads stages up to what is no stage. Metrics come last, and not within parentheses.
func (p *parser) pipeline(outer bool) ([]Stage, *Metrics, *Error) {
	var stages []Stage
	for {
		if p.isWord(metrics...) {
			at := p.peek().pos
			switch {
			case !outer:
				return nil, nil, fail(at, "%s can't stand in parentheses", p.peek().text)
			case len(stages) == 0:
				return nil, nil, fail(at, "%s needs spans: begin with {} |", p.peek().text)
			}
			m, err := p.metrics()
			return stages, m, err
		}
		if p.isWord(limits...) {
			return nil, nil, fail(p.peek().pos, "%s needs series: put it behind rate() or another metrics function", p.peek().text)
		}
		stage, err := p.stage()
		if err != nil {
			return nil, nil, err
		}
		stages = append(stages, stage)
		if !p.accept("|") {
			return stages, nil, nil
		}
	}
}

func (p *parser) stage() (Stage, *Error) {
	t := p.peek()
	switch {
	case p.isSign("{"), p.isSign("(") && p.spansFollow():
		return p.spans(0)
	case p.isWord("by"):
		p.take()
		exprs, err := list(p, func() (Expr, *Error) { return p.valueExpr() })
		return &By{exprs}, err
	case p.isWord("coalesce"):
		p.take()
		if err := p.expect("("); err != nil {
			return nil, err
		}
		return &Coalesce{}, p.expect(")")
	case p.isWord("select"):
		p.take()
		attrs, err := list(p, p.attr)
		return &Select{attrs}, err
	case p.isWord(aggregates...), p.isSign("("), p.isSign("-"), t.kind == tokenValue:
		return p.scalar()
	}
	return nil, p.unexpected("a span set such as { status = error }, or a stage such as count() > 2")
}

// spansFollow tells a span set in parentheses from a number in them.
func (p *parser) spansFollow() bool {
	for _, t := range p.tokens[p.at:] {
		if t.kind != tokenSign || t.text != "(" {
			return t.kind == tokenSign && t.text == "{" || t.kind == tokenWord && (t.text == "by" || t.text == "select" || t.text == "coalesce")
		}
	}
	return false
}

// list reads one or more in parentheses.
func list[T any](p *parser, one func() (T, *Error)) ([]T, *Error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var all []T
	for {
		v, err := one()
		if err != nil {
			return nil, err
		}
		all = append(all, v)
		if !p.accept(",") {
			return all, p.expect(")")
		}
	}
}

var relations = map[string]Relation{
	"&&": {Kind: And}, "||": {Kind: Or},
	">": {Kind: Child}, ">>": {Kind: Descendant}, "<": {Kind: Parent}, "<<": {Kind: Ancestor}, "~": {Kind: Sibling},
	"!>": {Kind: Child, Negate: true}, "!>>": {Kind: Descendant, Negate: true}, "!<": {Kind: Parent, Negate: true}, "!<<": {Kind: Ancestor, Negate: true}, "!~": {Kind: Sibling, Negate: true},
	"&>": {Kind: Child, Union: true}, "&>>": {Kind: Descendant, Union: true}, "&<": {Kind: Parent, Union: true}, "&<<": {Kind: Ancestor, Union: true}, "&~": {Kind: Sibling, Union: true},
}

func (r Relation) rank() int {
	if r.Kind == And || r.Kind == Or {
		return 1
	}
	return 2
}

// spans reads span sets and what joins them: && and || rank alike, structure binds tighter, and all group from the left.
func (p *parser) spans(rank int) (Spans, *Error) {
	left, err := p.oneSpans()
	for err == nil {
		t := p.peek()
		r, ok := relations[t.text]
		if t.kind != tokenSign || !ok || r.rank() <= rank {
			return left, nil
		}
		p.take()
		var right Spans
		if right, err = p.spans(r.rank()); err == nil {
			left = &Combine{r, left, right}
		}
	}
	return nil, err
}

func (p *parser) oneSpans() (Spans, *Error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	if p.isSign("{") {
		return p.filter()
	}
	if !p.accept("(") {
		return nil, p.unexpected("a span set such as { status = error }")
	}
	at := p.peek().pos
	stages, _, err := p.pipeline(false)
	if err != nil {
		return nil, err
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	if inner, ok := stages[0].(Spans); ok && len(stages) == 1 {
		return inner, nil
	}
	if _, ok := stages[0].(Spans); !ok {
		return nil, fail(at, "parentheses around a pipeline begin with a span set")
	}
	return &Wrapped{stages}, nil
}

func (p *parser) filter() (*Filter, *Error) {
	if err := p.expect("{"); err != nil {
		return nil, err
	}
	if p.accept("}") {
		return &Filter{}, nil
	}
	at := p.peek().pos
	e, kind, err := p.expr(0)
	if err != nil {
		return nil, err
	}
	if !p.isSign("}") {
		return nil, p.unexpected(`"}" or an operator`)
	}
	if kind != TypeBool && kind != TypeAny {
		return nil, fail(at, "a condition is true or false, this is %s; compare it with something", kindNames[kind])
	}
	p.take()
	return &Filter{e}, nil
}

func (p *parser) attr() (Attr, *Error) {
	t := p.peek()
	if t.kind == tokenAttr {
		p.take()
		return t.attr, nil
	}
	if t.kind == tokenWord {
		if f, ok := intrinsicOf(t.text); ok {
			p.take()
			return Attr{Scope: Intrinsic, Key: f.name}, nil
		}
		return Attr{}, fail(t.pos, "there is no field %q%s", t.text, attrHint(t.text))
	}
	return Attr{}, p.unexpected("an attribute such as span.http.route")
}

func attrHint(word string) string {
	if strings.Contains(word, ":") {
		return ""
	}
	return fmt.Sprintf("; an attribute begins with its scope or a dot: span.%s or .%s", word, word)
}
