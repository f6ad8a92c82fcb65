// Command ingest measures the write path from OTLP bytes to merged parts: bench/load's requests go through storage/traces into the
// embedded engine in batches as the loader cuts them, until merges are idle, and it prints the CPU of each step, the bytes of each
// column, and how fast what was written is found again. CPU is user and system time of the process that spends it, so that a busy
// machine changes little: wall time is not a figure here. Generating the load is not counted.
//
//	go run ./bench/ingest                                      # 1 million spans
//	go run ./bench/ingest -signal logs                         # or records, or points
//	go run ./bench/ingest -rollups 10                          # and what summing up ten minutes at a time costs
//	go run ./bench/ingest -alter 'ALTER TABLE spans DROP INDEX ix_values'   # what the index costs
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/engine"
	"github.com/sightline/sightline/storage/schema"
)

type options struct {
	signal  string
	items   int
	rollup  int
	batch   int
	runs    int
	queries int
	seed    uint64
	noMerge bool
	columns bool
	alter   statements
}

// statements is a flag that may be given more than once.
type statements []string

func (s *statements) String() string     { return fmt.Sprint(*s) }
func (s *statements) Set(v string) error { *s = append(*s, v); return nil }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) == 2 && os.Args[1] == "engine" {
		exit(engine.Main(ctx))
		return
	}
	o := options{}
	flag.StringVar(&o.signal, "signal", "traces", "traces, logs or metrics")
	flag.IntVar(&o.items, "items", 1_000_000, "spans, records or points to write; timestamps fill the last hour, those of points go on as long as their number asks")
	flag.IntVar(&o.rollup, "rollups", 0, "then compute the rollups of all minutes, so many at once; 0: don't")
	flag.IntVar(&o.batch, "batch", 100_000, "items of a batch; the loader's is 100,000")
	flag.IntVar(&o.runs, "runs", 1, "how often, each on an empty folder")
	flag.IntVar(&o.queries, "queries", 40, "how often a unique value and a trace are looked up afterwards")
	flag.Uint64Var(&o.seed, "seed", 1, "of the load")
	flag.BoolVar(&o.noMerge, "no-merges", false, "stop merges: what inserts alone cost")
	flag.BoolVar(&o.columns, "columns", true, "print every column")
	flag.Var(&o.alter, "alter", "statement to run after the migration, to measure another schema; may be repeated")
	flag.Parse()
	if _, ok := signals[o.signal]; !ok {
		exit(fmt.Errorf("%q is not traces, logs or metrics", o.signal))
	}
	for range o.runs {
		if err := measure(ctx, o); err != nil {
			exit(err)
		}
	}
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// measure is one run on a folder of its own.
func measure(ctx context.Context, o options) (err error) {
	dir, err := os.MkdirTemp("", "sightline-ingest-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	e, err := engine.Start(ctx, engine.Config{Dir: filepath.Join(dir, "engine")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close(context.WithoutCancel(ctx))) }()
	endpoint := conn.Endpoint(e.Endpoint())
	db, err := conn.Open(ctx, conn.Config{Endpoint: &endpoint, Database: "bench"})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.CreateDatabase(ctx); err != nil {
		return err
	}
	if _, err := schema.Migrate(ctx, db, schema.Topology{Database: db.Database()}); err != nil {
		return err
	}
	if o.noMerge {
		o.alter = append(o.alter, "SYSTEM STOP MERGES")
	}
	for _, statement := range o.alter {
		if err := db.Exec(ctx, statement); err != nil {
			return err
		}
	}
	r := run{options: o, db: db, pid: e.Status().PID, policy: batch.Policy{Redact: true}}
	if err := r.write(ctx); err != nil {
		return err
	}
	if err := r.settle(ctx); err != nil {
		return err
	}
	if o.signal == "traces" {
		if err := r.sumUp(ctx); err != nil {
			return err
		}
		if err := r.look(ctx); err != nil {
			return err
		}
	}
	return r.print(ctx, os.Stdout)
}

// idleAfter is how long nothing may have been merged and nothing been used before merges count as done: the engine asks itself for
// merges every few seconds.
const idleAfter = 8 * time.Second
