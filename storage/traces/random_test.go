package traces_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// day0 is when the tests' requests arrive.
var day0 = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// randomTraces makes requests of every kind of thing that OTLP can say, odd ones too. clean keeps to what needs no sanitising.
func randomTraces(r *rand.Rand, clean bool) ptrace.Traces {
	g := generator{Rand: r, clean: clean}
	td := ptrace.NewTraces()
	for range 1 + r.IntN(3) {
		rs := td.ResourceSpans().AppendEmpty()
		g.attrs(rs.Resource().Attributes(), 6)
		if r.IntN(4) > 0 {
			rs.Resource().Attributes().PutStr("service.name", fmt.Sprintf("service-%d", r.IntN(3)))
		}
		rs.Resource().SetDroppedAttributesCount(uint32(r.IntN(3)))
		rs.SetSchemaUrl(g.pick("", "https://opentelemetry.io/schemas/1.34.0"))
		for range 1 + r.IntN(2) {
			ss := rs.ScopeSpans().AppendEmpty()
			ss.Scope().SetName(g.pick("", "lib", g.text()))
			ss.Scope().SetVersion(g.pick("", "1.2.3"))
			ss.SetSchemaUrl(g.pick("", "https://opentelemetry.io/schemas/1.34.0"))
			if r.IntN(3) == 0 {
				g.attrs(ss.Scope().Attributes(), 3)
				ss.Scope().SetDroppedAttributesCount(r.Uint32())
			}
			for range r.IntN(6) {
				g.span(ss.Spans().AppendEmpty())
			}
		}
	}
	return td
}

type generator struct {
	*rand.Rand
	clean bool
}

func (g generator) pick(of ...string) string { return of[g.IntN(len(of))] }

