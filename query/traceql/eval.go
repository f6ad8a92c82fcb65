package traceql

import (
	"regexp"

	"github.com/sightline/sightline/storage/traces"
)

// eval evaluates expressions over the spans of a trace. An expression may have several values, of several events for instance, or none;
// a comparison holds if it does for any of them.
type eval struct {
	*trace
	patterns map[string]*regexp.Regexp // compiled so far
}

// truth tells whether a condition holds for a span, given as its row.
func (x *eval) truth(e Expr, row int32) bool {
	switch e := e.(type) {
	case nil:
		return true
	case *Unary:
		if field, ok := e.Expr.(*Field); ok {
			return x.any(field, row, Value{Type: TypeBool})
		}
		return !x.truth(e.Expr, row)
	case *Binary:
		switch {
		case e.Op == OpAnd:
			return x.truth(e.Left, row) && x.truth(e.Right, row)
		case e.Op == OpOr:
			return x.truth(e.Left, row) || x.truth(e.Right, row)
		case e.Op.compares():
			return x.compare(e, row)
		}
		return false
	}
	return x.any(e, row, Value{Type: TypeBool, Bool: true})
}

func (x *eval) any(e Expr, row int32, want Value) bool {
	for _, v := range x.values(e, row) {
		if compareValues(OpEq, v, want) {
			return true
		}
	}
	return false
}

func isNil(e Expr) bool {
	s, ok := e.(*Static)
	return ok && s.Type == TypeNil
}

func (x *eval) compare(e *Binary, row int32) bool {
	if isNil(e.Left) || isNil(e.Right) {
		field := e.Left
		if isNil(e.Left) {
			field = e.Right
		}
		return x.present(field.(*Field).Attr, row) == (e.Op == OpNe)
	}
	left := x.values(e.Left, row)
	if e.Op == OpMatch || e.Op == OpNotMatch {
		re := x.pattern(e.Right.(*Static).Text)
		for _, v := range left {
			if (v.Type == TypeString && re.MatchString(v.Text)) == (e.Op == OpMatch) {
				return true
			}
		}
		return false
	}
	right := x.values(e.Right, row)
	for _, a := range left {
		for _, b := range right {
			if compareValues(e.Op, a, b) {
				return true
			}
		}
	}
	return false
}

func (x *eval) pattern(text string) *regexp.Regexp {
	re := x.patterns[text]
	if re == nil {
		re = regexp.MustCompile(anchored(text)) // the parser has tried
		x.patterns[text] = re
	}
	return re
}

// present tells whether a span has an attribute, or a field that is not empty.
func (x *eval) present(a Attr, row int32) bool {
	for _, v := range x.valuesOf(a, row) {
		if a.Scope != Intrinsic || v.Type != TypeString || v.Text != "" || a.Key == fieldEventName {
			return true
		}
	}
	return false
}

// values of an expression for a span.
func (x *eval) values(e Expr, row int32) []Value {
	switch e := e.(type) {
	case *Static:
		return []Value{e.Value}
	case *Field:
		return x.valuesOf(e.Attr, row)
	case *Unary:
		if e.Op == OpNot {
			return []Value{{Type: TypeBool, Bool: x.truth(e, row)}}
		}
		var all []Value
		for _, v := range x.values(e.Expr, row) {
			if isNumber(v.Type) {
				all = append(all, negate(v))
			}
		}
		return all
	case *Binary:
		if !e.Op.calculates() {
			return []Value{{Type: TypeBool, Bool: x.truth(e, row)}}
		}
		right := x.values(e.Right, row)
		var all []Value
		for _, a := range x.values(e.Left, row) {
			for _, b := range right {
				if v, ok := calculate(e.Op, a, b); ok {
					all = append(all, v)
				}
			}
		}
		return all
	}
	return nil
}

// first is the value that an expression is grouped by; of TypeNil where there is none.
func (x *eval) first(e Expr, row int32) Value {
	if values := x.values(e, row); len(values) > 0 {
		return values[0]
	}
	return Value{}
}

