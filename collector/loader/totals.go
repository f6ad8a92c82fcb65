package loader

import (
	"cmp"
	"maps"
	"slices"
)

// ReasonExpired counts, among the rejected, spans that were too old for their retention class by the time they could be stored.
const ReasonExpired = "expired"

// Totals are the exact accounts of one signal in one project since the data folder was made, in items (spans):
// Received = Stored + sum(Rejected) + Deduplicated + InJournal + DeadLetter.
type Totals struct {
	Signal       string            `json:"signal"`
	Project      string            `json:"project"`
	Received     uint64            `json:"received"`               // everything that a client sent in a decodable request
	Stored       uint64            `json:"stored"`                 // rows counted in the database after their insert
	Rejected     map[string]uint64 `json:"rejected,omitempty"`     // refused, by reason; the client was told, except for "expired"
	Deduplicated uint64            `json:"deduplicated,omitempty"` // byte-identical retries
	InJournal    uint64            `json:"in_journal,omitempty"`   // acknowledged, on disk, not settled yet; never persisted
	DeadLetter   uint64            `json:"dead_letter,omitempty"`  // could not be stored; kept in the dead-letter file

	// What was changed on the way, apart from the sum above; of dead letters as well.
	Redacted  uint64            `json:"redacted,omitempty"`  // secrets masked
	Sanitized map[string]uint64 `json:"sanitized,omitempty"` // items by what was mended or odd in them; one item may have several
}

// Balanced says whether the accounts add up.
func (t Totals) Balanced() bool {
	sum := t.Stored + t.Deduplicated + t.InJournal + t.DeadLetter
	for _, n := range t.Rejected {
		sum += n
	}
	return sum == t.Received
}

// account names whose totals they are.
type account struct{ signal, project string }

// ledger holds the totals of every account.
type ledger map[account]*Totals

func (l ledger) of(a account) *Totals {
	t, ok := l[a]
	if !ok {
		t = &Totals{Signal: a.signal, Project: a.project}
		l[a] = t
	}
	return t
}

func (t *Totals) reject(reason string, n uint64) {
	if n == 0 {
		return
	}
	if t.Rejected == nil {
		t.Rejected = map[string]uint64{}
	}
	t.Rejected[reason] += n
}

func (t *Totals) sanitize(reason string, n uint64) {
	if t.Sanitized == nil {
		t.Sanitized = map[string]uint64{}
	}
	t.Sanitized[reason] += n
}

// add puts the other ledger's figures on top of this one's.
func (l ledger) add(other ledger) {
	for a, o := range other {
		t := l.of(a)
		t.Received += o.Received
		t.Stored += o.Stored
		t.Deduplicated += o.Deduplicated
		t.InJournal += o.InJournal
		t.DeadLetter += o.DeadLetter
		t.Redacted += o.Redacted
		for reason, n := range o.Sanitized {
			t.sanitize(reason, n)
		}
		for reason, n := range o.Rejected {
			t.reject(reason, n)
		}
	}
}

// list is the ledger's copy in a fixed order.
func (l ledger) list() []Totals {
	out := make([]Totals, 0, len(l))
	for _, t := range l {
		c := *t
		c.Rejected, c.Sanitized = maps.Clone(t.Rejected), maps.Clone(t.Sanitized)
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Totals) int {
		return cmp.Or(cmp.Compare(a.Signal, b.Signal), cmp.Compare(a.Project, b.Project))
	})
	return out
}

func ledgerOf(list []Totals) ledger {
	l := ledger{}
	for _, t := range list {
		t.Rejected, t.Sanitized = maps.Clone(t.Rejected), maps.Clone(t.Sanitized)
		l[account{t.Signal, t.Project}] = &t
	}
	return l
}
