package query_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/query"
)

// keyring keeps keys in memory; those of the program, with their file, are tested where the program is put together.
type keyring []query.Key

func (k *keyring) Keys() ([]query.Key, bool) {
	return *k, slices.ContainsFunc(*k, func(key query.Key) bool { return key.Scope == query.ScopeIngest })
}

func (k *keyring) CreateKey(name, project string, scope query.KeyScope) (query.Key, string, error) {
	key := query.Key{ID: fmt.Sprintf("k%d", len(*k)+1), Name: name, Scope: scope, Project: project, Created: now}
	*k = append(*k, key)
	return key, "sl_" + key.ID + "_secret", nil
}

func (k *keyring) RevokeKey(id string) error {
	i := slices.IndexFunc(*k, func(key query.Key) bool { return key.ID == id })
	if i < 0 {
		return query.ErrNoKey
	}
	*k = slices.Delete(*k, i, i+1)
	return nil
}

func TestKeysAnswerAsTheContractSays(t *testing.T) {
	c := openContract(t)
	used := now.Add(-12 * time.Second)
	ring := &keyring{{ID: "4e1f09aa", Name: "grafana", Scope: query.ScopeRead, Project: "default", Created: now.Add(-time.Hour), LastUsed: &used}}
	srv := newServer(t, &shop{}, func(c *query.Config) { c.Keys = ring })
	f := func(r *http.Request, status int, want string) {
		t.Helper()
		w := do(srv, r)
		if w.Code != status || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s %s = %d %s, want %d with %s", r.Method, r.URL, w.Code, w.Body, status, want)
		}
		c.check(t, r, w)
	}
	f(request("GET", "/api/keys"), 200, `"required":false,"login":false`)
	f(post("/api/keys", `{"name":"payments team","scope":"ingest"}`), 201, `"key":"sl_k2_secret"`)
	r := request("GET", "/api/keys")
	w := do(srv, r)
	c.check(t, r, w)
	compareGolden(t, "keys", w.Body.Bytes())
	for body, want := range map[string]string{
		`{"scope":"ingest"}`:                                        "no name",
		`{"name":" a","scope":"ingest"}`:                            "space",
		`{"name":"a\u0007","scope":"ingest"}`:                       "printed",
		`{"name":"a","scope":"write"}`:                              "no scope",
		`{"name":"a","scope":"ingest","project":"other"}`:           "project",
		`{"name":"` + strings.Repeat("ä", 65) + `","scope":"read"}`: "64 characters",
		`["a"]`: "the body is not",
	} {
		f(post("/api/keys", body), 400, want)
	}
	f(post("/api/keys", `{"name":"`+strings.Repeat("a", 5000)+`"}`), 413, "too_large")
	f(post("/api/keys?project=other", `{"name":"a","scope":"read"}`), 400, "bad_parameter")
	f(request("DELETE", "/api/keys/k2"), 204, "")
	f(request("DELETE", "/api/keys/k2"), 404, "revoked already")
	if len(*ring) != 1 {
		t.Errorf("%d keys are left", len(*ring))
	}
	for range 999 {
		*ring = append(*ring, query.Key{ID: "x", Scope: query.ScopeRead})
	}
	f(post("/api/keys", `{"name":"one too many","scope":"read"}`), 400, "revoke those")
}

func TestOnlyPeopleManageKeys(t *testing.T) {
	f := func(name string, change func(c *query.Config), edit func(r *http.Request), status int) {
		t.Helper()
		for _, r := range []*http.Request{request("GET", "/api/keys"), post("/api/keys", `{"name":"a","scope":"ingest"}`), request("DELETE", "/api/keys/old")} {
			srv := newServer(t, &shop{}, func(c *query.Config) {
				c.Auth, c.Keys = &login{}, &keyring{{ID: "old"}}
				change(c)
			})
			edit(r)
			w := do(srv, r)
			if refused := w.Code >= 300; refused != (status != 0) || refused && w.Code != status {
				t.Errorf("%s: %s = %d %s, want %d", name, r.Method, w.Code, w.Body, status)
			}
		}
	}
	none := func(*query.Config) {}
	open := func(c *query.Config) { c.Auth = &login{off: true} }
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	f("nobody", none, func(*http.Request) {}, 401)
	f("a session", none, func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "sightline_session", Value: "s1"}) }, 0)
	f("a read key", none, header("Authorization", "Bearer t1"), 403)
	f("a wrong key", none, header("Authorization", "Bearer t2"), 401)
	f("anybody on this machine", open, func(*http.Request) {}, 0)
	f("a key where nobody logs in", open, header("Authorization", "bearer t1"), 403)
	f("anybody on the network", func(c *query.Config) { open(c); c.Listen = "0.0.0.0:7070" }, func(*http.Request) {}, 403)
	f("where there are none", func(c *query.Config) { open(c); c.Keys = nil }, func(*http.Request) {}, 404)
	for _, r := range []*http.Request{post("/api/keys", `{"name":"a","scope":"ingest"}`), request("DELETE", "/api/keys/old")} {
		ring := &keyring{{ID: "old"}}
		srv := newServer(t, &shop{}, func(c *query.Config) { c.Keys = ring })
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if w := do(srv, r); w.Code != 403 || code(t, w) != "cross_origin" || len(*ring) != 1 {
			t.Errorf("%s from another site = %d %s", r.Method, w.Code, w.Body)
		}
	}
}

func TestKeyTextsAreToldOnce(t *testing.T) {
	srv := newServer(t, &shop{}, func(c *query.Config) { c.Keys = &keyring{} })
	var made struct{ Key string }
	if err := json.Unmarshal(do(srv, post("/api/keys", `{"name":"a","scope":"read"}`)).Body.Bytes(), &made); err != nil || made.Key == "" {
		t.Fatalf("%+v, %v", made, err)
	}
	if body := do(srv, request("GET", "/api/keys")).Body.String(); strings.Contains(body, made.Key) {
		t.Errorf("the list tells the key: %s", body)
	}
}
