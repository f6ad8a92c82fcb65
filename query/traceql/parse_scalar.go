package traceql

// compares tells whether a comparison of numbers comes next.
func (p *parser) compares() bool {
	op, ok := opOf(p.peek())
	return ok && op.compares() && op != OpMatch && op != OpNotMatch
}

// scalar reads a comparison of numbers behind the left one, which begins at a byte.
func (p *parser) scalar(at int, left Number) (*Scalar, *Error) {
	op, _ := opOf(p.take())
	rightAt := p.peek().pos
	right, err := p.term(opRanks[op])
	switch {
	case err != nil:
		return nil, err
	case right.number == nil:
		return nil, right.instead(rightAt, "a number is expected here")
	case !aggregated(left) && !aggregated(right.number):
		return nil, fail(at, "this compares numbers alone; count(), avg(), min(), max() or sum() is missing")
	}
	return &Scalar{op, left, right.number}, nil
}

func aggregated(n Number) bool {
	switch n := n.(type) {
	case *Aggregate, *Piped:
		return true
	case *Calc:
		return aggregated(n.Left) || aggregated(n.Right)
	}
	return false
}

func (p *parser) aggregate() (*Aggregate, *Error) {
	a := &Aggregate{Func: p.take().text}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	if a.Func != "count" {
		var err *Error
		if a.Expr, err = p.numberExpr(a.Func); err != nil {
			return nil, err
		}
	}
	return a, p.expect(")")
}

// numeral reads a number or duration with its sign.
func (p *parser) numeral() (Value, *Error) {
	minus := p.accept("-")
	t := p.peek()
	if t.kind != tokenValue || !isNumber(t.value.Type) {
		return Value{}, p.unexpected("a number or an aggregate such as count()")
	}
	p.take()
	if minus {
		return negate(t.value), nil
	}
	return t.value, nil
}

func negate(v Value) Value {
	v.Int, v.Float = -v.Int, -v.Float
	return v
}
