package collector_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/jaegertracing/jaeger-idl/model/v1"
	"github.com/jaegertracing/jaeger-idl/proto-gen/api_v2"
	jthrift "github.com/jaegertracing/jaeger-idl/thrift-gen/jaeger"
	zipkin "github.com/openzipkin/zipkin-go"
	zmodel "github.com/openzipkin/zipkin-go/model"
	zproto "github.com/openzipkin/zipkin-go/proto/zipkin_proto3"
	zreporter "github.com/openzipkin/zipkin-go/reporter"
	zhttp "github.com/openzipkin/zipkin-go/reporter/http"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/storage/storagetest/port"
)

// freeAddress is one that nobody else gets during the test; some receivers do not take port 0.
func freeAddress(t testing.TB) string {
	t.Helper()
	addresses, release, err := port.Hold(1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return addresses[0]
}

func zipkinAt(t testing.TB, addr string) map[string]any {
	return overlay(t, fmt.Sprintf(`
receivers: {zipkin: {endpoint: %q}}
service:
  pipelines:
    traces/zipkin: {receivers: [zipkin], exporters: [journal]}
`, addr))
}

func jaegerAt(t testing.TB, grpcAddr, httpAddr string) map[string]any {
	return overlay(t, fmt.Sprintf(`
receivers: {jaeger: {protocols: {grpc: {endpoint: %q}, thrift_http: {endpoint: %q}}}}
service:
  pipelines:
    traces/jaeger: {receivers: [jaeger], exporters: [journal]}
`, grpcAddr, httpAddr))
}

// one is the single span of a project, with its resource's service.
func oneSpan(t testing.TB, j *journal.Journal, project string) ptrace.Span {
	t.Helper()
	all := stored(t, j)
	if len(all) != 1 || len(all[project]) != 1 {
		t.Fatalf("stored %d projects, %d spans of %s", len(all), len(all[project]), project)
	}
	return all[project][0]
}

func TestZipkinsOwnReporterGetsItsSpansIn(t *testing.T) {
	for name, serializer := range map[string]zreporter.SpanSerializer{"json": zreporter.JSONSerializer{}, "protobuf": zproto.SpanSerializer{}} {
		t.Run(name, func(t *testing.T) {
			j, addr := openJournal(t), freeAddress(t)
			c, _, _ := run(t, collector.Config{Journal: j, Auth: keys{}, Overlay: zipkinAt(t, addr)})
			client := &http.Client{Transport: withKey{"a"}}
			r := zhttp.NewReporter("http://"+addr+"/api/v2/spans", zhttp.Serializer(serializer), zhttp.BatchSize(1), zhttp.Client(client))
			local, err := zipkin.NewEndpoint("checkout", "10.0.0.1:8080")
			if err != nil {
				t.Fatal(err)
			}
			tracer, err := zipkin.NewTracer(r, zipkin.WithLocalEndpoint(local), zipkin.WithTraceID128Bit(true))
			if err != nil {
				t.Fatal(err)
			}
			parent := zmodel.SpanContext{TraceID: zmodel.TraceID{High: 7, Low: 8}, ID: 9}
			start := time.Now().Truncate(time.Microsecond)
			span := tracer.StartSpan("get /cart", zipkin.Kind(zmodel.Client), zipkin.Parent(parent), zipkin.StartTime(start))
			span.Tag("http.method", "GET")
			span.Tag("http.status_code", "503")
			span.Tag("error", "unavailable")
			span.Annotate(start.Add(time.Millisecond), "retried")
			span.FinishedWithDuration(5 * time.Millisecond)
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			s := oneSpan(t, j, "project-a")
			if s.Name() != "get /cart" || s.Kind() != ptrace.SpanKindClient || s.TraceID() != (pcommon.TraceID{7: 7, 15: 8}) || s.ParentSpanID() != (pcommon.SpanID{7: 9}) || s.SpanID().IsEmpty() {
				t.Errorf("name %q, kind %v, ids %v %v %v", s.Name(), s.Kind(), s.TraceID(), s.ParentSpanID(), s.SpanID())
			}
			if !s.StartTimestamp().AsTime().Equal(start) || s.EndTimestamp()-s.StartTimestamp() != 5e6 {
				t.Errorf("from %v for %d ns, want %v", s.StartTimestamp().AsTime(), s.EndTimestamp()-s.StartTimestamp(), start)
			}
			if v, _ := s.Attributes().Get("http.method"); v.Str() != "GET" || s.Status().Code() != ptrace.StatusCodeError {
				t.Errorf("attributes %v, status %v", s.Attributes().AsRaw(), s.Status())
			}
			if s.Events().Len() != 1 || s.Events().At(0).Name() != "retried" || !s.Events().At(0).Timestamp().AsTime().Equal(start.Add(time.Millisecond)) {
				t.Errorf("%d events", s.Events().Len())
			}
			if a := c.Accounts().Arrived[admission.Origin{Project: "project-a", Signal: journal.SignalTraces, Protocol: "zipkin"}]; a.Accepted != 1 {
				t.Errorf("accounts %+v", c.Accounts().Arrived)
			}
		})
	}
}

// withKey sends an ingest key.
type withKey struct{ key string }

func (k withKey) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("x-sightline-ingest-key", k.key)
	resp, err := http.DefaultTransport.RoundTrip(r)
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	return resp, err
}

