package foreign

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/collector/component"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/tap"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/otlp"
)

const (
	headerTimeout = 5 * time.Second
	idleTimeout   = time.Minute
	grpcMessage   = 4   // MiB, what Jaeger's own collector takes
	streams       = 250 // concurrent requests on a gRPC connection
)

// guard stands before a receiver as a middleware of its servers. It is safe for concurrent use.
type guard struct {
	component.StartFunc
	component.ShutdownFunc
	in       *otlp.Intake
	signal   uint8
	protocol string
	admit    func(r *http.Request, body []byte) error                 // looks at a request over HTTP: first without its body (nil), then with it
	decoded  func(r *http.Request, body []byte) (size int, err error) // of a body that the receiver decompresses itself; nil: it does not
}

func (g *guard) request(peer string) *otlp.Request {
	return &otlp.Request{Signal: g.signal, Protocol: g.protocol, Peer: peer}
}

func (g *guard) recovered(p any, err *error) {
	if p == nil {
		return
	}
	g.in.Log.Error("panic while taking a request", "protocol", g.protocol, "panic", p, "stack", string(debug.Stack()))
	*err = admission.Internal()
}

// GetHTTPHandler wraps a receiver's handler. The body comes decompressed, under the limit that the receiver's section has.
func (g *guard) GetHTTPHandler(context.Context) (func(context.Context, http.Handler) (http.Handler, error), error) {
	return func(_ context.Context, next http.Handler) (http.Handler, error) { return g.handler(next), nil }, nil
}

func (g *guard) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &answer{header: w.Header()}
		if err := g.serve(answer, r, next); err != nil {
			g.in.Refuse(g.request(r.RemoteAddr), err).Write(w, admission.MediaJSON)
			if r.ProtoMajor == 1 && http.NewResponseController(w).Flush() == nil {
				io.CopyN(io.Discard, r.Body, 4*g.in.Limits.Request) // a sender that still sends would not see the answer
			}
			return
		}
		w.WriteHeader(answer.status)
		w.Write(answer.body)
	})
}

func (g *guard) serve(w *answer, r *http.Request, next http.Handler) (err error) {
	defer func() { g.recovered(recover(), &err) }()
	if r.Method != http.MethodPost {
		w.header.Set("Allow", http.MethodPost)
		return admission.BadMethod(r.Method)
	}
	if err := g.admit(r, nil); err != nil {
		return err
	}
	project, err := admission.Project(g.in.Auth, admission.Key(r.Header.Get))
	if err != nil {
		return err
	}
	if err := g.in.Ready(); err != nil {
		return err
	}
	body := admission.NewBody(g.in.Gate)
	defer body.Release()
	if err := body.Fill(r.Body, r.ContentLength, g.in.Limits.Request); err != nil {
		return g.unread(err)
	}
	if err := g.admit(r, body.B); err != nil {
		return err
	}
	size := len(body.B)
	if g.decoded != nil {
		if size, err = g.decoded(r, body.B); err != nil {
			return err
		}
	}
	release, err := g.in.Room(body.Held(), size)
	if err != nil {
		return err
	}
	defer release()
	ctx, v := g.enter(r.Context(), project, r.RemoteAddr)
	inner := r.WithContext(ctx)
	inner.Body, inner.ContentLength = io.NopCloser(bytes.NewReader(body.B)), int64(len(body.B))
	v.body, v.ingest = body.B, g.in.Journal.IngestID(project, g.signal, body.B)
	next.ServeHTTP(w, inner)
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if w.status < 300 || v.reached && v.err == nil { // the latter took a part, and says what is wrong with the rest
		return nil
	}
	return v.leave(g.protocol, string(w.body))
}

// unread is the refusal of a body that can't be read.
func (g *guard) unread(err error) error {
	var refusal *admission.Refusal
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &refusal):
		return refusal
	case errors.As(err, &tooLarge):
		return admission.TooLarge(tooLarge.Limit)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return admission.Aborted(err)
	}
	return admission.BadEncoding("body can't be read: %v", err)
}

// answer keeps what a receiver answers until it is clear that it may say so.
type answer struct {
	header http.Header
	status int
	body   []byte
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if len(a.body) < 64<<10 {
		a.body = append(a.body, b...)
	}
	return len(b), nil
}

// GetGRPCServerOptions refuses calls without a key before their message is read, and watches the others.
func (g *guard) GetGRPCServerOptions(context.Context) ([]grpc.ServerOption, error) {
	return []grpc.ServerOption{grpc.InTapHandle(g.tap), grpc.ChainUnaryInterceptor(g.unary)}, nil
}

func (g *guard) tap(ctx context.Context, info *tap.Info) (context.Context, error) {
	if _, err := admission.Project(g.in.Auth, key(info.Header)); err != nil {
		return nil, g.in.Refuse(g.request(sender(ctx)), err).Status().Err()
	}
	return ctx, nil
}

func (g *guard) unary(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	resp, err := g.call(ctx, req, handler)
	if err != nil {
		return nil, g.in.Refuse(g.request(sender(ctx)), err).Status().Err()
	}
	return resp, nil
}

func (g *guard) call(ctx context.Context, req any, handler grpc.UnaryHandler) (resp any, err error) {
	defer func() { g.recovered(recover(), &err) }()
	headers, _ := metadata.FromIncomingContext(ctx)
	project, err := admission.Project(g.in.Auth, key(headers))
	if err != nil {
		return nil, err
	}
	if err := g.in.Ready(); err != nil {
		return nil, err
	}
	if sized, ok := req.(interface{ Size() int }); ok {
		release, err := g.in.Room(0, sized.Size())
		if err != nil {
			return nil, err
		}
		defer release()
	}
	ctx, v := g.enter(ctx, project, sender(ctx))
	if resp, err = handler(ctx, req); err != nil {
		return nil, v.leave(g.protocol, err.Error())
	}
	return resp, nil
}

func key(headers metadata.MD) string {
	return admission.Key(func(header string) string {
		if values := headers.Get(header); len(values) > 0 {
			return values[0]
		}
		return ""
	})
}

func sender(ctx context.Context) string {
	if p, ok := peer.FromContext(ctx); ok {
		return p.Addr.String()
	}
	return ""
}
