package engine

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// server is the part of ClickHouse's HTTP interface that clickhouse-go and storage/conn use.
type server struct {
	lib            *library
	version        string // ClickHouse's
	hello          []byte
	writer, reader credential

	control                          *pooled // kills statements; also keeps the engine up: closing the last session ends it
	controlMu                        sync.Mutex
	writers, interactive, background *pool
	sessions                         atomic.Uint64 // ever opened, for their ids
	sources                          map[string]bool
}

const classHeader = "X-Sightline-Class"

// openServer loads the library and starts the engine on the folder.
func openServer(o order) (*server, error) {
	lib, err := loadLibrary(o.Library)
	if err != nil {
		return nil, err
	}
	args, err := arguments(o)
	if err != nil {
		return nil, err
	}
	s := &server{lib: lib, writer: o.Writer, reader: o.Reader}
	common := [][2]string{
		{"async_insert", "0"}, // on by default in this build
		{"max_execution_time", "0"},
	}
	open := func(settings [][2]string, last string) func() (*pooled, error) {
		return func() (*pooled, error) {
			raw, err := lib.open(args...)
			if err != nil {
				return nil, fmt.Errorf("open %s: %w", o.Dir, err)
			}
			p := &pooled{session: raw, id: fmt.Sprintf("session-%d", s.sessions.Add(1)), database: "default"}
			set := append(slices.Clone(settings), [2]string{"log_comment", p.id})
			for _, sql := range []string{setStatement(set), last} {
				if sql == "" {
					continue
				}
				r := p.run(sql, "Native", nil)
				err := r.err()
				r.free()
				if err != nil {
					p.close()
					return nil, fmt.Errorf("prepare a session: %w", err)
				}
			}
			return p, nil
		}
	}
	if s.control, err = open(common, "")(); err != nil {
		return nil, err
	}
	cpus := runtime.GOMAXPROCS(0)
	memory := func(share int64) [2]string {
		return [2]string{"max_memory_usage", strconv.FormatInt(o.Memory/share, 10)}
	}
	s.writers = newPool(8, open(append(common, memory(2)), ""))
	// The limits first: once readonly is 1 nothing can be set on the session, not even readonly.
	s.interactive = newPool(max(8, 2*cpus), open([][2]string{
		{"max_execution_time", "60"}, memory(3),
	}, "SET readonly = 1"))
	s.background = newPool(2, open([][2]string{
		{"max_execution_time", "600"}, {"max_threads", strconv.Itoa(max(1, cpus/2))}, memory(3),
	}, "SET readonly = 1"))
	if err := s.describe(); err != nil {
		return nil, err
	}
	return s, nil
}

// describe asks the engine who it is and which table functions it has.
func (s *server) describe() error {
	for _, q := range []struct {
		sql string
		use func(string)
	}{
		{"SELECT version()", func(text string) { s.version = strings.TrimSpace(text) }},
		{"SELECT timezone()", func(text string) { s.hello = helloBlock("sightline", s.version, strings.TrimSpace(text)) }},
		{"SELECT name FROM system.table_functions", func(text string) { s.sources = sourceFunctions(strings.Fields(text)) }},
	} {
		r := s.control.run(q.sql, "TSVRaw", nil)
		if err := r.err(); err != nil {
			r.free()
			return fmt.Errorf("describe the engine: %w", err)
		}
		q.use(string(r.data()))
		r.free()
	}
	return nil
}

func (s *server) close() {
	for _, p := range []*pool{s.writers, s.interactive, s.background} {
		p.close()
	}
	s.control.close()
}

// request is one statement as it came.
type request struct {
	sql      string
	body     io.Reader // an INSERT's data; nil when the body was the statement
	params   []param
	settings [][2]string
	database string
	reader   bool
	pool     *pool
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/ping" {
		io.WriteString(w, "Ok.\n")
		return
	}
	w.Header().Set("X-ClickHouse-Server-Display-Name", "sightline")
	q, err := s.parse(r)
	if err == nil {
		switch {
		case q.sql == helloQuery:
			w.Header().Set("Content-Length", strconv.Itoa(len(s.hello)))
			w.Write(s.hello)
			return
		default:
			err = s.answer(w, r, q)
		}
	}
	if err != nil {
		writeError(w, err)
	}
}

// longestStatement bounds the text of a statement; values travel as parameters.
const longestStatement = 4 << 20

var reserved = []string{"query", "database", "default_format", "client_protocol_version", "query_id", "session_id", "quota_key",
	"wait_end_of_query", "user", "password", "compress", "decompress", "buffer_size"}

