package engine

import (
	"context"
	"fmt"
	"sync"
)

// pool hands out the sessions of one class. They are opened when first needed and kept.
type pool struct {
	open  func() (*pooled, error)
	slots chan struct{} // one token per session that may be out

	mu   sync.Mutex
	idle []*pooled // last in, first out: the warmest first
}

// pooled is a session of a pool. id is its log_comment, by which a statement that it runs is found in system.processes: the
// library can't set a query_id.
type pooled struct {
	*session
	id       string
	database string
}

func newPool(size int, open func() (*pooled, error)) *pool {
	return &pool{open: open, slots: make(chan struct{}, size)}
}

// get waits for a session until ctx ends.
func (p *pool) get(ctx context.Context) (*pooled, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a free session: %w", ctx.Err())
	}
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		s := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return s, nil
	}
	p.mu.Unlock()
	s, err := p.open()
	if err != nil {
		<-p.slots
		return nil, err
	}
	return s, nil
}

// put takes a session back; a spoilt one is closed.
func (p *pool) put(s *pooled, spoilt bool) {
	if spoilt {
		s.close()
	} else {
		p.mu.Lock()
		p.idle = append(p.idle, s)
		p.mu.Unlock()
	}
	<-p.slots
}

// close closes the idle sessions.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.idle {
		s.close()
	}
	p.idle = nil
}
