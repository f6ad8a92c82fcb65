package traceapi

import (
	"context"
	"time"

	"github.com/sightline/sightline/query/servicemap"
	"github.com/sightline/sightline/storage/traces"
)

// Spans reads traces. Everything is bound to a project; a hint says where in time to look first and may be wrong or empty.
type Spans interface {
	// Trace without attributes, events and links; total counts what a limit left out.
	Trace(ctx context.Context, project string, id traces.TraceID, hint traces.Range) (spans []traces.Span, total int, err error)
	// Whole is Trace with everything.
	Whole(ctx context.Context, project string, id traces.TraceID, hint traces.Range) ([]traces.Span, error)
	// Span with everything; several if their ids collide.
	Span(ctx context.Context, project string, id traces.TraceID, span traces.SpanID, hint traces.Range) ([]traces.Span, error)
	// LinkedFrom finds the spans that link to one; only their ids are set.
	LinkedFrom(ctx context.Context, project string, id traces.TraceID, span traces.SpanID, limit int) ([]traces.Link, error)
	Search(ctx context.Context, q traces.SearchQuery) (traces.SearchPage, error)
}

// Rollups reads what is summed up by minute.
type Rollups interface {
	Map(ctx context.Context, project string, r traces.Range) (servicemap.Rows, error)
	// Nodes by minute of services; of all if name is "".
	Services(ctx context.Context, q ServiceQuery) ([]ServiceRow, error)
	Operations(ctx context.Context, q ServiceQuery) ([]OperationRow, error)
	// Edge by minute.
	Edges(ctx context.Context, project string, r traces.Range, q EdgeQuery) ([]MinuteRow, error)
	// Entries are requests that came in from outside, by minute.
	Entries(ctx context.Context, project string, r traces.Range) ([]MinuteRow, error)
}

// ServiceQuery asks for services; Name "" is all.
type ServiceQuery struct {
	Project        string
	Range          traces.Range
	Name, Type     string
	Env, Namespace *string
}

// EdgeQuery asks for edges by their ends; nil is any.
type EdgeQuery struct{ From, To *servicemap.End }

// MinuteRow is a measure of a minute.
type MinuteRow struct {
	Minute time.Time
	servicemap.Measure
}

// ServiceRow is a minute of a version of a service.
type ServiceRow struct {
	Env, Namespace, Name, Type, Version string
	MinuteRow
}

// OperationRow is an operation of a service over the whole range.
type OperationRow struct {
	Name string
	Kind traces.Kind
	servicemap.Measure
}
