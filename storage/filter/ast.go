// Package filter is the one predicate language of the product: an AST over a single item (a span, a log record), the parser of
// its short form and the printer back to canonical text. It knows no columns and no SQL: each signal's store prints the AST to
// its own tables, and the foreign dialects (TraceQL, X-Ray, LogQL) parse into the same AST.
package filter

import "time"

// Expr is a predicate on one item: And, Or, Not, Compare, Exists or Text. A nil Expr matches everything.
type Expr interface {
	// String is the canonical short form; Parse gives back an equal Expr.
	String() string
	isExpr()
}

// And holds where all of its parts hold. Build it with AllOf, which keeps it flat.
type And []Expr

// Or holds where any of its parts holds. Build it with AnyOf, which keeps it flat.
type Or []Expr

// Not holds where its part does not, so also where the attribute asked for is missing (Compare with Ne wants it present).
type Not struct{ Expr Expr }

// Compare holds where the attribute is present and compares so. An attribute that exists many times (events, links, Any)
// matches if one of its values does. Values of another type than Value's are unequal to it and never in an order with it.
//
// For Ne, NotMatch and NotLike an attribute must be present and not compare; intrinsics that are plain text (env, peer, ...)
// count as present when they are empty.
type Compare struct {
	Attr  Attr
	Op    Op
	Value Value
}

// Exists holds where the attribute is present, whatever its type and value; for an intrinsic, where it is not empty.
type Exists struct{ Attr Attr }

// Text holds where the item's name, or any text that belongs to it, contains the pattern, ignoring case.
type Text struct{ Pattern Pattern }

func (And) isExpr()     {}
func (Or) isExpr()      {}
func (Not) isExpr()     {}
func (Compare) isExpr() {}
func (Exists) isExpr()  {}
func (Text) isExpr()    {}

// AllOf is the conjunction of the parts that are not nil: nil for none, the part itself for one.
func AllOf(parts ...Expr) Expr {
	var flat And
	for _, part := range parts {
		switch part := part.(type) {
		case nil:
		case And:
			flat = append(flat, part...)
		default:
			flat = append(flat, part)
		}
	}
	switch len(flat) {
	case 0:
		return nil
	case 1:
		return flat[0]
	}
	return flat
}

// AnyOf is the disjunction of the parts: nil, which matches everything, if one of them is nil.
func AnyOf(parts ...Expr) Expr {
	var flat Or
	for _, part := range parts {
		switch part := part.(type) {
		case nil:
			return nil
		case Or:
			flat = append(flat, part...)
		default:
			flat = append(flat, part)
		}
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return flat
}

// Scope says where an attribute lives.
type Scope uint8

const (
	Intrinsic       Scope = iota // a field of the item itself: service, duration, ...; see Fields
	Span                         // the item's own attributes; written without a prefix, or "span."
	Resource                     // "resource."
	Instrumentation              // the instrumentation scope: "scope."
	Event                        // any of the span's events: "event."
	Link                         // any of the span's links: "link."
	Any                          // the item's own attributes or its resource's: "."
)

var scopePrefixes = [...]string{"", "span.", "resource.", "scope.", "event.", "link.", "."}

// Attr names an attribute. Keys are compared exactly.
type Attr struct {
	Scope Scope
	Key   string
}

// Op is a comparison.
type Op uint8

const (
	Eq Op = iota
	Ne
	Gt
	Ge
	Lt
	Le
	Match    // Value.Text is an RE2 expression, found anywhere in the value; "." matches newlines too
	NotMatch // the opposite
	Like     // Value.Text is a Pattern that covers the whole value; written "=" with a "*" in the value
	NotLike  // the opposite
)

var opNames = [...]string{"=", "!=", ">", ">=", "<", "<=", "=~", "!~", "=", "!="}

// String is the operator's spelling in the short form; Like shares Eq's.
func (o Op) String() string { return opNames[o] }

// Negative tells the operators that hold where their positive twin does not, and what that twin is.
func (o Op) Negative() (positive Op, negative bool) {
	switch o {
	case Ne:
		return Eq, true
	case NotMatch:
		return Match, true
	case NotLike:
		return Like, true
	}
	return o, false
}

// Type is the type of a value, or of an intrinsic.
type Type uint8

const (
	TypeString Type = iota
	TypeInt
	TypeFloat
	TypeBool
	TypeDuration
	TypeEnum  // of intrinsics only: a closed list of words, which Value holds as a string
	TypeID    // of intrinsics only: hex digits, which Value holds as a string in lower case
	TypeWords // of intrinsics only: words that must all be there, which Value holds as a string
)

// Value is what an attribute is compared with; only the field of its Type is set.
type Value struct {
	Type     Type
	Text     string // TypeString: text, RE2 expression or Pattern, by the operator
	Int      int64
	Float    float64 // finite
	Bool     bool
	Duration time.Duration
}

// String, Int, Float, Bool and Duration values, for those who build an AST themselves.
func StringValue(s string) Value          { return Value{Type: TypeString, Text: s} }
func IntValue(i int64) Value              { return Value{Type: TypeInt, Int: i} }
func FloatValue(f float64) Value          { return Value{Type: TypeFloat, Float: f} }
func BoolValue(b bool) Value              { return Value{Type: TypeBool, Bool: b} }
func DurationValue(d time.Duration) Value { return Value{Type: TypeDuration, Duration: d} }
func (v Value) IsNumber() bool {
	return v.Type == TypeInt || v.Type == TypeFloat || v.Type == TypeDuration
}

// Walk calls f for the expression and everything in it, parents first.
func Walk(e Expr, f func(Expr)) {
	if e == nil {
		return
	}
	f(e)
	switch e := e.(type) {
	case And:
		for _, part := range e {
			Walk(part, f)
		}
	case Or:
		for _, part := range e {
			Walk(part, f)
		}
	case Not:
		Walk(e.Expr, f)
	}
}
