package journal

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"time"
)

// Receipt is what became of a request.
type Receipt struct {
	Position  Position          // just after the record
	Duplicate bool              // a byte-identical request was stored before; this one added nothing
	Items     uint32            // items that are stored, by this request or by the first
	Reasons   map[string]uint32 // items that were rejected then, by reason; not to be changed
}

// AppendOnce is Append for a request that may be a retry. The first one is appended. One that arrives while the first is being
// made durable waits and shares its error; one that arrives within the retry window after it appends a KindCounts record
// that says how many items it repeated, and answers as the first did. The window holds across restarts.
func (j *Journal) AppendOnce(ctx context.Context, r Record) (Receipt, error) {
	if r.IngestID == [16]byte{} {
		return Receipt{}, errors.New("append record: no ingest id")
	}
	for {
		first, state, claim := j.seen.claim(r.IngestID, j.cfg.Now())
		switch state {
		case claimOther:
			select {
			case <-claim.done:
				if claim.err != nil {
					return Receipt{}, claim.err
				}
				continue
			case <-ctx.Done():
				return Receipt{}, ctx.Err()
			}
		case claimSettled:
			retry := Record{
				Kind: KindCounts, Signal: r.Signal, Project: r.Project, Received: r.Received, LimitsVersion: r.LimitsVersion,
				IngestID: r.IngestID, Reasons: first.reasons, Deduplicated: first.items,
			}
			pos, err := j.Append(ctx, retry)
			return Receipt{Position: pos, Duplicate: true, Items: first.items, Reasons: first.reasons}, err
		}
		err := errUnsettled
		defer func() {
			j.seen.settle(r.IngestID, claim, outcome{at: r.Received, items: r.Items, reasons: r.Reasons}, err)
		}()
		var pos Position
		pos, err = j.Append(ctx, r)
		return Receipt{Position: pos, Items: r.Items, Reasons: r.Reasons}, err
	}
}

// errUnsettled is what those who wait are told should the first one panic.
var errUnsettled = errors.New("append record: the first of two equal requests broke off")

// Seen says whether a request with this id was made durable within the retry window.
func (j *Journal) Seen(id [16]byte) bool {
	j.seen.mu.Lock()
	defer j.seen.mu.Unlock()
	_, ok := j.seen.lookup(id, j.cfg.Now())
	return ok
}

// seen remembers ingest ids, in one map per minute so that forgetting is dropping a map.
type seen struct {
	keep time.Duration
	step time.Duration

	mu       sync.Mutex
	inflight map[[16]byte]*claim
	minutes  map[int64]*minute
	size     int
	dropped  uint64
}

type minute struct {
	items   map[[16]byte]uint32
	reasons map[[16]byte]map[string]uint32 // of the few that had items rejected
}

type outcome struct {
	at      time.Time
	items   uint32
	reasons map[string]uint32
}

// claim is a request on its way; err is set before done is closed.
type claim struct {
	done chan struct{}
	err  error
}

type claimState uint8

const (
	claimMine    claimState = iota // the caller is the first and must settle
	claimOther                     // another one is on its way
	claimSettled                   // an earlier one was stored
)

func newSeen(keep time.Duration) *seen {
	return &seen{keep: keep, step: max(keep/15, 1), inflight: map[[16]byte]*claim{}, minutes: map[int64]*minute{}}
}

// claim returns the outcome of an earlier request, or the claim to wait for, or a claim of the caller's own to settle.
func (s *seen) claim(id [16]byte, now time.Time) (outcome, claimState, *claim) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.inflight[id]; ok {
		return outcome{}, claimOther, c
	}
	if o, ok := s.lookup(id, now); ok {
		return o, claimSettled, nil
	}
	c := &claim{done: make(chan struct{})}
	s.inflight[id] = c
	return outcome{}, claimMine, c
}

