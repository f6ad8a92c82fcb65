// Package proc reads what processes use from /proc: CPU time, split by what it is for, and memory.
package proc

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// CPU is time that processes have used, user and system.
type CPU struct {
	Program time.Duration // the process itself
	Engine  time.Duration // its storage engine but for merges: inserts and queries
	Merges  time.Duration // threads of the engine that merge
}

// Total is all of it.
func (c CPU) Total() time.Duration { return c.Program + c.Engine + c.Merges }

// Sub is what was used since.
func (c CPU) Sub(before CPU) CPU {
	return CPU{c.Program - before.Program, c.Engine - before.Engine, c.Merges - before.Merges}
}

// Self is what this process has used.
func Self() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Engine is what a storage engine's process has used.
func Engine(pid int) (CPU, error) {
	all, err := used(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return CPU{}, err
	}
	c := CPU{Engine: all}
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	if err != nil {
		return CPU{}, err
	}
	for _, task := range tasks {
		name, err := os.ReadFile(task + "/comm")
		if err == nil && bytes.HasPrefix(name, []byte("MergeMutate")) {
			t := thread(task)
			c.Merges += t
			c.Engine -= t
		}
	}
	return c, nil
}

// thread is what a thread has used: of schedstat where the kernel has it, since a tick is long beside an insert; 0 if it has ended.
func thread(task string) time.Duration {
	if text, err := os.ReadFile(task + "/schedstat"); err == nil {
		if ns, err := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64); err == nil {
			return time.Duration(ns)
		}
	}
	t, err := used(task + "/stat")
	if err != nil {
		return 0
	}
	return t
}

// tick is Linux's unit of CPU time in /proc.
const tick = 10 * time.Millisecond

// used is utime + stime of a stat file.
func used(path string) (time.Duration, error) {
	fields, err := stat(path)
	if err != nil {
		return 0, err
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick, nil
}

// stat are the fields of a stat file from the state on; the name before it may hold spaces.
func stat(path string) ([]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	if len(fields) < 15 {
		return nil, fmt.Errorf("read %s: %d fields", path, len(fields))
	}
	return fields, nil
}

// Tree is a process with its descendants, which are its engine.
type Tree struct{ Root int }

// pids are the processes, the root first.
func (t Tree) pids() ([]int, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	children := map[int][]int{}
	for _, path := range stats {
		fields, err := stat(path)
		if err != nil {
			continue // it ended meanwhile
		}
		parent, _ := strconv.Atoi(fields[1])
		pid, _ := strconv.Atoi(strings.Split(path, "/")[2])
		children[parent] = append(children[parent], pid)
	}
	pids := []int{t.Root}
	for i := 0; i < len(pids); i++ {
		pids = append(pids, children[pids[i]]...)
	}
	return pids, nil
}

// CPU is what the processes have used.
func (t Tree) CPU() (CPU, error) {
	pids, err := t.pids()
	if err != nil {
		return CPU{}, err
	}
	program, err := used(fmt.Sprintf("/proc/%d/stat", t.Root))
	if err != nil {
		return CPU{}, err
	}
	c := CPU{Program: program}
	for _, pid := range pids[1:] {
		e, err := Engine(pid)
		if err != nil {
			return CPU{}, err
		}
		c.Engine += e.Engine
		c.Merges += e.Merges
	}
	return c, nil
}

// Memory is the proportional set size of the processes, MiB.
func (t Tree) Memory() (float64, error) {
	pids, err := t.pids()
	if err != nil {
		return 0, err
	}
	total := 0.0
	for _, pid := range pids {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			return 0, err
		}
		for line := range strings.SplitSeq(string(data), "\n") {
			if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
				kib, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
				total += kib / 1024
			}
		}
	}
	return total, nil
}
