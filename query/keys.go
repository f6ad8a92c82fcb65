package query

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sightline/sightline/query/api"
)

// KeyScope is what a key is good for.
type KeyScope string

const (
	ScopeIngest KeyScope = "ingest" // sending telemetry
	ScopeRead   KeyScope = "read"   // reading the API while the page asks for a login
)

// Key is a key as it is listed. Its secret is told once, when it is made.
type Key struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Scope    KeyScope   `json:"scope"`
	Project  string     `json:"project"`
	Created  time.Time  `json:"created"`
	LastUsed *time.Time `json:"last_used"` // to the second, since this process started; nil: not since then
}

// ErrNoKey is what RevokeKey returns for an id that nobody has.
var ErrNoKey = errors.New("no such key")

// Keys are what senders and programs show. All methods are safe for concurrent use; what they change is in force at once.
type Keys interface {
	// Keys lists them, oldest first; required says that senders must show one now.
	Keys() (keys []Key, required bool)
	// CreateKey makes one; secret is the whole text that a sender shows.
	CreateKey(name, project string, scope KeyScope) (key Key, secret string, err error)
	// RevokeKey makes one worthless. It returns ErrNoKey where there is none with this id.
	RevokeKey(id string) error
}

const (
	maxKeys     = 1000
	maxKeyName  = 64 // characters
	maxKeysBody = 4 << 10
)

// CheckKeyName says what is wrong with a name for a key.
func CheckKeyName(name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return errors.New("the key has no name")
	case name != strings.TrimSpace(name):
		return errors.New("the name begins or ends with space")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return errors.New("the name has characters that can't be printed")
	case utf8.RuneCountInString(name) > maxKeyName:
		return fmt.Errorf("the name is longer than %d characters", maxKeyName)
	}
	return nil
}

// mayManageKeys lets people in and programs out: whoever holds a read key must not be able to make more keys.
func (s *Server) mayManageKeys(r *http.Request) error {
	if err := api.ParamsOf(r).Err(); err != nil {
		return err
	}
	if s.cfg.Keys == nil {
		return api.Errorf(api.NotFound, "this instance has no keys to manage").WithHint("sightline key manages them where the collector runs")
	}
	return s.mayManage(r, "keys")
}

// mayManage lets people in who have logged in, and anybody on this machine while there is no login.
func (s *Server) mayManage(r *http.Request, what string) error {
	if scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		return api.Errorf(api.Forbidden, "a key may not manage %s", what).WithHint("log in on the page, or change it on the machine itself")
	}
	if (s.cfg.Auth == nil || !s.cfg.Auth.HasLogin()) && s.hosts == nil {
		return api.Errorf(api.Forbidden, "%s: managed after a login, and none is configured", what).WithHint("sightline key login makes one")
	}
	return nil
}

func (s *Server) listKeys(w http.ResponseWriter, r *http.Request) error {
	if err := s.mayManageKeys(r); err != nil {
		return err
	}
	keys, required := s.cfg.Keys.Keys()
	if keys == nil {
		keys = []Key{}
	}
	return api.WriteJSON(w, struct {
		Keys     []Key `json:"keys"`
		Required bool  `json:"required"`
		Login    bool  `json:"login"`
	}{keys, required, s.cfg.Auth != nil && s.cfg.Auth.HasLogin()})
}

func (s *Server) createKey(w http.ResponseWriter, r *http.Request) error {
	if err := s.mayManageKeys(r); err != nil {
		return err
	}
	var body struct {
		Name  string   `json:"name"`
		Scope KeyScope `json:"scope"`
	}
	if err := readJSON(w, r, maxKeysBody, &body, `{"name", "scope"}`); err != nil {
		return err
	}
	if err := CheckKeyName(body.Name); err != nil {
		return api.Errorf(api.BadRequest, "%v", err).WithHint("name it after who will show it, e.g. payments-team")
	}
	if body.Scope != ScopeIngest && body.Scope != ScopeRead {
		return api.Errorf(api.BadRequest, "there is no scope %q", body.Scope).WithHint("%s is for sending, %s for reading the API", ScopeIngest, ScopeRead)
	}
	if keys, _ := s.cfg.Keys.Keys(); len(keys) >= maxKeys {
		return api.Errorf(api.BadRequest, "there are %d keys already", len(keys)).WithHint("revoke those that nobody uses")
	}
	caller := api.CallerOf(r.Context())
	key, secret, err := s.cfg.Keys.CreateKey(body.Name, caller.Project, body.Scope)
	if err != nil {
		return fmt.Errorf("create key: %w", err)
	}
	s.cfg.Log.Info("a key was made", "key", key.ID, "name", key.Name, "scope", key.Scope, "user", caller.User)
	w.Header().Set("Content-Type", api.ContentType)
	w.WriteHeader(http.StatusCreated)
	return api.WriteJSON(w, struct {
		ID      string    `json:"id"`
		Key     string    `json:"key"`
		Name    string    `json:"name"`
		Scope   KeyScope  `json:"scope"`
		Project string    `json:"project"`
		Created time.Time `json:"created"`
	}{key.ID, secret, key.Name, key.Scope, key.Project, key.Created})
}

func (s *Server) revokeKey(w http.ResponseWriter, r *http.Request) error {
	if err := s.mayManageKeys(r); err != nil {
		return err
	}
	id := r.PathValue("id")
	err := s.cfg.Keys.RevokeKey(id)
	if errors.Is(err, ErrNoKey) {
		return api.Errorf(api.NotFound, "there is no key %.40q", id).WithHint("GET /api/keys lists them; perhaps it is revoked already")
	}
	if err != nil {
		return fmt.Errorf("revoke key: %w", err)
	}
	s.cfg.Log.Info("a key was revoked", "key", id, "user", api.CallerOf(r.Context()).User)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// readJSON reads a request's body of at most limit bytes into a struct; shape is told to whoever sends something else.
func readJSON(w http.ResponseWriter, r *http.Request, limit int64, into any, shape string) error {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != api.ContentType {
		return api.Errorf(api.BadRequest, "the body is %q", kind).WithHint("send %s", api.ContentType)
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, limit))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		var long *http.MaxBytesError
		if errors.As(err, &long) {
			return api.Errorf(api.TooLarge, "the body is longer than %d bytes", long.Limit)
		}
		return api.Errorf(api.BadRequest, "the body is not %s: %v", shape, err)
	}
	return nil
}
