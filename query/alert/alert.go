// Package alert evaluates Prometheus rule files with Prometheus's own rules package, and tells which alerts there are, what they are
// about and which there were. It reads series through a Queryable and writes them through an Appendable, both made by others; where
// spans become series it does not know. Alertmanagers outside may be told.
package alert

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"

	"github.com/sightline/sightline/storage/conn"
)

// Samples is where series that rules make go: ALERTS, ALERTS_FOR_STATE and what recording rules record. When a commit succeeds they are
// durable. It is Prometheus's storage.Appendable.
type Samples interface {
	Appender(ctx context.Context) storage.Appender
}

// Source is what rules are evaluated over.
type Source interface {
	QueryFunc(project string) rules.QueryFunc
	Queryable(project string) storage.Queryable
}

// Config says what is evaluated. What is zero has the default that stands beside it.
type Config struct {
	Rules          []string      // patterns of rule files; none: nothing is evaluated
	Interval       time.Duration // of groups that have none of their own: 1 m
	QueryOffset    time.Duration // how far back of its time an evaluation looks, in groups that have none of their own: 0
	ExternalLabels map[string]string
	Page           string   // address of the page, for templates and notifications
	Alertmanagers  []string // addresses of who is told of what fires; none: nobody is
	Project        string   // whose series they are
	Samples        Samples  // nil: nothing is recorded, and so there is no history and no state over a restart

	Poll     time.Duration         // how often files are looked at: 3 s
	Registry prometheus.Registerer // nil: no metrics
	Log      *slog.Logger          // discards
	Now      func() time.Time      // time.Now; of the API only
}

const (
	defaultInterval = time.Minute
	defaultPoll     = 3 * time.Second
	// concurrent evaluations; with the storage's background pool, which has as many places, they leave people's queries alone.
	concurrent = 2
	// evaluationTime is how long one query of a rule may take.
	evaluationTime = time.Minute
	// outage is how long Sightline may have been away for an alert's time to go on where it was, as in Prometheus.
	outage = time.Hour
	// resend is how often a firing alert is told again to who is notified.
	resend = time.Minute
)

func (c *Config) setDefaults() {
	if c.Interval <= 0 {
		c.Interval = defaultInterval
	}
	if c.Poll <= 0 {
		c.Poll = defaultPoll
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
}

// Service evaluates rules. Safe for concurrent use.
type Service struct {
	cfg     Config
	manager *rules.Manager
	told    *alertmanagers     // nil: nobody is told
	ended   context.CancelFunc // of evaluations
	turns   chan struct{}
	again   chan struct{} // asks for a reload

	source atomic.Pointer[Source] // nil before Run

	files *files // changed by Run alone, under mu

	mu       sync.Mutex
	failures int    // reloads that found a file that can't be used
	update   string // why the rules that were read did not come into force; ""
}

// New makes a service that Run runs.
func New(cfg Config) (*Service, error) {
	cfg.setDefaults()
	page, err := url.Parse(cfg.Page)
	if err != nil {
		return nil, fmt.Errorf("make alerting: %w", err)
	}
	s := &Service{cfg: cfg, turns: make(chan struct{}, concurrent), again: make(chan struct{}, 1), files: newFiles(cfg.Rules, cfg.Samples != nil)}
	var samples storage.Appendable = unkept{}
	if cfg.Samples != nil {
		samples = cfg.Samples
	}
	notify := func(context.Context, string, ...*rules.Alert) {}
	if len(cfg.Alertmanagers) > 0 {
		if s.told, err = newAlertmanagers(cfg.Alertmanagers, cfg.ExternalLabels, cfg.Page, cfg.Registry, cfg.Log); err != nil {
			return nil, err
		}
		notify = s.told.notify
	}
	var evaluations context.Context
	evaluations, s.ended = context.WithCancel(context.Background())
	s.manager = rules.NewManager(&rules.ManagerOptions{
		ExternalURL: page, QueryFunc: s.query, NotifyFunc: notify, Context: evaluations,
		Appendable: samples, Queryable: storage.QueryableFunc(s.querier), Logger: cfg.Log, Registerer: cfg.Registry, GroupLoader: s.files,
		OutageTolerance: outage, ForGracePeriod: 0, // spans are there at once, so that nothing has to be waited for
		ResendDelay: resend, DefaultRuleQueryOffset: func() time.Duration { return cfg.QueryOffset },
	})
	if cfg.Registry != nil {
		if err := cfg.Registry.Register(figures{s}); err != nil {
			return nil, fmt.Errorf("register metrics of alerting: %w", err)
		}
	}
	return s, nil
}

// query evaluates for a rule: in the storage's background pool, so that people's queries and rules do not stand in each other's way.
func (s *Service) query(ctx context.Context, q string, at time.Time) (promql.Vector, error) {
	select {
	case s.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.turns }()
	ctx, cancel := context.WithTimeout(conn.InBackground(ctx), evaluationTime)
	defer cancel()
	source := s.source.Load()
	if source == nil {
		return nil, errNotRunning
	}
	return (*source).QueryFunc(s.cfg.Project)(ctx, q, at)
}

var errNotRunning = errors.New("rules are not evaluated yet")

// querier reads what rules wrote.
func (s *Service) querier(from, to int64) (storage.Querier, error) {
	source := s.source.Load()
	if source == nil {
		return nil, errNotRunning
	}
	return (*source).Queryable(s.cfg.Project).Querier(from, to)
}

// RuleGroups are what is in force.
func (s *Service) RuleGroups() []*rules.Group { return s.manager.RuleGroups() }

// AlertingRules are those of what is in force.
func (s *Service) AlertingRules() []*rules.AlertingRule { return s.manager.AlertingRules() }

// Run evaluates over a source until ctx ends. It may be called once.
func (s *Service) Run(ctx context.Context, over Source) {
	s.source.Store(&over)
	defer context.AfterFunc(ctx, s.ended)()
	var telling, running sync.WaitGroup
	if s.told != nil {
		ready := make(chan struct{})
		telling.Go(func() { s.told.run(func() { close(ready) }) })
		defer telling.Wait()
		defer s.told.Stop() // after the last evaluation
		<-ready
	}
	s.reload()
	s.begin(ctx)
	running.Go(s.manager.Run)
	defer running.Wait()
	tick := time.NewTicker(s.cfg.Poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-s.again:
			s.reload()
		case <-tick.C:
			if s.files.changed() {
				s.reload()
			}
		}
	}
	s.ended()
	s.manager.Stop()
}

