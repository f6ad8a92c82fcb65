package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// recover reads the folder: what is there, what was torn, what is damaged, and which requests it remembers. Then it begins a
// new segment, so that nothing is ever appended to a file whose tail is in doubt.
func (j *Journal) recover() error {
	segments, err := listSegments(j.cfg.Dir)
	if err != nil {
		return err
	}
	if j.id, err = loadID(j.cfg.Dir, segments); err != nil {
		return err
	}
	ends := map[uint64]int64{} // of segments, as their successors' headers say
	damaged := map[*segment]error{}
	headers := map[*segment]segmentHeader{}
	for _, s := range segments {
		var h segmentHeader
		err := h.decode(readPrefix(s.path, segmentHead))
		if errors.Is(err, ErrNewer) {
			return fmt.Errorf("%s: %w", filepath.Base(s.path), err)
		}
		if err == nil && (h.id != j.id || h.number != s.number) {
			err = fmt.Errorf("%w: it belongs to segment %d of journal %x", errSegmentHead, h.number, h.id)
		}
		if err != nil {
			damaged[s] = err
			continue
		}
		headers[s], s.created, s.last = h, h.created, h.created
		ends[h.prev.Segment] = h.prev.Offset
		j.prev = Position{Segment: s.number}
	}
	for _, s := range segments {
		j.next = max(j.next, s.number)
		end, known := ends[s.number]
		keep, err := j.inspect(s, damaged[s], end, known)
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(s.path), err)
		}
		if keep {
			j.segments = append(j.segments, s)
		}
	}
	j.next++
	return j.resume(headers)
}

// resume begins the first segment of this run. A last one that holds nothing is replaced by it.
func (j *Journal) resume(headers map[*segment]segmentHeader) error {
	var empty *segment
	j.prev = Position{}
	if n := len(j.segments); n > 0 {
		last := j.segments[n-1]
		j.prev = Position{Segment: last.number, Offset: last.end}
		if h, ok := headers[last]; ok && last.end == segmentHead && !last.quarantined {
			empty, j.prev = last, h.prev
		}
	}
	if err := j.begin(); err != nil {
		j.cfg.Log.Error("journal can't be written; it is read, and every append tries again", "error", err)
		if len(j.segments) == 0 {
			j.segments = []*segment{{number: j.next, end: segmentHead, sealed: true, tally: map[Account]Tally{}}}
			j.next++
		}
		return nil
	}
	if empty != nil {
		if err := os.Remove(empty.path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove empty segment: %w", err)
		}
		for i, s := range j.segments {
			if s == empty {
				j.segments = append(j.segments[:i], j.segments[i+1:]...)
				break
			}
		}
	}
	return nil
}

// inspect takes stock of a segment. The end is known where a later segment says it: then only heads are read, and bodies are
// checked when they are. Else every byte up to the file's end is checked: what is broken before the last durable mark is
// damage, what is broken after it was never acknowledged and is cut off or laid over.
func (j *Journal) inspect(s *segment, headErr error, end int64, known bool) (keep bool, err error) {
	f, err := os.OpenFile(s.path, os.O_RDWR, 0)
	if err != nil {
		return false, fmt.Errorf("open segment: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, fmt.Errorf("measure segment: %w", err)
	}
	size := info.Size()
	if headErr != nil && size < segmentHead && !known { // its creation was cut off; nothing in it was acknowledged
		if err := os.Remove(s.path); err != nil {
			return false, fmt.Errorf("remove unfinished segment: %w", err)
		}
		return false, nil
	}
	if s.quarantined { // by an earlier run; it stays in the count until it is gone
		j.counters.corruptUnits++
	}
	s.end = size
	if known {
		s.end = end
	}
	var lost []span
	if headErr != nil {
		lost = append(lost, span{0, segmentHead})
	}
	if size < s.end {
		lost = append(lost, span{size, s.end})
		s.end = max(size, segmentHead)
	}
	gaps, durable, err := j.stock(s, f, !known)
	if err != nil {
		return false, err
	}
	for _, g := range gaps {
		if known || g.from < durable {
			lost = append(lost, g)
			continue
		}
		if err := j.mend(s, f, g); err != nil {
			return false, err
		}
	}
	if !known {
		// Until now it may be in the page cache alone, and a retry will be told that it is stored.
		if err := datasync(f); err != nil {
			return false, fmt.Errorf("sync recovered segment: %w", err)
		}
	}
	for _, g := range lost {
		j.setAside(s, g)
	}
	return true, nil
}

type span struct{ from, to int64 }

// stock reads the records of a segment for ids and counts, and finds gaps and the last durable mark.
func (j *Journal) stock(s *segment, f *os.File, whole bool) (gaps []span, durable int64, err error) {
	now := j.cfg.Now()
	scan := scanner{f: f, salt: salt{j.id, s.number}, off: segmentHead, end: s.end, chunk: 4 << 10}
	if whole {
		scan.chunk = 256 << 10
	}
	for {
		r, err := scan.next(whole)
		if r.gap > 0 {
			to := scan.off
			if err == nil {
				to = r.start
			}
			gaps = append(gaps, span{to - r.gap, to})
		}
		if errors.Is(err, io.EOF) {
			return gaps, durable, nil
		}
		if err != nil {
			return nil, 0, err
		}
		durable = max(durable, r.head.durable)
		if r.head.kind == kindVoid {
			continue
		}
		s.count(&r.head, r.notes(), scan.off)
		if r.head.kind == KindData || r.head.kind == KindCounts {
			j.end = Position{s.number, scan.off}
			j.mark(j.end, time.Unix(0, r.head.received))
		}
		var body []byte
		if r.head.kind == kindSeen {
			body = make([]byte, r.head.stored)
			if _, err := f.ReadAt(body, r.start+headSize+int64(r.head.notes)); err != nil {
				continue
			}
		}
		j.seen.restore(&r.head, r.notes(), body, now)
	}
}

// mend makes a torn group harmless: cut off at the end of the file, or laid over with a void record.
func (j *Journal) mend(s *segment, f *os.File, g span) error {
	j.counters.tornBytes += g.to - g.from
	j.cfg.Log.Warn("journal's tail was torn; nothing in it was acknowledged, unless the file was damaged afterwards",
		"segment", filepath.Base(s.path), "offset", g.from, "bytes", g.to-g.from)
	if g.to == s.end {
		s.end = g.from
		if err := f.Truncate(g.from); err != nil {
			return fmt.Errorf("cut torn tail: %w", err)
		}
		return nil
	}
	var fr frame
	if err := fr.encode(&Record{Kind: kindVoid, Received: j.cfg.Now()}, CodecNone); err != nil {
		return err
	}
	fr.head = fr.head[:headSize]
	binary.LittleEndian.PutUint32(fr.head[8:], 0)
	binary.LittleEndian.PutUint32(fr.head[12:], uint32(g.to-g.from-headSize))
	fr.stamp(salt{j.id, s.number}, g.from, 0)
	if _, err := f.WriteAt(fr.head, g.from); err != nil {
		return fmt.Errorf("lay over torn group: %w", err)
	}
	return nil
}
