package zipkin

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/sightline/sightline/query/timeline"
	"github.com/sightline/sightline/storage/traces"
)

// The JSON of Zipkin's API. Times and durations are µs.
type (
	spanJSON struct {
		TraceID     string            `json:"traceId"`
		ParentID    string            `json:"parentId,omitempty"`
		ID          string            `json:"id"`
		Kind        string            `json:"kind,omitempty"`
		Name        string            `json:"name,omitempty"`
		Timestamp   int64             `json:"timestamp,omitempty"`
		Duration    int64             `json:"duration,omitempty"`
		Local       *endpoint         `json:"localEndpoint,omitempty"`
		Remote      *endpoint         `json:"remoteEndpoint,omitempty"`
		Annotations []annotation      `json:"annotations,omitempty"`
		Tags        map[string]string `json:"tags,omitempty"`
		Shared      bool              `json:"shared,omitempty"`
	}
	endpoint struct {
		Service string `json:"serviceName,omitempty"`
		IPv4    string `json:"ipv4,omitempty"`
		IPv6    string `json:"ipv6,omitempty"`
		Port    uint16 `json:"port,omitempty"`
	}
	annotation struct {
		Timestamp int64  `json:"timestamp"`
		Value     string `json:"value"`
	}
)

var kindNames = map[traces.Kind]string{
	traces.KindClient: "CLIENT", traces.KindServer: "SERVER", traces.KindProducer: "PRODUCER", traces.KindConsumer: "CONSUMER",
}

// spansOf a trace in the order of its tree. Clocks are left alone: Zipkin's clients correct them themselves.
func spansOf(spans []traces.Span) []spanJSON {
	t := timeline.Build(spans, timeline.Options{KeepSkew: true})
	halves := halvesOf(t)
	out := make([]spanJSON, len(t.Rows))
	for i := range t.Rows {
		out[i] = spanOf(t, int32(i), halves)
	}
	return out
}

// halvesOf are the rows that share an id as Zipkin means it: the client of a call, false, and its server, true. All others that have
// one id were given ids of their own.
func halvesOf(t *timeline.Timeline) map[int32]bool {
	halves := map[int32]bool{}
	for i := range t.Rows {
		r := &t.Rows[i]
		if r.Span.Kind != traces.KindServer || r.Flags&timeline.Duplicate == 0 || r.Parent < 0 {
			continue
		}
		if parent := t.Rows[r.Parent].Span; parent.SpanID == r.Span.SpanID && parent.Kind == traces.KindClient {
			halves[int32(i)], halves[r.Parent] = true, false
		}
	}
	return halves
}

func spanOf(t *timeline.Timeline, i int32, halves map[int32]bool) spanJSON {
	r := &t.Rows[i]
	s := r.Span
	tags := tagsOf(s)
	out := spanJSON{
		TraceID: idText(s.TraceID), ID: r.ID.String(), ParentID: s.ParentID.String(), Kind: kindNames[s.Kind], Name: s.Name,
		Timestamp: s.Start.UnixMicro(), Local: localEndpoint(s, tags), Remote: remoteEndpoint(s, tags), Tags: tags, Shared: halves[i],
	}
	if _, half := halves[i]; half {
		out.ID = s.SpanID.String()
	} else if _, half := halves[r.Parent]; r.Parent >= 0 && !half {
		out.ParentID = t.Rows[r.Parent].ID.String() // made unique, as the span's own id is
	}
	if s.State == traces.StateComplete {
		out.Duration = max(1, int64((s.Duration+time.Microsecond/2)/time.Microsecond))
	}
	for i := range s.Events {
		out.Annotations = append(out.Annotations, annotation{s.Events[i].Time.UnixMicro(), eventText(&s.Events[i])})
	}
	return out
}

// eventText is an event as OpenTelemetry's translation to Zipkin writes it, and reads it back.
func eventText(e *traces.Event) string {
	if len(e.Attrs) == 0 && e.DroppedAttrs == 0 {
		return e.Name
	}
	return fmt.Sprintf("%s|%s|%d", e.Name, object(e.Attrs), e.DroppedAttrs)
}

