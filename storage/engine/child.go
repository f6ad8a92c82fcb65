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
	"os/signal"
	"runtime"
	"syscall"
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
	// A service manager signals every process of the unit; when this one ends is the parent's decision.
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGXFSZ) // a file's limit is a write's failure, which is noticed
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
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
	// Parameters travel in the request line; a list of ten thousand ids is half a megabyte.
	web := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 32 << 20}
	failed := make(chan error, 2)
	go func() { failed <- web.Serve(listener) }()
	go func() {
		if err := s.watch(ctx); err != nil {
			failed <- err
		}
	}()
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
