package chaos_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sightline/sightline/collector/loader"
	"github.com/sightline/sightline/storage/engine"
)

var built sync.Map // folder -> func() (path string, err error)

// build builds a program of ours once, named by its folder seen from here.
func build(t *testing.T, folder string) string {
	t.Helper()
	once, _ := built.LoadOrStore(folder, sync.OnceValues(func() (string, error) {
		_, here, _, _ := runtime.Caller(0)
		folder := filepath.Join(filepath.Dir(here), folder)
		path := filepath.Join(programs, filepath.Base(folder))
		cmd := exec.Command("go", "build", "-o", path, ".")
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false "+os.Getenv("GOFLAGS"))
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build %s: %w\n%s", folder, err, out)
		}
		return path, nil
	}))
	path, err := once.(func() (string, error))()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// patience is how long a test waits for what is promised within a time. The long forms hold it to docs/durability.md; those of every
// day run beside other packages on machines of any speed, where a test that counts what is lost must not fail for what is slow, so they
// wait six times as long. SIGHTLINE_PATIENCE sets another factor for either.
func patience(d time.Duration) time.Duration {
	times := 6.0
	if long() {
		times = 1
	}
	if given, err := strconv.ParseFloat(os.Getenv("SIGHTLINE_PATIENCE"), 64); err == nil && given >= 1 {
		times = given
	}
	return time.Duration(float64(d) * times)
}

// process is one life of the node.
type process struct {
	cmd           *exec.Cmd
	otlp, control string
	exited        chan struct{}
}

// start runs the node on a folder with failpoints armed, and returns when it listens. nil: it died before that.
func start(t *testing.T, binary, dir, failpoints string, log io.Writer) *process {
	t.Helper()
	p := &process{cmd: exec.Command(binary, dir), exited: make(chan struct{})}
	p.cmd.Env = append(environ(t), "SIGHTLINE_FAILPOINTS="+failpoints)
	p.cmd.Stderr = log
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	line := make(chan []byte, 1)
	go func() {
		first, _ := bufio.NewReader(stdout).ReadBytes('\n')
		line <- first
		_ = p.cmd.Wait() // how it died is the test's own doing
		close(p.exited)
	}()
	var ports struct{ OTLP, Control string }
	select {
	case first := <-line:
		if len(first) == 0 {
			<-p.exited
			return nil
		}
		if err := json.Unmarshal(first, &ports); err != nil {
			t.Fatalf("read the node's ports from %q: %v", first, err)
		}
	case <-time.After(patience(30 * time.Second)):
		t.Fatal("the node does not listen after 30 s")
	}
	p.otlp, p.control = "http://"+ports.OTLP+"/v1/traces", "http://"+ports.Control
	return p
}

// kill is kill -9 of the parent; the engine ends with it.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may be dead
	<-p.exited
}

// killAll is kill -9 of the parent and of its engine, and returns when neither is there.
func (p *process) killAll() {
	pid := p.enginePID()
	p.kill()
	if pid == 0 {
		return
	}
	_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended with its parent
	for deadline := time.Now().Add(patience(10 * time.Second)); syscall.Kill(pid, 0) == nil && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
}

// enginePID is the process's one child once it runs the engine, or 0.
func (p *process) enginePID() int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(filepath.Join("/proc", e.Name(), "stat"))
		if err != nil {
			continue // it has ended
		}
		// pid (name) state parent ...; a name may hold anything
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) > 1 && fields[0] != "Z" && fields[1] == strconv.Itoa(p.cmd.Process.Pid) {
			// Between fork and exec it is still the parent, whose thread waits for it: stopping it then stops both.
			if line, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline")); err == nil && bytes.HasSuffix(line, []byte("\x00engine\x00")) {
				return pid
			}
		}
	}
	return 0
}

// awaitEngine waits until there is an engine, and returns its process id.
func (p *process) awaitEngine(t *testing.T) (pid int) {
	t.Helper()
	p.until(t, patience(30*time.Second), "the engine runs", func() bool {
		pid = p.enginePID()
		return pid != 0
	})
	return pid
}

// freeze stops the program, and returns when each of its threads has stopped, those in a system call too.
func (p *process) freeze(t *testing.T) {
	t.Helper()
	pid := p.cmd.Process.Pid
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	p.until(t, patience(10*time.Second), "every thread has stopped", func() bool {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		if err != nil || len(threads) == 0 {
			return false
		}
		for _, path := range threads {
			stat, err := os.ReadFile(path)
			if err != nil {
				continue // it has ended
			}
			if fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])); len(fields) == 0 || fields[0] != "T" {
				return false
			}
		}
		return true
	})
}

// thaw lets it go on.
func (p *process) thaw() { _ = syscall.Kill(p.cmd.Process.Pid, syscall.SIGCONT) } // it may be dead

// killEngine is kill -9 of the engine alone; false if there was none.
func (p *process) killEngine() bool {
	pid := p.enginePID()
	return pid != 0 && syscall.Kill(pid, syscall.SIGKILL) == nil
}

// hangEngine stops the engine in the middle of whatever it does, for a while.
func (p *process) hangEngine(d time.Duration) bool {
	pid := p.enginePID()
	if pid == 0 || syscall.Kill(pid, syscall.SIGSTOP) != nil {
		return false
	}
	p.diesWithin(d)
	_ = syscall.Kill(pid, syscall.SIGCONT) // it may be dead
	return true
}

// holdEngine stops the engine for good.
func (p *process) holdEngine() {
	if pid := p.enginePID(); pid != 0 {
		_ = syscall.Kill(pid, syscall.SIGSTOP) // it may be dead
	}
}

// diesWithin waits for the process to die of itself.
func (p *process) diesWithin(d time.Duration) bool {
	select {
	case <-p.exited:
		return true
	case <-time.After(d):
		return false
	}
}

// stop is SIGTERM: the process has ten seconds.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if !p.diesWithin(patience(10 * time.Second)) {
		return errors.New("it runs ten seconds after SIGTERM")
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("it ended with status %d after SIGTERM", code)
	}
	return nil
}

// status is node.Status.
type status struct {
	EngineState string
	Loader      *loader.Status
}

func (p *process) status() (s status, err error) {
	answer, err := (&http.Client{Timeout: patience(5 * time.Second)}).Get(p.control + "/status")
	if err != nil {
		return s, err
	}
	defer answer.Body.Close()
	return s, json.NewDecoder(answer.Body).Decode(&s)
}

// flush asks until everything is stored and rolled up.
func (p *process) flush(ctx context.Context) error {
	for {
		err := p.tryFlush(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-p.exited:
			return fmt.Errorf("the node died: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (p *process) tryFlush(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.control+"/flush", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = errors.New(strings.TrimSpace(string(text)))
	}
	return err
}

// logTail is the end of what the processes wrote, long lines cut.
func logTail(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := bytes.Split(data, []byte("\n"))
	lines = lines[max(0, len(lines)-30):]
	for i, line := range lines {
		lines[i] = line[:min(len(line), 300)]
	}
	return string(bytes.Join(lines, []byte("\n")))
}

// environ is ours, and where the engine's library is: what we build lies outside the folder that it is looked for in.
func environ(t *testing.T) []string {
	t.Helper()
	library, err := engine.FindLibrary()
	if err != nil {
		t.Fatal(err)
	}
	return append(os.Environ(), "SIGHTLINE_ENGINE_LIB="+library)
}
