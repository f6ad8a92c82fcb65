// Package walk looks once over the protobuf of an OTLP trace request, without decoding or allocating: is it one, how deep do
// its attributes nest, how many spans are in it, and which of them can't be kept. It refuses to interpret anything else.
package walk

import (
	"encoding/binary"
	"errors"
	"math"
)

// ErrTooDeep is returned for an attribute that nests deeper than admission.MaxDepth.
var ErrTooDeep = errors.New("attribute is nested too deep")

// Errors of a body that is no ExportTraceServiceRequest.
var (
	errCut      = errors.New("message is cut short")
	errVarint   = errors.New("varint is longer than 64 bits")
	errField    = errors.New("field number is not positive")
	errWireType = errors.New("field has an illegal wire type")
	errKnown    = errors.New("field has another wire type than OTLP gives it")
	errTraceID  = errors.New("trace id does not have 16 bytes")
	errSpanID   = errors.New("span id does not have 8 bytes")
)

// Reason is why a span is rejected.
type Reason uint8

const (
	TraceIDZero Reason = iota
	SpanIDZero
	TooNew
	TooOld
	Reasons // how many there are
)

// String is the label that the reason is counted by.
func (r Reason) String() string {
	return [...]string{"invalid_trace_id", "invalid_span_id", "ts_future", "ts_expired"}[r]
}

// Window is when a kept span may start, Unix ns. A start that is missing or past int64 is the loader's to mend.
type Window struct {
	From, To uint64
}

// Result is what a walk found. Rejected may be kept from one walk to the next.
type Result struct {
	Items    uint32
	Rejected []uint32 // ordinals in document order
	Counts   [Reasons]uint32
	First    [Reasons]Offender // of each reason that has a count
}

// Offender is a rejected item.
type Offender struct {
	Ordinal uint32
	Time    uint64 // when it is, Unix ns
	Name    []byte // its name as it was sent, a part of the body
}

// FirstReason is why the first of the rejected items is. There must be one.
func (r *Result) FirstReason() Reason {
	for reason := range Reasons {
		if r.Counts[reason] > 0 && r.First[reason].Ordinal == r.Rejected[0] {
			return reason
		}
	}
	return 0
}

func (r *Result) reject(reason Reason, o Offender) {
	if r.Counts[reason] == 0 {
		r.First[reason] = o
	}
	r.Rejected = append(r.Rejected, o.Ordinal)
	r.Counts[reason]++
}

// Traces walks an ExportTraceServiceRequest. An error means that nothing of it can be taken.
func Traces(body []byte, w Window, r *Result) error {
	*r = Result{Rejected: r.Rejected[:0]}
	for p := 0; p < len(body); {
		f, err := next(body, p)
		if err != nil {
			return err
		}
		if f.num == 1 {
			if f.typ != typeBytes {
				return errKnown
			}
			if err := resourceSpans(body[f.lo:f.end], w, r); err != nil {
				return err
			}
		}
		p = f.end
	}
	return nil
}

// oldScopeSpans is the field of instrumentation libraries, from before there were scopes; it counts where there is no new one.
const oldScopeSpans = 1000

func resourceSpans(b []byte, w Window, r *Result) error {
	old, current := false, false
	for p := 0; p < len(b); {
		f, err := next(b, p)
		if err != nil {
			return err
		}
		p = f.end
		switch f.num {
		case 1, 2, 3, oldScopeSpans:
			if f.typ != typeBytes {
				return errKnown
			}
		default:
			continue
		}
		switch f.num {
		case 1:
			err = resource(b[f.lo:f.end])
		case 2:
			current = true
			err = scopeSpans(b[f.lo:f.end], w, r)
		case oldScopeSpans:
			old = true
		}
		if err != nil {
			return err
		}
	}
	if !old {
		return nil
	}
	var ignored Result
	if current {
		r = &ignored // they must be sound, but nobody reads them
	}
	for p := 0; p < len(b); {
		f, err := next(b, p)
		if err != nil {
			return err
		}
		p = f.end
		if f.num == oldScopeSpans {
			if err := scopeSpans(b[f.lo:f.end], w, r); err != nil {
				return err
			}
		}
	}
	return nil
}

