package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

// Entry is a record and its place. Record.Body belongs to the reader and is valid until its next call.
type Entry struct {
	Record     Record
	Start, End Position
	Gap        int64 // bytes of damaged records that were skipped just before this one; the segment is quarantined
}

// Reader reads durable records in order. It belongs to one goroutine.
type Reader struct {
	j    *Journal
	pos  Position
	scan *scanner
	body []byte
	gap  int64
}

// Reader starts at a position: the zero Position, or one that Append, Entry or End gave. Positions in segments that are gone
// continue with the first one after.
func (j *Journal) Reader(from Position) *Reader { return &Reader{j: j, pos: from} }

// Read is every record from a position on, waiting for new ones, until ctx ends or the journal is closed and read to its end.
// Each Entry is valid until the next.
func (j *Journal) Read(ctx context.Context, from Position) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		r := j.Reader(from)
		defer r.Close()
		for {
			e, err := r.Next(ctx)
			if errors.Is(err, io.EOF) || err != nil && ctx.Err() != nil {
				return
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Position is where the next call of Next begins to look: the End of the entry before.
func (r *Reader) Position() Position { return r.pos }

// Close lets the open file go.
func (r *Reader) Close() error {
	if r.scan == nil {
		return nil
	}
	err := r.scan.f.Close()
	r.scan = nil
	return err
}

// Next waits for a record. It returns ctx's error when that ends first, and io.EOF once the journal is closed and read.
func (r *Reader) Next(ctx context.Context) (Entry, error) {
	for {
		e, ok, err := r.TryNext()
		if ok || err != nil {
			return e, err
		}
		more, closed := r.j.after(r.pos)
		if closed {
			return Entry{}, io.EOF
		}
		if more == nil {
			continue
		}
		select {
		case <-more:
		case <-ctx.Done():
			return Entry{}, ctx.Err()
		}
	}
}

// TryNext is Next without waiting; ok is false where there is nothing yet.
func (r *Reader) TryNext() (e Entry, ok bool, err error) {
	for {
		v, ok := r.j.view(r.pos)
		if !ok {
			return Entry{}, false, nil
		}
		if turned, err := r.turn(v); err != nil {
			return Entry{}, false, err
		} else if !turned {
			continue
		}
		f, err := r.scan.next(true)
		if f.gap > 0 {
			r.gap += f.gap
			r.j.quarantine(v.number, span{r.pos.Offset, r.pos.Offset + f.gap})
		}
		r.pos.Offset = r.scan.off
		if errors.Is(err, io.EOF) {
			continue
		}
		if err != nil {
			return Entry{}, false, err
		}
		if f.head.kind != KindData && f.head.kind != KindCounts {
			continue
		}
		rec, body, err := f.head.record(f.data, r.body)
		r.body = body
		if err != nil { // checksums hold, so this was written so: our bug or a later format
			return Entry{}, false, fmt.Errorf("read record at %d:%d: %w", v.number, f.start, err)
		}
		if cap(r.body) > 4<<20 && len(rec.Body) < 1<<20 {
			r.body = nil
		}
		e = Entry{Record: rec, Start: Position{v.number, f.start}, End: r.pos, Gap: r.gap}
		r.gap = 0
		return e, true, nil
	}
}

// turn has the scanner on the segment of v. The file may be renamed or removed between the look and the opening: then there
// is another view, and turned is false.
func (r *Reader) turn(v view) (turned bool, err error) {
	r.pos = v.pos
	if r.scan == nil || r.scan.salt.segment != v.number {
		r.Close()
		f, err := os.Open(v.path)
		if err != nil {
			if w, ok := r.j.view(r.pos); errors.Is(err, os.ErrNotExist) && (!ok || w.path != v.path) {
				return false, nil
			}
			return false, fmt.Errorf("open journal segment: %w", err)
		}
		r.scan = &scanner{f: f, salt: salt{r.j.id, v.number}, chunk: 256 << 10}
	}
	r.scan.off, r.scan.end = r.pos.Offset, v.end
	return true, nil
}

// view is what a reader needs of the segment that it reads next.
type view struct {
	number uint64
	path   string
	end    int64
	pos    Position
}

// view finds the first segment with something at or after pos.
func (j *Journal) view(pos Position) (view, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.viewLocked(pos)
}

func (j *Journal) viewLocked(pos Position) (view, bool) {
	for _, s := range j.segments {
		if s.number < pos.Segment {
			continue
		}
		if s.number > pos.Segment {
			pos = Position{Segment: s.number, Offset: segmentHead}
		}
		pos.Offset = max(pos.Offset, segmentHead)
		if pos.Offset < s.end {
			return view{number: s.number, path: s.path, end: s.end, pos: pos}, true
		}
	}
	return view{}, false
}

// after is nil where something lies after pos, else a channel that is closed when something may; closed says nothing will.
func (j *Journal) after(pos Position) (changed chan struct{}, closed bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, ok := j.viewLocked(pos); ok {
		return nil, false
	}
	return j.changed, j.finished
}
