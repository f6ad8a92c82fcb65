package query_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/sightline/sightline/query"
)

// countedLogin is a login that counts how often a password was checked, and whose sessions can be ended.
type countedLogin struct {
	login
	checks int
	ended  bool
}

func (l *countedLogin) Login(user, password string) (string, time.Time, bool) {
	l.checks++
	return l.login.Login(user, password)
}

func (l *countedLogin) Session(session string) (string, bool) {
	user, ok := l.login.Session(session)
	return user, ok && !l.ended
}

func TestBasicAuthentication(t *testing.T) {
	auth := &countedLogin{}
	at := now
	srv := newServer(t, &shop{}, func(c *query.Config) {
		c.Auth = auth
		c.Now = func() time.Time { return at }
	})
	try := func(peer, user, password string) int {
		t.Helper()
		r := request("GET", "/api/status")
		r.RemoteAddr = peer
		r.SetBasicAuth(user, password)
		return do(srv, r).Code
	}
	for range 20 { // a dashboard refreshes
		if got := try("10.0.0.1:1", "ada", "lovelace"); got != http.StatusOK {
			t.Fatalf("the login = %d", got)
		}
	}
	if auth.checks != 1 {
		t.Errorf("a password was checked %d times", auth.checks)
	}
	auth.ended = true
	if got := try("10.0.0.1:1", "ada", "lovelace"); got != http.StatusOK || auth.checks != 2 {
		t.Errorf("after the session ended = %d, %d checks", got, auth.checks)
	}
	if got := try("10.0.0.3:1", "anything", "t1"); got != http.StatusOK || auth.checks != 2 {
		t.Errorf("a key as the password = %d, %d checks", got, auth.checks)
	}
	auth.ended = false
	for _, wrong := range [][2]string{{"ada", "lovelac"}, {"ad", "alovelace"}, {"", ""}, {"grafana", "lovelace"}, {"ada", "s1"}} {
		if got := try("10.0.0.2:1", wrong[0], wrong[1]); got != http.StatusUnauthorized {
			t.Errorf("%q = %d", wrong, got)
		}
	}
	if got := try("10.0.0.2:2", "ada", "wrong"); got != http.StatusTooManyRequests {
		t.Errorf("the sixth wrong password of a minute = %d", got)
	}
	if got := try("10.0.0.2:2", "ada", "lovelace"); got != http.StatusOK {
		t.Errorf("one that is known to be right, from there = %d", got)
	}
	if w := do(srv, post("/api/login", `{"user":"ada","password":"lovelace"}`)); w.Code != http.StatusOK {
		t.Errorf("the page's login from elsewhere = %d", w.Code)
	}
	r := post("/api/login", `{"user":"ada","password":"lovelace"}`)
	r.RemoteAddr = "10.0.0.2:3"
	if w := do(srv, r); w.Code != http.StatusTooManyRequests {
		t.Errorf("the page's login from where passwords are guessed = %d", w.Code)
	}
}
