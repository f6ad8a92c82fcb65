package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/failpoint"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/loader"
	"github.com/sightline/sightline/query"
	"github.com/sightline/sightline/query/alert"
	"github.com/sightline/sightline/query/promapi"
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/engine"
	"github.com/sightline/sightline/storage/erase"
	"github.com/sightline/sightline/storage/schema"
	"github.com/sightline/sightline/storage/traces"
	"github.com/sightline/sightline/storage/upkeep"
)

const (
	// database is where the embedded engine keeps the tables.
	database = "sightline"
	// drainTime is how long a stopping instance still stores what it has received; the rest waits in the journal.
	drainTime = 4 * time.Second
	// loaderGrace is how long the loader may then wait for an answer that it does not give up, before the engine is told to end.
	loaderGrace = time.Second
	// engineGrace is how long the engine's statements may go on after that; one that hangs is killed, and so nobody hangs with it.
	engineGrace = 3 * time.Second
	// wakeTime is how long a start waits at most for the engine to answer a first question.
	wakeTime = time.Second
	// storageRetry is how long a start waits before it tries again to reach a storage that does not answer.
	storageRetry = 500 * time.Millisecond
)

// instance is a running Sightline; what its role leaves out is nil.
//
//	senders ─► collector ─► journal ─► loader ─► engine or server ◄─ query ◄─ page
type instance struct {
	config   Config
	settings *Settings // the retention in force is theirs, not the configuration's
	auth     *Auth
	log      *slog.Logger
	tls      *tls.Config
	started  time.Time

	engine    *engine.Engine
	db        *conn.DB
	journal   *journal.Journal
	collector *collector.Collector
	loader    *loader.Loader
	loaded    chan struct{} // closed when the loader has ended; nil without one
	rollup    *traces.Rollup
	reader    *traces.Reader
	promql    *promapi.API
	alerts    *alert.Service // nil: no rules are configured
	upkeep    *upkeep.Store
	keeper    *upkeep.Keeper
	eraser    *erase.Eraser
	report    storageReport
}

// run starts the parts of a role and returns when ctx ends or one of them fails. What is acknowledged starts being received before
// the engine answers; it stops in the order of the diagram, so that nothing is received that can't be kept.
func run(ctx context.Context, config Config, r role, auth *Auth, log *slog.Logger) (err error) {
	in := &instance{config: config, auth: auth, log: log, started: time.Now()}
	if in.tls, err = loadTLS(config.TLS); err != nil {
		return err
	}
	if in.config.DataDir, err = filepath.Abs(config.DataDir); err != nil {
		return err
	}
	if err := os.MkdirAll(in.config.DataDir, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	if in.settings, err = OpenSettings(filepath.Join(in.config.DataDir, "settings.json"), config); err != nil {
		return err
	}
	hook, err := failpoint.Parse(os.Getenv("SIGHTLINE_FAILPOINTS")) // for tests that kill this process
	if err != nil {
		return err
	}
	receiving, stopReceiving := context.WithCancel(context.Background())
	defer stopReceiving()
	loading, stopLoading := context.WithCancel(context.Background())
	defer stopLoading()
	group, ctx := errgroup.WithContext(ctx)
	stopping, stopDraining := context.WithCancel(context.Background())
	defer stopDraining()
	context.AfterFunc(ctx, func() { // the time runs from here, also while the page is closed
		stopReceiving()
		time.AfterFunc(drainTime, stopDraining)
	})

	if r != roleQuery {
		if err := in.openJournal(hook); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, in.journal.Close()) }()
		group.Go(func() error { return in.collector.Run(receiving) })
	}
	// From here on an error ends ctx through the group, and everything that runs is stopped below.
	group.Go(func() error {
		err := in.serve(ctx, group, r, hook, loading)
		stopReceiving()
		time.AfterFunc(drainTime, stopDraining) // ctx may go on, if it is serve that failed
		if in.loader != nil {
			in.drain(stopping)
		}
		stopLoading()
		return errors.Join(err, in.closeEngine())
	})
	err = group.Wait()
	if in.db != nil {
		err = errors.Join(err, in.db.Close())
	}
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return err
}

func (in *instance) openJournal(hook func(string)) (err error) {
	in.journal, err = journal.Open(journal.Config{
		Dir: filepath.Join(in.config.DataDir, "journal"), MaxBytes: int64(in.config.Ingest.JournalMax), Reserve: int64(in.config.Ingest.DiskReserve),
		Log: in.log.With("part", "journal"), Failpoint: hook,
	})
	if err != nil {
		return fmt.Errorf("open journal: %w", err)
	}
	if in.collector, err = collector.New(in.collectorConfig()); err != nil {
		return errors.Join(err, in.journal.Close())
	}
	return nil
}

