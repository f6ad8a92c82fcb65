// Package otlp is an OTLP client that knows no SDK: it sends bytes, and tells an acknowledgement from a refusal.
package otlp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	colmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/sightline/sightline/canary/content"
)

// Sender delivers requests.
type Sender interface {
	// Send delivers a request once. The answer is that of an acknowledgement; an error is a *Refusal unless nobody answered.
	Send(ctx context.Context, s content.Signal, body []byte) (answer []byte, err error)
	Close() error
}

// Refusal is an answer that is no acknowledgement.
type Refusal struct {
	Text  string
	After time.Duration // when to come back; negative: never
	Key   bool          // for want of a key
	Gone  bool          // there is no such receiver
}

func (r *Refusal) Error() string { return r.Text }

// New makes a sender that speaks http or grpc; nothing is sent yet.
func New(protocol, endpoint, key string) (Sender, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("the endpoint %q is no address such as http://127.0.0.1:4318", endpoint)
	}
	switch protocol {
	case "http":
		return &httpSender{client: &http.Client{Timeout: sendTimeout, Transport: &http.Transport{}}, base: strings.TrimSuffix(endpoint, "/"), key: key}, nil
	case "grpc":
		security := insecure.NewCredentials()
		if u.Scheme == "https" {
			security = credentials.NewTLS(nil)
		}
		c, err := grpc.NewClient("passthrough:///"+u.Host, grpc.WithTransportCredentials(security), grpc.WithDefaultCallOptions(grpc.ForceCodec(raw{})),
			grpc.WithDisableRetry(), grpc.WithDisableServiceConfig(), grpc.WithConnectParams(grpc.ConnectParams{
				Backoff: backoff.Config{BaseDelay: firstPause, Multiplier: 2, MaxDelay: lastPause}, MinConnectTimeout: sendTimeout,
			}))
		if err != nil {
			return nil, fmt.Errorf("open connection: %w", err)
		}
		return &grpcSender{conn: c, key: key}, nil
	}
	return nil, fmt.Errorf("the protocol %q is not http or grpc", protocol)
}

// sendTimeout bounds one attempt.
const sendTimeout = 10 * time.Second

type httpSender struct {
	client    *http.Client
	base, key string
}

func (h *httpSender) Send(ctx context.Context, s content.Signal, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.base+"/v1/"+s.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("send %s: %w", s, err)
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	if h.key != "" {
		r.Header.Set("Authorization", "Bearer "+h.key)
	}
	answer, err := h.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil {
		return nil, err
	}
	switch answer.StatusCode {
	case http.StatusOK:
		return text, nil
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After")) // none: ours
		return nil, &Refusal{Text: answer.Status, After: time.Duration(seconds) * time.Second}
	}
	return nil, &Refusal{Text: answer.Status + ": " + said(answer.Header.Get("Content-Type"), text), After: -1, Key: answer.StatusCode == http.StatusUnauthorized, Gone: answer.StatusCode == http.StatusNotFound}
}

func (h *httpSender) Close() error {
	h.client.CloseIdleConnections()
	return nil
}

type grpcSender struct {
	conn *grpc.ClientConn
	key  string
}

var methods = [content.Signals]string{
	"/opentelemetry.proto.collector.trace.v1.TraceService/Export",
	"/opentelemetry.proto.collector.logs.v1.LogsService/Export",
	"/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
}

func (g *grpcSender) Send(ctx context.Context, s content.Signal, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if g.key != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+g.key)
	}
	var answer []byte
	err := g.conn.Invoke(ctx, methods[s], &body, &answer)
	if err == nil {
		return answer, nil
	}
	st := status.Convert(err)
	switch st.Code() {
	case codes.Canceled, codes.DeadlineExceeded, codes.Aborted, codes.OutOfRange, codes.Unavailable, codes.ResourceExhausted, codes.DataLoss:
		r := &Refusal{Text: err.Error()}
		for _, d := range st.Details() {
			if info, ok := d.(*errdetails.RetryInfo); ok {
				r.After = info.GetRetryDelay().AsDuration()
			}
		}
		return nil, r
	}
	return nil, &Refusal{Text: err.Error(), After: -1, Key: st.Code() == codes.Unauthenticated, Gone: st.Code() == codes.Unimplemented}
}

func (g *grpcSender) Close() error {
	g.conn.ResetConnectBackoff()
	return g.conn.Close()
}

// raw sends bytes that are protobuf already.
type raw struct{}

func (raw) Marshal(v any) ([]byte, error) {
	b, ok := v.(*[]byte)
	if !ok {
		return nil, errors.New("not bytes")
	}
	return *b, nil
}

func (raw) Unmarshal(data []byte, v any) error {
	b, ok := v.(*[]byte)
	if !ok {
		return errors.New("not bytes")
	}
	*b = bytes.Clone(data)
	return nil
}

func (raw) Name() string { return "proto" }

// Rejected is what an acknowledgement says was not taken.
func Rejected(s content.Signal, answer []byte) (items int64, message string, err error) {
	switch s {
	case content.Traces:
		m := &coltrace.ExportTraceServiceResponse{}
		err = proto.Unmarshal(answer, m)
		items, message = m.GetPartialSuccess().GetRejectedSpans(), m.GetPartialSuccess().GetErrorMessage()
	case content.Logs:
		m := &collogs.ExportLogsServiceResponse{}
		err = proto.Unmarshal(answer, m)
		items, message = m.GetPartialSuccess().GetRejectedLogRecords(), m.GetPartialSuccess().GetErrorMessage()
	case content.Metrics:
		m := &colmetrics.ExportMetricsServiceResponse{}
		err = proto.Unmarshal(answer, m)
		items, message = m.GetPartialSuccess().GetRejectedDataPoints(), m.GetPartialSuccess().GetErrorMessage()
	}
	if err != nil {
		return 0, "", fmt.Errorf("read answer: %w", err)
	}
	return items, message, nil
}

// pauses between attempts, where the server does not say.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = time.Second
)

// Insist sends until somebody acknowledges or refuses for good, or the context ends.
func Insist(ctx context.Context, to Sender, s content.Signal, body []byte) (answer []byte, err error) {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		answer, err = to.Send(ctx, s, body)
		var no *Refusal
		if err == nil || errors.As(err, &no) && no.After < 0 {
			return answer, err
		}
		wait := pause
		if no != nil {
			wait = max(wait, no.After)
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(wait):
		}
	}
}

// said is what the answer to a request over HTTP says went wrong: a Status, by OTLP's rules, or any text.
func said(contentType string, text []byte) string {
	var s spb.Status
	if strings.HasPrefix(contentType, "application/x-protobuf") && proto.Unmarshal(text, &s) == nil {
		return printable([]byte(s.GetMessage()))
	}
	return printable(text)
}

// printable makes the text of an answer one short line.
func printable(text []byte) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(string(text[:min(len(text), 300)]), "") {
		if r < ' ' {
			r = ' '
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}
