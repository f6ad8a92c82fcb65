package traces

import (
	"context"
	_ "embed"
	"fmt"
	"slices"

	"github.com/sightline/sightline/storage/conn"
)

var (
	//go:embed read_resource_ids.sql
	resourceIDsSQL string
	//go:embed read_ended.sql
	endedSQL string
)

// wholePortion is how many spans with everything EachWhole has at a time, about. Each portion is a question of its own, so that a slow
// client keeps none waiting.
const wholePortion = 4000

// EachWhole gives the spans of a trace with everything, by start and in portions, each to be used before the next: memory does not grow
// with the trace, but for the ids of spans that were also stored in progress. It is what Whole is without its limit. ErrNotFound, before
// the first portion, where nothing is stored.
func (r *Reader) EachWhole(ctx context.Context, project string, id TraceID, each func([]Span) error) error {
	bounds, found, err := r.bounds(ctx, project, id)
	if err != nil {
		return err
	}
	if !found {
		return ErrNotFound
	}
	params := traceParams(project, id, bounds)
	resources, err := r.resourcesOf(ctx, project, params)
	if err != nil {
		return fmt.Errorf("read resources of trace %s: %w", id, err)
	}
	ended := map[uint64]bool{}
	for span, err := range conn.Rows[uint64](ctx, r.db, conn.Query{SQL: endedSQL, Params: params}) {
		if err != nil {
			return fmt.Errorf("read spans of trace %s that ended: %w", id, err)
		}
		ended[span] = true
	}
	given := false
	for from, limit := bounds.From, wholePortion; ; {
		var portion []Span
		page := append(traceParams(project, id, Range{from, bounds.To}), conn.Uint("span_id", uint64(0)), conn.Uint("limit", uint64(limit)))
		for row, err := range conn.Rows[wholeRow](ctx, r.db, conn.Query{SQL: when(wholeSQL, wholeConditions), Params: page}) {
			if err != nil {
				return fmt.Errorf("read whole trace %s: %w", id, err)
			}
			portion = append(portion, row.span())
		}
		last := len(portion) < limit
		if !last { // what starts with the last one may go on in the next portion
			from = portion[len(portion)-1].Start
			portion = portion[:slices.IndexFunc(portion, func(s Span) bool { return s.Start.Equal(from) })]
			if len(portion) > 0 {
				limit = wholePortion
			} else {
				limit *= 2 // all of them start at once
			}
		}
		portion = slices.DeleteFunc(portion, func(s Span) bool { return s.State == StateInProgress && ended[uint64(s.SpanID)] })
		for i := range portion {
			if known := resources[portion[i].Resource.ID]; known != nil {
				portion[i].Resource = known
			}
		}
		if len(portion) > 0 {
			given = true
			if err := each(portion); err != nil {
				return err
			}
		}
		switch {
		case last && !given:
			return ErrNotFound // indexed, and expired since or not stored yet
		case last:
			return nil
		}
	}
}

// resourcesOf reads the resources of a trace's spans.
func (r *Reader) resourcesOf(ctx context.Context, project string, params []conn.Param) (map[[16]byte]*Resource, error) {
	var of []Span
	for id, err := range conn.Rows[[16]byte](ctx, r.db, conn.Query{SQL: resourceIDsSQL, Params: params}) {
		if err != nil {
			return nil, err
		}
		of = append(of, Span{Resource: &Resource{ID: id}})
	}
	if err := r.addResources(ctx, project, of); err != nil {
		return nil, err
	}
	out := make(map[[16]byte]*Resource, len(of))
	for i := range of {
		out[of[i].Resource.ID] = of[i].Resource
	}
	return out, nil
}
