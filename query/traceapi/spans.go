package traceapi

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

const (
	defaultPage = 50
	maxPage     = 1000
	maxColumns  = 20
	maxKey      = 256 // bytes of an attribute's key with its scope
)

type (
	outcomeJSON struct {
		Complete     bool      `json:"complete"`
		Reason       string    `json:"reason"`
		SearchedFrom time.Time `json:"searched_from"`
		ElapsedMS    float64   `json:"elapsed_ms"`
		RowsRead     uint64    `json:"rows_read"`
		Query        string    `json:"query"`
	}
	spanRowJSON struct {
		TraceID    string      `json:"trace_id"`
		SpanID     string      `json:"span_id"`
		Start      time.Time   `json:"start"`
		Duration   int64       `json:"duration_ns"`
		Service    string      `json:"service"`
		Name       string      `json:"name"`
		Kind       string      `json:"kind"`
		Class      string      `json:"class"`
		Peer       *peerJSON   `json:"peer"`
		InProgress bool        `json:"in_progress"`
		Values     []*attrJSON `json:"values"`
	}
	spansJSON struct {
		Spans      []spanRowJSON `json:"spans"`
		Columns    []string      `json:"columns"`
		NextCursor *string       `json:"next_cursor"`
		outcomeJSON
	}
)

// spanSet is what every question about spans names: q, from, to, env and namespace.
type spanSet struct {
	traces.SpanSet
	query filter.Expr // q alone
}

func (h *handlers) spanSet(r *http.Request, p *api.Params) (spanSet, error) {
	text := p.Text("q", api.MaxQuery)
	s := spanSet{SpanSet: traces.SpanSet{Project: api.CallerOf(r.Context()).Project, Range: rangeOf(p.Range(h.Now()))}}
	place := placeOf(p)
	if err := p.Err(); err != nil {
		return s, err
	}
	var err error
	if s.query, err = filter.Parse(text); err != nil {
		return s, err
	}
	s.Filter = filter.AllOf(s.query, place)
	return s, nil
}

// placeOf is the filter that env and namespace ask for: the span's own.
func placeOf(p *api.Params) filter.Expr {
	var place filter.Expr
	for _, name := range []string{filter.Env, filter.Namespace} {
		if v := p.Optional(name, maxEnvName); v != nil {
			place = filter.AllOf(place, equal(name, *v))
		}
	}
	return place
}

// equal asks for a field of the span.
func equal(field, value string) filter.Expr {
	return filter.Compare{Attr: filter.Attr{Key: field}, Op: filter.Eq, Value: filter.StringValue(value)}
}

func outcomeOf(o traces.Outcome, query filter.Expr) outcomeJSON {
	return outcomeJSON{
		Complete: o.Complete, Reason: o.Reason, SearchedFrom: o.SearchedFrom.UTC(), RowsRead: o.RowsRead,
		ElapsedMS: float64(o.Elapsed.Microseconds()) / 1000, Query: textOf(query),
	}
}

// textOf is a filter's canonical text; "" for one that matches everything.
func textOf(e filter.Expr) string {
	if e == nil {
		return ""
	}
	return e.String()
}

// attrNamed reads an attribute's key as a filter spells it.
func attrNamed(key string) (filter.Attr, bool) {
	if field, ok := filter.FieldOf(key); ok { // asking whether a field exists that always does is refused
		return filter.Attr{Key: field.Name}, true
	}
	e, err := filter.Parse("exists " + key)
	exists, ok := e.(filter.Exists)
	return exists.Attr, err == nil && ok
}

