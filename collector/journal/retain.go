package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Release says that everything before upTo is loaded. Its segments go once they are past the retry window; short of room they
// go at once, and only their ingest ids are kept. Release never goes back.
func (j *Journal) Release(upTo Position) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.released.Before(upTo) {
		j.released = upTo
	}
	n := 0
	for n < len(j.marks) && !upTo.Before(j.marks[n].end) {
		n++
	}
	j.marks = j.marks[n:]
}

// isReleased needs mu.
func (j *Journal) isReleased(s *segment) bool {
	return s.loadEnd == 0 || !j.released.Before(Position{Segment: s.number, Offset: s.loadEnd})
}

// mark remembers when records came, at a grain of 100 ms, so that the age of the oldest one not loaded is known.
type mark struct {
	end  Position
	time time.Time
}

// mark needs mu.
func (j *Journal) mark(end Position, received time.Time) {
	if n := len(j.marks); n > 0 && received.Sub(j.marks[n-1].time) < 100*time.Millisecond {
		j.marks[n-1].end = end
		return
	}
	j.marks = append(j.marks, mark{end: end, time: received})
}

func (j *Journal) tidyEvery() time.Duration {
	return min(time.Second, max(j.cfg.Keep/8, time.Millisecond))
}

func (j *Journal) tidySoon() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.tidyDue = true
	j.wake.Signal()
}

// tidy removes what is loaded and past the retry window, and closes an old segment so that it can be.
func (j *Journal) tidy() {
	now := j.cfg.Now()
	if j.active != nil && j.offset > segmentHead && now.Sub(j.active.created) > j.cfg.Keep/3 {
		if err := j.rotate(); err != nil {
			j.cfg.Log.Warn("rotate journal", "error", err)
		}
	}
	for {
		s := j.oldest(func(s *segment) bool { return !s.quarantined && now.Sub(s.last) > j.cfg.Keep })
		if s == nil {
			return
		}
		j.remove(s)
	}
}

// oldest is the first sealed and released segment that suits, or nil.
func (j *Journal) oldest(suits func(*segment) bool) *segment {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range j.segments {
		if !s.sealed || !j.isReleased(s) {
			return nil
		}
		if s.end > segmentHead && suits(s) {
			return s
		}
	}
	return nil
}

// remove forgets a segment, then unlinks it: a reader that finds the file gone finds the list without it.
func (j *Journal) remove(victim *segment) {
	j.cfg.Failpoint(FailRemoveBefore)
	j.mu.Lock()
	path := victim.path
	j.segments = slices.DeleteFunc(slices.Clone(j.segments), func(s *segment) bool { return s == victim && len(j.segments) > 1 })
	j.mu.Unlock()
	if err := os.Remove(path); err != nil {
		j.cfg.Log.Warn("remove journal segment; the next start tries again", "error", err)
	}
	j.freeAsked = time.Time{}
	j.cfg.Failpoint(FailRemoveAfter)
}

// room is how many bytes may still be written.
func (j *Journal) room() int64 {
	room := j.cfg.MaxBytes - j.bytes()
	if j.cfg.Reserve < 0 {
		return room
	}
	if time.Since(j.freeAsked) > time.Second {
		if free, err := j.cfg.Free(j.cfg.Dir); err == nil {
			j.free, j.freeAsked = int64(min(free, 1<<62)), time.Now()
		} else {
			j.cfg.Log.Warn("journal", "error", err)
			return room
		}
	}
	return min(room, j.free-j.cfg.Reserve)
}

func (j *Journal) bytes() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := int64(0)
	for _, s := range j.segments {
		n += s.end
	}
	return n
}

