package engine

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	stopGrace     = 10 * time.Second // for statements that run when the engine is closed
	crashLimit    = 5                // this many ends of a child ...
	crashWindow   = time.Minute      // ... within this time open the circuit,
	circuitPause  = time.Minute      // for this long
	backoffFirst  = 100 * time.Millisecond
	backoffLast   = 5 * time.Second
	roomPause     = 250 * time.Millisecond // between looks at a full disk
	outputKept    = 10                     // first and as many last lines of a child's output, which explain its end
	outputLogged  = 100                    // lines of a child's output that go to the log; a crash prints thousands
	longestReport = 1 << 20
)

// order is what the parent writes to the child's stdin, one JSON line. The pipe then stays open for as long as the child may live;
// a second line asks it to stop gracefully.
type order struct {
	Dir, Library     string
	Memory           int64
	Network, Address string
	Writer, Reader   credential
	LockWait         time.Duration
	NoConditionCache bool
}

type credential struct{ User, Key string }

// report is what the child answers on descriptor 3, one JSON line: it is ready, or why it can't be.
type report struct {
	Error   string
	Version string
	Address string
}

// supervise keeps a child running until stop. It holds its thread, because a child's death signal is tied to the thread that
// started it.
func (e *Engine) supervise(first chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(e.done)
	defer func() {
		e.update(func(s *Status) { s.State, s.PID = StateFailed, 0 })
		if ep := e.Endpoint(); ep.Network == "unix" {
			removeSocket(e.cfg.Dir, ep.Address)
		}
	}()

	var crashes []time.Time
	backoff := time.Duration(0)
	for {
		err := roomFor(e.cfg.Dir)
		if err != nil && first == nil {
			if !e.lacksRoom(err) {
				return
			}
			continue
		}
		var c *child
		if err == nil {
			c, err = e.spawn()
		}
		if err == nil {
			err = e.await(c)
		}
		if first != nil && !(interrupted(c, err) && len(crashes) < crashLimit-1) {
			first <- err
			if err != nil {
				return
			}
			first = nil
		}
		if err == nil {
			backoff = 0
			select {
			case <-e.stop:
				c.end(e.grace)
				return
			case <-c.exited:
				err = c.why()
			}
		}
		select {
		case <-e.stop:
			return
		default:
		}

		now := time.Now()
		crashes = append(crashes, now)
		for now.Sub(crashes[0]) > crashWindow {
			crashes = crashes[1:]
		}
		pause, state := backoff, StateRestarting
		if len(crashes) >= crashLimit {
			pause, state, crashes = circuitPause, StateFailed, nil
		}
		backoff = min(max(2*backoff, backoffFirst), backoffLast)
		e.cfg.Log.Error("the storage engine ended", "error", err, "restart_in", pause)
		e.update(func(s *Status) { s.State, s.PID, s.LastError = state, 0, err.Error() })
		select {
		case <-e.stop:
			return
		case <-time.After(pause):
		}
		e.update(func(s *Status) { s.State, s.Restarts = StateRestarting, s.Restarts+1 })
	}
}

// lacksRoom waits a moment for room on the disk; false says that the engine was closed meanwhile.
func (e *Engine) lacksRoom(err error) bool {
	e.update(func(s *Status) {
		if s.LastError != err.Error() {
			e.cfg.Log.Error("the storage engine waits", "error", err)
		}
		s.State, s.PID, s.LastError = StateRestarting, 0, err.Error()
	})
	select {
	case <-e.stop:
		return false
	case <-time.After(roomPause):
		return true
	}
}

// child is one process.
type child struct {
	cmd     *exec.Cmd
	control *os.File // its stdin: closing it ends the child
	reports chan report
	exited  chan struct{}
	waitErr error // set before exited closes

	mu          sync.Mutex
	first, last []string // lines of its output
}

