package batch

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/sightline/sightline/storage/conn"
)

//go:embed running.sql
var runningSQL string

// Running says whether an INSERT of the batch is still at work, sent by anybody: one whose answer was lost, or whose sender died. It
// knows them by tokens that begin with the batch's id and a slash.
func (w *Writer) Running(ctx context.Context, batch ID) (bool, error) {
	n, err := conn.One[uint64](ctx, w.db, conn.Query{SQL: runningSQL, Params: []conn.Param{conn.Str("batch", batch.String())}})
	if err != nil {
		return false, fmt.Errorf("ask for running inserts of batch %s: %w", batch, err)
	}
	return n > 0, nil
}
