// Command node is the smallest whole Sightline: journal, receiver, engine and loader in one process and the engine's child, with
// nothing between them and a signal. The chaos test builds it, drives it and kills it. It is not shipped.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/sightline/sightline/collector/failpoint"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/loader"
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/engine"
	"github.com/sightline/sightline/storage/schema"
	"github.com/sightline/sightline/storage/traces"
)

const database = "sightline"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := errors.New("usage: node engine | node FOLDER")
	switch {
	case len(os.Args) == 2 && os.Args[1] == "engine":
		err = engine.Main(ctx)
	case len(os.Args) == 2:
		err = run(ctx, os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "node:", err)
		os.Exit(1)
	}
}

// node is what the control port tells about.
type node struct {
	mu     sync.Mutex
	engine *engine.Engine
	loader *loader.Loader
}

// run acknowledges at once and stores as soon as the engine answers: a client must not notice that the engine takes its time.
func run(ctx context.Context, dir string) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	hook, err := failpoint.Parse(os.Getenv("SIGHTLINE_FAILPOINTS"))
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	j, err := journal.Open(journal.Config{
		Dir: filepath.Join(dir, "journal"), SegmentBytes: 256 << 10, Keep: 20 * time.Second, Reserve: -1, Log: log, Failpoint: hook,
	})
	if err != nil {
		return err
	}
	n := &node{}
	otlp, waitOTLP, err := receive(ctx, j, log)
	if err != nil {
		return err
	}
	control, closeControl, err := serve(n)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]string{"otlp": otlp, "control": control}); err != nil {
		return err
	}
	if err = n.load(ctx, dir, j, log, hook); err == nil {
		<-ctx.Done()
	}
	end()
	return errors.Join(err, waitOTLP(), closeControl(), j.Close(), n.close())
}

// load starts the engine, and the loader on it.
func (n *node) load(ctx context.Context, dir string, j *journal.Journal, log *slog.Logger, hook func(string)) error {
	e, err := engine.Start(ctx, engine.Config{Dir: filepath.Join(dir, "engine"), Log: log})
	if err != nil {
		return err
	}
	n.mu.Lock()
	n.engine = e
	n.mu.Unlock()
	endpoint := conn.Endpoint(e.Endpoint())
	db, err := conn.Open(ctx, conn.Config{Endpoint: &endpoint, Database: database})
	if err != nil {
		return err
	}
	defer db.Close()
	for { // the engine may be killed while the tables are made
		_, err := schema.Migrate(ctx, db, schema.Topology{Database: database})
		if err == nil {
			break
		}
		if ctx.Err() != nil || !errors.Is(err, conn.ErrUnavailable) {
			return err
		}
	}
	l, err := loader.New(loader.Config{
		Journal: j, Writer: batch.NewWriter(db), Rollup: traces.NewRollup(db, 90), Policy: batch.Policy{Retention: batch.Retention{Days: 30}, Redact: true},
		StateFile: filepath.Join(dir, "loader.state"), Rows: 2000, Delay: 50 * time.Millisecond, Log: log, Failpoint: hook,
	})
	if err != nil {
		return err
	}
	n.mu.Lock()
	n.loader = l
	n.mu.Unlock()
	return l.Run(ctx)
}

func (n *node) close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.engine == nil {
		return nil
	}
	return n.engine.Close(context.Background())
}

// Status is what the control port answers.
type Status struct {
	EngineState string
	Loader      *loader.Status // nil until it runs
}

// serve opens the control port: GET /status, and POST /flush, which returns when everything is stored and rolled up.
func serve(n *node) (address string, closeAll func() error, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		n.mu.Lock()
		e, l := n.engine, n.loader
		n.mu.Unlock()
		var s Status
		if e != nil {
			s.EngineState = e.Status().State.String()
		}
		if l != nil {
			st := l.Status()
			s.Loader = &st
		}
		_ = json.NewEncoder(w).Encode(s) // the client is gone, then
	})
	mux.HandleFunc("POST /flush", func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		l := n.loader
		n.mu.Unlock()
		err := errors.New("the loader does not run yet")
		if l != nil {
			err = l.Flush(r.Context())
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
	server := &http.Server{Handler: mux}
	go server.Serve(listener)
	return listener.Addr().String(), server.Close, nil
}
