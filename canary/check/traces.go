package check

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"

	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/sightline/sightline/canary/api"
	"github.com/sightline/sightline/canary/content"
	"github.com/sightline/sightline/canary/report"
)

// The APIs that are read about spans, as docs/openapi.yaml spells them.
const (
	apiTrace   = "GET /api/traces/{trace_id}"
	apiXRay    = "GET /api/traces/{1-...-...}"
	apiOTLP    = "GET /api/traces/{trace_id}/otlp"
	apiSpan    = "GET /api/traces/{trace_id}/spans/{span_id}"
	apiSearch  = "GET /api/traces?q="
	apiSpans   = "GET /api/spans?q="
	apiService = "GET /api/services"
	apiMap     = "GET /api/map"
	apiStatus  = "GET /api/status"
)

// spansOf are the spans of requests by id.
func spansOf(request *coltrace.ExportTraceServiceRequest) map[string]content.Fields {
	spans := map[string]content.Fields{}
	eachSpan(request, func(id string, f content.Fields) { spans[id] = f })
	return spans
}

func eachSpan(request *coltrace.ExportTraceServiceRequest, do func(id string, f content.Fields)) {
	for _, r := range request.ResourceSpans {
		for _, s := range r.ScopeSpans {
			for _, span := range s.Spans {
				do(content.ID(span.SpanId), content.SpanFields(r.Resource, s.Scope, span))
			}
		}
	}
}

// findTrace is the check that says when a trace is visible: the search by an attribute of its last span.
func (c *Checker) findTrace(seq int64, acked bool) check {
	sent := spansOf(c.Run.Traces(seq))
	id := content.ID(c.Run.TraceID(seq))
	ask := func(ctx context.Context) ([]report.Finding, error) {
		var page struct {
			Traces []struct {
				TraceID string `json:"trace_id"`
				Spans   int
			}
		}
		q := fmt.Sprintf("canary.item = %s", strconv.Quote(c.Run.Item(seq, len(sent)-1)))
		if err := c.API.Get(ctx, "/api/traces", c.within(q, seq, seq), &page); err != nil {
			return nil, err
		}
		var found []report.Finding
		for _, t := range page.Traces {
			switch {
			case t.TraceID != id:
				found = append(found, report.Finding{Category: report.NeverSent, Detail: q + " finds trace " + t.TraceID})
			case t.Spans < len(sent):
				found = append(found, report.Finding{Category: report.MissingSpans, Detail: fmt.Sprintf("it says %d of %d spans", t.Spans, len(sent))})
			case t.Spans > len(sent):
				found = append(found, report.Finding{Category: report.Duplicate, Detail: fmt.Sprintf("it says %d spans where %d were sent", t.Spans, len(sent))})
			}
		}
		if len(page.Traces) == 0 && acked {
			found = append(found, report.Finding{Category: report.NotFoundBySearch, Detail: q + " finds nothing"})
		}
		if len(page.Traces) > 1 {
			found = append(found, report.Finding{Category: report.Duplicate, Detail: fmt.Sprintf("%s finds %d traces", q, len(page.Traces))})
		}
		return found, nil
	}
	return check{api: apiSearch, signal: content.Traces, seq: seq, item: id, ask: ask}
}

// readTrace are the checks of a trace by every API but findTrace's.
func (c *Checker) readTrace(seq int64, acked bool) []check {
	sent := spansOf(c.Run.Traces(seq))
	id := content.ID(c.Run.TraceID(seq))
	ids := slices.Sorted(maps.Keys(sent))
	spanID := ids[int(seq%int64(len(ids)))]
	about := func(route string, ask func(ctx context.Context, s *seen) error) check {
		return check{api: route, signal: content.Traces, seq: seq, item: id, ask: func(ctx context.Context) ([]report.Finding, error) {
			s := newSeen(report.MissingSpans, sent)
			if route == apiSpan {
				s.sent = map[string]content.Fields{spanID: sent[spanID]}
			}
			err := ask(ctx, s)
			if errors.Is(err, api.ErrNotFound) {
				if !acked {
					return nil, nil
				}
				return []report.Finding{{Category: report.NotFoundByID, Detail: "it is not found"}}, nil
			}
			if err != nil {
				return nil, err
			}
			return s.findings(acked), nil
		}}
	}
	return []check{
		about(apiTrace, func(ctx context.Context, s *seen) error { return c.timeline(ctx, id, s) }),
		about(apiXRay, func(ctx context.Context, s *seen) error { return c.timeline(ctx, "1-"+id[:8]+"-"+id[8:], s) }),
		about(apiOTLP, func(ctx context.Context, s *seen) error {
			var answer json.RawMessage
			if err := c.API.Get(ctx, "/api/traces/"+id+"/otlp", nil, &answer); err != nil {
				return err
			}
			request, err := fromOTLPJSON(answer)
			if err != nil {
				return &api.Unreadable{Text: err.Error()}
			}
			eachSpan(request, func(id string, f content.Fields) { s.one(c.Run, id, f) })
			return nil
		}),
		about(apiSpan, func(ctx context.Context, s *seen) error { return c.details(ctx, id, spanID, s) }),
		about(apiSpans, func(ctx context.Context, s *seen) error {
			return c.listSpans(ctx, c.ofRound(seq), seq, seq, func(_ string, span string) { s.one(c.Run, span, nil) })
		}),
	}
}

