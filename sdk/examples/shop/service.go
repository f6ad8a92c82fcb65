package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/sightline/sightline/sdk"
)

// teams are who owns the services.
var teams = map[string]string{
	"web": "storefront", "catalog": "storefront", "recommendations": "growth", "loyalty": "growth", "receipts": "growth",
	"checkout": "payments", "payments": "payments", "fulfilment": "logistics", "restock": "logistics", "mailer": "logistics",
}

// start connects a service to Sightline; the returned function flushes.
func start(ctx context.Context, e Env, attrs ...attribute.KeyValue) (flush func(), err error) {
	if team := teams[e.Name]; team != "" {
		attrs = append(attrs, attribute.String("team", team))
	}
	stop, err := sdk.Start(ctx, sdk.WithEndpoint(e.Endpoint), sdk.WithService(e.Name, e.Version), sdk.WithNamespace("shop"),
		sdk.WithEnvironment(e.Env), sdk.WithAttributes(append(attrs, attribute.String("service.instance.id", e.Name+"-1"))...))
	if err != nil {
		return nil, err
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = stop(ctx) // the service ends either way
	}, nil
}

// serveHTTP serves routes ("GET /products/{id}") with a server span each until ctx ends.
func serveHTTP(ctx context.Context, addr string, routes map[string]http.HandlerFunc) error {
	mux := http.NewServeMux()
	for pattern, handler := range routes {
		mux.HandleFunc(pattern, handler)
	}
	handler := otelhttp.NewHandler(mux, "http", otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string {
		if _, pattern := mux.Handler(r); pattern != "" {
			return strings.TrimSuffix(pattern, "{$}")
		}
		return r.Method
	}))
	server := &http.Server{Addr: addr, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	return serve(ctx, server)
}

func serve(ctx context.Context, server *http.Server) error {
	done := context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = server.Shutdown(ctx)
	})
	defer done()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// httpClient makes calls with a client span each; hosts maps a public name to the loopback address that plays it.
func httpClient(hosts map[string]string) *http.Client {
	dialer := &net.Dialer{Timeout: 2 * time.Second}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.MaxIdleConnsPerHost = 32
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if to, ok := hosts[addr]; ok {
			addr = to
		}
		return dialer.DialContext(ctx, network, addr)
	}
	return &http.Client{Timeout: 10 * time.Second, Transport: otelhttp.NewTransport(transport, otelhttp.WithSpanNameFormatter(
		func(_ string, r *http.Request) string { return r.Method }))}
}

func serveGRPC(ctx context.Context, addr string, register func(*grpc.Server)) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.StatsHandler(otelgrpc.NewServerHandler()))
	register(server)
	done := context.AfterFunc(ctx, server.GracefulStop)
	defer done()
	return server.Serve(l)
}

func dialGRPC(addr string) (*grpc.ClientConn, error) {
	return grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithStatsHandler(otelgrpc.NewClientHandler()))
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that went away is not our failure
}

// refuse answers with an error and leaves it on the current span, as a framework's error handler does.
func refuse(ctx context.Context, w http.ResponseWriter, status int, err error) {
	span := trace.SpanFromContext(ctx)
	span.RecordError(err)
	if status >= 500 {
		span.SetStatus(codes.Error, err.Error())
	}
	reply(w, status, map[string]string{"error": err.Error()})
}

// work takes a moment of CPU-less time, as rendering or serialising would.
func work(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
