// Package xray takes X-Ray's segments in, as X-Ray's daemon and its API do: documents over UDP, PutTraceSegments, and the answers
// that X-Ray's SDKs ask for before they sample. What it takes goes the way of every other request: into the journal before it is
// answered, or through a pipeline whose processors the user wants it to see. It refuses to forward anything to AWS.
package xray

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pipeline"
	"go.opentelemetry.io/collector/receiver"

	"github.com/sightline/sightline/collector/otlp"
)

// Protocol is the label of the accounts.
const Protocol = "xray"

// Type is the component's name in configurations.
var Type = component.MustNewType("xray")

// Config is the component's section of the collector's configuration.
type Config struct {
	UDP string   `mapstructure:"udp"` // host:port of the daemon's datagrams; empty: off
	TCP string   `mapstructure:"tcp"` // host:port of the daemon's proxy, and of the API; empty: off
	TLS otlp.TLS `mapstructure:"tls"` // of TCP, where it is not on loopback: SDKs speak plain HTTP to their daemon
	// Key is the ingest key that datagrams, and requests over TCP without credentials, are taken as: they can't carry one.
	Key string `mapstructure:"key"`
	// SamplingRate is what SDKs that ask are told to sample, 0 to 1, of what is more than one request a second.
	SamplingRate float64 `mapstructure:"sampling_rate"`
}

// Validate says everything that is wrong with the section.
func (c *Config) Validate() error {
	var errs []error
	for _, a := range []struct{ name, address string }{{"udp", c.UDP}, {"tcp", c.TCP}} {
		if _, _, err := net.SplitHostPort(a.address); err != nil && a.address != "" {
			errs = append(errs, fmt.Errorf("%s: %q is not host:port", a.name, a.address))
		}
	}
	if c.SamplingRate < 0 || c.SamplingRate > 1 {
		errs = append(errs, fmt.Errorf("sampling_rate: %v is not between 0 and 1", c.SamplingRate))
	}
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		errs = append(errs, errors.New("tls: cert_file and key_file go together"))
	}
	return errors.Join(errs...)
}

// Service is what the receivers of a collector have in common. It is the API's handler too, for a server that is not ours: it
// answers once a receiver has started.
type Service struct {
	in      *otlp.Intake
	log     *slog.Logger
	running atomic.Pointer[server]
}

// New makes a service that gives to the intake.
func New(in *otlp.Intake, log *slog.Logger) *Service { return &Service{in: in, log: log} }

// Factory makes receivers that give to the intake, or to the pipelines that handsOn says.
func (s *Service) Factory(handsOn otlp.HandsOn) receiver.Factory {
	return receiver.NewFactory(Type,
		func() component.Config { return &Config{SamplingRate: 1} },
		receiver.WithTraces(func(_ context.Context, set receiver.Settings, cfg component.Config, to consumer.Traces) (receiver.Traces, error) {
			c := cfg.(*Config)
			made := &server{service: s, cfg: c, log: s.log, taker: &taker{in: s.in, owners: newOwners()}, started: s.in.Now()}
			if handsOn != nil && handsOn(set.ID, pipeline.SignalTraces) {
				made.taker.to = to
			}
			return made, nil
		}, component.StabilityLevelBeta))
}

// ServeHTTP is the API for requests that came to another server: they show an ingest key as the access key's id.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	running := s.running.Load()
	if running == nil {
		apiError{http.StatusServiceUnavailable, "ServiceUnavailable", "the X-Ray receiver has not started, or no pipeline of collector.service names it", 2 * time.Second}.write(w)
		return
	}
	running.api("").ServeHTTP(w, r)
}

// Addresses are what the receiver listens on; empty for what is off, or taken by another program.
func (s *Service) Addresses() (udp, tcp string) {
	running := s.running.Load()
	if running == nil {
		return "", ""
	}
	return running.udpAt, running.tcpAt
}

// server is the running component.
type server struct {
	service      *Service
	cfg          *Config
	log          *slog.Logger
	taker        *taker
	started      time.Time
	udp          *datagrams
	http         *http.Server
	serving      sync.WaitGroup
	udpAt, tcpAt string
}

// stopTimeout is how long what is under way has when the component stops.
const stopTimeout = 5 * time.Second

// Start listens. An address that is taken, by a real daemon most likely, is a warning: it must not keep everything else from starting.
func (s *server) Start(_ context.Context, host component.Host) error {
	if s.cfg.UDP != "" {
		if err := s.listenUDP(); err != nil {
			s.log.Warn("X-Ray's datagrams are not received", "address", s.cfg.UDP, "error", err, "hint", "set xray.udp to another address, or to nothing")
		}
	}
	if s.cfg.TCP != "" {
		tlsConfig, err := s.tls()
		if err != nil {
			return errors.Join(err, s.Shutdown(context.Background()))
		}
		if err := s.listenTCP(host, tlsConfig); err != nil {
			s.log.Warn("X-Ray's API is not served at its own address", "address", s.cfg.TCP, "error", err, "hint", "set xray.tcp to another address, or to nothing")
		}
	}
	s.service.running.Store(s)
	return nil
}

// tls is that of the TCP listener: none on loopback, where SDKs expect their daemon.
func (s *server) tls() (*tls.Config, error) {
	host, _, err := net.SplitHostPort(s.cfg.TCP)
	if ip := net.ParseIP(host); err != nil || s.cfg.TLS.CertFile == "" || host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil, nil
	}
	cert, err := tls.LoadX509KeyPair(s.cfg.TLS.CertFile, s.cfg.TLS.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("load certificate for X-Ray: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}, nil
}

func (s *server) listenUDP() error {
	address, err := net.ResolveUDPAddr("udp", s.cfg.UDP)
	if err != nil {
		return fmt.Errorf("resolve address: %w", err)
	}
	conn, err := net.ListenUDP("udp", address)
	if err != nil {
		return fmt.Errorf("listen for datagrams: %w", err)
	}
	s.udp, s.udpAt = newDatagrams(conn, s.taker, s.cfg.Key, s.log), conn.LocalAddr().String()
	return nil
}

func (s *server) listenTCP(host component.Host, tlsConfig *tls.Config) error {
	l, err := net.Listen("tcp", s.cfg.TCP)
	if err != nil {
		return fmt.Errorf("listen for requests: %w", err)
	}
	if tlsConfig != nil {
		l = tls.NewListener(l, tlsConfig)
	}
	limits := s.taker.in.Limits
	s.http = &http.Server{
		Handler: s.api(s.cfg.Key), ReadHeaderTimeout: min(5*time.Second, limits.Receive), ReadTimeout: limits.Receive, WriteTimeout: 2 * limits.Receive,
		IdleTimeout: time.Minute, MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.tcpAt = l.Addr().String()
	s.serving.Go(func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			componentstatus.ReportStatus(host, componentstatus.NewFatalErrorEvent(fmt.Errorf("serve X-Ray's API: %w", err)))
		}
	})
	return nil
}

// Shutdown takes nothing new, and makes durable what has arrived.
func (s *server) Shutdown(ctx context.Context) error {
	s.service.running.CompareAndSwap(s, nil)
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	if s.udp != nil {
		s.serving.Go(func() { s.udp.stop(ctx) })
	}
	if s.http != nil && s.http.Shutdown(ctx) != nil {
		s.http.Close()
	}
	s.serving.Wait()
	return nil
}
