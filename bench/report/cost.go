package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sightline/sightline/bench/proc"
)

// cost is what a step took. What was sent is counted exactly, and so is what is stored: a difference ends the run.
type cost struct {
	Name   string         `json:"name"`
	Way    string         `json:"way"`
	Sent   map[string]int `json:"items"`  // by signal
	Before int            `json:"before"` // items of these signals that were stored before

	AckedSeconds  float64 `json:"acknowledged_seconds"` // until the last acknowledgement
	StoredSeconds float64 `json:"stored_seconds"`       // until the last item was in its table
	IdleSeconds   float64 `json:"idle_seconds"`         // until merges and rollups were idle

	CPUSeconds  float64 `json:"cpu_seconds"` // of all processes, until merges and rollups were idle
	Phases      []phase `json:"phases"`
	ItemsPerCPU float64 `json:"items_per_cpu_second"`
	OfYardstick float64 `json:"of_yardstick"` // ItemsPerCPU divided by that of a collector that keeps nothing, without batches; 0: not measured
	OfBatching  float64 `json:"of_batching_yardstick"`
	Client      float64 `json:"client_cpu_seconds"`

	BytesPerItem map[string]float64 `json:"bytes_per_item"` // by signal: what the active parts of all its tables grew by; traces with their rollups
	Ack          map[string]stat    `json:"ack"`            // by signal
	Refused      int                `json:"refused"`        // requests that were asked to come back
	PeakMiB      float64            `json:"peak_mib"`       // PSS of all processes
}

// phase is what a stretch of a step took of each process, seconds of CPU.
type phase struct {
	Name    string  `json:"name"`
	Program float64 `json:"program"`
	Engine  float64 `json:"engine"` // without merges
	Merges  float64 `json:"merges"`
}

// items are those of all signals.
func (c *cost) items() (n int) {
	for _, of := range c.Sent {
		n += of
	}
	return n
}

// count takes the CPU times at the start and at the end of each phase.
func (c *cost) count(at [4]proc.CPU) {
	for i, name := range []string{"acknowledged", "stored", "idle"} {
		used := at[i+1].Sub(at[i])
		c.Phases = append(c.Phases, phase{name, used.Program.Seconds(), used.Engine.Seconds(), used.Merges.Seconds()})
	}
	c.CPUSeconds = at[3].Sub(at[0]).Total().Seconds()
	c.ItemsPerCPU = float64(c.items()) / c.CPUSeconds
}

// weigh sees what the tables grew by.
func (c *cost) weigh(ctx context.Context, s *server, before []table) error {
	after, err := s.storage(ctx)
	if err != nil {
		return err
	}
	for signal, n := range c.Sent {
		c.BytesPerItem[signal] = float64(bytesOf(after, signal)-bytesOf(before, signal)) / float64(n)
		if rows := rowsOf(after, signal) - rowsOf(before, signal); rows != int64(n) {
			return fmt.Errorf("%d items of %s were sent, %d are in their tables", n, signal, rows)
		}
	}
	return nil
}

// rowsOf counts the items of a signal in the tables that have a row for each.
func rowsOf(tables []table, signal string) (sum int64) {
	of := map[string][]string{traces: {"spans"}, logs: {"logs"}, metrics: {"points", "distributions"}}[signal]
	for _, t := range tables {
		if slices.Contains(of, t.Table) {
			sum += t.Rows
		}
	}
	return sum
}

// compare divides by the yardstick.
func (r *report) compare() {
	for i := range r.Steps {
		c := &r.Steps[i]
		for _, y := range r.Yardsticks {
			if c.Sent[y.Signal] == 0 || len(c.Sent) > 1 || c.Way != y.Way {
				continue
			}
			if y.Batch {
				c.OfBatching = c.ItemsPerCPU / y.ItemsPerCPU
			} else {
				c.OfYardstick = c.ItemsPerCPU / y.ItemsPerCPU
			}
		}
	}
}

// rate is how many items a second of a signal were stored at full speed, in the last step that sent nothing else by the first way.
func (r *report) rate(signal string) float64 {
	rate := 0.0
	for _, c := range r.Steps {
		if n := c.Sent[signal]; n > 0 && len(c.Sent) == 1 && c.Way == r.Steps[0].Way {
			rate = float64(n) / c.StoredSeconds
		}
	}
	return rate
}

// stat are quantiles in milliseconds.
type stat struct {
	N   int     `json:"n"`
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

func quantiles(took []time.Duration) stat {
	if len(took) == 0 {
		return stat{}
	}
	slices.Sort(took)
	at := func(q float64) float64 {
		return float64(took[min(int(q*float64(len(took))), len(took)-1)].Microseconds()) / 1000
	}
	return stat{len(took), at(0.50), at(0.99), at(1)}
}
