// Package otlp is the fast lane's receiver: OTLP requests over gRPC and HTTP are decompressed under a limit, walked once without
// being decoded, and made durable in the journal before they are answered. It is a component of the collector like any other,
// but hands nothing on: what it answered is in the journal. It refuses to let processors see its data; that is the other lane.
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
	"go.opentelemetry.io/collector/receiver"
	"google.golang.org/grpc"
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

// NewFactory makes receivers that give to the intake. listening is told the addresses once they are open, empty for what is off.
func NewFactory(in *Intake, listening func(grpc, http string)) receiver.Factory {
	return receiver.NewFactory(Type,
		func() component.Config { return &Config{} },
		receiver.WithTraces(func(_ context.Context, _ receiver.Settings, cfg component.Config, _ consumer.Traces) (receiver.Traces, error) {
			return &server{in: in, cfg: cfg.(*Config), listening: listening}, nil
		}, component.StabilityLevelStable))
}

// server is the running component.
type server struct {
	in        *Intake
	cfg       *Config
	listening func(grpc, http string)
	grpc      *grpc.Server
	http      *http.Server
	serving   sync.WaitGroup
}

// stopTimeout is how long requests that are under way have when the component stops.
const stopTimeout = 5 * time.Second

// Start listens; it returns once both addresses are open.
func (s *server) Start(_ context.Context, host component.Host) error {
	p := &s.cfg.Protocols
	var grpcAt, httpAt string
	if p.GRPC.Endpoint != "" {
		tlsConfig, err := p.GRPC.TLS.load()
		if err != nil {
			return err
		}
		l, err := listen("grpc", p.GRPC.Endpoint)
		if err != nil {
			return err
		}
		s.grpc = s.in.newGRPC(tlsConfig)
		s.serve(host, "gRPC", func() error { return s.grpc.Serve(l) })
		grpcAt = l.Addr().String()
	}
	if p.HTTP.Endpoint != "" {
		tlsConfig, err := p.HTTP.TLS.load()
		if err != nil {
			return err
		}
		l, err := listen("http", p.HTTP.Endpoint)
		if err != nil {
			return err
		}
		s.http = s.in.newHTTP(tlsConfig, p.HTTP.CORS.AllowedOrigins)
		s.serve(host, "HTTP", func() error {
			if tlsConfig != nil {
				return s.http.ServeTLS(l, "", "")
			}
			return s.http.Serve(l)
		})
		httpAt = l.Addr().String()
	}
	s.listening(grpcAt, httpAt)
	return nil
}

func listen(protocol, endpoint string) (net.Listener, error) {
	l, err := net.Listen("tcp", endpoint)
	if err != nil {
		return nil, fmt.Errorf("listen for OTLP over %s on %s: %w (set otlp.%s to another address)", protocol, endpoint, err, protocol)
	}
	return l, nil
}

func (s *server) serve(host component.Host, protocol string, serve func() error) {
	s.serving.Go(func() {
		err := serve()
		if err != nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, grpc.ErrServerStopped) {
			componentstatus.ReportStatus(host, componentstatus.NewFatalErrorEvent(fmt.Errorf("serve OTLP over %s: %w", protocol, err)))
		}
	})
}

// Shutdown takes no new requests and lets those under way end, for a while.
func (s *server) Shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	var stopping sync.WaitGroup
	if s.grpc != nil {
		stopping.Go(func() {
			done := make(chan struct{})
			go func() {
				defer close(done)
				s.grpc.GracefulStop()
			}()
			select {
			case <-done:
			case <-ctx.Done():
				s.grpc.Stop()
				<-done
			}
		})
	}
	if s.http != nil {
		stopping.Go(func() {
			if s.http.Shutdown(ctx) != nil {
				s.http.Close()
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