// makeRoom lets released segments give way, the oldest first, until size bytes fit, or says ErrFull.
func (j *Journal) makeRoom(size int64) error {
	if j.room() >= size {
		return nil
	}
	if j.active != nil && j.offset > segmentHead && j.loaded() {
		if err := j.rotate(); err != nil {
			return err
		}
	}
	j.mu.Lock()
	most := len(j.segments) // ids that move along need room again, so this could go on for ever
	j.mu.Unlock()
	for range most {
		if j.room() >= size {
			return nil
		}
		s := j.oldest(func(*segment) bool { return true })
		if s == nil {
			break
		}
		if err := j.condense(s); err != nil {
			return err
		}
	}
	if j.room() >= size {
		return nil
	}
	j.mu.Lock()
	j.counters.refused++
	j.counters.refusedAt = time.Now()
	j.mu.Unlock()
	return fmt.Errorf("append %d bytes to journal: %w", size, ErrFull)
}

// loaded says that everything is released.
func (j *Journal) loaded() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return !j.released.Before(j.end)
}

// condense removes a segment inside the retry window; its ingest ids go into a record of the active one first.
func (j *Journal) condense(s *segment) error {
	body, err := j.outcomes(s)
	if err != nil {
		return err
	}
	if len(body) > 0 {
		p := &pending{}
		if err := p.prepare(&Record{Kind: kindSeen, Received: j.cfg.Now(), Body: body}, CodecNone); err != nil {
			return err
		}
		if err := j.fit(p.frame.size()); err != nil {
			return err
		}
		durable := j.offset
		p.frame.stamp(salt{j.id, j.active.number}, j.offset, durable)
		if err := j.write(&p.frame); err != nil {
			return j.abandon(durable, err)
		}
		if err := j.sync(); err != nil {
			return j.abandon(durable, err)
		}
		j.mu.Lock()
		j.active.end = j.offset
		j.mu.Unlock()
	}
	j.remove(s)
	return nil
}

// outcomes is the body of a kindSeen record for what a segment says about the retry window.
func (j *Journal) outcomes(s *segment) ([]byte, error) {
	j.mu.Lock()
	path := s.path
	j.mu.Unlock()
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read ids of journal segment: %w", err)
	}
	defer f.Close()
	oldest := j.cfg.Now().Add(-j.cfg.Keep)
	var out []byte
	scan := scanner{f: f, salt: salt{j.id, s.number}, off: segmentHead, end: s.end, chunk: 4 << 10}
	for {
		r, err := scan.next(false)
		if err != nil {
			return out, nil // its end; what can't be read has no ids
		}
		at := time.Unix(0, r.head.received)
		switch {
		case r.head.kind == KindData && r.head.id != [16]byte{} && at.After(oldest):
			if _, reasons, _, err := r.head.account(r.notes()); err == nil {
				out = appendOutcome(out, r.head.id, outcome{at: at, items: r.head.items, reasons: reasons})
			}
		case r.head.kind == kindSeen:
			body := make([]byte, r.head.stored)
			if _, err := f.ReadAt(body, r.start+headSize+int64(r.head.notes)); err != nil {
				continue
			}
			for len(body) > 0 {
				var id [16]byte
				var o outcome
				if id, o, body, err = cutOutcome(body); err != nil {
					break
				}
				if o.at.After(oldest) {
					out = appendOutcome(out, id, o)
				}
			}
		}
	}
}

// quarantine notes damage that a reader met.
func (j *Journal) quarantine(number uint64, damage span) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range j.segments {
		if s.number == number {
			j.setAside(s, damage)
		}
	}
}

// setAside renames a damaged segment's file to a name that says so, once; its whole records are read from there. It needs mu.
func (j *Journal) setAside(s *segment, damage span) {
	j.counters.corruptBytes += damage.to - damage.from
	if s.quarantined {
		return
	}
	j.counters.corruptUnits++
	s.quarantined = true
	path := strings.TrimSuffix(s.path, suffixLive) + suffixQuarantined
	err := os.Rename(s.path, path)
	if err == nil {
		s.path = path
	}
	j.cfg.Log.Error("journal segment is damaged and set aside; its whole records are still read",
		"segment", filepath.Base(s.path), "offset", damage.from, "bytes", damage.to-damage.from, "error", err)
}
