// Package segment turns X-Ray segment documents into OTLP spans: a span per segment and per embedded subsegment, under the names
// that OpenTelemetry's awsxray receiver gives their members, and with a place for the members that it drops. It is pure: no I/O,
// no clock, no state. It refuses to repair: a document that X-Ray would not take is answered with X-Ray's error code.
//
// Source of the format: AWS X-Ray developer guide, "Segment documents".
package segment

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

const (
	// MaxBytes is the largest document that X-Ray takes. It also bounds the subsegments, of about 60 bytes at least.
	MaxBytes = 64 << 10
	// MaxDepth is how deep subsegments may nest, the segment's own level included.
	MaxDepth = 64
)

// X-Ray's error codes of documents that are not taken.
const (
	CodeParse     = "ParseError"
	CodeTooLarge  = "SegmentTooLarge"
	CodeTooDeep   = "SegmentTooDeep"
	CodeMissingID = "MissingId"
	CodeBadID     = "InvalidId"
	CodeTraceID   = "InvalidTraceId"
	CodeParentID  = "InvalidParentId"
	CodeName      = "MissingName"
	CodeStart     = "InvalidStartTime"
	CodeEnd       = "InvalidEndTime"
)

// Error says why a document is not taken.
type Error struct {
	ID     string // of the segment or subsegment at fault, as sent; empty if it has none
	Code   string // one of the Codes
	Detail string // for people: which member, which value
}

// Error is in X-Ray's words, and then ours.
func (e *Error) Error() string {
	return fmt.Sprintf("Invalid segment. ErrorCode: %s (%s)", e.Code, e.Detail)
}

// TraceID and SpanID are ids as OTLP has them.
type (
	TraceID [16]byte
	SpanID  [8]byte
)

// Ref names a segment or subsegment.
type Ref struct {
	Trace TraceID
	Span  SpanID
}

// Document is a converted document.
type Document struct {
	ID          string // of the segment, as sent
	Ref         Ref
	Parent      SpanID // zero: none
	Independent bool   // a subsegment that was sent by itself
	Origin      string
	StartNs     uint64          // since 1970, of the segment itself
	Spans       []*tracepb.Span // the segment's own first, then its subsegments in the order of the document
	Resource    *resourcepb.Resource
}

// Owner is what is known of the segment that an independent subsegment belongs to: its document does not name its service.
type Owner struct {
	Resource *resourcepb.Resource // shared; not changed
	Origin   string
}

// Parse converts a document. Its errors are *Error.
//
// The resource of an independent subsegment is its own aws block's only, without a service: see Adopt.
func Parse(doc []byte) (*Document, error) {
	if len(doc) > MaxBytes {
		return nil, &Error{Code: CodeTooLarge, Detail: fmt.Sprintf("%d bytes; %d are taken", len(doc), MaxBytes)}
	}
	if !json.Valid(doc) {
		return nil, &Error{Code: CodeParse, Detail: "document is no JSON"}
	}
	o, ok := objectOf(doc)
	if !ok {
		return nil, &Error{Code: CodeParse, Detail: "document is no JSON object"}
	}
	d := &Document{ID: o.text("id"), Origin: o.text("origin")}
	d.Independent = strings.EqualFold(o.text("type"), "subsegment") || o.text("namespace") != ""
	text, ok := o.get("trace_id").str()
	if !ok {
		return nil, &Error{ID: d.ID, Code: CodeTraceID, Detail: "trace_id is missing"}
	}
	if d.Ref.Trace, ok = ParseTraceID(text); !ok {
		return nil, &Error{ID: d.ID, Code: CodeTraceID, Detail: fmt.Sprintf("trace_id %.64q is neither 1-8hex-24hex nor 32 hex digits", text)}
	}
	if d.Parent, ok = parentID(o); !ok {
		return nil, &Error{ID: d.ID, Code: CodeParentID, Detail: fmt.Sprintf("parent_id %.64q is not 16 hex digits", o.text("parent_id"))}
	}
	c := converter{doc: d}
	if err := c.add(o, d.Parent, 1); err != nil {
		return nil, err
	}
	own := d.Spans[0]
	d.Ref.Span, d.StartNs = SpanID(own.SpanId), own.StartTimeUnixNano
	d.Resource = resourceOf(o, d.Independent)
	return d, nil
}

// Adopt gives an independent subsegment the resource of the segment that it belongs to. What its own aws block says of the place
// it ran in stays.
func (d *Document) Adopt(owner Owner) {
	if owner.Resource == nil {
		return
	}
	merged := &resourcepb.Resource{Attributes: owner.Resource.Attributes[:len(owner.Resource.Attributes):len(owner.Resource.Attributes)]}
	known := map[string]bool{}
	for _, kv := range merged.Attributes {
		known[kv.Key] = true
	}
	for _, kv := range d.Resource.Attributes {
		if !known[kv.Key] {
			merged.Attributes = append(merged.Attributes, kv)
		}
	}
	d.Resource, d.Origin = merged, owner.Origin
}

// Owner is what independent subsegments inherit from this document.
func (d *Document) Owner() Owner { return Owner{Resource: d.Resource, Origin: d.Origin} }

// Service is the owner's name.
func (o Owner) Service() string {
	for _, kv := range o.Resource.GetAttributes() {
		if kv.Key == "service.name" {
			return kv.Value.GetStringValue()
		}
	}
	return ""
}

// Below makes the document's own span one that belongs to a service's request rather than being one. The function's segment below
// the one that the Lambda service sends of the same invocation is such.
func (d *Document) Below() { d.Spans[0].Kind = tracepb.Span_SPAN_KIND_INTERNAL }

// ParseTraceID reads X-Ray's spelling (1-8hex-24hex) and W3C's (32 hex digits). An id of zeros is none.
func ParseTraceID(s string) (id TraceID, ok bool) {
	if len(s) == 35 && s[:2] == "1-" && s[10] == '-' {
		s = s[2:10] + s[11:]
	}
	if len(s) != 32 {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(s))
	return id, err == nil && id != TraceID{}
}

func parseSpanID(s string) (id SpanID, ok bool) {
	if len(s) != 16 {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(s))
	return id, err == nil && id != SpanID{}
}

// parentID is the object's parent; none is one too.
func parentID(o object) (id SpanID, ok bool) {
	s, ok := o.get("parent_id").str()
	if !ok || s == "" {
		return id, o.get("parent_id").null() || ok
	}
	return parseSpanID(s)
}