func (g generator) text() string {
	choices := []string{
		"", "a", "GET /", "checkout", "日本語テキスト", "emoji 🦄 and RTL \u202e", "quote \" and \\ and \n newline", "\x00", "\x00s", "\x00b true", "tab\tnul\x00mid",
		"SELECT * FROM t WHERE a = 'b'", strings.Repeat("long ", 50), strings.Repeat("é", 200), fmt.Sprint(g.Uint64()), "<script>alert(1)</script>",
		"550e8400-e29b-41d4-a716-446655440000", "1234567890123", "a\x7f\x1b[31m",
	}
	if !g.clean {
		choices = append(choices, "\xff", "ok\xc3(bad\xe2\x82end", strings.Repeat("x", 1500), strings.Repeat("ü", 20000), "AKIAIOSFODNN7EXAMPLE",
			"card 4111 1111 1111 1111", "password=hunter2 \xff", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln", strings.Repeat("z", 300)+"\xff")
	}
	return choices[g.IntN(len(choices))]
}

var randomKeys = []string{
	"http.request.method", "http.route", "http.response.status_code", "http.status_code", "messaging.system", "rpc.service", "rpc.method", "rpc.system",
	"db.system.name", "db.operation.name", "db.namespace", "server.address", "server.port", "messaging.destination.name", "error.type",
	"network.protocol.version", "rpc.grpc.status_code", "url.full", "peer.service", "aws.dynamodb.table_names", "exception.type", "network.peer.address",
	"a", "b.c", "", "ключ", "with space", "a'b\"c`;--", "__proto__", "service.version", "deployment.environment.name", "service.namespace", "SampleRate",
	"cloud.platform", "aws.xray.inprogress",
}

func (g generator) key() string {
	if !g.clean && g.IntN(20) == 0 {
		return g.pick("\xff\xfe", strings.Repeat("k", 300), strings.Repeat("é", 200), "http.request.header.authorization", "db.password", "sightline.sanitized", "AKIAIOSFODNN7EXAMPLE")
	}
	return randomKeys[g.IntN(len(randomKeys))]
}

func (g generator) attrs(m pcommon.Map, n int) {
	n = g.IntN(n + 1)
	if !g.clean && g.IntN(50) == 0 {
		for i := range 300 {
			m.PutInt(fmt.Sprintf("many.%d", i), int64(i))
		}
	}
	for range n {
		key := g.key()
		v := pcommon.NewValueEmpty()
		g.value(v, 0)
		if _, ok := m.Get(key); !ok {
			v.CopyTo(m.PutEmpty(key))
		}
	}
}

func (g generator) value(v pcommon.Value, depth int) {
	kinds := 8
	if depth > 3 {
		kinds = 5
	}
	switch g.IntN(kinds) {
	case 0, 1:
		text := g.text()
		if depth > 0 && len(text) > 200 {
			text = text[:200] // what is past the limit of JSON has a test of its own
		}
		v.SetStr(text)
	case 2:
		v.SetInt([]int64{0, 1, -1, 200, 404, 429, 503, math.MaxInt64, math.MinInt64, 1700000000000, 65535, 65536}[g.IntN(12)])
		if !g.clean && g.IntN(10) == 0 {
			v.SetInt(4111111111111111)
		}
	case 3:
		v.SetDouble([]float64{0, 1.5, -0.1, math.Inf(1), math.Inf(-1), 1e300, 5e-324, 3}[g.IntN(8)])
	case 4:
		v.SetBool(g.IntN(2) == 0)
	case 5:
		text := g.text()
		if depth > 0 && len(text) > 200 {
			text = text[:200]
		}
		v.SetEmptyBytes().FromRaw([]byte(text))
	case 6:
		s := v.SetEmptySlice()
		for range g.IntN(4) {
			g.value(s.AppendEmpty(), depth+1)
		}
	case 7:
		m := v.SetEmptyMap()
		for range g.IntN(4) {
			g.value(m.PutEmpty(g.pick("k", "l", "ключ", "", "password", "x\ny")), depth+1)
		}
	}
	if g.IntN(12) == 0 {
		pcommon.NewValueEmpty().CopyTo(v)
	}
}

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
	s.TraceState().FromRaw(g.pick("", "", "ot=th:c", "vendor=x,ot=p:3;r:5", g.text()))
	s.SetFlags(g.pickU32(0, 1, 0x101, math.MaxUint32))
	s.SetName(g.text())
	s.SetKind(ptrace.SpanKind(g.IntN(6)))
	s.SetStartTimestamp(pcommon.Timestamp(day0.Add(time.Duration(g.IntN(3600))*time.Second - 3*time.Duration(g.IntN(24))*time.Hour).UnixNano()))
	s.SetEndTimestamp(s.StartTimestamp() + pcommon.Timestamp(g.IntN(1e9)))
	s.Status().SetCode(ptrace.StatusCode(g.IntN(3)))
	s.Status().SetMessage(g.pick("", "", "failed", g.text()))
	s.SetDroppedAttributesCount(g.pickU32(0, 0, 1, math.MaxUint32))
	s.SetDroppedEventsCount(g.pickU32(0, 0, 1, math.MaxUint32))
	s.SetDroppedLinksCount(g.pickU32(0, 0, 1, math.MaxUint32))
	if !g.clean {
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
	g.attrs(s.Attributes(), 14)
	for range g.IntN(3) {
		e := s.Events().AppendEmpty()
		e.SetTimestamp(s.StartTimestamp() + 1)
		if !g.clean && g.IntN(10) == 0 {
			e.SetTimestamp(math.MaxUint64)
		}
		e.SetName(g.text())
		e.SetDroppedAttributesCount(g.pickU32(0, 3, math.MaxUint32))
		g.attrs(e.Attributes(), 4)
	}
	for range g.IntN(3) {
		l := s.Links().AppendEmpty()
		l.SetTraceID(id)
		l.SetSpanID([8]byte(id[1:9]))
		l.TraceState().FromRaw(g.text())
		l.SetFlags(g.Uint32())
		l.SetDroppedAttributesCount(g.pickU32(0, 3))
		g.attrs(l.Attributes(), 4)
	}
	if !g.clean && g.IntN(40) == 0 {
		for range 1100 {
			s.Events().AppendEmpty().SetName("e")
			s.Links().AppendEmpty()
		}
	}
}

func (g generator) pickU32(of ...uint32) uint32 { return of[g.IntN(len(of))] }

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
