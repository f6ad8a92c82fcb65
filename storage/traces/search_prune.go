package traces

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
)

var (
	//go:embed search_skip.sql
	skipSQL string
	//go:embed search_settled.sql
	settledSQL string
	//go:embed search_late.sql
	lateSQL string
)

const (
	// pruneFrom is how long a slice must be for its rollups to be worth asking.
	pruneFrom = 10 * time.Minute
	// rollupLag is how long after a span is stored the rollup of its minute has it at the latest, as long as rollups are made.
	rollupLag = 15 * time.Minute
	// maxRanges bounds how many pieces a slice falls into.
	maxRanges = 64
)

// pruning is what a filter asks for that red_1m can rule out, as a condition on a row of it.
type pruning struct {
	project   string
	condition string
	params    []conn.Param
}

func (p *pruning) useful() bool { return p.condition != "" }

// prunePlan finds the conditions that every match fulfils and the rollups know.
func prunePlan(q SearchQuery) *pruning {
	p := newPrinter("")
	condition, _ := p.rollupCondition(q.Filter)
	return &pruning{q.Project, condition, p.Params}
}

// rollupCondition prints what can be asked of a row of red_1m instead of the expression: true wherever the row sums up a match.
func (p *printer) rollupCondition(e filter.Expr) (condition string, ok bool) {
	switch e := e.(type) {
	case filter.And:
		var texts []string
		for _, part := range e {
			if text, ok := p.rollupCondition(part); ok {
				texts = append(texts, text)
			}
		}
		return strings.Join(texts, " AND "), len(texts) > 0
	case filter.Or:
		texts := make([]string, len(e))
		for i, part := range e {
			text, ok := p.rollupCondition(part)
			if !ok {
				return "", false
			}
			texts[i] = text
		}
		return "(" + strings.Join(texts, " OR ") + ")", true
	case filter.Compare:
		if e.Attr.Scope == filter.Intrinsic {
			return p.rollupCompare(e)
		}
	}
	return "", false
}

func (p *printer) rollupCompare(c filter.Compare) (string, bool) {
	switch c.Attr.Key {
	case filter.Service, filter.ServiceType, filter.Env, filter.Namespace, filter.Version, filter.Kind: // keys of a row
		text, err := p.intrinsic(c)
		return text, err == nil
	case filter.DurationField:
		switch c.Op {
		case filter.Gt, filter.Ge:
			return "max_duration " + c.Op.String() + " " + p.Number(c.Value), true
		case filter.Eq:
			return "max_duration >= " + p.Number(c.Value), true
		}
	case filter.Class:
		if c.Op == filter.Eq && slices.Contains(classNames[:], c.Value.Text) {
			// Spans of weight 0 are in no count.
			return "(" + c.Value.Text + " > 0 OR ok + error + throttle + fault = 0)", true
		}
	}
	return "", false
}

// prune gives the parts of a slice that may hold matches, newest first.
func (r *Reader) prune(ctx context.Context, p *pruning, slice Range) ([]Range, error) {
	whole := []Range{slice}
	if settled := r.now().Add(-rollupLag); settled.Sub(slice.From) < pruneFrom || slice.To.Sub(slice.From) < pruneFrom {
		return whole, nil
	}
	newest, err := conn.One[uint64](ctx, r.db, conn.Query{SQL: settledSQL, Params: []conn.Param{conn.Str("project", p.project)}})
	if err != nil {
		return nil, fmt.Errorf("read age of rollups: %w", err)
	}
	settled := unixTime(int64(newest)).Add(-rollupLag).Truncate(time.Minute)
	// Minutes as a whole, and no younger than what rollups are sure to have seen.
	in := Range{slice.From.Truncate(time.Minute), slice.To.Truncate(time.Minute)}
	if settled.Before(in.To) {
		in.To = settled
	}
	if in.To.Sub(in.From) < pruneFrom {
		return whole, nil
	}
	var skip []uint32
	var late map[uint32]bool
	group, both := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		params := append(in.params(p.project), p.params...)
		if skip, err = conn.All[uint32](both, r.db, conn.Query{SQL: when(skipSQL, p.condition), Params: params}); err != nil {
			return fmt.Errorf("ask rollups which minutes to search: %w", err)
		}
		return nil
	})
	group.Go(func() (err error) {
		late, err = r.late(both, p.project, in, settled)
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if late == nil {
		return whole, nil
	}
	return without(slice, slices.DeleteFunc(skip, func(minute uint32) bool { return late[minute] })), nil
}

// maxLate is how many late spans are worth asking for: reading them all costs more than searching does.
const maxLate = 100_000

// late are the minutes (unix seconds) of the spans of a range that were stored since; nil where they are too many.
func (r *Reader) late(ctx context.Context, project string, in Range, since time.Time) (map[uint32]bool, error) {
	type row struct {
		Minute uint32 `ch:"minute"`
		Spans  uint64 `ch:"spans"`
	}
	params := append(in.params(project), conn.Uint("since", uint64(since.UnixNano())), conn.Uint("limit", uint64(maxLate)))
	minutes, spans := map[uint32]bool{}, uint64(0)
	for row, err := range conn.Rows[row](ctx, r.db, conn.Query{SQL: lateSQL, Params: params}) {
		if err != nil {
			return nil, fmt.Errorf("look for late spans: %w", err)
		}
		minutes[row.Minute] = true
		spans += row.Spans
	}
	if spans == maxLate {
		return nil, nil
	}
	return minutes, nil
}

// without is the range without some of its minutes (unix seconds, ascending), newest part first, in 64 parts at most.
func without(in Range, minutes []uint32) []Range {
	var parts []Range
	at := in.From
	add := func(to time.Time) {
		if to.After(at) {
			parts = append(parts, Range{at, to})
		}
	}
	for _, m := range minutes {
		gap := time.Unix(int64(m), 0).UTC()
		add(gap)
		if end := gap.Add(time.Minute); end.After(at) {
			at = end
		}
	}
	add(in.To)
	for len(parts) > maxRanges { // close the shortest gap
		best := 1
		for i := 2; i < len(parts); i++ {
			if parts[i].From.Sub(parts[i-1].To) < parts[best].From.Sub(parts[best-1].To) {
				best = i
			}
		}
		parts[best-1].To = parts[best].To
		parts = slices.Delete(parts, best, best+1)
	}
	slices.Reverse(parts)
	return parts
}