// object is attributes as a JSON object.
func object(attrs []traces.Attr) []byte {
	values := make(map[string]any, len(attrs))
	for i := range attrs {
		a := &attrs[i]
		text := a.Plain()
		switch a.Type {
		case traces.ValueBool, traces.ValueInt, traces.ValueFloat, traces.ValueJSON:
			if json.Valid([]byte(text)) {
				values[a.Key] = json.RawMessage(text)
				continue
			}
		}
		values[a.Key] = text
	}
	b, err := json.Marshal(values)
	if err != nil {
		return []byte("{}")
	}
	return b
}

// tagsOf a span are the attributes of its resource, of its scope and its own, and what else of it Zipkin has no place for.
func tagsOf(s *traces.Span) map[string]string {
	tags := make(map[string]string, len(s.Attrs)+8)
	add := func(attrs []traces.Attr) {
		for i := range attrs {
			tags[attrs[i].Key] = attrs[i].Plain()
		}
	}
	if s.Resource != nil {
		add(s.Resource.Attrs)
		delete(tags, "service.name")
	}
	add(s.Scope.Attrs)
	text := func(key, value string) {
		if value != "" {
			tags[key] = value
		}
	}
	text("otel.scope.name", s.Scope.Name)
	text("otel.scope.version", s.Scope.Version)
	add(s.Attrs)
	if status, ok := tags[newHTTPStatus]; ok && tags[oldHTTPStatus] == "" {
		tags[oldHTTPStatus] = status
	}
	if s.Kind == traces.KindInternal {
		tags["span.kind"] = "internal"
	}
	text("w3c.tracestate", s.TraceState)
	switch s.Status {
	case traces.StatusOK:
		tags["otel.status_code"] = "OK"
		delete(tags, "error")
	case traces.StatusError:
		tags["otel.status_code"] = "ERROR"
		if error := tags["error"]; error == "" || error == "false" {
			tags["error"] = s.StatusMessage // Zipkin's page shows what there is
			if s.StatusMessage == "" {
				tags["error"] = "true"
			}
		}
	default:
		if tags["error"] == "false" { // any value at all is an error to Zipkin
			delete(tags, "error")
		}
	}
	text("otel.status_description", s.StatusMessage)
	for i := range s.Links {
		l := &s.Links[i]
		tags["otlp.link."+strconv.Itoa(i)] = fmt.Sprintf("%s|%s|%s|%s|%d", l.TraceID, l.SpanID, l.TraceState, object(l.Attrs), l.DroppedAttrs)
	}
	return tags
}

func localEndpoint(s *traces.Span, tags map[string]string) *endpoint {
	e := &endpoint{Service: s.Service}
	e.address(tags, "network.local.address", "net.sock.host.addr", "net.host.ip")
	e.port(tags, "network.local.port", "net.sock.host.port", "net.host.port")
	return e
}

// remoteEndpoint is the other side of a call or message.
func remoteEndpoint(s *traces.Span, tags map[string]string) *endpoint {
	if kindNames[s.Kind] == "" {
		return nil
	}
	e := &endpoint{Service: s.PeerName}
	for _, key := range []string{"service.peer.name", "peer.service"} {
		if name := tags[key]; name != "" {
			e.Service = name
			break
		}
	}
	e.address(tags, "network.peer.address", "net.sock.peer.addr", "net.peer.ip", "server.address")
	e.port(tags, "network.peer.port", "net.sock.peer.port", "net.peer.port")
	if *e == (endpoint{Port: e.Port}) {
		return nil
	}
	return e
}

// address is the first of the tags that is an IP address.
func (e *endpoint) address(tags map[string]string, keys ...string) {
	for _, key := range keys {
		ip, err := netip.ParseAddr(strings.Trim(tags[key], "[]"))
		if err != nil {
			continue
		}
		if ip = ip.Unmap().WithZone(""); ip.Is4() {
			e.IPv4 = ip.String()
		} else {
			e.IPv6 = ip.String()
		}
		return
	}
}

func (e *endpoint) port(tags map[string]string, keys ...string) {
	for _, key := range keys {
		if n, err := strconv.ParseUint(tags[key], 10, 16); err == nil && n > 0 {
			e.Port = uint16(n)
			return
		}
	}
}
