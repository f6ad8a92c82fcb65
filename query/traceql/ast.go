// Package traceql is the query language TraceQL: its parser, and an engine that answers. SQL narrows every span set to the traces that
// may match, within time and budget; structure, groups and aggregates are decided here, on the traces' skeletons.
package traceql

import (
	"fmt"
	"time"

	"github.com/sightline/sightline/storage/traces"
)

// Error says what is wrong with a query and where: Offset is the byte of the text that Msg is about.
type Error struct {
	Offset int
	Msg    string
}

func (e *Error) Error() string { return fmt.Sprintf("at %d: %s", e.Offset, e.Msg) }

// Query is a parsed query. Two queries that mean the same by their text alone are deeply equal.
type Query struct {
	Stages  []Stage
	Metrics *Metrics    // nil: a search, or Figures
	Figures *Arithmetic // between series, in place of Stages and Metrics
	After   []Limit     // of Metrics or Figures
	Hints   []Hint
}

// IsMetrics reports whether the query asks for series rather than for traces.
func (q *Query) IsMetrics() bool { return q.Metrics != nil || q.Figures != nil }

// Figure is a term of arithmetic between series: *Query, which makes series, *Static or *Arithmetic.
type Figure interface{ isFigure() }

// Arithmetic joins series point by point.
type Arithmetic struct {
	Op          Op
	Left, Right Figure
}

func (*Query) isFigure()      {}
func (*Static) isFigure()     {}
func (*Arithmetic) isFigure() {}

// Stage is a step of a pipeline: *Filter, *Combine, *Wrapped, *By, *Coalesce, *Select or *Scalar.
type Stage interface{ isStage() }

// Spans is a stage that selects spans: *Filter, *Combine or *Wrapped.
type Spans interface {
	Stage
	isSpans()
}

type (
	// Filter is { Expr }: the spans for which it holds.
	Filter struct{ Expr Expr } // nil: all
	// Combine puts two span sets into a relation.
	Combine struct {
		Op          Relation
		Left, Right Spans
	}
	// Wrapped is a pipeline of several stages in parentheses.
	Wrapped struct{ Stages []Stage }
	// By splits every span set by the values of the expressions.
	By struct{ Exprs []Expr }
	// Coalesce joins what By has split.
	Coalesce struct{}
	// Select names attributes that the answer is to have.
	Select struct{ Attrs []Attr }
	// Scalar keeps the span sets for which the comparison of aggregates holds.
	Scalar struct {
		Op          Op
		Left, Right Number
	}
)

func (*Filter) isStage()   {}
func (*Combine) isStage()  {}
func (*Wrapped) isStage()  {}
func (*By) isStage()       {}
func (*Coalesce) isStage() {}
func (*Select) isStage()   {}
func (*Scalar) isStage()   {}
func (*Filter) isSpans()   {}
func (*Combine) isSpans()  {}
func (*Wrapped) isSpans()  {}

// Relation is between span sets.
type Relation struct {
	Kind   Kin
	Negate bool // "!": those of the right that are in no such relation
	Union  bool // "&": those of the left too
}

// Kin is a kind of relation.
type Kin uint8

// Relations: Child is "left > right", the spans of the right whose parent is of the left.
const (
	And Kin = iota
	Or
	Child
	Descendant
	Parent
	Ancestor
	Sibling
)

// Number is an expression over a span set: *Aggregate, *Piped, *Static or *Calc.
type Number interface{ isNumber() }

type (
	// Aggregate sums up a span set; Expr is nil for count.
	Aggregate struct {
		Func string // count, avg, min, max, sum
		Expr Expr
	}
	// Piped is a number of what a pipeline makes of the span set.
	Piped struct {
		Stages []Stage
		Of     Number
	}
	// Calc is arithmetic.
	Calc struct {
		Op          Op
		Left, Right Number
	}
)

func (*Aggregate) isNumber() {}
func (*Piped) isNumber()     {}
func (*Static) isNumber()    {}
func (*Calc) isNumber()      {}

// Expr is an expression over one span: *Static, *Field, *Unary or *Binary.
type Expr interface{ isExpr() }

type (
	// Static is a value that the query holds.
	Static struct{ Value }
	// Field is an attribute or intrinsic of the span.
	Field struct{ Attr }
	// Unary is a sign: OpSub or OpNot.
	Unary struct {
		Op   Op
		Expr Expr
	}
	// Binary joins two expressions.
	Binary struct {
		Op          Op
		Left, Right Expr
	}
)

func (*Static) isExpr() {}
func (*Field) isExpr()  {}
func (*Unary) isExpr()  {}
func (*Binary) isExpr() {}

// Op is an operator within an expression.
type Op uint8

// The operators.
const (
	OpOr Op = iota
	OpAnd
	OpEq
	OpNe
	OpMatch
	OpNotMatch
	OpGt
	OpGe
	OpLt
	OpLe
	OpAdd
	OpSub
	OpMul
	OpDiv
	OpMod
	OpPow
	OpNot
)

var opTexts = [...]string{"||", "&&", "=", "!=", "=~", "!~", ">", ">=", "<", "<=", "+", "-", "*", "/", "%", "^", "!"}

func (o Op) String() string   { return opTexts[o] }
func (o Op) compares() bool   { return o >= OpEq && o <= OpLe }
func (o Op) calculates() bool { return o >= OpAdd && o <= OpPow }

// Scope says where an attribute lives.
type Scope uint8

// The scopes. Unscoped is the span's attribute or its resource's; Intrinsic is a field of the span or the trace.
const (
	Intrinsic Scope = iota
	Unscoped
	SpanScope
	ResourceScope
	EventScope
	LinkScope
	InstrumentationScope
)

// Attr names an attribute or, with the scope Intrinsic, a field by its first name in intrinsics.
type Attr struct {
	Scope  Scope
	Key    string
	Parent bool // of the span's parent
}

// Type is a value's type.
type Type uint8

// The types. TypeAny is what an attribute may be; it is no value's.
const (
	TypeNil Type = iota
	TypeString
	TypeInt
	TypeFloat
	TypeBool
	TypeDuration
	TypeStatus
	TypeKind
	TypeAny
)

// Value is a value of the language; only the field of its Type is set.
type Value struct {
	Type  Type
	Text  string
	Int   int64 // TypeInt; TypeDuration in ns; TypeStatus and TypeKind as traces.Status and traces.Kind
	Float float64
	Bool  bool
}

// Duration of a value of TypeDuration.
func (v Value) Duration() time.Duration { return time.Duration(v.Int) }

// Status of a value of TypeStatus.
func (v Value) Status() traces.Status { return traces.Status(v.Int) }

// Kind of a value of TypeKind.
func (v Value) Kind() traces.Kind { return traces.Kind(v.Int) }

// Metrics is what a metrics query makes of spans.
type Metrics struct {
	Func      string // rate, count_over_time, min_over_time, ..., histogram_over_time, compare
	Expr      Expr   // what is measured; nil for rate, count_over_time and compare
	Quantiles []float64
	By        []Attr
	Selection *Filter // of compare, with the values of an attribute to tell, and when the selection is, in ns; 0: 10, and always
	Top       int
	From, To  int64
}

// Limit keeps series of a metrics query, or points.
type Limit struct {
	Func  string // topk, bottomk; "": a comparison of the points
	Count int
	Op    Op
	Value Value
}

// Hint is a word of with(...). What nobody knows is kept and does nothing.
type Hint struct {
	Name  string
	Value Value
}
