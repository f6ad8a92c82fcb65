package main

import (
	"context"
	"log/slog"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/journal"
)

// receive opens the OTLP port. Its end comes with ctx; wait returns when it has ended.
func receive(ctx context.Context, j *journal.Journal, log *slog.Logger) (address string, wait func() error, err error) {
	c, err := collector.New(collector.Config{HTTP: "127.0.0.1:0", Journal: j, Log: log})
	if err != nil {
		return "", nil, err
	}
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	select {
	case <-c.Ready():
	case err := <-done:
		return "", nil, err
	}
	_, http := c.Addresses()
	return http, func() error { return <-done }, nil
}