func (s *server) parse(r *http.Request) (request, error) {
	user, key, _ := r.BasicAuth()
	if name := r.Header.Get("X-ClickHouse-User"); name != "" {
		user, key = name, r.Header.Get("X-ClickHouse-Key")
	}
	q := request{}
	switch {
	case matches(s.writer, user, key):
		q.pool = s.writers
	case matches(s.reader, user, key):
		q.reader, q.pool = true, s.interactive
		if r.Header.Get(classHeader) == "background" {
			q.pool = s.background
		}
	default:
		return q, exception(516, "AUTHENTICATION_FAILED", "%s: Authentication failed", user)
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return q, exception(36, "BAD_ARGUMENTS", "read the URL's parameters: %v", err)
	}
	for name := range values {
		value := values.Get(name)
		if p, ok := strings.CutPrefix(name, "param_"); ok {
			q.params = append(q.params, param{p, value})
		} else if !slices.Contains(reserved, name) {
			if !settingName.MatchString(name) {
				return q, exception(115, "UNKNOWN_SETTING", "Setting %s is neither a builtin setting nor started with the prefix", name)
			}
			if q.reader {
				return q, exception(164, "READONLY", "Cannot modify '%s' setting in readonly mode", name)
			}
			q.settings = append(q.settings, [2]string{name, value})
		}
	}
	q.database = values.Get("database")
	if q.sql = values.Get("query"); q.sql != "" {
		q.body = r.Body
		return q, nil
	}
	var text bytes.Buffer
	if _, err := text.ReadFrom(io.LimitReader(r.Body, longestStatement+1)); err != nil {
		return q, exception(27, "CANNOT_PARSE_INPUT_ASSERTION_FAILED", "read the statement: %v", err)
	}
	if text.Len() > longestStatement {
		return q, exception(62, "SYNTAX_ERROR", "the statement is longer than %d bytes", longestStatement)
	}
	q.sql = text.String()
	return q, nil
}

func matches(c credential, user, key string) bool {
	return subtle.ConstantTimeCompare([]byte(c.User), []byte(user))&subtle.ConstantTimeCompare([]byte(c.Key), []byte(key)) == 1
}

// answer runs the statement on a session of its pool.
func (s *server) answer(w http.ResponseWriter, r *http.Request, q request) error {
	kind := statementKind(q.sql)
	if q.reader {
		if err := s.allow(q.sql, kind); err != nil {
			return err
		}
	}
	session, err := q.pool.get(r.Context())
	if err != nil {
		return exception(202, "TOO_MANY_SIMULTANEOUS_QUERIES", "%v", err)
	}
	spoilt := false
	defer func() { q.pool.put(session, spoilt) }()
	if q.database != "" && q.database != session.database {
		if err := s.exec(session, "USE "+quoteName(q.database)); err != nil {
			return err
		}
		session.database = q.database
	}
	if len(q.settings) > 0 {
		if err := s.exec(session, setStatement(q.settings)); err != nil {
			spoilt = true
			return err
		}
		defer func() { spoilt = s.exec(session, resetStatement(q.settings)) != nil || spoilt }()
	}
	if kind == kindInsert && q.body != nil {
		return s.insert(w, session, q)
	}
	// A statement ends when its client goes away. The kill has to be over before the session serves another.
	finished := make(chan struct{})
	killed := make(chan struct{})
	stop := context.AfterFunc(r.Context(), func() {
		defer close(killed)
		s.kill(session.id, finished)
	})
	defer func() {
		close(finished)
		if !stop() {
			<-killed
		}
	}()
	if kind == kindSelect {
		return s.stream(w, session, q)
	}
	return s.run(w, session, q)
}

// exec runs a statement of the server's own.
func (s *server) exec(p *pooled, sql string) error {
	r := p.run(sql, "Native", nil)
	defer r.free()
	return r.err()
}

// kill cancels what the session runs, again and again until it has finished: a statement is not in system.processes while it is
// parsed. The asynchronous form only: SYNC waits for the session's next statement.
func (s *server) kill(id string, finished <-chan struct{}) {
	for {
		s.controlMu.Lock()
		r := s.control.run("KILL QUERY WHERE Settings['log_comment'] = "+quoteString(id)+" ASYNC", "Null", nil)
		r.free()
		s.controlMu.Unlock()
		select {
		case <-finished:
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func exception(code int, name, format string, args ...any) *Exception {
	return &Exception{Code: code, Message: fmt.Sprintf("Code: %d. DB::Exception: %s. (%s)", code, fmt.Sprintf(format, args...), name)}
}

// writeError answers before anything of a result was written.
func writeError(w http.ResponseWriter, err error) {
	var e *Exception
	if !errors.As(err, &e) {
		e = exception(1002, "UNKNOWN_EXCEPTION", "%v", err)
	}
	status := http.StatusInternalServerError
	switch e.Code {
	case 516:
		status = http.StatusForbidden
	case 62, 36, 27, 457:
		status = http.StatusBadRequest
	case 60, 81:
		status = http.StatusNotFound
	}
	h := w.Header()
	h.Del("Trailer")
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("X-ClickHouse-Exception-Code", strconv.Itoa(e.Code))
	w.WriteHeader(status)
	io.WriteString(w, e.Message+"\n")
}
