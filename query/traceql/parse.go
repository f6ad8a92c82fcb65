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
	q, number, err := p.pipeline(true)
	if err != nil {
		return nil, err
	}
	if number != nil {
		return nil, p.unexpected("a comparison such as > 2")
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

// pipeline reads stages up to what is no stage, and what makes series of them. Within parentheses it may end in a number, which is then
// told apart.
func (p *parser) pipeline(outer bool) (*Query, Number, *Error) {
	q := &Query{}
	grouped := -1 // where by() stands whose groups are apart
	for {
		at := p.peek().pos
		if p.isWord(metrics...) {
			if len(q.Stages) == 0 {
				return nil, nil, fail(at, "%s needs spans: begin with {} |", p.peek().text)
			}
			var err *Error
			if q.Metrics, err = p.metrics(); err != nil {
				return nil, nil, err
			}
			return q, nil, p.limits(q)
		}
		if p.isWord(limits...) {
			return nil, nil, fail(at, "%s needs series: put it behind rate() or another metrics function", p.peek().text)
		}
		stage, rest, err := p.stage()
		switch {
		case err != nil:
			return nil, nil, err
		case rest.figure != nil && len(q.Stages) > 0:
			return nil, nil, fail(at, "a span set or a stage stands here, and this makes series")
		case rest.figure != nil:
			q = asQuery(rest.figure)
			return q, nil, p.limits(q)
		case rest.number != nil && (outer || !p.isSign(")")):
			return nil, nil, p.unexpected("a comparison such as > 2")
		case rest.number != nil && grouped >= 0:
			return nil, nil, fail(grouped, "by() makes several numbers, and one is compared; put coalesce() behind it")
		case rest.number != nil:
			return q, rest.number, nil
		}
		switch stage.(type) {
		case *By:
			grouped = at
		case *Coalesce:
			grouped = -1
		}
		q.Stages = append(q.Stages, stage)
		if !p.accept("|") {
			return q, nil, nil
		}
	}
}

// limits reads what stands behind series.
func (p *parser) limits(q *Query) *Error {
	for !p.end() && !p.isSign(")") && !p.isWord("with") && !p.calculates() {
		limit, err := p.limit()
		if err != nil {
			return err
		}
		q.After = append(q.After, limit)
	}
	if p.calculates() {
		return fail(p.peek().pos, "arithmetic between series wants each of them in parentheses: ({ } | rate()) / ({ } | rate())")
	}
	return nil
}

// calculates tells whether an arithmetic sign comes next.
func (p *parser) calculates() bool {
	op, ok := opOf(p.peek())
	return ok && op.calculates()
}

// stage reads one; a number that is compared with nothing and what makes series are no stage, and told apart.
func (p *parser) stage() (Stage, term, *Error) {
	t := p.peek()
	switch {
	case p.isWord("by"):
		p.take()
		exprs, err := list(p, func() (Expr, *Error) { return p.valueExpr() })
		return &By{exprs}, term{}, err
	case p.isWord("coalesce"):
		p.take()
		if err := p.expect("("); err != nil {
			return nil, term{}, err
		}
		return &Coalesce{}, term{}, p.expect(")")
	case p.isWord("select"):
		p.take()
		attrs, err := list(p, p.attr)
		return &Select{attrs}, term{}, err
	case p.isWord(aggregates...), p.isSign("{"), p.isSign("("), p.isSign("-"), t.kind == tokenValue:
		found, err := p.term(0)
		switch {
		case err != nil:
			return nil, term{}, err
		case found.spans != nil:
			return found.spans, term{}, nil
		case found.number != nil && p.compares():
			stage, err := p.scalar(t.pos, found.number)
			return stage, term{}, err
		}
		return nil, found, nil
	}
	return nil, term{}, p.unexpected("a span set such as { status = error }, or a stage such as count() > 2")
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