func TestJaegersOwnClientGetsItsSpansIn(t *testing.T) {
	j, addr := openJournal(t), freeAddress(t)
	c, _, _ := run(t, collector.Config{Journal: j, Auth: keys{}, Overlay: jaegerAt(t, addr, freeAddress(t))})
	client := api_v2.NewCollectorServiceClient(dial(t, addr))
	start := time.Now()
	batch := model.Batch{
		Process: model.NewProcess("checkout", []model.KeyValue{model.String("host.name", "h1")}),
		Spans: []*model.Span{{
			TraceID: model.NewTraceID(7, 8), SpanID: model.NewSpanID(10), OperationName: "GET /cart", StartTime: start, Duration: 5 * time.Millisecond,
			References: []model.SpanRef{model.NewChildOfRef(model.NewTraceID(7, 8), model.NewSpanID(9))},
			Tags:       []model.KeyValue{model.String("span.kind", "server"), model.Int64("items", 3), model.Bool("error", true)},
			Logs:       []model.Log{{Timestamp: start.Add(time.Millisecond), Fields: []model.KeyValue{model.String("event", "retried")}}},
		}},
	}
	send := func(key string) error {
		ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+key)
		_, err := client.PostSpans(ctx, &api_v2.PostSpansRequest{Batch: batch}, grpc.UseCompressor("gzip"))
		return err
	}
	if err := send("a"); err != nil {
		t.Fatal(err)
	}
	if err := send("wrong"); status.Code(err) != codes.Unauthenticated {
		t.Errorf("with a wrong key: %v", err)
	}
	s := oneSpan(t, j, "project-a")
	if s.Name() != "GET /cart" || s.Kind() != ptrace.SpanKindServer || s.TraceID() != (pcommon.TraceID{7: 7, 15: 8}) || s.ParentSpanID() != (pcommon.SpanID{7: 9}) || s.SpanID() != (pcommon.SpanID{7: 10}) {
		t.Errorf("name %q, kind %v, ids %v %v %v", s.Name(), s.Kind(), s.TraceID(), s.ParentSpanID(), s.SpanID())
	}
	if !s.StartTimestamp().AsTime().Equal(start) || s.EndTimestamp()-s.StartTimestamp() != 5e6 || s.Status().Code() != ptrace.StatusCodeError {
		t.Errorf("from %v to %v, status %v", s.StartTimestamp(), s.EndTimestamp(), s.Status())
	}
	if v, _ := s.Attributes().Get("items"); v.Int() != 3 || s.Events().Len() != 1 || s.Events().At(0).Name() != "retried" {
		t.Errorf("attributes %v, %d events", s.Attributes().AsRaw(), s.Events().Len())
	}
	if a := c.Accounts().Arrived[admission.Origin{Project: "project-a", Signal: journal.SignalTraces, Protocol: "jaeger"}]; a.Accepted != 1 {
		t.Errorf("accounts %+v", c.Accounts().Arrived)
	}
}

