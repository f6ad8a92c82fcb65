package traceql

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/sightline/sightline/storage/traces"
)

var kindNames = [...]string{TypeNil: "nil", TypeString: "text", TypeInt: "a number", TypeFloat: "a number", TypeBool: "true or false",
	TypeDuration: "a duration", TypeStatus: "a status", TypeKind: "a kind", TypeAny: "anything"}

func isNumber(t Type) bool { return t == TypeInt || t == TypeFloat || t == TypeDuration }

// opRanks: what ranks higher binds tighter; ! and the sign bind tightest.
var opRanks = [...]int{OpOr: 1, OpAnd: 1, OpEq: 2, OpNe: 2, OpMatch: 2, OpNotMatch: 2, OpGt: 2, OpGe: 2, OpLt: 2, OpLe: 2,
	OpAdd: 3, OpSub: 3, OpMul: 4, OpDiv: 4, OpMod: 4, OpPow: 5, OpNot: 9}

func opOf(t token) (Op, bool) {
	if t.kind != tokenSign {
		return 0, false
	}
	i := slices.Index(opTexts[:], t.text)
	return Op(max(i, 0)), i >= 0 && Op(i) != OpNot
}

// words that are values.
var valueWords = func() map[string]Value {
	words := map[string]Value{"nil": {}, "true": {Type: TypeBool, Bool: true}, "false": {Type: TypeBool}}
	for s := traces.StatusUnset; s <= traces.StatusError; s++ {
		words[s.String()] = Value{Type: TypeStatus, Int: int64(s)}
	}
	for k := traces.KindUnspecified; k <= traces.KindConsumer; k++ {
		words[k.String()] = Value{Type: TypeKind, Int: int64(k)}
	}
	return words
}()

// expr reads an expression over a span and tells its type.
func (p *parser) expr(rank int) (Expr, Type, *Error) {
	at := p.peek().pos
	left, kind, err := p.unary()
	for err == nil {
		t := p.peek()
		op, ok := opOf(t)
		if !ok || opRanks[op] <= rank {
			return left, kind, nil
		}
		p.take()
		next := opRanks[op]
		if op == OpPow {
			next-- // groups from the right
		}
		rightAt := p.peek().pos
		var right Expr
		var rightKind Type
		if right, rightKind, err = p.expr(next); err != nil {
			break
		}
		if kind, err = check(op, t.pos, operand{left, kind, at}, operand{right, rightKind, rightAt}); err == nil {
			left = &Binary{op, left, right}
		}
	}
	return nil, 0, err
}

type operand struct {
	expr Expr
	kind Type
	at   int
}

// check gives the type of a binary expression.
func check(op Op, at int, left, right operand) (Type, *Error) {
	sides := []operand{left, right}
	switch {
	case op == OpAnd || op == OpOr:
		for _, s := range sides {
			if s.kind != TypeBool && s.kind != TypeAny {
				return 0, fail(s.at, "%s joins conditions, and this is %s; compare it with something", op, kindNames[s.kind])
			}
		}
		return TypeBool, nil
	case op == OpMatch || op == OpNotMatch:
		pattern, ok := right.expr.(*Static)
		if !ok || pattern.Type != TypeString {
			return 0, fail(right.at, "%s takes a regular expression in quotes", op)
		}
		if left.kind != TypeString && left.kind != TypeAny {
			return 0, fail(left.at, "%s compares text, and this is %s", op, kindNames[left.kind])
		}
		if _, err := regexp.Compile(anchored(pattern.Text)); err != nil {
			reason := err.Error()
			if e, ok := err.(*syntax.Error); ok {
				reason = e.Code.String()
			}
			return 0, fail(right.at, "this is no regular expression: %s (RE2 syntax)", reason)
		}
		return TypeBool, nil
	case op.compares():
		return TypeBool, checkOrder(op, at, left, right)
	}
	kind := TypeInt
	for _, s := range sides {
		switch {
		case s.kind == TypeAny:
		case !isNumber(s.kind):
			return 0, fail(s.at, "%s takes numbers, and this is %s", op, kindNames[s.kind])
		}
		kind = max(kind, s.kind)
	}
	if kind == TypeAny {
		return TypeFloat, nil // a number, whatever the attribute is
	}
	return kind, nil
}

