package traceapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/traceql"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

// TraceQL answers queries of that language.
type TraceQL interface {
	Search(ctx context.Context, req traceql.Request) (*traceql.Result, error)
}

// isTraceQL tells TraceQL from the short form, in which no query begins with a brace, whatever parentheses and comments stand before it.
func isTraceQL(text string) bool {
	for text = traceql.Begin(text); strings.HasPrefix(text, "("); {
		text = traceql.Begin(text[1:])
	}
	return strings.HasPrefix(text, "{")
}

// searchTraceQL is search for a query in TraceQL.
func (h *handlers) searchTraceQL(w http.ResponseWriter, r *http.Request, text string, q traces.SearchQuery, place filter.Expr) error {
	if h.TraceQL == nil {
		return &api.Error{Code: api.BadQuery, Message: "this instance does not answer TraceQL", Hint: "use the short form: service = checkout and duration > 500ms"}
	}
	query, err := traceql.Parse(text)
	if err != nil {
		return err
	}
	if query.IsMetrics() {
		return &api.Error{Code: api.BadQuery, Message: "this makes series, and a search finds traces", Hint: "leave out rate() and the like; Tempo's API answers them", Position: max(strings.LastIndex(text, "|"), 0)}
	}
	found, err := h.TraceQL.Search(r.Context(), traceql.Request{Project: q.Project, From: q.Range.From, To: q.Range.To, Limit: q.Limit, SpansPerSet: 1, Query: query, Place: place, Paged: true, Cursor: q.Cursor})
	if err != nil {
		return err
	}
	out := searchJSON{
		Traces:       make([]summaryJSON, len(found.Traces)),
		Complete:     found.Incomplete == "",
		Reason:       found.Incomplete,
		SearchedFrom: found.SearchedFrom.UTC(),
		RowsRead:     found.InspectedSpans,
		ElapsedMS:    float64(found.Elapsed.Microseconds()) / 1000,
		Query:        query.String(),
	}
	if !found.Next.IsZero() {
		text := cursorText(found.Next)
		out.NextCursor = &text
	}
	for i := range found.Traces {
		out.Traces[i] = foundOf(&found.Traces[i])
	}
	return api.WriteJSON(w, out)
}

func foundOf(t *traceql.Trace) summaryJSON {
	s := traces.Summary{
		TraceID: t.ID, Start: t.Start, Duration: t.Duration, HasRoot: t.HasRoot, RootService: t.RootService, RootName: t.RootName,
		Class: t.Class, Spans: t.Spans, Errors: t.Errors, InProgress: t.InProgress,
		Matched: traces.Match{SpanID: t.Newest.ID, Start: t.Newest.Start, Duration: t.Newest.Duration, Service: t.Newest.Service, Name: t.Newest.Name, Class: t.Newest.Class},
	}
	for _, share := range t.Services {
		s.Services = append(s.Services, traces.ServiceShare{Name: share.Service, Spans: share.Spans, Errors: share.Errors})
	}
	return summaryOf(&s)
}
