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

	"golang.org/x/sync/errgroup"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/status"

	"github.com/sightline/sightline/bench/load"
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

type grpcClient struct{ conn *grpc.ClientConn }

func (c grpcClient) send(ctx context.Context, body []byte) error {
	var answer []byte
	return c.conn.Invoke(ctx, "/opentelemetry.proto.collector.trace.v1.TraceService/Export", &body, &answer)
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

func dial(s *server, o options) (client, func() error, error) {
	if o.protocol == "http" {
		transport := &http.Transport{MaxIdleConnsPerHost: o.inFlight}
		return httpClient{url: s.http + "/v1/traces", gzip: o.gzip, http: &http.Client{Transport: transport}}, func() error { transport.CloseIdleConnections(); return nil }, nil
	}
	calls := []grpc.CallOption{grpc.ForceCodec(raw{})}
	if o.gzip {
		calls = append(calls, grpc.UseCompressor("gzip"))
	}
	conn, err := grpc.NewClient(s.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(calls...))
	if err != nil {
		return nil, nil, err
	}
	return grpcClient{conn}, conn.Close, nil
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

// ingest sends the load at full speed and waits until it is stored.
func ingest(ctx context.Context, s *server, o options, r *report) (*sample, error) {
	cpuBefore, err := s.tree.cpu()
	if err != nil {
		return nil, err
	}
	peak := watchMemory(ctx, s.tree)
	sent := &sample{}
	a := &acks{}
	begin := time.Now()
	group, groupCtx := errgroup.WithContext(ctx)
	perSender := o.spans / o.senders
	for i := range o.senders {
		group.Go(func() error { return sender(groupCtx, s, o, i, perSender, begin, a, sent) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	r.AcceptedSeconds = time.Since(begin).Seconds()
	if err := waitStored(ctx, s, sent.spans); err != nil {
		return nil, err
	}
	r.StoredSeconds = time.Since(begin).Seconds()
	r.Spans, r.Rate, r.Refused = sent.spans, float64(sent.spans)/r.StoredSeconds, a.refused
	r.AckFull = quantiles(a.took)
	r.cpuBefore = cpuBefore
	r.PeakMiB = peak()
	return sent, nil
}

// sender makes and sends requests whose spans fill the hour before begin.
func sender(ctx context.Context, s *server, o options, n, spans int, begin time.Time, a *acks, sent *sample) error {
	c, hangUp, err := dial(s, o)
	if err != nil {
		return err
	}
	defer hangUp()
	const spansPerTrace = 10 // at least, so that no span lies in the future
	step := time.Hour / time.Duration(max(spans/spansPerTrace, 1))
	g := load.New(load.Config{Seed: uint64(n + 1), Start: begin.Add(-time.Hour), Step: step})
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(o.inFlight)
	for done := 0; done < spans && groupCtx.Err() == nil; {
		request := g.Next()
		if done+request.Items >= spans {
			spans = done // the last whole request was the last
			break
		}
		done += request.Items
		body := bytes.Clone(request.Body)
		sent.add(body, request.Items)
		group.Go(func() error { return a.deliver(groupCtx, c, body) })
	}
	return group.Wait()
}

func waitStored(ctx context.Context, s *server, spans int) error {
	deadline := time.Now().Add(10 * time.Minute)
	for time.Now().Before(deadline) {
		st, err := s.stored(ctx)
		if err != nil {
			return err
		}
		if t := st.Ingest.Traces; t.InJournal == 0 && t.Stored >= int64(spans) {
			if t.Stored != int64(spans) || t.DeadLetter != 0 {
				return fmt.Errorf("sent %d spans, but %d are stored and %d are dead letters", spans, t.Stored, t.DeadLetter)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("%d spans were not stored within ten minutes", spans)
}

// watchMemory looks at the program's memory twice a second; the returned function ends that and gives the highest.
func watchMemory(ctx context.Context, t tree) func() float64 {
	ctx, cancel := context.WithCancel(ctx)
	peak := make(chan float64)
	go func() {
		highest := 0.0
		for ctx.Err() == nil {
			if now, err := t.memory(); err == nil {
				highest = max(highest, now)
			}
			select {
			case <-ctx.Done():
			case <-time.After(500 * time.Millisecond):
			}
		}
		peak <- highest
	}()
	return func() float64 { cancel(); return <-peak }
}
