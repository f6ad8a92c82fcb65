// Package sample makes OTLP requests for tests and benchmarks: services of a shop, spans of twelve attributes and about 527
// bytes, the same bytes for the same seed. It refuses to be realistic beyond that; bench/ has the load generator.
package sample

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

var routes = [...]string{"/api/products/{id}", "/api/cart", "/api/checkout", "/api/recommendations", "/api/shipping/quote"}

var peers = [...]string{"productcatalog.shop.svc.cluster.local", "cart.shop.svc.cluster.local", "currency.shop.svc.cluster.local"}

// Traces is a request of so many spans that start at the given time, in groups of ten for a resource.
func Traces(seed uint64, spans int, start time.Time) ptrace.Traces {
	rnd := rand.New(rand.NewPCG(seed, 527))
	td := ptrace.NewTraces()
	var ss ptrace.ScopeSpans
	var trace pcommon.TraceID
	var parent pcommon.SpanID
	for i := range spans {
		if i%100 == 0 {
			rs := td.ResourceSpans().AppendEmpty()
			resource(rs.Resource(), rnd)
			ss = rs.ScopeSpans().AppendEmpty()
			ss.Scope().SetName("go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp")
			ss.Scope().SetVersion("0.69.0")
		}
		if i%10 == 0 {
			binary.BigEndian.PutUint64(trace[:8], rnd.Uint64())
			binary.BigEndian.PutUint64(trace[8:], rnd.Uint64()|1)
			parent = pcommon.SpanID{}
		}
		sp := ss.Spans().AppendEmpty()
		fill(sp, rnd, start.Add(time.Duration(i)*time.Millisecond))
		sp.SetTraceID(trace)
		sp.SetParentSpanID(parent)
		parent = sp.SpanID()
	}
	return td
}

// Request is Traces as an SDK sends it: the protobuf of an ExportTraceServiceRequest, fields in ascending order.
func Request(seed uint64, spans int, start time.Time) []byte {
	var message coltrace.ExportTraceServiceRequest
	err := proto.Unmarshal(CollectorRequest(seed, spans, start), &message)
	body, err2 := proto.MarshalOptions{Deterministic: true}.Marshal(&message)
	must(errors.Join(err, err2))
	return body
}

// CollectorRequest is Traces as a collector sends it: the same message, fields in descending order.
func CollectorRequest(seed uint64, spans int, start time.Time) []byte {
	body, err := ptraceotlp.NewExportRequestFromTraces(Traces(seed, spans, start)).MarshalProto()
	must(err)
	return body
}

// JSON is Traces as OTLP JSON.
func JSON(seed uint64, spans int, start time.Time) []byte {
	body, err := ptraceotlp.NewExportRequestFromTraces(Traces(seed, spans, start)).MarshalJSON()
	must(err)
	return body
}

func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("marshal a request of our own making: %v", err))
	}
}

func resource(r pcommon.Resource, rnd *rand.Rand) {
	a := r.Attributes()
	a.PutStr("service.name", [...]string{"frontend", "checkout", "cart", "payment"}[rnd.IntN(4)])
	a.PutStr("service.namespace", "shop")
	a.PutStr("service.version", "1.4.2")
	a.PutStr("deployment.environment.name", "prod")
	a.PutStr("k8s.pod.name", fmt.Sprintf("pod-%08x", rnd.Uint32()))
	a.PutStr("telemetry.sdk.language", "go")
}

func fill(sp ptrace.Span, rnd *rand.Rand, start time.Time) {
	var id pcommon.SpanID
	binary.BigEndian.PutUint64(id[:], rnd.Uint64()|1)
	sp.SetSpanID(id)
	route := routes[rnd.IntN(len(routes))]
	sp.SetName("GET " + route)
	sp.SetKind(ptrace.SpanKindClient)
	sp.SetFlags(0x101)
	sp.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
	sp.SetEndTimestamp(pcommon.NewTimestampFromTime(start.Add(time.Duration(rnd.IntN(50e6)))))
	a := sp.Attributes()
	a.EnsureCapacity(12)
	a.PutStr("http.request.method", "GET")
	a.PutStr("http.route", route)
	a.PutInt("http.response.status_code", 200)
	a.PutStr("url.full", fmt.Sprintf("http://shop.example.com/api/products/%08X?currency=EUR", rnd.Uint32()))
	a.PutStr("server.address", peers[rnd.IntN(len(peers))])
	a.PutInt("server.port", 8080)
	a.PutStr("network.protocol.version", "1.1")
	a.PutStr("user_agent.original", "Go-http-client/1.1")
	a.PutStr("enduser.id", fmt.Sprintf("user-%06d", rnd.IntN(1e6)))
	a.PutInt("http.response.body.size", rnd.Int64N(1<<20))
	a.PutStr("thread.name", fmt.Sprintf("worker-%02d", rnd.IntN(32)))
	a.PutDouble("app.price", float64(rnd.IntN(100000))/100)
}
