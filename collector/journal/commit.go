package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// run is the committer: it alone writes, rotates and removes. While it syncs one group the next one gathers, so an idle
// journal answers after one fdatasync and a busy one shares it.
func (j *Journal) run() {
	defer close(j.done)
	timer := time.AfterFunc(j.tidyEvery(), j.tidySoon)
	defer timer.Stop()
	for {
		j.mu.Lock()
		for len(j.queue) == 0 && !j.closing && !j.tidyDue {
			j.wake.Wait()
		}
		tidy := j.tidyDue
		j.tidyDue = false
		if len(j.queue) == 0 && j.closing {
			j.mu.Unlock()
			j.finish()
			return
		}
		j.group = j.take(j.group[:0])
		j.mu.Unlock()
		if len(j.group) > 0 {
			j.commit(j.group)
		}
		if tidy {
			j.tidy()
			timer.Reset(j.tidyEvery())
		}
	}
}

// take moves up to groupBytes of the queue into a group; the caller holds mu.
func (j *Journal) take(group []*pending) []*pending {
	size, n := int64(0), 0
	for n < len(j.queue) && (n == 0 || size < groupBytes) {
		size += j.queue[n].frame.size()
		n++
	}
	group = append(group, j.queue[:n]...)
	rest := copy(j.queue, j.queue[n:])
	clear(j.queue[rest:])
	j.queue = j.queue[:rest]
	return group
}

// commit answers every record of the group.
func (j *Journal) commit(group []*pending) {
	for len(group) > 0 {
		n, err := j.commitSome(group)
		for _, p := range group[:n] {
			p.result <- err
		}
		group = group[n:]
	}
}

// commitSome writes as many records of the group as one segment takes, and says how many that were and how it went.
func (j *Journal) commitSome(group []*pending) (n int, err error) {
	if err := j.makeRoom(group[0].frame.size()); err != nil {
		return 1, err
	}
	if err := j.fit(group[0].frame.size()); err != nil {
		return len(group), err
	}
	room, limit, size := j.cfg.SegmentBytes-j.offset, j.room(), int64(0)
	for n < len(group) && (n == 0 || size+group[n].frame.size() <= min(room, limit)) {
		size += group[n].frame.size()
		n++
	}
	j.cfg.Failpoint(FailWriteBefore)
	durable := j.offset
	for _, p := range group[:n] {
		p.frame.stamp(salt{j.id, j.active.number}, j.offset, durable)
		if err := j.write(&p.frame); err != nil {
			return n, j.abandon(durable, err)
		}
		p.end = Position{Segment: j.active.number, Offset: j.offset}
	}
	if err := j.sync(); err != nil {
		return n, j.abandon(durable, err)
	}
	j.publish(group[:n])
	return n, nil
}

const gather = 256 << 10

// write puts a frame at the offset. Small ones gather in scratch; a large body goes to the file from where it lies.
func (j *Journal) write(f *frame) error {
	for _, piece := range [2][]byte{f.head, f.body} {
		if len(j.scratch)+len(piece) > gather {
			if err := j.flush(); err != nil {
				return err
			}
		}
		if len(piece) > gather/4 {
			if err := j.flush(); err != nil {
				return err
			}
			if _, err := j.file.WriteAt(piece, j.offset); err != nil {
				return fmt.Errorf("write journal: %w", err)
			}
		} else {
			j.scratch = append(j.scratch, piece...)
		}
		j.offset += int64(len(piece))
	}
	return nil
}

// flush writes what gathered; it ends at the offset.
func (j *Journal) flush() error {
	if len(j.scratch) == 0 {
		return nil
	}
	_, err := j.file.WriteAt(j.scratch, j.offset-int64(len(j.scratch)))
	j.scratch = j.scratch[:0]
	if err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}

func (j *Journal) sync() error {
	if err := j.flush(); err != nil {
		return err
	}
	j.cfg.Failpoint(FailWriteAfter)
	start := time.Now()
	err := j.file.Sync()
	j.mu.Lock()
	j.counters.syncs++
	j.counters.syncTime += time.Since(start)
	if err != nil {
		j.counters.syncErrors++
	}
	j.mu.Unlock()
	if err != nil {
		return err
	}
	j.cfg.Failpoint(FailSyncAfter)
	return nil
}

