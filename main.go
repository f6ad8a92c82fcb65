// Command sightline is a distributed tracing backend in one binary: an OTLP collector, ClickHouse's engine and a query service
// with its page. This package composes them and holds no logic of its own beyond configuration and commands.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/sightline/sightline/storage/engine"
)

// version is set by the build (-ldflags "-X main.version=...").
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := rootCommand().ExecuteContext(ctx); err != nil {
		if err.Error() != "" {
			fmt.Fprintln(os.Stderr, "sightline: "+err.Error())
		}
		code := 1
		if e := (*exitCode)(nil); errors.As(err, &e) {
			code = e.code
		}
		os.Exit(code)
	}
}

func rootCommand() *cobra.Command {
	var configFile string
	load := func() (Config, error) { return LoadConfig(configFile, os.LookupEnv) }
	root := &cobra.Command{
		Use:   "sightline",
		Short: "Distributed tracing in one binary",
		Long: `Sightline takes OpenTelemetry traces, keeps them in ClickHouse (an engine inside, or your server) and shows a live service map
and request timelines. Without a command it runs everything on this machine:

  page and API    http://127.0.0.1:7070
  OTLP            127.0.0.1:4317 (gRPC), http://127.0.0.1:4318 (HTTP)`,
		Example: `  sightline                                   run everything
  sightline --config sightline.yaml           the same with your settings
  sightline send                              send one test span
  sightline key create my-team                make an ingest key`,
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(c *cobra.Command, _ []string) error { return runRole(c.Context(), load, roleAll) },
	}
	root.PersistentFlags().StringVar(&configFile, "config", os.Getenv("SIGHTLINE_CONFIG"), "configuration file; none: defaults and SIGHTLINE_... variables")
	_ = root.MarkPersistentFlagFilename("config", "yaml", "yml") // completion only

	role := func(name, short string, r role) *cobra.Command {
		return &cobra.Command{Use: name, Short: short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return runRole(c.Context(), load, r) }}
	}
	engineCommand := &cobra.Command{
		Use: "engine", Hidden: true, Args: cobra.NoArgs, Short: "The storage engine's process, started by sightline itself",
		RunE: func(c *cobra.Command, _ []string) error { return engine.Main(c.Context()) },
	}
	root.AddCommand(
		role("all", "Run everything (what sightline does without a command)", roleAll),
		role("collector", "Run only the collector, against a ClickHouse server", roleCollector),
		role("query", "Run only the page and the API, against a ClickHouse server", roleQuery),
		&cobra.Command{Use: "migrate", Short: "Bring the database's tables up to this version", Args: cobra.NoArgs,
			Long: "Make the database and its tables, or bring them up to this version. It may be run again at any time and goes on where it\nstopped. `sightline` itself does the same when it starts.",
			RunE: func(c *cobra.Command, _ []string) error { return migrate(c.Context(), load, c.OutOrStdout()) }},
		checkCommand(&configFile), keyCommand(load), sendCommand(), canaryCommand(), versionCommand(), engineCommand)
	return root
}

func checkCommand(configFile *string) *cobra.Command {
	c := &cobra.Command{Use: "check", Short: "Check a configuration without starting anything"}
	c.AddCommand(&cobra.Command{
		Use: "config [FILE]", Short: "Say everything that is wrong with a configuration", Args: cobra.MaximumNArgs(1),
		Example: "  sightline check config deploy/config/sightline.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			file := *configFile
			if len(args) > 0 {
				file = args[0]
			}
			config, err := LoadConfig(file, os.LookupEnv)
			if err != nil {
				return err
			}
			auth, err := OpenAuth(config.AuthFile())
			if err != nil {
				return err
			}
			problems := append(config.exposure(auth.HasKeys(), auth.HasLogin()), config.overlayExposure(auth.HasKeys())...)
			if problems = append(problems, config.Alerting.broken()...); len(problems) > 0 {
				return &ConfigError{problems}
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), "the configuration is fine")
			return err
		},
	}, checkRulesCommand())
	return c
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			library, err := engine.FindLibrary()
			if err != nil {
				library = "not installed"
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "sightline %s\n%s %s/%s\nengine library: %s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH, library)
			return err
		},
	}
}

// role is which parts of the program run in this process.
type role uint8

const (
	roleAll role = iota
	roleCollector
	roleQuery
)

func runRole(ctx context.Context, load func() (Config, error), r role) error {
	config, err := load()
	if err != nil {
		return err
	}
	if r != roleAll && config.Storage.ClickHouse == "" {
		return errors.New("collector and query alone need a ClickHouse server (storage.clickhouse): with the embedded engine one process holds the data folder, so run `sightline` or `sightline all`")
	}
	auth, err := OpenAuth(config.AuthFile())
	if err != nil {
		return err
	}
	if problems := append(config.exposure(auth.HasKeys(), auth.HasLogin()), config.overlayExposure(auth.HasKeys())...); len(problems) > 0 {
		return &ConfigError{problems}
	}
	if config.sendersBeyondLoopback() || config.receiversBeyondLoopback() {
		auth.RequireKeys()
	}
	log := newLog(config.Log)
	limitMemory()
	return run(ctx, config, r, auth, log)
}

// limitMemory makes the collector's and the queries' garbage go back early: the engine is the one that needs the memory.
func limitMemory() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(512 << 20)
	}
}

func newLog(c LogConfig) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Level)) // checked with the configuration
	options := &slog.HandlerOptions{Level: level}
	if c.JSON {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}
