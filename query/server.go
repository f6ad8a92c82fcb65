// Package query is the HTTP server: one route table, what every request has in common (who asks, limits, errors, compression,
// security headers), and the UI's files. It answers nothing itself that is about telemetry: that is the handlers' of its
// subfolders.
package query

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sightline/sightline/query/alert"
	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/jaeger"
	"github.com/sightline/sightline/query/logapi"
	"github.com/sightline/sightline/query/metricapi"
	"github.com/sightline/sightline/query/promapi"
	"github.com/sightline/sightline/query/tempo"
	"github.com/sightline/sightline/query/traceapi"
	"github.com/sightline/sightline/query/zipkin"
	"github.com/sightline/sightline/ui"
)

// Config of the server. What is zero has the default that stands beside it.
type Config struct {
	Traces  traceapi.Deps // storage, status
	Metrics metricapi.Deps
	Logs    logapi.Deps
	TraceQL tempo.Engine   // for Tempo's API
	Jaeger  jaeger.Deps    // without Spans: not served
	Zipkin  zipkin.Deps    // without Spans: not served
	PromQL  *promapi.API   // Prometheus's API; nil: not served
	Alerts  *alert.Service // nil: no rules are configured
	Auth    Auth           // nil: everybody may read
	Keys    Keys           // nil: there are none to manage
	// Ingest are handlers of what is sent to the page's address because clients know one base URL only, by path. They answer for
	// themselves, authentication included.
	Ingest    map[string]http.Handler
	Retention Retention // nil: it is changed elsewhere
	Deletions Deletions // nil: nothing can be deleted here
	// Ready says why queries can't be answered now; nil: always ready.
	Ready func(context.Context) error

	Listen        string      // the address that clients reach the server at; on loopback the Host header is checked
	Hosts         []string    // more names that it may be reached by there
	TLS           *tls.Config // nil: plain text
	SecureCookies bool        // something in front of the server ends TLS
	Project       string      // "default"

	Concurrency int           // queries at a time: twice the CPUs, at least 4
	Waiting     int           // queries that may wait for a turn: 16 times Concurrency
	MaxWait     time.Duration // for a turn: 10 s
	Timeout     time.Duration // of a query: 30 s

	UI       fs.FS                // index.html and what it needs: the embedded build
	Registry *prometheus.Registry // /metrics; a new one
	Log      *slog.Logger         // discards
	Now      api.Clock            // time.Now
}

func (c *Config) setDefaults() {
	if c.Project == "" {
		c.Project = "default"
	}
	if c.Concurrency <= 0 {
		c.Concurrency = max(4, 2*runtime.GOMAXPROCS(0))
	}
	if c.Waiting <= 0 {
		c.Waiting = 16 * c.Concurrency
	}
	if c.MaxWait <= 0 {
		c.MaxWait = 10 * time.Second
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.Ready == nil {
		c.Ready = func(context.Context) error { return nil }
	}
	if c.Registry == nil {
		c.Registry = prometheus.NewRegistry()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.UI == nil {
		c.UI = ui.Files()
	}
}

// Server answers HTTP. Safe for concurrent use.
type Server struct {
	cfg     Config
	turns   *turns
	logins  *logins
	basics  *basics
	metrics *metrics
	assets  *assets
	hosts   map[string]bool // nil: any Host is welcome
	handler http.Handler
}

// New makes a server; Serve runs it.
func New(cfg Config) (*Server, error) {
	cfg.setDefaults()
	s := &Server{
		cfg:    cfg,
		turns:  newTurns(cfg.Concurrency, cfg.Waiting, cfg.MaxWait),
		logins: newLogins(cfg.Now),
		basics: newBasics(),
		hosts:  loopbackHosts(cfg.Listen, cfg.Hosts),
	}
	var err error
	if s.assets, err = openAssets(cfg.UI); err != nil {
		return nil, err
	}
	if s.metrics, err = newMetrics(cfg.Registry, s.turns, cfg.Traces.Status); err != nil {
		return nil, err
	}
	s.handler = s.around(s.mux())
	return s, nil
}

// Handler is the whole server, for tests and for servers that main runs itself.
func (s *Server) Handler() http.Handler { return s.handler }

const (
	// maxHeader has room for a filter of api.MaxQuery with every byte percent-encoded.
	maxHeader       = 3*api.MaxQuery + 16<<10
	shutdownTimeout = 3 * time.Second
	// slowClient is how long an answer may take to be read, after the query's own time.
	slowClient = 2 * time.Minute
)

// protocols are HTTP/1 and HTTP/2, the latter without TLS too: gRPC's clients begin with it.
func protocols() *http.Protocols {
	p := &http.Protocols{}
	p.SetHTTP1(true)
	p.SetHTTP2(true)
	p.SetUnencryptedHTTP2(true)
	return p
}

// Serve answers on the listener until ctx ends, then lets running requests finish for a while. It closes the listener.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler:           s.handler,
		TLSConfig:         s.cfg.TLS,
		Protocols:         protocols(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      s.cfg.MaxWait + s.cfg.Timeout + slowClient,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() {
		if s.cfg.TLS != nil {
			ended <- srv.ServeTLS(l, "", "")
		} else {
			ended <- srv.Serve(l)
		}
	}()
	select {
	case err := <-ended:
		return fmt.Errorf("serve HTTP: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	err := srv.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		err = srv.Close() // what still runs is cut off
	}
	if serveErr := <-ended; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	if err != nil {
		return fmt.Errorf("stop serving HTTP: %w", err)
	}
	return nil
}
