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

// retryPause is between attempts of the same INSERT.
func retryPause() backoff { return backoff{first: 100 * time.Millisecond, limit: 30 * time.Second} }

// probePause is between questions to an engine that does not answer. It is short: asking is cheap, and spans wait.
func probePause() backoff { return backoff{first: 50 * time.Millisecond, limit: 2 * time.Second} }

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
