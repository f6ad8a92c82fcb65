// Package storagetest gives tests the real engine: one child process per test binary, a fresh database per test. It has no fake and
// no fallback; where the library is missing the test fails and says how to get it.
package storagetest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/engine"
	"github.com/sightline/sightline/storage/schema"
)

// shared is the process's engine. It is state of the test binary, as the process itself is.
var shared struct {
	once   sync.Once
	engine *engine.Engine
	dir    string
	err    error
	next   atomic.Uint64 // databases made
}

// Main runs a package's tests and ends the engine after them: func TestMain(m *testing.M) { os.Exit(storagetest.Main(m)) }.
func Main(m *testing.M) int {
	code := m.Run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func stop() error {
	if shared.engine == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := shared.engine.Close(ctx); err != nil {
		return err
	}
	return os.RemoveAll(shared.dir)
}

// Engine gives the process's engine, started when first asked for. TestMain must call Main.
func Engine(t testing.TB) *engine.Engine {
	t.Helper()
	shared.once.Do(func() { shared.dir, shared.engine, shared.err = start() })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.engine
}

func start() (string, *engine.Engine, error) {
	command, err := Command()
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "storagetest-")
	if err != nil {
		return "", nil, err
	}
	e, err := engine.Start(context.Background(), engine.Config{Dir: dir, Command: command})
	return dir, e, err
}

// Open gives a fresh database with all tables, dropped when the test ends.
func Open(t testing.TB) *conn.DB {
	t.Helper()
	db := Empty(t)
	if _, err := schema.Migrate(t.Context(), db, schema.Topology{Database: db.Database()}); err != nil {
		t.Fatal(err)
	}
	return db
}

// Empty gives a fresh database without tables.
func Empty(t testing.TB) *conn.DB {
	t.Helper()
	endpoint := conn.Endpoint(Engine(t).Endpoint())
	name := fmt.Sprintf("test_%d", shared.next.Add(1))
	db, err := conn.Open(t.Context(), conn.Config{Endpoint: &endpoint, Database: name})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.CreateDatabase(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.DropDatabase(context.Background()); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Command is the child's argv: engined, built once per state of its sources by go's build cache.
var Command = sync.OnceValues(func() ([]string, error) {
	_, here, _, _ := runtime.Caller(0)
	source := filepath.Join(filepath.Dir(here), "engined")
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "sightline-storagetest")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	// Built to a name of this process and renamed: packages are tested in parallel.
	built := filepath.Join(dir, fmt.Sprintf("engined-%d", os.Getpid()))
	cmd := exec.Command("go", "build", "-o", built, ".")
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the engine's child process: %w\n%s", err, strings.TrimSpace(string(out)))
	}
	final := filepath.Join(dir, "engined")
	if err := os.Rename(built, final); err != nil {
		return nil, err
	}
	return []string{final}, nil
})
