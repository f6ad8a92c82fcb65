package loader

import (
	"context"
	"fmt"

	"github.com/sightline/sightline/collector/journal"
)

// checkpoint makes the accounts, the position and the cuts durable as they stand, and lets the journal go that far.
func (l *Loader) checkpoint(ctx context.Context) error {
	l.mu.Lock()
	unsaved := l.progress.unsaved
	l.mu.Unlock()
	if unsaved {
		l.cfg.Failpoint(FailCheckpointBefore)
		if err := l.save(ctx); err != nil {
			return err
		}
		l.cfg.Failpoint(FailCheckpointAfter)
	}
	l.mu.Lock()
	saved := l.progress.saved
	l.mu.Unlock()
	l.cfg.Journal.Release(saved)
	l.cfg.Failpoint(FailReleaseAfter)
	return nil
}

// save writes the state, and insists: without it nothing may be sent and nothing released. It ends early only when ctx does.
func (l *Loader) save(ctx context.Context) error {
	for pause := l.timing.retry; ; {
		err := l.trySave()
		if err == nil {
			return nil
		}
		l.trouble(err)
		if err := pause.wait(ctx); err != nil {
			return err
		}
	}
}

func (l *Loader) trySave() error {
	l.saving.Lock()
	defer l.saving.Unlock()
	data, position, err := l.snapshot()
	if err != nil {
		return err
	}
	if err := replaceFile(l.cfg.StateFile, data, l.cfg.Failpoint); err != nil {
		l.mu.Lock()
		l.progress.unsaved = true
		l.mu.Unlock()
		return fmt.Errorf("write loader state: %w", err)
	}
	l.mu.Lock()
	l.progress.saved = position
	l.mu.Unlock()
	return nil
}

// snapshot encodes the state as it stands.
func (l *Loader) snapshot() ([]byte, journal.Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state.Version = stateVersion
	l.state.Totals = l.totals.list()
	l.state.Dirty = l.dirty.records()
	data, err := l.state.encode()
	if err == nil {
		l.progress.unsaved = false
	}
	return data, l.state.Position, err
}
