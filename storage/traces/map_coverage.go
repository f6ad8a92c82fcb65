package traces

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"time"

	"github.com/sightline/sightline/storage/conn"
)

var (
	//go:embed map_published.sql
	publishedSQL string
	//go:embed map_minutes.sql
	minutesSQL string
)

const (
	// openFor is how long after its end a minute is read from spans: its first rollups come a quarter of a minute after its spans,
	// and without their stragglers.
	openFor = time.Minute
	// maxOpen is how many minutes without rollups are read from spans beside those; the rest is left out and counted.
	maxOpen = 5
	// lookBack is how far back minutes without rollups are looked for: older ones had no spans, or are long past.
	lookBack = 3 * time.Hour
)

// coverage says where the figures of a range come from: from published rollups, but for open minutes, which are summed up from
// spans as they are read.
type coverage struct {
	in      Range    // whole minutes
	open    []Range  // stretches of whole minutes, ascending
	minutes []uint32 // of open, unix seconds
	missing int      // minutes that have spans, and neither rollups nor a place in open
}

// cover finds the sources of a range, which it extends to whole minutes.
func (r *Reader) cover(ctx context.Context, project string, in Range) (coverage, error) {
	in = Range{in.From.UTC().Truncate(time.Minute), in.To.UTC().Add(time.Minute - 1).Truncate(time.Minute)}
	c := coverage{in: in}
	now := r.now().UTC()
	fresh := now.Add(-openFor).Truncate(time.Minute)
	tail := Range{later(in.From, fresh), earlier(in.To, now.Truncate(time.Minute).Add(2*time.Minute))} // clocks run ahead a little
	older := Range{later(in.From, now.Truncate(time.Minute).Add(-lookBack)), earlier(in.To, fresh)}
	var missing []uint32
	if older.To.After(older.From) {
		published, err := conn.All[uint32](ctx, r.db, conn.Query{SQL: publishedSQL, Params: older.params(project)})
		if err != nil {
			return c, fmt.Errorf("read which rollups there are: %w", err)
		}
		if gaps := without(older, published); len(gaps) > 0 {
			conditions, params := within(gaps)
			missing, err = conn.All[uint32](ctx, r.db, conn.Query{SQL: when(minutesSQL, conditions), Params: append(params, conn.Str("project", project))})
			if err != nil {
				return c, fmt.Errorf("look for minutes without rollups: %w", err)
			}
			missing = slices.DeleteFunc(missing, func(m uint32) bool { _, ok := slices.BinarySearch(published, m); return ok })
		}
	}
	c.missing = max(0, len(missing)-maxOpen)
	for _, m := range missing[c.missing:] {
		at := time.Unix(int64(m), 0).UTC()
		c.add(Range{at, at.Add(time.Minute)})
	}
	if tail.To.After(tail.From) {
		c.add(tail)
	}
	return c, nil
}

func (c *coverage) add(in Range) {
	for m := in.From; m.Before(in.To); m = m.Add(time.Minute) {
		c.minutes = append(c.minutes, uint32(m.Unix()))
	}
	if n := len(c.open); n > 0 && c.open[n-1].To.Equal(in.From) {
		c.open[n-1].To = in.To
		return
	}
	c.open = append(c.open, in)
}

// params are those of a read from rollups, by steps of time.
func (c *coverage) params(project string, step time.Duration) []conn.Param {
	return append(c.in.params(project), conn.Uint("step", uint32(max(step, time.Minute)/time.Second)), conn.Uints("open", c.minutes))
}

// steps rounds a minute down to its step.
func steps(minute uint32, step time.Duration) uint32 {
	n := uint32(max(step, time.Minute) / time.Second)
	return minute / n * n
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
