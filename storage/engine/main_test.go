package engine_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/engine"
	"github.com/sightline/sightline/storage/storagetest"
)

// parentFolder makes this test binary a parent that starts an engine on the folder, says so and waits to be killed.
const parentFolder = "ENGINE_TEST_PARENT_FOLDER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(parentFolder); dir != "" {
		os.Exit(parent(dir))
	}
	code := storagetest.Main(m)
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func parent(dir string) int {
	command, err := storagetest.Command()
	if err == nil {
		var e *engine.Engine
		if e, err = engine.Start(context.Background(), engine.Config{Dir: dir, Command: command}); err == nil {
			fmt.Println(e.Status().PID)
			select {}
		}
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// start runs an engine of the test's own on dir.
func start(t *testing.T, dir string) *engine.Engine {
	t.Helper()
	command, err := storagetest.Command()
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.Start(t.Context(), engine.Config{Dir: dir, Command: command})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeEngine(t, e) })
	return e
}

func closeEngine(t *testing.T, e *engine.Engine) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := e.Close(ctx); err != nil {
		t.Error(err)
	}
}

// connect opens the engine's default database.
func connect(t *testing.T, e *engine.Engine) *conn.DB {
	t.Helper()
	endpoint := conn.Endpoint(e.Endpoint())
	db, err := conn.Open(t.Context(), conn.Config{Endpoint: &endpoint})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// waitLong is for what takes a moment on a quiet machine.
const waitLong = time.Minute

// eventually polls until ok or the time is up.
func eventually(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(within)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", within, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
