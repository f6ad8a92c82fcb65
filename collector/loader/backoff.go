package loader

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff spaces retries: doubling from first to limit, each jittered to between half of it and the whole. It never gives up.
type backoff struct {
	first, limit time.Duration
	next         time.Duration
}

// timing is how patient the loader is.
type timing struct {
	retry    backoff       // between attempts of the same INSERT
	probe    backoff       // between questions to an engine that does not answer: short, because asking is cheap and spans wait
	patience time.Duration // how long one record alone may fail before it is given up
	grace    time.Duration // how long a running INSERT may take to end once the loader is told to stop
}

func defaultTiming() timing {
	return timing{
		retry:    backoff{first: 100 * time.Millisecond, limit: 30 * time.Second},
		probe:    backoff{first: 50 * time.Millisecond, limit: 2 * time.Second},
		patience: 2 * time.Minute,
		grace:    5 * time.Second,
	}
}

// wait sleeps; it returns the context's error if that ends first.
func (b *backoff) wait(ctx context.Context) error {
	b.next = min(max(2*b.next, b.first), b.limit)
	return sleep(ctx, b.next/2+rand.N(b.next/2+1))
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
