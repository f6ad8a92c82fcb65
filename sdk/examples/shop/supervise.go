package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

type allOptions struct {
	Endpoint string
	Env      string
	Rate     float64
	Seed     uint64
	For      time.Duration
	Deploy   time.Duration
}

// Env is what a service process is told: its own name and where the others are.
type Env struct {
	Name     string
	Version  string
	Endpoint string // OTLP
	Env      string
	Addrs    map[string]string // by the names of addrNames
	Rate     float64
	Seed     uint64
	For      time.Duration
	Log      *slog.Logger
}

var addrNames = []string{"mysql", "postgres", "redis", "nats", "aws", "payments", "mailer", "catalog", "recommendations", "loyalty", "checkout", "web"}

// runAll starts every service as a child process and keeps it running until ctx ends.
func runAll(ctx context.Context, log *slog.Logger, o allOptions) error {
	if o.Rate <= 0 || o.Rate > 200 {
		return fmt.Errorf("rate %g is not between 0 and 200", o.Rate)
	}
	addrs, err := freeAddrs(len(addrNames))
	if err != nil {
		return err
	}
	env := append(os.Environ(),
		"SHOP_ENDPOINT="+o.Endpoint, "SHOP_ENV="+o.Env, "SHOP_FOR="+o.For.String(),
		"SHOP_RATE="+strconv.FormatFloat(o.Rate, 'g', -1, 64), "SHOP_SEED="+strconv.FormatUint(o.Seed, 10))
	for i, name := range addrNames {
		env = append(env, "SHOP_ADDR_"+strings.ToUpper(name)+"="+addrs[i])
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, service := range services {
		group.Go(func() error {
			if service.name == "recommendations" && o.Deploy > 0 {
				return alternate(ctx, log, o.Deploy, env)
			}
			return keepRunning(ctx, log, service.name, env)
		})
	}
	log.Info("shop is open", "visits_per_second", o.Rate, "web", "http://"+addrs[len(addrs)-1])
	return group.Wait()
}

// alternate keeps recommendations running, and deploys its bad version for the last quarter of every period.
func alternate(ctx context.Context, log *slog.Logger, period time.Duration, env []string) error {
	for good := true; ; good = !good {
		version, length := "2.3.1", period*3/4
		if !good {
			version, length = badRecommendations, period/4
		}
		log.Info("deploying", "service", "recommendations", "version", version)
		until, cancel := context.WithTimeout(ctx, length)
		err := keepRunning(until, log, "recommendations", append(slices.Clone(env), "SHOP_VERSION_RECOMMENDATIONS="+version))
		cancel()
		if ctx.Err() != nil || until.Err() == nil {
			return err
		}
	}
}

// keepRunning runs one service and starts it again should it end, as an orchestrator would.
func keepRunning(ctx context.Context, log *slog.Logger, name string, env []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for {
		child := exec.CommandContext(ctx, self, name)
		child.Env = env
		child.Stderr = os.Stderr
		child.Cancel = func() error { return child.Process.Signal(os.Interrupt) }
		child.WaitDelay = 5 * time.Second
		if _, err := child.StdinPipe(); err != nil { // its end tells the child that we are gone
			return err
		}
		err := child.Run()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil && name == "load" {
			return nil
		}
		log.Warn("service ended, starting it again", "service", name, "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// untilParentEnds ends when the parent's end of our standard input closes, however the parent died.
func untilParentEnds(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return ctx
}

func envOf(name string, log *slog.Logger) Env {
	e := Env{Name: name, Version: "1.4.2", Endpoint: os.Getenv("SHOP_ENDPOINT"), Env: os.Getenv("SHOP_ENV"), Addrs: map[string]string{}, Log: log.With("service", name)}
	if v := os.Getenv("SHOP_VERSION_" + strings.ToUpper(name)); v != "" {
		e.Version = v
	}
	e.Rate, _ = strconv.ParseFloat(os.Getenv("SHOP_RATE"), 64)
	e.Seed, _ = strconv.ParseUint(os.Getenv("SHOP_SEED"), 10, 64)
	e.For, _ = time.ParseDuration(os.Getenv("SHOP_FOR"))
	for _, name := range addrNames {
		e.Addrs[name] = os.Getenv("SHOP_ADDR_" + strings.ToUpper(name))
	}
	return e
}

// freeAddrs asks the system for ports that are free now, all held at once so that they differ.
func freeAddrs(n int) ([]string, error) {
	addrs := make([]string, n)
	for i := range addrs {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer l.Close()
		addrs[i] = l.Addr().String()
	}
	return addrs, nil
}

// waitFor returns when something accepts connections on each address.
func waitFor(ctx context.Context, addrs ...string) error {
	for _, addr := range addrs {
		for {
			conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", addr)
			if err == nil {
				_ = conn.Close()
				break
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	return nil
}
