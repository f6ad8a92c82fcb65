package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A segment file opens with (little endian):
//
//	0 magic   8 u16 version, zeros   16 journal id   24 u64 number   32 i64 created, Unix ns
//	40 u64 number of the segment before   48 i64 where that one ends   56 zeros   60 u32 crc
//
// The end of the one before is what makes a segment whose last fsync failed safe: what lies past it was never acknowledged.
const (
	segmentMagic   = "SLJOURNL"
	segmentVersion = 1
	segmentHead    = 64

	suffixLive        = ".seg"
	suffixQuarantined = ".quarantined"
)

// ErrNewer is returned by Open where a later version of the program wrote the journal.
var ErrNewer = errors.New("journal was written by a newer version of sightline")

// segment is what is known of one file. Guarded by Journal.mu but for what never changes.
type segment struct {
	number      uint64
	path        string
	end         int64 // durable end
	loadEnd     int64 // end of the last record that a loader sees; 0: it has none
	sealed      bool  // nothing is appended any more
	quarantined bool
	records     int
	created     time.Time
	last        time.Time // latest receive time in it
	tally       map[Account]Tally
}

type segmentHeader struct {
	id      [8]byte
	number  uint64
	created time.Time
	prev    Position // where the segment before ends
}

func (h segmentHeader) encode() []byte {
	b := make([]byte, segmentHead)
	le := binary.LittleEndian
	copy(b, segmentMagic)
	le.PutUint16(b[8:], segmentVersion)
	copy(b[16:], h.id[:])
	le.PutUint64(b[24:], h.number)
	le.PutUint64(b[32:], uint64(h.created.UnixNano()))
	le.PutUint64(b[40:], h.prev.Segment)
	le.PutUint64(b[48:], uint64(h.prev.Offset))
	le.PutUint32(b[60:], crc32.Checksum(b[:60], castagnoli))
	return b
}

var errSegmentHead = errors.New("segment header is damaged")

func (h *segmentHeader) decode(b []byte) error {
	le := binary.LittleEndian
	if len(b) < segmentHead || string(b[:8]) != segmentMagic || le.Uint32(b[60:]) != crc32.Checksum(b[:60], castagnoli) {
		return errSegmentHead
	}
	if v := le.Uint16(b[8:]); v > segmentVersion {
		return fmt.Errorf("%w: format %d, this one reads up to %d", ErrNewer, v, segmentVersion)
	}
	copy(h.id[:], b[16:24])
	h.number, h.created = le.Uint64(b[24:]), time.Unix(0, int64(le.Uint64(b[32:])))
	h.prev = Position{Segment: le.Uint64(b[40:]), Offset: int64(le.Uint64(b[48:]))}
	return nil
}

func segmentPath(dir string, number uint64, suffix string) string {
	return filepath.Join(dir, fmt.Sprintf("%016d%s", number, suffix))
}

// listSegments finds the segment files of a folder in order.
func listSegments(dir string) ([]*segment, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list journal: %w", err)
	}
	var out []*segment
	for _, e := range entries {
		base, quarantined := strings.CutSuffix(e.Name(), suffixQuarantined)
		base, live := strings.CutSuffix(base, suffixLive)
		if !live && !quarantined {
			continue
		}
		number, err := strconv.ParseUint(base, 10, 64)
		if err != nil || number == 0 {
			continue
		}
		out = append(out, &segment{
			number: number, path: filepath.Join(dir, e.Name()), sealed: true, quarantined: quarantined, tally: map[Account]Tally{},
		})
	}
	slices.SortFunc(out, func(a, b *segment) int {
		return Position{Segment: a.number}.Compare(Position{Segment: b.number})
	})
	return out, nil
}

// count adds a record, which ends at end, to what the segment holds.
func (s *segment) count(h *head, notes []byte, end int64) {
	switch h.kind {
	case KindData, KindCounts:
	default:
		return
	}
	s.records++
	s.loadEnd = end
	if t := time.Unix(0, h.received); t.After(s.last) {
		s.last = t
	}
	project, reasons, _, err := h.account(notes)
	if err != nil {
		return
	}
	key := Account{Signal: h.signal, Project: project}
	t := s.tally[key]
	t.add(h, reasons)
	s.tally[key] = t
}