func checkOrder(op Op, at int, left, right operand) *Error {
	equality := op == OpEq || op == OpNe
	if left.kind == TypeNil || right.kind == TypeNil {
		if !equality {
			return fail(at, "nil is compared with = and != only")
		}
		if left.kind == right.kind {
			return fail(at, "this compares nil with itself")
		}
		other := left
		if left.kind == TypeNil {
			other = right
		}
		if _, ok := other.expr.(*Field); !ok {
			return fail(other.at, "only an attribute or a field can be nil")
		}
		return nil
	}
	if left.kind != TypeAny && right.kind != TypeAny && left.kind != right.kind && (!isNumber(left.kind) || !isNumber(right.kind)) {
		return fail(right.at, "%s is compared with %s here, and this is %s", describe(left), kindNames[left.kind], kindNames[right.kind])
	}
	for _, s := range []operand{left, right} {
		if !equality && (s.kind == TypeBool || s.kind == TypeStatus || s.kind == TypeKind) {
			return fail(at, "%s has no order; compare it with = and !=", kindNames[s.kind])
		}
	}
	return nil
}

func describe(o operand) string {
	if f, ok := o.expr.(*Field); ok {
		return f.String()
	}
	return "this"
}

func (p *parser) unary() (Expr, Type, *Error) {
	if err := p.enter(); err != nil {
		return nil, 0, err
	}
	defer p.leave()
	t := p.peek()
	switch {
	case p.accept("("):
		e, kind, err := p.expr(0)
		if err != nil {
			return nil, 0, err
		}
		if !p.isSign(")") {
			return nil, 0, p.unexpected(`")" or an operator`)
		}
		p.take()
		return e, kind, nil
	case p.accept("!"):
		at := p.peek().pos
		e, kind, err := p.unary()
		if err == nil && kind != TypeBool && kind != TypeAny {
			err = fail(at, `"!" turns a condition round, and this is %s`, kindNames[kind])
		}
		return &Unary{OpNot, e}, TypeBool, err
	case p.accept("-"):
		at := p.peek().pos
		e, kind, err := p.unary()
		if err != nil {
			return nil, 0, err
		}
		if s, ok := e.(*Static); ok && isNumber(kind) {
			return &Static{negate(s.Value)}, kind, nil
		}
		if kind != TypeAny && !isNumber(kind) {
			return nil, 0, fail(at, `"-" takes a number, and this is %s`, kindNames[kind])
		}
		if kind == TypeAny {
			kind = TypeFloat
		}
		return &Unary{OpSub, e}, kind, nil
	case t.kind == tokenValue:
		p.take()
		return &Static{t.value}, t.value.Type, nil
	case t.kind == tokenAttr:
		p.take()
		return &Field{t.attr}, t.attr.kind(), nil
	case t.kind == tokenWord:
		if f, ok := intrinsicOf(t.text); ok {
			p.take()
			return &Field{Attr{Scope: Intrinsic, Key: f.name}}, f.kind, nil
		}
		if v, ok := valueWords[t.text]; ok {
			p.take()
			return &Static{v}, v.Type, nil
		}
		if f, ok := intrinsicOf(strings.ToLower(t.text)); ok {
			return nil, 0, fail(t.pos, "there is no field %q; it is written %s", t.text, f.name)
		}
		return nil, 0, fail(t.pos, "there is no field %q%s; text stands in quotes", t.text, attrHint(t.text))
	}
	return nil, 0, p.unexpected("an attribute, a field or a value")
}

// anchored is a regular expression that covers the whole text; "." matches newlines too, as in ClickHouse.
func anchored(re string) string { return "(?s:^(?:" + re + ")$)" }

// valueExpr reads an expression that is a value to group by.
func (p *parser) valueExpr() (Expr, *Error) {
	e, _, err := p.expr(0)
	return e, err
}

// numberExpr reads an expression that may be a number.
func (p *parser) numberExpr(of string) (Expr, *Error) {
	at := p.peek().pos
	e, kind, err := p.expr(0)
	if err != nil {
		return nil, err
	}
	if kind != TypeAny && !isNumber(kind) {
		return nil, fail(at, "%s takes a number, and this is %s", of, kindNames[kind])
	}
	if s, ok := e.(*Static); ok {
		return nil, fail(at, "%s takes an attribute or a field, and %s is always the same", of, s.String())
	}
	return e, nil
}
