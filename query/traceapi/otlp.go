package traceapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/traces"
)

func (h *handlers) otlp(w http.ResponseWriter, r *http.Request) error {
	id, err := traceID(r)
	if err != nil {
		return err
	}
	p := api.ParamsOf(r, "start", "end")
	h.hint(p) // a wrong one is refused as elsewhere; the index knows better
	if err := p.Err(); err != nil {
		return err
	}
	// A large trace takes longer than a question may: as long as its client takes what is sent.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), downloadTime)
	defer cancel()
	var e *otlpWriter
	err = h.Spans.EachWhole(ctx, api.CallerOf(r.Context()).Project, id, func(spans []traces.Span) error {
		if e == nil {
			w.Header().Set("Content-Disposition", `attachment; filename="trace-`+id.String()+`.json"`)
			e = startOTLP(w)
		}
		if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(portionTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return fmt.Errorf("extend time to write: %w", err)
		}
		e.resources(spans)
		return e.s.Err()
	})
	if err != nil {
		return err
	}
	return e.end()
}

func startOTLP(w http.ResponseWriter) *otlpWriter {
	e := &otlpWriter{s: api.NewStream(w)}
	e.s.Open('{')
	e.s.Key("resourceSpans")
	e.s.Open('[')
	return e
}

func (e *otlpWriter) end() error {
	e.s.Close(']')
	e.s.Close('}')
	return e.s.End()
}

const (
	// downloadTime bounds a download, and portionTime how long the client may take for some thousand spans.
	downloadTime, portionTime = 10 * time.Minute, time.Minute
)

// resources writes ResourceSpans of an ExportTraceServiceRequest in OTLP's JSON encoding: ids in hex, 64-bit integers as strings, enums
// as numbers. What is zero is left out, as protobuf does. A resource comes again with each portion that has spans of it.
func (e *otlpWriter) resources(spans []traces.Span) {
	s := e.s
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
