// Package loader brings what the journal holds into storage, exactly once: it cuts the journal into batches, writes down each cut
// before the first INSERT of it, and after any crash replays or verifies that same cut by counting rows by batch id. It also decides
// when a minute's rollups are recomputed. It answers no client and drops nothing silently: what can't be stored goes to a
// dead-letter file and into the accounts.
//
//	journal ─► decode batch n+1 ─► cut record (fsync) ─► INSERT, count ─► checkpoint (fsync) ─► release
//	                                    └── kill -9 anywhere here: the same cut is counted, and sent if it is not there ──┘
package loader

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sightline/sightline/collector/failpoint"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/storage/batch"
)

// Names of the places where Config.Failpoint is called, in the order that a batch passes them.
const (
	FailCutBefore        = "loader.cut.before"        // decoded, nothing on disk
	FailStateRename      = "loader.state.rename"      // new state written beside the old one
	FailCutAfter         = "loader.cut.after"         // promised, nothing sent
	FailInsertBefore     = "loader.insert.before"     // each block
	FailInsertAfter      = "loader.insert.after"      // each block, not yet counted
	FailVerifyAfter      = "loader.verify.after"      // a batch of an earlier run was counted
	FailCheckpointBefore = "loader.checkpoint.before" // stored, not yet noted
	FailCheckpointAfter  = "loader.checkpoint.after"  // noted, the journal not yet told
	FailReleaseAfter     = "loader.release.after"
	FailRollupBefore     = "loader.rollup.before"
	FailRollupAfter      = "loader.rollup.after" // written, not yet noted
)

// Failpoints are all of them.
func Failpoints() []string {
	return []string{FailCutBefore, FailStateRename, FailCutAfter, FailInsertBefore, FailInsertAfter, FailVerifyAfter,
		FailCheckpointBefore, FailCheckpointAfter, FailReleaseAfter, FailRollupBefore, FailRollupAfter}
}

// Journal is where acknowledged requests wait.
type Journal interface {
	ID() [8]byte
	Reader(from journal.Position) *journal.Reader
	Release(upTo journal.Position)
	Tally(from journal.Position) (map[journal.Account]journal.Tally, error)
	End() journal.Position
}

// Writer stores the blocks of a batch and counts them. Running asks for INSERTs that nobody waits for any more.
type Writer interface {
	Insert(ctx context.Context, b batch.Block, token string) error
	Running(ctx context.Context, batch batch.ID) (bool, error)
	Count(ctx context.Context, batch batch.ID, b batch.Block) (uint64, error)
}

// Rollup writes the rollups of a project's minutes, so many from the first on, anew, under a generation that is higher than any before,
// and says how many spans they have.
type Rollup interface {
	Recompute(ctx context.Context, project string, first time.Time, minutes int, generation uint64) (spans uint64, err error)
}

// Config says what to load from where to where. Zero fields take the default in brackets.
type Config struct {
	Journal   Journal
	Writer    Writer
	Rollup    Rollup       // nil: no rollups are written
	Policy    batch.Policy // until SetPolicy
	StateFile string       // rewritten atomically; its folder must exist
	Log       *slog.Logger

	EngineMemory    int64             // bytes; a batch is cut at one row for each 8 KiB [1 GiB]
	Rows            int               // and at so many rows at most [100,000]
	Bytes           int               // or at so many bytes of bodies [64 MiB, at most a twelfth of EngineMemory]
	Delay           time.Duration     // or so long after its first record was read [1 s]
	DeadLetterFile  string            // [dead_letters.jsonl beside the state file]
	DeadLetterBytes int64             // cap of that file [64 MiB]
	Failpoint       func(name string) // called at the places above [nothing]
}

func (c *Config) defaults() {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	// An INSERT takes 2 KiB a row of common spans, five times their bodies, and gets half of the engine's memory.
	if c.EngineMemory == 0 {
		c.EngineMemory = 1 << 30
	}
	if c.Rows == 0 {
		c.Rows = min(100_000, max(1, int(c.EngineMemory>>13)))
	}
	if c.Bytes == 0 {
		c.Bytes = min(64<<20, max(1, int(c.EngineMemory/12)))
	}
	if c.Delay == 0 {
		c.Delay = time.Second
	}
	if c.DeadLetterFile == "" {
		c.DeadLetterFile = filepath.Join(filepath.Dir(c.StateFile), "dead_letters.jsonl")
	}
	if c.DeadLetterBytes == 0 {
		c.DeadLetterBytes = 64 << 20
	}
	if c.Failpoint == nil {
		c.Failpoint = failpoint.None
	}
}

// Loader is the one loader of its journal. Run does the work; the other methods are safe while it runs.
type Loader struct {
	cfg     Config
	timing  timing
	letters *deadLetters

	saving sync.Mutex // held while the state goes to disk

	mu       sync.Mutex
	state    *state // Totals and Dirty are in the next two until it is saved
	totals   ledger
	dirty    schedule
	flushes  []*flush           // not yet taken along by a batch
	policy   batch.Policy       // of the batches to come
	poke     context.CancelFunc // ends the wait for new records
	progress progress

	wake    chan struct{} // a minute became dirty
	rolling sync.Mutex    // held while minutes are recomputed
	density uint64        // spans of a minute, of the last recomputation; under rolling
	behind  atomic.Bool   // the journal holds more than was read

	// The settling goroutine's own.
	refusals int   // in a row
	refusal  error // the last one
}

