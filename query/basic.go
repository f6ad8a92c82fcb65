package query

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"sync"
	"time"

	"github.com/sightline/sightline/query/api"
)

// basics remember the sessions of those who send a user and a password with every request: clients like Grafana's data sources, which
// know no other way. Checking a password is made to be slow, so it happens once; a session that has ended is begun anew.
type basics struct {
	key [32]byte // no password is kept, and nothing that one could be guessed from

	mu       sync.Mutex // also held while a password is checked: the requests of a dashboard come all at once
	sessions map[[sha256.Size]byte]string
}

// maxBasics bounds the sessions that are remembered: one is enough for each user's password.
const maxBasics = 100

func newBasics() *basics {
	b := &basics{sessions: make(map[[sha256.Size]byte]string)}
	_, _ = rand.Read(b.key[:]) // never fails
	return b
}

// of is what a session is remembered by.
func (b *basics) of(user, password string) (id [sha256.Size]byte) {
	h := hmac.New(sha256.New, b.key[:])
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(user)))) // keeps "ab"+"c" from "a"+"bc"
	h.Write([]byte(user))
	h.Write([]byte(password))
	h.Sum(id[:0])
	return id
}

// basic finds the user of HTTP's basic authentication: one who logs in, or, whatever the user is called, the key that is sent as the
// password. Wrong passwords count as attempts to log in.
func (s *Server) basic(r *http.Request, name, password string) (user string, err error) {
	if user, ok := s.cfg.Auth.Bearer(password); ok {
		return user, nil
	}
	id := s.basics.of(name, password)
	s.basics.mu.Lock()
	defer s.basics.mu.Unlock()
	if session, ok := s.basics.sessions[id]; ok {
		if user, ok := s.cfg.Auth.Session(session); ok {
			return user, nil
		}
		delete(s.basics.sessions, id)
	}
	if err := s.attempt(r); err != nil {
		return "", err
	}
	session, _, ok := s.logins.one(func() (string, time.Time, bool) { return s.cfg.Auth.Login(name, password) })
	if !ok {
		return "", api.Errorf(api.Unauthenticated, "the user or the password is wrong")
	}
	if len(s.basics.sessions) >= maxBasics {
		clear(s.basics.sessions)
	}
	s.basics.sessions[id] = session
	return name, nil
}
