// Package canary writes signed traces, log records and data points over OTLP, reads them back through every API, and says exactly
// what is missing or wrong. It is a client: it knows Sightline by its addresses only.
package canary

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/sightline/sightline/canary/api"
	"github.com/sightline/sightline/canary/check"
	"github.com/sightline/sightline/canary/content"
	"github.com/sightline/sightline/canary/otlp"
	"github.com/sightline/sightline/canary/report"
)

// What callers need of the packages below.
type (
	Target = api.Target
	Report = report.Report
)

// Config of a canary that writes.
type Config struct {
	Target
	Endpoint string // of OTLP
	Protocol string // http or grpc
	Key      string // with which is sent, if it asks for one

	Seed      string        // "": the log's, or a new one
	Interval  time.Duration // between rounds; divides a minute
	Count     int           // rounds; 0: until Duration is over
	Duration  time.Duration // 0 with Count 0: until the context ends
	Wait      time.Duration // for what was acknowledged to be visible
	MapWait   time.Duration // how much longer for the figures by the minute
	GiveUp    time.Duration // on a request that nobody acknowledges
	LogFile   string        // "": none
	WriteOnly bool
}

// RollupWait is how much longer than spans the figures by the minute may take: they are computed 15 s and 75 s after the first span.
const RollupWait = 100 * time.Second

// settled is how long a request that is being sent may go on after the context has ended.
const settled = 5 * time.Second

// pending is how many requests are looked for one by one at a time; with more, some are left to the audit.
const pending = 24

// canary is one that writes.
type canary struct {
	cfg    Config
	run    content.Run
	to     otlp.Sender
	log    *Log
	report *report.Report
	check  *check.Checker // nil: write only

	following sync.WaitGroup
	places    chan struct{}

	mu     sync.Mutex
	rounds content.Fates // not audited yet
}

// Run writes, reads and reports. observe gets the report while it grows; it may be nil. The error says why nothing could be done.
func Run(ctx context.Context, cfg Config, observe func(*Report)) (*Report, error) {
	c := &canary{cfg: cfg, run: content.Run{Seed: cfg.Seed, Interval: cfg.Interval}, places: make(chan struct{}, pending), rounds: content.Fates{}}
	if err := c.begin(); err != nil {
		return nil, err
	}
	defer c.log.Close()
	var err error
	if c.to, err = otlp.New(cfg.Protocol, cfg.Endpoint, cfg.Key); err != nil {
		return nil, err
	}
	defer c.to.Close()
	if err := otlp.Reach(ctx, cfg.Endpoint); err != nil {
		return nil, err
	}
	c.report = report.New(c.run.ID())
	c.report.URL, c.report.Endpoint, c.report.Protocol = cfg.URL, cfg.Endpoint, cfg.Protocol
	if !cfg.WriteOnly {
		reader, err := api.Open(ctx, cfg.Target)
		if err != nil {
			return nil, err
		}
		defer reader.Close()
		c.check = &check.Checker{Run: c.run, API: reader, Report: c.report}
	}
	if observe != nil {
		observe(c.report)
	}
	written := make(chan struct{})
	var auditor sync.WaitGroup
	if c.check != nil {
		auditor.Go(func() { c.auditMinutes(ctx, written) })
	}
	err = c.write(ctx)
	close(written)
	auditor.Wait()
	c.following.Wait()
	if err == nil && c.check != nil && ctx.Err() == nil {
		c.audit(ctx, c.take(func(int64) bool { return true }))
	}
	c.report.End()
	return c.report, err
}

// begin opens the log and decides which run this is: the log's last one goes on.
func (c *canary) begin() error {
	if c.cfg.LogFile != "" {
		switch before, err := readLog(c.cfg.LogFile); {
		case err == nil:
			c.resume(before)
		case !errors.Is(err, fs.ErrNotExist):
			return err // it is something else, and not ours to write into
		}
	}
	if c.run.Seed == "" {
		c.run.Seed = rand.Text()
	}
	if err := checkRun(c.run); err != nil {
		return err
	}
	if c.cfg.LogFile == "" {
		return nil
	}
	var err error
	c.log, err = OpenLog(c.cfg.LogFile, c.run)
	return err
}

// resume goes on with the run of a log, and takes over what the minute at hand has of it already.
func (c *canary) resume(before []*rounds) {
	if last := before[len(before)-1]; c.run.Seed == "" && last.run.Interval == c.run.Interval {
		c.run.Seed = last.run.Seed
	}
	minute := time.Now().Truncate(time.Minute)
	for _, r := range before {
		for seq, fates := range r.fates {
			if r.run == c.run && !c.run.At(seq).Before(minute) {
				c.rounds[seq] = fates
			}
		}
	}
}

