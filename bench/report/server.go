package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// server is the Sightline that is measured.
type server struct {
	command          *exec.Cmd
	ended            chan error
	took             time.Duration // from exec to ready
	page, grpc, http string
	dir              string
	tree             tree
}

func startServer(ctx context.Context, binary, dir string) (*server, error) {
	addresses, err := freeAddresses(3)
	if err != nil {
		return nil, err
	}
	s := &server{page: "http://" + addresses[0], grpc: addresses[1], http: "http://" + addresses[2], dir: dir, ended: make(chan error, 1)}
	s.command = exec.Command(binary)
	s.command.Env = append(os.Environ(), "SIGHTLINE_LISTEN="+addresses[0], "SIGHTLINE_OTLP_GRPC="+addresses[1], "SIGHTLINE_OTLP_HTTP="+addresses[2],
		"SIGHTLINE_DATA_DIR="+dir, "SIGHTLINE_LOG_LEVEL=warn",
		"SIGHTLINE_STORAGE_CONDITION_CACHE=false") // every question is to be a new one
	s.command.Stderr = os.Stderr
	begin := time.Now()
	if err := s.command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w; `make build` makes it", binary, err)
	}
	s.tree = tree{root: s.command.Process.Pid}
	go func() { s.ended <- s.command.Wait() }()
	for {
		if res, err := http.Get(s.page + "/readyz"); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				s.took = time.Since(begin)
				return s, nil
			}
		}
		select {
		case err := <-s.ended:
			return nil, fmt.Errorf("%s ended: %w", binary, err)
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// freeAddresses are loopback addresses that were free a moment ago, all held at once so that they differ.
func freeAddresses(n int) ([]string, error) {
	addresses := make([]string, n)
	for i := range addresses {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		addresses[i] = l.Addr().String()
	}
	return addresses, nil
}

// stop asks the program to end and waits. It may be called again.
func (s *server) stop() error {
	if s.command.ProcessState != nil {
		return nil
	}
	if err := s.command.Process.Signal(os.Interrupt); err != nil {
		return nil // it has ended
	}
	select {
	case err := <-s.ended:
		return err
	case <-time.After(30 * time.Second):
		_ = s.command.Process.Kill()
		return fmt.Errorf("the program did not end within 30 s")
	}
}

func (s *server) get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.page+path, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s: %s", path, res.Status, body)
	}
	return json.Unmarshal(body, into)
}

// instanceStatus is the part of /api/status that the report needs.
type instanceStatus struct {
	Ingest struct {
		Traces struct {
			Received, Stored int64
			InJournal        int64 `json:"in_journal"`
			DeadLetter       int64 `json:"dead_letter"`
		} `json:"traces"`
	} `json:"ingest"`
	Storage struct {
		Rows  int64 `json:"spans_rows"`
		Bytes int64 `json:"bytes"`
	} `json:"storage"`
}

func (s *server) stored(ctx context.Context) (instanceStatus, error) {
	var st instanceStatus
	return st, s.get(ctx, "/api/status", &st)
}

// settle waits until the program has used less than 2 % of a CPU for five seconds: nothing is loaded, merged or summed up.
func (s *server) settle(ctx context.Context) error {
	const window, most = 5 * time.Second, 0.1
	deadline := time.Now().Add(5 * time.Minute)
	before, err := s.tree.cpu()
	if err != nil {
		return err
	}
	for time.Now().Before(deadline) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(window):
		}
		now, err := s.tree.cpu()
		if err != nil {
			return err
		}
		if now-before < most {
			return nil
		}
		before = now
	}
	return fmt.Errorf("the program was still busy after five minutes")
}

// tree is a process with its descendants.
type tree struct{ root int }

func (t tree) pids() ([]int, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	children := map[int][]int{}
	for _, path := range stats {
		fields, err := statFields(path)
		if err != nil {
			continue // it ended meanwhile
		}
		parent, _ := strconv.Atoi(fields[1])
		pid, _ := strconv.Atoi(strings.Split(path, "/")[2])
		children[parent] = append(children[parent], pid)
	}
	pids := []int{t.root}
	for i := 0; i < len(pids); i++ {
		pids = append(pids, children[pids[i]]...)
	}
	return pids, nil
}

// statFields are the fields of /proc/PID/stat from the state on; the name before it may hold spaces.
func statFields(path string) ([]string, error) {
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

// ticksPerSecond is USER_HZ, 100 on every Linux that Go runs on.
const ticksPerSecond = 100

// cpu is the seconds that the processes have used, user and system.
func (t tree) cpu() (float64, error) {
	pids, err := t.pids()
	if err != nil {
		return 0, err
	}
	total := 0.0
	for _, pid := range pids {
		fields, err := statFields(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, err
		}
		user, _ := strconv.ParseFloat(fields[11], 64)
		system, _ := strconv.ParseFloat(fields[12], 64)
		total += (user + system) / ticksPerSecond
	}
	return total, nil
}

// memory is the proportional set size of the processes, MiB.
func (t tree) memory() (float64, error) {
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

// folder is the size of a folder's files, bytes.
func folder(dir string) (total int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry os.DirEntry, err error) error {
		if err != nil {
			return nil // a part that was merged away meanwhile
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			total += info.Size()
		}
		return nil
	})
	return total, err
}