// attrsNamed reads a list of keys with commas between them, each once.
func attrsNamed(p *api.Params, name string, limit int) ([]filter.Attr, error) {
	attrs := []filter.Attr{}
	text := p.Text(name, limit*(maxKey+1))
	if err := p.Err(); err != nil || text == "" {
		return attrs, err
	}
	for _, key := range strings.Split(text, ",") {
		key = strings.TrimSpace(key)
		a, ok := attrNamed(key)
		switch {
		case !ok || len(key) > maxKey:
			return nil, api.Errorf(api.BadParameter, "the parameter %q names %q, which is no key", name, key).WithHint("give keys as a filter has them, such as http.route or resource.host.name, with commas between them")
		case slices.Contains(attrs, a):
			return nil, api.Errorf(api.BadParameter, "the parameter %q names %q more than once", name, key)
		case len(attrs) == limit:
			return nil, api.Errorf(api.BadParameter, "the parameter %q names more than %d keys", name, limit)
		}
		attrs = append(attrs, a)
	}
	return attrs, nil
}

func keysOf(attrs []filter.Attr) []string {
	keys := make([]string, len(attrs))
	for i, a := range attrs {
		keys[i] = a.String()
	}
	return keys
}

func (h *handlers) spans(w http.ResponseWriter, r *http.Request) error {
	p := api.ParamsOf(r, "q", "from", "to", "env", "namespace", "limit", "cursor", "columns")
	limit, cursor := p.Int("limit", defaultPage, 1, maxPage), p.Text("cursor", 64)
	columns, err := attrsNamed(p, "columns", maxColumns)
	if err != nil {
		return err
	}
	set, err := h.spanSet(r, p)
	if err != nil {
		return err
	}
	q := traces.SpanQuery{SpanSet: set.SpanSet, Limit: limit, Columns: columns}
	if cursor != "" {
		if q.Cursor, err = parseSpanCursor(cursor); err != nil {
			return err
		}
	}
	page, err := h.Sets.Spans(r.Context(), q)
	if err != nil {
		return err
	}
	out := spansJSON{Spans: make([]spanRowJSON, len(page.Spans)), Columns: keysOf(columns), outcomeJSON: outcomeOf(page.Outcome, set.query)}
	if !page.Next.IsZero() {
		text := spanCursorText(page.Next)
		out.NextCursor = &text
	}
	for i := range page.Spans {
		out.Spans[i] = spanRowOf(&page.Spans[i])
	}
	return api.WriteJSON(w, out)
}

func spanRowOf(s *traces.FoundSpan) spanRowJSON {
	row := spanRowJSON{
		TraceID: s.TraceID.String(), SpanID: s.SpanID.String(), Start: s.Start.UTC(), Duration: int64(s.Duration), Service: s.Service, Name: s.Name,
		Kind: s.Kind.String(), Class: s.Class.String(), InProgress: s.State == traces.StateInProgress, Values: make([]*attrJSON, len(s.Values)),
	}
	if s.PeerType != "" || s.PeerName != "" {
		row.Peer = &peerJSON{s.PeerType, s.PeerName}
	}
	for i, v := range s.Values {
		if v != nil {
			row.Values[i] = &attrJSON{v.Key, v.Type.String(), v.Text}
		}
	}
	return row
}

// spanCursorText is a cursor as clients carry it: 33 bytes in base64, which they need not understand.
func spanCursorText(c traces.SpanCursor) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(c.Start.UnixNano()))
	b = binary.BigEndian.AppendUint64(append(b, c.TraceID[:]...), uint64(c.SpanID))
	return base64.RawURLEncoding.EncodeToString(append(b, c.Shown))
}

func parseSpanCursor(text string) (traces.SpanCursor, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != 33 {
		return traces.SpanCursor{}, badCursor()
	}
	return traces.SpanCursor{
		Start: time.Unix(0, int64(binary.BigEndian.Uint64(b))).UTC(), TraceID: traces.TraceID(b[8:24]), SpanID: traces.SpanID(binary.BigEndian.Uint64(b[24:])), Shown: b[32],
	}, nil
}

func badCursor() error {
	return api.Errorf(api.BadParameter, "the cursor is not one of ours").WithHint("give next_cursor back as it came")
}