// write sends round after round until it has sent enough.
func (c *canary) write(ctx context.Context) error {
	starting := ctx
	if c.cfg.Duration > 0 {
		var cancel context.CancelFunc
		starting, cancel = context.WithTimeout(ctx, c.cfg.Duration)
		defer cancel()
	}
	// What is under way when the context ends has a moment to be answered.
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(settled, cancel) })()
	seq := c.run.Next(time.Now())
	for n := 0; c.cfg.Count == 0 || n < c.cfg.Count; n++ {
		select {
		case <-starting.Done():
			return nil
		case <-time.After(time.Until(c.run.At(seq))):
		}
		if err := c.round(sending, ctx, seq); err != nil {
			return err
		}
		seq = max(seq+1, c.run.Next(time.Now().Add(-c.cfg.Interval)))
	}
	return nil
}

// round sends the three requests of a round. The error is one that no later round would be spared.
func (c *canary) round(sending, following context.Context, seq int64) error {
	limit, cancel := context.WithTimeout(sending, c.cfg.GiveUp)
	defer cancel()
	lines := make([]entry, content.Signals)
	for s := range content.Signals {
		lines[s] = entry{Seq: seq, Signal: s.String(), State: content.Sending}
		c.note(seq, s, content.Sending)
		c.report.Of(s, func(r *report.Signal) { r.Sent++ })
	}
	if err := c.log.write(true, lines...); err != nil {
		return err
	}
	var errs [content.Signals]error
	var group sync.WaitGroup
	for s := range content.Signals {
		group.Go(func() { errs[s] = c.deliver(limit, following, seq, s) })
	}
	group.Wait()
	for _, err := range errs { // what they have in common is said once
		if err != nil {
			return err
		}
	}
	return nil
}

// deliver sends one request until its fate is known, and writes that down before it counts.
func (c *canary) deliver(limit, following context.Context, seq int64, s content.Signal) error {
	b, err := c.run.Body(seq, s)
	if err != nil {
		return err
	}
	answer, err := otlp.Insist(limit, c.to, s, b)
	finding := report.Finding{Signal: s.String(), API: "OTLP " + s.String(), Time: c.run.At(seq), Item: c.run.Item(seq, 0)}
	var no *otlp.Refusal
	switch {
	case errors.As(err, &no) && no.Key:
		return fmt.Errorf("%s asks for a key (%w): make one with `sightline key create canary` and give it with --key or SIGHTLINE_KEY", c.cfg.Endpoint, err)
	case errors.As(err, &no) && no.Gone:
		c.report.NotServed(finding.API)
		return nil
	case errors.As(err, &no) && no.After < 0:
		finding.Category, finding.Detail = report.Rejected, no.Text
	case err != nil:
		finding.Category, finding.Detail = report.NotAccepted, fmt.Sprintf("nobody acknowledged it within %s: %v", c.cfg.GiveUp, err)
		c.report.Of(s, func(r *report.Signal) { r.Unacknowledged++ })
		c.report.Checked(finding.API, []report.Finding{finding})
		return nil
	default:
		n, message, err := otlp.Rejected(s, answer)
		if err != nil {
			return err
		}
		if n > 0 {
			finding.Category, finding.Detail = report.Rejected, fmt.Sprintf("%d items: %s", n, message)
		}
	}
	if finding.Category != "" {
		c.note(seq, s, content.Refused)
		c.report.Of(s, func(r *report.Signal) { r.Rejected++ })
		c.report.Checked(finding.API, []report.Finding{finding})
		return c.log.write(true, entry{Seq: seq, Signal: s.String(), State: content.Refused})
	}
	acked := time.Now()
	c.report.Checked(finding.API, nil)
	if err := c.log.write(true, entry{Seq: seq, Signal: s.String(), State: content.Acked}); err != nil {
		return err
	}
	c.note(seq, s, content.Acked)
	c.report.Of(s, func(r *report.Signal) { r.Acknowledged++; r.Items += c.run.Items(seq, s) })
	if c.check == nil {
		return nil
	}
	select {
	case c.places <- struct{}{}:
		c.following.Go(func() {
			defer func() { <-c.places }()
			c.check.Follow(following, seq, s, true, acked, acked.Add(c.cfg.Wait))
		})
	default: // it reads slower than it writes: the audit sees this one
	}
	return nil
}

// note remembers what is to be audited.
func (c *canary) note(seq int64, s content.Signal, fate content.Fate) {
	if c.check == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rounds.Set(seq, s, fate)
}

// take removes the rounds that are asked for.
func (c *canary) take(which func(seq int64) bool) content.Fates {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := content.Fates{}
	for seq, fates := range c.rounds {
		if which(seq) {
			taken[seq] = fates
			delete(c.rounds, seq)
		}
	}
	return taken
}

// auditMinutes looks at minutes as a whole, once their rollups are due.
func (c *canary) auditMinutes(ctx context.Context, written <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-written:
			return
		case <-time.After(10 * time.Second):
		}
		due := time.Now().Add(-c.cfg.Wait - c.cfg.MapWait - c.cfg.GiveUp).Truncate(time.Minute)
		c.audit(ctx, c.take(func(seq int64) bool { return c.run.At(seq).Before(due) }))
	}
}

func (c *canary) audit(ctx context.Context, fates content.Fates) {
	if len(fates) == 0 {
		return
	}
	c.check.Audit(ctx, fates, time.Now().Add(c.cfg.Wait), time.Now().Add(c.cfg.Wait+c.cfg.MapWait))
}
