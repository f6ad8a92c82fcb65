package engine_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/engine"
	"github.com/sightline/sightline/storage/storagetest"
)

// alive tells a process that runs from none and from one that only waits to be reaped.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z")
}

func TestKilledInMidInsertKeepsEveryAnsweredRow(t *testing.T) {
	t.Parallel()
	e := start(t, t.TempDir())
	db := connect(t, e)
	must(t, db.Exec(t.Context(), numbersTable))
	const rows, writers = 5000, 3
	var next atomic.Int64
	answered := func(stop <-chan struct{}) map[int]error {
		results, mu, wg := map[int]error{}, sync.Mutex{}, sync.WaitGroup{}
		for range writers {
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					i := int(next.Add(1))
					err := insertNumbers(t, db, strconv.Itoa(i), i*rows, rows)
					mu.Lock()
					results[i] = err
					mu.Unlock()
					if err != nil {
						return
					}
				}
			})
		}
		wg.Wait()
		return results
	}
	done, unknown := 0, 0
	for round := range 4 {
		stop := make(chan struct{})
		results := make(chan map[int]error)
		go func() { results <- answered(stop) }()
		before := next.Load()
		eventually(t, waitLong, "inserts run", func() bool { return next.Load() > before+3+int64(round) })
		pid, restarts := e.Status().PID, e.Status().Restarts
		began := time.Now()
		must(t, syscall.Kill(pid, syscall.SIGKILL))
		eventually(t, waitLong, "the engine is back", func() bool {
			s := e.Status()
			return s.State == engine.StateReady && s.Restarts > restarts
		})
		t.Logf("back after %s", time.Since(began))
		close(stop)
		for i, err := range <-results {
			switch {
			case err == nil:
				done++
			case errors.Is(err, conn.ErrUnavailable):
				unknown++
				done++
				// Asked for and, under a new token, sent again: the engine notes a token before it names the part, so that a retry
				// with the old one may be taken for a repeat of what was never stored.
				n, err := conn.One[uint64](t.Context(), db, conn.Query{SQL: "SELECT count() FROM t WHERE intDiv(n, {rows:UInt64}) = {i:UInt64}",
					Params: []conn.Param{conn.Int("rows", rows), conn.Int("i", i)}})
				must(t, err)
				if n == 0 {
					must(t, insertNumbers(t, db, strconv.Itoa(i)+" again", i*rows, rows))
				} else if n != rows {
					t.Fatalf("insert %d is stored by half: %d rows", i, n)
				}
			default:
				t.Fatalf("insert %d: %v", i, err)
			}
		}
		if got := storedIn(t, db); got.Rows != uint64(done*rows) || got.Sorts != got.Rows || !got.Right {
			t.Fatalf("after %d kills %d inserts of %d rows were answered, stored are %+v", round+1, done, rows, got)
		}
	}
	t.Logf("%d inserts, %d of them unknown at a kill", done, unknown)
	if e.Status().LastError == "" {
		t.Error("the status does not say why the engine was restarted")
	}
}

func TestQueriesMeanwhileAreUnavailable(t *testing.T) {
	t.Parallel()
	e := start(t, t.TempDir())
	db := connect(t, e)
	waiting := make(chan error, 1)
	go func() {
		_, err := conn.All[uint64](t.Context(), db, conn.Query{SQL: "SELECT max(sipHash64(number)) FROM numbers(2000000000000) -- at the kill"})
		waiting <- err
	}()
	eventually(t, waitLong, "the query runs", func() bool { return running(t, db, "at the kill") == 1 })
	must(t, syscall.Kill(e.Status().PID, syscall.SIGKILL))
	if err := <-waiting; !errors.Is(err, conn.ErrUnavailable) {
		t.Errorf("the query that ran gave %v", err)
	}
	eventually(t, waitLong, "queries are answered again", func() bool {
		_, err := conn.One[uint8](t.Context(), db, conn.Query{SQL: "SELECT 1"})
		if err != nil && !errors.Is(err, conn.ErrUnavailable) {
			t.Fatal(err)
		}
		return err == nil
	})
}

