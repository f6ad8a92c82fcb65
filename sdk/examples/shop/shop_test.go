package main_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
)

// sink keeps every span that a real OTLP client sends to it.
type sink struct {
	collector.UnimplementedTraceServiceServer
	mu    sync.Mutex
	spans map[string]*tracepb.Span // by span id
	of    map[string]string        // span id -> service
}

func (s *sink) Export(_ context.Context, req *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rs := range req.ResourceSpans {
		service := ""
		for _, kv := range rs.Resource.Attributes {
			if kv.Key == "service.name" {
				service = kv.Value.GetStringValue()
			}
		}
		for _, ss := range rs.ScopeSpans {
			for _, span := range ss.Spans {
				s.spans[string(span.SpanId)], s.of[string(span.SpanId)] = span, service
			}
		}
	}
	return &collector.ExportTraceServiceResponse{}, nil
}

// calls are the pairs of services of which one's span is the parent (or, through a queue, the link) of the other's.
func (s *sink) calls() map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := map[string]bool{}
	for id, span := range s.spans {
		if parent, ok := s.of[string(span.ParentSpanId)]; ok && parent != s.of[id] {
			calls[parent+" -> "+s.of[id]] = true
		}
		for _, link := range span.Links {
			if from, ok := s.of[string(link.SpanId)]; ok {
				calls[from+" ~> "+s.of[id]] = true
			}
		}
		for _, kv := range span.Attributes {
			if kv.Key == "server.address" && span.Kind == tracepb.Span_SPAN_KIND_CLIENT && kv.Value.GetStringValue() == "api.paybridge.example" {
				calls[s.of[id]+" -> external"] = true
			}
			if (kv.Key == "db.system.name" || kv.Key == "db.system") && span.Kind == tracepb.Span_SPAN_KIND_CLIENT {
				calls[s.of[id]+" -> "+kv.Value.GetStringValue()] = true
			}
		}
	}
	return calls
}

func TestShopServicesReallyTalk(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "shop")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build shop: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{spans: map[string]*tracepb.Span{}, of: map[string]string{}}
	server := grpc.NewServer()
	collector.RegisterTraceServiceServer(server, s)
	go func() { _ = server.Serve(l) }()
	defer server.Stop()

	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	shop := exec.CommandContext(ctx, binary, "all", "-endpoint", "http://"+l.Addr().String(), "-rate", "20")
	shop.Stderr = os.Stderr
	shop.Cancel = func() error { return shop.Process.Signal(os.Interrupt) }
	shop.WaitDelay = 10 * time.Second
	if err := shop.Start(); err != nil {
		t.Fatal(err)
	}
	want := []string{"web -> catalog", "web -> recommendations", "recommendations -> redis", "checkout -> loyalty", "loyalty ~> receipts", "restock -> postgresql", "restock -> catalog", "web -> checkout", "checkout -> catalog", "checkout -> external", "catalog -> mysql", "fulfilment -> mysql", "fulfilment -> mailer", "checkout ~> fulfilment"}
	var missing []string
	for ctx.Err() == nil {
		calls := s.calls()
		missing = missing[:0]
		for _, call := range want {
			if !calls[call] {
				missing = append(missing, call)
			}
		}
		if len(missing) == 0 {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	if len(missing) > 0 {
		t.Errorf("calls never seen: %v; seen: %v", missing, s.calls())
	}
	cancel()
	_ = shop.Wait() // ended by our signal
}
