package jaeger

import (
	"context"
	"errors"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/timeline"
	"github.com/sightline/sightline/storage/traces"
)

const (
	// readers is how many traces of a search are read at a time.
	readers = 4
	// maxSpans is how many spans an answer may have, more or less: Jaeger's APIs give whole traces, and a thousand of them is their
	// clients' memory. A single trace is never cut.
	maxSpans = 200_000
)

// found is what a search found: whole traces, newest first, and why there may be more.
type found struct {
	traces []*timeline.Timeline
	reason string // "": nothing was left out
}

const reasonSpans = "span_limit"

func (h *handlers) ask(ctx context.Context, q *question) (traces.SearchPage, error) {
	return h.Spans.Search(ctx, traces.SearchQuery{Project: project(ctx), Range: q.in, Filter: q.filter(), Limit: q.limit})
}

// find searches, and reads the traces whole.
func (h *handlers) find(ctx context.Context, q *question) (found, error) {
	page, err := h.ask(ctx, q)
	if err != nil {
		return found{}, err
	}
	f := found{traces: make([]*timeline.Timeline, len(page.Traces)), reason: page.Reason}
	var spans atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i := range page.Traces {
		if spans.Load() >= maxSpans {
			f.reason = reasonSpans
			break
		}
		group.Go(func() error {
			s := &page.Traces[i]
			t, err := h.read(ctx, s.TraceID, traces.Range{From: s.Start, To: s.Start.Add(s.Duration)}, q.raw)
			if errors.Is(err, traces.ErrNotFound) {
				return nil // expired since
			}
			if err != nil {
				return err
			}
			spans.Add(int64(t.Spans))
			f.traces[i] = t
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return found{}, err
	}
	kept := f.traces[:0]
	for _, t := range f.traces {
		if t != nil {
			kept = append(kept, t)
		}
	}
	f.traces = kept
	return f, nil
}

// read gives a whole trace.
func (h *handlers) read(ctx context.Context, id traces.TraceID, hint traces.Range, raw bool) (*timeline.Timeline, error) {
	spans, err := h.Spans.Whole(ctx, project(ctx), id, hint)
	if err != nil {
		return nil, err
	}
	return timeline.Build(spans, timeline.Options{KeepSkew: raw}), nil
}

// notFound is an error in Jaeger's words where the trace is not there.
func notFound(err error) error {
	if errors.Is(err, traces.ErrNotFound) {
		return &api.Error{Code: api.NotFound, Message: "trace not found", Cause: err}
	}
	return err
}
