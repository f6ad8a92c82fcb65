package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/sightline/sightline/bench/proc"
	"github.com/sightline/sightline/storage/storagetest/port"
)

// yard is what the same load costs a collector that keeps nothing.
type yard struct {
	Signal      string  `json:"signal"`
	Way         string  `json:"way"`
	Batch       bool    `json:"batch"` // its batch processor stands before the exporter
	Items       int     `json:"items"`
	CPUSeconds  float64 `json:"cpu_seconds"`
	ItemsPerCPU float64 `json:"items_per_cpu_second"`
	PeakMiB     float64 `json:"peak_mib"`
}

// yardsticks drives the collector: each signal by the first way with and without batches, the other ways without.
func (r *report) yardsticks(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "sightline-yardstick-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "yardstick")
	say("building the yardstick")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/sightline/sightline/bench/yardstick").CombinedOutput(); err != nil {
		return fmt.Errorf("build yardstick: %w\n%s", err, out)
	}
	for _, signal := range o.signals {
		for i, w := range o.ways {
			for _, batch := range []bool{false, true} {
				if batch && i > 0 {
					continue
				}
				y, err := drive(ctx, binary, o, signal, w, batch)
				if err != nil {
					return fmt.Errorf("yardstick: %w", err)
				}
				r.Yardsticks = append(r.Yardsticks, y)
			}
		}
	}
	return nil
}

func drive(ctx context.Context, binary string, o options, signal string, w way, batch bool) (yard, error) {
	y := yard{Signal: signal, Way: w.String(), Batch: batch}
	at, release, err := port.Hold(2)
	if err != nil {
		return y, err
	}
	defer release()
	command := exec.Command(binary, "-grpc", at[0], "-http", at[1], fmt.Sprintf("-batch=%t", batch))
	command.Stderr = os.Stderr
	p, err := start(command)
	if err != nil {
		return y, err
	}
	defer func() { _ = p.stop() }()
	if err := p.until(ctx, func() bool {
		for _, a := range at {
			c, err := net.Dial("tcp", a)
			if err != nil {
				return false
			}
			_ = c.Close()
		}
		return true
	}); err != nil {
		return y, err
	}
	if err := p.quiet(ctx, time.Second); err != nil {
		return y, err
	}
	begin, err := p.tree.CPU()
	if err != nil {
		return y, err
	}
	peak := watchMemory(ctx, p.tree)
	defer peak()
	s := newStep("yardstick", w, signal, o.yardstick)
	s.from = time.Now().Add(-s.long())
	say("a collector that keeps nothing (batch %t): %v over %s", batch, s.items, w)
	sent := map[string]int{}
	if _, err := s.sendAll(ctx, address{at[0], "http://" + at[1]}, o, nil, sent); err != nil {
		return y, err
	}
	if err := p.quiet(ctx, time.Second); err != nil {
		return y, err
	}
	end, err := p.tree.CPU()
	if err != nil {
		return y, err
	}
	return y.of(sent[signal], end.Sub(begin), peak()), nil
}

func (y yard) of(items int, used proc.CPU, peak float64) yard {
	y.Items, y.CPUSeconds, y.PeakMiB = items, used.Total().Seconds(), peak
	y.ItemsPerCPU = float64(items) / y.CPUSeconds
	return y
}
