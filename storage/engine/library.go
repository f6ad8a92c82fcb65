package engine

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// library is libchdb, loaded once a process. Its handles are C pointers and are kept as uintptr; Go memory that a call needs is
// pinned for the length of that call.
type library struct {
	version string

	connect, closeConn                     uintptr
	query, queryParams                     uintptr
	streamQuery, streamFetch, streamCancel uintptr
	streamInsert, streamAppend, streamDone uintptr
	streamInsertError, destroyInsert       uintptr
	classify                               uintptr
	destroy, buffer, length, failure       uintptr
	rowsRead, bytesRead                    uintptr
	rowsWritten, bytesWritten              uintptr
}

// loadLibrary opens the shared library at path and turns its signal handlers off: Go's own must stay.
func loadLibrary(path string) (*library, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return nil, fmt.Errorf("load engine library %q: %w", path, err)
	}
	l := &library{}
	var version, signals uintptr
	for _, symbol := range []struct {
		name string
		into *uintptr
	}{
		{"chdb_version", &version},
		{"chdb_set_signal_handlers_enabled", &signals},
		{"chdb_connect", &l.connect},
		{"chdb_close_conn", &l.closeConn},
		{"chdb_query_n", &l.query},
		{"chdb_query_with_params_n", &l.queryParams},
		{"chdb_stream_query_with_params_n", &l.streamQuery},
		{"chdb_stream_fetch_result", &l.streamFetch},
		{"chdb_stream_cancel_query", &l.streamCancel},
		{"chdb_stream_insert_n", &l.streamInsert},
		{"chdb_stream_append", &l.streamAppend},
		{"chdb_stream_done", &l.streamDone},
		{"chdb_stream_insert_error", &l.streamInsertError},
		{"chdb_destroy_insert_stream", &l.destroyInsert},
		{"chdb_classify_query_n", &l.classify},
		{"chdb_destroy_query_result", &l.destroy},
		{"chdb_result_buffer", &l.buffer},
		{"chdb_result_length", &l.length},
		{"chdb_result_error", &l.failure},
		{"chdb_result_storage_rows_read", &l.rowsRead},
		{"chdb_result_storage_bytes_read", &l.bytesRead},
		{"chdb_result_rows_written", &l.rowsWritten},
		{"chdb_result_bytes_written", &l.bytesWritten},
	} {
		if *symbol.into, err = purego.Dlsym(handle, symbol.name); err != nil {
			return nil, fmt.Errorf("load engine library %q: too old or not libchdb: %w", path, err)
		}
	}
	l.call(signals, 0)
	l.version = goString(l.call(version))
	return l, nil
}

func (l *library) call(fn uintptr, args ...uintptr) uintptr {
	r, _, _ := purego.SyscallN(fn, args...)
	return r
}

// session is one connection to the engine: it runs one statement at a time and keeps its own settings.
type session struct {
	lib    *library
	handle uintptr // chdb_connection *
}

// open makes a connection; args are the engine's command line, of which the first call of a process also starts the engine.
// The library reports no reason for a refusal; what it has to say is on stderr.
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

// result is what a statement or a fetch gave. Data is C memory: valid until free.
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
	s.readRows += uint64(r.lib.call(r.lib.rowsRead, r.handle))
	s.readBytes += uint64(r.lib.call(r.lib.bytesRead, r.handle))
	s.writtenRows += uint64(r.lib.call(r.lib.rowsWritten, r.handle))
	s.writtenBytes += uint64(r.lib.call(r.lib.bytesWritten, r.handle))
}

// param is one {name:Type} value in the engine's escaped text form.
type param struct{ name, value string }

// run executes a statement and waits for its whole result.
func (s *session) run(sql, format string, params []param) result {
	var pin runtime.Pinner
	defer pin.Unpin()
	text, size := pinned(&pin, sql)
	as, asSize := pinned(&pin, format)
	if len(params) == 0 {
		return result{s.lib, s.lib.call(s.lib.query, s.connection(), text, size, as, asSize)}
	}
	p := pinnedParams(&pin, params)
	return result{s.lib, s.lib.call(s.lib.queryParams, s.connection(), text, size, as, asSize,
		p[0], p[1], p[2], p[3], uintptr(len(params)))}
}

// stream starts a SELECT whose result is fetched in pieces; its result carries an error or nothing.
func (s *session) stream(sql, format string, params []param) result {
	var pin runtime.Pinner
	defer pin.Unpin()
	text, size := pinned(&pin, sql)
	as, asSize := pinned(&pin, format)
	p := pinnedParams(&pin, params)
	return result{s.lib, s.lib.call(s.lib.streamQuery, s.connection(), text, size, as, asSize,
		p[0], p[1], p[2], p[3], uintptr(len(params)))}
}

// fetch gives the next piece of a stream; no data and no error is its end.
func (s *session) fetch(stream result) result {
	return result{s.lib, s.lib.call(s.lib.streamFetch, s.connection(), stream.handle)}
}

func pinned(pin *runtime.Pinner, s string) (data, size uintptr) {
	if s == "" {
		return 0, 0
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
		if p.value == "" {
			all[2*n+i], _ = pinned(pin, "\x00") // the library refuses a null value pointer, also for no bytes
		}
	}
	pin.Pin(&all[0])
	for i := range lists {
		lists[i] = uintptr(unsafe.Pointer(&all[i*n]))
	}
	return lists
}

// pointer turns an address of C memory into a pointer; C memory does not move and is not the collector's.
func pointer(addr uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&addr)) }

func goString(addr uintptr) string {
	if addr == 0 {
		return ""
	}
	n := 0
	for *(*byte)(pointer(addr + uintptr(n))) != 0 {
		n++
	}
	return string(unsafe.Slice((*byte)(pointer(addr)), n))
}
