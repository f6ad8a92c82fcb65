package logs_test

import (
	"encoding/hex"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/sightline/sightline/storage/filter"
)

// gen makes records and filters from few values, so that they meet.
type gen struct{ *rand.Rand }

func pick[T any](g gen, from ...T) T { return from[g.IntN(len(from))] }

var (
	someKeys  = []string{"http.route", "flag", "size", "text", "we ird'\\key", "level"}
	someTexts = []string{"", "a", "A*b", "/pay/1", "true", "5", "50%_\\", "\x00btrue", "\x00", "x\ny", "é", "Connection refused by peer-7", "order 3f2a-beef-01 placed", "reorder placed"}
)

func (g gen) value(v pcommon.Value) {
	switch g.IntN(9) {
	case 0, 1, 2, 3:
		v.SetStr(pick(g, someTexts...))
	case 4:
		v.SetBool(g.IntN(2) == 0)
	case 5:
		v.SetInt(pick[int64](g, 0, 5, 200, -3, 9007199254740993))
	case 6:
		v.SetDouble(pick(g, 0, 5, 0.5, -3.25, 9007199254740992))
	case 7:
		v.SetEmptyMap().PutStr("a", pick(g, someTexts...))
	default:
		v.SetEmptyBytes().FromRaw([]byte(pick(g, "", "a")))
	}
}

func (g gen) attrs(m pcommon.Map) {
	for range g.IntN(4) {
		g.value(m.PutEmpty(pick(g, someKeys...)))
	}
}

var traceA = [16]byte{1, 2, 3}

func (g gen) logs(n int) plog.Logs {
	ld := plog.NewLogs()
	for range 4 {
		rl := ld.ResourceLogs().AppendEmpty()
		a := rl.Resource().Attributes()
		g.attrs(a)
		a.PutStr("service.name", pick(g, "a", "checkout"))
		a.PutStr("deployment.environment.name", pick(g, "", "prod"))
		sl := rl.ScopeLogs().AppendEmpty()
		sl.Scope().SetName(pick(g, "", "lib"))
		g.attrs(sl.Scope().Attributes())
		for range n / 4 {
			rec := sl.LogRecords().AppendEmpty()
			rec.SetTimestamp(pcommon.NewTimestampFromTime(day0.Add(time.Duration(g.IntN(40)-300) * time.Minute))) // many of one time
			rec.SetSeverityNumber(plog.SeverityNumber(pick(g, 0, 1, 9, 10, 13, 17, 21, 24, 25, -1)))
			rec.SetSeverityText(pick(g, "", "INFO", "Warning", "err", "odd"))
			if g.IntN(3) == 0 {
				rec.SetTraceID(pick(g, traceA, [16]byte{9}))
				rec.SetSpanID([8]byte{byte(g.IntN(3)), 7})
			}
			rec.SetEventName(pick(g, "", "", "click"))
			if g.IntN(8) > 0 {
				g.value(rec.Body())
			}
			g.attrs(rec.Attributes())
		}
	}
	return ld
}

func (g gen) filter(depth int) filter.Expr {
	if depth > 0 {
		switch g.IntN(6) {
		case 0:
			return filter.And{g.filter(depth - 1), g.filter(depth - 1)}
		case 1:
			return filter.Or{g.filter(depth - 1), g.filter(depth - 1)}
		case 2:
			return filter.Not{Expr: g.filter(depth - 1)}
		}
	}
	attr := filter.Attr{Scope: pick(g, filter.Span, filter.Resource, filter.Instrumentation, filter.Any), Key: pick(g, someKeys...)}
	if g.IntN(2) == 0 {
		attr = filter.Attr{Key: pick(g, filter.RecordFields()...).Name}
	}
	switch g.IntN(8) {
	case 0:
		if attr.Scope != filter.Intrinsic || attr.Key != filter.Severity && attr.Key != filter.Service && attr.Key != filter.Word { // every record has those
			return filter.Exists{Attr: attr}
		}
	case 1:
		return filter.Text{Pattern: pick(g, filter.Literal(pick(g, someTexts[1:]...)), "a*b", "refused*peer")}
	}
	c := filter.Compare{Attr: attr, Op: filter.Op(g.IntN(10)), Value: filter.StringValue(pick(g, someTexts...))}
	if c.Op == filter.Match || c.Op == filter.NotMatch {
		c.Value.Text = pick(g, "a", "^pay|/", "(?i)REFUSED", "^$", ".")
	}
	if c.Op == filter.Like || c.Op == filter.NotLike {
		c.Value.Text = pick(g, "*", "*refused*", "* refused by *", "order *", "*-beef-*", "A\\*b", "*5*")
	}
	equality := pick(g, filter.Eq, filter.Ne)
	if attr.Scope == filter.Intrinsic {
		switch attr.Key {
		case filter.Severity:
			c.Op, c.Value.Text = filter.Op(g.IntN(6)), pick(g, "unset", "trace", "debug", "info", "warn", "error", "fatal")
		case filter.Word:
			c.Op, c.Value.Text = equality, pick(g, "refused", "connection PEER", "placed order", "beef", "5", "é", "refuse")
		case filter.TraceID:
			c.Op, c.Value.Text = equality, hex.EncodeToString(traceA[:])
		case filter.SpanID:
			c.Op, c.Value.Text = equality, "0107000000000000"
		}
		return c
	}
	if c.Op <= filter.Le {
		switch g.IntN(3) {
		case 0:
			c.Value = pick(g, filter.IntValue(5), filter.IntValue(0), filter.FloatValue(0.5), filter.IntValue(9007199254740993))
		case 1:
			c.Op, c.Value = equality, filter.BoolValue(g.IntN(2) == 0)
		}
	}
	return c
}
