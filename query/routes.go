package query

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/sightline/sightline/query/alert"
	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/jaeger"
	"github.com/sightline/sightline/query/logapi"
	"github.com/sightline/sightline/query/metricapi"
	"github.com/sightline/sightline/query/tempo"
	"github.com/sightline/sightline/query/traceapi"
	"github.com/sightline/sightline/query/zipkin"
)

// Routes is the route table: every path that the server answers, but for the UI's files. docs/openapi.yaml has the same.
func (s *Server) Routes() []api.Route {
	return slices.Concat(
		traceapi.Routes(s.cfg.Traces),
		metricapi.Routes(s.cfg.Metrics),
		logapi.Routes(s.cfg.Logs),
		alert.Routes(s.cfg.Alerts, s.cfg.Now),
		[]api.Route{
			{Method: "POST", Pattern: "/api/login", Cost: api.Public, Handle: s.login},
			{Method: "POST", Pattern: "/api/logout", Cost: api.Public, Handle: s.logout},
			{Method: "GET", Pattern: "/api/keys", Cost: api.Light, Handle: s.listKeys},
			{Method: "POST", Pattern: "/api/keys", Cost: api.Light, Handle: s.createKey},
			{Method: "DELETE", Pattern: "/api/keys/{id}", Cost: api.Light, Handle: s.revokeKey},
			{Method: "GET", Pattern: "/api/retention", Cost: api.Light, Handle: s.readRetention},
			{Method: "PUT", Pattern: "/api/retention", Cost: api.Light, Handle: s.changeRetention},
			{Method: "GET", Pattern: "/api/deletions", Cost: api.Light, Handle: s.listDeletions},
			{Method: "POST", Pattern: "/api/deletions", Cost: api.Query, Handle: s.createDeletion},
			{Method: "DELETE", Pattern: "/api/traces/{trace_id}", Cost: api.Query, Handle: s.deleteTrace},
			{Method: "GET", Pattern: "/healthz", Cost: api.Public, Handle: s.healthz},
			{Method: "GET", Pattern: "/readyz", Cost: api.Public, Handle: s.readyz},
			{Method: "GET", Pattern: "/metrics", Cost: api.Light, Handle: s.scrape()},
		},
	)
}

// Dialects are the paths that other people's clients know. Each dialect has a page in docs/ where our own API has docs/openapi.yaml.
func (s *Server) Dialects() []api.Route {
	return slices.Concat(
		tempo.Routes(tempo.Deps{Spans: s.cfg.Traces.Spans, Sets: s.cfg.Traces.Sets, Words: s.cfg.Traces.Words, Engine: s.cfg.TraceQL, Ready: s.cfg.Ready, Now: s.cfg.Now}),
		s.jaegerRoutes(),
		s.zipkinRoutes(),
		s.promRoutes(),
	)
}

func (s *Server) promRoutes() []api.Route {
	if s.cfg.PromQL == nil {
		return nil
	}
	return s.cfg.PromQL.Routes()
}

// jaegerRoutes are those of Jaeger's API over HTTP and gRPC, where the server has been told what reads for it.
func (s *Server) jaegerRoutes() []api.Route {
	if s.cfg.Jaeger.Spans == nil {
		return nil
	}
	d := s.cfg.Jaeger
	d.Now = s.cfg.Now
	return append(jaeger.Routes(d), s.grpcRoutes(d)...)
}

func (s *Server) zipkinRoutes() []api.Route {
	if s.cfg.Zipkin.Spans == nil {
		return nil
	}
	d := s.cfg.Zipkin
	d.Now = s.cfg.Now
	return zipkin.Routes(d)
}

func (s *Server) mux() *http.ServeMux {
	mux := http.NewServeMux()
	methods := make(map[string][]string)
	fails := make(map[string]api.Failure)
	for _, r := range slices.Concat(s.Routes(), s.Dialects()) {
		if strings.HasSuffix(r.Pattern, "/") { // all that is below, whatever the method: with one it would conflict with the patterns below
			mux.Handle(r.Pattern, s.route(r))
			continue
		}
		mux.Handle(r.Method+" "+r.Pattern, s.route(r))
		fails[r.Pattern] = r.Fail
		if methods[r.Pattern] = append(methods[r.Pattern], r.Method); r.Method == "GET" {
			methods[r.Pattern] = append(methods[r.Pattern], "HEAD")
		}
	}
	for pattern, allowed := range methods {
		mux.Handle(pattern, s.route(api.Route{Pattern: pattern, Cost: api.Public, Fail: fails[pattern], Handle: func(w http.ResponseWriter, r *http.Request) error {
			return wrongMethod(w, r, strings.Join(allowed, ", "))
		}}))
	}
	for path, h := range s.cfg.Ingest {
		mux.Handle(path, s.route(api.Route{Pattern: path, Cost: api.Public, Handle: func(w http.ResponseWriter, r *http.Request) error {
			h.ServeHTTP(w, r)
			return nil
		}}))
	}
	mux.Handle("/api/", s.route(api.Route{Pattern: "/api/", Cost: api.Public, Handle: func(_ http.ResponseWriter, r *http.Request) error {
		return api.Errorf(api.NotFound, "there is nothing at %s", r.URL.Path).WithHint("docs/openapi.yaml lists what there is")
	}}))
	mux.Handle("/", s.route(api.Route{Pattern: "/", Cost: api.Public, Handle: func(w http.ResponseWriter, r *http.Request) error {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			return wrongMethod(w, r, "GET, HEAD")
		}
		return s.assets.serve(w, r)
	}}))
	return mux
}

func wrongMethod(w http.ResponseWriter, r *http.Request, allow string) error {
	w.Header().Set("Allow", allow)
	return api.Errorf(api.MethodNotAllowed, "%s is not for %s", r.Method, r.URL.Path).WithHint("use %s", allow)
}

// healthz answers as long as the process does.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	return text(w, http.StatusOK, "ok\n")
}

// readyz answers whether queries would be answered.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	if err := s.cfg.Ready(r.Context()); err != nil {
		return text(w, http.StatusServiceUnavailable, "not ready: "+err.Error()+"\n")
	}
	return text(w, http.StatusOK, "ready\n")
}

func text(w http.ResponseWriter, status int, body string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	if _, err := io.WriteString(w, body); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return nil
}

func (s *Server) scrape() api.Handler {
	h := promhttp.HandlerFor(s.cfg.Registry, promhttp.HandlerOpts{
		DisableCompression: true, // the server compresses
		ErrorHandling:      promhttp.ContinueOnError,
	})
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}
