// Package canary writes signed traces, log records and data points over OTLP, reads them back through every API, and says exactly
// what is missing or wrong. It is a client: it knows Sightline by its addresses only.
package canary

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sightline/sightline/canary/content"
)

// Target is the instance that is looked at.
type Target struct {
	URL            string // of the API
	ReadKey        string // with which it is read, if it asks for one
	User, Password string // or a login
}

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
	to     sender
	log    *Log
	report *Report
	check  *checker // nil: write only

	following sync.WaitGroup
	places    chan struct{}

	mu     sync.Mutex
	rounds map[int64]map[signal]string // not audited yet
}

// Run writes, reads and reports. observe gets the report while it grows; it may be nil. The error says why nothing could be done.
func Run(ctx context.Context, cfg Config, observe func(*Report)) (*Report, error) {
	c := &canary{cfg: cfg, run: content.Run{Seed: cfg.Seed, Interval: cfg.Interval}, places: make(chan struct{}, pending), rounds: map[int64]map[signal]string{}}
	if err := c.begin(); err != nil {
		return nil, err
	}
	defer c.log.Close()
	var err error
	if c.to, err = newSender(cfg.Protocol, cfg.Endpoint, cfg.Key); err != nil {
		return nil, err
	}
	defer c.to.close()
	if err := reachable(ctx, cfg.Endpoint); err != nil {
		return nil, err
	}
	c.report = newReport(c.run.ID())
	c.report.URL, c.report.Endpoint, c.report.Protocol = cfg.URL, cfg.Endpoint, cfg.Protocol
	if !cfg.WriteOnly {
		api, err := open(ctx, cfg.Target)
		if err != nil {
			return nil, err
		}
		defer api.close()
		c.check = &checker{run: c.run, api: api, report: c.report}
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
	c.report.end()
	return c.report, err
}

// begin opens the log and decides which run this is: the log's last one goes on.
func (c *canary) begin() error {
	if c.cfg.LogFile != "" {
		if before, err := readLog(c.cfg.LogFile); err == nil {
			c.resume(before)
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
		for seq, states := range r.states {
			if r.run == c.run && !c.run.At(seq).Before(minute) {
				c.rounds[seq] = states
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
	lines := make([]entry, signals)
	for s := range signals {
		lines[s] = entry{Seq: seq, Signal: s.String(), State: stateSending}
		c.note(seq, s, stateSending)
		c.report.of(s, func(r *SignalReport) { r.Sent++ })
	}
	if err := c.log.write(true, lines...); err != nil {
		return err
	}
	var errs [signals]error
	var group sync.WaitGroup
	for s := range signals {
		group.Go(func() { errs[s] = c.deliver(limit, following, seq, s) })
	}
	group.Wait()
	return errors.Join(errs[:]...)
}

// deliver sends one request until its fate is known, and writes that down before it counts.
func (c *canary) deliver(limit, following context.Context, seq int64, s signal) error {
	b, err := body(c.run, seq, s)
	if err != nil {
		return err
	}
	answer, err := insist(limit, c.to, s, b)
	finding := Finding{Signal: s.String(), API: "OTLP " + s.String(), Time: c.run.At(seq), Item: c.run.Item(seq, 0)}
	var no *refusal
	switch {
	case errors.As(err, &no) && no.key:
		return fmt.Errorf("%s asks for a key (%w): make one with `sightline key create canary` and give it with --key or SIGHTLINE_KEY", c.cfg.Endpoint, err)
	case errors.As(err, &no) && no.gone:
		c.report.notServed(finding.API)
		return nil
	case errors.As(err, &no) && no.after < 0:
		finding.Category, finding.Detail = Rejected, no.text
	case err != nil:
		finding.Category, finding.Detail = NotAccepted, fmt.Sprintf("nobody acknowledged it within %s: %v", c.cfg.GiveUp, err)
		c.report.of(s, func(r *SignalReport) { r.Unacknowledged++ })
		c.report.checked(finding.API, []Finding{finding})
		return nil
	default:
		n, message, err := rejected(s, answer)
		if err != nil {
			return err
		}
		if n > 0 {
			finding.Category, finding.Detail = Rejected, fmt.Sprintf("%d items: %s", n, message)
		}
	}
	if finding.Category != "" {
		c.note(seq, s, stateRefused)
		c.report.of(s, func(r *SignalReport) { r.Rejected++ })
		c.report.checked(finding.API, []Finding{finding})
		return c.log.write(true, entry{Seq: seq, Signal: s.String(), State: stateRefused})
	}
	acked := time.Now()
	c.report.checked(finding.API, nil)
	if err := c.log.write(true, entry{Seq: seq, Signal: s.String(), State: stateAcked}); err != nil {
		return err
	}
	c.note(seq, s, stateAcked)
	c.report.of(s, func(r *SignalReport) { r.Acknowledged++; r.Items += c.run.Items(seq, s.String()) })
	if c.check == nil {
		return nil
	}
	select {
	case c.places <- struct{}{}:
		c.following.Go(func() {
			defer func() { <-c.places }()
			c.check.follow(following, seq, s, true, acked, acked.Add(c.cfg.Wait))
		})
	default: // it reads slower than it writes: the audit sees this one
	}
	return nil
}

func (c *canary) note(seq int64, s signal, state string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rounds[seq] == nil {
		c.rounds[seq] = map[signal]string{}
	}
	c.rounds[seq][s] = state
}

// take removes the rounds that are asked for.
func (c *canary) take(which func(seq int64) bool) map[int64]map[signal]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := map[int64]map[signal]string{}
	for seq, states := range c.rounds {
		if which(seq) {
			taken[seq] = states
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

func (c *canary) audit(ctx context.Context, states map[int64]map[signal]string) {
	if len(states) == 0 {
		return
	}
	c.check.audit(ctx, states, time.Now().Add(c.cfg.Wait), time.Now().Add(c.cfg.Wait+c.cfg.MapWait))
}

// follow looks for what one request brought, by one API after the other.
func (c *checker) follow(ctx context.Context, seq int64, s signal, acked bool, since, deadline time.Time) {
	if well := c.until(ctx, deadline, c.ahead().find(seq, s, acked)); !well.IsZero() && !since.IsZero() {
		c.report.of(s, func(r *SignalReport) { r.seenAfter(well.Sub(since)) })
	}
	for _, k := range c.read(seq, s, acked) {
		c.until(ctx, deadline, k)
	}
	if ctx.Err() == nil {
		c.report.of(s, func(r *SignalReport) { r.Checked++ })
	}
}

// find is the check that says when a request is visible.
func (c *checker) find(seq int64, s signal, acked bool) check {
	switch s {
	case traces:
		return c.findTrace(seq, acked)
	case logs:
		return c.findLogs(seq, acked)
	}
	return c.findPoint(seq, acked)
}

// read are the other checks of a request.
func (c *checker) read(seq int64, s signal, acked bool) []check {
	switch s {
	case traces:
		return c.readTrace(seq, acked)
	case logs:
		return c.readLogs(seq, acked)
	}
	return []check{c.readPoints(seq, acked)}
}
