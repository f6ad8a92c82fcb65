package admission

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Origin is whose items an account counts.
type Origin struct {
	Project  string
	Signal   uint8  // journal.SignalTraces, ...; 0: it is not known
	Protocol string // "otlp/grpc", "otlp/http", "zipkin", "jaeger", "prometheus", "remote_write", "xray", "collector"
}

// Account is what an origin sent since the process started, in items. Received = Accepted + Deduplicated + sum of Rejected.
// What is stored and what waits, over restarts too, the loader and the journal say.
type Account struct {
	Requests, Bytes                  uint64 // answered with success; bytes after decompression
	Received, Accepted, Deduplicated uint64
	Rejected                         map[string]uint64 // by reason
	Last                             time.Time         // of the last answered request
}

func (a *Account) add(b Account) {
	a.Requests += b.Requests
	a.Bytes += b.Bytes
	a.Received += b.Received
	a.Accepted += b.Accepted
	a.Deduplicated += b.Deduplicated
	for reason, n := range b.Rejected {
		if a.Rejected == nil {
			a.Rejected = map[string]uint64{}
		}
		a.Rejected[reason] += n
	}
	if b.Last.After(a.Last) {
		a.Last = b.Last
	}
}

// Answer is a request that was made durable.
type Answer struct {
	Bytes              int // after decompression
	Accepted, Repeated uint32
	Rejected           map[string]uint32 // by reason
	At                 time.Time
}

// Example is one of the last refusals or rejections of a reason. It never has a part of the body or a key in it,
// but for the names of metrics that have too many series.
type Example struct {
	Time     time.Time
	Signal   uint8
	Protocol string
	Peer     string // address of who sent it; may be empty
	Message  string
}

const (
	keepExamples = 5   // for a reason
	exampleBytes = 300 // of a message
)

// Accounts counts what was answered. It is safe for concurrent use.
type Accounts struct {
	mu          sync.Mutex
	origins     map[Origin]*Account
	refused     map[string]uint64
	undecodable map[uint8]uint64
	examples    map[string][]Example
}

// NewAccounts are empty.
func NewAccounts() *Accounts {
	return &Accounts{origins: map[Origin]*Account{}, refused: map[string]uint64{}, undecodable: map[uint8]uint64{}, examples: map[string][]Example{}}
}

// Answered counts a request that was made durable: accepted or repeated items, and those rejected.
func (a *Accounts) Answered(from Origin, n Answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	o := a.origins[from]
	if o == nil {
		o = &Account{}
		a.origins[from] = o
	}
	o.Requests++
	o.Bytes += uint64(n.Bytes)
	o.Accepted += uint64(n.Accepted)
	o.Deduplicated += uint64(n.Repeated)
	o.Received += uint64(n.Accepted) + uint64(n.Repeated)
	o.Last = n.At
	for reason, n := range n.Rejected {
		if o.Rejected == nil {
			o.Rejected = map[string]uint64{}
		}
		o.Rejected[reason] += uint64(n)
		o.Received += uint64(n)
	}
}

// Refused counts a request that was not taken, once, however often it is told of the same refusal. example is what is known of
// it; its message is the refusal's.
func (a *Accounts) Refused(r *Refusal, example Example) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.counted {
		return
	}
	r.counted = true
	a.refused[r.Reason]++
	if slices.Contains(undecodable[:], r.Reason) {
		a.undecodable[example.Signal]++
	}
	if example.Message = r.Message; r.Public != "" {
		example.Message = r.Public
	}
	a.keep(r.Reason, example)
}

// Rejected keeps an example of why items of a request that was taken are not stored. Answered counts them.
func (a *Accounts) Rejected(reason string, example Example) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.keep(reason, example)
}

func (a *Accounts) keep(reason string, e Example) {
	if len(e.Message) > exampleBytes {
		cut := exampleBytes - len("…")
		for cut > 0 && !utf8.RuneStart(e.Message[cut]) {
			cut--
		}
		e.Message = e.Message[:cut] + "…"
	}
	e.Message = strings.ToValidUTF8(e.Message, "\ufffd")
	list := a.examples[reason]
	if len(list) == keepExamples {
		copy(list, list[1:])
		list = list[:keepExamples-1]
	}
	a.examples[reason] = append(list, e)
}

// Snapshot is a copy of the accounts.
type Snapshot struct {
	Arrived     map[Origin]Account
	Refused     map[string]uint64    // requests, by reason
	Undecodable map[uint8]uint64     // by signal: requests among Refused whose items can't be counted, because nobody can read them
	Examples    map[string][]Example // the last of each reason, of requests and of items; oldest first
}

// Of is a project's account of a signal, over all protocols.
func (s Snapshot) Of(project string, signal uint8) Account {
	var sum Account
	for o, a := range s.Arrived {
		if o.Project == project && o.Signal == signal {
			sum.add(a)
		}
	}
	return sum
}

// Arrivals are the accounts of all projects together: the project of their origins is empty.
func (s Snapshot) Arrivals() map[Origin]Account {
	out := map[Origin]Account{}
	for o, a := range s.Arrived {
		o.Project = ""
		sum := out[o]
		sum.add(a)
		out[o] = sum
	}
	return out
}

// Snapshot copies.
func (a *Accounts) Snapshot() Snapshot {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := Snapshot{
		Arrived: make(map[Origin]Account, len(a.origins)), Refused: maps.Clone(a.refused), Undecodable: maps.Clone(a.undecodable),
		Examples: make(map[string][]Example, len(a.examples)),
	}
	for from, o := range a.origins {
		c := *o
		c.Rejected = maps.Clone(o.Rejected)
		s.Arrived[from] = c
	}
	for reason, list := range a.examples {
		s.Examples[reason] = slices.Clone(list)
	}
	return s
}
