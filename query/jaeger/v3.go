package jaeger

import (
	"context"
	"net/http"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/jaeger/apiv3"
	"github.com/sightline/sightline/query/timeline"
	"github.com/sightline/sightline/storage/traces"
)

// API v3 over HTTP: protobuf's JSON of what gRPC answers with. Every parameter has an older name in snake_case.

func (h *handlers) servicesV3(w http.ResponseWriter, r *http.Request) error {
	names, err := h.services(r.Context())
	if err != nil {
		return err
	}
	return api.WriteJSON(w, map[string][]string{"services": names})
}

func (h *handlers) operationsV3(w http.ResponseWriter, r *http.Request) error {
	p := h.params(r)
	_, kind := p.text("spanKind", "span_kind")
	service := p.Get("service")
	if service == "" {
		return api.Errorf(api.BadParameter, "malformed parameter service: it is required")
	}
	all, err := h.operations(r.Context(), service, kind)
	if err != nil {
		return err
	}
	for i := range all {
		if all[i].Kind == "" {
			all[i].Kind = "internal"
		}
	}
	return api.WriteJSON(w, map[string][]operation{"operations": all})
}

// questionV3 reads what is found by.
func (h *handlers) questionV3(r *http.Request) (*question, error) {
	p := h.params(r)
	_, service := p.text("query.serviceName", "query.service_name")
	_, operation := p.text("query.operationName", "query.operation_name")
	from, to := p.rfc3339("query.startTimeMin", "query.start_time_min"), p.rfc3339("query.startTimeMax", "query.start_time_max")
	q := &question{
		service: service, operation: operation, tags: map[string]string{}, in: traces.Range{From: from, To: to},
		shortest: p.duration(0, "query.durationMin", "query.duration_min"), longest: p.duration(0, "query.durationMax", "query.duration_max"),
		limit: limited(p.limit("query.searchDepth", "query.search_depth", "query.num_traces")), raw: p.flag("query.rawTraces", "query.raw_traces"),
	}
	p.object("query.attributes", p.Get("query.attributes"), q.tags)
	if p.Get("query.filter") != "" {
		return nil, api.Errorf(api.BadParameter, "malformed parameter query.filter: filter expressions are not supported").WithHint("use query.attributes")
	}
	if p.err != nil {
		return nil, p.err
	}
	return q, q.checkV3()
}

func (q *question) checkV3() error {
	if q.in.From.IsZero() || q.in.To.IsZero() {
		return api.Errorf(api.BadParameter, "query.startTimeMin and query.startTimeMax are required")
	}
	if !q.in.From.Before(q.in.To) {
		return api.Errorf(api.BadParameter, "query.startTimeMin must be before query.startTimeMax")
	}
	return q.check()
}

func (h *handlers) tracesV3(w http.ResponseWriter, r *http.Request) error {
	q, err := h.questionV3(r)
	if err != nil {
		return err
	}
	f, err := h.find(r.Context(), q)
	if err != nil {
		return err
	}
	if len(f.traces) == 0 {
		return api.Errorf(api.NotFound, "No traces found")
	}
	if f.reason != "" {
		w.Header().Set(incomplete, f.reason)
	}
	return writeV3(w, f.traces)
}

func (h *handlers) traceV3(w http.ResponseWriter, r *http.Request) error {
	p := h.params(r)
	hint, raw := hintOf(p.rfc3339("startTime", "start_time"), p.rfc3339("endTime", "end_time")), p.flag("rawTraces", "raw_traces")
	id, err := traceIDOf(r.PathValue("trace_id"))
	if err := cmpErr(p.err, err); err != nil {
		return err
	}
	t, err := h.read(r.Context(), id, hint, raw)
	if err != nil {
		return notFound(err)
	}
	return writeV3(w, []*timeline.Timeline{t})
}

// writeV3 streams the resources of all traces as one TracesData, in the envelope that gRPC's gateway gives to streams.
func writeV3(w http.ResponseWriter, all []*timeline.Timeline) error {
	s := api.NewStream(w)
	s.Open('{')
	s.Key("result")
	s.Open('{')
	s.Key("resourceSpans")
	s.Open('[')
	for _, t := range all {
		for _, rs := range tracesData(t, t.Rows).ResourceSpans {
			b, err := otlpJSON(rs)
			if err != nil {
				return err
			}
			s.Raw(b)
		}
	}
	s.Close(']')
	s.Close('}')
	s.Close('}')
	return s.End()
}

func (h *handlers) summariesV3(w http.ResponseWriter, r *http.Request) error {
	q, err := h.questionV3(r)
	if err != nil {
		return err
	}
	page, err := h.ask(r.Context(), q)
	if err != nil {
		return err
	}
	if page.Reason != "" {
		w.Header().Set(incomplete, page.Reason)
	}
	return writeMessage(w, summariesOf(page))
}

// summariesOf has no count of orphans: that takes whole traces.
func summariesOf(page traces.SearchPage) *apiv3.FindTraceSummariesResponse {
	out := &apiv3.FindTraceSummariesResponse{}
	for i := range page.Traces {
		s := &page.Traces[i]
		summary := &apiv3.TraceSummary{
			TraceId: s.TraceID.String(), RootServiceName: s.RootService, RootOperationName: s.RootName,
			MinStartTimeUnixNano: uint64(s.Start.UnixNano()), MaxEndTimeUnixNano: uint64(s.Start.Add(s.Duration).UnixNano()),
			SpanCount: int32(s.Spans), ErrorSpanCount: int32(s.Errors),
		}
		for _, share := range s.Services {
			summary.Services = append(summary.Services, &apiv3.ServiceSummary{Name: share.Name, SpanCount: int32(share.Spans), ErrorSpanCount: int32(share.Errors)})
		}
		sortByName(summary.Services)
		out.Summaries = append(out.Summaries, summary)
	}
	return out
}

func (h *handlers) dependenciesV3(w http.ResponseWriter, r *http.Request) error {
	p := h.params(r)
	from, to := p.rfc3339("startTime", "start_time"), p.rfc3339("endTime", "end_time")
	if p.err != nil {
		return p.err
	}
	m, err := h.links(r.Context(), traces.Range{From: from, To: to})
	if err != nil {
		return err
	}
	return writeMessage(w, m)
}

// links answers for both forms of API v3.
func (h *handlers) links(ctx context.Context, in traces.Range) (*apiv3.DependenciesResponse, error) {
	switch {
	case in.From.IsZero():
		return nil, api.Errorf(api.BadParameter, "start_time is required")
	case in.To.IsZero():
		return nil, api.Errorf(api.BadParameter, "end_time is required")
	case !in.To.After(in.From):
		return nil, api.Errorf(api.BadParameter, "end_time must be after start_time")
	}
	links, err := h.dependencies(ctx, in)
	if err != nil {
		return nil, err
	}
	out := &apiv3.DependenciesResponse{}
	for _, l := range links {
		out.Dependencies = append(out.Dependencies, &apiv3.Dependency{Parent: l.Parent, Child: l.Child, CallCount: l.Calls})
	}
	return out, nil
}

func writeMessage(w http.ResponseWriter, m proto.Message) error {
	b, err := protojson.Marshal(m)
	if err != nil {
		return err
	}
	s := api.NewStream(w)
	s.Raw(b)
	return s.End()
}
