package otlp

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"time"
)

// patience is how long an instance may take to listen.
const patience = 10 * time.Second

// Reach says whether anybody listens for OTLP, who may be just starting.
func Reach(ctx context.Context, endpoint string) error {
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
