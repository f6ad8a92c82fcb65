package traceapi

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/traces"
	"github.com/sightline/sightline/storage/traces/peer"
)

// What is read of a trace's file: OTLP's JSON, as this API, a collector's file exporter (a request a line) and Tempo write it.
type (
	otlpResource struct {
		Attrs   []otlpAttr `json:"attributes"`
		Dropped uint32     `json:"droppedAttributesCount"`
	}
	otlpScope struct {
		Name    string     `json:"name"`
		Version string     `json:"version"`
		Attrs   []otlpAttr `json:"attributes"`
		Dropped uint32     `json:"droppedAttributesCount"`
	}
	otlpSpan struct {
		TraceID       string     `json:"traceId"`
		SpanID        string     `json:"spanId"`
		ParentID      string     `json:"parentSpanId"`
		TraceState    string     `json:"traceState"`
		Flags         uint32     `json:"flags"`
		Name          string     `json:"name"`
		Kind          loose      `json:"kind"`
		Start         loose      `json:"startTimeUnixNano"`
		End           loose      `json:"endTimeUnixNano"`
		Attrs         []otlpAttr `json:"attributes"`
		Dropped       uint32     `json:"droppedAttributesCount"`
		DroppedEvents uint32     `json:"droppedEventsCount"`
		DroppedLinks  uint32     `json:"droppedLinksCount"`
		Events        []struct {
			Time    loose      `json:"timeUnixNano"`
			Name    string     `json:"name"`
			Attrs   []otlpAttr `json:"attributes"`
			Dropped uint32     `json:"droppedAttributesCount"`
		} `json:"events"`
		Links []struct {
			TraceID    string     `json:"traceId"`
			SpanID     string     `json:"spanId"`
			TraceState string     `json:"traceState"`
			Flags      uint32     `json:"flags"`
			Attrs      []otlpAttr `json:"attributes"`
			Dropped    uint32     `json:"droppedAttributesCount"`
		} `json:"links"`
		Status struct {
			Message string `json:"message"`
			Code    loose  `json:"code"`
		} `json:"status"`
	}
	otlpAttr struct {
		Key   string `json:"key"`
		Value struct {
			String *string         `json:"stringValue"`
			Bool   *bool           `json:"boolValue"`
			Int    *loose          `json:"intValue"`
			Double *loose          `json:"doubleValue"`
			Bytes  *string         `json:"bytesValue"`
			Array  json.RawMessage `json:"arrayValue"`
			Map    json.RawMessage `json:"kvlistValue"`
		} `json:"value"`
	}
)

// loose is a number, or a text: 64-bit integers and enums come as both.
type loose string

func (l *loose) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(l))
	}
	if *l = loose(b); *l == "null" {
		*l = ""
	}
	return nil
}

// enum is a number, or the place of a name that ends so among words.
func (l loose) enum(words ...string) int32 {
	if n, err := strconv.ParseInt(string(l), 10, 32); err == nil {
		return int32(n)
	}
	for i, w := range words {
		if strings.HasSuffix(string(l), "_"+w) {
			return int32(i)
		}
	}
	return 0
}

// time is ns since 1970.
func (l loose) time() (time.Time, error) {
	if l == "" {
		return time.Time{}, nil
	}
	n, err := strconv.ParseUint(string(l), 10, 63)
	if err != nil {
		return time.Time{}, fmt.Errorf("read time %q: want ns since 1970", string(l))
	}
	return time.Unix(0, int64(n)).UTC(), nil
}

// spanOfOTLP is the span as storage would give it back, but for what lies around it.
func (f *fileReader) spanOfOTLP(o *otlpSpan) (s traces.Span, err error) {
	s = traces.Span{
		TraceState: o.TraceState, Flags: o.Flags, Name: o.Name, Kind: traces.Kind(o.Kind.enum("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")),
		Status: traces.Status(o.Status.Code.enum("UNSET", "OK", "ERROR")), StatusMessage: o.Status.Message, Attrs: f.attrsOfOTLP(o.Attrs),
		DroppedAttrs: o.Dropped, DroppedEvents: o.DroppedEvents, DroppedLinks: o.DroppedLinks, NumEvents: len(o.Events), NumLinks: len(o.Links),
	}
	if s.TraceID, s.SpanID, err = idsOf(o.TraceID, o.SpanID); err != nil {
		return s, err
	}
	if o.ParentID != "" {
		if _, s.ParentID, err = idsOf(o.TraceID, o.ParentID); err != nil {
			return s, err
		}
	}
	end, err := o.End.time()
	if err != nil {
		return s, err
	}
	if s.Start, err = o.Start.time(); err != nil {
		return s, err
	}
	if end.IsZero() {
		s.State = traces.StateInProgress
	} else {
		s.Duration = max(end.Sub(s.Start), 0)
	}
	for _, e := range o.Events {
		at, err := e.Time.time()
		if err != nil {
			return s, err
		}
		s.Events = append(s.Events, traces.Event{Time: at, Name: e.Name, Attrs: f.attrsOfOTLP(e.Attrs), DroppedAttrs: e.Dropped})
	}
	for _, l := range o.Links {
		link := traces.Link{TraceState: l.TraceState, Flags: l.Flags, Attrs: f.attrsOfOTLP(l.Attrs), DroppedAttrs: l.Dropped}
		if link.TraceID, link.SpanID, err = idsOf(l.TraceID, l.SpanID); err != nil {
			return s, err
		}
		s.Links = append(s.Links, link)
	}
	return s, nil
}