// Reload asks for the files to be read anew.
func (s *Service) Reload() {
	select {
	case s.again <- struct{}{}:
	default: // it is going to be
	}
}

// reload reads the files and brings their rules into force. What is broken is said once, and again when it changes.
func (s *Service) reload() {
	before := s.Problems()
	read, refused := s.files.load()
	s.mu.Lock()
	s.files.read, s.files.refused = read, refused
	s.mu.Unlock()
	update := ""
	if err := s.manager.Update(s.cfg.Interval, s.files.inForce(), labels.FromMap(s.cfg.ExternalLabels), s.cfg.Page, nil); err != nil {
		update = "the rules could not be brought into force: " + err.Error()
	}
	s.mu.Lock()
	s.update = update
	if s.files.broken() > 0 || update != "" {
		s.failures++
	}
	s.mu.Unlock()
	problems := s.Problems()
	for _, p := range problems {
		if !slices.Contains(before, p) {
			s.cfg.Log.Error("alerting: "+p, "hint", "sightline check rules")
		}
	}
	s.cfg.Log.Info("read alerting rules", "files", len(read), "rules", len(s.manager.Rules()), "problems", len(problems))
}

// begin evaluates each group once before its own time comes, so that after a restart alerts are back at once, with the time that they
// had. A group whose evaluation fails now is left to the manager, which does the same later.
func (s *Service) begin(ctx context.Context) {
	for _, g := range s.manager.RuleGroups() {
		now := time.Now()
		rules.DefaultEvalIterationFunc(ctx, g, now)
		if ctx.Err() != nil {
			return
		}
		if slices.ContainsFunc(g.Rules(), func(r rules.Rule) bool { return r.Health() != rules.HealthGood }) {
			continue
		}
		g.RestoreForState(now)
		rules.DefaultEvalIterationFunc(ctx, g, now.Add(time.Millisecond))
	}
}

// Problems are what keeps rules from being evaluated as they are written, a sentence each.
func (s *Service) Problems() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.files.problems()
	if s.update != "" {
		out = append(out, s.update)
	}
	return out
}

// unkept is where samples go that nobody keeps.
type unkept struct{}

func (unkept) Appender(context.Context) storage.Appender { return discard{} }

// discard is an appender that forgets.
type discard struct{ storage.Appender }

func (discard) SetOptions(*storage.AppendOptions) {}
func (discard) Commit() error                     { return nil }
func (discard) Rollback() error                   { return nil }
func (discard) Append(storage.SeriesRef, labels.Labels, int64, float64) (storage.SeriesRef, error) {
	return 0, nil
}
