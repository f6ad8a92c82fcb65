package traces_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

// gen makes spans and filters from few values, so that they meet.
type gen struct{ *rand.Rand }

func pick[T any](g gen, from ...T) T { return from[g.IntN(len(from))] }

var (
	someKeys  = []string{"http.route", "http.request.method", "http.response.status_code", "rpc.method", "flag", "size", "text", "we ird'\\key"}
	someTexts = []string{"", "a", "A*b", "/pay/1", "/pay/2", "true", "5", "500", "50%_\\", "\x00btrue", "\x00", "x\ny", "é"}
)

func (g gen) attr() traces.Attr {
	a := traces.Attr{Key: pick(g, someKeys...)}
	switch g.IntN(8) {
	case 0, 1, 2:
		a.Text = pick(g, someTexts...)
	case 3:
		a.Type, a.Text = traces.ValueBool, pick(g, "true", "false")
	case 4:
		a.Type, a.Text = traces.ValueInt, pick(g, "0", "5", "200", "500", "-3", "70000", "9007199254740993")
	case 5:
		a.Type, a.Text = traces.ValueFloat, pick(g, "0", "5", "0.5", "-3.25", "NaN", "1e+300", "9007199254740992")
	case 6:
		a.Type, a.Text = traces.ValueJSON, `["a",5]`
	default:
		a.Type, a.Text = pick(g, traces.ValueEmpty, traces.ValueBytes), ""
	}
	return a
}

func (g gen) attrs() (attrs []traces.Attr) {
	for range g.IntN(4) {
		a := g.attr()
		if !slices.ContainsFunc(attrs, func(b traces.Attr) bool { return a.Key == b.Key }) {
			attrs = append(attrs, a)
		}
	}
	slices.SortFunc(attrs, func(a, b traces.Attr) int { return strings.Compare(a.Key, b.Key) })
	return attrs
}

func (g gen) span(n int) traces.Span {
	resource := byte(g.IntN(5))
	fixed := gen{rand.New(rand.NewPCG(uint64(resource), 1))}
	s := traces.Span{
		TraceID: id(byte(1 + g.IntN(40))), SpanID: traces.SpanID(n + 1), ParentID: pick[traces.SpanID](g, 0, 7), Name: pick(g, "GET /pay/1", "POST", "a"),
		Kind: traces.Kind(g.IntN(8) - 1), Start: noon.Add(time.Duration(g.IntN(600)) * time.Second), Duration: pick(g, 0, time.Millisecond, time.Second, 90*time.Second),
		Status: traces.Status(g.IntN(4)), StatusMessage: pick(g, "", "Refused", "a*b"), Service: pick(fixed, "a", "checkout"), ServiceType: "service",
		Namespace: pick(fixed, "", "shop"), Env: pick(fixed, "", "prod"), Version: pick(fixed, "", "1.2"), Class: traces.Class(g.IntN(4)),
		PeerType: pick(g, "", "remote"), PeerName: pick(g, "", "api", "db"), Weight: 1, Attrs: g.attrs(),
		Scope:    traces.Scope{Name: pick(g, "", "lib"), Version: pick(g, "", "1"), Attrs: g.attrs()},
		Resource: &traces.Resource{ID: [16]byte{resource}, Attrs: fixed.attrs()},
	}
	for range g.IntN(3) {
		s.Events = append(s.Events, traces.Event{Time: s.Start, Name: pick(g, "exception", "Retry"), Attrs: g.attrs()})
	}
	for range g.IntN(2) {
		s.Links = append(s.Links, traces.Link{TraceID: id(byte(g.IntN(3))), SpanID: 1, Attrs: g.attrs()})
	}
	return s
}

