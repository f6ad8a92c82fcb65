package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
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
	"sync/atomic"
	"syscall"
	"time"

	"github.com/sightline/sightline/query"
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
	ID      string         `json:"id"`
	Name    string         `json:"name"`
	Scope   query.KeyScope `json:"scope"`
	Project string         `json:"project"`
	Hash    string         `json:"hash"` // hex SHA-256 of the secret: 160 random bits need no slow hash
	Created time.Time      `json:"created"`
}

type login struct {
	User string `json:"user"`
	Hash string `json:"hash"` // argon2id: salt$hash, base64
}

// Auth decides who may send and who may read. It follows changes of its file within reloadEvery.
type Auth struct {
	path string
	// strict: senders must show a key even while none exists.
	strict atomic.Bool
	used   sync.Map // of a key's id: *atomic.Int64, the second since 1970 in which it was last shown

	mu      sync.Mutex
	file    authFile
	seen    fs.FileInfo // of the file, as read; nil: read it again
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
	// Each change makes a new file, so that two changes within a tick of the file system's clock are told apart.
	if a.seen != nil && info.ModTime().Equal(a.seen.ModTime()) && os.SameFile(info, a.seen) {
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
	a.file, a.seen = file, info
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

// RequireKeys makes senders show a key even while none exists. A listener that other machines can reach must not become open to
// all of them when its last key is revoked.
func (a *Auth) RequireKeys() { a.strict.Store(true) }

// HasKeys reports whether senders must show a key.
func (a *Auth) HasKeys() bool {
	file := a.current()
	return a.required(&file)
}

func (a *Auth) required(f *authFile) bool { return a.strict.Load() || f.hasIngestKeys() }

func (f *authFile) hasIngestKeys() bool {
	return slices.ContainsFunc(f.Keys, func(k accessKey) bool { return k.Scope == query.ScopeIngest })
}

// find gives the key that was made with this secret and scope.
func (f *authFile) find(key string, scope query.KeyScope) (found accessKey, ok bool) {
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
	if !a.required(&file) {
		return defaultProject, true
	}
	found, ok := file.find(key, query.ScopeIngest)
	if ok {
		a.touch(found.ID)
	}
	return found.Project, ok
}

// OtherScope says that a key is valid, but not for sending.
func (a *Auth) OtherScope(key string) bool {
	file := a.current()
	_, ok := file.find(key, query.ScopeRead)
	return ok
}

// Bearer finds the program that may read with this key.
func (a *Auth) Bearer(key string) (user string, ok bool) {
	file := a.current()
	found, ok := file.find(key, query.ScopeRead)
	if ok {
		a.touch(found.ID)
	}
	return found.Name, ok
}

// touch notes that a key was shown, to the second: it stands in the way of every request that senders make.
func (a *Auth) touch(id string) {
	at, ok := a.used.Load(id)
	if !ok {
		at, _ = a.used.LoadOrStore(id, new(atomic.Int64))
	}
	seconds := at.(*atomic.Int64)
	if now := time.Now().Unix(); seconds.Load() != now {
		seconds.Store(now)
	}
}

// Keys lists the keys, oldest first; required says that senders must show one.
func (a *Auth) Keys() (keys []query.Key, required bool) {
	file := a.current()
	for _, k := range file.Keys {
		keys = append(keys, a.listed(k))
	}
	return keys, a.required(&file)
}

func (a *Auth) listed(k accessKey) query.Key {
	key := query.Key{ID: k.ID, Name: k.Name, Scope: k.Scope, Project: k.Project, Created: k.Created}
	if at, ok := a.used.Load(k.ID); ok {
		last := time.Unix(at.(*atomic.Int64).Load(), 0).UTC()
		key.LastUsed = &last
	}
	return key
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

// CreateKey adds a key; secret is what its holder shows, and only a hash of it is kept.
func (a *Auth) CreateKey(name, project string, scope query.KeyScope) (key query.Key, secret string, err error) {
	if err := query.CheckKeyName(name); err != nil {
		return key, "", err
	}
	if !nameRule.MatchString(project) {
		return key, "", fmt.Errorf("project %q is not like %s", project, nameRule)
	}
	id, random := randomHex(4), randomHex(20)
	made := accessKey{ID: id, Name: name, Scope: scope, Project: project, Hash: hashKey(random), Created: time.Now().UTC().Truncate(time.Second)}
	err = a.change(func(f *authFile) error {
		f.Keys = append(f.Keys, made)
		return nil
	})
	return a.listed(made), "sl_" + id + "_" + random, err
}

// RevokeKey removes a key; a running Sightline follows within seconds.
func (a *Auth) RevokeKey(id string) error {
	return a.change(func(f *authFile) error {
		n := len(f.Keys)
		f.Keys = slices.DeleteFunc(f.Keys, func(k accessKey) bool { return k.ID == id })
		if len(f.Keys) == n {
			return fmt.Errorf("%w: %q; see `sightline key list`", query.ErrNoKey, id)
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

// change rewrites the file in one step, readable by its owner only. The page and the command may do so at the same time.
func (a *Auth) change(edit func(*authFile) error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := os.MkdirAll(filepath.Dir(a.path), 0o700); err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	lock, err := os.OpenFile(a.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock keys: %w", err)
	}
	defer lock.Close() // and unlock
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock keys: %w", err)
	}
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
		return fmt.Errorf("write keys: %w", err)
	}
	if err := replaceFile(a.path, data); err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	a.file, a.seen = file, nil
	return nil
}

// replaceFile leaves the old file or the new one, whole, whatever happens meanwhile: a file of keys that a power cut has emptied
// would keep everybody out.
func replaceFile(path string, data []byte) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
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
