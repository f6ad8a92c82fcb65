package engine

import (
	"fmt"
	"unsafe"

	"github.com/ebitengine/purego"
)

// library is libchdb, loaded once a process. Its handles are C pointers and are kept as uintptr; Go memory that a call needs is
// pinned for the length of that call.
type library struct {
	connect, closeConn                     uintptr
	queryParams                            uintptr
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
	var signals uintptr
	for _, symbol := range []struct {
		name string
		into *uintptr
	}{
		{"chdb_set_signal_handlers_enabled", &signals},
		{"chdb_connect", &l.connect},
		{"chdb_close_conn", &l.closeConn},
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
	return l, nil
}

func (l *library) call(fn uintptr, args ...uintptr) uintptr {
	r, _, _ := purego.SyscallN(fn, args...)
	return r
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
