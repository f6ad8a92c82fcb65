package canary

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
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
	api, err := open(ctx, cfg.Target)
	if err != nil {
		return nil, err
	}
	defer api.close()
	report := newReport(runs[len(runs)-1].run.ID())
	report.URL = cfg.URL
	if observe != nil {
		observe(report)
	}
	deadline := time.Now().Add(cfg.Wait)
	for _, r := range runs {
		if cfg.Since > 0 {
			oldest := time.Now().Add(-cfg.Since).Truncate(time.Minute)
			maps.DeleteFunc(r.states, func(seq int64, _ map[signal]string) bool { return r.run.At(seq).Before(oldest) })
		}
		(&checker{run: r.run, api: api, report: report}).verify(ctx, r, cfg.Sample, deadline, deadline.Add(cfg.MapWait))
	}
	report.end()
	return report, ctx.Err()
}

func (c *checker) verify(ctx context.Context, r *rounds, sample int, deadline, rolledUp time.Time) {
	pieces := map[time.Time]map[int64]map[signal]string{}
	for seq, states := range r.states {
		at := c.run.At(seq).Truncate(piece)
		if pieces[at] == nil {
			pieces[at] = map[int64]map[signal]string{}
		}
		pieces[at][seq] = states
		for s, state := range states {
			c.report.of(s, func(of *SignalReport) {
				of.Sent++
				switch state {
				case stateAcked:
					of.Acknowledged++
					of.Items += c.run.Items(seq, s.String())
				case stateRefused:
					of.Rejected++
				default:
					of.Unacknowledged++
				}
			})
		}
	}
	seqs := slices.Sorted(maps.Keys(r.states))
	if sample > 0 && len(seqs) > sample {
		for i := range sample { // evenly, the last one among them
			seqs[i] = seqs[(i+1)*len(seqs)/sample-1]
		}
		seqs = seqs[:sample]
	}
	var readers sync.WaitGroup
	next := make(chan int64)
	for range atOnce {
		readers.Go(func() {
			for seq := range next {
				for s := range signals {
					if state, ok := r.states[seq][s]; ok {
						c.follow(ctx, seq, s, state == stateAcked, time.Time{}, deadline)
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
		c.audit(ctx, pieces[at], deadline, rolledUp)
	}
}
