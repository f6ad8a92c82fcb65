package query

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"time"

	"github.com/sightline/sightline/query/api"
)

type requestIDKey struct{}

// around is what happens to every request, before its route is looked up.
func (s *Server) around(next http.Handler) http.Handler {
	origins := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		began := s.cfg.Now()
		id := requestID(r)
		w := newResponse(out, r)
		s.setHeaders(w.Header(), r)
		w.Header().Set("X-Request-Id", id)
		r = r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id))

		defer func() {
			if broken := recover(); broken != nil {
				if broken == http.ErrAbortHandler {
					panic(broken) // fail has given the request up; net/http breaks the connection off without a word
				}
				s.cfg.Log.Error("handler panicked", "request_id", id, "path", r.URL.Path, "panic", broken, "stack", string(debug.Stack()))
				s.failAs(w, r, &api.Error{Code: api.Internal, Message: "something went wrong in Sightline", Hint: "the log has the details under the request id"}, w.failure)
			}
			w.finish()
			s.cfg.Log.Debug("answered", "request_id", id, "method", r.Method, "path", r.URL.Path, "status", w.status, "bytes", w.bytes, "took", s.cfg.Now().Sub(began))
		}()

		switch {
		case s.hosts != nil && !s.hosts[hostName(r.Host)]:
			s.fail(w, r, api.Errorf(api.BadHost, "this is not %q", r.Host).WithHint("reach Sightline as localhost, or allow the name in the configuration"))
		case origins.Check(r) != nil:
			s.fail(w, r, api.Errorf(api.CrossOrigin, "the request comes from another site"))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

var sane = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// requestID is the client's own, if it has a sane one, so that logs can be matched.
func requestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); sane.MatchString(id) {
		return id
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// fail answers with an error, or breaks the connection off if an answer has begun.
func (s *Server) fail(w *response, r *http.Request, err error) { s.failAs(w, r, err, nil) }

// failAs is fail in the form that the clients of a route know.
func (s *Server) failAs(w *response, r *http.Request, err error, write api.Failure) {
	id, _ := r.Context().Value(requestIDKey{}).(string)
	if r.Context().Err() != nil && errors.Is(context.Cause(r.Context()), context.Canceled) {
		w.status = statusClientGone
		return // nobody listens
	}
	e := api.AsError(translate(err))
	level := slog.LevelDebug
	if e.Code == api.Internal {
		level = slog.LevelError
	}
	s.cfg.Log.Log(r.Context(), level, "request failed", "request_id", id, "path", r.URL.Path, "query", r.URL.RawQuery, "error", err)
	if w.begun() {
		panic(http.ErrAbortHandler)
	}
	w.reset()
	if write == nil {
		write = api.WriteError
	}
	write(w, e, id)
}

// statusClientGone stands in logs and metrics for requests whose client left.
const statusClientGone = 499

// route is what happens to the requests of one route: who asks, a turn, a time limit, its handler, its error.
func (s *Server) route(route api.Route) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		w := out.(*response) // around made it
		w.failure = route.Fail
		began := time.Now()
		defer func() { s.metrics.observe(route, w.status, time.Since(began)) }()
		if err := s.handle(w, r, route); err != nil {
			s.failAs(w, r, err, route.Fail)
		}
	})
}

func (s *Server) handle(w http.ResponseWriter, r *http.Request, route api.Route) error {
	caller := api.Caller{Project: s.cfg.Project}
	if route.Cost != api.Public {
		user, err := s.authenticate(r)
		if err != nil {
			w.Header().Set("WWW-Authenticate", `Bearer realm="sightline"`)
			return err
		}
		caller.User = user
	}
	ctx := api.WithCaller(r.Context(), caller)
	if route.Cost == api.Query {
		release, err := s.turns.take(ctx)
		if err != nil {
			return err
		}
		defer release()
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.cfg.Timeout)
		defer cancel()
	}
	return route.Handle(w, r.WithContext(ctx))
}