// timeline reads the columns of a timeline and compares what the page draws.
func (c *Checker) timeline(ctx context.Context, id string, s *seen) error {
	var t struct {
		Start string
		Dict  struct{ Name []string }
		Spans struct {
			ID                                   []string
			Parent, Start, Duration, Name, Depth []int64
		}
	}
	if err := c.API.Get(ctx, "/api/traces/"+id, url.Values{"skew": {"off"}}, &t); err != nil {
		return err
	}
	start, err := strconv.ParseInt(t.Start, 10, 64)
	if err != nil {
		return &api.Unreadable{Text: fmt.Sprintf("its start is %q", t.Start)}
	}
	n := len(t.Spans.ID)
	for _, column := range [][]int64{t.Spans.Parent, t.Spans.Start, t.Spans.Duration, t.Spans.Name} {
		if len(column) != n {
			return &api.Unreadable{Text: "its columns are not of one length"}
		}
	}
	for i, span := range t.Spans.ID {
		s.one(c.Run, span, nil)
		sent, ok := s.sent[span]
		if !ok {
			continue
		}
		drawn := content.Fields{}
		begin := start + t.Spans.Start[i]
		drawn.Set("start", strconv.FormatInt(begin, 10))
		drawn.Set("end", strconv.FormatInt(begin+t.Spans.Duration[i], 10))
		if k := t.Spans.Name[i]; k >= 0 && int(k) < len(t.Dict.Name) {
			drawn.Set("name", t.Dict.Name[k])
		}
		if p := t.Spans.Parent[i]; p >= 0 && int(p) < n {
			drawn.Set("parent id", t.Spans.ID[p])
		}
		part := content.Fields{}
		for _, name := range []string{"start", "end", "name", "parent id"} {
			part.Set(name, sent[name])
		}
		for _, difference := range content.Diff(part, drawn) {
			s.found = append(s.found, report.Finding{Category: report.WrongContent, Detail: span + ": " + difference})
		}
	}
	return nil
}

// listSpans reads every page of a search.
func (c *Checker) listSpans(ctx context.Context, q string, first, last int64, do func(trace, span string)) error {
	params := c.within(q, first, last)
	for {
		var page struct {
			Spans []struct {
				TraceID string `json:"trace_id"`
				SpanID  string `json:"span_id"`
			}
			NextCursor *string `json:"next_cursor"`
		}
		if err := c.API.Get(ctx, "/api/spans", params, &page); err != nil {
			return err
		}
		for _, s := range page.Spans {
			do(s.TraceID, s.SpanID)
		}
		if page.NextCursor == nil {
			return nil
		}
		params.Set("cursor", *page.NextCursor)
	}
}

// fromOTLPJSON reads OTLP's JSON: protobuf's but for ids, which are in hex.
func fromOTLPJSON(text []byte) (*coltrace.ExportTraceServiceRequest, error) {
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return nil, fmt.Errorf("read OTLP JSON: %w", err)
	}
	hexToBase64(tree)
	plain, err := json.Marshal(tree)
	if err != nil {
		return nil, fmt.Errorf("read OTLP JSON: %w", err)
	}
	request := &coltrace.ExportTraceServiceRequest{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(plain, request); err != nil {
		return nil, fmt.Errorf("read OTLP JSON: %w", err)
	}
	return request, nil
}

func hexToBase64(tree any) {
	switch node := tree.(type) {
	case []any:
		for _, e := range node {
			hexToBase64(e)
		}
	case map[string]any:
		for key, v := range node {
			text, ok := v.(string)
			if !ok {
				hexToBase64(v)
				continue
			}
			if key == "traceId" || key == "spanId" || key == "parentSpanId" {
				if b, err := hex.DecodeString(text); err == nil {
					node[key] = base64.StdEncoding.EncodeToString(b)
				}
			}
		}
	}
}

var (
	kinds    = map[string]tracepb.Span_SpanKind{"unspecified": 0, "internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}
	statuses = map[string]tracepb.Status_StatusCode{"unset": 0, "ok": 1, "error": 2}
)
