package canary

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/sightline/sightline/canary/content"
)

// entry is a line of the log: the header of a run, or what became of one signal of one round.
type entry struct {
	Canary   int           `json:"canary,omitempty"` // the format, in headers only
	Seed     string        `json:"seed,omitempty"`
	Interval time.Duration `json:"interval_ns,omitempty"`
	Started  string        `json:"started,omitempty"`

	Seq    int64        `json:"seq,omitempty"`
	Signal string       `json:"signal,omitempty"`
	State  content.Fate `json:"state,omitempty"`
}

const format = 1

// Log is what a canary has sent and what was acknowledged. A line is on disk before what it says counts.
type Log struct {
	mu   sync.Mutex
	file *os.File
}

// OpenLog appends to a file, made if it is not there.
func OpenLog(path string, run content.Run) (*Log, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	l := &Log{file: file}
	if err := l.begin(run); err != nil {
		file.Close()
		return nil, err
	}
	return l, nil
}

func (l *Log) begin(run content.Run) error {
	info, err := l.file.Stat()
	if err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	if info.Size() > 0 { // a canary that was killed may have left half a line
		var last [1]byte
		if _, err := l.file.ReadAt(last[:], info.Size()-1); err != nil {
			return fmt.Errorf("read log: %w", err)
		}
		if last[0] != '\n' {
			if _, err := l.file.WriteString("\n"); err != nil {
				return fmt.Errorf("write log: %w", err)
			}
		}
	}
	return l.write(true, entry{Canary: format, Seed: run.Seed, Interval: run.Interval, Started: time.Now().UTC().Format(time.RFC3339)})
}

// write appends lines; with sync they are on disk when it returns. A nil log keeps nothing.
func (l *Log) write(sync bool, entries ...entry) error {
	if l == nil {
		return nil
	}
	var lines bytes.Buffer
	for _, e := range entries {
		line, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("write log: %w", err)
		}
		lines.Write(append(line, '\n'))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.file.Write(lines.Bytes()); err != nil {
		return fmt.Errorf("write log: %w", err)
	}
	if sync {
		if err := l.file.Sync(); err != nil {
			return fmt.Errorf("sync log: %w", err)
		}
	}
	return nil
}

// Close ends it.
func (l *Log) Close() error {
	if l == nil {
		return nil
	}
	return l.file.Close()
}

// rounds is what a log says of one run: for every round and signal its last fate.
type rounds struct {
	run   content.Run
	fates content.Fates
}

// readLog reads what canaries have written, run by run in the order of their first appearance.
func readLog(path string) ([]*rounds, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	defer file.Close()
	var all []*rounds
	var current *rounds
	torn := 0 // the line that could not be read, if it may be one that was cut off
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		var e entry
		err := json.Unmarshal(lines.Bytes(), &e)
		switch {
		case err != nil && torn == 0:
			torn = n
		case torn != 0 && e.Canary == 0:
			return nil, fmt.Errorf("read log: line %d of %s is no line of a canary's log", torn, path)
		case e.Canary > format:
			return nil, fmt.Errorf("read log: line %d of %s is of a newer version: verify it with that one", n, path)
		case e.Canary > 0:
			torn, current = 0, nil
			run := content.Run{Seed: e.Seed, Interval: e.Interval}
			if err := checkRun(run); err != nil {
				return nil, fmt.Errorf("read log: line %d of %s: %w", n, path, err)
			}
			for _, r := range all {
				if r.run == run {
					current = r
				}
			}
			if current == nil {
				current = &rounds{run: run, fates: content.Fates{}}
				all = append(all, current)
			}
		case current == nil || content.SignalNamed(e.Signal) < 0:
			return nil, fmt.Errorf("read log: line %d of %s is no line of a canary's log", n, path)
		default:
			if s := content.SignalNamed(e.Signal); current.fates[e.Seq][s] != content.Acked {
				current.fates.Set(e.Seq, s, e.State)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read log: %w", err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("read log: %s is no canary's log; `sightline canary --log %s` writes one", path, path)
	}
	return all, nil
}

// checkRun says what is wrong with a run's interval.
func checkRun(run content.Run) error {
	switch {
	case run.Seed == "":
		return fmt.Errorf("the seed is empty")
	case run.Interval < 10*time.Millisecond || run.Interval > time.Minute || time.Minute%run.Interval != 0:
		return fmt.Errorf("the interval %s does not divide a minute into equal parts of 10ms or more: take 1s, 100ms, 5s", run.Interval)
	}
	return nil
}
