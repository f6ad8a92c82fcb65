package main

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

// clientCPU is what this process has used.
func clientCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// engineCPU is what the engine's process has used, and how much of it threads that merge.
type engineCPU struct{ all, merge time.Duration }

// tick is Linux's unit of CPU time in /proc.
const tick = 10 * time.Millisecond

// readEngine reads /proc; schedstat where the kernel has it, since a tick is long beside an insert.
func readEngine(pid int) (c engineCPU) {
	c.all = statTime(fmt.Sprintf("/proc/%d/stat", pid))
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	for _, task := range tasks {
		name, err := os.ReadFile(task + "/comm")
		if err == nil && bytes.HasPrefix(name, []byte("MergeMutate")) {
			c.merge += threadTime(task)
		}
	}
	return c
}

func threadTime(task string) time.Duration {
	if text, err := os.ReadFile(task + "/schedstat"); err == nil {
		if ns, err := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64); err == nil {
			return time.Duration(ns)
		}
	}
	return statTime(task + "/stat")
}

// statTime is utime + stime of a stat file.
func statTime(path string) time.Duration {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(string(fields[11]), 10, 64)
	system, _ := strconv.ParseInt(string(fields[12]), 10, 64)
	return time.Duration(user+system) * tick
}
