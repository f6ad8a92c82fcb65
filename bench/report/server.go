package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/sightline/sightline/bench/proc"
	"github.com/sightline/sightline/storage/storagetest/port"
)

// process is a program that is measured.
type process struct {
	command *exec.Cmd
	ended   chan error
	tree    proc.Tree
}

func start(command *exec.Cmd) (*process, error) {
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", command.Path, err)
	}
	p := &process{command: command, ended: make(chan error, 1), tree: proc.Tree{Root: command.Process.Pid}}
	go func() { p.ended <- command.Wait() }()
	return p, nil
}

// until polls until ready says yes.
func (p *process) until(ctx context.Context, ready func() bool) error {
	for !ready() {
		select {
		case err := <-p.ended:
			p.ended <- err
			return fmt.Errorf("%s ended: %w", p.command.Path, errors.Join(err, errors.New("before it was ready")))
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil
}

// stop asks the program to end and waits. It may be called again.
func (p *process) stop() error {
	_ = p.command.Process.Signal(os.Interrupt) // it may have ended
	select {
	case err := <-p.ended:
		p.ended <- err
		return err
	case <-time.After(30 * time.Second):
		_ = p.command.Process.Kill()
		return errors.New("the program did not end within 30 s")
	}
}

// quiet waits until the program has used less than 2 % of a CPU for so long.
func (p *process) quiet(ctx context.Context, window time.Duration) error {
	deadline := time.Now().Add(15 * time.Minute)
	before, err := p.tree.CPU()
	if err != nil {
		return err
	}
	for time.Now().Before(deadline) {
		if err := pause(ctx, window); err != nil {
			return err
		}
		now, err := p.tree.CPU()
		if err != nil {
			return err
		}
		if now.Sub(before).Total() < window/50 {
			return nil
		}
		before = now
	}
	return errors.New("the program was still busy after 15 minutes")
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// server is the Sightline that is measured.
type server struct {
	*process
	took    time.Duration // from exec to ready
	page    string
	address address
	weighed []table // the last that storage said
}

func startServer(ctx context.Context, binary, dir string) (*server, error) {
	at, release, err := port.Hold(3)
	if err != nil {
		return nil, err
	}
	defer release() // then the program listens on them
	s := &server{page: "http://" + at[0], address: address{at[1], "http://" + at[2]}}
	command := exec.Command(binary)
	command.Env = append(os.Environ(), "SIGHTLINE_LISTEN="+at[0], "SIGHTLINE_OTLP_GRPC="+at[1], "SIGHTLINE_OTLP_HTTP="+at[2],
		"SIGHTLINE_DATA_DIR="+dir, "SIGHTLINE_LOG_LEVEL=warn", "SIGHTLINE_XRAY_UDP=", "SIGHTLINE_XRAY_TCP=",
		"SIGHTLINE_STORAGE_CONDITION_CACHE=false") // every question is to be a new one
	command.Stderr = os.Stderr
	begin := time.Now()
	if s.process, err = start(command); err != nil {
		return nil, fmt.Errorf("%w; `make build` makes it", err)
	}
	err = s.until(ctx, func() bool {
		res, err := http.Get(s.page + "/readyz")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	s.took = time.Since(begin)
	if err != nil {
		_ = s.stop()
		return nil, err
	}
	return s, nil
}

// notThere is a path that the program does not have.
type notThere string

func (n notThere) Error() string { return "there is no " + string(n) }

func (s *server) get(ctx context.Context, path string, into any) error {
	body, err := s.fetch(ctx, path)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

func (s *server) fetch(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.page+path, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode == http.StatusNotFound {
		return nil, notThere(path)
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s: %s", path, res.Status, body)
	}
	return body, nil
}
