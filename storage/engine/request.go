package engine

import (
	"bytes"
	"context"
	"crypto/subtle"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	classHeader      = "X-Sightline-Class"  // "background": the reader's slow lane; "completion": one beside the others, of short reads
	streamHeader     = "X-Sightline-Stream" // "1": send a SELECT's result as it comes
	longestStatement = 4 << 20              // bytes of text; values travel as parameters
)

// request is one statement as it came.
type request struct {
	sql      string
	kind     kind
	body     io.Reader // an INSERT's data; nil when the body was the statement
	params   []param
	settings [][2]string
	database string
	stream   bool
	reader   bool
	pool     *pool
}

// ServeHTTP implements http.Handler.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/ping" {
		io.WriteString(w, "Ok.\n")
		return
	}
	q, err := s.parse(r)
	switch {
	case err != nil:
	case q.sql == helloQuery:
		w.Header().Set("Content-Length", strconv.Itoa(len(s.hello)))
		w.Write(s.hello)
	default:
		err = s.answer(w, r, q)
	}
	if err != nil {
		writeError(w, err)
	}
}

// notSettings are the URL's parameters that ClickHouse does not take as settings.
var notSettings = []string{"query", "database", "default_format", "client_protocol_version", "query_id", "session_id", "quota_key",
	"wait_end_of_query", "user", "password", "compress", "decompress", "buffer_size", "role"}

var settingName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

func (s *server) parse(r *http.Request) (request, error) {
	q := request{}
	user, key, _ := r.BasicAuth()
	if name := r.Header.Get("X-ClickHouse-User"); name != "" {
		user, key = name, r.Header.Get("X-ClickHouse-Key")
	}
	switch {
	case s.writer.matches(user, key):
		q.pool = s.writers
	case s.reader.matches(user, key):
		q.reader, q.pool = true, s.interactive
		switch r.Header.Get(classHeader) {
		case "background":
			q.pool = s.background
		case "completion":
			q.pool = s.completion
		}
	default:
		return q, exception(516, "AUTHENTICATION_FAILED", "%s: Authentication failed: password is incorrect, or there is no user with such name", user)
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return q, exception(36, "BAD_ARGUMENTS", "read the URL's parameters: %v", err)
	}
	for name := range values {
		value := values.Get(name)
		switch bound, isParam := strings.CutPrefix(name, "param_"); {
		case isParam:
			q.params = append(q.params, param{bound, value})
		case slices.Contains(notSettings, name):
		case q.reader:
			return q, exception(164, "READONLY", "Cannot modify '%s' setting in readonly mode", name)
		case !settingName.MatchString(name):
			return q, exception(115, "UNKNOWN_SETTING", "Unknown setting '%s'", name)
		default:
			q.settings = append(q.settings, [2]string{name, value})
		}
	}
	q.database = values.Get("database")
	if q.sql = values.Get("query"); q.sql != "" {
		q.body = r.Body
	} else {
		var text bytes.Buffer
		if _, err := text.ReadFrom(io.LimitReader(r.Body, longestStatement+1)); err != nil {
			return q, exception(33, "CANNOT_READ_ALL_DATA", "read the statement: %v", err)
		}
		if text.Len() > longestStatement {
			return q, exception(62, "SYNTAX_ERROR", "the statement is longer than %d bytes", longestStatement)
		}
		q.sql = text.String()
	}
	q.kind = kindOf(q.sql)
	q.stream = q.kind == kindSelect && r.Header.Get(streamHeader) == "1"
	return q, nil
}

func (c credential) matches(user, key string) bool {
	return subtle.ConstantTimeCompare([]byte(c.User), []byte(user))&subtle.ConstantTimeCompare([]byte(c.Key), []byte(key)) == 1
}

// answer runs the statement on a session of its pool.
func (s *server) answer(w http.ResponseWriter, r *http.Request, q request) (err error) {
	p, err := q.pool.get(r.Context())
	if err != nil {
		return exception(202, "TOO_MANY_SIMULTANEOUS_QUERIES", "%v", err)
	}
	spoilt := false
	defer func() {
		p.settle()
		if spoilt {
			q.pool.drop(p)
		} else {
			q.pool.put(p)
		}
	}()
	if q.reader {
		if err := s.guard.allow(p.session, q.sql); err != nil {
			return err
		}
	}
	if err := p.use(q.database); err != nil {
		p.unsettled = true
		return err
	}
	if len(q.settings) > 0 {
		defer func() { spoilt = p.reset(q.settings) != nil }()
		if err := p.exec(setStatement(q.settings)); err != nil {
			return err
		}
	}

	// A statement ends when its client goes away. The kill has to be over before the session serves another.
	finished, killed := make(chan struct{}), make(chan struct{})
	stop := context.AfterFunc(r.Context(), func() {
		defer close(killed)
		s.kill(p.id, finished)
	})
	defer func() {
		close(finished)
		if !stop() {
			<-killed
		}
	}()
	switch {
	case q.kind == kindInsert && q.body != nil:
		return s.insert(w, p, q)
	case q.stream:
		return s.stream(w, p, q)
	default:
		return s.run(w, p, q)
	}
}
