// Package logapi is our own HTTP API about log records: search, the records of a trace, and one record whole. It reads through the
// interface of Deps and runs no SQL.
package logapi

import (
	"context"
	"net/http"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/logs"
	"github.com/sightline/sightline/storage/traces"
)

// Records reads log records. Everything is bound to a project.
type Records interface {
	Search(ctx context.Context, q logs.SearchQuery) (logs.Page, error)
	// Trace gives the earliest records of a trace, and whether there are more.
	Trace(ctx context.Context, q logs.TraceQuery) (found []logs.Record, more bool, err error)
	// Record with everything, its resource included.
	Record(ctx context.Context, project string, id logs.ID) (logs.Record, error)
}

// Deps is what the API needs.
type Deps struct {
	Records Records
	Now     api.Clock // nil: time.Now
}

type handlers struct{ Deps }

// Routes are the API's lines of the route table.
func Routes(d Deps) []api.Route {
	h := &handlers{d}
	if h.Now == nil {
		h.Now = time.Now
	}
	get := func(pattern string, handle api.Handler) api.Route {
		return api.Route{Method: http.MethodGet, Pattern: pattern, Cost: api.Query, Handle: handle}
	}
	return []api.Route{
		get("/api/logs", h.search),
		get("/api/logs/{record_id}", h.record),
		get("/api/traces/{trace_id}/logs", h.ofTrace),
	}
}

const (
	defaultRecords = 100
	maxRecords     = 1000
	// maxListed is how much of a body a list holds, in bytes: a thousand records stay below 16 MiB.
	maxListed    = 16 << 10
	maxPlaceName = 256 // bytes
	// traceMargin is how far from a trace's spans its records are looked for, where the request says when the trace was.
	traceMargin = time.Hour
)

func (h *handlers) search(w http.ResponseWriter, r *http.Request) error {
	p := api.ParamsOf(r, "q", "from", "to", "env", "namespace", "limit", "cursor")
	text, cursor := p.Text("q", api.MaxQuery), p.Text("cursor", 64)
	from, to := p.Range(h.Now())
	q := logs.SearchQuery{
		Project: api.CallerOf(r.Context()).Project, Range: logs.Range{From: from, To: to}, Limit: p.Int("limit", defaultRecords, 1, maxRecords), BodyLimit: maxListed,
	}
	place := placeOf(p)
	if err := p.Err(); err != nil {
		return err
	}
	query, err := filter.ParseRecord(text)
	if err != nil {
		return err
	}
	q.Filter = filter.AllOf(query, place)
	if cursor != "" {
		id, err := logs.ParseID(cursor)
		if err != nil {
			return api.Errorf(api.BadParameter, "the parameter %q is no cursor of ours", "cursor").WithHint("give the next_cursor of the page before, with everything else unchanged")
		}
		q.Cursor = logs.Cursor(id)
	}
	page, err := h.Records.Search(r.Context(), q)
	if err != nil {
		return err
	}
	out := pageJSON{
		Records: recordsOf(page.Records), Complete: page.Complete, Reason: page.Reason, SearchedFrom: page.SearchedFrom.UTC(), RowsRead: page.RowsRead,
		ElapsedMS: float64(page.Elapsed.Microseconds()) / 1000,
	}
	if query != nil {
		out.Query = query.String()
	}
	if !page.Next.IsZero() {
		text := logs.ID(page.Next).String()
		out.NextCursor = &text
	}
	return api.WriteJSON(w, out)
}

// placeOf is the filter that env and namespace ask for.
func placeOf(p *api.Params) filter.Expr {
	var place filter.Expr
	for _, name := range []string{filter.Env, filter.Namespace} {
		if v := p.Optional(name, maxPlaceName); v != nil {
			place = filter.AllOf(place, filter.Compare{Attr: filter.Attr{Key: name}, Op: filter.Eq, Value: filter.StringValue(*v)})
		}
	}
	return place
}

func (h *handlers) record(w http.ResponseWriter, r *http.Request) error {
	if err := api.ParamsOf(r).Err(); err != nil {
		return err
	}
	text := r.PathValue("record_id")
	id, err := logs.ParseID(text)
	if err != nil {
		return api.Errorf(api.BadParameter, "%q is no record id", text).WithHint("give the id of a record as a search returned it")
	}
	rec, err := h.Records.Record(r.Context(), api.CallerOf(r.Context()).Project, id)
	if err != nil {
		return err
	}
	return api.WriteJSON(w, detailOf(&rec))
}

func (h *handlers) ofTrace(w http.ResponseWriter, r *http.Request) error {
	text := r.PathValue("trace_id")
	id, err := traces.ParseTraceID(text)
	if err != nil || id == (traces.TraceID{}) {
		return api.Errorf(api.BadParameter, "%q is no trace id", text).WithHint("give 32 hex digits, or 1-8hex-24hex")
	}
	p := api.ParamsOf(r, "start", "end", "span_id", "limit")
	now := h.Now()
	q := logs.TraceQuery{
		Project: api.CallerOf(r.Context()).Project, TraceID: id, Limit: p.Int("limit", maxRecords, 1, maxRecords), BodyLimit: maxListed,
	}
	if p.Has("start") || p.Has("end") {
		start := p.Time("start", now, time.Time{})
		end := p.Time("end", now, start)
		if start.IsZero() {
			start = end
		}
		q.Range = logs.Range{From: start.Add(-traceMargin), To: end.Add(traceMargin)}
	}
	span := p.Text("span_id", 16)
	if err := p.Err(); err != nil {
		return err
	}
	if span != "" {
		spanID, err := traces.ParseSpanID(span)
		if err != nil || spanID == 0 {
			return api.Errorf(api.BadParameter, "%q is no span id", span).WithHint("give 16 hex digits")
		}
		q.SpanID = uint64(spanID)
	}
	found, more, err := h.Records.Trace(r.Context(), q)
	if err != nil {
		return err
	}
	return api.WriteJSON(w, traceJSON{recordsOf(found), more})
}
