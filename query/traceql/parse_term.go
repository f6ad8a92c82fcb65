package traceql

// term is what stands between operators: a span set, a number of one, or series.
type term struct {
	spans  Spans
	number Number
	figure Figure
}

// maxFigures is how many metrics queries arithmetic may join: each is answered for itself.
const maxFigures = 10

// term reads operands and what joins them. Among span sets && and || rank alike, structure binds tighter, and all group from the left.
func (p *parser) term(rank int) (term, *Error) {
	at := p.peek().pos
	left, err := p.operand()
	for err == nil {
		t := p.peek()
		op, ok := opOf(t)
		r, related := relations[t.text]
		switch {
		case left.spans != nil && t.kind == tokenSign && related && r.rank() > rank:
			p.take()
			rightAt := p.peek().pos
			var right term
			if right, err = p.term(r.rank()); err == nil && right.spans == nil {
				err = right.instead(rightAt, "a span set is expected here")
			}
			left.spans = &Combine{r, left.spans, right.spans}
		case left.spans == nil && ok && op.calculates() && opRanks[op] > rank:
			p.take()
			next := opRanks[op]
			if op == OpPow {
				next-- // groups from the right
			}
			rightAt := p.peek().pos
			var right term
			if right, err = p.term(next); err == nil {
				left, err = calculation(op, t.pos, left, at, right, rightAt)
			}
		default:
			return left, nil
		}
	}
	return term{}, err
}

// instead is the error where something else is expected.
func (t term) instead(at int, expected string) *Error {
	switch {
	case t.spans != nil:
		return fail(at, "%s, and this is a span set; a number of it is ({ } | count())", expected)
	case t.number != nil:
		return fail(at, "%s, and this is a number", expected)
	}
	return fail(at, "%s, and this makes series", expected)
}

// calculation joins numbers, or series with each other and with numbers.
func calculation(op Op, opAt int, left term, leftAt int, right term, rightAt int) (term, *Error) {
	switch {
	case right.spans != nil:
		return term{}, right.instead(rightAt, "a number is expected here")
	case left.number != nil && right.number != nil:
		return term{number: &Calc{op, left.number, right.number}}, nil
	case op == OpMod || op == OpPow:
		return term{}, fail(opAt, "series are joined by +, -, * and /")
	}
	l, ok := left.asFigure()
	if !ok {
		return term{}, fail(leftAt, "series are calculated with series and plain numbers")
	}
	r, ok := right.asFigure()
	if !ok {
		return term{}, fail(rightAt, "series are calculated with series and plain numbers")
	}
	joint := &Arithmetic{op, l, r}
	if queries(joint) > maxFigures {
		return term{}, fail(rightAt, "one query calculates with %d series at most", maxFigures)
	}
	return term{figure: joint}, nil
}

// asFigure turns numbers that the query itself holds into terms of arithmetic between series.
func (t term) asFigure() (Figure, bool) {
	if t.figure != nil {
		return t.figure, true
	}
	switch n := t.number.(type) {
	case *Static:
		return n, n.Type != TypeDuration
	case *Calc:
		left, ok := term{number: n.Left}.asFigure()
		right, too := term{number: n.Right}.asFigure()
		return &Arithmetic{n.Op, left, right}, ok && too && n.Op != OpMod && n.Op != OpPow
	}
	return nil, false
}

// queries counts what has to be asked.
func queries(f Figure) int {
	switch f := f.(type) {
	case *Arithmetic:
		return queries(f.Left) + queries(f.Right)
	case *Query:
		if f.Figures != nil {
			return queries(f.Figures)
		}
		return 1
	}
	return 0
}

// asQuery is a figure that has series, as a query.
func asQuery(f Figure) *Query {
	if q, ok := f.(*Query); ok {
		return q
	}
	return &Query{Figures: f.(*Arithmetic)}
}

func (p *parser) operand() (term, *Error) {
	if err := p.enter(); err != nil {
		return term{}, err
	}
	defer p.leave()
	switch {
	case p.isSign("{"):
		f, err := p.filter()
		return term{spans: f}, err
	case p.isSign("("):
		return p.parentheses()
	case p.isWord(aggregates...):
		a, err := p.aggregate()
		return term{number: a}, err
	}
	v, err := p.numeral()
	if err != nil {
		return term{}, err
	}
	return term{number: &Static{v}}, nil
}

// parentheses reads what stands in them: a span set, a pipeline, a number or what makes series.
func (p *parser) parentheses() (term, *Error) {
	p.take()
	at := p.peek().pos
	q, number, err := p.pipeline(false)
	if err != nil {
		return term{}, err
	}
	if !p.isSign(")") {
		return term{}, p.unexpected(`")" or an operator`)
	}
	p.take()
	switch {
	case q.IsMetrics():
		if q.Metrics != nil && q.Metrics.Func == "compare" {
			return term{}, fail(at, "compare() stands alone, without parentheses")
		}
		if q.Figures != nil && len(q.After) == 0 {
			return term{figure: q.Figures}, nil
		}
		return term{figure: q}, nil
	case number != nil && len(q.Stages) == 0:
		return term{number: number}, nil
	}
	_, begins := q.Stages[0].(Spans)
	switch {
	case number != nil && !begins, !begins && !piped(q.Stages[0]):
		return term{}, fail(at, "parentheses around a pipeline begin with a span set")
	case number != nil && !aggregated(number):
		return term{}, fail(at, "this is a number alone; count(), avg(), min(), max() or sum() is missing")
	case number != nil:
		return term{number: &Piped{q.Stages, number}}, nil
	case begins && len(q.Stages) == 1:
		return term{spans: q.Stages[0].(Spans)}, nil
	}
	return term{spans: &Wrapped{q.Stages}}, nil
}

// piped tells whether a stage compares what pipelines of its own make.
func piped(s Stage) bool {
	var of func(n Number) bool
	of = func(n Number) bool {
		switch n := n.(type) {
		case *Piped:
			return true
		case *Calc:
			return of(n.Left) || of(n.Right)
		}
		return false
	}
	c, ok := s.(*Scalar)
	return ok && (of(c.Left) || of(c.Right))
}
