// Package promapi is Prometheus's HTTP API for queries, over Prometheus's own engine: of the metrics that were sent, and of series made
// of what is summed up of spans (traces_*), so that Grafana's Prometheus data source, its service graph and alerting rules read
// Sightline. docs/api-prometheus.md lists what there is and what is not.
package promapi

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/metrics"
	"github.com/sightline/sightline/storage/traces"
)

// Spans reads what is summed up of spans; *traces.Reader is one.
type Spans interface {
	Calls(ctx context.Context, q traces.RequestQuery, each func(*traces.CallStep) error) (missing int, err error)
	Connections(ctx context.Context, q traces.RequestQuery, each func(*traces.EdgeRow) error) (missing int, err error)
}

// Metrics reads the metrics that were sent; *metrics.Reader is one. A Queryable that is an ExemplarQueryable too has exemplars.
type Metrics interface {
	Queryable(project string, t metrics.Translation) storage.Queryable
	Names(ctx context.Context, q metrics.NamesQuery) ([]metrics.Metric, bool, error)
}

// Rules are the rules that are evaluated; Prometheus's rules.Manager is one.
type Rules interface {
	RuleGroups() []*rules.Group
	AlertingRules() []*rules.AlertingRule
}

// Config is what the API needs. What is zero has the default that stands beside it.
type Config struct {
	Spans       Spans
	Metrics     Metrics                     // nil: there are none
	Translation metrics.Translation         // of their names and labels
	Rules       Rules                       // nil: none
	Timeout     time.Duration               // of a query, 30 s
	Reg         prometheus.Registerer       // of the engine's own metrics; may be nil
	Log         *slog.Logger                // discards
	Now         api.Clock                   // time.Now
	Ready       func(context.Context) error // why queries can't be answered now; nil: they always can
}

const (
	// Prefix is where the API lies: the data source's URL is the server's address and this.
	Prefix = "/prometheus"
	// lookback is how old a sample may be that an instant selector takes, as with Prometheus.
	lookback = 5 * time.Minute
	// maxSamples is how many samples a query may hold at a time, of 16 bytes each: 80 MB.
	maxSamples = 5_000_000
	// subqueryStep is the resolution of subqueries that name none, as with Prometheus.
	subqueryStep = time.Minute
)

// API answers PromQL. Safe for concurrent use.
type API struct {
	cfg    Config
	engine *promql.Engine
	parser parser.Parser
}

// New makes an API.
func New(cfg Config) (*API, error) {
	if cfg.Spans == nil {
		return nil, errors.New("make Prometheus's API: there is nothing to read spans")
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 30 * time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Ready == nil {
		cfg.Ready = func(context.Context) error { return nil }
	}
	a := &API{cfg: cfg, parser: parser.NewParser(parser.Options{})}
	a.engine = promql.NewEngine(promql.EngineOpts{
		Logger: cfg.Log, Reg: cfg.Reg, MaxSamples: maxSamples, Timeout: cfg.Timeout, LookbackDelta: lookback,
		NoStepSubqueryIntervalFn: func(int64) int64 { return subqueryStep.Milliseconds() },
		EnableAtModifier:         true, EnableNegativeOffset: true, UseStartTimestamps: true, Parser: a.parser,
	})
	return a, nil
}

// Close ends what the engine keeps.
func (a *API) Close() error { return a.engine.Close() }

// Queryable reads a project's series: its metrics, and those made of spans.
func (a *API) Queryable(project string) storage.Queryable {
	return storage.QueryableFunc(func(mint, maxt int64) (storage.Querier, error) {
		spans := &spanQuerier{api: a, project: project, mint: mint, maxt: maxt}
		if a.cfg.Metrics == nil {
			return spans, nil
		}
		sent, err := a.cfg.Metrics.Queryable(project, a.cfg.Translation).Querier(mint, maxt)
		if err != nil {
			return nil, err
		}
		return storage.NewMergeQuerier([]storage.Querier{spans, sent}, nil, storage.ChainedSeriesMerge), nil
	})
}

// QueryFunc evaluates rules of a project.
func (a *API) QueryFunc(project string) rules.QueryFunc {
	return rules.EngineQueryFunc(a.engine, a.Queryable(project))
}
