package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

const reportFD = 3

// Main is the child: it takes its orders from stdin, serves, and returns when it is asked to stop. When the pipe closes instead,
// its parent is gone and the process exits at once.
func Main(ctx context.Context) error {
	reporter := os.NewFile(reportFD, "report")
	in := bufio.NewReader(os.Stdin)
	var o order
	line, err := in.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &o)
	}
	if err != nil || reporter == nil || o.Dir == "" {
		return errors.New("run engine: this command is started by the program itself, not by hand")
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		if word, err := in.ReadString('\n'); err != nil || word != "stop\n" {
			os.Exit(1) // orphaned: whatever runs is lost, and the next parent is waiting for the folder
		}
		stop()
		in.ReadString('\n')
		os.Exit(1)
	}()
	os.WriteFile("/proc/self/oom_score_adj", []byte("300"), 0) // rather than the parent, which holds what is not yet stored

	err = serve(ctx, o, func(r report) error {
		defer reporter.Close()
		line, err := json.Marshal(r)
		if err == nil {
			_, err = reporter.Write(append(line, '\n'))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("run engine: %w", err)
	}
	return nil
}

// serve opens the folder and answers HTTP until ctx ends.
func serve(ctx context.Context, o order, tell func(report) error) error {
	lock, err := lockFolder(ctx, o.Dir, o.LockWait)
	if err != nil {
		return errors.Join(err, tell(report{Error: err.Error()}))
	}
	defer runtime.KeepAlive(lock)
	s, err := openServer(o)
	if err != nil {
		return errors.Join(err, tell(report{Error: err.Error()}))
	}
	listener, err := listen(o.Network, o.Address)
	if err != nil {
		return errors.Join(err, tell(report{Error: err.Error()}))
	}
	web := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(listener) }()
	if err := tell(report{Version: s.version, Address: listener.Addr().String()}); err != nil {
		return fmt.Errorf("report to the parent: %w", err)
	}
	select {
	case err := <-failed:
		return fmt.Errorf("serve on %s: %w", o.Address, err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), stopGrace)
	defer cancel()
	if err := web.Shutdown(grace); err != nil {
		return fmt.Errorf("stop serving: %w", err)
	}
	s.close()
	return nil
}

func listen(network, address string) (net.Listener, error) {
	if network == "unix" {
		os.Remove(address) // a killed child's; the folder's lock says that nobody listens on it
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if network == "unix" {
		if err := os.Chmod(address, 0o600); err != nil {
			return nil, fmt.Errorf("close the socket to other users: %w", err)
		}
	}
	return listener, nil
}

// defaultMemory is a quarter of the machine's, at least 1 GiB and at most 8 GiB.
func defaultMemory() int64 { return min(max(machineMemory()/4, 1<<30), 8<<30) }

// arguments are the engine's command line. The caches are ceilings, filled by use; the engine's own system.*_log tables are off
// because no section asks for them, and an explicit (empty) configuration file keeps it from reading the user's.
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
		{"max_table_size_to_drop", 0}, // 0: no limit, retention drops what it must
		{"max_partition_size_to_drop", 0},
	} {
		args = append(args, fmt.Sprintf("--%s=%d", setting.name, setting.value))
	}
	return args, nil
}

// setStatement is a SET of several settings; values are quoted, which the engine accepts for numbers too.
func setStatement(settings [][2]string) string {
	var b strings.Builder
	b.WriteString("SET ")
	for i, s := range settings {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s = %s", s[0], quoteString(s[1]))
	}
	return b.String()
}

func quoteString(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
