package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/sightline/sightline/canary"
)

// exitCode is an error that ends the program with a status of its own; one without text says nothing more.
type exitCode struct {
	code int
	err  error
}

func (e *exitCode) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitCode) Unwrap() error { return e.err }

// canaryOutput is how a canary speaks to people and machines.
type canaryOutput struct {
	json, quiet bool
	listen      string
}

func canaryCommand() *cobra.Command {
	cfg, o := canary.Config{}, canaryOutput{}
	c := &cobra.Command{
		Use:   "canary",
		Short: "Write known telemetry, read it back through every API, and say what is missing",
		Long: `Write signed traces, log records and data points over OTLP, read them back through every API there is, and say exactly what is
missing or wrong, and how soon things are visible. What an instance does not serve is named, and is no loss.

With --log, what was acknowledged is kept in a file; "sightline canary verify" looks for it again at any time: after a crash, an
upgrade, a restore.

Status: 0 all is well, 1 something is missing or wrong, 2 that could not be told.`,
		Example: `  sightline canary                                       ten rounds, one a second
  sightline canary --duration 5m --json                  for five minutes, the report as JSON
  sightline canary --duration 0 --interval 10s --metrics-listen 127.0.0.1:9099
                                                         until it is stopped; what is wrong as it is found
  sightline canary --log canary.log --write-only --duration 1m
  sightline canary verify --log canary.log               then, or a week later
  sightline canary --url https://sightline.internal --endpoint https://sightline.internal:4317 --protocol grpc \
      --key sl_... --read-key sl_...`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if !c.Flags().Changed("count") && !c.Flags().Changed("duration") {
				cfg.Count = 10
			}
			if c.Flags().Changed("count") && cfg.Count < 1 || cfg.Duration < 0 {
				return &exitCode{2, errors.New("--count is at least 1, --duration at least 0 (0: until it is stopped)")}
			}
			if cfg.WriteOnly && cfg.LogFile == "" {
				return &exitCode{2, errors.New("--write-only without --log leaves nothing to verify: give --log FILE")}
			}
			if cfg.Endpoint == "" {
				cfg.Endpoint = map[string]string{"grpc": "http://127.0.0.1:4317"}[cfg.Protocol]
				cfg.Endpoint = cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT"), cfg.Endpoint, "http://127.0.0.1:4318")
			}
			cfg.Key = cmp.Or(cfg.Key, os.Getenv("SIGHTLINE_KEY")) // no default, which --help would print
			return watch(c, o, &cfg.Target, func(ctx context.Context, observe func(*canary.Report)) (*canary.Report, error) {
				return canary.Run(ctx, cfg, observe)
			})
		},
	}
	f := c.Flags()
	f.StringVar(&cfg.Endpoint, "endpoint", "", "OTLP address; http://127.0.0.1:4318, with grpc http://127.0.0.1:4317; or $OTEL_EXPORTER_OTLP_ENDPOINT")
	f.StringVar(&cfg.Protocol, "protocol", "http", "http (protobuf) or grpc")
	f.StringVar(&cfg.Key, "key", "", "ingest key, where one is asked for; or $SIGHTLINE_KEY")
	f.DurationVar(&cfg.Interval, "interval", time.Second, "between rounds: 10ms or more, and a part of a minute")
	f.IntVar(&cfg.Count, "count", 0, "rounds to write; 10 where neither this nor --duration is given")
	f.DurationVar(&cfg.Duration, "duration", 0, "how long to write; 0: until it is stopped")
	f.DurationVar(&cfg.Wait, "wait", 30*time.Second, "how long something may take to be visible")
	f.DurationVar(&cfg.MapWait, "map-wait", canary.RollupWait, "how much longer the figures of services and map may take")
	f.DurationVar(&cfg.GiveUp, "give-up", time.Minute, "how long a request is sent again before it counts as not accepted")
	f.StringVar(&cfg.LogFile, "log", "", "file that keeps what was acknowledged; one that is there is continued")
	f.StringVar(&cfg.Seed, "seed", "", "what everything is derived from; with one, services and series stay the same")
	f.BoolVar(&cfg.WriteOnly, "write-only", false, "read nothing back, for \"verify\" later")
	f.StringVar(&o.listen, "metrics-listen", "", "serve /metrics for Prometheus at this address")
	_ = c.RegisterFlagCompletionFunc("protocol", cobra.FixedCompletions([]string{"http", "grpc"}, cobra.ShellCompDirectiveNoFileComp)) // fails for no flag of ours
	canaryFlags(c, &cfg.Target, &o)
	c.AddCommand(canaryVerifyCommand())
	return c
}

