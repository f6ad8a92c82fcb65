// Package failpoint names the moments at which a process can be made to die or to dawdle, so that tests can kill it exactly there.
// Production code calls a func(string) that it was given; this package only parses the text that arms one. It keeps no registry and
// reads no environment: main does, and passes the result on.
package failpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// exitCode is what a shell reports for a process that died of SIGKILL.
const exitCode = 137

// None is the hook of a process in which nothing is armed.
func None(string) {}

// Parse turns "name=action,name=action" into a hook. Actions are
//
//	exit          end the process at once with status 137: no deferred call, no flush
//	kill          the same by SIGKILL from the kernel
//	sleep:200ms   wait, so that a test can kill the process while it is there
//
// and "@n" behind an action lets it act from the nth passing on: "loader.insert.after=exit@3". An empty text arms nothing.
func Parse(text string) (func(name string), error) {
	return parse(text, map[string]func(){
		"exit": func() { os.Exit(exitCode) },
		"kill": killSelf,
	})
}

func parse(text string, ends map[string]func()) (func(name string), error) {
	if strings.TrimSpace(text) == "" {
		return None, nil
	}
	points := map[string]*point{}
	for item := range strings.SplitSeq(text, ",") {
		name, action, ok := strings.Cut(strings.TrimSpace(item), "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("parse failpoint %q: want name=action", item)
		}
		p, err := parseAction(action, ends)
		if err != nil {
			return nil, fmt.Errorf("parse failpoint %q: %w", item, err)
		}
		points[name] = p
	}
	return func(name string) {
		if p, ok := points[name]; ok && p.passed.Add(1) >= p.from {
			p.act()
		}
	}, nil
}

type point struct {
	act    func()
	from   int64 // the passing from which it acts, 1 for the first
	passed atomic.Int64
}

func parseAction(text string, ends map[string]func()) (*point, error) {
	p := &point{from: 1}
	action, nth, counted := strings.Cut(text, "@")
	if counted {
		n, err := strconv.ParseInt(nth, 10, 64)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("count %q: want a number from 1 on", nth)
		}
		p.from = n
	}
	if wait, ok := strings.CutPrefix(action, "sleep:"); ok {
		d, err := time.ParseDuration(wait)
		if err != nil || d < 0 {
			return nil, fmt.Errorf("duration %q: want one such as 200ms", wait)
		}
		p.act = func() { time.Sleep(d) }
		return p, nil
	}
	if p.act = ends[action]; p.act == nil {
		return nil, fmt.Errorf("action %q: want exit, kill or sleep:200ms", action)
	}
	return p, nil
}

func killSelf() {
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill()
	}
	select {} // the signal may take a moment; nothing may run in it
}