func (s *seen) settle(id [16]byte, c *claim, o outcome, err error) {
	s.mu.Lock()
	delete(s.inflight, id)
	if err == nil {
		s.add(id, o)
	}
	s.mu.Unlock()
	c.err = err
	close(c.done)
}

// lookup needs mu. An outcome older than the window is none.
func (s *seen) lookup(id [16]byte, now time.Time) (outcome, bool) {
	oldest := now.Add(-s.keep).UnixNano() / int64(s.step)
	for key, m := range s.minutes {
		if key < oldest {
			s.size -= len(m.items)
			delete(s.minutes, key)
			continue
		}
		if items, ok := m.items[id]; ok {
			return outcome{at: time.Unix(0, key*int64(s.step)), items: items, reasons: m.reasons[id]}, true
		}
	}
	return outcome{}, false
}

// add needs mu.
func (s *seen) add(id [16]byte, o outcome) {
	key := o.at.UnixNano() / int64(s.step)
	m := s.minutes[key]
	if m == nil {
		m = &minute{items: map[[16]byte]uint32{}}
		s.minutes[key] = m
	}
	if _, ok := m.items[id]; !ok {
		s.size++
	}
	m.items[id] = o.items
	if len(o.reasons) > 0 {
		if m.reasons == nil {
			m.reasons = map[[16]byte]map[string]uint32{}
		}
		m.reasons[id] = o.reasons
	}
	if s.size > maxSeenIDs && len(s.minutes) > 1 {
		oldest := key
		for k := range s.minutes {
			oldest = min(oldest, k)
		}
		s.size -= len(s.minutes[oldest].items)
		s.dropped += uint64(len(s.minutes[oldest].items))
		delete(s.minutes, oldest)
	}
}

// restore takes the ids of a record found on disk.
func (s *seen) restore(h *head, notes, body []byte, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	oldest := now.Add(-s.keep)
	switch {
	case h.kind == KindData && h.id != [16]byte{}:
		if at := time.Unix(0, h.received); at.After(oldest) {
			if _, reasons, _, err := h.account(notes); err == nil {
				s.add(h.id, outcome{at: at, items: h.items, reasons: reasons})
			}
		}
	case h.kind == kindSeen:
		for len(body) > 0 {
			var id [16]byte
			var o outcome
			var err error
			if id, o, body, err = cutOutcome(body); err != nil {
				return
			}
			if o.at.After(oldest) {
				s.add(id, o)
			}
		}
	}
}

// appendOutcome is one entry of a kindSeen record: id, receive time, items, reasons.
func appendOutcome(b []byte, id [16]byte, o outcome) []byte {
	b = append(b, id[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(o.at.UnixNano()))
	b = binary.AppendUvarint(b, uint64(o.items))
	b = binary.AppendUvarint(b, uint64(len(o.reasons)))
	for name, count := range o.reasons {
		b = binary.AppendUvarint(appendString(b, name), uint64(count))
	}
	return b
}

func cutOutcome(b []byte) (id [16]byte, o outcome, rest []byte, err error) {
	if len(b) < 26 {
		return id, o, nil, errNotes
	}
	copy(id[:], b)
	o.at = time.Unix(0, int64(binary.LittleEndian.Uint64(b[16:])))
	b = b[24:]
	items, n := binary.Uvarint(b)
	reasons, m := binary.Uvarint(b[max(n, 0):])
	if n <= 0 || m <= 0 || items > 1<<32-1 {
		return id, o, nil, errNotes
	}
	o.items, b = uint32(items), b[n+m:]
	for range reasons {
		var name string
		if name, b, err = cutString(b); err != nil {
			return id, o, nil, err
		}
		count, n := binary.Uvarint(b)
		if n <= 0 || count > 1<<32-1 {
			return id, o, nil, errNotes
		}
		if o.reasons == nil {
			o.reasons = map[string]uint32{}
		}
		o.reasons[name], b = uint32(count), b[n:]
	}
	return id, o, b, nil
}
