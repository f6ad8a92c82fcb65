package jaeger

import (
	"context"
	"errors"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/timeline"
	"github.com/sightline/sightline/storage/traces"
)

const (
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
	ids := make([]traces.TraceID, len(page.Traces))
	for i := range page.Traces {
		ids[i] = page.Traces[i].TraceID
	}
	whole, all, err := h.Spans.Wholes(ctx, project(ctx), ids, maxSpans)
	if err != nil {
		return found{}, err
	}
	f := found{reason: page.Reason}
	if !all {
		f.reason = reasonSpans
	}
	for _, spans := range whole {
		if len(spans) > 0 { // else it expired since
			f.traces = append(f.traces, timeline.Build(spans, timeline.Options{KeepSkew: q.raw}))
		}
	}
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
