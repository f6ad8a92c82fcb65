package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"
)

// perHour is how dense the load's timestamps are, spans or records: a step's follow those of the step before it up to now, as in a
// table that grows.
const perHour = 2_000_000

// measure is the whole run.
func measure(ctx context.Context, o options) (*report, error) {
	r := &report{Senders: o.senders, InFlight: o.inFlight, CPUs: runtime.NumCPU(), Go: runtime.Version(), Began: time.Now().UTC()}
	if o.yardstick > 0 {
		if err := r.yardsticks(ctx, o); err != nil {
			return nil, err
		}
	}
	dir := o.keep
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "sightline-bench-"); err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
	}
	say("cold start on an empty folder")
	s, err := startServer(ctx, o.binary, dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.stop() }()
	r.ColdStartMS = s.took.Milliseconds()
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	if r.IdleMiB, err = s.tree.Memory(); err != nil {
		return nil, err
	}
	if _, err := s.storage(ctx); err != nil {
		return nil, err
	}
	all := plan(o)
	at := time.Now().Add(-length(all))
	sent, busiest := &sample{}, at
	for i := range all {
		all[i].from = at
		if all[i].items[traces] > 0 && len(all[i].items) == 1 && all[i].way == o.ways[0] {
			busiest = at.Add(all[i].long()) // the hour before is full
		}
		at = at.Add(all[i].long() + gap)
		cost, err := all[i].run(ctx, s, o, sent)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", all[i].name, err)
		}
		r.Steps = append(r.Steps, cost)
	}
	r.compare()
	r.Storage = s.weighed
	if o.queries > 0 && slices.Contains(o.signals, traces) {
		say("asking %d times each", o.queries)
		if err := ask(ctx, s, o, sent, busiest, r); err != nil {
			return nil, err
		}
	}
	if o.half > 0 {
		for _, signal := range o.signals {
			h, err := halfLoad(ctx, s, o, signal, r.rate(signal)/2)
			if err != nil {
				return nil, fmt.Errorf("half load of %s: %w", signal, err)
			}
			r.Half = append(r.Half, h)
		}
	}
	say("restart with the data")
	if err := s.stop(); err != nil {
		return nil, err
	}
	again, err := startServer(ctx, o.binary, dir)
	if err != nil {
		return nil, err
	}
	s = again
	r.RestartMS = s.took.Milliseconds()
	s, err = askCold(ctx, s, o, dir, r)
	return r, err
}

// plan lists the steps. Logs and metrics come first: they have no rollups, whose second turn would fall into the step after.
func plan(o options) (all []step) {
	first := o.ways[0]
	for _, signal := range []string{logs, metrics, traces} {
		if !slices.Contains(o.signals, signal) {
			continue
		}
		switch signal {
		case traces:
			before := 0.0
			for _, size := range o.sizes {
				all = append(all, newStep(fmt.Sprintf("traces to %g million", size), first, signal, int((size-before)*1e6)))
				before = size
			}
		case logs:
			all = append(all, newStep("logs", first, signal, o.records))
		case metrics:
			all = append(all, newStep("metrics", first, signal, o.points))
		}
		for _, w := range o.ways[1:] {
			all = append(all, newStep(signal, w, signal, o.wayItems))
		}
	}
	if o.together > 0 && len(o.signals) > 1 {
		s := step{name: "together", way: first, items: map[string]int{}}
		for _, signal := range o.signals {
			s.items[signal] = o.together
		}
		all = append(all, s)
	}
	for i := range all {
		all[i].n = i
	}
	return all
}

// gap is how far the timestamps of two steps lie apart, so that no step has rollups of another computed again.
const gap = 5 * time.Minute

// length is how long the timestamps of the steps go on.
func length(all []step) (sum time.Duration) {
	for i := range all {
		sum += all[i].long() + gap
	}
	return sum
}
