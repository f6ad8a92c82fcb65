package loader

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
)

// faultyEngine stands for the engine and everything that can go wrong on the way to it: it knows which spans were stored and how often,
// by an attribute that is unique. It is a model for thousands of crashes in a second; the real engine is in collector/chaos.
type faultyEngine struct {
	mu    sync.Mutex
	rnd   *rand.Rand
	calm  bool           // nothing goes wrong any more
	down  int            // so many calls more are not answered
	rows  map[string]int // by batch, table and partition
	spans map[string]int // by id: how often it is stored
	late  []func()       // INSERTs whose sender has given up and which will still be carried out
	clock int
	last  int            // clock of the last INSERT of spans
	roll  map[string]int // by minute: clock of its last recomputation
}

func newFaultyEngine(seed uint64) *faultyEngine {
	return &faultyEngine{rnd: rand.New(rand.NewPCG(seed, 1)), rows: map[string]int{}, spans: map[string]int{}, roll: map[string]int{}}
}

var (
	spanID  = regexp.MustCompile(`id-[0-9]{6}`)
	errLost = fmt.Errorf("%w: the answer was lost", conn.ErrUnavailable)
)

// fault says whether a call fails before and after it was carried out.
func (e *faultyEngine) fault() (before, after bool) {
	if e.calm {
		return false, false
	}
	if e.down > 0 {
		e.down--
		return true, true
	}
	if e.rnd.IntN(20) == 0 {
		e.down = e.rnd.IntN(8)
	}
	return e.rnd.IntN(6) == 0, e.rnd.IntN(6) == 0
}

// incarnation is the loader's way to the engine until the process that it is part of dies.
type incarnation struct {
	engine *faultyEngine
	die    func() // ends the goroutine if the process is dead
}

func (i incarnation) Insert(_ context.Context, b batch.Block, token string) error {
	i.die()
	e := i.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	before, after := e.fault()
	if before {
		return errLost
	}
	if strings.Contains(string(b.Body.Bytes()), "poison") {
		return &conn.Error{Code: 53, Name: "TYPE_MISMATCH", Message: "these rows are not to my taste"}
	}
	if !e.calm && e.rnd.IntN(10) == 0 { // the answer is lost now, and the rows come later
		e.late = append(e.late, func() { e.store(b, token) })
		return errLost
	}
	e.store(b, token)
	if after {
		return errLost
	}
	return nil
}

func (e *faultyEngine) store(b batch.Block, token string) {
	id, _, _ := strings.Cut(token, "/")
	e.rows[id+b.Table+b.Partition] += b.Rows
	if b.Kind == batch.Counted {
		e.clock++
		e.last = e.clock
		for _, id := range spanID.FindAllString(string(b.Body.Bytes()), -1) {
			e.spans[id]++
		}
	}
}

func (i incarnation) Running(_ context.Context, id batch.ID) (bool, error) {
	i.die()
	e := i.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	if before, _ := e.fault(); before {
		return false, errLost
	}
	if len(e.late) == 0 {
		return false, nil
	}
	e.hurry()
	return true, nil
}

// hurry carries out, perhaps, an INSERT that nobody waits for any more.
func (e *faultyEngine) hurry() {
	if len(e.late) > 0 && e.rnd.IntN(2) == 0 {
		e.late[0]()
		e.late = e.late[1:]
	}
}

func (i incarnation) Count(_ context.Context, id batch.ID, b batch.Block) (uint64, error) {
	i.die()
	e := i.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	if before, _ := e.fault(); before {
		return 0, errLost
	}
	defer e.hurry()
	return uint64(e.rows[id.String()+b.Table+b.Partition]), nil
}

func (i incarnation) Recompute(_ context.Context, project string, first time.Time, minutes int, _ uint64) (uint64, error) {
	i.die()
	e := i.engine
	e.mu.Lock()
	defer e.mu.Unlock()
	if before, _ := e.fault(); before {
		return 0, errLost
	}
	e.clock++
	for m := range minutes {
		e.roll[project+first.Add(time.Duration(m)*time.Minute).String()] = e.clock
	}
	return uint64(e.rnd.IntN(100_000)), nil
}
