package zipkin

import (
	"cmp"
	"context"
	"errors"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/servicemap"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

const (
	// serviceRange is how far back services are listed: Zipkin's requests for names have no time.
	serviceRange = 7 * 24 * time.Hour
	// nameRange, nameSample, nameTime and maxNames bound the look for names that rollups do not have.
	nameRange  = 6 * time.Hour
	nameSample = 20_000
	nameTime   = 10 * time.Second
	maxNames   = 500
	// maxSpans is how many spans an answer may have, more or less.
	maxSpans = 200_000
	maxIDs   = 1000
)

// incomplete is the header that says why a search may have found more.
const incomplete = "X-Sightline-Incomplete"

func (h *handlers) last(d time.Duration) traces.Range {
	now := h.Now()
	return traces.Range{From: now.Add(-d), To: now}
}

func writeNames(w http.ResponseWriter, names []string) error {
	slices.Sort(names)
	return api.WriteJSON(w, slices.AppendSeq([]string{}, slices.Values(slices.Compact(names))))
}

func (h *handlers) services(w http.ResponseWriter, r *http.Request) error {
	rows, err := h.Rollups.Services(r.Context(), traces.ServiceQuery{Project: project(r.Context()), Range: h.last(serviceRange), Step: 2 * serviceRange})
	if err != nil {
		return err
	}
	names := make([]string, len(rows))
	for i := range rows {
		names[i] = rows[i].Name
	}
	return writeNames(w, names)
}

// facet gives the values of a field among a sample of a service's spans.
func (h *handlers) facet(ctx context.Context, service, field string) (names []string, err error) {
	found, err := h.Spans.Facets(ctx, traces.FacetQuery{
		SpanSet: traces.SpanSet{Project: project(ctx), Range: h.last(nameRange), TimeLimit: nameTime, Filter: equal(filter.Intrinsic, filter.Service, filter.StringValue(service))},
		Keys:    []filter.Attr{{Key: field}}, Sample: nameSample, Top: maxNames,
	})
	for _, f := range found.Facets {
		for _, v := range f.Values {
			if v.Label != "" {
				names = append(names, v.Label)
			}
		}
	}
	return names, err
}

func (h *handlers) spanNames(w http.ResponseWriter, r *http.Request) error {
	p := paramsOf(r)
	service := p.required("serviceName")
	if p.err != nil {
		return p.err
	}
	var rows []traces.OperationRow
	var names []string
	group, ctx := errgroup.WithContext(r.Context())
	group.Go(func() (err error) {
		rows, err = h.Rollups.Operations(ctx, traces.ServiceQuery{Project: project(ctx), Range: h.last(serviceRange), Name: service})
		return err
	})
	group.Go(func() (err error) {
		names, err = h.facet(ctx, service, filter.Name)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	for i := range rows {
		if rows[i].Name != traces.Overflow {
			names = append(names, rows[i].Name)
		}
	}
	return writeNames(w, names)
}

func (h *handlers) remoteServices(w http.ResponseWriter, r *http.Request) error {
	p := paramsOf(r)
	service := p.required("serviceName")
	if p.err != nil {
		return p.err
	}
	names, err := h.facet(r.Context(), service, filter.Peer)
	if err != nil {
		return err
	}
	return writeNames(w, names)
}

func (h *handlers) search(w http.ResponseWriter, r *http.Request) error {
	p := paramsOf(r)
	q := traces.SearchQuery{
		Project: project(r.Context()), Range: p.in(h.Now()), Filter: p.filter(),
		Limit: int(min(p.number("limit", defaultTraces, math.MaxInt32), maxTraces)),
	}
	if p.err != nil {
		return p.err
	}
	if q.Limit == 0 {
		return api.Errorf(api.BadParameter, "limit <= 0")
	}
	page, err := h.Spans.Search(r.Context(), q)
	if err != nil {
		return err
	}
	ids := make([]traces.TraceID, len(page.Traces))
	for i := range page.Traces {
		ids[i] = page.Traces[i].TraceID
	}
	return h.writeTraces(w, r, ids, page.Reason)
}

// writeTraces answers with those of the traces that are there, in their order.
func (h *handlers) writeTraces(w http.ResponseWriter, r *http.Request, ids []traces.TraceID, reason string) error {
	whole, all, err := h.Spans.Wholes(r.Context(), project(r.Context()), ids, maxSpans)
	if err != nil {
		return err
	}
	if !all {
		reason = "span_limit"
	}
	if reason != "" {
		w.Header().Set(incomplete, reason)
	}
	s := api.NewStream(w)
	s.Open('[')
	for _, spans := range whole {
		if len(spans) > 0 {
			writeTrace(s, spans)
		}
	}
	s.Close(']')
	return s.End()
}

func writeTrace(s *api.Stream, spans []traces.Span) {
	s.Open('[')
	for _, span := range spansOf(spans) {
		s.Value(span)
	}
	s.Close(']')
}

func (h *handlers) trace(w http.ResponseWriter, r *http.Request) error {
	id, err := traceIDOf(r.PathValue("trace_id"))
	if err != nil {
		return err
	}
	spans, err := h.Spans.Whole(r.Context(), project(r.Context()), id, traces.Range{})
	if errors.Is(err, traces.ErrNotFound) {
		return &api.Error{Code: api.NotFound, Message: idText(id) + " not found", Cause: err}
	}
	if err != nil {
		return err
	}
	s := api.NewStream(w)
	writeTrace(s, spans)
	return s.End()
}

func (h *handlers) traceMany(w http.ResponseWriter, r *http.Request) error {
	p := paramsOf(r)
	texts := strings.Split(p.required("traceIds"), ",")
	if p.err != nil {
		return p.err
	}
	if len(texts) > maxIDs {
		return api.Errorf(api.BadParameter, "%d traces are too many", len(texts)).WithHint("ask for %d at a time", maxIDs)
	}
	var ids []traces.TraceID
	for _, text := range texts {
		id, err := traceIDOf(text)
		if err != nil {
			return err
		}
		if slices.Contains(ids, id) {
			return api.Errorf(api.BadParameter, "redundant traceId: %s", text)
		}
		ids = append(ids, id)
	}
	if len(ids) == 1 {
		return api.Errorf(api.BadParameter, "Use /api/v2/trace/{traceId} endpoint to retrieve a single trace")
	}
	return h.writeTraces(w, r, ids, "")
}

// dependencies are the edges of the service map, with what services talk to that sends no spans itself; clients outside are none.
func (h *handlers) dependencies(w http.ResponseWriter, r *http.Request) error {
	p := paramsOf(r)
	p.required("endTs")
	in := p.in(h.Now())
	if p.err != nil {
		return p.err
	}
	rows, err := h.Rollups.Map(r.Context(), project(r.Context()), in)
	if err != nil {
		return err
	}
	return api.WriteJSON(w, linksOf(servicemap.Build(rows, servicemap.Options{Window: in.To.Sub(in.From)})))
}

type link struct {
	Parent string `json:"parent"`
	Child  string `json:"child"`
	Calls  int64  `json:"callCount"`
	Errors int64  `json:"errorCount,omitempty"`
}

func linksOf(m servicemap.Map) []link {
	nodes := make(map[string]*servicemap.Node, len(m.Nodes))
	for i := range m.Nodes {
		nodes[m.Nodes[i].ID] = &m.Nodes[i]
	}
	type pair struct{ parent, child string }
	type sum struct{ calls, errors float64 }
	sums := map[pair]sum{}
	for i := range m.Edges {
		e := &m.Edges[i]
		from, to := nodes[e.Source], nodes[e.Target]
		if from.Kind == traces.EndClient || from.Name == to.Name {
			continue
		}
		key := pair{from.Name, to.Name}
		sums[key] = sum{sums[key].calls + e.Stats.Requests, sums[key].errors + e.Stats.Requests - e.Stats.OK}
	}
	links := make([]link, 0, len(sums))
	for key, s := range sums {
		if s.calls > 0 {
			links = append(links, link{key.parent, key.child, int64(max(1, math.Round(s.calls))), int64(math.Round(s.errors))})
		}
	}
	slices.SortFunc(links, func(a, b link) int { return cmp.Or(cmp.Compare(a.Parent, b.Parent), cmp.Compare(a.Child, b.Child)) })
	return links
}

// maxKeys and maxValues bound what the page offers while someone types.
const (
	maxKeys   = 100
	maxValues = 200
)

func (h *handlers) autocompleteKeys(w http.ResponseWriter, r *http.Request) error {
	found, err := h.Words.Keys(r.Context(), project(r.Context()), h.last(nameRange), "", maxKeys)
	if err != nil {
		return err
	}
	var keys []string
	for _, k := range found {
		if k.Attr.Scope == filter.Span || k.Attr.Scope == filter.Resource {
			keys = append(keys, k.Attr.Key)
		}
	}
	return writeNames(w, keys)
}

func (h *handlers) autocompleteValues(w http.ResponseWriter, r *http.Request) error {
	p := paramsOf(r)
	key := p.required("key")
	if p.err != nil {
		return p.err
	}
	found, err := h.Words.Values(r.Context(), project(r.Context()), h.last(nameRange), filter.Attr{Scope: filter.Any, Key: key}, "", maxValues)
	if err != nil {
		return err
	}
	var values []string
	for _, v := range found {
		if v.Value != "" {
			values = append(values, v.Value)
		}
	}
	return writeNames(w, values)
}
