package otlp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"runtime/debug"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip" // the server decompresses gzip
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
)

const (
	traceService = "opentelemetry.proto.collector.trace.v1.TraceService"
	traceExport  = "/" + traceService + "/Export"

	receiveTimeout = 30 * time.Second // for a whole request to arrive and become durable
	headerBytes    = 32 << 10
	streams        = 250 // concurrent requests on a connection
)

// newGRPC makes the server. Export is served as a stream of one message although OTLP calls it unary, which is the same on the
// wire: a stream's handler runs before its message is received, so it may refuse without reading, and it sees what went wrong
// with the message (gRPC answers for a unary call itself, and nobody counts it).
func (in *Intake) newGRPC(tlsConfig *tls.Config) *grpc.Server {
	options := []grpc.ServerOption{
		grpc.ForceServerCodecV2(codec{}),
		//lint:ignore SA1019 the other way to have zstd is a process-wide registry that is only safe in init
		grpc.RPCDecompressor(&zstdDecompressor{limit: in.Limits.Request}),
		grpc.MaxRecvMsgSize(int(in.Limits.Request)),
		grpc.MaxSendMsgSize(4 << 20),
		grpc.MaxConcurrentStreams(streams),
		grpc.MaxHeaderListSize(headerBytes),
		grpc.ConnectionTimeout(5 * time.Second),
		grpc.InitialWindowSize(1 << 20), // a request of the usual size in one go
		grpc.InitialConnWindowSize(4 << 20),
		grpc.SharedWriteBuffer(true),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: 10 * time.Minute, Time: time.Minute, Timeout: 20 * time.Second}),
		grpc.InTapHandle(in.tap),
		grpc.UnknownServiceHandler(in.unknown),
	}
	if tlsConfig != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(tlsConfig)))
	}
	s := grpc.NewServer(options...)
	s.RegisterService(&grpc.ServiceDesc{
		ServiceName: traceService,
		Streams:     []grpc.StreamDesc{{StreamName: "Export", Handler: in.export}},
	}, nil)
	return s
}

// call is what is known of a request before its message comes.
type call struct {
	project string
	cancel  context.CancelFunc
}

type callKey struct{}

// tap sees a request's headers before anything is spent on it. Its context bounds how long the message may take to arrive.
func (in *Intake) tap(ctx context.Context, info *tap.Info) (context.Context, error) {
	if info.FullMethodName != traceExport {
		return ctx, nil // unknown answers; there is nothing to protect
	}
	project, ok := in.Auth.Authenticate(admission.Key(func(header string) string {
		if v := info.Header.Get(header); len(v) > 0 {
			return v[0]
		}
		return ""
	}))
	if !ok {
		return nil, in.grpcError(admission.Unauthenticated())
	}
	c := &call{project: project}
	ctx, c.cancel = context.WithTimeout(context.WithValue(ctx, callKey{}, c), receiveTimeout)
	return ctx, nil
}

func (in *Intake) export(_ any, stream grpc.ServerStream) (err error) {
	ctx := stream.Context()
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		return in.grpcError(admission.Unauthenticated())
	}
	defer c.cancel()
	partial, err := in.receive(ctx, c.project, stream)
	if err != nil {
		return in.grpcError(err)
	}
	return stream.SendMsg(answer(partial.Protobuf()))
}

func (in *Intake) receive(ctx context.Context, project string, stream grpc.ServerStream) (partial admission.Partial, err error) {
	defer func() { in.recovered(recover(), debug.Stack, &err) }()
	if err := in.Ready(); err != nil {
		return partial, err
	}
	var m message
	defer m.free()
	if err := stream.RecvMsg(&m); err != nil {
		return partial, in.notReceived(err)
	}
	body := m.bytes()
	if !in.Gate.Take(int64(len(body))) {
		return partial, admission.Crowded()
	}
	defer in.Gate.Give(int64(len(body)))
	return in.Traces(ctx, Request{
		Project: project, IngestID: in.Journal.IngestID(project, journal.SignalTraces, body), Body: body, Size: len(body),
	})
}

