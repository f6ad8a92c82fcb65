package traceql

import (
	"math"
	"slices"
	"strings"

	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

// lower gives the filter that means exactly what an expression does; ok is false where there is none. nil holds for every span.
func lower(e Expr) (f filter.Expr, ok bool) {
	switch e := e.(type) {
	case nil:
		return nil, true
	case *Static:
		return nil, e.Type == TypeBool && e.Bool
	case *Field:
		return compareAttr(e.Attr, OpEq, Value{Type: TypeBool, Bool: true})
	case *Unary:
		if field, isField := e.Expr.(*Field); isField {
			return compareAttr(field.Attr, OpEq, Value{Type: TypeBool})
		}
		inner, ok := lower(e.Expr)
		return filter.Not{Expr: inner}, ok && inner != nil && e.Op == OpNot
	case *Binary:
		switch {
		case e.Op == OpAnd || e.Op == OpOr:
			left, ok := lower(e.Left)
			right, too := lower(e.Right)
			if !ok || !too {
				return nil, false
			}
			if e.Op == OpAnd {
				return filter.AllOf(left, right), true
			}
			return filter.AnyOf(left, right), true
		case e.Op.compares():
			if field, isField := e.Left.(*Field); isField {
				if value, isStatic := e.Right.(*Static); isStatic {
					return compareAttr(field.Attr, e.Op, value.Value)
				}
			}
			if value, isStatic := e.Left.(*Static); isStatic {
				if field, isField := e.Right.(*Field); isField {
					return compareAttr(field.Attr, flip(e.Op), value.Value)
				}
			}
		}
	}
	return nil, false
}

// flip is the operator with its sides exchanged.
func flip(op Op) Op {
	switch op {
	case OpGt:
		return OpLt
	case OpGe:
		return OpLe
	case OpLt:
		return OpGt
	case OpLe:
		return OpGe
	}
	return op
}

// above gives a filter that holds wherever the expression does; nil where nothing is known.
func above(e Expr) filter.Expr {
	if f, ok := lower(e); ok {
		return f
	}
	if b, ok := e.(*Binary); ok {
		switch b.Op {
		case OpAnd:
			return filter.AllOf(above(b.Left), above(b.Right))
		case OpOr:
			return filter.AnyOf(above(b.Left), above(b.Right))
		}
		own, _ := present(b)
		return filter.AllOf(own...)
	}
	return nil
}

// rootsOf are filters that the root of a trace fulfils if the expression holds for any span of it.
func rootsOf(e Expr) []filter.Expr {
	b, ok := e.(*Binary)
	if !ok {
		return nil
	}
	if b.Op == OpAnd {
		return append(rootsOf(b.Left), rootsOf(b.Right)...)
	}
	field, isField := b.Left.(*Field)
	value, isStatic := b.Right.(*Static)
	if !isField || !isStatic || field.Parent || field.Scope != Intrinsic || value.Type != TypeString || b.Op == OpNe || b.Op == OpNotMatch {
		return nil
	}
	key, known := map[string]string{fieldRootName: filter.Name, fieldRootService: filter.Service}[field.Key]
	if !known {
		return nil
	}
	f, ok := textFilter(filter.Attr{Key: key}, b.Op, value.Text)
	if !ok {
		return nil
	}
	return []filter.Expr{filter.AllOf(filter.Compare{Attr: filter.Attr{Key: filter.Root}, Op: filter.Eq, Value: filter.BoolValue(true)}, f)}
}

var filterOps = map[Op]filter.Op{OpEq: filter.Eq, OpNe: filter.Ne, OpGt: filter.Gt, OpGe: filter.Ge, OpLt: filter.Lt, OpLe: filter.Le, OpMatch: filter.Match, OpNotMatch: filter.NotMatch}

var filterScopes = map[Scope]filter.Scope{Unscoped: filter.Any, SpanScope: filter.Span, ResourceScope: filter.Resource, EventScope: filter.Event,
	LinkScope: filter.Link, InstrumentationScope: filter.Instrumentation}

// filterFields are the intrinsics that filters know by another name.
var filterFields = map[string]string{
	fieldName: filter.Name, fieldKind: filter.Kind, fieldStatus: filter.Status, fieldStatusMessage: filter.StatusMessage, fieldDuration: filter.DurationField,
	fieldSpanID: filter.SpanID, fieldTraceID: filter.TraceID, fieldEventName: filter.EventName, fieldLinkTraceID: filter.LinkTraceID,
	fieldScopeName: filter.ScopeName, fieldScopeVersion: filter.ScopeVersion,
	fieldClass: filter.Class, fieldPeer: filter.Peer, fieldPeerType: filter.PeerType,
}

// filterAttr is an attribute as filters name it.
func filterAttr(a Attr) (filter.Attr, bool) {
	if a.Parent {
		return filter.Attr{}, false
	}
	if a.Scope == Intrinsic {
		key, ok := filterFields[a.Key]
		return filter.Attr{Key: key}, ok
	}
	return filter.Attr{Scope: filterScopes[a.Scope], Key: a.Key}, true
}

func compareAttr(a Attr, op Op, v Value) (filter.Expr, bool) {
	if a.Scope == Intrinsic && !a.Parent {
		if f, ok, decided := compareTree(a.Key, op, v); decided {
			return f, ok
		}
	}
	to, ok := filterAttr(a)
	if !ok {
		return nil, false
	}
	if v.Type == TypeNil {
		if op == OpNe {
			return filter.Exists{Attr: to}, true
		}
		return filter.Not{Expr: filter.Exists{Attr: to}}, true
	}
	if to.Scope == filter.Intrinsic {
		return compareField(to, op, v)
	}
	compare := func(value filter.Value) (filter.Expr, bool) {
		return filter.Compare{Attr: to, Op: filterOps[op], Value: value}, true
	}
	switch v.Type {
	case TypeString:
		f, ok := textFilter(to, op, v.Text)
		if a.Scope == ResourceScope && a.Key == "service.name" {
			return ofService(f, op, v.Text), ok
		}
		return f, ok
	case TypeInt:
		return compare(filter.IntValue(v.Int))
	case TypeFloat:
		return compare(filter.FloatValue(v.Float))
	case TypeDuration:
		return compare(filter.DurationValue(v.Duration()))
	case TypeBool:
		return compare(filter.BoolValue(v.Bool))
	}
	return nil, false
}

// textFilter compares with text.
func textFilter(a filter.Attr, op Op, text string) (filter.Expr, bool) {
	if op == OpMatch || op == OpNotMatch {
		text = anchored(text)
	}
	return filter.Compare{Attr: a, Op: filterOps[op], Value: filter.StringValue(text)}, true
}

// unknownService is what spans whose resource does not name its service are stored under.
const unknownService = "unknown_service"

// ofService adds what the rollups and the quickest column know of a service's name: it is the resource's, or else unknownService.
func ofService(f filter.Expr, op Op, text string) filter.Expr {
	service, _ := textFilter(filter.Attr{Key: filter.Service}, op, text)
	if op == OpEq && text != "" && text != unknownService {
		return service
	}
	if op == OpNe || op == OpNotMatch || text == "" {
		return f
	}
	return filter.AllOf(service, f)
}

// compareTree compares the intrinsics that tell of the place in the trace; decided is false for others.
func compareTree(key string, op Op, v Value) (f filter.Expr, ok, decided bool) {
	isRoot := func(root bool) (filter.Expr, bool, bool) {
		return filter.Compare{Attr: filter.Attr{Key: filter.Root}, Op: filter.Eq, Value: filter.BoolValue(root)}, true, true
	}
	switch key {
	case fieldParentID:
		if v.Type == TypeNil {
			return isRoot(op == OpEq)
		}
		return nil, false, true
	case fieldNestedParent: // -1 of roots, else 0 or more
		if !isNumber(v.Type) {
			return nil, false, true
		}
		ofRoot := compareValues(op, Value{Type: TypeInt, Int: -1}, v)
		n := number(v)
		none, all := false, false // of the numbers from 0 on
		switch op {
		case OpGt, OpGe:
			all = compareValues(op, Value{Type: TypeInt}, v)
		case OpLt, OpLe:
			none = !compareValues(op, Value{Type: TypeInt}, v)
		case OpEq:
			none = n < 0 || n != math.Trunc(n)
		case OpNe:
			all = n < 0 || n != math.Trunc(n)
		}
		switch {
		case all && !ofRoot:
			return isRoot(false)
		case none && ofRoot:
			return isRoot(true)
		case all && ofRoot:
			return nil, true, true
		}
		return nil, false, true
	}
	return nil, false, false
}

// compareField compares an intrinsic that filters have.
func compareField(a filter.Attr, op Op, v Value) (filter.Expr, bool) {
	compare := func(value filter.Value) (filter.Expr, bool) {
		return filter.Compare{Attr: a, Op: filterOps[op], Value: value}, true
	}
	switch a.Key {
	case filter.Kind:
		return compareWord(compare, v, TypeKind, v.Kind().String(), int64(traces.KindConsumer))
	case filter.Status:
		return compareWord(compare, v, TypeStatus, v.Status().String(), int64(traces.StatusError))
	case filter.DurationField:
		switch v.Type {
		case TypeInt, TypeDuration:
			return compare(filter.DurationValue(v.Duration()))
		case TypeFloat:
			return compare(filter.FloatValue(v.Float))
		}
		return nil, false
	case filter.Class:
		known := slices.Contains([]string{"ok", "error", "throttle", "fault"}, v.Text)
		return filter.Compare{Attr: a, Op: filterOps[op], Value: filter.StringValue(v.Text)}, known && v.Type == TypeString && (op == OpEq || op == OpNe)
	case filter.TraceID, filter.LinkTraceID, filter.SpanID:
		digits := 32
		if a.Key == filter.SpanID {
			digits = 16
		}
		id := strings.ToLower(v.Text)
		if v.Type != TypeString || op != OpEq && op != OpNe || len(id) != digits || strings.Trim(id, "0123456789abcdef") != "" {
			return nil, false
		}
		return compare(filter.StringValue(id))
	}
	if v.Type != TypeString {
		return nil, false
	}
	return textFilter(a, op, v.Text)
}

func compareWord(compare func(filter.Value) (filter.Expr, bool), v Value, kind Type, word string, last int64) (filter.Expr, bool) {
	if v.Type != kind || v.Int < 0 || v.Int > last {
		return nil, false
	}
	return compare(filter.StringValue(word))
}
