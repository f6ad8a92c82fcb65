// Package scrape fetches metrics from Prometheus's targets with Prometheus's own scraper, service discovery and configuration. It
// refuses to keep anything: each scrape goes to the pipeline when it is read, and one that is refused is a gap.
package scrape

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery"
	_ "github.com/prometheus/prometheus/discovery/aws"        // ec2, ecs, lightsail, elasticache, msk, rds
	_ "github.com/prometheus/prometheus/discovery/consul"     // consul
	_ "github.com/prometheus/prometheus/discovery/dns"        // dns
	_ "github.com/prometheus/prometheus/discovery/eureka"     // eureka
	_ "github.com/prometheus/prometheus/discovery/file"       // file
	_ "github.com/prometheus/prometheus/discovery/http"       // http
	_ "github.com/prometheus/prometheus/discovery/kubernetes" // kubernetes
	_ "github.com/prometheus/prometheus/discovery/moby"       // docker, dockerswarm
	_ "github.com/prometheus/prometheus/discovery/nomad"      // nomad
	"github.com/prometheus/prometheus/scrape"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/receiver"
	"go.yaml.in/yaml/v3"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/foreign/promotlp"
	"github.com/sightline/sightline/collector/passage"
)

// Type is the component's name in configurations.
var Type = component.MustNewType("prometheus")

// Protocol as the accounts name it.
const Protocol = "prometheus"

// Config is the component's section of the collector's configuration.
type Config struct {
	// Prometheus is Prometheus's own configuration: global, scrape_configs and scrape_config_files.
	Prometheus map[string]any `mapstructure:"config"`
	// Project is whose the metrics are; empty: the default project's.
	Project string `mapstructure:"project"`
}

// Validate says what is wrong with the section.
func (c *Config) Validate() error {
	_, err := c.load()
	return err
}

func (c *Config) load() (*config.Config, error) {
	for key := range c.Prometheus {
		switch key {
		case "global", "scrape_configs", "scrape_config_files":
		default:
			return nil, fmt.Errorf("config: %s has no use here; global, scrape_configs and scrape_config_files have", key)
		}
	}
	section := maps.Clone(c.Prometheus)
	global, _ := section["global"].(map[string]any)
	if global = maps.Clone(global); global == nil {
		global = map[string]any{}
	}
	if _, ok := global["body_size_limit"]; !ok {
		global["body_size_limit"] = bodyLimit
	}
	if section == nil {
		section = map[string]any{}
	}
	section["global"] = global
	text, err := yaml.Marshal(section)
	if err != nil {
		return nil, fmt.Errorf("write Prometheus's configuration: %w", err)
	}
	parsed, err := config.Load(string(text), slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, fmt.Errorf("config: %w (%s)", err, known)
	}
	if _, err := parsed.GetScrapeConfigs(); err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	return parsed, nil
}

// known are the service discoveries that the imports above bring.
const known = "service discoveries, each as NAME_sd_configs: consul, dns, docker, dockerswarm, ec2, ecs, elasticache, eureka, file, http, kubernetes, " +
	"lightsail, msk, nomad, rds; and static_configs. For others let a program write their targets for file_sd_configs, or serve them for http_sd_configs"

// bodyLimit bounds what a target may answer, decompressed, where the configuration does not: in Prometheus nothing does.
const bodyLimit = "32MB"

// NewFactory makes scrapers. log is told what fails.
func NewFactory(log *slog.Logger) receiver.Factory {
	return receiver.NewFactory(Type,
		func() component.Config { return &Config{} },
		receiver.WithMetrics(func(_ context.Context, _ receiver.Settings, cfg component.Config, next consumer.Metrics) (receiver.Metrics, error) {
			return &scraper{cfg: cfg.(*Config), next: next, log: log}, nil
		}, component.StabilityLevelBeta))
}

// reload is how often targets that were found are looked at.
const reload = 5 * time.Second

// scraper is the running component.
type scraper struct {
	cfg  *Config
	next consumer.Metrics
	log  *slog.Logger

	cancel  context.CancelFunc
	manager *scrape.Manager
	running sync.WaitGroup
}

// Start begins to scrape.
func (s *scraper) Start(context.Context, component.Host) error {
	cfg, err := s.cfg.load()
	if err != nil {
		return err
	}
	own := prometheus.NewRegistry() // what these packages tell of themselves; nobody asks
	metrics, err := discovery.CreateAndRegisterSDMetrics(own)
	if err != nil {
		return fmt.Errorf("start service discovery: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	targets := discovery.NewManager(ctx, s.log, own, metrics)
	if targets == nil {
		cancel()
		return errors.New("start service discovery: it refuses")
	}
	options := &scrape.Options{AppendMetadata: true, ParseST: true, DiscoveryReloadInterval: model.Duration(reload), DiscoveryReloadOnStartup: true}
	s.manager, err = scrape.NewManager(options, s.log, nil, nil, promotlp.Appendable{Options: promotlp.Options{Sink: s.give, Kinds: new(promotlp.Kinds)}}, own)
	if err != nil {
		cancel()
		return fmt.Errorf("start scraping: %w", err)
	}
	if err := s.apply(cfg, targets); err != nil {
		cancel()
		return err
	}
	s.cancel = cancel
	s.running.Go(func() {
		if err := targets.Run(); err != nil && !errors.Is(err, context.Canceled) {
			s.log.Error("service discovery ended", "error", err)
		}
	})
	s.running.Go(func() {
		if err := s.manager.Run(targets.SyncCh()); err != nil {
			s.log.Error("scraping ended", "error", err)
		}
	})
	return nil
}

func (s *scraper) apply(cfg *config.Config, targets *discovery.Manager) error {
	if err := s.manager.ApplyConfig(cfg); err != nil {
		return fmt.Errorf("configure scraping: %w", err)
	}
	jobs, err := cfg.GetScrapeConfigs()
	if err != nil {
		return fmt.Errorf("read scrape_configs: %w", err)
	}
	found := map[string]discovery.Configs{}
	for _, job := range jobs {
		found[job.JobName] = job.ServiceDiscoveryConfigs
	}
	if err := targets.ApplyConfig(found); err != nil {
		return fmt.Errorf("configure service discovery: %w", err)
	}
	return nil
}

// give hands a scrape to the pipeline.
func (s *scraper) give(ctx context.Context, md pmetric.Metrics) error {
	if md.DataPointCount() == 0 {
		return nil
	}
	p := &passage.Passage{Project: s.cfg.Project, Protocol: Protocol}
	if p.Project == "" {
		p.Project = admission.DefaultProject
	}
	for _, rm := range md.ResourceMetrics().All() {
		p.Mark(rm.Resource().Attributes())
	}
	return s.next.ConsumeMetrics(passage.With(ctx, p), md)
}

// Shutdown ends scrapes that are under way, and writes no stale markers: whoever scrapes next goes on.
func (s *scraper) Shutdown(context.Context) error {
	if s.cancel == nil {
		return nil
	}
	s.cancel()
	s.manager.Stop()
	s.running.Wait()
	return nil
}
