package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// scanner walks the records of one segment file. Where something is damaged it looks for the next place that holds a record.
type scanner struct {
	f     *os.File
	salt  salt
	off   int64 // of the next record
	end   int64 // read no further
	chunk int   // bytes read at a time

	buf []byte // what was read last
	at  int64  // its offset
}

// found is a record's place: its head, and its notes and stored body if they were asked for.
type found struct {
	head  head
	start int64
	data  []byte // notes and body, or the notes alone; valid until the next call
	gap   int64  // damaged bytes skipped just before start
}

func (f *found) notes() []byte { return f.data[:f.head.notes] }

// window is n bytes at off, from the buffer where they are.
func (s *scanner) window(off int64, n int) ([]byte, error) {
	if off >= s.at && off+int64(n) <= s.at+int64(len(s.buf)) {
		return s.buf[off-s.at:][:n], nil
	}
	if off+int64(n) > s.end {
		return nil, io.ErrUnexpectedEOF
	}
	size := int(min(int64(max(n, s.chunk)), s.end-off))
	if cap(s.buf) < size || cap(s.buf) > 4<<20 && size < 1<<20 {
		s.buf = make([]byte, size)
	}
	s.buf, s.at = s.buf[:size], off
	m, err := s.f.ReadAt(s.buf, off)
	s.buf = s.buf[:m]
	if m < n {
		if err == nil || errors.Is(err, io.EOF) {
			return nil, io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("read journal segment: %w", err)
	}
	return s.buf[:n], nil
}

// next finds the next whole record. With whole it reads and checks notes and body, else the notes unchecked. At the end it
// returns io.EOF, and in gap what was damaged before the end.
func (s *scanner) next(whole bool) (found, error) {
	var f found
	for {
		if s.off+headSize > s.end {
			f.gap += max(0, s.end-s.off)
			s.off = s.end
			return f, io.EOF
		}
		b, err := s.window(s.off, headSize)
		if err == nil {
			err = f.head.parse(s.salt, s.off, b)
		}
		if err == nil && s.off+f.head.size() > s.end {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			if !damage(err) {
				return f, err
			}
			from := s.off
			if err := s.resync(); err != nil {
				return f, err
			}
			f.gap += s.off - from
			continue
		}
		n := int(f.head.notes)
		if whole {
			n += int(f.head.stored)
		}
		if f.head.kind == kindVoid {
			n = 0
		}
		f.start, f.data = s.off, nil
		s.off += f.head.size()
		if f.data, err = s.window(f.start+headSize, n); err == nil && whole {
			err = f.head.check(f.data)
		}
		if err == nil {
			return f, nil
		}
		if !damage(err) {
			return f, err
		}
		f.gap += f.head.size() // the head's checksum holds, so its length does
	}
}

// damage tells what lies on the disk wrongly from a disk that does not answer.
func damage(err error) bool {
	for _, e := range []error{errMagic, errHeadSum, errDataSum, errTooLarge, errNotes, io.ErrUnexpectedEOF} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

var magicBytes = binary.LittleEndian.AppendUint32(nil, recordMagic)

// resync moves to the next place after off where a head's checksum holds, or to the end.
func (s *scanner) resync() error {
	s.off++
	for s.off+headSize <= s.end {
		b, err := s.window(s.off, int(min(64<<10, s.end-s.off)))
		if err != nil && !damage(err) {
			return err
		}
		if err != nil { // the file is shorter than it should be
			break
		}
		size := len(b)
		i := bytes.Index(b, magicBytes)
		if i < 0 {
			s.off += int64(size - len(magicBytes) + 1)
			continue
		}
		s.off += int64(i)
		if s.off+headSize > s.end {
			break
		}
		if b, err = s.window(s.off, headSize); err != nil {
			if damage(err) {
				break
			}
			return err
		}
		var h head
		if h.parse(s.salt, s.off, b) == nil && s.off+h.size() <= s.end {
			return nil
		}
		s.off++
	}
	s.off = s.end
	return nil
}
