package engine

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"unsafe"
)

// session is one connection to the engine: it runs one statement at a time and keeps its own settings. Not safe for concurrent use.
type session struct {
	lib    *library
	handle uintptr // chdb_connection *
}

// open makes a connection; args are the engine's command line, of which the first call of a process also starts the engine. The
// library gives no reason for a refusal; what it has to say is on stderr.
func (l *library) open(args ...string) (*session, error) {
	var pin runtime.Pinner
	defer pin.Unpin()
	argv := make([]uintptr, 0, len(args)+2)
	for _, arg := range append([]string{"sightline"}, args...) {
		b := append([]byte(arg), 0)
		pin.Pin(&b[0])
		argv = append(argv, uintptr(unsafe.Pointer(&b[0])))
	}
	n := len(argv)
	argv = append(argv, 0)
	pin.Pin(&argv[0])
	handle := l.call(l.connect, uintptr(n), uintptr(unsafe.Pointer(&argv[0])))
	if handle == 0 {
		return nil, errors.New("the engine refused to open the folder")
	}
	return &session{lib: l, handle: handle}, nil
}

func (s *session) close() {
	s.lib.call(s.lib.closeConn, s.handle)
	s.handle = 0
}

// connection is the chdb_connection behind the handle.
func (s *session) connection() uintptr { return *(*uintptr)(pointer(s.handle)) }

// param is one {name:Type} value in the engine's escaped text form.
type param struct{ name, value string }

// run executes a statement and waits for its whole result.
func (s *session) run(sql, format string, params []param) result {
	var pin runtime.Pinner
	defer pin.Unpin()
	text, size := pinned(&pin, sql)
	as, asSize := pinned(&pin, format)
	p := pinnedParams(&pin, params)
	return result{s.lib, s.lib.call(s.lib.queryParams, s.connection(), text, size, as, asSize,
		p[0], p[1], p[2], p[3], uintptr(len(params)))}
}

// exec runs a statement that gives nothing.
func (s *session) exec(sql string) error {
	r := s.run(sql, "Null", nil)
	defer r.free()
	return r.err()
}

// text runs a statement for one value.
func (s *session) text(sql string) (string, error) {
	r := s.run(sql, "TSVRaw", nil)
	defer r.free()
	return string(r.data()), r.err()
}

// readOnly asks the engine's own parser whether the text is one statement that leaves no trace.
func (s *session) readOnly(sql string) bool {
	var pin runtime.Pinner
	defer pin.Unpin()
	text, size := pinned(&pin, sql)
	report := &struct{ size, statements, flags, class uint32 }{size: 16}
	pin.Pin(report)
	failed := s.lib.call(s.lib.classify, s.connection(), text, size, 0, 0, uintptr(unsafe.Pointer(report)))
	return uint32(failed) == 0 && report.statements == 1 && report.class == 0
}

// cursor is a SELECT whose result is fetched in pieces.
type cursor struct {
	session *session
	handle  result
	ended   bool // nothing more comes
	failed  bool // it ended so
}

// stream starts a SELECT. The cursor must be closed before the session runs anything else.
func (s *session) stream(sql, format string, params []param) (*cursor, error) {
	var pin runtime.Pinner
	defer pin.Unpin()
	text, size := pinned(&pin, sql)
	as, asSize := pinned(&pin, format)
	p := pinnedParams(&pin, params)
	r := result{s.lib, s.lib.call(s.lib.streamQuery, s.connection(), text, size, as, asSize,
		p[0], p[1], p[2], p[3], uintptr(len(params)))}
	if err := r.err(); err != nil {
		r.free()
		return nil, err
	}
	return &cursor{session: s, handle: r}, nil
}

// next gives the next piece, without data at the end. The caller frees it.
func (c *cursor) next() (result, error) {
	if c.ended {
		return result{}, nil
	}
	l := c.session.lib
	r := result{l, l.call(l.streamFetch, c.session.connection(), c.handle.handle)}
	if err := r.err(); err != nil {
		r.free()
		c.ended, c.failed = true, true
		return result{}, err
	}
	c.ended = len(r.data()) == 0
	return r, nil
}

