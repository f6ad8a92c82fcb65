package query

import (
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/sightline/sightline/query/api"
)

// Auth says who may read. All methods are safe for concurrent use and compare in constant time.
type Auth interface {
	// HasLogin reports whether readers must say who they are. It may change while the server runs.
	HasLogin() bool
	// Login checks a password and begins a session.
	Login(user, password string) (session string, expires time.Time, ok bool)
	// Session finds the user of a session that Login began.
	Session(session string) (user string, ok bool)
	// Bearer finds the user of the token of an Authorization header.
	Bearer(token string) (user string, ok bool)
}

// authenticate finds the user who asks; "" where nobody has to.
func (s *Server) authenticate(r *http.Request) (user string, err error) {
	if s.cfg.Auth == nil || !s.cfg.Auth.HasLogin() {
		return "", nil
	}
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, token, _ := strings.Cut(header, " ")
		if strings.EqualFold(scheme, "Bearer") {
			if user, ok := s.cfg.Auth.Bearer(strings.TrimSpace(token)); ok {
				return user, nil
			}
		}
		if name, password, ok := r.BasicAuth(); ok {
			return s.basic(r, name, password)
		}
		return "", api.Errorf(api.Unauthenticated, "the Authorization header is not valid").WithHint("send Authorization: Bearer <token>")
	}
	if c, err := r.Cookie(s.cookieName(r)); err == nil {
		if user, ok := s.cfg.Auth.Session(c.Value); ok {
			return user, nil
		}
		return "", api.Errorf(api.Unauthenticated, "the session has ended").WithHint("log in again")
	}
	return "", api.Errorf(api.Unauthenticated, "this needs a login").WithHint("log in, or send Authorization: Bearer <token>")
}

func (s *Server) secure(r *http.Request) bool { return r.TLS != nil || s.cfg.SecureCookies }

// cookieName has the prefix that binds a cookie to this host and to TLS, where there is TLS.
func (s *Server) cookieName(r *http.Request) string {
	if s.secure(r) {
		return "__Host-sightline_session"
	}
	return "sightline_session"
}

func (s *Server) setCookie(w http.ResponseWriter, r *http.Request, value string, expires time.Time) {
	c := &http.Cookie{
		Name:     s.cookieName(r),
		Value:    value,
		Path:     "/",
		Expires:  expires,
		Secure:   s.secure(r),
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode, // not Strict: links to a trace come from chats and mails
	}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// maxLoginBody is more than a user and a password.
const maxLoginBody = 4 << 10

func (s *Server) login(w http.ResponseWriter, r *http.Request) error {
	if s.cfg.Auth == nil || !s.cfg.Auth.HasLogin() {
		return api.Errorf(api.NotFound, "no login is configured").WithHint("sightline key login makes one")
	}
	var body struct{ User, Password string }
	if err := readJSON(w, r, maxLoginBody, &body, `{"user", "password"}`); err != nil {
		return err
	}
	if err := s.attempt(r); err != nil {
		return err
	}
	session, expires, ok := s.logins.one(func() (string, time.Time, bool) { return s.cfg.Auth.Login(body.User, body.Password) })
	if !ok {
		return api.Errorf(api.Unauthenticated, "the user or the password is wrong")
	}
	s.setCookie(w, r, session, expires)
	return api.WriteJSON(w, map[string]string{"user": body.User})
}

// attempt counts an attempt to log in, and refuses one too many.
func (s *Server) attempt(r *http.Request) error {
	peer, _, _ := net.SplitHostPort(r.RemoteAddr)
	if wait := s.logins.wait(peer); wait > 0 {
		return &api.Error{Code: api.TooManyRequests, Message: "too many attempts to log in", Hint: "wait, then try again", RetryAfter: wait}
	}
	return nil
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) error {
	s.setCookie(w, r, "", time.Unix(1, 0))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// Attempts to log in: 5 a minute from an address, one check at a time, since a slow hash is made to cost memory.
const (
	loginsAMinute = 5
	maxPeers      = 10_000 // addresses that are remembered
)

type logins struct {
	now   api.Clock
	mu    sync.Mutex
	peers map[string]*rate.Limiter
	check sync.Mutex
}

func newLogins(now api.Clock) *logins {
	return &logins{now: now, peers: make(map[string]*rate.Limiter)}
}

// wait counts an attempt; it is how long the peer must wait before it may try, 0 for not at all.
func (l *logins) wait(peer string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter := l.peers[peer]
	if limiter == nil {
		if len(l.peers) >= maxPeers { // forgetting all is cheap, and whoever has that many addresses is not stopped by this
			clear(l.peers)
		}
		limiter = rate.NewLimiter(rate.Every(time.Minute/loginsAMinute), loginsAMinute)
		l.peers[peer] = limiter
	}
	reservation := limiter.ReserveN(l.now(), 1)
	wait := reservation.DelayFrom(l.now())
	if wait > 0 {
		reservation.CancelAt(l.now())
	}
	return wait
}

func (l *logins) one(check func() (string, time.Time, bool)) (string, time.Time, bool) {
	l.check.Lock()
	defer l.check.Unlock()
	return check()
}
