package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// server answers the part of ClickHouse's HTTP interface that clickhouse-go and storage/conn use.
type server struct {
	lib            *library
	arguments      []string
	version        string // ClickHouse's
	hello          []byte
	writer, reader credential

	writers, interactive, background, completion *pool

	opened  atomic.Uint64 // sessions, for their ids
	guard   *guard
	folders folders

	controlMu sync.Mutex
	control   *pooled // kills statements; also keeps the engine up, which closing the last session would end
}

// openServer loads the library and starts the engine on the folder.
func openServer(o order) (*server, error) {
	lib, err := loadLibrary(o.Library)
	if err != nil {
		return nil, err
	}
	s := &server{lib: lib, writer: o.Writer, reader: o.Reader, folders: folders{seen: map[string][]string{}}}
	if s.arguments, err = arguments(o); err != nil {
		return nil, err
	}
	cpus := runtime.GOMAXPROCS(0)
	bytes := func(n int64) string { return strconv.FormatInt(n, 10) }
	write := [][2]string{
		{"async_insert", "0"}, // on by default in this build; an answered insert is a stored one
		{"max_memory_usage", bytes(o.Memory / 2)},
		{"min_free_disk_bytes_to_perform_insert", bytes(room)},
	}
	if s.control, err = s.open(class{settings: write}); err != nil {
		return nil, err
	}
	s.writers = s.newPool(class{size: 8, settings: write})
	remember := "1"
	if o.NoConditionCache {
		remember = "0"
	}
	s.interactive = s.newPool(class{size: max(8, 2*cpus), readonly: true, settings: [][2]string{
		{"use_query_condition_cache", remember},
		{"max_execution_time", "60"}, // seconds; a client's own limit ends a statement earlier, by going away
		{"max_memory_usage", bytes(o.Memory / 3)},
	}})
	s.background = s.newPool(class{size: 4, readonly: true, settings: [][2]string{
		{"use_query_condition_cache", remember},
		{"max_execution_time", "600"},
		{"max_memory_usage", bytes(o.Memory / 3)},
		{"max_threads", strconv.Itoa(max(1, cpus/2))},
	}})
	s.completion = s.newPool(class{size: 2, readonly: true, settings: [][2]string{
		{"use_query_condition_cache", remember},
		{"max_execution_time", "3"},
		{"max_memory_usage", bytes(o.Memory / 8)},
		{"max_threads", "1"},
	}})
	if err := s.describe(); err != nil {
		return nil, err
	}
	checkWritten(s.control)
	return s, nil
}

// describe asks the engine who it is and what could reach out of it.
func (s *server) describe() error {
	version, err := s.control.text("SELECT version()")
	if err != nil {
		return fmt.Errorf("ask the engine's version: %w", err)
	}
	zone, err := s.control.text("SELECT timezone()")
	if err != nil {
		return fmt.Errorf("ask the engine's time zone: %w", err)
	}
	functions, err := s.control.text("SELECT name FROM system.table_functions")
	if err != nil {
		return fmt.Errorf("list the engine's table functions: %w", err)
	}
	s.version = strings.TrimSpace(version)
	s.hello = helloBlock("sightline", s.version, strings.TrimSpace(zone))
	s.guard = newGuard(strings.Fields(functions))
	return nil
}

// close ends the engine. No statement may be running.
func (s *server) close() {
	for _, p := range []*pool{s.writers, s.interactive, s.background, s.completion} {
		p.close()
	}
	s.control.close()
}

// kill cancels what the session runs, again and again until it has finished: a statement is not in system.processes while it is
// parsed. Only the asynchronous form: SYNC waits for the session's next statement.
func (s *server) kill(id string, finished <-chan struct{}) {
	for {
		s.controlMu.Lock()
		s.control.run("KILL QUERY WHERE Settings['log_comment'] = "+quoteString(id)+" ASYNC", "Null", nil).free()
		s.controlMu.Unlock()
		select {
		case <-finished:
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

const (
	watchEvery = 2 * time.Second // a merge that lost a write is noticed long before its sources are removed
	watchLimit = 2 * time.Minute // a statement that needs no disk and no table takes a millisecond
)

// watch asks the engine for a sign of life now and then. It returns when there is none: an engine that hangs is ended and started
// again like one that has crashed.
func (s *server) watch(ctx context.Context) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		answered := make(chan struct{})
		go func() { // left behind when the engine hangs, which ends the process
			defer close(answered)
			s.controlMu.Lock()
			defer s.controlMu.Unlock()
			checkWritten(s.control) // an error, say for want of memory, is a sign of life too
		}()
		limit := time.NewTimer(watchLimit)
		select {
		case <-answered:
			limit.Stop()
		case <-limit.C:
			return fmt.Errorf("the engine gave no sign of life for %s", watchLimit)
		}
	}
}

// arguments are the engine's command line. Sizes are ceilings, filled by use. The engine's own system.*_log tables are off because no
// section asks for them, and an explicit, empty configuration file keeps it from reading the user's.
func arguments(o order) ([]string, error) {
	empty := filepath.Join(o.Dir, "engine.xml")
	if err := os.WriteFile(empty, []byte("<clickhouse></clickhouse>\n"), 0o600); err != nil {
		return nil, fmt.Errorf("write the engine's configuration: %w", err)
	}
	args := []string{
		"--path=" + filepath.Join(o.Dir, "clickhouse"), // absolute: fsync_part_directory fails with a relative one
		"--config-file=" + empty,
	}
	for _, setting := range []struct {
		name  string
		value int64
	}{
		{"max_server_memory_usage", o.Memory},
		{"mark_cache_size", 128 << 20},
		{"index_mark_cache_size", 32 << 20},
		{"primary_index_cache_size", 64 << 20},
		{"query_condition_cache_size", 32 << 20},
		{"compiled_expression_cache_size", 32 << 20},
		{"max_table_size_to_drop", 0}, // no limit: retention drops what it must
		{"max_partition_size_to_drop", 0},
	} {
		args = append(args, fmt.Sprintf("--%s=%d", setting.name, setting.value))
	}
	return args, nil
}

// defaultMemory is a quarter of the machine's, at least 1 GiB and at most 4 GiB.
func defaultMemory() int64 { return min(max(machineMemory()/4, 1<<30), 4<<30) }
