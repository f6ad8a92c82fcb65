package traces

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
)

//go:embed delete.sql
var deleteSQL string

// deleteTime is how long looking for what is to be deleted may take: all that is kept may have to be read.
const deleteTime = 10 * time.Minute

// Matching gives traces with a span of a range that a filter matches, of batches with a lesser id, at most so many.
func (r *Reader) Matching(ctx context.Context, project string, in Range, e filter.Expr, before batch.ID, limit int) ([]TraceID, error) {
	p := newPrinter("")
	condition, err := p.Condition(e)
	if err != nil {
		return nil, err
	}
	if condition != "" {
		condition = "\n    AND " + condition
	}
	params := append(in.params(project), p.Params...)
	params = append(params, conn.Str("before", before.String()), conn.Uint("limit", uint64(limit)))
	rows, err := conn.All[[16]byte](ctx, r.db, conn.Query{SQL: when(deleteSQL, condition), Params: params, Class: conn.Background, Timeout: deleteTime})
	if err != nil {
		return nil, fmt.Errorf("find traces to delete: %w", err)
	}
	ids := make([]TraceID, len(rows))
	for i, id := range rows {
		ids[i] = id
	}
	return ids, nil
}
