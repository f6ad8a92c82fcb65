package jaeger

import (
	"strconv"
	"time"

	"github.com/sightline/sightline/query/timeline"
	"github.com/sightline/sightline/storage/traces"
)

// The JSON of the UI. Times and durations are µs.
type (
	spanJSON struct {
		TraceID    string      `json:"traceID"`
		SpanID     string      `json:"spanID"`
		Flags      uint32      `json:"flags,omitempty"`
		Operation  string      `json:"operationName"`
		References []reference `json:"references"`
		Start      int64       `json:"startTime"`
		Duration   int64       `json:"duration"`
		Tags       []tag       `json:"tags"`
		Logs       []log       `json:"logs"`
		Process    string      `json:"processID"`
		Warnings   []string    `json:"warnings"`
	}
	reference struct {
		Type    string `json:"refType"`
		TraceID string `json:"traceID"`
		SpanID  string `json:"spanID"`
	}
	log struct {
		At     int64 `json:"timestamp"`
		Fields []tag `json:"fields"`
	}
	process struct {
		Service string `json:"serviceName"`
		Tags    []tag  `json:"tags"`
	}
	tag struct {
		Key   string `json:"key"`
		Type  string `json:"type"`
		Value any    `json:"value"`
	}
)

const (
	childOf     = "CHILD_OF"
	followsFrom = "FOLLOWS_FROM"
	// sampled is the bit of W3C's flags, and of Jaeger's.
	sampled = 1
	// maxSafe is the greatest integer that JavaScript tells from the next; what is beyond goes as text.
	maxSafe = 1<<53 - 1
)

// converter makes Jaeger's spans of a trace's.
type converter struct {
	t         *timeline.Timeline
	processes map[processKey]string
	table     map[string]process
}

type processKey struct {
	resource [16]byte
	service  string
}

func newConverter(t *timeline.Timeline) *converter {
	return &converter{t: t, processes: map[processKey]string{}, table: map[string]process{}}
}

func (c *converter) span(r *timeline.Row) spanJSON {
	s := r.Span
	out := spanJSON{
		TraceID: idText(s.TraceID), SpanID: spanIDText(r.ID), Flags: s.Flags & sampled, Operation: s.Name, References: c.references(r),
		Start: micros(c.t.Start.Add(r.Start)), Duration: int64(r.Duration / time.Microsecond), Tags: tagsOf(s), Logs: make([]log, 0, len(s.Events)),
		Process: c.process(s), Warnings: warningsOf(r),
	}
	for i := range s.Events {
		e := &s.Events[i]
		l := log{At: micros(e.Time.Add(r.Skew)), Fields: make([]tag, 0, len(e.Attrs)+1)}
		if e.Name != "" && !has(e.Attrs, "event") {
			l.Fields = append(l.Fields, tag{"event", "string", e.Name})
		}
		l.Fields = appendTags(l.Fields, e.Attrs)
		out.Logs = append(out.Logs, l)
	}
	return out
}

// references are the parent, then what the links point to. A link to the parent says what kind of reference that is.
func (c *converter) references(r *timeline.Row) []reference {
	refs := make([]reference, 0, len(r.Span.Links)+1)
	parent := r.Span.ParentID
	if r.Parent >= 0 {
		parent = c.t.Rows[r.Parent].ID // made unique, as the span's own id is
	}
	if parent != 0 {
		refs = append(refs, reference{childOf, idText(r.Span.TraceID), spanIDText(parent)})
	}
	for i := range r.Span.Links {
		l := &r.Span.Links[i]
		kind := followsFrom
		for _, a := range l.Attrs {
			if a.Key == "opentracing.ref_type" && a.Text == "child_of" {
				kind = childOf
			}
		}
		if parent != 0 && l.TraceID == r.Span.TraceID && l.SpanID == r.Span.ParentID {
			refs[0].Type = kind
			continue
		}
		refs = append(refs, reference{kind, idText(l.TraceID), spanIDText(l.SpanID)})
	}
	return refs
}

