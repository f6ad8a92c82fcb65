package canary

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

	"github.com/sightline/sightline/canary/content"
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
func (c *checker) findTrace(seq int64, acked bool) check {
	sent := spansOf(c.run.Traces(seq))
	id := content.ID(c.run.TraceID(seq))
	ask := func(ctx context.Context) ([]Finding, error) {
		var page struct {
			Traces []struct {
				TraceID string `json:"trace_id"`
				Spans   int
			}
		}
		q := fmt.Sprintf("canary.item = %s", strconv.Quote(c.run.Item(seq, len(sent)-1)))
		if err := c.api.get(ctx, "/api/traces", c.within(q, seq, seq), &page); err != nil {
			return nil, err
		}
		var found []Finding
		for _, t := range page.Traces {
			switch {
			case t.TraceID != id:
				found = append(found, Finding{Category: NeverSent, Detail: q + " finds trace " + t.TraceID})
			case t.Spans < len(sent):
				found = append(found, Finding{Category: MissingSpans, Detail: fmt.Sprintf("it says %d of %d spans", t.Spans, len(sent))})
			case t.Spans > len(sent):
				found = append(found, Finding{Category: Duplicate, Detail: fmt.Sprintf("it says %d spans where %d were sent", t.Spans, len(sent))})
			}
		}
		if len(page.Traces) == 0 && acked {
			found = append(found, Finding{Category: NotFoundBySearch, Detail: q + " finds nothing"})
		}
		if len(page.Traces) > 1 {
			found = append(found, Finding{Category: Duplicate, Detail: fmt.Sprintf("%s finds %d traces", q, len(page.Traces))})
		}
		return found, nil
	}
	return check{api: apiSearch, signal: traces, seq: seq, item: id, ask: ask}
}

// readTrace are the checks of a trace by every API but findTrace's.
func (c *checker) readTrace(seq int64, acked bool) []check {
	sent := spansOf(c.run.Traces(seq))
	id := content.ID(c.run.TraceID(seq))
	ids := slices.Sorted(maps.Keys(sent))
	spanID := ids[int(seq%int64(len(ids)))]
	make := func(api string, ask func(ctx context.Context, s *seen) error) check {
		return check{api: api, signal: traces, seq: seq, item: id, ask: func(ctx context.Context) ([]Finding, error) {
			s := newSeen(MissingSpans, sent)
			if api == apiSpan {
				s.sent = map[string]content.Fields{spanID: sent[spanID]}
			}
			err := ask(ctx, s)
			if errors.Is(err, errNotFound) {
				if !acked {
					return nil, nil
				}
				return []Finding{{Category: NotFoundByID, Detail: "it is not found"}}, nil
			}
			if err != nil {
				return nil, err
			}
			return s.findings(acked), nil
		}}
	}
	return []check{
		make(apiTrace, func(ctx context.Context, s *seen) error { return c.timeline(ctx, id, s) }),
		make(apiXRay, func(ctx context.Context, s *seen) error { return c.timeline(ctx, "1-"+id[:8]+"-"+id[8:], s) }),
		make(apiOTLP, func(ctx context.Context, s *seen) error {
			var answer json.RawMessage
			if err := c.api.get(ctx, "/api/traces/"+id+"/otlp", nil, &answer); err != nil {
				return err
			}
			request, err := fromOTLPJSON(answer)
			if err != nil {
				return &unreadable{text: err.Error()}
			}
			eachSpan(request, func(id string, f content.Fields) { s.one(c.run, id, f) })
			return nil
		}),
		make(apiSpan, func(ctx context.Context, s *seen) error { return c.details(ctx, id, spanID, s) }),
		make(apiSpans, func(ctx context.Context, s *seen) error {
			return c.listSpans(ctx, c.ofRound(seq), seq, seq, func(_ string, span string) { s.one(c.run, span, nil) })
		}),
	}
}

// timeline reads the columns of a timeline and compares what the page draws.
func (c *checker) timeline(ctx context.Context, id string, s *seen) error {
	var t struct {
		Start string
		Dict  struct{ Name []string }
		Spans struct {
			ID                                   []string
			Parent, Start, Duration, Name, Depth []int64
		}
	}
	if err := c.api.get(ctx, "/api/traces/"+id, url.Values{"skew": {"off"}}, &t); err != nil {
		return err
	}
	start, err := strconv.ParseInt(t.Start, 10, 64)
	if err != nil {
		return &unreadable{text: fmt.Sprintf("its start is %q", t.Start)}
	}
	n := len(t.Spans.ID)
	for _, column := range [][]int64{t.Spans.Parent, t.Spans.Start, t.Spans.Duration, t.Spans.Name} {
		if len(column) != n {
			return &unreadable{text: "its columns are not of one length"}
		}
	}
	for i, span := range t.Spans.ID {
		s.one(c.run, span, nil)
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
			s.found = append(s.found, Finding{Category: WrongContent, Detail: span + ": " + difference})
		}
	}
	return nil
}

// listSpans reads every page of a search.
func (c *checker) listSpans(ctx context.Context, q string, first, last int64, do func(trace, span string)) error {
	params := c.within(q, first, last)
	for {
		var page struct {
			Spans []struct {
				TraceID string `json:"trace_id"`
				SpanID  string `json:"span_id"`
			}
			NextCursor *string `json:"next_cursor"`
		}
		if err := c.api.get(ctx, "/api/spans", params, &page); err != nil {
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
