package traces

import (
	"cmp"
	"strconv"

	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/filter"
)

// Value is the span's attribute, or its field as an attribute; the first of several. nil where it has none: a text that is empty is
// none either, unless it is an attribute's. The span is a whole one.
func (s *Span) Value(a filter.Attr) *Attr {
	switch a.Scope {
	case filter.Span:
		return find(s.Attrs, a.Key)
	case filter.Resource:
		return find(s.resourceAttrs(), a.Key)
	case filter.Any:
		return cmp.Or(find(s.Attrs, a.Key), find(s.resourceAttrs(), a.Key))
	case filter.Instrumentation:
		return find(s.Scope.Attrs, a.Key)
	case filter.Event:
		for _, e := range s.Events {
			if v := find(e.Attrs, a.Key); v != nil {
				return v
			}
		}
		return nil
	case filter.Link:
		for _, l := range s.Links {
			if v := find(l.Attrs, a.Key); v != nil {
				return v
			}
		}
		return nil
	}
	switch a.Key {
	case filter.DurationField:
		v := encode.IntAttr(a.Key, int64(s.Duration))
		return &v
	case filter.Root:
		return &Attr{Key: a.Key, Type: ValueBool, Text: strconv.FormatBool(s.ParentID == 0)}
	}
	if text := s.field(a.Key); text != "" {
		return &Attr{Key: a.Key, Text: text}
	}
	return nil
}

func (s *Span) resourceAttrs() []Attr {
	if s.Resource == nil {
		return nil
	}
	return s.Resource.Attrs
}

// field is an intrinsic as text.
func (s *Span) field(key string) string {
	switch key {
	case filter.Service:
		return s.Service
	case filter.ServiceType:
		return s.ServiceType
	case filter.Name:
		return s.Name
	case filter.Kind:
		return s.Kind.String()
	case filter.Class:
		return s.Class.String()
	case filter.Status:
		return s.Status.String()
	case filter.StatusMessage:
		return s.StatusMessage
	case filter.Env:
		return s.Env
	case filter.Namespace:
		return s.Namespace
	case filter.Version:
		return s.Version
	case filter.Peer:
		return s.PeerName
	case filter.PeerType:
		return s.PeerType
	case filter.TraceID:
		return s.TraceID.String()
	case filter.SpanID:
		return s.SpanID.String()
	case filter.ScopeName:
		return s.Scope.Name
	case filter.ScopeVersion:
		return s.Scope.Version
	case filter.EventName:
		if len(s.Events) > 0 {
			return s.Events[0].Name
		}
	case filter.LinkTraceID:
		if len(s.Links) > 0 {
			return s.Links[0].TraceID.String()
		}
	}
	return ""
}
