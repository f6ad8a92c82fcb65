// Package otlp is the fast lane's receiver: OTLP requests over gRPC and HTTP are decompressed under a limit, walked once without
// being decoded, and made durable in the journal before they are answered. It is a component of the collector like any other,
// but hands nothing on: what it answered is in the journal. Where the user's pipeline has processors, they get the request instead,
// decoded after the same checks, and the answer is theirs (lane.go).
package otlp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pipeline"
	"go.opentelemetry.io/collector/receiver"

	"github.com/sightline/sightline/collector/journal"
)

// Config is the component's section of the collector's configuration.
type Config struct {
	Protocols Protocols `mapstructure:"protocols"`
}

// Protocols are the two ways in; one without an endpoint is off.
type Protocols struct {
	GRPC Server `mapstructure:"grpc"`
	HTTP Server `mapstructure:"http"`
}

// Server is a listener.
type Server struct {
	Endpoint string `mapstructure:"endpoint"` // host:port
	TLS      TLS    `mapstructure:"tls"`
	CORS     CORS   `mapstructure:"cors"` // HTTP only
}

// TLS names a certificate and its key; without them the listener speaks plain text.
type TLS struct {
	CertFile string `mapstructure:"cert_file"`
	KeyFile  string `mapstructure:"key_file"`
}

// CORS lists web origins whose pages may send: exact ones, "*", or with one star inside.
type CORS struct {
	AllowedOrigins []string `mapstructure:"allowed_origins"`
}

// Validate says everything that is wrong with the section.
func (c *Config) Validate() error {
	var errs []error
	for name, s := range map[string]Server{"grpc": c.Protocols.GRPC, "http": c.Protocols.HTTP} {
		if s.Endpoint != "" {
			if _, _, err := net.SplitHostPort(s.Endpoint); err != nil {
				errs = append(errs, fmt.Errorf("protocols.%s.endpoint: %q is not host:port", name, s.Endpoint))
			}
		}
		if (s.TLS.CertFile == "") != (s.TLS.KeyFile == "") {
			errs = append(errs, fmt.Errorf("protocols.%s.tls: cert_file and key_file go together", name))
		}
	}
	if len(c.Protocols.GRPC.CORS.AllowedOrigins) > 0 {
		errs = append(errs, errors.New("protocols.grpc.cors: browsers do not speak gRPC; set it under http"))
	}
	return errors.Join(errs...)
}

// Type is the component's name in configurations.
var Type = component.MustNewType("otlp")

// NewFactory makes receivers that give to the intake, or to the pipelines that handsOn says. listening is told the addresses once
// they are open, empty for what is off.
func NewFactory(in *Intake, handsOn HandsOn, listening func(grpc, http string)) receiver.Factory {
	servers := &shared{make: func(cfg *Config) *server { return &server{in: in, cfg: cfg, listening: listening, lanes: lanes{}} }}
	passes := func(set receiver.Settings, signal pipeline.Signal) bool {
		return handsOn != nil && handsOn(set.ID, signal)
	}
	return receiver.NewFactory(Type,
		func() component.Config { return &Config{} },
		receiver.WithTraces(func(_ context.Context, set receiver.Settings, cfg component.Config, to consumer.Traces) (receiver.Traces, error) {
			s := servers.of(cfg.(*Config))
			if passes(set, pipeline.SignalTraces) {
				s.lanes[journal.SignalTraces] = toTraces(to)
			}
			return s, nil
		}, component.StabilityLevelStable))
}

// shared are the receivers by their section of the configuration: the collector makes a component for each signal, and all of
// them are one server.
type shared struct {
	make func(*Config) *server

	mu  sync.Mutex
	all map[*Config]*server
}

func (s *shared) of(cfg *Config) *server {
	s.mu.Lock()
	defer s.mu.Unlock()
	if made, ok := s.all[cfg]; ok {
		return made
	}
	if s.all == nil {
		s.all = map[*Config]*server{}
	}
	made := s.make(cfg)
	s.all[cfg] = made
	return made
}

// server is the running component.
type server struct {
	in        *Intake
	cfg       *Config
	listening func(grpc, http string)
	lanes     lanes // complete before Start
	start     sync.Once
	servers   []*http.Server
	serving   sync.WaitGroup
}

// stopTimeout is how long requests that are under way have when the component stops.
const stopTimeout = 5 * time.Second

// Start listens; it returns once both addresses are open. It is called for each signal, and works the first time.
func (s *server) Start(_ context.Context, host component.Host) (err error) {
	s.start.Do(func() { err = s.listen(host) })
	return err
}

func (s *server) listen(host component.Host) error {
	grpcAt, err := s.open(host, "grpc", s.cfg.Protocols.GRPC)
	if err != nil {
		return err
	}
	httpAt, err := s.open(host, "http", s.cfg.Protocols.HTTP)
	if err != nil {
		return err
	}
	s.listening(grpcAt, httpAt)
	return nil
}

func (s *server) open(host component.Host, protocol string, cfg Server) (at string, err error) {
	if cfg.Endpoint == "" {
		return "", nil
	}
	tlsConfig, err := cfg.TLS.load()
	if err != nil {
		return "", err
	}
	l, err := net.Listen("tcp", cfg.Endpoint)
	if err != nil {
		return "", fmt.Errorf("listen for OTLP over %s on %s: %w (set otlp.%s to another address)", protocol, cfg.Endpoint, err, protocol)
	}
	server := s.in.newServer(tlsConfig, cfg.CORS.AllowedOrigins, s.lanes)
	s.servers = append(s.servers, server)
	s.serving.Go(func() {
		var err error
		if tlsConfig != nil {
			err = server.ServeTLS(l, "", "")
		} else {
			err = server.Serve(l)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			componentstatus.ReportStatus(host, componentstatus.NewFatalErrorEvent(fmt.Errorf("serve OTLP over %s: %w", protocol, err)))
		}
	})
	return l.Addr().String(), nil
}

// Shutdown takes no new requests and lets those under way end, for a while.
func (s *server) Shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	var stopping sync.WaitGroup
	for _, server := range s.servers {
		stopping.Go(func() {
			if server.Shutdown(ctx) != nil {
				server.Close()
			}
		})
	}
	stopping.Wait()
	s.serving.Wait()
	return nil
}

func (t TLS) load() (*tls.Config, error) {
	if t.CertFile == "" {
		return nil, nil
	}
	cert, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("load certificate for OTLP: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}, nil
}
