package traceapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/traces"
)

func (h *handlers) otlp(w http.ResponseWriter, r *http.Request) error {
	id, err := traceID(r)
	if err != nil {
		return err
	}
	p := api.ParamsOf(r, "start", "end")
	hint := h.hint(p)
	if err := p.Err(); err != nil {
		return err
	}
	spans, err := h.Spans.Whole(r.Context(), api.CallerOf(r.Context()).Project, id, hint)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", `attachment; filename="trace-`+id.String()+`.json"`)
	return writeOTLP(w, spans)
}

// writeOTLP streams an ExportTraceServiceRequest in OTLP's JSON encoding: ids in hex, 64-bit integers as strings, enums as
// numbers. What is zero is left out, as protobuf does.
func writeOTLP(w http.ResponseWriter, spans []traces.Span) error {
	e := &otlpWriter{s: api.NewStream(w)}
	s := e.s
	s.Open('{')
	s.Key("resourceSpans")
	s.Open('[')
	for _, resource := range groupByResource(spans) {
		s.Open('{')
		if r := resource.resource; r != nil {
			s.Key("resource")
			s.Open('{')
			e.attrs(r.Attrs, r.DroppedAttrs)
			s.Close('}')
		}
		s.Key("scopeSpans")
		s.Open('[')
		for _, scope := range resource.scopes {
			s.Open('{')
			e.scope(&scope.scope)
			s.Key("spans")
			s.Open('[')
			for _, span := range scope.spans {
				e.span(span)
			}
			s.Close(']')
			e.text("schemaUrl", scope.scope.SchemaURL)
			s.Close('}')
		}
		s.Close(']')
		if resource.resource != nil {
			e.text("schemaUrl", resource.resource.SchemaURL)
		}
		s.Close('}')
	}
	s.Close(']')
	s.Close('}')
	return s.End()
}

type (
	scopeGroup struct {
		scope traces.Scope
		spans []*traces.Span
	}
	resourceGroup struct {
		resource *traces.Resource
		scopes   []*scopeGroup
	}
)

// groupByResource puts spans under the resource and scope that they came with, in the order of first appearance.
func groupByResource(spans []traces.Span) []*resourceGroup {
	var groups []*resourceGroup
	resources := make(map[[16]byte]*resourceGroup)
	type scopeKey struct {
		resource *resourceGroup
		scope    string
	}
	scopes := make(map[scopeKey]*scopeGroup)
	for i := range spans {
		span := &spans[i]
		var id [16]byte
		if span.Resource != nil {
			id = span.Resource.ID
		}
		r := resources[id]
		if r == nil {
			r = &resourceGroup{resource: span.Resource}
			resources[id] = r
			groups = append(groups, r)
		}
		key := scopeKey{r, scopeIdentity(&span.Scope)}
		g := scopes[key]
		if g == nil {
			g = &scopeGroup{scope: span.Scope}
			scopes[key] = g
			r.scopes = append(r.scopes, g)
		}
		g.spans = append(g.spans, span)
	}
	return groups
}

func scopeIdentity(s *traces.Scope) string {
	var b strings.Builder
	for _, text := range []string{s.Name, s.Version, s.SchemaURL, strconv.Itoa(int(s.DroppedAttrs))} {
		b.WriteString(text)
		b.WriteByte(0)
	}
	for _, a := range s.Attrs {
		b.WriteString(a.Key)
		b.WriteByte(0)
		b.WriteByte(byte(a.Type))
		b.WriteString(a.Text)
		b.WriteByte(0)
	}
	return b.String()
}

// otlpWriter writes members, each only if it is not zero.
type otlpWriter struct{ s *api.Stream }

func (e *otlpWriter) text(key, v string) {
	if v != "" {
		e.s.Key(key)
		e.s.String(v)
	}
}

func (e *otlpWriter) number(key string, n int64) {
	if n != 0 {
		e.s.Key(key)
		e.s.Int(n)
	}
}

func (e *otlpWriter) scope(s *traces.Scope) {
	e.s.Key("scope")
	e.s.Open('{')
	e.text("name", s.Name)
	e.text("version", s.Version)
	e.attrs(s.Attrs, s.DroppedAttrs)
	e.s.Close('}')
}

