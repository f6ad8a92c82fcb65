// Package journal is the durable log between "received" and "stored": append-only segments, a checksum per record, one
// fdatasync for all records that arrive while the one before runs. A record that Append returned survives kill -9 and a power
// cut; one that it refused is never read. It also remembers the requests of the last minutes, so that a byte-identical retry
// adds nothing. It refuses to know what is in a body.
package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// ErrFull is returned by Append while MaxBytes or the disk's reserve is reached. It is retryable: the loader makes room.
var ErrFull = errors.New("journal is full")

// ErrClosed is returned after Close.
var ErrClosed = errors.New("journal is closed")

// Names of the places where Config.Failpoint is called, in the order that a record passes them.
const (
	FailAppendBefore = "journal.append.before" // encoded, not yet handed to the group
	FailWriteBefore  = "journal.write.before"  // group chosen
	FailWriteAfter   = "journal.write.after"   // written, not yet synced
	FailSyncAfter    = "journal.sync.after"    // durable, nobody told
	FailAppendAfter  = "journal.append.after"  // told
	FailRotateBefore = "journal.rotate.before" // old segment closed, new one not there
	FailRotateAfter  = "journal.rotate.after"  // new segment's header and folder entry are durable
	FailRemoveBefore = "journal.remove.before" // segment loaded and past the retry window
	FailRemoveAfter  = "journal.remove.after"
)

// Config says where and how much. Zero fields take the default in brackets.
type Config struct {
	Dir          string        // folder of the segments; made with 0700
	SegmentBytes int64         // a segment is closed at this size [64 MiB]
	MaxBytes     int64         // all segments together; Append refuses beyond [8 GiB]
	Reserve      int64         // Append refuses while the disk has less than this free, bytes [1 GiB]; negative: no check
	Keep         time.Duration // retry window: how long a byte-identical retry adds nothing [15 min]
	Codec        Codec         // of bodies written from now on; every record says its own [CodecS2]
	Log          *slog.Logger  // [discard]

	Failpoint func(name string)                // called at the places above [nothing]
	Create    func(path string) (File, error)  // makes segment files [O_EXCL, 0600, fdatasync]
	Free      func(dir string) (uint64, error) // free bytes on the folder's disk [statfs]
	Now       func() time.Time                 // [time.Now]
}

const (
	groupBytes = 1 << 20 // a group is written and synced at this size even if more is waiting
	maxSeenIDs = 4 << 20 // ids remembered at most, about 150 MB; the oldest minute goes first
)

// Journal is safe for concurrent use. One process holds a folder at a time.
type Journal struct {
	cfg  Config
	id   [8]byte
	lock *os.File
	seen *seen
	done chan struct{} // the committer returned

	mu       sync.Mutex
	wake     sync.Cond
	queue    []*pending
	closing  bool // no new records
	finished bool // nothing comes any more
	tidyDue  bool
	segments []*segment // in order; the last one is active unless sealed
	end      Position   // after the last record that a loader sees
	released Position
	changed  chan struct{} // closed and replaced when something became readable
	marks    []mark
	counters counters

	// The committer's own.
	file      File
	active    *segment
	offset    int64 // where the next record goes
	group     []*pending
	scratch   []byte
	free      int64 // bytes of the disk, when last asked, less what was written since
	freeAsked time.Time
	next      uint64 // number of the next segment
	prev      Position
}

type counters struct {
	syncs, syncErrors uint64
	syncTime          time.Duration
	corruptUnits      uint64
	corruptBytes      int64
	tornBytes         int64
	refused           uint64
	refusedAt         time.Time // zero once a record was taken again
}

// pending is a record on its way into a group.
type pending struct {
	frame  frame
	head   head // parsed back, for the segment's counts
	end    Position
	result chan error
	time   time.Time
}

var pendings = sync.Pool{New: func() any { return &pending{result: make(chan error, 1)} }}