func TestChildEndsWithItsParent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	self, err := os.Executable()
	must(t, err)
	parent := exec.Command(self)
	parent.Env = append(os.Environ(), parentFolder+"="+dir)
	parent.Stderr = os.Stderr
	out, err := parent.StdoutPipe()
	must(t, err)
	must(t, parent.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	must(t, err)
	if !alive(pid) {
		t.Fatalf("no child %d", pid)
	}
	must(t, parent.Process.Kill())
	began := time.Now()
	e := start(t, dir) // at once: it waits for the folder
	t.Logf("a new parent was ready after %s", time.Since(began))
	parent.Wait()
	if alive(pid) {
		t.Errorf("the child %d is orphaned", pid)
	}
	if one, err := conn.One[uint8](t.Context(), connect(t, e), conn.Query{SQL: "SELECT 1"}); err != nil || one != 1 {
		t.Errorf("got %d, %v", one, err)
	}
}

func TestCrashLoopOpensTheCircuit(t *testing.T) {
	t.Parallel()
	e := start(t, t.TempDir())
	for i := range 5 {
		eventually(t, waitLong, "the engine runs", func() bool { s := e.Status(); return s.State == engine.StateReady && s.Restarts == i })
		must(t, syscall.Kill(e.Status().PID, syscall.SIGKILL))
	}
	eventually(t, waitLong, "the circuit is open", func() bool { return e.Status().State == engine.StateFailed })
	if s := e.Status(); s.PID != 0 || s.Restarts != 4 {
		t.Errorf("got %+v", s)
	}
	closeEngine(t, e) // does not wait for the pause
}

func TestAFirstStartThatIsKilledIsFollowedByAnother(t *testing.T) {
	t.Parallel()
	command, err := storagetest.Command()
	must(t, err)
	f := func(kills int) (*engine.Engine, error) {
		t.Helper()
		script := `n=$(cat "$0/n" 2>/dev/null || echo 0); echo $((n + 1)) > "$0/n"; if [ "$n" -lt "$1" ]; then kill -9 $$; fi; shift; exec "$@"`
		return engine.Start(t.Context(), engine.Config{Dir: t.TempDir(), Command: append([]string{"/bin/sh", "-c", script, t.TempDir(), strconv.Itoa(kills)}, command...)})
	}
	e, err := f(2)
	must(t, err)
	if s := e.Status(); s.State != engine.StateReady || s.Restarts != 2 {
		t.Errorf("got %+v", s)
	}
	closeEngine(t, e)
	if e, err := f(100); err == nil {
		closeEngine(t, e)
		t.Error("started")
	} else if !strings.Contains(err.Error(), "signal: killed") {
		t.Errorf("got %v", err)
	}
}

func TestCloseLetsStatementsFinish(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := start(t, dir)
	db := connect(t, e)
	must(t, db.Exec(t.Context(), numbersTable))
	finished := make(chan error, 1)
	go func() {
		finished <- db.Exec(context.WithoutCancel(t.Context()), "INSERT INTO t SELECT number, '' FROM numbers(10) WHERE sleep(2) = 0")
	}()
	eventually(t, waitLong, "the statement runs", func() bool { return running(t, db, "sleep(2)") == 1 })
	pid := e.Status().PID
	closeEngine(t, e)
	if err := <-finished; err != nil {
		t.Error(err)
	}
	if alive(pid) {
		t.Error("the child is still there")
	}
	if s := e.Status(); s.State != engine.StateFailed || s.PID != 0 {
		t.Errorf("closed, it says %+v", s)
	}
	if _, err := os.Stat(e.Endpoint().Address); err == nil {
		t.Error("its socket is still there")
	}
	again := start(t, dir)
	if got := storedIn(t, connect(t, again)); got.Rows != 10 {
		t.Errorf("after a restart there are %+v", got)
	}
}

func TestCloseDoesNotWaitForever(t *testing.T) {
	t.Parallel()
	e := start(t, t.TempDir())
	db := connect(t, e)
	finished := make(chan error, 1)
	go func() {
		finished <- db.Exec(context.WithoutCancel(t.Context()), "INSERT INTO FUNCTION null('x UInt64') SELECT sipHash64(number) FROM numbers(2000000000000)")
	}()
	eventually(t, waitLong, "the statement runs", func() bool { return running(t, db, "INSERT INTO FUNCTION null") == 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	must(t, e.Close(ctx))
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %s", took)
	}
	if err := <-finished; !errors.Is(err, conn.ErrUnavailable) {
		t.Errorf("the statement ended with %v", err)
	}
}

func TestSignalsAreForTheParent(t *testing.T) {
	t.Parallel()
	e := start(t, t.TempDir())
	db := connect(t, e)
	pid := e.Status().PID
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		must(t, syscall.Kill(pid, signal))
	}
	for range 10 {
		if one, err := conn.One[uint8](t.Context(), db, conn.Query{SQL: "SELECT 1"}); err != nil || one != 1 {
			t.Fatalf("got %d, %v", one, err)
		}
	}
	if s := e.Status(); s.PID != pid || s.Restarts != 0 {
		t.Errorf("got %+v", s)
	}
}