// close cancels what has not been fetched.
func (c *cursor) close() {
	if !c.ended {
		l := c.session.lib
		l.call(l.streamCancel, c.session.connection(), c.handle.handle)
	}
	c.handle.free()
}

// insertChunk is how much of an INSERT's data is handed over at a time; the library copies it and makes the caller wait when it
// falls behind.
const insertChunk = 256 << 10

// insert runs INSERT INTO t (columns) [SETTINGS ...] with data in the format. Nothing of a block is stored when body fails.
func (s *session) insert(sql, format string, body io.Reader) (result, error) {
	var pin runtime.Pinner
	defer pin.Unpin()
	l := s.lib
	text, size := pinned(&pin, sql)
	as, asSize := pinned(&pin, format)
	stream := l.call(l.streamInsert, s.connection(), text, size, as, asSize)
	defer l.call(l.destroyInsert, stream) // cancels an INSERT that is not done
	if e := l.call(l.streamInsertError, stream); e != 0 {
		return result{}, parseException(goString(e))
	}
	chunk := make([]byte, insertChunk)
	pin.Pin(&chunk[0])
	for {
		n, err := fill(body, chunk)
		if n > 0 && uint32(l.call(l.streamAppend, stream, uintptr(unsafe.Pointer(&chunk[0])), uintptr(n))) != 0 {
			break // the stream has failed; done says why
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return result{}, fmt.Errorf("receive the rows: %w", err)
		}
	}
	r := result{l, l.call(l.streamDone, stream)}
	if err := r.err(); err != nil {
		r.free()
		return result{}, err
	}
	return r, nil
}

// fill reads until p is full or r has no more. Unlike io.ReadFull it passes r's own io.ErrUnexpectedEOF (a body cut short) apart from
// its io.EOF.
func fill(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = r.Read(p[n:])
		n += m
	}
	return n, err
}

// result is what a statement or a fetch gave. Its data is C memory, valid until free.
type result struct {
	lib    *library
	handle uintptr
}

func (r result) free() {
	if r.handle != 0 {
		r.lib.call(r.lib.destroy, r.handle)
	}
}

func (r result) data() []byte {
	if r.handle == 0 {
		return nil
	}
	n := r.lib.call(r.lib.length, r.handle)
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(pointer(r.lib.call(r.lib.buffer, r.handle))), n)
}

// err is the statement's failure as an *Exception, or nil.
func (r result) err() error {
	if r.handle == 0 {
		return errors.New("the engine gave no result")
	}
	if text := r.lib.call(r.lib.failure, r.handle); text != 0 {
		return parseException(goString(text))
	}
	return nil
}

func (r result) addTo(s *summary) {
	if r.handle == 0 {
		return
	}
	s.readRows += uint64(r.lib.call(r.lib.rowsRead, r.handle))
	s.readBytes += uint64(r.lib.call(r.lib.bytesRead, r.handle))
	s.writtenRows += uint64(r.lib.call(r.lib.rowsWritten, r.handle))
	s.writtenBytes += uint64(r.lib.call(r.lib.bytesWritten, r.handle))
}

func pinned(pin *runtime.Pinner, s string) (data, size uintptr) {
	if s == "" {
		s = "\x00"[:0] // the library refuses a null pointer, also for no bytes
	}
	p := unsafe.StringData(s)
	pin.Pin(p)
	return uintptr(unsafe.Pointer(p)), uintptr(len(s))
}

// pinnedParams lays params out as the library wants them: names, their lengths, values, their lengths.
func pinnedParams(pin *runtime.Pinner, params []param) (lists [4]uintptr) {
	if len(params) == 0 {
		return lists
	}
	n := len(params)
	all := make([]uintptr, 4*n)
	for i, p := range params {
		all[i], all[n+i] = pinned(pin, p.name)
		all[2*n+i], all[3*n+i] = pinned(pin, p.value)
	}
	pin.Pin(&all[0])
	for i := range lists {
		lists[i] = uintptr(unsafe.Pointer(&all[i*n]))
	}
	return lists
}