// publish lets readers see the group.
func (j *Journal) publish(group []*pending) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, p := range group {
		j.active.count(&p.head, p.frame.head[headSize:], p.end.Offset)
		j.mark(p.end, p.time)
		j.end = p.end
		j.free -= p.frame.size()
	}
	j.active.end = j.offset
	j.counters.refusedAt = time.Time{}
	close(j.changed)
	j.changed = make(chan struct{})
}

// abandon closes a segment whose write or sync failed: after a failed fsync the kernel may have dropped the pages, so trying
// again would acknowledge what is not on disk (PostgreSQL's fsyncgate). What the group wrote is cut off, and the next
// segment's header says where this one ends in case that fails too.
func (j *Journal) abandon(durable int64, cause error) error {
	j.scratch = j.scratch[:0]
	err := errors.Join(j.file.Truncate(durable), j.file.Close())
	j.cfg.Log.Error("journal segment closed as bad", "segment", filepath.Base(j.active.path), "error", cause, "cut", err == nil)
	j.seal(durable)
	return fmt.Errorf("append to journal: %w", cause)
}

// seal ends the active segment at its durable end. One that holds nothing is removed.
func (j *Journal) seal(end int64) {
	s := j.active
	j.file, j.active = nil, nil
	if end == segmentHead {
		if os.Remove(s.path) == nil {
			j.mu.Lock()
			s.sealed, s.end = true, end
			if len(j.segments) > 1 { // the last one stays in the list, empty, so that End has an answer
				j.segments = j.segments[:len(j.segments)-1]
			}
			j.mu.Unlock()
			return
		}
	}
	j.mu.Lock()
	s.sealed, s.end = true, end
	j.mu.Unlock()
	j.prev = Position{Segment: s.number, Offset: end}
}

// fit makes sure that there is an active segment with room for a record.
func (j *Journal) fit(size int64) error {
	if j.active != nil && (j.offset+size <= j.cfg.SegmentBytes || j.offset == segmentHead) {
		return nil
	}
	return j.rotate()
}

// rotate closes the active segment, if there is one, and begins the next.
func (j *Journal) rotate() error {
	if j.active != nil {
		if err := j.file.Close(); err != nil {
			j.cfg.Log.Warn("close journal segment", "segment", filepath.Base(j.active.path), "error", err) // it was synced
		}
		j.seal(j.offset)
	}
	j.cfg.Failpoint(FailRotateBefore)
	if err := j.begin(); err != nil {
		return fmt.Errorf("begin journal segment: %w", err)
	}
	j.cfg.Failpoint(FailRotateAfter)
	return nil
}

// begin creates the next segment; its header and its name are durable when it returns.
func (j *Journal) begin() error {
	now := j.cfg.Now()
	s := &segment{number: j.next, path: segmentPath(j.cfg.Dir, j.next, suffixLive), end: segmentHead, created: now, last: now, tally: map[Account]Tally{}}
	file, err := j.cfg.Create(s.path)
	if err != nil {
		if errors.Is(err, os.ErrExist) {
			j.next++ // the rest of an attempt that failed; its name is not ours any more
		}
		return err
	}
	j.next++
	header := segmentHeader{id: j.id, number: s.number, created: now, prev: j.prev}
	_, err = file.WriteAt(header.encode(), 0)
	if err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = syncDir(j.cfg.Dir)
	}
	if err != nil {
		return errors.Join(err, file.Close(), os.Remove(s.path))
	}
	j.file, j.active, j.offset = file, s, segmentHead
	j.mu.Lock()
	defer j.mu.Unlock()
	if n := len(j.segments); n > 0 && j.segments[n-1].sealed && j.segments[n-1].end == segmentHead && j.segments[n-1].records == 0 {
		j.segments = j.segments[:n-1]
	}
	j.segments = append(j.segments, s)
	close(j.changed)
	j.changed = make(chan struct{})
	return nil
}

// finish marks a clean end, so that damage to the tail found later is known to be damage.
func (j *Journal) finish() {
	if j.active != nil {
		p := pendings.Get().(*pending)
		if p.prepare(&Record{Kind: kindEnd, Received: j.cfg.Now()}, CodecNone) == nil && j.offset > segmentHead {
			p.frame.stamp(salt{j.id, j.active.number}, j.offset, j.offset)
			if err := errors.Join(j.write(&p.frame), j.flush(), j.file.Sync()); err != nil {
				j.cfg.Log.Warn("mark the journal's end", "error", err)
			}
		}
		if err := j.file.Close(); err != nil {
			j.cfg.Log.Warn("close journal segment", "error", err)
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.finished = true
	close(j.changed)
}