// New reads the state file. It fails where it can't be sure which acknowledged spans are stored.
func New(cfg Config) (*Loader, error) {
	cfg.defaults()
	if cfg.StateFile == "" {
		return nil, errors.New("make loader: no state file given")
	}
	id := cfg.Journal.ID()
	s, hurt, err := readState(cfg.StateFile, id)
	if err != nil {
		return nil, err
	}
	if hurt {
		cfg.Log.Error("one of the two copies in the loader's state file was damaged; the other was used", "file", cfg.StateFile)
	}
	if have := hex.EncodeToString(id[:]); s.Journal != have {
		if len(s.Cuts) > 0 {
			return nil, fmt.Errorf("read loader state %s: it has unsettled batches of journal %s, but the journal is %s: put that journal back", cfg.StateFile, s.Journal, have)
		}
		cfg.Log.Warn("the journal is another one than the loader knew; it is loaded from its beginning", "was", s.Journal, "is", have)
		s.Journal, s.Position = have, journal.Position{}
	}
	l := &Loader{
		cfg: cfg, policy: cfg.Policy, timing: defaultTiming(), state: s, totals: ledgerOf(s.Totals), dirty: scheduleOf(s.Dirty, time.Now()),
		letters: newDeadLetters(cfg.DeadLetterFile, id, cfg.DeadLetterBytes), wake: make(chan struct{}, 1),
	}
	return l, nil
}

// SetPolicy decides about the batches that are begun from now on. Those that are on their way are stored as they were cut.
func (l *Loader) SetPolicy(p batch.Policy) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.policy = p
}

func (l *Loader) policyNow() batch.Policy {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.policy
}

// Run settles what an earlier run left open, then loads until ctx ends. It returns nil then; what is not settled stays in the journal.
func (l *Loader) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ready, free := make(chan *decoded), make(chan *decoded, 2)
	for range cap(free) {
		free <- newDecoded(batch.ID{}, journal.Position{}, l.policyNow())
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { l.recomputeDue(ctx) })

	for l.unsettled() {
		if err := l.load(ctx, nil); err != nil {
			return ended(ctx, err)
		}
		if err := l.checkpoint(ctx); err != nil {
			return ended(ctx, err)
		}
	}
	wg.Go(func() {
		defer close(ready)
		l.decode(ctx, free, ready)
	})
	return ended(ctx, l.loadAll(ctx, ready, free))
}

// ended makes nothing of an error that only says that Run was told to stop.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, errLeft) {
		return nil
	}
	return err
}

func (l *Loader) unsettled() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.state.Cuts) > 0
}

// loadAll settles batches as they are decoded. The checkpoint of one goes to disk together with the cut record of the next where that
// is ready.
func (l *Loader) loadAll(ctx context.Context, ready <-chan *decoded, free chan<- *decoded) error {
	var next *decoded
	for {
		d := next
		if next = nil; d == nil {
			ok := false
			if d, ok = <-ready; !ok {
				return nil
			}
		}
		if !d.empty() {
			if err := l.load(ctx, d); err != nil {
				return err
			}
		}
		if len(d.waiters) == 0 {
			select {
			case next = <-ready:
			default:
			}
		}
		if next == nil || next.empty() {
			if err := l.checkpoint(ctx); err != nil {
				return err
			}
		}
		for _, f := range d.waiters {
			close(f.done)
		}
		free <- d
	}
}

// load settles a batch and enters it into the accounts in memory. A nil d is the first batch that an earlier run left open.
func (l *Loader) load(ctx context.Context, d *decoded) error {
	var out outcome
	var err error
	if d != nil {
		if blocks := wanted(&part{}, d.blocks); len(blocks) > 0 {
			if err := l.cut(ctx, d, blocks); err != nil {
				return err
			}
		} else if err := l.bury(ctx, d.letters); err != nil {
			return err
		} else {
			l.enter(d.to, false, outcome{counts: d.counts})
			return nil
		}
	}
	if out, err = l.settle(ctx, d); err != nil {
		return err
	}
	if d != nil && !out.unclean {
		d.rows.done() // its resources need not be sent again today
	}
	l.mu.Lock()
	to := l.state.Cuts[0].To
	l.mu.Unlock()
	l.enter(to, true, out)
	return nil
}

// cut makes the promise of a new batch durable, and with it the checkpoint of the one before.
func (l *Loader) cut(ctx context.Context, d *decoded, blocks []batch.Block) error {
	l.cfg.Failpoint(FailCutBefore)
	c := cutOf(d, blocks)
	l.mu.Lock()
	l.state.Cuts = append(l.state.Cuts, c)
	l.progress.unsaved = true
	l.mu.Unlock()
	if err := l.checkpoint(ctx); err != nil {
		return err
	}
	l.cfg.Failpoint(FailCutAfter)
	return nil
}

// enter books a settled batch.
func (l *Loader) enter(to journal.Position, wasCut bool, out outcome) {
	now := time.Now()
	l.mu.Lock()
	if wasCut {
		l.state.Cuts = l.state.Cuts[1:]
	}
	l.state.Position = to
	l.totals.add(out.counts)
	if l.cfg.Rollup != nil {
		for _, m := range out.minutes {
			l.dirty.touch(minuteKey{m.Project, m.Minute.Unix() / 60}, now)
		}
	}
	l.progress.batches++
	l.progress.stored = now
	l.progress.unsaved = true
	if len(l.progress.waiting) > 0 {
		l.progress.waiting = l.progress.waiting[1:]
	}
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}