// serve opens the storage, starts loading and answers the page until ctx ends.
func (in *instance) serve(ctx context.Context, group *errgroup.Group, r role, hook func(string), loading context.Context) error {
	if err := in.openStorage(ctx); err != nil {
		return err
	}
	in.reader, in.upkeep = traces.NewReader(in.db), upkeep.NewStore(in.db)
	if r != roleQuery {
		if err := in.openKeeper(); err != nil {
			return err
		}
		kept := in.settings.Retention()
		in.rollup = traces.NewRollup(in.db, kept.Rollups.Days())
		l, err := loader.New(loader.Config{
			Journal: in.journal, Writer: batch.NewWriter(in.db), Rollup: in.rollup, Policy: in.config.policy(&kept),
			EngineMemory: int64(in.config.Storage.EngineMemory),
			StateFile:    filepath.Join(in.config.DataDir, "loader.state"), Log: in.log.With("part", "loader"), Failpoint: hook,
		})
		if err != nil {
			return err
		}
		in.loader, in.loaded = l, make(chan struct{})
		group.Go(func() error {
			defer close(in.loaded)
			return l.Run(loading)
		})
		group.Go(func() error {
			in.keeper.Run(ctx)
			return nil
		})
		if err := in.openEraser(); err != nil {
			return err
		}
		group.Go(func() error {
			in.eraser.Run(ctx)
			return nil
		})
	}
	if r == roleCollector {
		<-ctx.Done()
		return nil
	}
	in.wake(ctx)
	listener, err := net.Listen("tcp", in.config.Listen)
	if err != nil {
		return fmt.Errorf("listen for the page: %w", err)
	}
	registry := prometheus.NewRegistry()
	if err := in.openAlerting(registry); err != nil {
		return errors.Join(err, listener.Close())
	}
	if in.promql, err = promapi.New(in.promConfig(registry)); err != nil {
		return errors.Join(err, listener.Close())
	}
	answering := in.queryConfig()
	answering.Registry = registry
	server, err := query.New(answering)
	if err != nil {
		return errors.Join(fmt.Errorf("make query server: %w", err), listener.Close())
	}
	in.runAlerting(ctx, group)
	in.log.Info("sightline is ready", "page", in.pageURL(), "otlp_grpc", in.config.OTLP.GRPC, "otlp_http", in.config.OTLP.HTTP,
		"data", in.config.DataDir, "took", time.Since(in.started).Round(time.Millisecond).String())
	return server.Serve(ctx, listener)
}

// wake asks the engine that has just started for a trace that nobody has, so that what its first statements load is there before somebody
// waits for it. That takes some 50 ms; how it ends does not matter.
func (in *instance) wake(ctx context.Context) {
	if in.engine == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, wakeTime)
	defer cancel()
	now := time.Now()
	_, _, err := in.reader.Trace(ctx, defaultProject, traces.TraceID{}, traces.Range{From: now.Add(-time.Hour), To: now})
	in.log.Debug("woke the engine", "took", time.Since(now), "answer", err)
}

// drain stores what is still in the journal, until ctx ends.
func (in *instance) drain(ctx context.Context) {
	if err := in.loader.Drain(ctx); err != nil {
		in.log.Info("stopping with spans in the journal; the next start stores them")
	}
}

// closeEngine ends the engine. The loader never gives an INSERT up, so an engine that hangs has to go before the loader can.
func (in *instance) closeEngine() error {
	if in.engine == nil {
		return nil
	}
	if in.loaded != nil {
		select {
		case <-in.loaded:
		case <-time.After(loaderGrace):
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), engineGrace)
	defer cancel()
	return in.engine.Close(ctx)
}

func (in *instance) openStorage(ctx context.Context) (err error) {
	cfg := conn.Config{URL: in.config.Storage.ClickHouse}
	if cfg.URL == "" {
		in.engine, err = engine.Start(ctx, engine.Config{
			Dir: filepath.Join(in.config.DataDir, "engine"), Memory: int64(in.config.Storage.EngineMemory),
			NoConditionCache: !in.config.Storage.ConditionCache, Log: in.log.With("part", "engine"),
		})
		if err != nil {
			return err
		}
		endpoint := conn.Endpoint(in.engine.Endpoint())
		cfg = conn.Config{Endpoint: &endpoint, Database: database}
	}
	var applied []int
	for { // whatever is received meanwhile waits in the journal
		applied, err = in.migrate(ctx, cfg)
		if !errors.Is(err, conn.ErrUnavailable) {
			break
		}
		in.log.Warn("the storage does not answer; trying again", "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(storageRetry):
		}
	}
	if err != nil {
		return err
	}
	if len(applied) > 0 {
		in.log.Info("brought the database up to date", "migrations", applied)
	}
	return nil
}

// migrate opens the storage and brings its tables up to date.
func (in *instance) migrate(ctx context.Context, cfg conn.Config) (applied []int, err error) {
	if in.db == nil {
		if in.db, err = conn.Open(ctx, cfg); err != nil {
			return nil, err
		}
	}
	if applied, err = schema.Migrate(ctx, in.db, schema.Topology{Cluster: in.db.Cluster(), Database: in.db.Database()}); err != nil {
		return nil, fmt.Errorf("migrate database: %w", err)
	}
	return applied, nil
}

func (in *instance) pageURL() string {
	scheme := "http"
	if in.tls != nil {
		scheme = "https"
	}
	return scheme + "://" + in.config.Listen
}

func loadTLS(c TLSConfig) (*tls.Config, error) {
	if c.CertFile == "" {
		return nil, nil
	}
	certificate, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("load certificate: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, nil
}

// migrate is the command: it needs the database for itself, so with the embedded engine no instance may be running.
func migrate(ctx context.Context, load func() (Config, error), out io.Writer) error {
	config, err := load()
	if err != nil {
		return err
	}
	in := &instance{config: config, log: newLog(config.Log)}
	if in.config.DataDir, err = filepath.Abs(config.DataDir); err != nil {
		return err
	}
	err = in.openStorage(ctx)
	if in.db != nil {
		err = errors.Join(err, in.db.Close())
	}
	if in.engine != nil {
		err = errors.Join(err, in.engine.Close(ctx))
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "the database is up to date")
	return err
}
