package traceql

import (
	"cmp"
	"math"
	"strconv"

	"github.com/sightline/sightline/storage/traces"
)

// valueOf is an attribute's value. What the language has no type for, such as lists, is of TypeAny: present, and equal to nothing.
func valueOf(a *traces.Attr) Value {
	switch a.Type {
	case traces.ValueString:
		return Value{Type: TypeString, Text: a.Text}
	case traces.ValueBool:
		return Value{Type: TypeBool, Bool: a.Text == "true"}
	case traces.ValueInt:
		n, _ := strconv.ParseInt(a.Text, 10, 64)
		return Value{Type: TypeInt, Int: n}
	case traces.ValueFloat:
		f, _ := strconv.ParseFloat(a.Text, 64)
		return Value{Type: TypeFloat, Float: f}
	}
	return Value{Type: TypeAny, Text: a.Text}
}

// number is a number as a float; durations in ns.
func number(v Value) float64 {
	if v.Type == TypeFloat {
		return v.Float
	}
	return float64(v.Int)
}

// compareValues tells whether a comparison holds; values of different types are unequal and in no order.
func compareValues(op Op, a, b Value) bool {
	switch op {
	case OpNe:
		return !compareValues(OpEq, a, b)
	case OpMatch, OpNotMatch:
		panic("regular expressions are matched by eval")
	}
	sign := 0
	switch {
	case a.Type == TypeFloat && isNumber(b.Type), b.Type == TypeFloat && isNumber(a.Type):
		x, y := number(a), number(b)
		if math.IsNaN(x) || math.IsNaN(y) {
			return false
		}
		sign = cmp.Compare(x, y)
	case isNumber(a.Type) && isNumber(b.Type):
		sign = cmp.Compare(a.Int, b.Int)
	case a.Type != b.Type, a.Type == TypeAny, a.Type == TypeNil:
		return false
	case a.Type == TypeString:
		sign = cmp.Compare(a.Text, b.Text)
	case a.Type == TypeBool:
		return op == OpEq && a.Bool == b.Bool
	default: // status, kind
		return op == OpEq && a.Int == b.Int
	}
	switch op {
	case OpEq:
		return sign == 0
	case OpGt:
		return sign > 0
	case OpGe:
		return sign >= 0
	case OpLt:
		return sign < 0
	}
	return sign <= 0
}

// calculate is arithmetic; ok is false where there is no result. Whole numbers stay whole but for / and ^; what is made of a duration
// and a number is a duration, and a duration by a duration is a number.
func calculate(op Op, a, b Value) (v Value, ok bool) {
	if !isNumber(a.Type) || !isNumber(b.Type) {
		return v, false
	}
	if a.Type == TypeInt && b.Type == TypeInt {
		switch op {
		case OpAdd:
			return Value{Type: TypeInt, Int: a.Int + b.Int}, true
		case OpSub:
			return Value{Type: TypeInt, Int: a.Int - b.Int}, true
		case OpMul:
			return Value{Type: TypeInt, Int: a.Int * b.Int}, true
		case OpMod:
			if b.Int == 0 {
				return v, false
			}
			return Value{Type: TypeInt, Int: a.Int % b.Int}, true
		}
	}
	x, y := number(a), number(b)
	switch op {
	case OpAdd:
		x += y
	case OpSub:
		x -= y
	case OpMul:
		x *= y
	case OpDiv:
		x /= y
	case OpMod:
		x = math.Mod(x, y)
	case OpPow:
		x = math.Pow(x, y)
	}
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return v, false
	}
	durations := a.Type == TypeDuration || b.Type == TypeDuration
	if op == OpPow || op == OpDiv && b.Type == TypeDuration || math.Abs(x) >= math.MaxInt64 {
		durations = false
	}
	if durations {
		return Value{Type: TypeDuration, Int: int64(x)}, true
	}
	return Value{Type: TypeFloat, Float: x}, true
}
