package main

import (
	"context"
	"net"
	"testing"
	"time"
)

// TestYardstickListens holds its configuration to what the collector accepts.
func TestYardstickListens(t *testing.T) {
	for _, batch := range []bool{false, true} {
		var at [2]string
		for i := range at {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			at[i] = l.Addr().String()
			l.Close()
		}
		ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
		defer stop()
		ended := make(chan error, 1)
		go func() { ended <- run(ctx, configuration(at[0], at[1], batch)) }()
		for _, address := range at {
			for {
				c, err := net.Dial("tcp", address)
				if err == nil {
					c.Close()
					break
				}
				select {
				case err := <-ended:
					t.Fatalf("ended: %v", err)
				case <-time.After(10 * time.Millisecond):
				}
			}
		}
		stop()
		if err := <-ended; err != nil {
			t.Errorf("batch %t: %v", batch, err)
		}
	}
}
