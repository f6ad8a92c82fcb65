package encodetest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Generator makes attributes of every kind of thing that OTLP can say, odd ones too. Clean keeps to what needs no sanitising.
type Generator struct {
	*rand.Rand
	Clean bool
}

// Pick is one of the texts.
func (g Generator) Pick(of ...string) string { return of[g.IntN(len(of))] }

// Text is a text.
func (g Generator) Text() string {
	choices := []string{
		"", "a", "GET /", "checkout", "日本語テキスト", "emoji 🦄 and RTL \u202e", "quote \" and \\ and \n newline", "\x00", "\x00s", "\x00b true", "tab\tnul\x00mid",
		"SELECT * FROM t WHERE a = 'b'", strings.Repeat("long ", 50), strings.Repeat("é", 200), fmt.Sprint(g.Uint64()), "<script>alert(1)</script>",
		"550e8400-e29b-41d4-a716-446655440000", "1234567890123", "a\x7f\x1b[31m",
	}
	if !g.Clean {
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

// Key is an attribute's key.
func (g Generator) Key() string {
	if !g.Clean && g.IntN(20) == 0 {
		return g.Pick("\xff\xfe", strings.Repeat("k", 300), strings.Repeat("é", 200), "http.request.header.authorization", "db.password", "sightline.sanitized", "AKIAIOSFODNN7EXAMPLE")
	}
	return randomKeys[g.IntN(len(randomKeys))]
}

// Attrs adds n attributes at most.
func (g Generator) Attrs(m pcommon.Map, n int) {
	n = g.IntN(n + 1)
	if !g.Clean && g.IntN(50) == 0 {
		for i := range 300 {
			m.PutInt(fmt.Sprintf("many.%d", i), int64(i))
		}
	}
	for range n {
		key := g.Key()
		v := pcommon.NewValueEmpty()
		g.Value(v, 0)
		if _, ok := m.Get(key); !ok {
			v.CopyTo(m.PutEmpty(key))
		}
	}
}

// Value sets a value of any type; depth is how many it lies in.
func (g Generator) Value(v pcommon.Value, depth int) {
	kinds := 8
	if depth > 3 {
		kinds = 5
	}
	switch g.IntN(kinds) {
	case 0, 1:
		text := g.Text()
		if depth > 0 && len(text) > 200 {
			text = text[:200] // what is past the limit of JSON has a test of its own
		}
		v.SetStr(text)
	case 2:
		v.SetInt([]int64{0, 1, -1, 200, 404, 429, 503, math.MaxInt64, math.MinInt64, 1700000000000, 65535, 65536}[g.IntN(12)])
		if !g.Clean && g.IntN(10) == 0 {
			v.SetInt(4111111111111111)
		}
	case 3:
		v.SetDouble([]float64{0, 1.5, -0.1, math.Inf(1), math.Inf(-1), 1e300, 5e-324, 3}[g.IntN(8)])
	case 4:
		v.SetBool(g.IntN(2) == 0)
	case 5:
		text := g.Text()
		if depth > 0 && len(text) > 200 {
			text = text[:200]
		}
		v.SetEmptyBytes().FromRaw([]byte(text))
	case 6:
		s := v.SetEmptySlice()
		for range g.IntN(4) {
			g.Value(s.AppendEmpty(), depth+1)
		}
	case 7:
		m := v.SetEmptyMap()
		for range g.IntN(4) {
			g.Value(m.PutEmpty(g.Pick("k", "l", "ключ", "", "password", "x\ny")), depth+1)
		}
	}
	if g.IntN(12) == 0 {
		pcommon.NewValueEmpty().CopyTo(v)
	}
}

// PickU32 is one of the numbers.
func (g Generator) PickU32(of ...uint32) uint32 { return of[g.IntN(len(of))] }
