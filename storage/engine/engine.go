// Package engine keeps ClickHouse's own engine (libchdb) in a supervised child process that speaks ClickHouse's HTTP interface,
// so that the rest of the program uses it like a server. It knows nothing about tables or telemetry, and it is no client: that is
// storage/conn.
//
// The parent's half is Start and Engine; the child's is Main. A child holds one folder, listens on a unix socket inside it, and
// ends when the pipe from its parent closes.
package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Config says how to run the engine.
type Config struct {
	Dir     string       // absolute; made when it is missing
	Library string       // path of libchdb.so; "" asks FindLibrary
	Memory  int64        // bytes the engine may use; 0 is a quarter of the machine's, at least 1 GiB and at most 4 GiB
	Log     *slog.Logger // nil discards
	// NoConditionCache makes readers forget which granules a condition has matched before, so that a repeated question is measured as a new one.
	NoConditionCache bool
	Command          []string // the child's argv; nil is this executable with the argument "engine"
}

// Endpoint is where the child listens and who may speak to it. It is plain data, convertible to conn.Endpoint.
type Endpoint struct {
	Network   string // "unix" or "tcp"
	Address   string // a socket's path, or host:port
	Writer    string // user that may do everything
	WriterKey string
	Reader    string // user that may only read, with limits by class
	ReaderKey string
}

// State is where the child is in its life.
type State uint8

const (
	StateStarting   State = iota
	StateReady            // answers
	StateRestarting       // ended, and is being started again
	StateFailed           // ended too often; the next try is a minute away. Also: closed
)

var stateNames = [...]string{"starting", "ready", "restarting", "failed"}

func (s State) String() string { return stateNames[s] }

// Status is a snapshot of the child.
type Status struct {
	State     State
	Restarts  int    // since Start
	LastError string // why the last child ended; "" if none has
	Version   string // ClickHouse's; "" until the first child answered
	PID       int    // 0 when none runs
}

// Engine is a running child and its supervisor. Safe for concurrent use.
type Engine struct {
	cfg      Config
	endpoint Endpoint
	stop     chan struct{} // closed by Close
	done     chan struct{} // closed when the supervisor has ended
	stopOnce sync.Once
	grace    time.Duration // how long a stopping child may finish its statements; set before stop closes

	mu     sync.Mutex
	status Status
}

// startTimeout bounds the wait for a child's first answer, the wait for the folder's lock included.
const startTimeout = 60 * time.Second

// Start runs the engine on cfg.Dir and returns when it answers. The child is restarted when it ends, until Close.
func Start(ctx context.Context, cfg Config) (*Engine, error) {
	if !filepath.IsAbs(cfg.Dir) {
		return nil, fmt.Errorf("start engine: the folder %q is not an absolute path", cfg.Dir)
	}
	if cfg.Library == "" {
		path, err := FindLibrary()
		if err != nil {
			return nil, fmt.Errorf("start engine: %w", err)
		}
		cfg.Library = path
	} else if _, err := os.Stat(cfg.Library); err != nil {
		return nil, fmt.Errorf("start engine: %w: %w", err, ErrNoLibrary)
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Memory == 0 {
		cfg.Memory = defaultMemory()
	}
	if len(cfg.Command) == 0 {
		exe, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("start engine: find this program: %w", err)
		}
		cfg.Command = []string{exe, "engine"}
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("start engine: make its folder: %w", err)
	}
	network, address, err := listenAddress(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("start engine: %w", err)
	}
	e := &Engine{
		cfg:  cfg,
		stop: make(chan struct{}),
		done: make(chan struct{}),
		endpoint: Endpoint{
			Network: network, Address: address,
			Writer: "writer", WriterKey: rand.Text(), Reader: "reader", ReaderKey: rand.Text(),
		},
		grace: stopGrace,
	}
	first := make(chan error, 1)
	go e.supervise(first)
	select {
	case err := <-first:
		if err != nil {
			<-e.done
			return nil, fmt.Errorf("start engine: %w", err)
		}
		return e, nil
	case <-ctx.Done():
		return nil, errors.Join(fmt.Errorf("start engine: %w", ctx.Err()), e.Close(context.WithoutCancel(ctx)))
	}
}

// Endpoint tells where the engine listens; it stays the same when the child is restarted.
func (e *Engine) Endpoint() Endpoint {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.endpoint
}

// Status tells how the child is.
func (e *Engine) Status() Status {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.status
}

// Close ends the child and the supervision: statements that run may finish until ctx ends, at most ten seconds.
func (e *Engine) Close(ctx context.Context) error {
	e.stopOnce.Do(func() {
		if deadline, ok := ctx.Deadline(); ok {
			e.grace = max(0, min(e.grace, time.Until(deadline)))
		}
		close(e.stop)
	})
	<-e.done // bounded: the supervisor kills a child that outlives the grace
	return nil
}

func (e *Engine) update(f func(*Status)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f(&e.status)
}
