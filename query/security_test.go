package query_test

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/query"
)

func TestSecurityHeaders(t *testing.T) {
	srv := newServer(t, &shop{}, nil)
	for _, target := range []string{"/", "/api/status", "/api/nothing", "/assets/index-abc123.js", "/metrics"} {
		h := do(srv, request("GET", target)).Header()
		for name, want := range map[string]string{
			"X-Content-Type-Options":     "nosniff",
			"Referrer-Policy":            "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin",
		} {
			if h.Get(name) != want {
				t.Errorf("GET %s: %s is %q", target, name, h.Get(name))
			}
		}
		if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("GET %s: policy %q", target, csp)
		}
	}
	if csp := do(srv, request("GET", "/")).Header().Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'self'") || !strings.Contains(csp, "connect-src 'self'") {
		t.Errorf("the page's policy is %q", csp)
	}
}

func TestHostIsCheckedOnLoopback(t *testing.T) {
	f := func(listen, host string, allowed bool) {
		t.Helper()
		srv := newServer(t, &shop{}, func(c *query.Config) { c.Listen, c.Hosts = listen, []string{"sightline.example"} })
		r := request("GET", "/api/status")
		r.Host = host
		if w := do(srv, r); (w.Code == 200) != allowed || !allowed && code(t, w) != "bad_host" {
			t.Errorf("on %s, Host %q = %d", listen, host, w.Code)
		}
	}
	for _, host := range []string{"127.0.0.1:7070", "localhost:7070", "LOCALHOST", "localhost.:7070", "[::1]:7070", "127.0.0.1", "sightline.example:8443"} {
		f("127.0.0.1:7070", host, true)
	}
	for _, host := range []string{"evil.example", "127.0.0.1.evil.example:7070", "", "localhost.evil.example", "[::2]:7070", "10.0.0.1:7070"} {
		f("127.0.0.1:7070", host, false)
		f("localhost:7070", host, false)
		f("[::1]:7070", host, false)
	}
	f("0.0.0.0:7070", "sight.example", true)
	f(":7070", "sight.example", true)
}

func TestOtherSitesCannotChangeState(t *testing.T) {
	srv := newServer(t, &shop{}, func(c *query.Config) { c.Auth = &login{} })
	f := func(header, value string, allowed bool) {
		t.Helper()
		r := request("POST", "/api/logout")
		r.Header.Set(header, value)
		w := do(srv, r)
		if (w.Code == 204) != allowed || !allowed && code(t, w) != "cross_origin" {
			t.Errorf("%s: %s = %d", header, value, w.Code)
		}
	}
	f("Sec-Fetch-Site", "same-origin", true)
	f("Sec-Fetch-Site", "none", true)
	f("Sec-Fetch-Site", "cross-site", false)
	f("Sec-Fetch-Site", "same-site", false)
	f("Origin", "http://127.0.0.1:7070", true)
	f("Origin", "http://evil.example", false)
	f("Origin", "null", false)
	f("X-Nothing", "x", true) // no browser
}

// login knows ada with the password lovelace, the session s1 and the token t1.
type login struct{ off bool }

func (l *login) HasLogin() bool { return !l.off }
func (l *login) Login(user, password string) (string, time.Time, bool) {
	return "s1", now.Add(time.Hour), user == "ada" && password == "lovelace"
}
func (l *login) Session(session string) (string, bool) { return "ada", session == "s1" }
func (l *login) Bearer(token string) (string, bool)    { return "grafana", token == "t1" }

func TestReadersMustLogIn(t *testing.T) {
	c := openContract(t)
	srv := newServer(t, &shop{}, func(c *query.Config) { c.Auth = &login{} })
	f := func(target string, change func(r *http.Request), status int) {
		t.Helper()
		r := request("GET", target)
		if change != nil {
			change(r)
		}
		w := do(srv, r)
		if w.Code != status {
			t.Errorf("GET %s = %d, want %d", target, w.Code, status)
		}
		if status == 401 && (code(t, w) != "unauthenticated" || w.Header().Get("WWW-Authenticate") == "") {
			t.Errorf("GET %s = %s", target, w.Body)
		}
		if strings.HasPrefix(target, "/api/") {
			c.check(t, r, w)
		}
	}
	bearer := func(value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", value) }
	}
	cookie := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.AddCookie(&http.Cookie{Name: name, Value: value}) }
	}
	for _, r := range srv.Routes() {
		if r.Method == "GET" && strings.HasPrefix(r.Pattern, "/api/") {
			f(strings.NewReplacer("{trace_id}", shopTrace.String(), "{span_id}", "f6f6f6f6f6f6f6f6", "{name}", "web").Replace(r.Pattern), nil, 401)
		}
	}
	f("/metrics", nil, 401)
	f("/metrics", bearer("Bearer t1"), 200)
	f("/api/status", bearer("bearer t1"), 200)
	f("/api/status", bearer("Bearer t2"), 401)
	f("/api/status", bearer("Basic t1"), 401)
	f("/api/status", cookie("sightline_session", "s1"), 200)
	f("/api/status", cookie("sightline_session", "s2"), 401)
	f("/api/status", cookie("__Host-sightline_session", "s1"), 401) // set by nobody without TLS
	f("/", nil, 200)
	f("/healthz", nil, 200)
	f("/readyz", nil, 200)

	r := request("GET", "/api/status")
	r.Header.Set("Authorization", "Bearer t1")
	if body := do(srv, r).Body.String(); !strings.Contains(body, `"user":"grafana"`) {
		t.Errorf("status does not know who asks: %s", body)
	}
	open := newServer(t, &shop{}, func(c *query.Config) { c.Auth = &login{off: true} })
	if w := do(open, request("GET", "/api/status")); w.Code != 200 {
		t.Errorf("without a login configured = %d", w.Code)
	}
}