// valuesOf are the values of an attribute or field of a span.
func (x *eval) valuesOf(a Attr, row int32) []Value {
	if a.Parent {
		if row = x.timeline.Rows[row].Parent; row < 0 {
			return nil
		}
	}
	s := x.timeline.Rows[row].Span
	var all []Value
	find := func(attrs []traces.Attr) {
		for i := range attrs {
			if attrs[i].Key == a.Key {
				all = append(all, valueOf(&attrs[i]))
			}
		}
	}
	switch a.Scope {
	case Intrinsic:
		return x.field(a.Key, s, row)
	case SpanScope:
		find(s.Attrs)
	case ResourceScope, Unscoped:
		if a.Scope == Unscoped {
			find(s.Attrs)
		}
		if s.Resource != nil {
			find(s.Resource.Attrs)
		} else if a.Key == "service.name" && s.Service != unknownService {
			all = append(all, text(s.Service))
		}
	case EventScope:
		for i := range s.Events {
			find(s.Events[i].Attrs)
		}
	case LinkScope:
		for i := range s.Links {
			find(s.Links[i].Attrs)
		}
	case InstrumentationScope:
		find(s.Scope.Attrs)
	}
	return all
}

func text(s string) Value { return Value{Type: TypeString, Text: s} }

func (x *eval) field(key string, s *traces.Span, row int32) (all []Value) {
	one := func(v Value) []Value { return []Value{v} }
	whole := func(n int64) []Value { return one(Value{Type: TypeInt, Int: n}) }
	switch key {
	case fieldName:
		return one(text(s.Name))
	case fieldKind:
		return one(Value{Type: TypeKind, Int: known(int64(s.Kind), int64(traces.KindConsumer))})
	case fieldStatus:
		return one(Value{Type: TypeStatus, Int: known(int64(s.Status), int64(traces.StatusError))})
	case fieldStatusMessage:
		return one(text(s.StatusMessage))
	case fieldDuration:
		return one(Value{Type: TypeDuration, Int: int64(s.Duration)})
	case fieldSpanID:
		return one(text(s.SpanID.String()))
	case fieldParentID:
		if s.ParentID != 0 {
			return one(text(s.ParentID.String()))
		}
		return nil
	case fieldChildCount:
		return whole(int64(x.children[row]))
	case fieldNestedLeft:
		return whole(int64(x.left(row)))
	case fieldNestedRight:
		return whole(int64(x.left(row) + 2*x.timeline.Rows[row].Descendants + 1))
	case fieldNestedParent:
		if s.ParentID == 0 {
			return whole(-1)
		}
		if parent := x.timeline.Rows[row].Parent; parent >= 0 {
			return whole(int64(x.left(parent)))
		}
		return whole(0)
	case fieldRootName, fieldRootService:
		if !x.timeline.HasRoot {
			return nil
		}
		root := x.timeline.Rows[x.timeline.Main].Span
		if key == fieldRootName {
			return one(text(root.Name))
		}
		return one(text(root.Service))
	case fieldTraceDuration:
		return one(Value{Type: TypeDuration, Int: int64(x.timeline.Duration)})
	case fieldTraceID:
		return one(text(s.TraceID.String()))
	case fieldScopeName:
		return one(text(s.Scope.Name))
	case fieldScopeVersion:
		return one(text(s.Scope.Version))
	case fieldClass:
		return one(text(s.Class.String()))
	case fieldPeer:
		return one(text(s.PeerName))
	case fieldPeerType:
		return one(text(s.PeerType))
	}
	for i := range s.Events {
		switch key {
		case fieldEventName:
			all = append(all, text(s.Events[i].Name))
		case fieldEventSinceStart:
			all = append(all, Value{Type: TypeDuration, Int: int64(s.Events[i].Time.Sub(s.Start))})
		}
	}
	for i := range s.Links {
		switch key {
		case fieldLinkTraceID:
			all = append(all, text(s.Links[i].TraceID.String()))
		case fieldLinkSpanID:
			all = append(all, text(s.Links[i].SpanID.String()))
		}
	}
	return all
}

// known is the number of an open list, 0 for what has no name.
func known(n, last int64) int64 {
	if n < 0 || n > last {
		return 0
	}
	return n
}
