package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/status"
)

// raw passes bytes through gRPC as they are, so that the client costs next to nothing.
type raw struct{}

func (raw) Name() string { return "proto" }
func (raw) Marshal(v any) ([]byte, error) {
	return *v.(*[]byte), nil
}
func (raw) Unmarshal(data []byte, v any) error {
	*v.(*[]byte) = bytes.Clone(data)
	return nil
}

// client sends requests until they are acknowledged.
type client interface {
	send(ctx context.Context, body []byte) error
}

// address is where OTLP is taken in.
type address struct{ grpc, http string }

type grpcClient struct {
	conn   *grpc.ClientConn
	method string
}

func (c grpcClient) send(ctx context.Context, body []byte) error {
	var answer []byte
	return c.conn.Invoke(ctx, c.method, &body, &answer)
}

type httpClient struct {
	url  string
	gzip bool
	http *http.Client
}

// refused is an answer that asks to come back later.
type refused struct{ after time.Duration }

func (r refused) Error() string { return "asked to come back in " + r.after.String() }

func (c httpClient) send(ctx context.Context, body []byte) error {
	if c.gzip {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = w.Write(body) // to memory
		_ = w.Close()
		body = packed.Bytes()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	if c.gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil {
		return refused{time.Duration(seconds) * time.Second}
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s: %s", res.Status, answer)
	}
	return nil
}

var methods = map[string]string{
	traces:  "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
	logs:    "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
	metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
}

func dial(to address, w way, signal string, inFlight int) (client, func() error, error) {
	if w.protocol == "http" {
		transport := &http.Transport{MaxIdleConnsPerHost: inFlight}
		hangUp := func() error { transport.CloseIdleConnections(); return nil }
		return httpClient{url: to.http + "/v1/" + signal, gzip: w.gzip, http: &http.Client{Transport: transport}}, hangUp, nil
	}
	calls := []grpc.CallOption{grpc.ForceCodec(raw{})}
	if w.gzip {
		calls = append(calls, grpc.UseCompressor("gzip"))
	}
	conn, err := grpc.NewClient(to.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(calls...))
	if err != nil {
		return nil, nil, err
	}
	return grpcClient{conn, methods[signal]}, conn.Close, nil
}

// retryAfter is the hint of a retryable answer.
func retryAfter(err error) (time.Duration, bool) {
	var r refused
	if errors.As(err, &r) {
		return r.after, true
	}
	if st, ok := status.FromError(err); ok {
		for _, detail := range st.Details() {
			if info, ok := detail.(*errdetails.RetryInfo); ok {
				return info.RetryDelay.AsDuration(), true
			}
		}
	}
	return 0, false
}

// acks collects how long acknowledgements took.
type acks struct {
	mu      sync.Mutex
	took    []time.Duration
	refused int
}

// deliver sends a request until it is acknowledged, and keeps the latency of the try that was.
func (a *acks) deliver(ctx context.Context, c client, body []byte) error {
	for {
		begin := time.Now()
		err := c.send(ctx, body)
		took := time.Since(begin)
		if err == nil {
			a.mu.Lock()
			a.took = append(a.took, took)
			a.mu.Unlock()
			return nil
		}
		after, ok := retryAfter(err)
		if !ok {
			return fmt.Errorf("send: %w", err)
		}
		a.mu.Lock()
		a.refused++
		a.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(after):
		}
	}
}
