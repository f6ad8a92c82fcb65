package canary

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"
)

// client reads the API, a few requests at a time.
type client struct {
	http  *http.Client
	base  string
	key   string
	turns chan struct{}
	first chan struct{} // turns of requests that measure how soon something is visible: they wait for no other
}

// ahead is the same client, with those turns.
func (c *client) ahead() *client {
	ahead := *c
	ahead.turns = c.first
	return &ahead
}

// atOnce is how many requests of a kind a canary has running: it should not be the load that it measures.
const atOnce = 4

// readTimeout bounds one request; a query of the server is bounded by less.
const readTimeout = 40 * time.Second

func newClient(base, key string) (*client, error) {
	if u, err := url.Parse(base); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("the address %q is none such as http://127.0.0.1:7070", base)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("open session: %w", err)
	}
	c := &http.Client{Timeout: readTimeout, Jar: jar, Transport: &http.Transport{MaxIdleConnsPerHost: 2 * atOnce}}
	return &client{http: c, base: strings.TrimSuffix(base, "/"), key: key, turns: make(chan struct{}, atOnce), first: make(chan struct{}, atOnce)}, nil
}

func (c *client) close() { c.http.CloseIdleConnections() }

// Errors of reading that are told apart.
var (
	errNotServed = errors.New("not served")
	errNotFound  = errors.New("not found")
)

// unreadable is an answer that says nothing about what is stored.
type unreadable struct {
	text  string
	login bool // it needs one
	again bool // it may be otherwise later
}

func (u *unreadable) Error() string { return u.text }

// login begins a session.
func (c *client) login(ctx context.Context, user, password string) error {
	credentials, err := json.Marshal(map[string]string{"user": user, "password": password})
	if err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/api/login", strings.NewReader(string(credentials)))
	if err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("log in: %w", refusedBy(answer))
	}
	return nil
}

// get reads JSON. The path is escaped already.
func (c *client) get(ctx context.Context, path string, params url.Values, into any) error {
	select {
	case c.turns <- struct{}{}:
		defer func() { <-c.turns }()
	case <-ctx.Done():
		return ctx.Err()
	}
	address := c.base + path
	if len(params) > 0 {
		address += "?" + params.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return &unreadable{text: err.Error(), again: true}
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return refusedBy(answer)
	}
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		return &unreadable{text: fmt.Sprintf("%s: read answer: %v", path, err), again: true}
	}
	return nil
}

// refusedBy is the error of an answer without success.
func refusedBy(answer *http.Response) error {
	var body struct {
		Error struct{ Code, Message, Hint string }
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	ours := err == nil && json.Unmarshal(text, &body) == nil && body.Error.Code != ""
	if answer.StatusCode == http.StatusNotFound {
		if !ours || strings.HasPrefix(body.Error.Message, "there is nothing at") {
			return errNotServed
		}
		return errNotFound
	}
	u := &unreadable{text: answer.Status, login: answer.StatusCode == http.StatusUnauthorized}
	if ours {
		u.text = fmt.Sprintf("%s: %s", answer.Status, body.Error.Message)
		if body.Error.Hint != "" {
			u.text += " (" + body.Error.Hint + ")"
		}
	}
	u.again = answer.StatusCode >= 500 || answer.StatusCode == http.StatusTooManyRequests
	return u
}
