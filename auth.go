package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"
)

// Project is what all telemetry belongs to while there is one project only.
const defaultProject = "default"

// sessionLength is how long a login lasts.
const sessionLength = 12 * time.Hour

// authFile is what `sightline key` keeps: hashes, never a key or a password.
type authFile struct {
	Keys          []accessKey `json:"keys"`
	Login         *login      `json:"login,omitempty"`
	SessionSecret string      `json:"session_secret"` // hex; changing it ends all sessions
}

// accessKey lets a sender send, or a program read the API.
type accessKey struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Scope   keyScope  `json:"scope"`
	Project string    `json:"project"`
	Hash    string    `json:"hash"` // hex SHA-256 of the secret: 160 random bits need no slow hash
	Created time.Time `json:"created"`
}

type keyScope string

const (
	scopeIngest keyScope = "ingest"
	scopeRead   keyScope = "read"
)

type login struct {
	User string `json:"user"`
	Hash string `json:"hash"` // argon2id: salt$hash, base64
}

// Auth decides who may send and who may read. It follows changes of its file within reloadEvery.
type Auth struct {
	path string

	mu      sync.Mutex
	file    authFile
	changed time.Time // of the file, as read
	checked time.Time
}

const reloadEvery = 2 * time.Second

// OpenAuth reads the file; one that does not exist is empty: everybody on this machine may do everything.
func OpenAuth(path string) (*Auth, error) {
	a := &Auth{path: path}
	return a, a.reload()
}

