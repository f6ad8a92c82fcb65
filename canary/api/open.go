package api

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Target is the instance that is looked at.
type Target struct {
	URL            string // of the API
	ReadKey        string // with which it is read, if it asks for one
	User, Password string // or a login
}

// Open connects to the API, and says what to do where that does not work.
func Open(ctx context.Context, t Target) (*Client, error) {
	api, err := newClient(t.URL, t.ReadKey)
	if err != nil {
		return nil, err
	}
	if err := api.reach(ctx, t); err != nil {
		api.Close()
		return nil, err
	}
	return api, nil
}

// patience is how long an instance may take to answer at all.
const patience = 10 * time.Second

func (c *Client) reach(ctx context.Context, t Target) error {
	for deadline := time.Now().Add(patience); ; {
		err := c.hello(ctx, t)
		var u *Unreadable
		switch {
		case err == nil:
			return nil
		case errors.As(err, &u) && u.Login:
			return fmt.Errorf("the API at %s asks for a login (%w): make a key with `sightline key create --read canary` and give it with --read-key or SIGHTLINE_READ_KEY, or give --user", t.URL, err)
		case errors.Is(err, ErrNotServed):
			return fmt.Errorf("there is no Sightline at %s: give the address of its page with --url", t.URL)
		case ctx.Err() != nil || errors.As(err, &u) && !u.Again || time.Now().After(deadline):
			return fmt.Errorf("reach the API: %w; is Sightline running at %s? `sightline` starts it, --url says where it is", err, t.URL)
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (c *Client) hello(ctx context.Context, t Target) error {
	if t.User != "" {
		if err := c.login(ctx, t.User, t.Password); err != nil {
			return err
		}
	}
	var status struct{ Version string }
	return c.Get(ctx, "/api/status", nil, &status)
}