func scopeSpans(b []byte, w Window, r *Result) error {
	for p := 0; p < len(b); {
		f, err := next(b, p)
		if err != nil {
			return err
		}
		p = f.end
		if f.num > 3 {
			continue
		}
		if f.typ != typeBytes {
			return errKnown
		}
		switch f.num {
		case 1:
			err = message(b[f.lo:f.end], &scopeFields)
		case 2:
			err = span(b[f.lo:f.end], w, r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// resource is a Resource: attributes, and references to entities.
func resource(b []byte) error {
	for p := 0; p < len(b); {
		f, err := next(b, p)
		if err != nil {
			return err
		}
		p = f.end
		if f.num < int32(len(resourceFields)) {
			if err := check(f, b, &resourceFields); err != nil {
				return err
			}
		}
	}
	return nil
}

func span(b []byte, w Window, r *Result) error {
	ordinal := r.Items
	r.Items++
	var traceID, spanID bool
	var start, end uint64
	var name []byte
	for p := 0; p < len(b); {
		// Nearly all bytes of a request are here: a field of one-byte tag and one-byte length, most of all an attribute.
		if p+1 < len(b) && b[p+1] < 0x80 {
			end := p + 2 + int(b[p+1])
			switch b[p] {
			case 9<<3 | typeBytes:
				if end <= len(b) && quick(b, p+2, end) {
					p = end
					continue
				}
			case 1<<3 | typeBytes:
				if end == p+18 && end <= len(b) {
					traceID = !zero(b[p+2 : end])
					p = end
					continue
				}
			case 2<<3 | typeBytes:
				if end == p+10 && end <= len(b) {
					spanID = !zero(b[p+2 : end])
					p = end
					continue
				}
			case 5<<3 | typeBytes:
				if end <= len(b) {
					name = b[p+2 : end]
					p = end
					continue
				}
			}
		}
		f, err := next(b, p)
		if err != nil {
			return err
		}
		p = f.end
		if f.num >= int32(len(spanFields)) {
			continue
		}
		kind := spanFields[f.num]
		if kind.typ != f.typ && kind.typ != typeAny {
			return errKnown
		}
		switch f.num {
		case 9:
			if err := keyValue(b[f.lo:f.end], 1); err != nil {
				return err
			}
		case 1:
			if n := f.end - f.lo; n != 16 && n != 0 {
				return errTraceID
			}
			traceID = !zero(b[f.lo:f.end])
		case 2:
			if n := f.end - f.lo; n != 8 && n != 0 {
				return errSpanID
			}
			spanID = !zero(b[f.lo:f.end])
		case 4:
			if n := f.end - f.lo; n != 8 && n != 0 {
				return errSpanID
			}
		case 5:
			name = b[f.lo:f.end]
		case 7:
			start = f.val
		case 8:
			end = f.val
		case 11:
			err = message(b[f.lo:f.end], &eventFields)
		case 13:
			err = link(b[f.lo:f.end])
		case 15:
			err = message(b[f.lo:f.end], &statusFields)
		}
		if err != nil {
			return err
		}
	}
	if start == 0 {
		start = end
	}
	var reason Reason
	switch {
	case !traceID:
		reason = TraceIDZero
	case !spanID:
		reason = SpanIDZero
	case start == 0 || start > math.MaxInt64:
		return nil
	case start > w.To:
		reason = TooNew
	case start < w.From:
		reason = TooOld
	default:
		return nil
	}
	r.reject(reason, Offender{Ordinal: ordinal, Time: start, Name: name})
	return nil
}

func link(b []byte) error {
	for p := 0; p < len(b); {
		f, err := next(b, p)
		if err != nil {
			return err
		}
		p = f.end
		if f.num >= int32(len(linkFields)) {
			continue
		}
		switch n := f.end - f.lo; {
		case f.num == 1 && f.typ == typeBytes && n != 16 && n != 0:
			return errTraceID
		case f.num == 2 && f.typ == typeBytes && n != 8 && n != 0:
			return errSpanID
		}
		if err := check(f, b, &linkFields); err != nil {
			return err
		}
	}
	return nil
}

// message checks a message that is told by its fields alone.
func message(b []byte, fields *[17]kind) error {
	for p := 0; p < len(b); {
		f, err := next(b, p)
		if err != nil {
			return err
		}
		p = f.end
		if f.num < int32(len(fields)) {
			if err := check(f, b, fields); err != nil {
				return err
			}
		}
	}
	return nil
}

// check compares a field with what its message says of it, and walks attributes.
func check(f field, b []byte, fields *[17]kind) error {
	k := fields[f.num]
	if k.typ == typeAny {
		return nil
	}
	if k.typ != f.typ {
		return errKnown
	}
	switch k.in {
	case isAttribute:
		return keyValue(b[f.lo:f.end], 1)
	case isEntity:
		return message(b[f.lo:f.end], &entityFields)
	}
	return nil
}

// zero says that an id is empty or all zeros.
func zero(id []byte) bool {
	switch len(id) {
	case 16:
		return binary.LittleEndian.Uint64(id)|binary.LittleEndian.Uint64(id[8:]) == 0
	case 8:
		return binary.LittleEndian.Uint64(id) == 0
	}
	return true
}