func (e *otlpWriter) span(s *traces.Span) {
	e.s.Open('{')
	e.text("traceId", s.TraceID.String())
	e.text("spanId", s.SpanID.String())
	e.text("traceState", s.TraceState)
	e.text("parentSpanId", s.ParentID.String())
	e.number("flags", int64(s.Flags))
	e.text("name", s.Name)
	e.number("kind", int64(s.Kind))
	e.text("startTimeUnixNano", nanos(s.Start))
	if s.State == traces.StateComplete {
		e.text("endTimeUnixNano", nanos(s.Start.Add(s.Duration)))
	}
	e.attrs(s.Attrs, s.DroppedAttrs)
	e.list("events", len(s.Events), func(i int) {
		v := &s.Events[i]
		e.text("timeUnixNano", nanos(v.Time))
		e.text("name", v.Name)
		e.attrs(v.Attrs, v.DroppedAttrs)
	})
	e.number("droppedEventsCount", int64(s.DroppedEvents))
	e.list("links", len(s.Links), func(i int) {
		v := &s.Links[i]
		e.text("traceId", v.TraceID.String())
		e.text("spanId", v.SpanID.String())
		e.text("traceState", v.TraceState)
		e.attrs(v.Attrs, v.DroppedAttrs)
		e.number("flags", int64(v.Flags))
	})
	e.number("droppedLinksCount", int64(s.DroppedLinks))
	e.s.Key("status")
	e.s.Open('{')
	e.text("message", s.StatusMessage)
	e.number("code", int64(s.Status))
	e.s.Close('}')
	e.s.Close('}')
}

func (e *otlpWriter) list(key string, n int, item func(i int)) {
	if n == 0 {
		return
	}
	e.s.Key(key)
	e.s.Open('[')
	for i := range n {
		e.s.Open('{')
		item(i)
		e.s.Close('}')
	}
	e.s.Close(']')
}

func (e *otlpWriter) attrs(attrs []traces.Attr, dropped uint32) {
	e.list("attributes", len(attrs), func(i int) {
		e.s.Key("key")
		e.s.String(attrs[i].Key)
		e.s.Key("value")
		e.value(&attrs[i])
	})
	e.number("droppedAttributesCount", int64(dropped))
}

func (e *otlpWriter) value(a *traces.Attr) {
	s := e.s
	if a.Type == traces.ValueJSON {
		if raw, ok := anyValue(a.Text); ok {
			s.Raw(raw)
			return
		}
	}
	s.Open('{')
	defer s.Close('}')
	switch a.Type {
	case traces.ValueEmpty:
	case traces.ValueBool:
		s.Key("boolValue")
		s.Bool(a.Text == "true")
	case traces.ValueInt:
		s.Key("intValue")
		s.String(a.Text)
	case traces.ValueFloat:
		s.Key("doubleValue")
		switch a.Text {
		case "NaN":
			s.String("NaN")
		case "Inf", "+Inf":
			s.String("Infinity")
		case "-Inf":
			s.String("-Infinity")
		default:
			s.Raw([]byte(a.Text))
		}
	case traces.ValueBytes:
		s.Key("bytesValue")
		s.String(a.Text)
	default: // a string, or JSON that was cut off when it was stored
		s.Key("stringValue")
		s.String(a.Text)
	}
}

// anyValue is the text of an array or map as an AnyValue. The text is either that already, or the list inside of it.
func anyValue(text string) ([]byte, bool) {
	var v struct {
		Array  json.RawMessage `json:"arrayValue"`
		Map    json.RawMessage `json:"kvlistValue"`
		Values []struct {
			Key *string `json:"key"`
		} `json:"values"`
	}
	if json.Unmarshal([]byte(text), &v) != nil {
		return nil, false
	}
	switch {
	case v.Array != nil || v.Map != nil:
		return []byte(text), true
	case len(v.Values) > 0 && v.Values[0].Key != nil:
		return []byte(`{"kvlistValue":` + text + `}`), true
	}
	return []byte(`{"arrayValue":` + text + `}`), true
}