func (e *Engine) spawn() (*child, error) {
	c := &child{reports: make(chan report, 1), exited: make(chan struct{})}
	stdin, control, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make control pipe: %w", err)
	}
	reports, reporter, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make report pipe: %w", err), stdin.Close(), control.Close())
	}
	output, writer, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make output pipe: %w", err), stdin.Close(), control.Close(), reports.Close(), reporter.Close())
	}
	c.control = control
	c.cmd = exec.Command(e.cfg.Command[0], e.cfg.Command[1:]...)
	c.cmd.Dir = e.cfg.Dir // the engine reads a config.xml of its working directory
	c.cmd.Env = append(os.Environ(), "TZ=UTC")
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = stdin, writer, writer
	c.cmd.ExtraFiles = []*os.File{reporter}
	c.cmd.SysProcAttr = childAttributes()
	err = c.cmd.Start()
	for _, f := range []*os.File{stdin, reporter, writer} {
		f.Close() // the child's ends
	}
	if err != nil {
		for _, f := range []*os.File{control, reports, output} {
			f.Close()
		}
		return nil, fmt.Errorf("run %s: %w", e.cfg.Command[0], err)
	}
	e.update(func(s *Status) { s.PID = c.cmd.Process.Pid })

	var readers sync.WaitGroup
	readers.Go(func() { c.readReport(reports) })
	readers.Go(func() { c.readOutput(output, e.cfg.Log) })
	go func() {
		c.waitErr = c.cmd.Wait()
		readers.Wait()
		c.control.Close()
		close(c.exited)
	}()

	ep := e.Endpoint()
	line, err := json.Marshal(order{
		Dir: e.cfg.Dir, Library: e.cfg.Library, Memory: e.cfg.Memory, Network: ep.Network, Address: ep.Address,
		Writer: credential{ep.Writer, ep.WriterKey}, Reader: credential{ep.Reader, ep.ReaderKey}, LockWait: startTimeout / 2, NoConditionCache: e.cfg.NoConditionCache,
	})
	if err == nil {
		_, err = control.Write(append(line, '\n'))
	}
	if err != nil {
		c.end(0)
		return nil, fmt.Errorf("send the child its orders: %w", errors.Join(err, c.why()))
	}
	return c, nil
}

// await waits for the child's report.
func (e *Engine) await(c *child) error {
	timeout := time.NewTimer(startTimeout)
	defer timeout.Stop()
	select {
	case r := <-c.reports:
		if r.Error != "" {
			return c.because(r.Error)
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		e.endpoint.Address = r.Address
		e.status.State, e.status.Version = StateReady, r.Version
		return nil
	case <-c.exited:
		return c.why()
	case <-e.stop:
		c.end(0)
		return errors.New("closed while starting")
	case <-timeout.C:
		c.end(0)
		return errSilent
	}
}

var errSilent = fmt.Errorf("the child did not answer within %s", startTimeout)

// interrupted says that a first start failed for no reason of its own: the child was killed or hung, so that another may do better. One
// that gave its reason will give it again.
func interrupted(c *child, err error) bool {
	if err == nil || c == nil {
		return false
	}
	var exit *exec.ExitError
	if errors.Is(err, errSilent) {
		return true
	}
	select {
	case <-c.exited:
		return errors.As(c.waitErr, &exit) && !exit.Exited()
	default:
		return false
	}
}

// end asks the child to stop and kills it when it has not after grace.
func (c *child) end(grace time.Duration) {
	if grace > 0 {
		c.control.WriteString("stop\n") // a failure means that it has ended
		select {
		case <-c.exited:
			return
		case <-time.After(grace):
		}
	}
	c.cmd.Process.Kill()
	<-c.exited
}

// why words the child's end.
func (c *child) why() error {
	<-c.exited
	state := "it ended"
	if c.waitErr != nil {
		state = c.waitErr.Error()
	}
	return c.because(state)
}

// because adds to a word what the child printed, the only place where the library gives its reasons.
func (c *child) because(word string) error {
	<-c.exited
	c.mu.Lock()
	defer c.mu.Unlock()
	said := slices.DeleteFunc(slices.Concat(c.first, c.last), func(line string) bool { return strings.Contains(line, word) })
	if len(said) == 0 {
		return errors.New(word)
	}
	return fmt.Errorf("%s: %s", word, strings.Join(said, "; "))
}

func (c *child) readReport(f *os.File) {
	defer f.Close()
	line, err := bufio.NewReader(io.LimitReader(f, longestReport)).ReadBytes('\n')
	if err != nil {
		return // it ended without a word; why tells
	}
	var r report
	if err := json.Unmarshal(line, &r); err != nil {
		r = report{Error: fmt.Sprintf("read the child's report %q: %v", line, err)}
	}
	c.reports <- r
}

func (c *child) readOutput(f *os.File, log *slog.Logger) {
	defer f.Close()
	lines := bufio.NewReaderSize(f, 64<<10)
	for n := 0; ; n++ {
		line, _, err := lines.ReadLine() // a longer line comes in pieces
		if err != nil {
			return
		}
		text := strings.TrimSpace(string(line))
		if text == "" {
			continue
		}
		if n < outputLogged {
			log.Warn("storage engine says", "line", text)
		}
		c.mu.Lock()
		if len(c.first) < outputKept {
			c.first = append(c.first, text)
		} else if c.last = append(c.last, text); len(c.last) > outputKept {
			c.last = c.last[1:]
		}
		c.mu.Unlock()
	}
}
