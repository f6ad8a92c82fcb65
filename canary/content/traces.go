package content

import (
	"encoding/hex"
	"fmt"
	"math"

	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// Edges says how many requests went over each connection of the service map.
type Edges struct{ Entry, Calls, Queries int }

// Add sums.
func (e *Edges) Add(o Edges) {
	e.Entry += o.Entry
	e.Calls += o.Calls
	e.Queries += o.Queries
}

// TraceID is that of a round's trace.
func (r Run) TraceID(seq int64) []byte { return r.draws(seq, "traces").id(16) }

// Edges are those of a round's trace.
func (r Run) Edges(seq int64) Edges {
	d := r.draws(seq, "traces")
	_, _ = d.id(16), d.id(8)
	n := 1 + d.below(3)
	return Edges{Entry: 1, Calls: n, Queries: n}
}

// Traces is a round's trace: a request that makes one to three calls, each of which asks a database.
func (r Run) Traces(seq int64) *coltrace.ExportTraceServiceRequest {
	d := r.draws(seq, "traces")
	trace, root := d.id(16), d.id(8)
	calls := 1 + d.below(3)
	var web, orders []*tracepb.Span
	index := 0
	span := func(id, parent []byte, name string, kind tracepb.Span_SpanKind, attrs ...*commonpb.KeyValue) *tracepb.Span {
		s := &tracepb.Span{
			TraceId: trace, SpanId: id, ParentSpanId: parent, Name: name, Kind: kind, Flags: 1, TraceState: "canary=" + r.ID(),
			StartTimeUnixNano: r.moment(seq, index), EndTimeUnixNano: r.moment(seq, 63-index), Attributes: append(r.marks(seq, index), attrs...),
		}
		index++
		return s
	}
	first := span(root, nil, "GET /canary", tracepb.Span_SPAN_KIND_SERVER, text("http.request.method", "GET"), text("http.route", "/canary"))
	first.Attributes = append(first.Attributes, everyType(d)...)
	fate(first, d)
	first.Events = []*tracepb.Span_Event{{TimeUnixNano: r.moment(seq, 2), Name: "canary.event", Attributes: []*commonpb.KeyValue{text("canary.text", d.words())}}}
	before := r.draws(seq-1, "traces")
	first.Links = []*tracepb.Span_Link{{TraceId: before.id(16), SpanId: before.id(8), Attributes: []*commonpb.KeyValue{whole("canary.seq", seq-1)}}}
	web = append(web, first)
	for range calls {
		call, serve, query := d.id(8), d.id(8), d.id(8)
		web = append(web, span(call, root, "POST /orders", tracepb.Span_SPAN_KIND_CLIENT, text("http.request.method", "POST"), whole("http.response.status_code", 200)))
		orders = append(orders,
			span(serve, call, "POST /orders", tracepb.Span_SPAN_KIND_SERVER, text("http.request.method", "POST"), whole("http.response.status_code", 200)),
			span(query, serve, "SELECT orders", tracepb.Span_SPAN_KIND_CLIENT, text("db.system.name", "postgresql"), text("db.namespace", r.Database())))
	}
	webName, ordersName := r.Services()
	request := &coltrace.ExportTraceServiceRequest{}
	for _, of := range []struct {
		service string
		spans   []*tracepb.Span
	}{{webName, web}, {ordersName, orders}} {
		resource := r.resource(of.service)
		for _, s := range of.spans {
			fields := SpanFields(resource, scope, s)
			s.Attributes = append(s.Attributes, text(signatureKey, r.sign(fields)))
		}
		request.ResourceSpans = append(request.ResourceSpans, &tracepb.ResourceSpans{
			Resource: resource, ScopeSpans: []*tracepb.ScopeSpans{{Scope: scope, Spans: of.spans}},
		})
	}
	return request
}

// fate lets one request in four end badly, each class of the service map now and then.
func fate(s *tracepb.Span, d draws) {
	code := []int64{200, 200, 200, 200, 200, 200, 200, 200, 200, 404, 429, 503}[d.below(12)]
	s.Attributes = append(s.Attributes, whole("http.response.status_code", code))
	if code == 503 {
		s.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: "the canary wanted it so: " + d.words()}
	}
}

var scope = &commonpb.InstrumentationScope{Name: "sightline canary", Version: "1"}

func (r Run) resource(service string) *resourcepb.Resource {
	return &resourcepb.Resource{Attributes: []*commonpb.KeyValue{
		text("service.name", service), text("deployment.environment.name", Env), text("service.version", "1"), text(runKey, r.ID()),
	}}
}

// Keys of attributes that every item has.
const (
	runKey  = "canary.run"
	seqKey  = "canary.seq"
	itemKey = "canary.item"
)

// Item is the unique name of an item of a round.
func (r Run) Item(seq int64, index int) string { return fmt.Sprintf("r%s-%d-%d", r.ID(), seq, index) }

// marks are the attributes by which an item is found.
func (r Run) marks(seq int64, index int) []*commonpb.KeyValue {
	return []*commonpb.KeyValue{text(runKey, r.ID()), whole(seqKey, seq), text(itemKey, r.Item(seq, index))}
}

// everyType is an attribute of every type that OTLP has.
func everyType(d draws) []*commonpb.KeyValue {
	value := func(key string, v *commonpb.AnyValue) *commonpb.KeyValue {
		return &commonpb.KeyValue{Key: key, Value: v}
	}
	return []*commonpb.KeyValue{
		text("canary.text", "zażółć 💛 "+d.words()),
		text("canary.empty", ""),
		value("canary.flag", &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: d.below(2) == 1}}),
		value("canary.ratio", &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: float64(d.below(1<<30)) / math.Pi}}),
		whole("canary.large", math.MinInt64+int64(d.below(1000))),
		value("canary.bytes", &commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: d.id(8)}}),
		value("canary.list", &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{
			Values: []*commonpb.AnyValue{text("", d.words()).Value, whole("", int64(d.below(100))).Value},
		}}}),
		value("canary.map", &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{
			Values: []*commonpb.KeyValue{text("word", d.words()), whole("number", int64(d.below(100)))},
		}}}),
	}
}

func text(key, v string) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: v}}}
}

func whole(key string, n int64) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: n}}}
}

// ID spells bytes as the API does.
func ID(b []byte) string { return hex.EncodeToString(b) }
