package main

import (
	"context"
	"fmt"
	"time"

	"github.com/sightline/sightline/bench/proc"
	"github.com/sightline/sightline/storage/traces"
)

// rollupDays is how long rollups are kept.
const rollupDays = 90

// sumUp computes the rollups of every minute of the load, once before it counts: the first time reads what no page cache holds.
func (r *run) sumUp(ctx context.Context) error {
	if r.rollup <= 0 {
		return nil
	}
	rollup := traces.NewRollup(r.db, rollupDays)
	first := r.began.Truncate(time.Minute)
	r.minutes = int(r.ended.Sub(first)/time.Minute) + 1
	generation := uint64(time.Now().UnixNano())
	for range 2 {
		client := proc.Self()
		engine, err := proc.Engine(r.pid)
		if err != nil {
			return err
		}
		var spans uint64
		for m := 0; m < r.minutes; m += r.rollup {
			generation++
			n, err := rollup.Recompute(ctx, "default", first.Add(time.Duration(m)*time.Minute), min(r.rollup, r.minutes-m), generation)
			if err != nil {
				return err
			}
			spans += n
		}
		if spans == 0 || spans > uint64(r.stored) {
			return fmt.Errorf("%d spans were summed up, %d are stored", spans, r.stored)
		}
		spent, err := proc.Engine(r.pid)
		if err != nil {
			return err
		}
		r.rollups = spent.Sub(engine)
		r.rollups.Program = proc.Self() - client
	}
	return nil
}
