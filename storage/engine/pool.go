package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// class is a kind of session and how many of it there may be.
type class struct {
	size     int
	settings [][2]string // name and value
	readonly bool
}

// pool hands out the sessions of one class. They are opened when first needed and kept.
type pool struct {
	open  func() (*pooled, error)
	slots chan struct{} // holds one for every session that is out

	mu   sync.Mutex
	idle []*pooled // last in, first out: the warmest first
}

// pooled is a session of a pool. id is its log_comment, by which a statement that it runs is found in system.processes: the library
// can't set a query_id.
type pooled struct {
	*session
	id        string
	database  string
	base      map[string]string // its class's settings
	unsettled bool              // its last statement failed or was cancelled
}

func (s *server) newPool(c class) *pool {
	return &pool{open: func() (*pooled, error) { return s.open(c) }, slots: make(chan struct{}, c.size)}
}

// open makes a session of the class. The limits go first: once readonly is 1 nothing can be set on it, not even readonly.
func (s *server) open(c class) (*pooled, error) {
	raw, err := s.lib.open(s.arguments...)
	if err != nil {
		return nil, fmt.Errorf("open a session: %w", err)
	}
	p := &pooled{session: raw, id: fmt.Sprintf("session-%d", s.opened.Add(1)), database: "default", base: map[string]string{}}
	for _, setting := range c.settings {
		p.base[setting[0]] = setting[1]
	}
	err = p.exec(setStatement(append(slices.Clone(c.settings), [2]string{"log_comment", p.id})))
	if err == nil && c.readonly {
		err = p.exec("SET readonly = 1")
	}
	if err != nil {
		p.close()
		return nil, fmt.Errorf("prepare a session: %w", err)
	}
	return p, nil
}

// get waits for a session until ctx ends.
func (p *pool) get(ctx context.Context) (*pooled, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a free session: %w", ctx.Err())
	}
	if s := p.pop(); s != nil {
		return s, nil
	}
	s, err := p.open()
	if err != nil {
		<-p.slots
		return nil, err
	}
	return s, nil
}

func (p *pool) pop() *pooled {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	s := p.idle[n-1]
	p.idle = p.idle[:n-1]
	return s
}

// put takes a session back.
func (p *pool) put(s *pooled) {
	p.mu.Lock()
	p.idle = append(p.idle, s)
	p.mu.Unlock()
	<-p.slots
}

// drop closes a session that can't be used again.
func (p *pool) drop(s *pooled) {
	s.close()
	<-p.slots
}

// close closes the idle sessions.
func (p *pool) close() {
	for s := p.pop(); s != nil; s = p.pop() {
		s.close()
	}
}

// use makes database the one that unqualified names are in.
func (p *pooled) use(database string) error {
	if database == "" || database == p.database {
		return nil
	}
	if err := p.exec("USE " + quoteName(database)); err != nil {
		return err
	}
	p.database = database
	return nil
}

// reset undoes settings of one statement.
func (p *pooled) reset(settings [][2]string) error {
	parts := make([]string, len(settings))
	for i, s := range settings {
		parts[i] = s[0] + " = DEFAULT"
		if base, ok := p.base[s[0]]; ok {
			parts[i] = s[0] + " = " + quoteString(base)
		}
	}
	return p.exec("SET " + strings.Join(parts, ", "))
}

// settle makes the session forget a statement that failed or was cancelled: it stays in system.processes, and holds its tables, until
// the next one.
func (p *pooled) settle() {
	if p.unsettled {
		p.unsettled = false
		p.run("SELECT 1", "Null", nil).free()
	}
}

// setStatement is a SET of several settings; the engine takes quoted values for numbers too.
func setStatement(settings [][2]string) string {
	parts := make([]string, len(settings))
	for i, s := range settings {
		parts[i] = s[0] + " = " + quoteString(s[1])
	}
	return "SET " + strings.Join(parts, ", ")
}

func quoteString(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

func quoteName(s string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(s) + "`"
}