// idsOf reads ids in hex, or in base64 as protobuf's own JSON has bytes.
func idsOf(trace, span string) (id traces.TraceID, spanID traces.SpanID, err error) {
	if b := idBytes(trace, len(id)); b != nil {
		copy(id[:], b)
	} else {
		return id, 0, fmt.Errorf("read trace id %q: want 32 hex digits", trace)
	}
	b := idBytes(span, 8)
	if b == nil {
		return id, 0, fmt.Errorf("read span id %q: want 16 hex digits", span)
	}
	return id, traces.SpanID(binary.BigEndian.Uint64(b)), nil
}

// idBytes are the n bytes of an id, nil if it has not that many. Shorter hex is filled up, as Jaeger leaves zeros in front out.
func idBytes(text string, n int) []byte {
	if b, err := base64.StdEncoding.DecodeString(text); err == nil && len(b) == n && len(text) != 2*n {
		return b
	}
	if len(text) > 2*n || text == "" {
		return nil
	}
	b, err := hex.DecodeString(strings.Repeat("0", 2*n-len(text)) + text)
	if err != nil {
		return nil
	}
	return b
}

func (f *fileReader) attrsOfOTLP(list []otlpAttr) []traces.Attr {
	var out []traces.Attr
	for i := range list {
		v := &list[i].Value
		a := traces.Attr{Key: f.key(list[i].Key)}
		switch {
		case v.String != nil:
			a.Text = *v.String
		case v.Bool != nil:
			a.Type, a.Text = traces.ValueBool, strconv.FormatBool(*v.Bool)
		case v.Int != nil:
			a.Type, a.Text = traces.ValueInt, string(*v.Int)
		case v.Double != nil:
			a.Type, a.Text = traces.ValueFloat, strings.Replace(string(*v.Double), "Infinity", "Inf", 1)
		case v.Bytes != nil:
			a.Type, a.Text = traces.ValueBytes, *v.Bytes
		case v.Array != nil:
			a.Type, a.Text = traces.ValueJSON, compact(v.Array)
		case v.Map != nil:
			a.Type, a.Text = traces.ValueJSON, compact(v.Map)
		default:
			a.Type = traces.ValueEmpty
		}
		out = append(out, a)
	}
	return out
}

func compact(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return string(raw)
	}
	return b.String()
}

// numberResource gives a resource an id of its own, so that hosts are told apart.
func numberResource(r *traces.Resource, n int) { binary.BigEndian.PutUint32(r.ID[12:], uint32(n)) }

// recogniser fills in what the loader finds out about spans that are stored. The zero value is ready.
type recogniser struct {
	resource *traces.Resource
	source   traces.Source
	input    peer.Input
}

func (r *recogniser) begin(resource *traces.Resource) {
	get := func(keys ...string) string {
		for _, key := range keys {
			for _, a := range resource.Attrs {
				if a.Key == key && a.Type == traces.ValueString && a.Text != "" {
					return a.Text
				}
			}
		}
		return ""
	}
	r.resource = resource
	r.source = traces.Source{
		Service: get("service.name"), ServiceType: peer.ServiceType(func(key string) string { return get(key) }), Namespace: get("service.namespace"),
		Env: get("deployment.environment.name", "deployment.environment"), Version: get("service.version"),
	}
}

func (r *recogniser) finish(s *traces.Span) {
	s.Resource = r.resource
	s.Service, s.ServiceType, s.Namespace, s.Env, s.Version = r.source.Service, r.source.ServiceType, r.source.Namespace, r.source.Env, r.source.Version
	in := &r.input
	in.Reset(int32(s.Kind), int32(s.Status))
	in.Message = s.StatusMessage
	for _, a := range s.Attrs {
		slot := peer.SlotOf([]byte(a.Key))
		if slot == peer.NoSlot {
			continue
		}
		switch a.Type {
		case traces.ValueString:
			in.SetString(slot, a.Text)
		case traces.ValueInt:
			if n, err := strconv.ParseInt(a.Text, 10, 64); err == nil {
				in.SetInt(slot, n)
				if n > 0 && n < 1000 && (a.Key == "http.response.status_code" || a.Key == "http.status_code") {
					s.HTTPStatus = uint16(n)
				}
			}
		case traces.ValueBool:
			v := peer.Value{Type: peer.Bool}
			if a.Text == "true" {
				v.Int = 1
			}
			in.Set(slot, v)
		}
	}
	s.Class = traces.Class(peer.Classify(in))
	if peer.HasPeer(int32(s.Kind)) && in.HasEvidence() {
		found := peer.Recognise(in)
		s.PeerType, s.PeerName = found.Type, found.Name
	}
	s.Weight = peer.Weight(s.TraceState, in)
}
