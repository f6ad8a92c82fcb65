package collector_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

const exportMethod = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

// The ways in of the other two signals.
const (
	logsPath      = "/v1/logs"
	metricsPath   = "/v1/metrics"
	logsMethod    = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
	metricsMethod = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
)

// reply is an answer, whatever way it came.
type reply struct {
	http       int // status; 0 over gRPC
	code       codes.Code
	message    string
	retryAfter time.Duration // 0: none was given
	rejected   int64
	partial    string // its message
	header     http.Header
}

// compress puts a body in a content coding.
func compress(t testing.TB, coding string, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "":
		return body
	case "gzip":
		w = gzip.NewWriter(&b)
	case "deflate":
		w = zlib.NewWriter(&b)
	case "zstd":
		w, _ = zstd.NewWriter(&b)
	}
	_, err := w.Write(body)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// post sends traces as they are; media and coding are headers.
func post(t testing.TB, addr, media, coding string, body io.Reader, headers ...string) reply {
	t.Helper()
	return postTo(t, addr+"/v1/traces", media, coding, body, headers...)
}

// postTo is post to any path.
func postTo(t testing.TB, url, media, coding string, body io.Reader, headers ...string) reply {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, "http://"+url, body)
	if err != nil {
		t.Fatal(err)
	}
	if media != "" {
		req.Header.Set("Content-Type", media)
	}
	if coding != "" {
		req.Header.Set("Content-Encoding", coding)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	return do(t, req)
}

func do(t testing.TB, req *http.Request) reply {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}, Timeout: time.Minute}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	r := reply{http: resp.StatusCode, header: resp.Header}
	media := resp.Header.Get("Content-Type")
	if req.Method == http.MethodHead {
		return r
	}
	if resp.StatusCode == http.StatusOK {
		r.fromResponse(t, req.URL.Path, media == "application/json", b)
		return r
	}
	var st spb.Status
	switch {
	case media == "application/json":
		err = protojson.Unmarshal(b, &st)
	case media == "application/x-protobuf":
		err = proto.Unmarshal(b, &st)
	case len(b) == 0 || resp.StatusCode == http.StatusRequestHeaderFieldsTooLarge:
		return r
	default:
		t.Errorf("answer %d of type %q: %q", resp.StatusCode, media, b)
	}
	if err != nil {
		t.Errorf("answer %d is no google.rpc.Status: %v: %q", resp.StatusCode, err, b)
	}
	r.fromStatus(status.FromProto(&st))
	if want := resp.Header.Get("Retry-After"); want != "" || r.retryAfter != 0 {
		if s, err := strconv.Atoi(want); err != nil || time.Duration(s)*time.Second < r.retryAfter || s > 61 {
			t.Errorf("Retry-After %q beside RetryInfo %v", want, r.retryAfter)
		}
	}
	return r
}

// fromResponse reads the answer of a signal, named by its path or method, as pdata does.
func (r *reply) fromResponse(t testing.TB, to string, isJSON bool, b []byte) {
	t.Helper()
	read := func(proto, json func([]byte) error) {
		t.Helper()
		if isJSON {
			proto = json
		}
		if err := proto(b); err != nil {
			t.Errorf("the answer is no response of %s: %v: %q", to, err, b)
		}
	}
	switch to {
	case logsPath, logsMethod:
		out := plogotlp.NewExportResponse()
		read(out.UnmarshalProto, out.UnmarshalJSON)
		r.rejected, r.partial = out.PartialSuccess().RejectedLogRecords(), out.PartialSuccess().ErrorMessage()
	case metricsPath, metricsMethod:
		out := pmetricotlp.NewExportResponse()
		read(out.UnmarshalProto, out.UnmarshalJSON)
		r.rejected, r.partial = out.PartialSuccess().RejectedDataPoints(), out.PartialSuccess().ErrorMessage()
	default:
		out := ptraceotlp.NewExportResponse()
		read(out.UnmarshalProto, out.UnmarshalJSON)
		r.rejected, r.partial = out.PartialSuccess().RejectedSpans(), out.PartialSuccess().ErrorMessage()
	}
}

func (r *reply) fromStatus(st *status.Status) {
	r.code, r.message = st.Code(), st.Message()
	for _, d := range st.Details() {
		if info, ok := d.(*errdetails.RetryInfo); ok {
			r.retryAfter = info.GetRetryDelay().AsDuration()
		}
	}
}

// raw is a codec for bytes.
type raw struct{}

func (raw) Name() string { return "proto" }
func (raw) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}
func (raw) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

// zstdCompressor lets the test's gRPC client send zstd.
type zstdCompressor struct{}

func (zstdCompressor) Name() string                                 { return "zstd" }
func (zstdCompressor) Compress(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) }
func (zstdCompressor) Decompress(r io.Reader) (io.Reader, error)    { return nil, errors.New("not used") }

var registerZstd = sync.OnceFunc(func() { encoding.RegisterCompressor(zstdCompressor{}) })

func dial(t testing.TB, addr string) *grpc.ClientConn {
	t.Helper()
	registerZstd()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// invoke exports traces over gRPC.
func invoke(t testing.TB, conn *grpc.ClientConn, coding string, body []byte, headers ...string) reply {
	t.Helper()
	return invokeAt(t, conn, exportMethod, coding, body, headers...)
}

// invokeAt is invoke of any method.
func invokeAt(t testing.TB, conn *grpc.ClientConn, method, coding string, body []byte, headers ...string) reply {
	t.Helper()
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(context.Background(), headers...), time.Minute)
	defer cancel()
	options := []grpc.CallOption{grpc.ForceCodecV2(raw{}), grpc.MaxCallSendMsgSize(1 << 30)}
	if coding != "" {
		options = append(options, grpc.UseCompressor(coding))
	}
	var out []byte
	err := conn.Invoke(ctx, method, &body, &out, options...)
	var r reply
	if err != nil {
		st, _ := status.FromError(err)
		r.fromStatus(st)
		return r
	}
	r.fromResponse(t, method, false, out)
	return r
}