func (g gen) filter(depth int) filter.Expr {
	if depth > 0 {
		switch g.IntN(5) {
		case 0:
			return filter.AllOf(g.filter(depth-1), g.filter(depth-1))
		case 1:
			return filter.AnyOf(g.filter(depth-1), g.filter(depth-1))
		case 2:
			return filter.Not{Expr: g.filter(depth - 1)}
		}
	}
	attr := filter.Attr{Scope: filter.Scope(g.IntN(7)), Key: pick(g, someKeys...)}
	switch g.IntN(10) {
	case 0:
		return filter.Text{Pattern: pick[filter.Pattern](g, "pay", "A", "refused", "5", "500", "p*1", `\*`, "btrue", "%_", "exception", "X\nY", "retry")}
	case 1:
		if attr.Scope == filter.Intrinsic {
			attr.Key = pick(g, filter.Env, filter.Peer, filter.PeerType, filter.StatusMessage, filter.EventName, filter.ScopeName, filter.Version, filter.Root, filter.LinkTraceID)
		}
		return filter.Exists{Attr: attr}
	}
	if attr.Scope == filter.Intrinsic {
		return g.intrinsic()
	}
	c := filter.Compare{Attr: attr, Op: filter.Op(g.IntN(10))}
	switch c.Op {
	case filter.Match, filter.NotMatch:
		c.Value = filter.StringValue(pick(g, "^/pay", "a|b", "", "true", `\d`, "x.y", "^$"))
	case filter.Like, filter.NotLike:
		c.Value = filter.StringValue(pick(g, "/pay/*", "*", "*true", `A\**`, "*%_*", "a*", "*\x00*", "*é*"))
	default:
		switch g.IntN(5) {
		case 0:
			c.Value = filter.StringValue(pick(g, someTexts...))
		case 1:
			c.Value = filter.IntValue(pick[int64](g, 0, 5, 200, 500, -3, 70000, 9007199254740993))
		case 2:
			c.Value = filter.FloatValue(pick(g, 0, 5.0, 0.5, 4.5, -3.25, 9007199254740992))
		case 3:
			c.Value = filter.DurationValue(pick[time.Duration](g, 0, 5, 500))
		default:
			c.Value, c.Op = filter.BoolValue(g.IntN(2) == 0), pick(g, filter.Eq, filter.Ne)
		}
	}
	return c
}

func (g gen) intrinsic() filter.Expr {
	field := pick(g, filter.Fields()...)
	c := filter.Compare{Attr: filter.Attr{Key: field.Name}}
	switch field.Type {
	case filter.TypeEnum:
		c.Op, c.Value = pick(g, filter.Eq, filter.Ne), filter.StringValue(pick(g, field.Values...))
	case filter.TypeBool:
		c.Op, c.Value = pick(g, filter.Eq, filter.Ne), filter.BoolValue(g.IntN(2) == 0)
	case filter.TypeDuration:
		c.Op, c.Value = filter.Op(g.IntN(6)), filter.DurationValue(pick(g, -time.Second, 0, time.Millisecond, time.Second, time.Minute))
	case filter.TypeID:
		c.Op, c.Value = pick(g, filter.Eq, filter.Ne), filter.StringValue(id(byte(g.IntN(5))).String())
		if field.Name == filter.SpanID {
			c.Value = filter.StringValue(fmt.Sprintf("%016x", g.IntN(20)))
		}
	default:
		c.Op, c.Value = filter.Op(g.IntN(10)), filter.StringValue(pick(g, "", "a", "checkout", "prod", "1.2", "api", "remote", "GET /pay/1", "lib", "exception"))
		if c.Op >= filter.Like {
			c.Value.Text = pick(g, "*", "*a*", "GET*", "ex*n")
		}
	}
	return c
}

// TestFiltersMeanTheSameInSQLAndInGo compares the two over spans and filters at random.
func TestFiltersMeanTheSameInSQLAndInGo(t *testing.T) {
	db := storagetest.Open(t)
	g := gen{rand.New(rand.NewPCG(1, 2))}
	spans := make([]traces.Span, 400)
	for i := range spans {
		spans[i] = g.span(i)
	}
	putSpans(t, db, "p", spans)
	putSpans(t, db, "other", spans[:50])
	filters := 500
	if testing.Short() {
		filters = 100
	}
	some := 0
	for range filters {
		e := g.filter(2)
		condition, params, err := traces.Condition(e)
		if err != nil {
			t.Fatalf("%s: %v", e, err)
		}
		params = append(params, conn.Str("project", "p"))
		got, err := conn.All[uint64](t.Context(), db, conn.Query{SQL: "SELECT span_id FROM spans PREWHERE project = {project:String} AND " + condition + " ORDER BY span_id", Params: params})
		if err != nil {
			t.Fatalf("%s\n%s\n%v", e, condition, err)
		}
		var want []uint64
		for i := range spans {
			if matches(e, &spans[i]) {
				want = append(want, uint64(spans[i].SpanID))
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s\n%s\nfinds %d spans, want %d; first difference: %s", e, condition, len(got), len(want), difference(got, want, spans))
		}
		if len(want) > 0 && len(want) < len(spans) {
			some++
		}
	}
	if some < filters/2 {
		t.Errorf("only %d of %d filters told spans apart", some, filters)
	}
}

func difference(got, want []uint64, spans []traces.Span) string {
	for i := range spans {
		n := uint64(spans[i].SpanID)
		if slices.Contains(got, n) != slices.Contains(want, n) {
			return "found " + strconv.FormatBool(slices.Contains(got, n)) + fmt.Sprintf(" %+v %+v", spans[i], *spans[i].Resource)
		}
	}
	return ""
}
