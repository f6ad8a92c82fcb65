package walk

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"
)

// A request, its resources and its scopes have the same shape in all signals:
//
//	request { repeated resource = 1 }
//	resource { Resource = 1; repeated scope = 2; schema_url = 3; repeated old scope = 1000 }
//	scope { InstrumentationScope = 1; repeated item = 2; schema_url = 3 }

// Traces walks an ExportTraceServiceRequest. An error means that nothing of it can be taken.
func Traces(body []byte, w Window, r *Result) error { return request(body, span, w, r) }

// Logs walks an ExportLogsServiceRequest. An error means that nothing of it can be taken.
func Logs(body []byte, w Window, r *Result) error { return request(body, logRecord, w, r) }

// Metrics walks an ExportMetricsServiceRequest; its items are data points. An error means that nothing of it can be taken.
func Metrics(body []byte, w Window, r *Result) error { return request(body, metric, w, r) }

// item walks what a scope has many of, and counts what is in it.
type item func(b []byte, w Window, r *Result) error

func request(body []byte, each item, w Window, r *Result) error {
	*r = Result{Rejected: r.Rejected[:0], Series: r.Series[:0], Metrics: r.Metrics[:0]}
	for p := 0; p < len(body); {
		f, err := next(body, p)
		if err != nil {
			return err
		}
		if f.num == 1 {
			if f.typ != typeBytes {
				return errKnown
			}
			if err := ofResource(body[f.lo:f.end], each, w, r); err != nil {
				return err
			}
		}
		p = f.end
	}
	return nil
}

// oldScope is the field of instrumentation libraries, from before there were scopes; it counts where there is no new one.
const oldScope = 1000

// ofResource walks what a resource sent.
func ofResource(b []byte, each item, w Window, r *Result) error {
	old, current := false, false
	first, named := r.Items, uint64(0)
	for p := 0; p < len(b); {
		f, err := next(b, p)
		if err != nil {
			return err
		}
		p = f.end
		switch f.num {
		case 1, 2, 3, oldScope:
			if f.typ != typeBytes {
				return errKnown
			}
		default:
			continue
		}
		switch f.num {
		case 1:
			if err = resource(b[f.lo:f.end]); w.Series {
				named = named*3 + xxh3.Hash(b[f.lo:f.end])
			}
		case 2:
			current = true
			err = ofScope(b[f.lo:f.end], each, w, r)
		case oldScope:
			old = true
		}
		if err != nil {
			return err
		}
	}
	if w.Series {
		defer func(r *Result) { r.mix(first, named) }(r)
	}
	if !old {
		return nil
	}
	if current {
		r = new(Result) // they must be sound, but nobody reads them
	}
	for p := 0; p < len(b); {
		f, err := next(b, p)
		if err != nil {
			return err
		}
		p = f.end
		if f.num == oldScope {
			if err := ofScope(b[f.lo:f.end], each, w, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// ofScope walks what a scope sent.
func ofScope(b []byte, each item, w Window, r *Result) error {
	first, named := r.Items, uint64(0)
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
			if err = message(b[f.lo:f.end], &scopeFields); w.Series {
				named = named*3 + xxh3.Hash(b[f.lo:f.end])
			}
		case 2:
			err = each(b[f.lo:f.end], w, r)
		}
		if err != nil {
			return err
		}
	}
	if w.Series {
		r.mix(first, named)
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
