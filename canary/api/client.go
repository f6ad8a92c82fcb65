// Package api reads the HTTP API of an instance as any other program would.
package api

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

// Client reads the API, a few requests at a time.
type Client struct {
	http  *http.Client
	base  string
	key   string
	turns chan struct{}
	first chan struct{} // turns of requests that measure how soon something is visible: they wait for no other
}

// Ahead is the same client, with those turns.
func (c *Client) Ahead() *Client {
	ahead := *c
	ahead.turns = c.first
	return &ahead
}

// AtOnce is how many requests of a kind a canary has running: it should not be the load that it measures.
const AtOnce = 4

// readTimeout bounds one request; a query of the server is bounded by less.
const readTimeout = 40 * time.Second

func newClient(base, key string) (*Client, error) {
	if u, err := url.Parse(base); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("the address %q is none such as http://127.0.0.1:7070", base)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("open session: %w", err)
	}
	c := &http.Client{Timeout: readTimeout, Jar: jar, Transport: &http.Transport{MaxIdleConnsPerHost: 2 * AtOnce}}
	return &Client{http: c, base: strings.TrimSuffix(base, "/"), key: key, turns: make(chan struct{}, AtOnce), first: make(chan struct{}, AtOnce)}, nil
}

// Close ends its connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Errors of reading that are told apart.
var (
	ErrNotServed = errors.New("not served")
	ErrNotFound  = errors.New("not found")
)

// Unreadable is an answer that says nothing about what is stored.
type Unreadable struct {
	Text  string
	Login bool // it needs one
	Again bool // it may be otherwise later
}

func (u *Unreadable) Error() string { return u.Text }

// login begins a session.
func (c *Client) login(ctx context.Context, user, password string) error {
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
		refused := refusedBy(answer)
		if u, ok := errors.AsType[*Unreadable](refused); ok {
			u.Login = false // one more would not help
		}
		return fmt.Errorf("log in as %s: %w", user, refused)
	}
	return nil
}

// Get reads JSON. The path is escaped already.
func (c *Client) Get(ctx context.Context, path string, params url.Values, into any) error {
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
		return &Unreadable{Text: err.Error(), Again: true}
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return refusedBy(answer)
	}
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		return &Unreadable{Text: fmt.Sprintf("%s: read answer: %v", path, err), Again: true}
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
			return ErrNotServed
		}
		return ErrNotFound
	}
	u := &Unreadable{Text: answer.Status, Login: answer.StatusCode == http.StatusUnauthorized}
	if ours {
		u.Text = fmt.Sprintf("%s: %s", answer.Status, body.Error.Message)
		if body.Error.Hint != "" {
			u.Text += " (" + body.Error.Hint + ")"
		}
	}
	u.Again = answer.StatusCode >= 500 || answer.StatusCode == http.StatusTooManyRequests
	return u
}
