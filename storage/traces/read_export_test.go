package traces

import (
	"context"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
)

// Condition prints a filter as the search does.
func Condition(e filter.Expr) (string, []conn.Param, error) {
	p := newPrinter("")
	text, err := p.Condition(e)
	return text, p.Params, err
}

// SetNow makes the reader's clock stand still.
func (r *Reader) SetNow(now time.Time) { r.now = func() time.Time { return now } }

// NewestSQL is the search's first statement with these conditions.
func NewestSQL(conditions string) string { return when(newestSQL, conditions) }

// Prune is what rollups leave of a search's range.
func (r *Reader) Prune(ctx context.Context, q SearchQuery) ([]Range, error) {
	plan := prunePlan(q)
	if !plan.useful() {
		return []Range{q.Range}, nil
	}
	return r.prune(ctx, plan, q.Range)
}

// SetPartSpans makes the rollup join so many spans at a time.
func (w *Rollup) SetPartSpans(n int) { w.partSpans = n }
