package query

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/sightline/sightline/query/api"
)

// turns bounds how many queries run at a time, and how many and how long others wait.
type turns struct {
	free       chan struct{} // holds a token for each query that may begin
	waiting    atomic.Int64
	maxWaiting int64
	maxWait    time.Duration
	refused    atomic.Int64
}

func newTurns(running, waiting int, maxWait time.Duration) *turns {
	t := &turns{free: make(chan struct{}, running), maxWaiting: int64(waiting), maxWait: maxWait}
	for range running {
		t.free <- struct{}{}
	}
	return t
}

// running is how many queries have a turn.
func (t *turns) running() int { return cap(t.free) - len(t.free) }

// take waits for a turn; release gives it back.
func (t *turns) take(ctx context.Context) (release func(), err error) {
	release = func() { t.free <- struct{}{} }
	select {
	case <-t.free:
		return release, nil
	default:
	}
	if t.waiting.Add(1) > t.maxWaiting {
		t.waiting.Add(-1)
		return nil, t.refuse()
	}
	defer t.waiting.Add(-1)
	timer := time.NewTimer(t.maxWait)
	defer timer.Stop()
	select {
	case <-t.free:
		return release, nil
	case <-timer.C:
		return nil, t.refuse()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (t *turns) refuse() error {
	t.refused.Add(1)
	return &api.Error{Code: api.TooManyRequests, Message: "too many queries are running", Hint: "try again in a moment", RetryAfter: time.Second}
}
