package admission

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rates bounds what each project sends, so that one does not starve the others. It is safe for concurrent use.
type Rates struct {
	limit int64 // bytes a second; 0: not limited
	burst int
	mu    sync.Mutex
	of    map[string]*rate.Limiter
}

// NewRates allows so many bytes a second, and two seconds' worth, at least one whole request, at once.
func NewRates(l Limits) *Rates {
	return &Rates{limit: l.Rate, burst: int(max(2*l.Rate, l.Request)), of: map[string]*rate.Limiter{}}
}

// Take spends a project's budget, or returns the refusal.
func (r *Rates) Take(project string, bytes int) error {
	if r.limit == 0 {
		return nil
	}
	r.mu.Lock()
	l := r.of[project]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(r.limit), r.burst)
		r.of[project] = l
	}
	r.mu.Unlock()
	now := time.Now()
	res := l.ReserveN(now, bytes)
	if wait := res.DelayFrom(now); wait > 0 {
		res.CancelAt(now)
		return RateLimited(project, r.limit, wait)
	}
	return nil
}
