package jaeger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gogo/protobuf/jsonpb"
	"github.com/gogo/protobuf/types"
	model "github.com/jaegertracing/jaeger/model/json"
	"github.com/jaegertracing/jaeger/proto-gen/api_v2/metrics"
	"github.com/jaegertracing/jaeger/proto-gen/api_v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

const traceID = "5b8aa5a2d2c872e8321cf37308d69df2"

// send posts a trace of two services that begins at start, as OTLP in JSON.
func send(t *testing.T, start time.Time) {
	t.Helper()
	span := func(id, parent, name string, kind int, from, took time.Duration, more string) string {
		return fmt.Sprintf(`{"traceId":%q,"spanId":%q,"parentSpanId":%q,"name":%q,"kind":%d,"startTimeUnixNano":"%d","endTimeUnixNano":"%d"%s}`,
			traceID, id, parent, name, kind, start.Add(from).UnixNano(), start.Add(from+took).UnixNano(), more)
	}
	resource := func(service string, spans ...string) string {
		return fmt.Sprintf(`{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":%q}},{"key":"service.version","value":{"stringValue":"1.0"}}]},"scopeSpans":[{"scope":{"name":"lib"},"spans":[%s]}]}`,
			service, strings.Join(spans, ","))
	}
	const ms = time.Millisecond
	body := `{"resourceSpans":[` + resource("conf-web",
		span("00f067aa0ba90201", "", "GET /pay", 2, 0, 80*ms, `,"status":{"code":2,"message":"declined"},"attributes":[{"key":"http.response.status_code","value":{"intValue":"502"}}],"events":[{"timeUnixNano":"`+fmt.Sprint(start.Add(ms).UnixNano())+`","name":"retry"}]`),
		span("00f067aa0ba90202", "00f067aa0ba90201", "POST", 3, 5*ms, 70*ms, "")) + "," + resource("conf-pay",
		span("00f067aa0ba90203", "00f067aa0ba90202", "POST /charge", 2, 10*ms, 60*ms, `,"attributes":[{"key":"amount","value":{"doubleValue":12.5}},{"key":"items","value":{"arrayValue":{"values":[{"stringValue":"a"},{"intValue":"2"}]}}}]`)) + `]}`
	resp, err := http.Post(os.Getenv("SIGHTLINE_OTLP")+"/v1/traces", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if answer, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		t.Fatalf("sending = %s %s", resp.Status, answer)
	}
}

func get(t *testing.T, target string) []byte {
	t.Helper()
	resp, err := http.Get(os.Getenv("SIGHTLINE_URL") + "/jaeger" + target)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s = %s %s", target, resp.Status, body)
	}
	return body
}

// decode takes nothing that Jaeger's model does not have.
func decode[T any](t *testing.T, body []byte) T {
	t.Helper()
	var envelope struct {
		Data                 T
		Total, Limit, Offset int
		Errors               []any
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&envelope); err != nil || len(envelope.Errors) > 0 {
		t.Fatalf("%v, errors %v in %s", err, envelope.Errors, body)
	}
	return envelope.Data
}

