package traces

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// MapAndEntries is Map and Entries at once: both need the edges of open minutes, which cost more than all rollups of an hour. Edges
// of the map and entries of a step may come in several rows each, to be summed up.
func (r *Reader) MapAndEntries(ctx context.Context, project string, in Range, step time.Duration) (rows MapRows, entries []EdgeRow, err error) {
	c, err := r.cover(ctx, project, in)
	if err != nil {
		return MapRows{}, nil, fmt.Errorf("read service map: %w", err)
	}
	rows = MapRows{Range: c.in, Missing: c.missing}
	published := c // what rollups have; c.minutes keeps it from the open minutes
	published.open = nil
	var open []edgeRow
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		rows.Nodes, err = r.nodes(ctx, project, &c, wholeRange, selection{})
		return err
	})
	group.Go(func() (err error) {
		rows.Edges, err = r.edges(ctx, project, &published, wholeRange, selection{})
		return err
	})
	group.Go(func() (err error) {
		var s selection
		s.equal("src_kind", EndClient, nil, nil)
		entries, err = r.edges(ctx, project, &published, step, s)
		return err
	})
	group.Go(func() (err error) {
		open, err = r.openEdges(ctx, project, &c)
		return err
	})
	if err := group.Wait(); err != nil {
		return MapRows{}, nil, fmt.Errorf("read service map: %w", err)
	}
	for _, e := range open {
		row := EdgeRow{At: seconds(steps(e.Minute, wholeRange)), Async: e.Async, From: e.Src, To: e.Dst, Measure: e.Measure, Server: e.Server, Age: e.Age}
		rows.Edges = append(rows.Edges, row)
		if e.Src.Kind == EndClient {
			row.At = seconds(steps(e.Minute, step))
			entries = append(entries, row)
		}
	}
	slices.SortStableFunc(entries, func(a, b EdgeRow) int { return a.At.Compare(b.At) })
	return rows, entries, nil
}
