package traceapi

import (
	"net/http"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/traces"
)

type (
	attrJSON struct {
		Key   string `json:"key"`
		Type  string `json:"type"`
		Value string `json:"value"`
	}
	peerJSON struct {
		Type string `json:"type"`
		Name string `json:"name"`
	}
	resourceJSON struct {
		Attrs     []attrJSON `json:"attributes"`
		SchemaURL string     `json:"schema_url"`
		Dropped   uint32     `json:"dropped_attributes"`
	}
	scopeJSON struct {
		Name      string     `json:"name"`
		Version   string     `json:"version"`
		SchemaURL string     `json:"schema_url"`
		Attrs     []attrJSON `json:"attributes"`
		Dropped   uint32     `json:"dropped_attributes"`
	}
	eventJSON struct {
		Time    string     `json:"time"`
		Offset  int64      `json:"offset_ns"`
		Name    string     `json:"name"`
		Attrs   []attrJSON `json:"attributes"`
		Dropped uint32     `json:"dropped_attributes"`
	}
	linkJSON struct {
		TraceID    string     `json:"trace_id"`
		SpanID     string     `json:"span_id"`
		TraceState string     `json:"trace_state"`
		Flags      uint32     `json:"flags"`
		Attrs      []attrJSON `json:"attributes"`
		Dropped    uint32     `json:"dropped_attributes"`
	}
	linkedJSON struct {
		TraceID string `json:"trace_id"`
		SpanID  string `json:"span_id"`
	}
	spanJSON struct {
		TraceID       string       `json:"trace_id"`
		SpanID        string       `json:"span_id"`
		ParentID      string       `json:"parent_id"`
		Name          string       `json:"name"`
		Service       string       `json:"service"`
		ServiceType   string       `json:"service_type"`
		Env           string       `json:"env"`
		Namespace     string       `json:"namespace"`
		Version       string       `json:"version"`
		Kind          string       `json:"kind"`
		Class         string       `json:"class"`
		Status        string       `json:"status"`
		StatusMessage string       `json:"status_message"`
		Start         string       `json:"start"`
		Duration      int64        `json:"duration_ns"`
		InProgress    bool         `json:"in_progress"`
		Weight        float64      `json:"weight"`
		TraceState    string       `json:"trace_state"`
		Flags         uint32       `json:"flags"`
		Peer          *peerJSON    `json:"peer"`
		Attrs         []attrJSON   `json:"attributes"`
		Dropped       uint32       `json:"dropped_attributes"`
		Resource      resourceJSON `json:"resource"`
		Scope         scopeJSON    `json:"scope"`
		Events        []eventJSON  `json:"events"`
		Links         []linkJSON   `json:"links"`
		DroppedEvents uint32       `json:"dropped_events"`
		DroppedLinks  uint32       `json:"dropped_links"`
		LinkedFrom    []linkedJSON `json:"linked_from"`
	}
)

// maxLinkedFrom bounds the list of spans that link to one.
const maxLinkedFrom = 100

func (h *handlers) span(w http.ResponseWriter, r *http.Request) error {
	id, err := traceID(r)
	if err != nil {
		return err
	}
	spanID, err := traces.ParseSpanID(r.PathValue("span_id"))
	if err != nil || spanID == 0 {
		return api.Errorf(api.BadParameter, "%q is no span id", r.PathValue("span_id")).WithHint("give 16 hex digits")
	}
	p := api.ParamsOf(r, "start", "end")
	hint := h.hint(p)
	if err := p.Err(); err != nil {
		return err
	}
	project := api.CallerOf(r.Context()).Project
	var spans []traces.Span
	var linked []traces.Link
	group, ctx := errgroup.WithContext(r.Context())
	group.Go(func() (err error) {
		spans, err = h.Spans.Span(ctx, project, id, spanID, hint)
		return err
	})
	group.Go(func() (err error) {
		linked, err = h.Spans.LinkedFrom(ctx, project, id, spanID, maxLinkedFrom)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if len(spans) == 0 {
		return traces.ErrNotFound
	}
	out := make([]spanJSON, len(spans))
	for i := range spans {
		out[i] = spanOf(&spans[i], linked)
	}
	return api.WriteJSON(w, map[string]any{"spans": out})
}

func spanOf(s *traces.Span, linked []traces.Link) spanJSON {
	out := spanJSON{
		TraceID:       s.TraceID.String(),
		SpanID:        s.SpanID.String(),
		ParentID:      s.ParentID.String(),
		Name:          s.Name,
		Service:       s.Service,
		ServiceType:   s.ServiceType,
		Env:           s.Env,
		Namespace:     s.Namespace,
		Version:       s.Version,
		Kind:          s.Kind.String(),
		Class:         s.Class.String(),
		Status:        s.Status.String(),
		StatusMessage: s.StatusMessage,
		Start:         nanos(s.Start),
		Duration:      int64(s.Duration),
		InProgress:    s.State == traces.StateInProgress,
		Weight:        s.Weight,
		TraceState:    s.TraceState,
		Flags:         s.Flags,
		Attrs:         attrsOf(s.Attrs),
		Dropped:       s.DroppedAttrs,
		Resource:      resourceJSON{Attrs: []attrJSON{}},
		Scope:         scopeJSON{s.Scope.Name, s.Scope.Version, s.Scope.SchemaURL, attrsOf(s.Scope.Attrs), s.Scope.DroppedAttrs},
		Events:        make([]eventJSON, len(s.Events)),
		Links:         make([]linkJSON, len(s.Links)),
		DroppedEvents: s.DroppedEvents,
		DroppedLinks:  s.DroppedLinks,
		LinkedFrom:    make([]linkedJSON, len(linked)),
	}
	if s.PeerType != "" || s.PeerName != "" {
		out.Peer = &peerJSON{s.PeerType, s.PeerName}
	}
	if r := s.Resource; r != nil {
		out.Resource = resourceOf(r)
	}
	for i, e := range s.Events {
		out.Events[i] = eventJSON{nanos(e.Time), int64(e.Time.Sub(s.Start)), e.Name, attrsOf(e.Attrs), e.DroppedAttrs}
	}
	for i, l := range s.Links {
		out.Links[i] = linkJSON{l.TraceID.String(), l.SpanID.String(), l.TraceState, l.Flags, attrsOf(l.Attrs), l.DroppedAttrs}
	}
	for i, l := range linked {
		out.LinkedFrom[i] = linkedJSON{l.TraceID.String(), l.SpanID.String()}
	}
	return out
}

func resourceOf(r *traces.Resource) resourceJSON {
	return resourceJSON{attrsOf(r.Attrs), r.SchemaURL, r.DroppedAttrs}
}

func attrsOf(attrs []traces.Attr) []attrJSON {
	out := make([]attrJSON, len(attrs))
	for i, a := range attrs {
		out[i] = attrJSON{a.Key, a.Type.String(), a.Text}
	}
	return out
}

// nanos is a time as a decimal string: a number of JavaScript would lose digits.
func nanos(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }
