package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Stats is the state for the status page.
type Stats struct {
	Bytes, MaxBytes  int64
	Segments         int
	End, Released    Position
	OldestUnreleased time.Time // when the oldest record that is not loaded was received; zero: everything is loaded
	Quarantined      []string  // file names of damaged segments
	CorruptUnits     uint64    // segments found damaged since Open, those of earlier runs included
	CorruptBytes     int64
	TornBytes        int64 // never acknowledged, cut off at Open
	Syncs            uint64
	SyncErrors       uint64
	SyncTime         time.Duration // in all Syncs
	Refused          uint64        // records refused with ErrFull
	Full             bool          // the last record was refused
	SeenIDs          int           // requests remembered for retries
	SeenDropped      uint64        // ids forgotten before their time for want of memory
}

// Stats asks no disk.
func (j *Journal) Stats() Stats {
	j.seen.mu.Lock()
	ids, dropped := j.seen.size, j.seen.dropped
	j.seen.mu.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	st := Stats{
		MaxBytes: j.cfg.MaxBytes, Segments: len(j.segments), End: j.end, Released: j.released,
		CorruptUnits: j.counters.corruptUnits, CorruptBytes: j.counters.corruptBytes, TornBytes: j.counters.tornBytes,
		Syncs: j.counters.syncs, SyncErrors: j.counters.syncErrors, SyncTime: j.counters.syncTime,
		Refused: j.counters.refused, Full: !j.counters.refusedAt.IsZero(), SeenIDs: ids, SeenDropped: dropped,
	}
	for _, s := range j.segments {
		st.Bytes += s.end
		if s.quarantined {
			st.Quarantined = append(st.Quarantined, filepath.Base(s.path))
		}
	}
	if len(j.marks) > 0 {
		st.OldestUnreleased = j.marks[0].time
	}
	return st
}

// Full says that a record was refused in the last half second and none taken since: a receiver may refuse before it reads.
func (j *Journal) Full() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return time.Since(j.counters.refusedAt) < 500*time.Millisecond
}

// Account is whose items a tally counts.
type Account struct {
	Signal  uint8
	Project string
}

// Tally is what a run of records says about an account, in items.
type Tally struct {
	Records, Items, Deduplicated uint64
	Rejected                     map[string]uint64 // by reason
}

// Received is all items that clients sent.
func (t Tally) Received() uint64 {
	n := t.Items + t.Deduplicated
	for _, c := range t.Rejected {
		n += c
	}
	return n
}

func (t *Tally) add(h *head, reasons map[string]uint32) {
	t.Records++
	t.Items += uint64(h.items)
	t.Deduplicated += uint64(h.dups)
	for name, count := range reasons {
		if t.Rejected == nil {
			t.Rejected = map[string]uint64{}
		}
		t.Rejected[name] += uint64(count)
	}
}

func (t *Tally) merge(o Tally) {
	t.Records += o.Records
	t.Items += o.Items
	t.Deduplicated += o.Deduplicated
	for name, count := range o.Rejected {
		if t.Rejected == nil {
			t.Rejected = map[string]uint64{}
		}
		t.Rejected[name] += count
	}
}

// Tally sums the records from a position to the end: with a loader's checkpoint, exactly what it has not accounted for yet.
// It reads the heads of the records in the position's own segment, and no others.
func (j *Journal) Tally(from Position) (map[Account]Tally, error) {
	out := map[Account]Tally{}
	j.mu.Lock()
	var first *segment
	var v view
	for _, s := range j.segments {
		switch {
		case s.number < from.Segment:
		case s.number == from.Segment && from.Offset > segmentHead:
			first, v = s, view{number: s.number, path: s.path, end: s.end, pos: from}
		default:
			for a, t := range s.tally {
				sum := out[a]
				sum.merge(t)
				out[a] = sum
			}
		}
	}
	j.mu.Unlock()
	if first == nil || v.pos.Offset >= v.end {
		return out, nil
	}
	f, err := os.Open(v.path)
	if err != nil {
		return nil, fmt.Errorf("tally journal: %w", err)
	}
	defer f.Close()
	rest := segment{tally: out}
	scan := scanner{f: f, salt: salt{j.id, v.number}, off: v.pos.Offset, end: v.end, chunk: 16 << 10}
	for {
		r, err := scan.next(false)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("tally journal: %w", err)
		}
		rest.count(&r.head, r.notes(), scan.off)
	}
}
