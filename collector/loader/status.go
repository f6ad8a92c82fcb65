package loader

import (
	"time"

	"github.com/sightline/sightline/collector/journal"
)

// State says what the loader is about.
type State uint8

const (
	StateIdle     State = iota // everything that was received is settled
	StateLoading               // batches are on their way
	StateSettling              // counting what an earlier run left open
	StateWaiting               // the engine does not answer; spans wait in the journal
)

var stateNames = [...]string{"idle", "loading", "settling", "waiting_for_engine"}

func (s State) String() string { return stateNames[s] }

// Status is the loader's condition for the status page.
type Status struct {
	State        State
	Lag          time.Duration // age of the oldest record that is not settled; 0: there is none
	Position     journal.Position
	Batches      uint64 // settled since the start
	Totals       []Totals
	DirtyMinutes int    // whose rollups will be computed again even if nothing more is stored
	Rollups      uint64 // minutes recomputed since the start
	Alarms       uint64 // events since the start that must never happen; each is in the log
	LastError    string // "" if there was none since the start
	LastErrorAt  time.Time
}

// progress is what Status tells beyond the state; guarded by Loader.mu.
type progress struct {
	unsaved     bool
	saved       journal.Position
	stored      time.Time   // when the last batch was settled
	waiting     []time.Time // receive time of the first record of each batch that is not settled
	engineGone  bool
	batches     uint64
	rollups     uint64
	alarms      uint64
	lastError   string
	lastErrorAt time.Time
}

// Status is a snapshot; its totals add up exactly, what waits in the journal included.
func (l *Loader) Status() Status {
	var s Status
	var waiting ledger
	for range 4 { // the checkpoint may move between the two looks
		s = l.status()
		waiting = l.inJournal(s.Position)
		l.mu.Lock()
		same := l.state.Position == s.Position
		l.mu.Unlock()
		if same {
			break
		}
	}
	totals := ledgerOf(s.Totals)
	totals.add(waiting)
	s.Totals = totals.list()
	if s.State == StateIdle && len(waiting) > 0 {
		s.State = StateLoading
	}
	return s
}

func (l *Loader) status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := &l.progress
	s := Status{Position: l.state.Position, Batches: p.batches, Totals: l.totals.list(), Rollups: p.rollups, Alarms: p.alarms,
		LastError: p.lastError, LastErrorAt: p.lastErrorAt}
	s.DirtyMinutes = l.dirty.unfinished()
	switch {
	case p.engineGone:
		s.State = StateWaiting
	case len(p.waiting) > 0:
		s.State = StateLoading
	case len(l.state.Cuts) > 0:
		s.State = StateSettling
	}
	if len(p.waiting) > 0 {
		s.Lag = max(0, time.Since(p.waiting[0]))
	}
	return s
}

// inJournal are the accounts of the records from a position on.
func (l *Loader) inJournal(from journal.Position) ledger {
	out := ledger{}
	tally, err := l.cfg.Journal.Tally(from)
	if err != nil {
		l.trouble(err)
		return out
	}
	for a, t := range tally {
		of := out.of(accountOf(&journal.Record{Signal: a.Signal, Project: a.Project}))
		of.Received += t.Received()
		of.InJournal += t.Items
		of.Deduplicated += t.Deduplicated
		for reason, n := range t.Rejected {
			of.reject(reason, n)
		}
	}
	return out
}

// alarm reports what must never happen. The queue goes on.
func (l *Loader) alarm(message string, args ...any) {
	l.mu.Lock()
	l.progress.alarms++
	l.progress.lastError, l.progress.lastErrorAt = message, time.Now()
	l.mu.Unlock()
	l.cfg.Log.Error(message, args...)
}

// trouble notes an error that is answered by trying again. It is logged when it is another one than before, or a minute later.
func (l *Loader) trouble(err error) {
	now, text := time.Now(), err.Error()
	l.mu.Lock()
	repeated := l.progress.lastError == text && now.Sub(l.progress.lastErrorAt) < time.Minute
	if !repeated {
		l.progress.lastError, l.progress.lastErrorAt = text, now
	}
	l.mu.Unlock()
	if !repeated {
		l.cfg.Log.Warn("loader tries again", "error", err)
	}
}

// waiting notes whether the engine answers.
func (l *Loader) waiting(gone bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.progress.engineGone = gone
}
