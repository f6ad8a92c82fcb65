// Package traces keeps spans in ClickHouse and reads them back: the tables' one Go declaration, the writer that turns OTLP
// protobuf into Native columns, the readers, and the rollups behind the service map. It does not interpret traces: order,
// critical path and skew are query/timeline's.
package traces

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/encode"
)

// ErrNotFound is returned where a trace or span that was asked for is not stored (or no longer).
var ErrNotFound = errors.New("not found")

// TraceID is a W3C trace id: 16 bytes, all zero is invalid.
type TraceID [16]byte

// ParseTraceID accepts the W3C spelling (32 hex digits, any case) and X-Ray's ("1-" 8 hex "-" 24 hex).
func ParseTraceID(s string) (TraceID, error) {
	var id TraceID
	digits := s
	if len(s) == 35 && s[0] == '1' && s[1] == '-' && s[10] == '-' {
		digits = s[2:10] + s[11:]
	}
	if len(digits) != 32 {
		return id, fmt.Errorf("parse trace id %q: want 32 hex digits or 1-8hex-24hex", s)
	}
	if _, err := hex.Decode(id[:], []byte(strings.ToLower(digits))); err != nil {
		return id, fmt.Errorf("parse trace id %q: %w", s, err)
	}
	return id, nil
}

// String is the W3C spelling, lower case.
func (id TraceID) String() string { return hex.EncodeToString(id[:]) }

// XRay is the spelling of AWS X-Ray, 1-8hex-24hex.
func (id TraceID) XRay() string {
	s := id.String()
	return "1-" + s[:8] + "-" + s[8:]
}

// SpanID is a W3C span id read big-endian; 0 means none.
type SpanID uint64

// ParseSpanID accepts 16 hex digits.
func ParseSpanID(s string) (SpanID, error) {
	if len(s) != 16 {
		return 0, fmt.Errorf("parse span id %q: want 16 hex digits", s)
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		return 0, fmt.Errorf("parse span id %q: %w", s, err)
	}
	return SpanID(binary.BigEndian.Uint64(b)), nil
}

// String is 16 lower-case hex digits; the empty string for no id.
func (id SpanID) String() string {
	if id == 0 {
		return ""
	}
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(id))
	return hex.EncodeToString(b[:])
}

// Kind is OTLP's SpanKind as it was sent; values past KindConsumer are kept and shown as unspecified.
type Kind int32

const (
	KindUnspecified Kind = iota
	KindInternal
	KindServer
	KindClient
	KindProducer
	KindConsumer
)

var kindNames = [...]string{"unspecified", "internal", "server", "client", "producer", "consumer"}

func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return kindNames[KindUnspecified]
	}
	return kindNames[k]
}

// Status is OTLP's status code as it was sent: 0 unset, 1 ok, 2 error.
type Status int32

const (
	StatusUnset Status = iota
	StatusOK
	StatusError
)

var statusNames = [...]string{"unset", "ok", "error"}

func (s Status) String() string {
	if s < 0 || int(s) >= len(statusNames) {
		return statusNames[StatusUnset]
	}
	return statusNames[s]
}

// Class is how a request ended by X-Ray's rules; every completed request is exactly one of the four.
type Class uint8

const (
	ClassOK       Class = iota
	ClassError          // the caller's fault: HTTP 4xx but 429
	ClassThrottle       // HTTP 429 and what AWS services call throttling
	ClassFault          // the callee's fault: HTTP 5xx, or a failed span with no HTTP status
)

var classNames = [...]string{"ok", "error", "throttle", "fault"}

func (c Class) String() string {
	if int(c) >= len(classNames) {
		return classNames[ClassOK]
	}
	return classNames[c]
}

// State tells complete spans from those whose end has not arrived.
type State uint8

const (
	StateComplete State = iota
	StateInProgress
)

// Attributes of spans, as of every signal.
type (
	ValueType = encode.ValueType
	Attr      = encode.Value
)

// Types of values.
const (
	ValueString = encode.ValueString
	ValueBool   = encode.ValueBool
	ValueInt    = encode.ValueInt
	ValueFloat  = encode.ValueFloat
	ValueBytes  = encode.ValueBytes
	ValueJSON   = encode.ValueJSON
	ValueEmpty  = encode.ValueEmpty
)

// Event is a span event; Time is absolute.
type Event struct {
	Time         time.Time
	Name         string
	Attrs        []Attr
	DroppedAttrs uint32
}

// Link points to another span, perhaps of another trace.
type Link struct {
	TraceID      TraceID
	SpanID       SpanID
	TraceState   string
	Flags        uint32
	Attrs        []Attr
	DroppedAttrs uint32
}

// Span is one stored span. List readers leave Attrs, Events, Links and Resource nil where they say so.
type Span struct {
	TraceID       TraceID
	SpanID        SpanID
	ParentID      SpanID
	TraceState    string
	Flags         uint32
	Name          string
	Kind          Kind
	Start         time.Time     // UTC, ns
	Duration      time.Duration // never negative
	Status        Status
	StatusMessage string
	State         State

	Service     string
	ServiceType string
	Namespace   string
	Env         string
	Version     string

	Class    Class
	PeerType string // '' when the span talks to nothing that can be named
	PeerName string
	Weight   float64 // requests that this sampled span stands for

	HTTPStatus uint16 // 0: none
	NumEvents  int
	NumLinks   int

	Attrs         []Attr // in the order key
	DroppedAttrs  uint32
	Events        []Event
	DroppedEvents uint32
	Links         []Link
	DroppedLinks  uint32
	Scope         Scope
	Resource      *Resource
}

// Scope is the instrumentation scope that made the span.
type Scope struct {
	Name, Version, SchemaURL string
	Attrs                    []Attr
	DroppedAttrs             uint32
}

// Resource is what the telemetry comes from.
type Resource struct {
	ID           [16]byte
	SchemaURL    string
	Attrs        []Attr
	DroppedAttrs uint32
}

// Range is a half-open stretch of time, [From, To).
type Range struct{ From, To time.Time }