func (a *Auth) reload() error {
	info, err := os.Stat(a.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	if info.ModTime().Equal(a.changed) {
		return nil
	}
	data, err := os.ReadFile(a.path)
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	var file authFile
	if err := json.Unmarshal(data, &file); err != nil {
		return fmt.Errorf("read keys: %s: %w", a.path, err)
	}
	a.file, a.changed = file, info.ModTime()
	return nil
}

// current is the file as it is now. A file that has become unreadable leaves the last good one in force.
func (a *Auth) current() authFile {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now := time.Now(); now.Sub(a.checked) > reloadEvery {
		a.checked = now
		_ = a.reload()
	}
	return a.file
}

// HasKeys reports whether senders must show a key.
func (a *Auth) HasKeys() bool {
	file := a.current()
	return file.hasIngestKeys()
}

func (f *authFile) hasIngestKeys() bool {
	return slices.ContainsFunc(f.Keys, func(k accessKey) bool { return k.Scope == scopeIngest })
}

// find gives the key that was made with this secret and scope.
func (f *authFile) find(key string, scope keyScope) (found accessKey, ok bool) {
	id, secret, err := splitKey(key)
	if err != nil {
		return found, false
	}
	hash := hashKey(secret)
	for _, k := range f.Keys {
		if k.ID == id && k.Scope == scope && subtle.ConstantTimeCompare([]byte(k.Hash), []byte(hash)) == 1 {
			return k, true
		}
	}
	return found, false
}

// HasLogin reports whether readers must log in.
func (a *Auth) HasLogin() bool { return a.current().Login != nil }

// Authenticate finds the project that an ingest key is for. While no key exists every sender is welcome.
func (a *Auth) Authenticate(key string) (project string, ok bool) {
	file := a.current()
	if !file.hasIngestKeys() {
		return defaultProject, true
	}
	found, ok := file.find(key, scopeIngest)
	return found.Project, ok
}

// Bearer finds the program that may read with this key.
func (a *Auth) Bearer(key string) (user string, ok bool) {
	file := a.current()
	found, ok := file.find(key, scopeRead)
	return found.Name, ok
}

// Login checks a password and gives a session to keep in a cookie.
func (a *Auth) Login(user, password string) (session string, expires time.Time, ok bool) {
	file := a.current()
	if file.Login == nil {
		return "", time.Time{}, false
	}
	match := checkPassword(file.Login.Hash, password) // checked for a wrong user too: equal time
	if subtle.ConstantTimeCompare([]byte(user), []byte(file.Login.User)) != 1 || !match {
		return "", time.Time{}, false
	}
	expires = time.Now().Add(sessionLength)
	payload := user + "|" + strconv.FormatInt(expires.Unix(), 10)
	return base64.RawURLEncoding.EncodeToString([]byte(payload)) + "." + file.sign(payload), expires, true
}

// Session finds the user of a session that Login gave. While no login exists everybody is a user without a name.
func (a *Auth) Session(session string) (user string, ok bool) {
	file := a.current()
	if file.Login == nil {
		return "", true
	}
	encoded, signature, found := strings.Cut(session, ".")
	payload, err := base64.RawURLEncoding.DecodeString(encoded)
	if !found || err != nil || !hmac.Equal([]byte(signature), []byte(file.sign(string(payload)))) {
		return "", false
	}
	user, until, _ := strings.Cut(string(payload), "|")
	expires, err := strconv.ParseInt(until, 10, 64)
	if err != nil || time.Now().Unix() > expires || user != file.Login.User {
		return "", false
	}
	return user, true
}

func (f *authFile) sign(payload string) string {
	mac := hmac.New(sha256.New, []byte(f.SessionSecret+f.Login.Hash)) // a new password ends all sessions
	mac.Write([]byte(payload))
	return hex.EncodeToString(mac.Sum(nil))
}

var nameRule = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// CreateKey adds a key and returns it; only its hash is kept.
func (a *Auth) CreateKey(name, project string, scope keyScope) (key string, err error) {
	if !nameRule.MatchString(project) {
		return "", fmt.Errorf("project %q is not like %s", project, nameRule)
	}
	id, secret := randomHex(4), randomHex(20)
	key = "sl_" + id + "_" + secret
	return key, a.change(func(f *authFile) error {
		f.Keys = append(f.Keys, accessKey{ID: id, Name: name, Scope: scope, Project: project, Hash: hashKey(secret), Created: time.Now().UTC().Truncate(time.Second)})
		return nil
	})
}

// RevokeKey removes a key; a running Sightline follows within seconds.
func (a *Auth) RevokeKey(id string) error {
	return a.change(func(f *authFile) error {
		n := len(f.Keys)
		f.Keys = slices.DeleteFunc(f.Keys, func(k accessKey) bool { return k.ID == id })
		if len(f.Keys) == n {
			return fmt.Errorf("no key %q; see `sightline key list`", id)
		}
		return nil
	})
}

// SetLogin sets the one user who may read.
func (a *Auth) SetLogin(user, password string) error {
	if user == "" || strings.Contains(user, "|") {
		return fmt.Errorf("user %q is empty or has a |", user)
	}
	if len(password) < 8 {
		return errors.New("the password has fewer than 8 characters")
	}
	return a.change(func(f *authFile) error {
		f.Login = &login{User: user, Hash: hashPassword(password)}
		return nil
	})
}

// change rewrites the file in one step, readable by its owner only.
func (a *Auth) change(edit func(*authFile) error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.reload(); err != nil {
		return err
	}
	file := a.file
	file.Keys = slices.Clone(file.Keys)
	if file.SessionSecret == "" {
		file.SessionSecret = randomHex(32)
	}
	if err := edit(&file); err != nil {
		return err
	}
	data, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(a.path), 0o700); err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	tmp := a.path + ".new"
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	if err := os.Rename(tmp, a.path); err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	a.file, a.changed = file, time.Time{}
	return nil
}

func splitKey(key string) (id, secret string, err error) {
	parts := strings.Split(key, "_")
	if len(parts) != 3 || parts[0] != "sl" {
		return "", "", errors.New("not a key")
	}
	return parts[1], parts[2], nil
}

func hashKey(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	return hex.EncodeToString(b)
}

// argon2id with the parameters of RFC 9106's second recommendation, in 32 MiB to spare small machines.
const (
	argonTime    = 3
	argonMemory  = 32 << 10
	argonThreads = 1
)

func hashPassword(password string) string {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	sum := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, 32)
	params := binary.BigEndian.AppendUint32([]byte{argonTime, argonThreads}, argonMemory)
	return strings.Join([]string{hex.EncodeToString(params), base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum)}, "$")
}

func checkPassword(hash, password string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 3 {
		return false
	}
	params, err1 := hex.DecodeString(parts[0])
	salt, err2 := base64.RawStdEncoding.DecodeString(parts[1])
	want, err3 := base64.RawStdEncoding.DecodeString(parts[2])
	if errors.Join(err1, err2, err3) != nil || len(params) != 6 {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, uint32(params[0]), binary.BigEndian.Uint32(params[2:]), params[1], uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1
}
