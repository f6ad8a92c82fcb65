package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/sightline/sightline/query"
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/erase"
	"github.com/sightline/sightline/storage/logs"
	"github.com/sightline/sightline/storage/traces"
	"github.com/sightline/sightline/storage/upkeep"
)

// openEraser makes who deletes what a person asks for. It needs the loader, of which it waits for what is on its way.
func (in *instance) openEraser() error {
	path := filepath.Join(in.config.DataDir, "deletions.state")
	state, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read deletions: %w", err)
	}
	in.eraser, err = erase.Open(erase.Config{
		DB: in.db, Traces: traces.NewReader(in.db), Logs: logs.NewReader(in.db),
		State: state, Save: func(data []byte) error { return replaceFile(path, data) },
		Settled: func(ctx context.Context) (batch.ID, error) {
			ctx, cancel := context.WithTimeout(ctx, settleTime)
			defer cancel()
			return in.loader.Settled(ctx)
		},
		Log: in.log.With("part", "deletions"),
	})
	return err
}

// deletions are what the API may do; nil where nothing is stored.
func (in *instance) deletions() query.Deletions {
	if in.eraser == nil {
		return nil
	}
	return in.eraser
}

// deleted is how many of a signal's stored items were deleted since.
func (in *instance) deleted(signal, project string) int64 {
	if in.eraser == nil {
		return 0
	}
	spans, records := in.eraser.Deleted(project)
	switch signal {
	case upkeep.Traces:
		return int64(spans)
	case upkeep.Logs:
		return int64(records)
	default:
		return 0
	}
}
