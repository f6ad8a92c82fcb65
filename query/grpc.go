package query

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/jaeger"
)

// maxMessage is more than any question over gRPC, in bytes.
const maxMessage = 64 << 10

// newGRPC makes what answers gRPC's requests, which come by the page's own listener: who asks, turns and time limits are the routes',
// as for every other request. It starts nothing and holds nothing open, so there is nothing to stop.
func (s *Server) newGRPC(d jaeger.Deps) *grpc.Server {
	server := grpc.NewServer(
		grpc.MaxRecvMsgSize(maxMessage),
		grpc.UnaryInterceptor(func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (answer any, err error) {
			defer s.recoverGRPC(ctx, &err)
			ctx, cancel := limited(ctx)
			defer cancel()
			answer, err = handle(ctx, request)
			return answer, s.statusOf(ctx, err)
		}),
		grpc.StreamInterceptor(func(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) (err error) {
			defer s.recoverGRPC(stream.Context(), &err)
			ctx, cancel := limited(stream.Context())
			defer cancel()
			return s.statusOf(ctx, handle(srv, limitedStream{stream, ctx}))
		}),
	)
	jaeger.Register(server, d)
	return server
}

// grpcRoutes are the methods of the services, by their paths.
func (s *Server) grpcRoutes(d jaeger.Deps) []api.Route {
	server := s.newGRPC(d)
	var routes []api.Route
	for name, info := range server.GetServiceInfo() {
		for _, m := range info.Methods {
			routes = append(routes, api.Route{
				Method: http.MethodPost, Pattern: "/" + name + "/" + m.Name, Cost: api.Query, Fail: failGRPC,
				Handle: func(w http.ResponseWriter, r *http.Request) error { return serveGRPC(server, w, r) },
			})
		}
	}
	return routes
}

type deadlineKey struct{}

// serveGRPC hands a request on. gRPC takes the end of a request's context for a client that has gone, and then says nothing; so the
// time limit goes beside it, for limited.
func serveGRPC(server *grpc.Server, w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	defer context.AfterFunc(r.Context(), func() {
		if errors.Is(r.Context().Err(), context.Canceled) {
			cancel()
		}
	})()
	if deadline, ok := r.Context().Deadline(); ok {
		ctx = context.WithValue(ctx, deadlineKey{}, deadline)
	}
	server.ServeHTTP(w, r.WithContext(ctx))
	return nil
}

// limited is a context of gRPC's with the time limit of its request.
func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Value(deadlineKey{}).(time.Time); ok {
		return context.WithDeadline(ctx, deadline)
	}
	return context.WithCancel(ctx)
}

type limitedStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s limitedStream) Context() context.Context { return s.ctx }

var grpcCodes = map[api.Code]codes.Code{
	api.BadParameter:     codes.InvalidArgument,
	api.BadQuery:         codes.InvalidArgument,
	api.BadTime:          codes.InvalidArgument,
	api.BadRequest:       codes.InvalidArgument,
	api.Unauthenticated:  codes.Unauthenticated,
	api.Forbidden:        codes.PermissionDenied,
	api.NotFound:         codes.NotFound,
	api.TooLarge:         codes.ResourceExhausted,
	api.TooManyRequests:  codes.ResourceExhausted,
	api.Timeout:          codes.DeadlineExceeded,
	api.QueryLimit:       codes.ResourceExhausted,
	api.EngineRestarting: codes.Unavailable,
	api.Internal:         codes.Internal,
}

func grpcStatus(e *api.Error) (codes.Code, string) {
	code, ok := grpcCodes[e.Code]
	if !ok {
		code = codes.Unknown
	}
	if e.Hint == "" {
		return code, e.Message
	}
	return code, e.Message + ": " + e.Hint
}

// statusOf is an error of a service as gRPC's clients are told; nil for none.
func (s *Server) statusOf(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := status.FromError(err); ok { // gRPC's own: a client that has gone
		return err
	}
	e := api.AsError(translate(err))
	level := slog.LevelDebug
	if e.Code == api.Internal && ctx.Err() == nil {
		level = slog.LevelError
	}
	id, _ := ctx.Value(requestIDKey{}).(string)
	s.cfg.Log.Log(ctx, level, "request failed", "request_id", id, "error", err)
	return status.Error(grpcStatus(e))
}

// recoverGRPC makes an error of a panic: gRPC runs its handlers where the server's own recovery does not reach.
func (s *Server) recoverGRPC(ctx context.Context, err *error) {
	if broken := recover(); broken != nil {
		*err = s.statusOf(ctx, fmt.Errorf("handler panicked: %v", broken))
	}
}

// failGRPC answers with an error before any of the services has been asked: a trailer alone.
func failGRPC(w http.ResponseWriter, e *api.Error, _ string) {
	code, message := grpcStatus(e)
	h := w.Header()
	h.Set("Content-Type", "application/grpc")
	h.Set("Grpc-Status", strconv.Itoa(int(code)))
	h.Set("Grpc-Message", percentEncoded(message))
	w.WriteHeader(http.StatusOK)
}

// percentEncoded is how gRPC spells texts in headers.
func percentEncoded(text string) string {
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; c >= ' ' && c <= '~' && c != '%' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
