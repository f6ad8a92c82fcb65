package tempo

import (
	"context"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/traceql"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

// Defaults and bounds of a search.
const (
	defaultLimit = 20
	maxLimit     = 1000
	defaultSpss  = 3
	maxSpss      = 100
	// maxPages is how many pages are looked through for traces of the duration that is asked for.
	maxPages = 10
	// pageLimit is how many traces a page has where some of them will not do.
	pageLimit = 200
)

// noRoot stands where a trace has no root span, or not yet; Tempo's own words, which Grafana knows.
const noRoot = "<root span not yet received>"

// The names of fields are Tempo's; what is zero is left out, as protobuf's JSON does.
type (
	searchJSON struct {
		Traces  []foundJSON `json:"traces"`
		Metrics metricsJSON `json:"metrics"`
	}
	foundJSON struct {
		TraceID         string               `json:"traceID"`
		RootServiceName string               `json:"rootServiceName,omitempty"`
		RootTraceName   string               `json:"rootTraceName,omitempty"`
		Start           uint64               `json:"startTimeUnixNano,string"`
		DurationMs      uint32               `json:"durationMs,omitempty"`
		SpanSets        []spanSetJSON        `json:"spanSets,omitempty"`
		ServiceStats    map[string]statsJSON `json:"serviceStats,omitempty"`
	}
	spanSetJSON struct {
		Spans      []spanJSON     `json:"spans"`
		Matched    int            `json:"matched"`
		Attributes []keyValueJSON `json:"attributes,omitempty"`
	}
	spanJSON struct {
		SpanID     string         `json:"spanID"`
		Name       string         `json:"name,omitempty"`
		Start      uint64         `json:"startTimeUnixNano,string"`
		Duration   uint64         `json:"durationNanos,string"`
		Attributes []keyValueJSON `json:"attributes,omitempty"`
	}
	statsJSON struct {
		SpanCount  int `json:"spanCount,omitempty"`
		ErrorCount int `json:"errorCount,omitempty"`
	}
	// metricsJSON counts what was looked at: spans are rows that were read. Jobs say whether the answer is whole.
	metricsJSON struct {
		InspectedTraces int    `json:"inspectedTraces,omitempty"`
		InspectedSpans  uint64 `json:"inspectedSpans,string,omitempty"`
		CompletedJobs   int    `json:"completedJobs,omitempty"`
		TotalJobs       int    `json:"totalJobs"`
	}
)

func metricsOf(found int, rows uint64, complete bool) metricsJSON {
	m := metricsJSON{InspectedTraces: found, InspectedSpans: rows, TotalJobs: 1}
	if complete {
		m.CompletedJobs = 1
	}
	return m
}

// incompleteHeader says why an answer is not whole, where Tempo's messages have no place for it.
const incompleteHeader = "X-Sightline-Incomplete"

func (h *handlers) search(w http.ResponseWriter, r *http.Request) error {
	p := h.params(r)
	in, limit, query := p.span(), p.positive("limit", defaultLimit, maxLimit), p.text("q")
	want := wanted{shortest: p.duration("minDuration"), longest: p.duration("maxDuration")}
	tags, err := parseTags(p.text("tags"))
	if err != nil {
		p.fail("invalid tags: %v", err)
	}
	if query != "" && (len(tags) > 0 || want.some()) {
		p.fail("invalid request: can't specify tags, minDuration or maxDuration and q in the same query")
	}
	spss := p.positive("spss", defaultSpss, maxSpss)
	if p.err != nil {
		return p.err
	}
	if query != "" {
		return h.searchQuery(w, r, query, traceql.Request{Project: api.CallerOf(r.Context()).Project, From: in.From, To: in.To, Limit: limit, SpansPerSet: spss})
	}
	page, err := h.searchTags(r.Context(), traces.SearchQuery{
		Project: api.CallerOf(r.Context()).Project, Range: in, Limit: limit, Filter: want.take(tags),
	}, want)
	if err != nil {
		return err
	}
	if !page.Complete {
		w.Header().Set(incompleteHeader, page.Reason)
	}
	out := searchJSON{Traces: make([]foundJSON, len(page.Traces)), Metrics: metricsOf(len(page.Traces), page.RowsRead, page.Complete)}
	for i := range page.Traces {
		out.Traces[i] = foundOf(&page.Traces[i])
	}
	return api.WriteJSON(w, out)
}

func (h *handlers) searchQuery(w http.ResponseWriter, r *http.Request, query string, ask traceql.Request) error {
	var err error
	if ask.Query, err = parse(query); err != nil {
		return err
	}
	if ask.Query.IsMetrics() {
		return api.Errorf(api.BadParameter, "invalid TraceQL query: a metrics query finds no traces").WithHint("ask /api/metrics/query_range")
	}
	result, err := h.Engine.Search(r.Context(), ask)
	if err != nil {
		return told(query, err)
	}
	if result.Incomplete != "" {
		w.Header().Set(incompleteHeader, result.Incomplete)
	}
	out := searchJSON{
		Traces:  make([]foundJSON, len(result.Traces)),
		Metrics: metricsOf(result.InspectedTraces, result.InspectedSpans, result.Incomplete == ""),
	}
	for i := range result.Traces {
		out.Traces[i] = matchOf(&result.Traces[i])
	}
	return api.WriteJSON(w, out)
}

func matchOf(t *traceql.Trace) foundJSON {
	out := foundJSON{
		TraceID: t.ID.String(), RootServiceName: t.RootService, RootTraceName: t.RootName, Start: nanos(t.Start), DurationMs: millis(t.Duration),
		SpanSets: make([]spanSetJSON, len(t.SpanSets)), ServiceStats: make(map[string]statsJSON, len(t.Services)),
	}
	if !t.HasRoot {
		out.RootServiceName = noRoot
	}
	for _, s := range t.Services {
		out.ServiceStats[s.Service] = statsJSON{s.Spans, s.Errors}
	}
	for i, set := range t.SpanSets {
		one := spanSetJSON{Spans: make([]spanJSON, len(set.Spans)), Matched: set.Matched}
		for _, a := range set.Attrs {
			one.Attributes = append(one.Attributes, keyValueJSON{a.Name, valueOf(a.Value)})
		}
		for j, span := range set.Spans {
			shown := spanJSON{SpanID: span.ID.String(), Name: span.Name, Start: nanos(span.Start), Duration: uint64(max(span.Duration, 0))}
			for _, a := range span.Attrs {
				shown.Attributes = append(shown.Attributes, keyValueJSON{a.Key, valueOf(a.Value)})
			}
			one.Spans[j] = shown
		}
		out.SpanSets[i] = one
	}
	return out
}

// searchTags looks through pages until it has as many traces as are asked for.
func (h *handlers) searchTags(ctx context.Context, q traces.SearchQuery, want wanted) (traces.SearchPage, error) {
	limit := q.Limit
	if want.some() {
		q.Limit = max(limit, pageLimit)
	}
	found := traces.SearchPage{Traces: []traces.Summary{}}
	for range maxPages {
		page, err := h.Spans.Search(ctx, q)
		if err != nil {
			return found, err
		}
		found.RowsRead += page.RowsRead
		found.Complete, found.Reason = page.Complete, page.Reason
		for i := range page.Traces {
			if want.has(&page.Traces[i]) && len(found.Traces) < limit {
				found.Traces = append(found.Traces, page.Traces[i])
			}
		}
		if q.Cursor = page.Next; len(found.Traces) == limit || page.Next.IsZero() || !page.Complete {
			return found, nil
		}
	}
	found.Complete, found.Reason = false, traces.ReasonRowLimit
	return found, nil
}

func foundOf(t *traces.Summary) foundJSON {
	out := foundJSON{
		TraceID: t.TraceID.String(), RootServiceName: t.RootService, RootTraceName: t.RootName, Start: nanos(t.Start), DurationMs: millis(t.Duration),
		ServiceStats: make(map[string]statsJSON, len(t.Services)),
	}
	if !t.HasRoot {
		out.RootServiceName = noRoot
	}
	for _, s := range t.Services {
		out.ServiceStats[s.Name] = statsJSON{s.Spans, s.Errors}
	}
	return out
}

func millis(d time.Duration) uint32 {
	return uint32(min(max(d.Milliseconds(), 0), 1<<32-1))
}

// wanted is what the spans of a search can't tell, since it is the trace's.
type wanted struct {
	shortest, longest     time.Duration // 0: any
	rootService, rootName string        // lower case; a part is enough
}

func (w *wanted) some() bool { return *w != wanted{} }

func (w *wanted) has(t *traces.Summary) bool {
	return t.Duration >= w.shortest && (w.longest == 0 || t.Duration <= w.longest) &&
		strings.Contains(strings.ToLower(t.RootService), w.rootService) && strings.Contains(strings.ToLower(t.RootName), w.rootName)
}

// take makes tags a filter, but for those of the whole trace, which it keeps.
func (w *wanted) take(tags []tag) filter.Expr {
	var conditions []filter.Expr
	for _, t := range tags {
		switch t.key {
		case "root.service.name":
			w.rootService = strings.ToLower(t.value)
		case "root.name":
			w.rootName = strings.ToLower(t.value)
		default:
			conditions = append(conditions, t.condition())
		}
	}
	return filter.AllOf(conditions...)
}

// tag is a pair of logfmt.
type tag struct{ key, value string }

// condition holds for spans that have the text in the tag's value, whatever the case, or the number or truth that it spells.
func (t tag) condition() filter.Expr {
	contains := func(a filter.Attr) filter.Expr {
		return filter.Compare{Attr: a, Op: filter.Match, Value: filter.StringValue("(?i)" + regexp.QuoteMeta(t.value))}
	}
	equals := func(a filter.Attr, v filter.Value) filter.Expr {
		return filter.Compare{Attr: a, Op: filter.Eq, Value: v}
	}
	status := filter.Attr{Key: filter.Status}
	switch t.key {
	case "name":
		return contains(filter.Attr{Key: filter.Name})
	case "service.name":
		return contains(filter.Attr{Key: filter.Service})
	case "status", "status.code":
		if word := strings.ToLower(t.value); word == "ok" || word == "error" || word == "unset" {
			return equals(status, filter.StringValue(word))
		}
	case "error":
		if t.value == "true" {
			return filter.AnyOf(equals(status, filter.StringValue("error")), equals(filter.Attr{Scope: filter.Any, Key: t.key}, filter.BoolValue(true)))
		}
	}
	any := filter.Attr{Scope: filter.Any, Key: t.key}
	e := contains(any)
	if n, err := strconv.ParseInt(t.value, 10, 64); err == nil {
		e = filter.AnyOf(e, equals(any, filter.IntValue(n)))
	} else if t.value == "true" || t.value == "false" {
		e = filter.AnyOf(e, equals(any, filter.BoolValue(t.value == "true")))
	}
	return e
}

// parseTags reads logfmt: pairs of key=value with spaces between them; a value with a space in it stands in double quotes.
func parseTags(text string) ([]tag, error) {
	var tags []tag
	for text = strings.TrimLeft(text, " \t"); text != ""; text = strings.TrimLeft(text, " \t") {
		end := strings.IndexAny(text, "= \t")
		if end <= 0 || text[end] != '=' {
			return nil, errTags(text, "a key and = are expected")
		}
		t := tag{key: text[:end]}
		text = text[end+1:]
		if strings.HasPrefix(text, `"`) {
			quoted, err := strconv.QuotedPrefix(text)
			if err == nil {
				t.value, err = strconv.Unquote(quoted)
			}
			if err != nil {
				return nil, errTags(text, "a quote is not closed")
			}
			text = text[len(quoted):]
		} else {
			end := strings.IndexAny(text, " \t")
			if end < 0 {
				end = len(text)
			}
			t.value, text = text[:end], text[end:]
		}
		tags = append(tags, t)
	}
	return tags, nil
}

func errTags(at, problem string) error {
	return api.Errorf(api.BadParameter, "%s at %q", problem, at)
}
