package canary

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/sightline/sightline/canary/api"
	"github.com/sightline/sightline/canary/check"
	"github.com/sightline/sightline/canary/content"
	"github.com/sightline/sightline/canary/report"
)

// VerifyConfig is what a log is verified against.
type VerifyConfig struct {
	Target
	LogFile string
	Since   time.Duration // only rounds younger than this; 0: all
	Wait    time.Duration // for what was acknowledged to be visible
	MapWait time.Duration // how much longer for the figures by the minute
	Sample  int           // how many rounds are read one by one; 0: all. Lists, services and map are of all
}

// piece is how much of a run is audited at a time.
const piece = time.Hour

// Verify reads back everything that a log says was acknowledged.
func Verify(ctx context.Context, cfg VerifyConfig, observe func(*Report)) (*Report, error) {
	runs, err := readLog(cfg.LogFile)
	if err != nil {
		return nil, err
	}
	reader, err := api.Open(ctx, cfg.Target)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	found := report.New(runs[len(runs)-1].run.ID())
	found.URL = cfg.URL
	if observe != nil {
		observe(found)
	}
	deadline := time.Now().Add(cfg.Wait)
	for _, r := range runs {
		if cfg.Since > 0 {
			oldest := time.Now().Add(-cfg.Since).Truncate(time.Minute)
			maps.DeleteFunc(r.fates, func(seq int64, _ map[content.Signal]content.Fate) bool { return r.run.At(seq).Before(oldest) })
		}
		r.verify(ctx, &check.Checker{Run: r.run, API: reader, Report: found}, cfg.Sample, deadline, deadline.Add(cfg.MapWait))
	}
	found.End()
	return found, ctx.Err()
}

// verify looks for what one run has sent.
func (r *rounds) verify(ctx context.Context, c *check.Checker, sample int, deadline, rolledUp time.Time) {
	pieces := map[time.Time]content.Fates{}
	for seq, fates := range r.fates {
		at := r.run.At(seq).Truncate(piece)
		if pieces[at] == nil {
			pieces[at] = content.Fates{}
		}
		pieces[at][seq] = fates
		for s, fate := range fates {
			c.Report.Of(s, func(of *report.Signal) {
				of.Sent++
				switch fate {
				case content.Acked:
					of.Acknowledged++
					of.Items += r.run.Items(seq, s)
				case content.Refused:
					of.Rejected++
				default:
					of.Unacknowledged++
				}
			})
		}
	}
	seqs := slices.Sorted(maps.Keys(r.fates))
	if sample > 0 && len(seqs) > sample {
		for i := range sample { // evenly, the last one among them
			seqs[i] = seqs[(i+1)*len(seqs)/sample-1]
		}
		seqs = seqs[:sample]
	}
	var readers sync.WaitGroup
	next := make(chan int64)
	for range api.AtOnce {
		readers.Go(func() {
			for seq := range next {
				for s := range content.Signals {
					if fate, ok := r.fates[seq][s]; ok {
						c.Follow(ctx, seq, s, fate == content.Acked, time.Time{}, deadline)
					}
				}
			}
		})
	}
	for _, seq := range seqs {
		next <- seq
	}
	close(next)
	readers.Wait()
	for _, at := range slices.SortedFunc(maps.Keys(pieces), time.Time.Compare) {
		c.Audit(ctx, pieces[at], deadline, rolledUp)
	}
}