// process is the key of what the span comes from in the table of processes.
func (c *converter) process(s *traces.Span) string {
	key := processKey{service: s.Service}
	if s.Resource != nil {
		key.resource = s.Resource.ID
	}
	name, ok := c.processes[key]
	if !ok {
		name = "p" + strconv.Itoa(len(c.processes)+1)
		c.processes[key] = name
		p := process{Service: s.Service, Tags: []tag{}}
		if s.Resource != nil {
			for i := range s.Resource.Attrs {
				if a := &s.Resource.Attrs[i]; a.Key != "service.name" {
					p.Tags = append(p.Tags, tagOf(a.Key, a))
				}
			}
		}
		c.table[name] = p
	}
	return name
}

// warningsOf a span are what its timeline had to correct or could not.
func warningsOf(r *timeline.Row) []string {
	var all []string
	add := func(flag timeline.Flags, text string) {
		if r.Flags&flag != 0 {
			all = append(all, text)
		}
	}
	add(timeline.Orphan, "invalid parent span IDs="+spanIDText(r.Span.ParentID)+"; the parent is not in this trace")
	add(timeline.Skewed, "This span's timestamps were adjusted by "+r.Skew.String()+", because the clocks of hosts differ")
	add(timeline.InProgress, "This span has not ended yet")
	add(timeline.CycleBroken, "The parent of this span is among its descendants")
	add(timeline.Duplicate, "Another span of this trace has the same ID")
	return all
}

// tagsOf a span are its attributes, and what else of it Jaeger's model has as tags.
func tagsOf(s *traces.Span) []tag {
	tags := make([]tag, 0, len(s.Attrs)+6)
	text := func(key, value string) {
		if value != "" {
			tags = append(tags, tag{key, "string", value})
		}
	}
	text("otel.scope.name", s.Scope.Name)
	text("otel.scope.version", s.Scope.Version)
	tags = appendTags(tags, s.Attrs)
	if s.Kind > traces.KindUnspecified && s.Kind <= traces.KindConsumer {
		text("span.kind", s.Kind.String())
	}
	switch s.Status {
	case traces.StatusError:
		text("otel.status_code", "ERROR")
		if !has(s.Attrs, "error") {
			tags = append(tags, tag{"error", "bool", true})
		}
	case traces.StatusOK:
		text("otel.status_code", "OK")
	}
	text("otel.status_description", s.StatusMessage)
	text("w3c.tracestate", s.TraceState)
	return tags
}

// appendTags adds attributes. The status of HTTP goes by its older name too, which is the one that Jaeger's clients know.
func appendTags(tags []tag, attrs []traces.Attr) []tag {
	for i := range attrs {
		a := &attrs[i]
		if a.Key == newHTTPStatus && !has(attrs, oldHTTPStatus) {
			tags = append(tags, tagOf(oldHTTPStatus, a))
		}
		tags = append(tags, tagOf(a.Key, a))
	}
	return tags
}

func has(attrs []traces.Attr, key string) bool {
	for i := range attrs {
		if attrs[i].Key == key {
			return true
		}
	}
	return false
}

func tagOf(key string, a *traces.Attr) tag {
	switch a.Type {
	case traces.ValueBool:
		return tag{key, "bool", a.Text == "true"}
	case traces.ValueInt:
		if n, err := strconv.ParseInt(a.Text, 10, 64); err == nil && n <= maxSafe && n >= -maxSafe {
			return tag{key, "int64", n}
		}
		return tag{key, "int64", a.Text}
	case traces.ValueFloat:
		if f, err := strconv.ParseFloat(a.Text, 64); err == nil && f-f == 0 { // finite
			return tag{key, "float64", f}
		}
		return tag{key, "float64", a.Text}
	case traces.ValueBytes:
		return tag{key, "binary", a.Text} // base64 on both sides
	}
	return tag{key, "string", a.Plain()}
}

func micros(t time.Time) int64 { return t.UnixMicro() }

// spanIDText keeps leading zeros, as Jaeger does.
func spanIDText(id traces.SpanID) string {
	if id == 0 {
		return "0000000000000000"
	}
	return id.String()
}