func (c *Config) defaults() {
	set := func(p *int64, v int64) {
		if *p == 0 {
			*p = v
		}
	}
	set(&c.SegmentBytes, 64<<20)
	set(&c.MaxBytes, 8<<30)
	set(&c.Reserve, 1<<30)
	c.SegmentBytes = min(c.SegmentBytes, max(c.MaxBytes/16, 1<<10)) // room comes back by whole segments
	if c.Keep == 0 {
		c.Keep = 15 * time.Minute
	}
	if c.Codec == 0 {
		c.Codec = CodecS2
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Failpoint == nil {
		c.Failpoint = func(string) {}
	}
	if c.Create == nil {
		c.Create = createFile
	}
	if c.Free == nil {
		c.Free = freeBytes
	}
	if c.Now == nil {
		c.Now = time.Now
	}
}

// Open recovers the folder and begins a new segment. A torn tail is cut off; a damaged segment is renamed to *.quarantined,
// named in the log and in Stats, and its whole records are still read. Nothing is released until Release says so.
func Open(cfg Config) (*Journal, error) {
	cfg.defaults()
	if cfg.Dir == "" {
		return nil, errors.New("open journal: no folder given")
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	lock, err := lockDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	j := &Journal{cfg: cfg, lock: lock, done: make(chan struct{}), changed: make(chan struct{})}
	j.wake.L = &j.mu
	j.seen = newSeen(cfg.Keep)
	if err := j.recover(); err != nil {
		lock.Close()
		return nil, fmt.Errorf("open journal %s: %w", cfg.Dir, err)
	}
	go j.run()
	return j, nil
}

// Close waits for the records on their way, marks the end and lets the folder go. Readers end after what is there.
func (j *Journal) Close() error {
	j.mu.Lock()
	if j.closing {
		j.mu.Unlock()
		<-j.done
		return nil
	}
	j.closing = true
	j.wake.Broadcast()
	j.mu.Unlock()
	<-j.done
	return j.lock.Close()
}

// Append makes a record durable and returns the position just after it: the record is loaded once Release has reached that.
// It waits for the group's fdatasync whatever becomes of ctx (which is only looked at on entry), so a record is either
// refused or counted, never unknown. r.Body is read until Append returns and not kept. Every error but a cancelled ctx is
// retryable. Append does not deduplicate; see AppendOnce.
func (j *Journal) Append(ctx context.Context, r Record) (Position, error) {
	if err := ctx.Err(); err != nil {
		return Position{}, err
	}
	if r.Kind != KindData && r.Kind != KindCounts {
		return Position{}, fmt.Errorf("append record: unknown kind %d", r.Kind)
	}
	p := pendings.Get().(*pending)
	defer func() {
		p.frame.body = nil
		if cap(p.frame.head) <= 4<<10 && cap(p.frame.packed) <= 1<<20 {
			pendings.Put(p)
		}
	}()
	if err := p.prepare(&r, j.cfg.Codec); err != nil {
		return Position{}, err
	}
	j.cfg.Failpoint(FailAppendBefore)
	j.mu.Lock()
	if j.closing {
		j.mu.Unlock()
		return Position{}, ErrClosed
	}
	j.queue = append(j.queue, p)
	if len(j.queue) == 1 {
		j.wake.Signal()
	}
	j.mu.Unlock()
	err := <-p.result
	if err != nil {
		return Position{}, err
	}
	j.cfg.Failpoint(FailAppendAfter)
	return p.end, nil
}

func (p *pending) prepare(r *Record, codec Codec) error {
	if err := p.frame.encode(r, codec); err != nil {
		return err
	}
	p.time = r.Received
	p.head = head{kind: r.Kind, signal: r.Signal, received: r.Received.UnixNano(), items: r.Items, dups: r.Deduplicated, reasons: uint32(len(r.Reasons))}
	return nil
}

// End is the position after the last durable record; zero if there is none. A loader that has released it has loaded all.
func (j *Journal) End() Position {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.end
}