// notReceived says in our words what gRPC found wrong with a message.
func (in *Intake) notReceived(err error) error {
	if errors.Is(err, io.EOF) {
		return admission.Malformed("the call has no message")
	}
	st, _ := status.FromError(err)
	switch st.Code() {
	case codes.ResourceExhausted:
		return admission.TooLarge(in.Limits.Request)
	case codes.Canceled, codes.DeadlineExceeded, codes.Unavailable:
		return admission.Aborted(err)
	case codes.Unimplemented:
		return admission.BadEncoding("%s", st.Message())
	}
	if strings.Contains(st.Message(), "decompress") {
		if strings.Contains(st.Message(), errTooLarge.Error()) {
			return admission.TooLarge(in.Limits.Request)
		}
		return admission.BadEncoding("body can't be decompressed: %s", st.Message())
	}
	return admission.Malformed("%s", st.Message())
}

// unknown answers every other method.
func (in *Intake) unknown(_ any, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	return in.grpcError(notServed(method))
}

// notServed names what was asked for by its gRPC method or HTTP path.
func notServed(path string) *admission.Refusal {
	for part, signal := range map[string]string{".logs.": "logs", ".metrics.": "metrics", ".profiles.": "profiles", "/v1/logs": "logs", "/v1/metrics": "metrics", "/v1development/profiles": "profiles"} {
		if strings.Contains(path, part) {
			return admission.NotServed("sightline does not store %s yet; it takes traces. Set OTEL_%s_EXPORTER=none to send none", signal, strings.ToUpper(signal))
		}
	}
	return admission.NotServed("nothing is served at %.100q; sightline takes traces at POST /v1/traces and at gRPC %s/Export", path, traceService)
}

func (in *Intake) grpcError(err error) error {
	r := admission.AsRefusal(err)
	in.Accounts.Refused(r.Reason)
	return r.Status().Err()
}

// codec gives the handler the bytes of a message as they came.
type codec struct{}

func (codec) Name() string { return "proto" }

// answer is a message of ours, encoded.
type answer []byte

func (codec) Marshal(v any) (mem.BufferSlice, error) {
	a, ok := v.(answer)
	if !ok {
		return nil, errors.New("marshal answer: not one of ours")
	}
	return mem.BufferSlice{mem.SliceBuffer(a)}, nil
}

func (codec) Unmarshal(data mem.BufferSlice, v any) error {
	m, ok := v.(*message)
	if !ok {
		return errors.New("unmarshal request: not one of ours")
	}
	m.free()
	m.buf = data.MaterializeToBuffer(mem.DefaultBufferPool())
	return nil
}

// message holds a received message in a buffer of gRPC's pool.
type message struct{ buf mem.Buffer }

func (m *message) bytes() []byte {
	if m.buf == nil {
		return nil
	}
	return m.buf.ReadOnlyData()
}

func (m *message) free() {
	if m.buf != nil {
		m.buf.Free()
		m.buf = nil
	}
}

var errTooLarge = errors.New("larger than the limit after decompression")

// zstdDecompressor is grpc-encoding zstd.
type zstdDecompressor struct {
	limit int64
	pool  admission.Decompressors
}

func (*zstdDecompressor) Type() string { return "zstd" }

// Do decompresses up to the limit; a frame that declares more is refused before anything is made for it.
func (d *zstdDecompressor) Do(r io.Reader) ([]byte, error) {
	body := admission.NewBody(admission.NewGate(d.limit + 1))
	defer body.Release()
	err := d.pool.Read(body, r, "zstd", -1, d.limit)
	var refusal *admission.Refusal
	if errors.As(err, &refusal) && refusal.Reason == admission.ReasonTooLarge || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		return nil, errTooLarge
	}
	if err != nil {
		return nil, err
	}
	return append([]byte(nil), body.B...), nil
}