func post(target, body string) *http.Request {
	r := request("POST", target)
	r.Body = http.NoBody
	if body != "" {
		r.Body = readAll{strings.NewReader(body)}
	}
	r.Header.Set("Content-Type", "application/json")
	return r
}

type readAll struct{ *strings.Reader }

func (readAll) Close() error { return nil }

func TestLoginGivesACookie(t *testing.T) {
	c := openContract(t)
	at := now
	srv := newServer(t, &shop{}, func(c *query.Config) {
		c.Auth = &login{}
		c.Now = func() time.Time { return at }
	})
	r := post("/api/login", `{"user":"ada","password":"lovelace"}`)
	w := do(srv, r)
	c.check(t, r, w)
	if got := w.Header().Get("Set-Cookie"); w.Code != 200 || got != "sightline_session=s1; Path=/; Expires=Mon, 04 May 2026 11:00:00 GMT; HttpOnly; SameSite=Lax" {
		t.Errorf("%d %q", w.Code, got)
	}
	r = post("/api/login", `{"user":"ada","password":"lovelace"}`)
	r.TLS = &tls.ConnectionState{}
	if got := do(srv, r).Header().Get("Set-Cookie"); !strings.HasPrefix(got, "__Host-sightline_session=s1; Path=/;") || !strings.Contains(got, "; Secure") {
		t.Errorf("with TLS %q", got)
	}
	for body, status := range map[string]int{
		`{"user":"ada","password":"wrong"}`:            401,
		`{"user":"ada"`:                                400,
		`{"name":"ada"}`:                               400,
		`{"user":"` + strings.Repeat("x", 5000) + `"}`: 413,
	} {
		if w := do(srv, post("/api/login", body)); w.Code != status {
			t.Errorf("login with %.40s = %d, want %d", body, w.Code, status)
		}
	}
	form := post("/api/login", "user=ada&password=lovelace")
	form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if w := do(srv, form); w.Code != 400 {
		t.Errorf("login by a form = %d", w.Code)
	}
	r = post("/api/logout", "")
	w = do(srv, r)
	c.check(t, r, w)
	if got := w.Header().Get("Set-Cookie"); w.Code != 204 || !strings.Contains(got, "sightline_session=;") || !strings.Contains(got, "Max-Age=0") {
		t.Errorf("logout = %d %q", w.Code, got)
	}
	none := newServer(t, &shop{}, nil)
	if w := do(none, post("/api/login", `{}`)); w.Code != 404 {
		t.Errorf("login where there is none = %d", w.Code)
	}
}

func TestGuessingPasswordsIsSlow(t *testing.T) {
	at := now
	srv := newServer(t, &shop{}, func(c *query.Config) {
		c.Auth = &login{}
		c.Now = func() time.Time { return at }
	})
	try := func(peer, password string) int {
		r := post("/api/login", `{"user":"ada","password":"`+password+`"}`)
		r.RemoteAddr = peer
		return do(srv, r).Code
	}
	for range 5 {
		if got := try("10.0.0.1:1234", "guess"); got != 401 {
			t.Fatalf("a guess = %d", got)
		}
	}
	if got := try("10.0.0.1:4321", "lovelace"); got != 429 {
		t.Errorf("the sixth attempt of a minute = %d", got)
	}
	if got := try("10.0.0.2:1234", "lovelace"); got != 200 {
		t.Errorf("somebody else = %d", got)
	}
	at = at.Add(13 * time.Second)
	if got := try("10.0.0.1:4321", "lovelace"); got != 200 {
		t.Errorf("after a while = %d", got)
	}
}
