// Command report measures a Sightline from outside, as its users meet it: it starts ./sightline on an empty folder, sends the load
// of bench/load over OTLP, waits until everything is stored and merged, asks the API, and prints what it cost. CPU is that of all
// of Sightline's processes (user and system, from /proc), never this one's. It changes nothing that exists.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"time"
)

type options struct {
	binary   string
	spans    int
	senders  int
	inFlight int
	protocol string
	gzip     bool
	queries  int
	half     time.Duration
	json     bool
	keep     string
}

func main() {
	o := options{}
	flag.StringVar(&o.binary, "binary", "./sightline", "program to measure")
	flag.IntVar(&o.spans, "spans", 2_000_000, "spans to send at full speed; their timestamps fill the last hour")
	flag.IntVar(&o.senders, "senders", 4, "clients, each with a connection of its own")
	flag.IntVar(&o.inFlight, "in-flight", 2, "requests that a client has under way")
	flag.StringVar(&o.protocol, "protocol", "grpc", "grpc or http")
	flag.BoolVar(&o.gzip, "gzip", false, "compress requests")
	flag.IntVar(&o.queries, "queries", 100, "how often each question is asked, with new values each time")
	flag.DurationVar(&o.half, "half", 15*time.Second, "how long to send at half of the measured rate, for ack latency and freshness; 0: skip")
	flag.BoolVar(&o.json, "json", false, "print JSON")
	flag.StringVar(&o.keep, "data", "", "data folder to use and keep; empty: a temporary one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r, err := measure(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	if o.json {
		err = json.NewEncoder(os.Stdout).Encode(r)
	} else {
		err = r.print(os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// measure is the whole run.
func measure(ctx context.Context, o options) (*report, error) {
	r := &report{Options: fmt.Sprintf("%d spans, %d senders x %d in flight, %s, gzip %v", o.spans, o.senders, o.inFlight, o.protocol, o.gzip), CPUs: runtime.NumCPU(), Go: runtime.Version()}
	dir := o.keep
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "sightline-bench-"); err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
	}
	say := func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "%s  "+format+"\n", append([]any{time.Now().Format(time.TimeOnly)}, args...)...)
	}

	say("cold start on an empty folder")
	s, err := startServer(ctx, o.binary, dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.stop() }()
	r.ColdStartMS = s.took.Milliseconds()
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	if r.IdleMiB, err = s.tree.memory(); err != nil {
		return nil, err
	}

	say("sending %d spans at full speed", o.spans)
	sent, err := ingest(ctx, s, o, r)
	if err != nil {
		return nil, err
	}
	say("stored %d spans; waiting until merges are idle", r.Spans)
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	if err := r.cost(ctx, s, sent); err != nil {
		return nil, err
	}
	if o.half > 0 {
		say("sending at half speed, %.0f spans/s, for %s", r.Rate/2, o.half)
		if err := halfLoad(ctx, s, o, r); err != nil {
			return nil, err
		}
		if err := s.settle(ctx); err != nil {
			return nil, err
		}
	}
	say("asking %d times each", o.queries)
	if err := ask(ctx, s, o, sent, r); err != nil {
		return nil, err
	}
	say("restart with the data")
	if err := s.stop(); err != nil {
		return nil, err
	}
	again, err := startServer(ctx, o.binary, dir)
	if err != nil {
		return nil, err
	}
	s = again
	r.RestartMS = s.took.Milliseconds()
	return r, nil
}
