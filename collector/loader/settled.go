package loader

import (
	"context"
	"fmt"

	"github.com/sightline/sightline/storage/batch"
)

// Settled returns when everything that the journal held when it was called is settled, with an id that is higher than those of its
// batches: rows of lesser ids are never counted again, so that they may be deleted. Run must be running.
func (l *Loader) Settled(ctx context.Context) (batch.ID, error) {
	if err := l.Drain(ctx); err != nil { // so that what was asked about has a lesser id, even if it has to be taken apart
		return batch.ID{}, fmt.Errorf("wait until what was received is stored: %w", err)
	}
	id := l.newBatchID()
	if err := l.Drain(ctx); err != nil { // a batch that was begun before may not be settled
		return batch.ID{}, fmt.Errorf("wait until what was received is stored: %w", err)
	}
	return id, nil
}
