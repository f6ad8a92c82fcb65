package traceql

// scalar reads a comparison of aggregates.
func (p *parser) scalar() (*Scalar, *Error) {
	at := p.peek().pos
	left, err := p.number(0)
	if err != nil {
		return nil, err
	}
	t := p.peek()
	op, ok := opOf(t)
	if !ok || !op.compares() || op == OpMatch || op == OpNotMatch {
		return nil, p.unexpected("a comparison such as > 2")
	}
	p.take()
	right, err := p.number(0)
	if err != nil {
		return nil, err
	}
	if !aggregated(left) && !aggregated(right) {
		return nil, fail(at, "this compares numbers alone; count(), avg(), min(), max() or sum() is missing")
	}
	return &Scalar{op, left, right}, nil
}

func aggregated(n Number) bool {
	switch n := n.(type) {
	case *Aggregate:
		return true
	case *Calc:
		return aggregated(n.Left) || aggregated(n.Right)
	}
	return false
}

func (p *parser) number(rank int) (Number, *Error) {
	left, err := p.oneNumber()
	for err == nil {
		op, ok := opOf(p.peek())
		if !ok || !op.calculates() || opRanks[op] <= rank {
			return left, nil
		}
		p.take()
		next := opRanks[op]
		if op == OpPow {
			next--
		}
		var right Number
		if right, err = p.number(next); err == nil {
			left = &Calc{op, left, right}
		}
	}
	return nil, err
}

func (p *parser) oneNumber() (Number, *Error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	t := p.peek()
	switch {
	case p.accept("("):
		n, err := p.number(0)
		if err != nil {
			return nil, err
		}
		return n, p.expect(")")
	case p.isWord(aggregates...):
		p.take()
		if err := p.expect("("); err != nil {
			return nil, err
		}
		a := &Aggregate{Func: t.text}
		if t.text != "count" {
			var err *Error
			if a.Expr, err = p.numberExpr(t.text); err != nil {
				return nil, err
			}
		}
		return a, p.expect(")")
	}
	v, err := p.numeral()
	if err != nil {
		return nil, err
	}
	return &Static{v}, nil
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
