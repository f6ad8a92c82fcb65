package main

import (
	"bytes"
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/bench/load"
	"github.com/sightline/sightline/bench/proc"
)

// step is a load at full speed, and the wait until all that follows from it is done.
type step struct {
	n     int
	name  string
	way   way
	items map[string]int // by signal
	from  time.Time      // of the timestamps
}

func newStep(name string, w way, signal string, items int) step {
	return step{name: name, way: w, items: map[string]int{signal: items}}
}

// long is how long the timestamps of the step go on.
func (s *step) long() (long time.Duration) {
	for signal, items := range s.items {
		hours := float64(items) / perHour
		if signal == metrics { // instances export when they do
			hours = float64(items) / load.NewMetrics(load.Config{}).PerHour()
		}
		long = max(long, time.Duration(hours*float64(time.Hour)))
	}
	return long
}

// run sends the step and measures it.
func (s *step) run(ctx context.Context, to *server, o options, sent *sample) (cost, error) {
	c := cost{Name: s.name, Way: s.way.String(), Sent: map[string]int{}, BytesPerItem: map[string]float64{}, Ack: map[string]stat{}}
	accounts, err := to.status(ctx)
	if err != nil {
		return c, err
	}
	tables := to.weighed // by the step before
	for signal := range s.items {
		c.Before += int(accounts.Ingest[signal].Stored)
	}
	var at [4]proc.CPU // at the start, when all is acknowledged, stored, idle
	var after [4]float64
	client, began := proc.Self(), time.Now()
	mark := func(i int) error {
		after[i] = time.Since(began).Seconds()
		at[i], err = to.tree.CPU()
		return err
	}
	if err := mark(0); err != nil {
		return c, err
	}
	peak := watchMemory(ctx, to.tree)
	defer peak()
	say("%s over %s: sending %v", s.name, s.way, s.items)
	acked, err := s.sendAll(ctx, to.address, o, sent, c.Sent)
	if err != nil {
		return c, err
	}
	c.Client = (proc.Self() - client).Seconds()
	if err := mark(1); err != nil {
		return c, err
	}
	if err := to.waitStored(ctx, accounts, c.Sent); err != nil {
		return c, err
	}
	if err := mark(2); err != nil {
		return c, err
	}
	say("stored; waiting until merges and rollups are idle")
	if err := to.settle(ctx); err != nil {
		return c, err
	}
	if err := mark(3); err != nil {
		return c, err
	}
	c.PeakMiB = peak()
	for signal, a := range acked {
		c.Ack[signal] = quantiles(a.took)
		c.Refused += a.refused
	}
	c.AckedSeconds, c.StoredSeconds, c.IdleSeconds = after[1], after[2], after[3]
	c.count(at)
	return c, c.weigh(ctx, to, tables)
}

// sendAll sends every signal of the step from senders of its own, and adds up what was sent.
func (s *step) sendAll(ctx context.Context, to address, o options, sent *sample, counts map[string]int) (map[string]*acks, error) {
	acked := map[string]*acks{}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	for signal, items := range s.items {
		a := &acks{}
		acked[signal] = a
		var f *feed
		for i := range o.senders {
			if f == nil || signal != metrics { // an instance's exports are as large as its series are many: they are not shared out
				f = &feed{source: s.source(signal, i, items/o.senders)}
			}
			group.Go(func() error {
				n, err := s.send(ctx, to, o, signal, f, items/o.senders, a, sent)
				mu.Lock()
				defer mu.Unlock()
				counts[signal] += n
				return err
			})
		}
	}
	return acked, group.Wait()
}

// feed is a source that several senders may share.
type feed struct {
	mu     sync.Mutex
	source load.Source
}

func (f *feed) next() (body []byte, items int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	request := f.source.Next()
	return bytes.Clone(request.Body), request.Items
}

// send sends so many items, and says how many they were.
func (s *step) send(ctx context.Context, to address, o options, signal string, from *feed, items int, a *acks, sent *sample) (int, error) {
	c, hangUp, err := dial(to, s.way, signal, o.inFlight)
	if err != nil {
		return 0, err
	}
	defer hangUp()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(o.inFlight)
	done := 0
	for done < items && ctx.Err() == nil {
		body, n := from.next()
		done += n
		if signal == traces && sent != nil {
			sent.add(body)
		}
		group.Go(func() error { return a.deliver(ctx, c, body) })
	}
	return done, group.Wait()
}

// source makes the load of a sender. Traces and logs of a step and a sender are of the same instances and the same traces; metrics are
// of the same 4,000 series in every step.
func (s *step) source(signal string, n, items int) load.Source {
	cfg := load.Config{Seed: uint64(1000*(s.n+1) + n), Start: s.from}
	switch signal {
	case logs:
		return load.NewLogs(cfg.Fill(s.long(), items, load.NewLogs))
	case metrics:
		cfg.Seed = 1
		return load.NewMetrics(cfg)
	}
	return load.New(cfg.Fill(s.long(), items, load.New))
}
