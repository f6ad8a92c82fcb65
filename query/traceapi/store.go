package traceapi

import (
	"context"
	"time"

	"github.com/sightline/sightline/storage/traces"
)

// Spans reads traces. Everything is bound to a project; a hint says where in time to look first and may be wrong or empty.
type Spans interface {
	// Timeline is a trace without attributes, events and links; a large one lean.
	Timeline(ctx context.Context, project string, id traces.TraceID, hint traces.Range) ([]traces.Span, *traces.LeanTrace, error)
	Wholes
	// Span with everything; several if their ids collide.
	Span(ctx context.Context, project string, id traces.TraceID, span traces.SpanID, hint traces.Range) ([]traces.Span, error)
	// LinkedFrom finds the spans that link to one; only their ids are set.
	LinkedFrom(ctx context.Context, project string, id traces.TraceID, span traces.SpanID, limit int) ([]traces.Link, error)
	Search(ctx context.Context, q traces.SearchQuery) (traces.SearchPage, error)
}

// Wholes reads traces with everything.
type Wholes interface {
	// Whole is all of it, as far as a limit goes.
	Whole(ctx context.Context, project string, id traces.TraceID, hint traces.Range) ([]traces.Span, error)
	// EachWhole gives it by start and in portions, without a limit.
	EachWhole(ctx context.Context, project string, id traces.TraceID, each func([]traces.Span) error) error
}

// Sets reads sets of spans: those of a range that a filter matches.
type Sets interface {
	// Spans one by one, newest first.
	Spans(ctx context.Context, q traces.SpanQuery) (traces.SpanPage, error)
	// Heatmap counts them by start and duration.
	Heatmap(ctx context.Context, q traces.HeatmapQuery) (traces.Heatmap, error)
	// Facets counts the values of their attributes.
	Facets(ctx context.Context, q traces.FacetQuery) (traces.Facets, error)
	// Compare tells what two sets have apart.
	Compare(ctx context.Context, q traces.CompareQuery) (traces.Comparison, error)
	// Skeletons are whole traces without attributes, as far as a limit goes.
	Skeletons(ctx context.Context, q traces.SkeletonQuery) ([]traces.Skeleton, error)
}

// Fleet reads what the resources of services say.
type Fleet interface {
	// Teams of services that were there in a range or since.
	Teams(ctx context.Context, project string, in traces.Range) (map[traces.ServiceID]string, error)
	// Instances that spans come from.
	Instances(ctx context.Context, set traces.SpanSet) (traces.Instances, error)
}

// Rollups reads what is summed up by minute.
type Rollups interface {
	Map(ctx context.Context, project string, in traces.Range) (traces.MapRows, error)
	// MapAndEntries also gives the requests that came in from outside, by steps of time.
	MapAndEntries(ctx context.Context, project string, in traces.Range, step time.Duration) (traces.MapRows, []traces.EdgeRow, error)
	// Services by versions and steps of time.
	Services(ctx context.Context, q traces.ServiceQuery) ([]traces.NodeRow, error)
	Operations(ctx context.Context, q traces.ServiceQuery) ([]traces.OperationRow, error)
	// Edges by steps of time.
	Edges(ctx context.Context, q traces.EdgeQuery) ([]traces.EdgeRow, error)
}