func TestJaegersOwnPackages(t *testing.T) {
	if os.Getenv("SIGHTLINE_URL") == "" {
		t.Fatal("deploy/conformance/run.sh runs this: SIGHTLINE_URL and SIGHTLINE_OTLP say where Sightline is")
	}
	start := time.Now().Add(-10 * time.Second).Truncate(time.Millisecond)
	send(t, start)
	u, err := url.Parse(os.Getenv("SIGHTLINE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.Dial(u.Host, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client := api_v3.NewQueryServiceClient(conn)
	for { // until it is stored
		stream, err := client.GetTrace(ctx, &api_v3.GetTraceRequest{TraceId: traceID})
		if err == nil {
			_, err = stream.Recv()
		}
		if err == nil {
			break
		}
		if status.Code(err) != codes.NotFound {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Run("gRPC", func(t *testing.T) { overGRPC(ctx, t, client, start) })
	t.Run("HTTP", overHTTP)
	t.Run("metrics", monitorTab)
}

func overGRPC(ctx context.Context, t *testing.T, client api_v3.QueryServiceClient, start time.Time) {
	services, err := client.GetServices(ctx, &api_v3.GetServicesRequest{})
	if err != nil || !slices.Contains(services.Services, "conf-web") || !slices.Contains(services.Services, "conf-pay") {
		t.Errorf("services %v, %v", services, err)
	}
	operations, err := client.GetOperations(ctx, &api_v3.GetOperationsRequest{Service: "conf-web", SpanKind: "server"})
	if err != nil || len(operations.Operations) != 1 || operations.Operations[0].Name != "GET /pay" || operations.Operations[0].SpanKind != "server" {
		t.Errorf("operations %v, %v", operations, err)
	}
	moment := func(at time.Time) *types.Timestamp {
		return &types.Timestamp{Seconds: at.Unix(), Nanos: int32(at.Nanosecond())}
	}
	f := func(q api_v3.TraceQueryParameters, want int) {
		t.Helper()
		q.StartTimeMin, q.StartTimeMax = moment(start.Add(-time.Minute)), moment(start.Add(time.Minute))
		stream, err := client.FindTraces(ctx, &api_v3.FindTracesRequest{Query: &q})
		if err != nil {
			t.Fatal(err)
		}
		spans := 0
		for {
			chunk, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, rs := range chunk.ResourceSpans {
				for _, ss := range rs.ScopeSpans {
					for _, s := range ss.Spans {
						spans++
						if fmt.Sprintf("%x", []byte(s.TraceId)) != traceID || ss.Scope.Name != "lib" {
							t.Errorf("span %+v of %+v", s, ss.Scope)
						}
					}
				}
			}
		}
		if spans != want {
			t.Errorf("%+v found %d spans, want %d", q, spans, want)
		}
	}
	f(api_v3.TraceQueryParameters{ServiceName: "conf-web"}, 3)
	f(api_v3.TraceQueryParameters{ServiceName: "conf-web", OperationName: "GET /pay", Attributes: map[string]string{"error": "true", "http.status_code": "502"}}, 3)
	f(api_v3.TraceQueryParameters{ServiceName: "conf-pay", DurationMin: types.DurationProto(50 * time.Millisecond), DurationMax: types.DurationProto(70 * time.Millisecond), NumTraces: 5}, 3)
	f(api_v3.TraceQueryParameters{ServiceName: "conf-pay", DurationMin: types.DurationProto(time.Second)}, 0)
	stream, err := client.GetTrace(ctx, &api_v3.GetTraceRequest{TraceId: "77"})
	if err == nil {
		_, err = stream.Recv()
	}
	if status.Code(err) != codes.NotFound {
		t.Errorf("a trace that is not there: %v", err)
	}
}

func overHTTP(t *testing.T) {
	if got := decode[[]string](t, get(t, "/api/services")); !slices.Contains(got, "conf-web") {
		t.Errorf("services %q", got)
	}
	if got := decode[[]string](t, get(t, "/api/services/conf-web/operations")); !slices.Equal(got, []string{"GET /pay", "POST"}) {
		t.Errorf("names of operations %q", got)
	}
	if got := decode[[]model.Operation](t, get(t, "/api/operations?service=conf-web&spanKind=client")); len(got) != 1 || got[0] != (model.Operation{Name: "POST", SpanKind: "client"}) {
		t.Errorf("operations %+v", got)
	}
	link := model.DependencyLink{Parent: "conf-web", Child: "conf-pay", CallCount: 1}
	if got := decode[[]model.DependencyLink](t, get(t, fmt.Sprintf("/api/dependencies?endTs=%d&lookback=3600000", time.Now().Add(time.Minute).UnixMilli()))); !slices.Contains(got, link) {
		t.Errorf("dependencies %+v", got)
	}
	for _, target := range []string{"/api/traces/" + traceID, "/api/traces?traceID=" + traceID, "/api/traces?service=conf-web&limit=5&lookback=1h&tags=" + url.QueryEscape(`{"error":"true"}`)} {
		all := decode[[]model.Trace](t, get(t, target))
		if len(all) != 1 || all[0].TraceID != traceID || len(all[0].Spans) != 3 || len(all[0].Processes) != 2 {
			t.Errorf("%s = %+v", target, all)
			continue
		}
		root, last := all[0].Spans[0], all[0].Spans[2]
		if all[0].Processes[root.ProcessID].ServiceName != "conf-web" || root.OperationName != "GET /pay" || root.Duration != 80_000 || len(root.Logs) != 1 || len(root.References) != 0 {
			t.Errorf("root %+v", root)
		}
		if len(last.References) != 1 || last.References[0] != (model.Reference{RefType: model.ChildOf, TraceID: traceID, SpanID: all[0].Spans[1].SpanID}) {
			t.Errorf("references %+v", last.References)
		}
		for _, want := range []model.KeyValue{
			{Key: "http.status_code", Type: model.Int64Type, Value: 502.0}, {Key: "error", Type: model.BoolType, Value: true},
			{Key: "span.kind", Type: model.StringType, Value: "server"}, {Key: "otel.status_code", Type: model.StringType, Value: "ERROR"},
		} {
			if !slices.Contains(root.Tags, want) {
				t.Errorf("%+v is not among %+v", want, root.Tags)
			}
		}
		for _, want := range []model.KeyValue{{Key: "amount", Type: model.Float64Type, Value: 12.5}, {Key: "items", Type: model.StringType, Value: `["a",2]`}} {
			if !slices.Contains(last.Tags, want) {
				t.Errorf("%+v is not among %+v", want, last.Tags)
			}
		}
	}
}

// monitorTab reads the metrics as Jaeger's own protobuf's JSON.
func monitorTab(t *testing.T) {
	f := func(target, name string) {
		t.Helper()
		var family metrics.MetricFamily
		if err := jsonpb.Unmarshal(bytes.NewReader(get(t, "/api/metrics/"+target)), &family); err != nil {
			t.Fatal(err)
		}
		if family.Name != name || family.Type != metrics.MetricType_GAUGE || len(family.Metrics) != 1 || len(family.Metrics[0].MetricPoints) == 0 {
			t.Errorf("%s = %+v", target, family)
		}
	}
	f("calls?service=conf-web&spanKind=server", "service_call_rate")
	f("errors?service=conf-web&groupByOperation=true", "service_operation_error_rate")
	f("latencies?service=conf-web&quantile=0.95&lookback=600000&step=60000", "service_latencies")
}
