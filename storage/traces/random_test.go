package traces_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sightline/sightline/storage/encode/encodetest"
)

// day0 is when the tests' requests arrive.
var day0 = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// randomTraces makes requests of every kind of thing that OTLP can say, odd ones too. clean keeps to what needs no sanitising.
func randomTraces(r *rand.Rand, clean bool) ptrace.Traces {
	g := generator{encodetest.Generator{Rand: r, Clean: clean}}
	td := ptrace.NewTraces()
	for range 1 + r.IntN(3) {
		rs := td.ResourceSpans().AppendEmpty()
		g.Attrs(rs.Resource().Attributes(), 6)
		if r.IntN(4) > 0 {
			rs.Resource().Attributes().PutStr("service.name", fmt.Sprintf("service-%d", r.IntN(3)))
		}
		rs.Resource().SetDroppedAttributesCount(uint32(r.IntN(3)))
		rs.SetSchemaUrl(g.Pick("", "https://opentelemetry.io/schemas/1.34.0"))
		for range 1 + r.IntN(2) {
			ss := rs.ScopeSpans().AppendEmpty()
			ss.Scope().SetName(g.Pick("", "lib", g.Text()))
			ss.Scope().SetVersion(g.Pick("", "1.2.3"))
			ss.SetSchemaUrl(g.Pick("", "https://opentelemetry.io/schemas/1.34.0"))
			if r.IntN(3) == 0 {
				g.Attrs(ss.Scope().Attributes(), 3)
				ss.Scope().SetDroppedAttributesCount(r.Uint32())
			}
			for range r.IntN(6) {
				g.span(ss.Spans().AppendEmpty())
			}
		}
	}
	return td
}

type generator struct{ encodetest.Generator }

func (g generator) span(s ptrace.Span) {
	var id [16]byte
	for i := range id {
		id[i] = byte(g.Uint32())
	}
	s.SetTraceID(id)
	s.SetSpanID([8]byte(id[4:12]))
	if g.IntN(3) > 0 {
		s.SetParentSpanID([8]byte(id[8:16]))
	}
	s.TraceState().FromRaw(g.Pick("", "", "ot=th:c", "vendor=x,ot=p:3;r:5", g.Text()))
	s.SetFlags(g.PickU32(0, 1, 0x101, math.MaxUint32))
	s.SetName(g.Text())
	s.SetKind(ptrace.SpanKind(g.IntN(6)))
	s.SetStartTimestamp(pcommon.Timestamp(day0.Add(time.Duration(g.IntN(3600))*time.Second - 3*time.Duration(g.IntN(24))*time.Hour).UnixNano()))
	s.SetEndTimestamp(s.StartTimestamp() + pcommon.Timestamp(g.IntN(1e9)))
	s.Status().SetCode(ptrace.StatusCode(g.IntN(3)))
	s.Status().SetMessage(g.Pick("", "", "failed", g.Text()))
	s.SetDroppedAttributesCount(g.PickU32(0, 0, 1, math.MaxUint32))
	s.SetDroppedEventsCount(g.PickU32(0, 0, 1, math.MaxUint32))
	s.SetDroppedLinksCount(g.PickU32(0, 0, 1, math.MaxUint32))
	if !g.Clean {
		switch g.IntN(12) {
		case 0:
			s.SetKind(99)
			s.Status().SetCode(-7)
		case 1:
			s.SetEndTimestamp(s.StartTimestamp() - 5)
		case 2:
			s.SetStartTimestamp(0)
		case 3:
			s.SetStartTimestamp(0)
			s.SetEndTimestamp(0)
		case 4:
			s.SetEndTimestamp(math.MaxUint64)
		case 5:
			s.SetStartTimestamp(math.MaxUint64 - 1)
		case 6:
			s.SetStartTimestamp(pcommon.Timestamp(day0.Add(40 * time.Minute).UnixNano()))
			s.SetEndTimestamp(s.StartTimestamp())
		case 7:
			s.SetParentSpanID(s.SpanID())
		case 8:
			s.SetEndTimestamp(0)
		}
	}
	g.Attrs(s.Attributes(), 14)
	for range g.IntN(3) {
		e := s.Events().AppendEmpty()
		e.SetTimestamp(s.StartTimestamp() + 1)
		if !g.Clean && g.IntN(10) == 0 {
			e.SetTimestamp(math.MaxUint64)
		}
		e.SetName(g.Text())
		e.SetDroppedAttributesCount(g.PickU32(0, 3, math.MaxUint32))
		g.Attrs(e.Attributes(), 4)
	}
	for range g.IntN(3) {
		l := s.Links().AppendEmpty()
		l.SetTraceID(id)
		l.SetSpanID([8]byte(id[1:9]))
		l.TraceState().FromRaw(g.Text())
		l.SetFlags(g.Uint32())
		l.SetDroppedAttributesCount(g.PickU32(0, 3))
		g.Attrs(l.Attributes(), 4)
	}
	if !g.Clean && g.IntN(40) == 0 {
		for range 1100 {
			s.Events().AppendEmpty().SetName("e")
			s.Links().AppendEmpty()
		}
	}
}

// shift moves the starts and ends that lie near the tests' day.
func shift(td ptrace.Traces, by time.Duration) {
	move := func(ts pcommon.Timestamp) pcommon.Timestamp {
		if ts < pcommon.Timestamp(day0.AddDate(0, 0, -30).UnixNano()) || ts > pcommon.Timestamp(day0.AddDate(0, 0, 30).UnixNano()) {
			return ts
		}
		return pcommon.Timestamp(int64(ts) + int64(by))
	}
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				s.SetStartTimestamp(move(s.StartTimestamp()))
				s.SetEndTimestamp(move(s.EndTimestamp()))
				for _, e := range s.Events().All() {
					e.SetTimestamp(move(e.Timestamp()))
				}
			}
		}
	}
}
