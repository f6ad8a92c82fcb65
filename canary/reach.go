package canary

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"
)

// open connects to the API, and says what to do where that does not work.
func open(ctx context.Context, t Target) (*client, error) {
	api, err := newClient(t.URL, t.ReadKey)
	if err != nil {
		return nil, err
	}
	if err := api.reach(ctx, t); err != nil {
		api.close()
		return nil, err
	}
	return api, nil
}

// patience is how long an instance may take to answer at all.
const patience = 10 * time.Second

func (c *client) reach(ctx context.Context, t Target) error {
	for deadline := time.Now().Add(patience); ; {
		err := c.hello(ctx, t)
		var u *unreadable
		switch {
		case err == nil:
			return nil
		case errors.As(err, &u) && u.login:
			return fmt.Errorf("the API at %s asks for a login: make a key with `sightline key create --read canary` and give it with --read-key or SIGHTLINE_READ_KEY, or give --user", t.URL)
		case errors.Is(err, errNotServed):
			return fmt.Errorf("there is no Sightline at %s: give the address of its page with --url", t.URL)
		case ctx.Err() != nil || errors.As(err, &u) && !u.again || time.Now().After(deadline):
			return fmt.Errorf("reach the API: %w; is Sightline running at %s? `sightline` starts it, --url says where it is", err, t.URL)
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// reachable says whether anybody listens for OTLP, who may be just starting.
func reachable(ctx context.Context, endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil {
		return fmt.Errorf("the endpoint %q: %w", endpoint, err)
	}
	address := u.Host
	if u.Port() == "" {
		address = net.JoinHostPort(u.Hostname(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	}
	dialer := net.Dialer{Timeout: patience}
	for deadline := time.Now().Add(patience); ; {
		c, err := dialer.DialContext(ctx, "tcp", address)
		if err == nil {
			return c.Close()
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return fmt.Errorf("reach OTLP: %w; is Sightline running? `sightline` starts it, --endpoint says where it takes OTLP", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (c *client) hello(ctx context.Context, t Target) error {
	if t.User != "" {
		if err := c.login(ctx, t.User, t.Password); err != nil {
			return err
		}
	}
	var status struct{ Version string }
	return c.get(ctx, "/api/status", nil, &status)
}