func canaryVerifyCommand() *cobra.Command {
	cfg, o := canary.VerifyConfig{}, canaryOutput{}
	c := &cobra.Command{
		Use:   "verify",
		Short: "Look for everything that a canary's log says was acknowledged",
		Long: `Read back what "sightline canary --log FILE" has written: every acknowledged item must be there exactly once, with its content.
What was sent and never acknowledged may be there or not, but not twice.

Status: 0 all is well, 1 something is missing or wrong, 2 that could not be told.`,
		Example: "  sightline canary verify --log canary.log\n  sightline canary verify --log canary.log --since 24h --json",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if cfg.LogFile == "" {
				return &exitCode{2, errors.New("give the log with --log FILE; `sightline canary --log FILE` writes one")}
			}
			return watch(c, o, &cfg.Target, func(ctx context.Context, observe func(*canary.Report)) (*canary.Report, error) {
				return canary.Verify(ctx, cfg, observe)
			})
		},
	}
	f := c.Flags()
	f.StringVar(&cfg.LogFile, "log", "", "the log")
	f.DurationVar(&cfg.Since, "since", 0, "only what is younger, such as what is still kept; 0: all")
	f.DurationVar(&cfg.Wait, "wait", 30*time.Second, "how long something may take to be visible")
	f.DurationVar(&cfg.MapWait, "map-wait", canary.RollupWait, "how much longer the figures of services and map may take")
	f.IntVar(&cfg.Sample, "sample", 2000, "how many rounds are read one by one, evenly taken; 0: all. Lists, services and map are of all")
	canaryFlags(c, &cfg.Target, &o)
	return c
}

// noArgs is cobra's, with our status.
func noArgs(c *cobra.Command, args []string) error {
	if err := cobra.NoArgs(c, args); err != nil {
		return &exitCode{2, err}
	}
	return nil
}

// canaryFlags are those that writing and verifying share.
func canaryFlags(c *cobra.Command, t *canary.Target, o *canaryOutput) {
	f := c.Flags()
	f.StringVar(&t.URL, "url", "http://127.0.0.1:7070", "address of the page and the API")
	f.StringVar(&t.ReadKey, "read-key", "", "key with which the API is read, where it asks for a login; or $SIGHTLINE_READ_KEY")
	f.StringVar(&t.User, "user", "", "or the user of the login; the password is $SIGHTLINE_PASSWORD")
	f.BoolVar(&o.json, "json", false, "the report as JSON")
	f.BoolVar(&o.quiet, "quiet", false, "say nothing before the report")
	_ = c.MarkFlagFilename("log") // completion only
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &exitCode{2, fmt.Errorf("%w; `%s --help` lists the flags", err, c.CommandPath())}
	})
}

// watch runs a canary, tells how far it is, and writes its report.
func watch(c *cobra.Command, o canaryOutput, t *canary.Target, run func(context.Context, func(*canary.Report)) (*canary.Report, error)) error {
	t.ReadKey, t.Password = cmp.Or(t.ReadKey, os.Getenv("SIGHTLINE_READ_KEY")), os.Getenv("SIGHTLINE_PASSWORD")
	ctx, stop := context.WithCancel(c.Context())
	defer stop()
	var beside sync.WaitGroup
	var listener net.Listener
	if o.listen != "" {
		var err error
		if listener, err = net.Listen("tcp", o.listen); err != nil {
			return &exitCode{2, fmt.Errorf("serve metrics: %w", err)}
		}
		defer listener.Close()
	}
	found, err := run(ctx, func(r *canary.Report) {
		if !o.quiet {
			beside.Go(func() { tell(ctx, c.ErrOrStderr(), r) })
		}
		if listener != nil {
			beside.Go(func() { serveMetrics(ctx, listener, r) })
		}
	})
	stop()
	beside.Wait()
	if err != nil && (found == nil || !errors.Is(err, context.Canceled)) {
		return &exitCode{2, err}
	}
	write := found.Table
	if o.json {
		write = found.JSON
	}
	if err := write(c.OutOrStdout()); err != nil {
		return &exitCode{2, err}
	}
	if code := found.ExitCode(); code != 0 {
		return &exitCode{code: code}
	}
	return nil
}

// tell says how far a canary is: on a terminal in one line that changes, elsewhere once a minute.
func tell(ctx context.Context, out io.Writer, r *canary.Report) {
	file, ok := out.(*os.File)
	terminal := ok && term.IsTerminal(int(file.Fd()))
	every := time.Minute
	if terminal {
		every = time.Second
		defer fmt.Fprint(out, "\r\x1b[K")
	}
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for told := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		findings := r.Found(told)
		told += len(findings)
		if terminal {
			fmt.Fprint(out, "\r\x1b[K")
		}
		for _, f := range findings {
			fmt.Fprintln(out, f)
		}
		if terminal {
			fmt.Fprint(out, r.Progress())
		} else {
			fmt.Fprintln(out, r.Progress())
		}
	}
}

func serveMetrics(ctx context.Context, l net.Listener, r *canary.Report) {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(r)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	_ = server.Serve(l) // ends with the canary
}
