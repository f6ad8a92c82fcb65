package sdk_test

import (
	"context"
	"net"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/sightline/sightline/sdk"
)

// receiver keeps what a real OTLP client sent to it.
type receiver struct {
	collector.UnimplementedTraceServiceServer
	requests chan *collector.ExportTraceServiceRequest
	headers  chan metadata.MD
}

func (r *receiver) Export(ctx context.Context, req *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	r.headers <- md
	r.requests <- req
	return &collector.ExportTraceServiceResponse{}, nil
}

func listen(t *testing.T) (*receiver, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{requests: make(chan *collector.ExportTraceServiceRequest, 8), headers: make(chan metadata.MD, 8)}
	server := grpc.NewServer()
	collector.RegisterTraceServiceServer(server, r)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)
	return r, "http://" + l.Addr().String()
}

func TestStartSendsSpansWithResourceAndKey(t *testing.T) {
	r, endpoint := listen(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	stop, err := sdk.Start(ctx, sdk.WithEndpoint(endpoint), sdk.WithKey("secret"), sdk.WithService("checkout", "1.2.3"),
		sdk.WithEnvironment("prod"), sdk.WithNamespace("shop"), sdk.WithAttributes(attribute.String("team", "pay")))
	if err != nil {
		t.Fatal(err)
	}
	_, span := otel.Tracer("test").Start(ctx, "POST /orders")
	span.End()
	if err := stop(ctx); err != nil {
		t.Fatal(err)
	}
	rs := (<-r.requests).ResourceSpans[0]
	if name := rs.ScopeSpans[0].Spans[0].Name; name != "POST /orders" {
		t.Errorf("span name = %q", name)
	}
	want := map[string]string{"service.name": "checkout", "service.version": "1.2.3", "deployment.environment.name": "prod", "service.namespace": "shop", "team": "pay"}
	for _, kv := range rs.Resource.Attributes {
		if v, ok := want[kv.Key]; ok && kv.Value.GetStringValue() == v {
			delete(want, kv.Key)
		}
	}
	if len(want) > 0 {
		t.Errorf("resource attributes missing: %v", want)
	}
	if got := (<-r.headers).Get("authorization"); len(got) != 1 || got[0] != "Bearer secret" {
		t.Errorf("authorization = %q", got)
	}
}

func TestServiceIsNotHeldUpByAnAbsentCollector(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // a port where nothing answers
	if err != nil {
		t.Fatal(err)
	}
	endpoint := "http://" + l.Addr().String()
	_ = l.Close()
	stop, err := sdk.Start(context.Background(), sdk.WithEndpoint(endpoint), sdk.WithService("lonely", ""))
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	for range 10_000 { // past the queue
		_, span := otel.Tracer("test").Start(context.Background(), "work")
		span.End()
	}
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("10,000 spans took %v with the collector away", took)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if err := stop(ctx); err == nil {
		t.Error("stop did not say that the flush was cut off")
	}
}

func TestStartRefusesABadEndpoint(t *testing.T) {
	for _, endpoint := range []string{"", "localhost:4317", "ftp://x:1", "http://"} {
		if _, err := sdk.Start(context.Background(), sdk.WithEndpoint(endpoint)); err == nil {
			t.Errorf("endpoint %q was accepted", endpoint)
		}
	}
}
