// Package collector takes telemetry in. It is an OpenTelemetry Collector used as a library: a closed list of components, a
// built-in configuration that the user's is laid over, and the journal at the end of every pipeline. It refuses to store
// anything; the loader does that from the journal.
package collector

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/otelcol"
	"go.yaml.in/yaml/v3"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/foreign"
	"github.com/sightline/sightline/collector/otlp"
	"github.com/sightline/sightline/collector/xray"
)

//go:embed default.yaml
var defaultYAML []byte

// Config is what the program's configuration says about taking telemetry in.
type Config struct {
	GRPC, HTTP        string   // host:port of OTLP; empty: off
	CertFile, KeyFile string   // TLS for both; empty: plain text
	CORSOrigins       []string // web origins that may send over HTTP
	XRay              xray.Config
	Limits            admission.Limits
	Overlay           map[string]any          // an OpenTelemetry Collector configuration, laid over the built-in one
	Journal           otlp.Journal            // a *journal.Journal; it is closed after Run has returned, by who opened it
	Auth              admission.Authenticator // nil: authentication is off
	Version           string
	Log               *slog.Logger // nil: discard
}

// Collector is made once and run once.
type Collector struct {
	cfg      Config
	intake   *otlp.Intake
	accounts *admission.Accounts
	xray     *xray.Service
	service  *otelcol.Collector
	ready    chan struct{}

	pipelines []*Pipeline

	mu         sync.Mutex
	grpc, http string
}

// New checks the configuration and opens nothing.
func New(cfg Config) (*Collector, error) {
	if cfg.Journal == nil {
		return nil, errors.New("make collector: no journal given")
	}
	if cfg.Auth == nil {
		cfg.Auth = admission.Open{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	c := &Collector{cfg: cfg, accounts: admission.NewAccounts(), ready: make(chan struct{})}
	c.intake = otlp.NewIntake(cfg.Journal, cfg.Auth, cfg.Limits, c.accounts, cfg.Log)
	c.intake.Routes = map[string]http.Handler{foreign.RemoteWritePath: foreign.RemoteWrite(c.intake)}
	c.xray = xray.New(c.intake, cfg.Log)
	for _, path := range xray.Paths {
		c.intake.Routes[xray.Prefix+path] = c.xray
	}
	layers, err := c.layers()
	if err != nil {
		return nil, err
	}
	if c.pipelines, err = readPipelines(layers); err != nil {
		return nil, err
	}
	if c.service, err = c.newService(layers); err != nil {
		return nil, err
	}
	check, err := c.newService(layers) // a service is good for one look at its configuration
	if err != nil {
		return nil, err
	}
	if err := check.DryRun(context.Background()); err != nil {
		return nil, fmt.Errorf("check collector configuration: %w", err)
	}
	return c, nil
}

// layers are the built-in configuration, the addresses over it, and the user's over both.
func (c *Collector) layers() ([]map[string]any, error) {
	var builtIn map[string]any
	if err := yaml.Unmarshal(defaultYAML, &builtIn); err != nil {
		return nil, fmt.Errorf("read built-in collector configuration: %w", err)
	}
	listener := func(endpoint string) map[string]any {
		return map[string]any{"endpoint": endpoint, "tls": map[string]any{"cert_file": c.cfg.CertFile, "key_file": c.cfg.KeyFile}}
	}
	http := listener(c.cfg.HTTP)
	origins := make([]any, len(c.cfg.CORSOrigins))
	for i, o := range c.cfg.CORSOrigins {
		origins[i] = o
	}
	http["cors"] = map[string]any{"allowed_origins": origins}
	x := c.cfg.XRay
	addresses := map[string]any{"receivers": map[string]any{
		otlp.Type.String(): map[string]any{"protocols": map[string]any{"grpc": listener(c.cfg.GRPC), "http": http}},
		xray.Type.String(): map[string]any{"udp": x.UDP, "tcp": x.TCP, "key": x.Key, "sampling_rate": x.SamplingRate, "tls": listener("")["tls"]},
	}}
	overlay := c.cfg.Overlay
	if overlay == nil {
		overlay = map[string]any{}
	}
	return []map[string]any{builtIn, addresses, overlay}, nil
}

func (c *Collector) newService(layers []map[string]any) (*otelcol.Collector, error) {
	settings := confmap.ResolverSettings{ProviderFactories: []confmap.ProviderFactory{layerProvider(layers)}}
	for i := range layers {
		settings.URIs = append(settings.URIs, fmt.Sprintf("%s:%d", layerScheme, i))
	}
	service, err := otelcol.NewCollector(otelcol.CollectorSettings{
		Factories:               c.factories,
		BuildInfo:               component.BuildInfo{Command: "sightline", Description: "Sightline", Version: c.cfg.Version},
		DisableGracefulShutdown: true, // main listens for signals and ends Run's context
		ConfigProviderSettings:  otelcol.ConfigProviderSettings{ResolverSettings: settings},
		SkipSettingGRPCLogger:   true, // it is the whole process's
	})
	if err != nil {
		return nil, fmt.Errorf("make collector: %w", err)
	}
	return service, nil
}

// listening is called when a receiver is up.
func (c *Collector) listening(grpc, http string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.grpc == "" && c.http == "" { // otherwise it is a second receiver, of the user's
		c.grpc, c.http = grpc, http
	}
}

// announce closes ready once every component has started, in whatever order, unless ctx ends before.
func (c *Collector) announce(ctx context.Context) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for c.service.GetState() != otelcol.StateRunning {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.ready)
}

// Run takes telemetry in until ctx ends; then requests that are under way have five seconds. It may be called once.
func (c *Collector) Run(ctx context.Context) error {
	c.warnOfPipelines()
	starting, started := context.WithCancel(ctx)
	var announcing sync.WaitGroup
	announcing.Go(func() { c.announce(starting) })
	defer announcing.Wait()
	defer started()
	if err := c.service.Run(ctx); err != nil {
		return fmt.Errorf("run collector: %w", err)
	}
	return nil
}

// Ready is closed once every receiver listens.
func (c *Collector) Ready() <-chan struct{} { return c.ready }

// Addresses are what the OTLP receiver listens on, once Ready; empty for a protocol that is off.
func (c *Collector) Addresses() (grpc, http string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.grpc, c.http
}

// SetRetention changes how old an item may be, for requests from now on.
func (c *Collector) SetRetention(r admission.Retention) { c.intake.SetRetention(r) }

// Accounts is what was answered since the process started.
func (c *Collector) Accounts() admission.Snapshot { return c.accounts.Snapshot() }

// XRay is X-Ray's API, for a server that is not the collector's own; its paths are xray.Paths.
func (c *Collector) XRay() *xray.Service { return c.xray }
