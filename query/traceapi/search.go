package traceapi

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"slices"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

const (
	defaultTraces = 20
	maxTraces     = 1000
)

type (
	matchedJSON struct {
		SpanID   string    `json:"span_id"`
		Service  string    `json:"service"`
		Name     string    `json:"name"`
		Duration int64     `json:"duration_ns"`
		Class    string    `json:"class"`
		Start    time.Time `json:"start"`
	}
	serviceCountJSON struct {
		Name   string `json:"name"`
		Spans  int    `json:"spans"`
		Errors int    `json:"errors"`
	}
	summaryJSON struct {
		TraceID    string             `json:"trace_id"`
		Start      time.Time          `json:"start"`
		Duration   int64              `json:"duration_ns"`
		Root       *rootJSON          `json:"root"`
		Spans      int                `json:"spans"`
		Errors     int                `json:"errors"`
		Class      string             `json:"class"`
		Services   []serviceCountJSON `json:"services"`
		Matched    matchedJSON        `json:"matched"`
		InProgress bool               `json:"in_progress"`
	}
	searchJSON struct {
		Traces       []summaryJSON `json:"traces"`
		NextCursor   *string       `json:"next_cursor"`
		Complete     bool          `json:"complete"`
		Reason       string        `json:"reason"`
		SearchedFrom time.Time     `json:"searched_from"`
		ElapsedMS    float64       `json:"elapsed_ms"`
		RowsRead     uint64        `json:"rows_read"`
		Query        string        `json:"query"`
	}
)

// sorts are the orders of a search by number.
var sorts = []string{traces.OrderNewest: "newest", traces.OrderDuration: "duration", traces.OrderErrors: "errors", traces.OrderSpans: "spans"}

func (h *handlers) search(w http.ResponseWriter, r *http.Request) error {
	now := h.Now()
	p := api.ParamsOf(r, "q", "from", "to", "env", "namespace", "sort", "limit", "cursor")
	text := p.Text("q", api.MaxQuery)
	from, to := p.Range(now)
	q := traces.SearchQuery{
		Project: api.CallerOf(r.Context()).Project,
		Range:   traces.Range{From: from, To: to},
		Order:   traces.Order(slices.Index(sorts, p.Choice("sort", sorts...))),
		Limit:   p.Int("limit", defaultTraces, 1, maxTraces),
	}
	cursor, place := p.Text("cursor", 64), placeOf(p)
	if err := p.Err(); err != nil {
		return err
	}
	var err error
	if cursor != "" && q.Order != traces.OrderNewest {
		return api.Errorf(api.BadParameter, "only a search that gives the newest first goes on from a cursor").WithHint("leave out sort or cursor")
	}
	if cursor != "" {
		if q.Cursor, err = parseCursor(cursor); err != nil {
			return err
		}
	}
	if isTraceQL(text) {
		if q.Order != traces.OrderNewest {
			return api.Errorf(api.BadParameter, "TraceQL finds the newest first").WithHint("leave out sort, or ask in the short form")
		}
		return h.searchTraceQL(w, r, text, q, place)
	}
	query, err := filter.Parse(text)
	if err != nil {
		return err
	}
	q.Filter = filter.AllOf(query, place)
	page, err := h.Spans.Search(r.Context(), q)
	if err != nil {
		return err
	}
	out := searchJSON{
		Traces:       make([]summaryJSON, len(page.Traces)),
		Complete:     page.Complete,
		Reason:       page.Reason,
		SearchedFrom: page.SearchedFrom.UTC(),
		RowsRead:     page.RowsRead,
		ElapsedMS:    float64(page.Elapsed.Microseconds()) / 1000,
		Query:        textOf(query),
	}
	if !page.Next.IsZero() {
		text := cursorText(page.Next)
		out.NextCursor = &text
	}
	for i := range page.Traces {
		out.Traces[i] = summaryOf(&page.Traces[i])
	}
	return api.WriteJSON(w, out)
}

func summaryOf(t *traces.Summary) summaryJSON {
	out := summaryJSON{
		TraceID:    t.TraceID.String(),
		Start:      t.Start.UTC(),
		Duration:   int64(t.Duration),
		Spans:      t.Spans,
		Errors:     t.Errors,
		Class:      t.Class.String(),
		Services:   make([]serviceCountJSON, len(t.Services)),
		InProgress: t.InProgress,
		Matched: matchedJSON{
			SpanID:   t.Matched.SpanID.String(),
			Service:  t.Matched.Service,
			Name:     t.Matched.Name,
			Duration: int64(t.Matched.Duration),
			Class:    t.Matched.Class.String(),
			Start:    t.Matched.Start.UTC(),
		},
	}
	if t.HasRoot {
		out.Root = &rootJSON{t.RootService, t.RootName}
	}
	for i, s := range t.Services {
		out.Services[i] = serviceCountJSON(s)
	}
	return out
}

// cursorText is a cursor as clients carry it: 24 bytes in base64, which they need not understand.
func cursorText(c traces.Cursor) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(c.Start.UnixNano()))
	return base64.RawURLEncoding.EncodeToString(append(b, c.TraceID[:]...))
}

func parseCursor(text string) (traces.Cursor, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != 24 {
		return traces.Cursor{}, badCursor()
	}
	return traces.Cursor{Start: time.Unix(0, int64(binary.BigEndian.Uint64(b))).UTC(), TraceID: traces.TraceID(b[8:])}, nil
}
