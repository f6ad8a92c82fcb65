package chaos_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	grpcstatus "google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// form is a way that a request can take.
type form struct {
	grpc, json bool
	coding     string // "", gzip, zstd
}

func (f form) String() string {
	s := "http protobuf"
	if f.grpc {
		s = "grpc"
	} else if f.json {
		s = "http json"
	}
	if f.coding != "" {
		s += " " + f.coding
	}
	return s
}

// forms is the whole matrix.
func forms() (out []form) {
	for _, coding := range []string{"", "gzip", "zstd"} {
		out = append(out, form{coding: coding}, form{json: true, coding: coding}, form{grpc: true, coding: coding})
	}
	return out
}

// reply is an answer, whatever way it came.
type reply struct {
	http       int // status; 0 over gRPC
	code       codes.Code
	message    string        // of the error or of the partial success
	retryAfter time.Duration // 0: none was given
	rejected   uint64
	header     http.Header
}

// paths and methods of the signals.
var (
	paths   = map[string]string{"traces": "/v1/traces", "logs": "/v1/logs", "metrics": "/v1/metrics"}
	methods = map[string]string{
		"traces":  "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
		"logs":    "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
		"metrics": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
	}
)

func pack(t testing.TB, coding string, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "":
		return body
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zstd":
		w, _ = zstd.NewWriter(&b) // no options, no error
	}
	_, err := w.Write(body)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// post sends a body over HTTP as it is; headers come in pairs.
func post(t testing.TB, url string, body io.Reader, headers ...string) reply {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return do(t, r)
}

func do(t testing.TB, r *http.Request) reply {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}, Timeout: patience(30 * time.Second)}
	resp, err := client.Do(r)
	if err != nil {
		t.Errorf("no answer: %v", err)
		return reply{}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Errorf("half an answer: %v", err)
	}
	out := reply{http: resp.StatusCode, header: resp.Header}
	media := resp.Header.Get("Content-Type")
	switch {
	case resp.StatusCode == http.StatusOK && media == "application/json":
		err = out.fromJSON(b)
	case resp.StatusCode == http.StatusOK:
		err = out.fromProtobuf(b)
	case media == "application/json" || media == "application/x-protobuf":
		var st spb.Status
		if err = proto.Unmarshal(b, &st); media == "application/json" {
			err = protojson.Unmarshal(b, &st)
		}
		out.fromStatus(grpcstatus.FromProto(&st))
		if after := resp.Header.Get("Retry-After"); after != "" || out.retryAfter > 0 {
			if s, err := strconv.Atoi(after); err != nil || time.Duration(s)*time.Second < out.retryAfter {
				t.Errorf("Retry-After %q beside RetryInfo of %v", after, out.retryAfter)
			}
		}
	default:
		out.message = string(b)
	}
	if err != nil {
		t.Errorf("the answer %d of type %q can't be read: %v: %q", resp.StatusCode, media, err, b)
	}
	return out
}

// fromProtobuf reads a success; those of the three signals have one shape.
func (r *reply) fromProtobuf(b []byte) error {
	out := ptraceotlp.NewExportResponse()
	if err := out.UnmarshalProto(b); err != nil {
		return err
	}
	r.rejected, r.message = uint64(out.PartialSuccess().RejectedSpans()), out.PartialSuccess().ErrorMessage()
	return nil
}

func (r *reply) fromJSON(b []byte) error {
	var out struct {
		PartialSuccess map[string]any `json:"partialSuccess"`
	}
	if err := json.Unmarshal(b, &out); err != nil {
		return err
	}
	for name, value := range out.PartialSuccess {
		if name == "errorMessage" {
			r.message = fmt.Sprint(value)
			continue
		}
		n, err := strconv.ParseUint(fmt.Sprint(value), 10, 64)
		if err != nil {
			return err
		}
		r.rejected = n
	}
	return nil
}

func (r *reply) fromStatus(st *grpcstatus.Status) {
	r.code, r.message = st.Code(), st.Message()
	for _, d := range st.Details() {
		if info, ok := d.(*errdetails.RetryInfo); ok {
			r.retryAfter = info.GetRetryDelay().AsDuration()
		}
	}
}

// bytesCodec lets a test send what no message would be encoded to.
type bytesCodec struct{}

func (bytesCodec) Name() string { return "proto" }
func (bytesCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}
func (bytesCodec) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

type zstdCompressor struct{}

func (zstdCompressor) Name() string                                 { return "zstd" }
func (zstdCompressor) Compress(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) }
func (zstdCompressor) Decompress(io.Reader) (io.Reader, error)      { return nil, errors.New("not used") }

type gzipCompressor struct{}

func (gzipCompressor) Name() string                                 { return "gzip" }
func (gzipCompressor) Compress(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }
func (gzipCompressor) Decompress(io.Reader) (io.Reader, error)      { return nil, errors.New("not used") }

var registerCompressors = sync.OnceFunc(func() {
	encoding.RegisterCompressor(zstdCompressor{})
	encoding.RegisterCompressor(gzipCompressor{})
})

// invoke sends a body over gRPC.
func invoke(conn *grpc.ClientConn, method, coding string, body []byte) (r reply, err error) {
	return invokeIn(context.Background(), conn, method, coding, body)
}

// invokeIn sends with the metadata of a context.
func invokeIn(ctx context.Context, conn *grpc.ClientConn, method, coding string, body []byte) (r reply, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience(30*time.Second))
	defer cancel()
	options := []grpc.CallOption{grpc.ForceCodecV2(bytesCodec{}), grpc.MaxCallSendMsgSize(1 << 30)}
	if coding != "" {
		options = append(options, grpc.UseCompressor(coding))
	}
	var out []byte
	if err := conn.Invoke(ctx, method, &body, &out, options...); err != nil {
		st, _ := grpcstatus.FromError(err) // one of another kind is code Unknown
		r.fromStatus(st)
		return r, nil
	}
	return r, r.fromProtobuf(out)
}
