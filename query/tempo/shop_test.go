package tempo_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/tempo"
	"github.com/sightline/sightline/query/traceql"
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

func TestMain(m *testing.M) { os.Exit(storagetest.Main(m)) }

// server answers as query.Server does: the routes, who asks, and errors in the route's form.
type server struct {
	mux   *http.ServeMux
	db    *conn.DB
	start time.Time // of the first trace
}

func newServer(t *testing.T) *server {
	t.Helper()
	db := storagetest.Open(t)
	reader := traces.NewReader(db)
	s := &server{http.NewServeMux(), db, time.Now().Add(-10 * time.Minute).Truncate(time.Second).Add(123456789)}
	for _, route := range tempo.Routes(tempo.Deps{Spans: reader, Sets: reader, Words: reader, Engine: traceql.New(reader)}) {
		s.mux.HandleFunc(route.Method+" "+route.Pattern, func(w http.ResponseWriter, r *http.Request) {
			r = r.WithContext(api.WithCaller(r.Context(), api.Caller{Project: "default"}))
			if err := route.Handle(w, r); err != nil {
				if e := api.AsError(err); e.Code == api.Internal {
					t.Logf("GET %s: %v", r.URL, err)
				}
				route.Fail(w, api.AsError(err), "id1")
			}
		})
	}
	return s
}

func (s *server) do(path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", tempo.Prefix+path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, r)
	return w
}

// get decodes an answer, which has no fields but those of into.
func (s *server) get(t *testing.T, path string, into any) {
	t.Helper()
	w := s.do(path)
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		t.Fatalf("GET %s = %d %s", path, w.Code, w.Body)
	}
	d := json.NewDecoder(w.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
}

func (s *server) store(t *testing.T, project string, data *tracepb.TracesData) {
	t.Helper()
	body, err := proto.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	spans := 0
	for _, r := range data.ResourceSpans {
		for _, scope := range r.ScopeSpans {
			spans += len(scope.Spans)
		}
	}
	rows := traces.NewBatch(batch.NewID([8]byte{1}, time.Now()), batch.Policy{})
	if err := rows.Append(batch.Request{Project: project, Received: time.Now(), Body: body, Items: spans}); err != nil {
		t.Fatal(err)
	}
	w := batch.NewWriter(s.db)
	for i, b := range rows.Blocks() {
		if err := w.Insert(t.Context(), b, fmt.Sprintf("%s-%d-%d", project, time.Now().UnixNano(), i)); err != nil {
			t.Fatal(err)
		}
	}
}

const ms = time.Millisecond

func attr(key string, v *commonpb.AnyValue) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: v}
}

func text(v string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: v}}
}

func whole(v int64) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: v}}
}

// buy is a trace of web -> checkout -> a database that took longer the higher its number; every third failed. Attributes are in the
// order of their keys, since that is how they come back.
func buy(n byte, start time.Time) *tracepb.TracesData {
	failed := n%3 == 0
	id := func(b byte) []byte { return []byte{n, 0, 0, 0, 0, 0, 0, b} }
	span := func(b, parent byte, name string, kind tracepb.Span_SpanKind, from, took time.Duration) *tracepb.Span {
		s := &tracepb.Span{
			TraceId: []byte{8: 0x77, 15: n}, SpanId: id(b), Name: name, Kind: kind, Flags: 257, Status: &tracepb.Status{},
			StartTimeUnixNano: uint64(start.Add(from).UnixNano()), EndTimeUnixNano: uint64(start.Add(from + took).UnixNano()),
		}
		if parent != 0 {
			s.ParentSpanId = id(parent)
		}
		return s
	}
	took := time.Duration(n) * 100 * ms
	web := span(1, 0, "POST /buy", tracepb.Span_SPAN_KIND_SERVER, 0, took)
	web.Attributes = []*commonpb.KeyValue{attr("http.response.status_code", whole(200)), attr("http.route", text("/buy"))}
	checkout := span(2, 1, "charge card", tracepb.Span_SPAN_KIND_INTERNAL, 5*ms, took-10*ms)
	checkout.TraceState = "ot=th:8"
	checkout.Attributes = []*commonpb.KeyValue{
		attr("bytes", &commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: []byte{0, 255}}}),
		attr("empty", &commonpb.AnyValue{}),
		attr("items", &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: []*commonpb.AnyValue{text("apple"), whole(2)}}}}),
		attr("member", &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: true}}),
		attr("nested", &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{Values: []*commonpb.KeyValue{attr("x", whole(-1))}}}}),
		attr("retries", whole(int64(n))),
		attr("total", &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: 12.5}}),
		attr("user name", text("O'Brien \"\\ ünï")),
	}
	checkout.DroppedAttributesCount, checkout.DroppedEventsCount, checkout.DroppedLinksCount = 1, 2, 3
	checkout.Events = []*tracepb.Span_Event{{
		TimeUnixNano: uint64(start.Add(20 * ms).UnixNano()), Name: "exception", DroppedAttributesCount: 4, Attributes: []*commonpb.KeyValue{attr("exception.type", text("TimeoutError"))},
	}}
	checkout.Links = []*tracepb.Span_Link{{
		TraceId: []byte{0: 9, 15: 9}, SpanId: []byte{7: 9}, TraceState: "a=b", Flags: 256, DroppedAttributesCount: 5, Attributes: []*commonpb.KeyValue{attr("why", text("retry"))},
	}}
	if failed {
		checkout.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: "no money"}
	}
	db := span(3, 2, "SELECT orders", tracepb.Span_SPAN_KIND_CLIENT, 10*ms, 30*ms)
	db.Attributes = []*commonpb.KeyValue{attr("db.system.name", text("postgresql"))}
	resource := func(service string, spans ...*tracepb.Span) *tracepb.ResourceSpans {
		return &tracepb.ResourceSpans{
			SchemaUrl: "https://opentelemetry.io/schemas/1.37.0",
			Resource:  &resourcepb.Resource{Attributes: []*commonpb.KeyValue{attr("deployment.environment.name", text("prod")), attr("service.name", text(service))}},
			ScopeSpans: []*tracepb.ScopeSpans{{
				Scope: &commonpb.InstrumentationScope{Name: "lib/" + service, Version: "1.2", Attributes: []*commonpb.KeyValue{attr("lang", text("go"))}},
				Spans: spans,
			}},
		}
	}
	return &tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{resource("web", web), resource("checkout", checkout, db)}}
}

// shop is a server with traces 1 to 6, a minute apart, and one of another project.
func shop(t *testing.T) *server {
	t.Helper()
	s := newServer(t)
	all := &tracepb.TracesData{}
	for n := range byte(6) {
		all.ResourceSpans = append(all.ResourceSpans, buy(n+1, s.start.Add(time.Duration(n)*time.Minute)).ResourceSpans...)
	}
	s.store(t, "default", all)
	s.store(t, "other", buy(77, s.start))
	return s
}

// ordered puts what comes in no certain order into one.
func ordered(data *tracepb.TracesData) *tracepb.TracesData {
	slices.SortFunc(data.ResourceSpans, func(a, b *tracepb.ResourceSpans) int {
		return strings.Compare(a.ScopeSpans[0].Scope.Name, b.ScopeSpans[0].Scope.Name)
	})
	for _, r := range data.ResourceSpans {
		for _, scope := range r.ScopeSpans {
			slices.SortFunc(scope.Spans, func(a, b *tracepb.Span) int { return strings.Compare(string(a.SpanId), string(b.SpanId)) })
		}
	}
	return data
}

func q(text string) string { return "q=" + url.QueryEscape(text) }
