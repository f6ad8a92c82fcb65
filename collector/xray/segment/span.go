package segment

import (
	"fmt"
	"strings"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// converter appends a document's spans.
type converter struct {
	doc *Document
}

// spanMembers have places of their own; other members are counted as dropped, as X-Ray drops them.
var spanMembers = map[string]bool{
	"name": true, "id": true, "trace_id": true, "parent_id": true, "start_time": true, "end_time": true, "in_progress": true, "type": true,
	"namespace": true, "origin": true, "resource_arn": true, "user": true, "service": true, "http": true, "aws": true, "error": true,
	"throttle": true, "fault": true, "cause": true, "annotations": true, "metadata": true, "subsegments": true, "precursor_ids": true,
	"sql": true, "links": true, "traced": true, "inferred": true,
	"Dummy": true, // of X-Ray's Go SDK, which means nothing to anybody else
}

// add appends the span of a segment or subsegment, and those of its subsegments.
func (c *converter) add(o object, parent SpanID, depth int) error {
	if depth > MaxDepth {
		return &Error{ID: c.doc.ID, Code: CodeTooDeep, Detail: fmt.Sprintf("subsegments nest more than %d levels deep", MaxDepth)}
	}
	s, err := c.span(o, parent, depth == 1)
	if err != nil {
		return err
	}
	c.doc.Spans = append(c.doc.Spans, s)
	subsegments, ok := o.get("subsegments").list()
	if !ok && !o.get("subsegments").null() {
		return &Error{ID: o.text("id"), Code: CodeParse, Detail: "subsegments is no array"}
	}
	for _, v := range subsegments {
		sub, ok := objectOf(v)
		if !ok {
			return &Error{ID: o.text("id"), Code: CodeParse, Detail: "a subsegment is no object"}
		}
		if err := c.add(sub, SpanID(s.SpanId), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (c *converter) span(o object, parent SpanID, top bool) (*tracepb.Span, error) {
	id, ok := o.get("id").str()
	if !ok || id == "" {
		return nil, &Error{ID: id, Code: CodeMissingID, Detail: "id is missing"}
	}
	spanID, ok := parseSpanID(id)
	if !ok {
		return nil, &Error{ID: id, Code: CodeBadID, Detail: fmt.Sprintf("id %.64q is not 16 hex digits", id)}
	}
	name := o.text("name")
	if name == "" {
		return nil, &Error{ID: id, Code: CodeName, Detail: "name is missing"}
	}
	s := &tracepb.Span{TraceId: c.doc.Ref.Trace[:], SpanId: spanID[:], Name: strings.ToValidUTF8(name, "\ufffd"), Kind: tracepb.Span_SPAN_KIND_SERVER}
	if parent != (SpanID{}) {
		s.ParentSpanId = parent[:]
	}
	if err := times(s, o, id); err != nil {
		return nil, err
	}
	var a attrs
	for i, m := range o {
		if !spanMembers[m.key] && !o.repeated(i) {
			a.dropped++
		}
	}
	if !top || c.doc.Independent {
		s.Kind = tracepb.Span_SPAN_KIND_INTERNAL
		namespace(s, o, &a)
	}
	plain(o, &a)
	putHTTP(o.object("http"), &a)
	putAWS(o.object("aws"), top, c.doc.Independent, &a)
	putSQL(o, &a)
	putMetadata(o.get("metadata"), &a)
	putAnnotations(o.object("annotations"), &a)
	s.Links, s.DroppedLinksCount = links(o.get("links"))
	putCause(s, o.get("cause"), &a)
	putOutcome(s, o, &a)
	s.Attributes, s.DroppedAttributesCount = a.list, a.dropped
	return s, nil
}

func times(s *tracepb.Span, o object, id string) error {
	literal, ok := o.get("start_time").number()
	if !ok {
		return &Error{ID: id, Code: CodeStart, Detail: "start_time is missing or no number"}
	}
	if s.StartTimeUnixNano, ok = epochNs(literal); !ok {
		return &Error{ID: id, Code: CodeStart, Detail: fmt.Sprintf("start_time %.32s is no time in epoch seconds", literal)}
	}
	end := o.get("end_time")
	if end.null() {
		return nil // in progress, whether it says so or not
	}
	if literal, ok = end.number(); !ok {
		return &Error{ID: id, Code: CodeEnd, Detail: "end_time is no number"}
	}
	if s.EndTimeUnixNano, ok = epochNs(literal); !ok {
		return &Error{ID: id, Code: CodeEnd, Detail: fmt.Sprintf("end_time %.32s is no time in epoch seconds", literal)}
	}
	return nil
}

// sends are the calls whose callee is a queue: what comes of them is another request.
var sends = map[string]bool{
	"SendMessage": true, "SendMessageBatch": true, "Publish": true, "PublishBatch": true, "PutEvents": true, "PutRecord": true, "PutRecords": true,
}

// namespace says what a subsegment calls: a service of AWS, something else, or nothing.
func namespace(s *tracepb.Span, o object, a *attrs) {
	switch ns := o.text("namespace"); ns {
	case "":
		return
	case "aws":
		s.Kind = tracepb.Span_SPAN_KIND_CLIENT
		if sends[o.object("aws").text("operation")] {
			s.Kind = tracepb.Span_SPAN_KIND_PRODUCER
		}
		a.putString("rpc.system", "aws-api")
		a.putString("rpc.service", s.Name)
	case "remote":
		s.Kind = tracepb.Span_SPAN_KIND_CLIENT
		if o.get("sql").null() {
			a.putString("peer.service", s.Name) // X-Ray's name of the node
		}
	default:
		a.putString("aws.xray.namespace", ns)
	}
}

// plain puts the members that are attributes as they are.
func plain(o object, a *attrs) {
	if b, ok := o.get("in_progress").truth(); ok {
		a.put("aws.xray.inprogress", boolValue(b))
	}
	for _, m := range [...]struct{ member, key string }{
		{"user", "enduser.id"}, {"traced", "aws.xray.traced"}, {"precursor_ids", "aws.xray.precursor_ids"}, {"inferred", "aws.xray.inferred"},
		{"type", "aws.xray.type"},
	} {
		a.member(m.key, o.get(m.member))
	}
}

// links are the document's; those without ids count as dropped.
func links(v value) (out []*tracepb.Span_Link, dropped uint32) {
	all, _ := v.list()
	for _, e := range all {
		o, _ := objectOf(e)
		trace, ok := ParseTraceID(o.text("trace_id"))
		span, ok2 := parseSpanID(o.text("id"))
		if !ok || !ok2 {
			dropped++
			continue
		}
		var a attrs
		a.members("", o.object("attributes"), nil)
		out = append(out, &tracepb.Span_Link{TraceId: trace[:], SpanId: span[:], Attributes: a.list})
	}
	return out, dropped
}

// putMetadata keeps each namespace as its JSON.
func putMetadata(v value, a *attrs) {
	o, ok := objectOf(v)
	if !ok {
		if !v.null() {
			a.putString("aws.xray.metadata", v.compact())
		}
		return
	}
	for i, m := range o {
		if !o.repeated(i) {
			a.putString("aws.xray.metadata."+m.key, m.val.compact())
		}
	}
}

// putAnnotations puts them under their own names, which the list aws.xray.annotations has. One that is called as an attribute of
// the span does not replace it.
func putAnnotations(o object, a *attrs) {
	var names []string
	for i, m := range o {
		if o.repeated(i) {
			continue
		}
		key := m.key
		if a.get(key) != nil {
			key = "aws.xray.annotation." + key
		}
		if v := anyValue(m.val); v != nil {
			a.put(key, v)
			names = append(names, m.key)
		}
	}
	if len(names) > 0 {
		a.put("aws.xray.annotations", stringsValue(names))
	}
}