func TestLongFolderGetsAShortSocket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 40))
	e := start(t, dir)
	ep := e.Endpoint()
	if ep.Network != "unix" || len(ep.Address) > 103 {
		t.Errorf("it listens on %s %s", ep.Network, ep.Address)
	}
	info, err := os.Stat(filepath.Dir(ep.Address))
	must(t, err)
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the socket's folder has mode %s", info.Mode())
	}
	if one, err := conn.One[uint8](t.Context(), connect(t, e), conn.Query{SQL: "SELECT 1"}); err != nil || one != 1 {
		t.Errorf("got %d, %v", one, err)
	}
	closeEngine(t, e)
	if _, err := os.Stat(filepath.Dir(ep.Address)); err == nil {
		t.Error("the socket's folder is still there")
	}
}

func TestSocketIsClosedToOthers(t *testing.T) {
	t.Parallel()
	ep := storagetest.Engine(t).Endpoint()
	info, err := os.Stat(ep.Address)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the socket has mode %s", info.Mode())
	}
}

func TestSecretsAreNotOnTheCommandLine(t *testing.T) {
	t.Parallel()
	e := storagetest.Engine(t)
	for _, file := range []string{"cmdline", "environ"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", e.Status().PID, file))
		must(t, err)
		if ep := e.Endpoint(); strings.Contains(string(text), ep.WriterKey) || strings.Contains(string(text), ep.ReaderKey) {
			t.Errorf("a key is in %s", file)
		}
	}
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	command, err := storagetest.Command()
	must(t, err)
	f := func(cfg engine.Config, want string) {
		t.Helper()
		e, err := engine.Start(t.Context(), cfg)
		if err == nil {
			closeEngine(t, e)
			t.Errorf("started, want %q", want)
		} else if t.Log(err); !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want %q", err, want)
		}
	}
	notLibrary := filepath.Join(t.TempDir(), "libchdb.so")
	must(t, os.WriteFile(notLibrary, []byte("text"), 0o600))
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	broken := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(broken, "clickhouse", "metadata"), 0o700))
	must(t, os.WriteFile(filepath.Join(broken, "clickhouse", "metadata", "d.sql"), []byte("rubbish"), 0o600))

	f(engine.Config{Dir: "relative", Command: command}, "not an absolute path")
	f(engine.Config{Dir: t.TempDir(), Command: []string{"/no/such/program"}}, "/no/such/program")
	f(engine.Config{Dir: t.TempDir(), Command: []string{"/bin/false"}}, "exit status 1")
	f(engine.Config{Dir: t.TempDir(), Command: command, Library: "/no/such/libchdb.so"}, "/no/such/libchdb.so")
	f(engine.Config{Dir: t.TempDir(), Command: command, Library: notLibrary}, "file too short")
	f(engine.Config{Dir: filepath.Join(file, "sub"), Command: command}, "not a directory")
	f(engine.Config{Dir: broken, Command: command}, "rubbish")

	t.Setenv("SIGHTLINE_ENGINE_LIB", "/no/such/libchdb.so")
	f(engine.Config{Dir: t.TempDir(), Command: command}, "SIGHTLINE_ENGINE_LIB")
	t.Setenv("SIGHTLINE_ENGINE_LIB", "")
	t.Chdir(t.TempDir())
	f(engine.Config{Dir: t.TempDir(), Command: command}, "npm ci --prefix deploy/engine")
}

func TestLibraryIsFoundUpward(t *testing.T) {
	t.Setenv("SIGHTLINE_ENGINE_LIB", "")
	root := t.TempDir()
	dir := filepath.Join(root, "deploy", "engine", "node_modules", "@chdb", "lib-linux-x64-gnu")
	must(t, os.MkdirAll(dir, 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "libchdb.so"), nil, 0o600))
	must(t, os.MkdirAll(filepath.Join(root, "a", "b"), 0o700))
	t.Chdir(filepath.Join(root, "a", "b"))
	if path, err := engine.FindLibrary(); err != nil || path != filepath.Join(dir, "libchdb.so") {
		t.Errorf("found %q, %v", path, err)
	}
}
