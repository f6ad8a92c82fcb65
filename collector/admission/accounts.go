package admission

import (
	"maps"
	"sync"
	"time"
)

// Account is what a project sent since the process started, in items. Received = Accepted + Deduplicated + sum of Rejected.
// What is stored and what waits, over restarts too, the loader and the journal say.
type Account struct {
	Requests, Bytes                  uint64 // answered with success; bytes after decompression
	Received, Accepted, Deduplicated uint64
	Rejected                         map[string]uint64 // by reason
	Last                             time.Time         // of the last answered request
}

// Accounts counts what the receiver answered. It is safe for concurrent use.
type Accounts struct {
	mu       sync.Mutex
	projects map[string]*Account
	refused  map[string]uint64
}

// NewAccounts are empty.
func NewAccounts() *Accounts {
	return &Accounts{projects: map[string]*Account{}, refused: map[string]uint64{}}
}

// Answered counts a request that was made durable: accepted or repeated items, and those rejected.
func (a *Accounts) Answered(project string, bytes int, accepted, repeated uint32, rejected map[string]uint32, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.projects[project]
	if p == nil {
		p = &Account{}
		a.projects[project] = p
	}
	p.Requests++
	p.Bytes += uint64(bytes)
	p.Accepted += uint64(accepted)
	p.Deduplicated += uint64(repeated)
	p.Received += uint64(accepted) + uint64(repeated)
	p.Last = at
	for reason, n := range rejected {
		if p.Rejected == nil {
			p.Rejected = map[string]uint64{}
		}
		p.Rejected[reason] += uint64(n)
		p.Received += uint64(n)
	}
}

// Refused counts a request that was not taken.
func (a *Accounts) Refused(reason string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refused[reason]++
}

// Snapshot is a copy of the accounts.
type Snapshot struct {
	Projects    map[string]Account
	Refused     map[string]uint64 // requests, by reason
	Undecodable uint64            // requests among Refused whose items can't be counted, because nobody can read them
}

// Snapshot copies.
func (a *Accounts) Snapshot() Snapshot {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := Snapshot{Projects: map[string]Account{}, Refused: maps.Clone(a.refused)}
	for name, p := range a.projects {
		c := *p
		c.Rejected = maps.Clone(p.Rejected)
		s.Projects[name] = c
	}
	for _, reason := range undecodable {
		s.Undecodable += s.Refused[reason]
	}
	return s
}
