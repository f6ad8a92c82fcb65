package traceql

// metrics reads a metrics function.
func (p *parser) metrics() (*Metrics, *Error) {
	m := &Metrics{Func: p.take().text}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	if err := p.arguments(m); err != nil {
		return nil, err
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	if !p.isWord("by") {
		return m, nil
	}
	at := p.peek().pos
	if m.Func == "compare" {
		return nil, fail(at, "compare has no by(): it tells all attributes")
	}
	p.take()
	var err *Error
	m.By, err = list(p, p.attr)
	return m, err
}

func (p *parser) arguments(m *Metrics) (err *Error) {
	switch m.Func {
	case "rate", "count_over_time":
		return nil
	case "compare":
		return p.comparison(m)
	}
	if m.Expr, err = p.numberExpr(m.Func); err != nil || m.Func != "quantile_over_time" {
		return err
	}
	for p.accept(",") {
		at := p.peek().pos
		v, err := p.numeral()
		if err != nil {
			return err
		}
		if v.Type == TypeInt {
			v.Float = float64(v.Int)
		}
		if v.Type == TypeDuration || v.Float < 0 || v.Float > 1 {
			return fail(at, "a quantile is a number from 0 to 1, such as 0.99")
		}
		m.Quantiles = append(m.Quantiles, v.Float)
	}
	if len(m.Quantiles) == 0 {
		return p.unexpected("a quantile, as in quantile_over_time(duration, 0.99)")
	}
	return nil
}

// maxTop is how many values of an attribute compare tells at most.
const maxTop = 1000

func (p *parser) comparison(m *Metrics) (err *Error) {
	if m.Selection, err = p.filter(); err != nil {
		return err
	}
	whole := func() (Value, int, *Error) {
		at := p.peek().pos
		v, err := p.numeral()
		if err == nil && (v.Type != TypeInt || v.Int < 0) {
			err = fail(at, "expected a whole number")
		}
		return v, at, err
	}
	if p.accept(",") {
		v, at, err := whole()
		if err != nil {
			return err
		}
		if v.Int < 1 || v.Int > maxTop {
			return fail(at, "compare tells 1 to %d values of each attribute", maxTop)
		}
		m.Top = int(v.Int)
	}
	if p.accept(",") {
		from, _, err := whole()
		if err != nil {
			return err
		}
		if err := p.expect(","); err != nil {
			return err
		}
		to, at, err := whole()
		if err != nil {
			return err
		}
		if to.Int <= from.Int {
			return fail(at, "the selection ends before it begins; both are nanoseconds since 1970")
		}
		m.From, m.To = from.Int, to.Int
	}
	return nil
}

// limit reads what stands behind a metrics function: | topk(5), or > 10.
func (p *parser) limit() (Limit, *Error) {
	if op, ok := opOf(p.peek()); ok && op.compares() && op != OpMatch && op != OpNotMatch {
		p.take()
		v, err := p.numeral()
		return Limit{Op: op, Value: v}, err
	}
	if !p.accept("|") {
		return Limit{}, p.unexpected("topk(), bottomk() or a comparison")
	}
	if !p.isWord(limits...) {
		return Limit{}, p.unexpected("topk() or bottomk()")
	}
	l := Limit{Func: p.take().text}
	if err := p.expect("("); err != nil {
		return l, err
	}
	at := p.peek().pos
	v, err := p.numeral()
	if err != nil {
		return l, err
	}
	if v.Type != TypeInt || v.Int < 1 || v.Int > 10_000 {
		return l, fail(at, "%s keeps 1 to 10000 series", l.Func)
	}
	l.Count = int(v.Int)
	return l, p.expect(")")
}

// hints reads with(name = value, ...).
func (p *parser) hints() ([]Hint, *Error) {
	p.take()
	return list(p, func() (h Hint, err *Error) {
		t := p.peek()
		if t.kind != tokenWord {
			return h, p.unexpected("the name of a hint")
		}
		p.take()
		h.Name = t.text
		if err := p.expect("="); err != nil {
			return h, err
		}
		e, _, err := p.unary()
		if err != nil {
			return h, err
		}
		s, ok := e.(*Static)
		if !ok {
			return h, fail(t.pos, "a hint's value is a number, true, false or text")
		}
		h.Value = s.Value
		return h, nil
	})
}
