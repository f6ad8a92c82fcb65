package logs

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
)

//go:embed delete.sql
var deleteSQL string

const deleteTime = 10 * time.Minute

// Matching names records of a range that a filter matches, of batches with a lesser id, at most so many: each is "(batch,seq)". Of a
// filter that asks for what no record has, there are none.
func (r *Reader) Matching(ctx context.Context, project string, from, to time.Time, e filter.Expr, before batch.ID, limit int) ([]string, error) {
	e, some := ofRecords(e)
	if !some {
		return nil, nil
	}
	p := newPrinter()
	condition, err := p.Condition(e)
	if err != nil {
		return nil, fmt.Errorf("find log records to delete: %w", err)
	}
	if condition != "" {
		condition = "\n    AND " + condition
	}
	params := append([]conn.Param{conn.Str("project", project), conn.Time("from", from), conn.Time("to", to)}, p.Params...)
	params = append(params, conn.Str("before", before.String()), conn.Uint("limit", uint64(limit)))
	records, err := conn.All[string](ctx, r.db, conn.Query{SQL: strings.Replace(deleteSQL, "/* when */", condition, 1), Params: params, Class: conn.Background, Timeout: deleteTime})
	if err != nil {
		return nil, fmt.Errorf("find log records to delete: %w", err)
	}
	return records, nil
}

// ofRecords is what of a filter can be asked of log records, which have no duration, say: of an or, the alternatives that can. false:
// nothing can. What stands behind not is taken whole or not at all: with a part left out it would match more than was asked for.
func ofRecords(e filter.Expr) (filter.Expr, bool) {
	switch e := e.(type) {
	case filter.Or:
		var kept filter.Or
		for _, part := range e {
			if part, ok := ofRecords(part); ok {
				kept = append(kept, part)
			}
		}
		return kept, len(kept) > 0
	case filter.And:
		kept := make(filter.And, len(e))
		for i, part := range e {
			ok := false
			if kept[i], ok = ofRecords(part); !ok {
				return nil, false
			}
		}
		return kept, true
	}
	_, err := newPrinter().Condition(e)
	return e, err == nil
}