// thriftBatch is a batch as Jaeger's Thrift clients send it.
func thriftBatch(t testing.TB) []byte {
	t.Helper()
	kind := "client"
	b, err := thrift.NewTSerializer().Write(context.Background(), &jthrift.Batch{
		Process: &jthrift.Process{ServiceName: "cart"},
		Spans: []*jthrift.Span{{TraceIdLow: 8, TraceIdHigh: 7, SpanId: 10, ParentSpanId: 9, OperationName: "HGET", StartTime: time.Now().UnixMicro(), Duration: 5000,
			Tags: []*jthrift.Tag{{Key: "span.kind", VType: jthrift.TagType_STRING, VStr: &kind}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestJaegersThriftOverHTTP(t *testing.T) {
	j, addr := openJournal(t), freeAddress(t)
	run(t, collector.Config{Journal: j, Overlay: jaegerAt(t, freeAddress(t), addr)})
	if status, text := send(t, "http://"+addr+"/api/traces", "application/x-thrift", "", thriftBatch(t)); status != http.StatusAccepted {
		t.Errorf("%d %s", status, text)
	}
	if s := oneSpan(t, j, "default"); s.Name() != "HGET" || s.Kind() != ptrace.SpanKindClient || s.SpanID() != (pcommon.SpanID{7: 10}) {
		t.Errorf("span %q %v %v", s.Name(), s.Kind(), s.SpanID())
	}
}

// send posts a body, and gives the status and the text of the answer.
func send(t testing.TB, url, media, coding string, body []byte) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", media)
	if coding != "" {
		req.Header.Set("Content-Encoding", coding)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Retry-After") + " " + string(text)
}

const zipkinSpan = `[{"traceId":"0000000000000007","id":"%016x","name":"x","timestamp":%d,"duration":5,"localEndpoint":{"serviceName":"cart"}}]`

func TestHostileForeignRequestsAreRefused(t *testing.T) {
	j, zipkinAddr, grpcAddr, thriftAddr := openJournal(t), freeAddress(t), freeAddress(t), freeAddress(t)
	both := zipkinAt(t, zipkinAddr)
	jaeger := jaegerAt(t, grpcAddr, thriftAddr)
	both["receivers"].(map[string]any)["jaeger"] = jaeger["receivers"].(map[string]any)["jaeger"]
	both["service"] = jaeger["service"]
	both["service"].(map[string]any)["pipelines"].(map[string]any)["traces/zipkin"] = map[string]any{"receivers": []any{"zipkin"}, "exporters": []any{"journal"}}
	c, _, _ := run(t, collector.Config{Journal: j, Overlay: both, Limits: admission.Limits{Request: limit}})
	v2, v1 := "http://"+zipkinAddr+"/api/v2/spans", "http://"+zipkinAddr+"/api/v1/spans"
	f := func(name, url, media, coding string, body []byte, want int) {
		t.Helper()
		if got, text := send(t, url, media, coding, body); got != want || strings.HasPrefix(text, " ") != (want < 429) {
			t.Errorf("%s: %d %q, want %d", name, got, text, want)
		}
	}
	deep := strings.Repeat(`[`, 300_000)
	f("no JSON", v2, "application/json", "", []byte("nonsense"), 400)
	f("deep JSON", v2, "application/json", "", []byte(deep), 400)
	f("deep tags", v2, "application/json", "", []byte(`[{"traceId":"7","id":"8","tags":`+strings.Repeat(`{"a":`, 100_000)+`1`+strings.Repeat(`}`, 100_000)+`}]`), 400)
	f("spans without ids", v2, "application/json", "", []byte(`[{},{},{}]`), 400)
	f("no protobuf", v2, "application/x-protobuf", "", []byte{0xff, 0xff}, 400)
	f("too large", v2, "application/json", "", bytes.Repeat([]byte(" "), limit+1), 413)
	f("bomb", v2, "application/json", "gzip", compress(t, "gzip", bytes.Repeat([]byte(" "), 64*limit)), 413)
	f("broken gzip", v2, "application/json", "gzip", []byte("nonsense"), 400)
	f("coding", v2, "application/json", "lz4", []byte("nonsense"), 400)
	f("media", v2, "text/csv", "", []byte("a,b"), 415)
	f("path", "http://"+zipkinAddr+"/api/v3", "application/json", "", []byte("[]"), 404)
	f("v1 thrift", v1, "application/x-thrift", "", []byte{12, 0x7f, 0xff, 0xff, 0xff}, 415)
	f("v1 JSON", v1, "application/json", "", []byte("{"), 400)
	traces := "http://" + thriftAddr + "/api/traces"
	batch := thriftBatch(t)
	f("thrift of another type", traces, "application/json", "", batch, 415)
	f("no thrift", traces, "application/x-thrift", "", []byte("nonsense"), 400)
	f("cut thrift", traces, "application/x-thrift", "", batch[:len(batch)-1], 400)
	list := binary.BigEndian.AppendUint32([]byte{15, 0, 2, 12}, 90_000_000) // 800 MB of pointers
	f("thrift list that lies", traces, "application/x-thrift", "", append(list, 0), 400)
	f("deep thrift", traces, "application/x-thrift", "", bytes.Repeat([]byte{12, 0, 1}, 100_000), 400)

	client := api_v2.NewCollectorServiceClient(dial(t, grpcAddr))
	big := model.Batch{Process: model.NewProcess(strings.Repeat("x", 2*limit), nil)}
	if _, err := client.PostSpans(context.Background(), &api_v2.PostSpansRequest{Batch: big}, grpc.UseCompressor("gzip")); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("jaeger, large: %v", err)
	}
	var out []byte
	nonsense := []byte{0xff, 0xff, 0xff}
	if err := dial(t, grpcAddr).Invoke(context.Background(), "/jaeger.api_v2.CollectorService/PostSpans", &nonsense, &out, grpc.ForceCodecV2(raw{})); status.Code(err) == codes.OK {
		t.Error("jaeger: nonsense is taken")
	}
	if got, text := send(t, v2, "application/json; charset=utf-8", "gzip", compress(t, "gzip", []byte(fmt.Sprintf(zipkinSpan, 9, time.Now().UnixMicro())))); got != 202 {
		t.Errorf("afterwards: %d %s", got, text)
	}
	if n := c.Accounts().Refused[admission.ReasonInternal]; n != 0 || len(c.Accounts().Examples[admission.ReasonDecode]) == 0 {
		t.Errorf("%d internal errors, examples %+v", n, c.Accounts().Examples)
	}
	for _, e := range c.Accounts().Examples[admission.ReasonDecode] {
		if strings.Contains(e.Message, "nonsense") {
			t.Errorf("an example quotes a body: %+v", e)
		}
	}
}

func TestForeignSendersAreAskedToComeBack(t *testing.T) {
	j, err := journal.Open(journal.Config{Dir: t.TempDir(), Reserve: -1, MaxBytes: 32 << 10, Codec: journal.CodecNone})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	grpcAddr, thriftAddr, zipkinAddr := freeAddress(t), freeAddress(t), freeAddress(t)
	all := jaegerAt(t, grpcAddr, thriftAddr)
	z := zipkinAt(t, zipkinAddr)
	all["receivers"].(map[string]any)["zipkin"] = z["receivers"].(map[string]any)["zipkin"]
	all["service"].(map[string]any)["pipelines"].(map[string]any)["traces/zipkin"] = map[string]any{"receivers": []any{"zipkin"}, "exporters": []any{"journal"}}
	run(t, collector.Config{Journal: j, Overlay: all})
	url := "http://" + zipkinAddr + "/api/v2/spans"
	var code int
	var text string
	taken := 0
	for i := range 1000 {
		span := fmt.Sprintf(zipkinSpan, i+1, time.Now().UnixMicro())
		if code, text = send(t, url, "application/json", "", []byte(strings.Replace(span, `"x"`, `"`+hex.EncodeToString(make([]byte, 500))+`"`, 1))); code != 202 {
			break
		}
		taken++
	}
	if code != 503 || strings.HasPrefix(text, " ") || !strings.Contains(text, "err-sightline-journal-full") {
		t.Errorf("zipkin: %d %s", code, text)
	}
	if n := len(stored(t, j)["default"]); n != taken {
		t.Errorf("%d spans are in the journal, %d were acknowledged", n, taken)
	}
	if code, text = send(t, "http://"+thriftAddr+"/api/traces", "application/x-thrift", "", thriftBatch(t)); code != 503 || strings.HasPrefix(text, " ") {
		t.Errorf("thrift: %d %s", code, text)
	}
	client := api_v2.NewCollectorServiceClient(dial(t, grpcAddr))
	_, err = client.PostSpans(context.Background(), &api_v2.PostSpansRequest{Batch: model.Batch{Process: model.NewProcess("a", nil), Spans: []*model.Span{{TraceID: model.NewTraceID(1, 2), SpanID: 3, StartTime: time.Now()}}}})
	var r reply
	st, _ := status.FromError(err)
	r.fromStatus(st)
	if r.code != codes.Unavailable || r.retryAfter < time.Second {
		t.Errorf("jaeger: %+v", r)
	}
}

func TestJaegerOverUDPIsRefused(t *testing.T) {
	_, err := collector.New(collector.Config{GRPC: "127.0.0.1:0", Journal: openJournal(t), Overlay: overlay(t, `
receivers: {jaeger: {protocols: {thrift_compact: {endpoint: "127.0.0.1:16831"}}}}
service: {pipelines: {traces/jaeger: {receivers: [jaeger], exporters: [journal]}}}
`)})
	if err == nil || !strings.Contains(err.Error(), "over UDP") {
		t.Errorf("error %v", err)
	}
}
