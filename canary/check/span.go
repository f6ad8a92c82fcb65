package check

import (
	"context"
	"fmt"
	"strconv"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/sightline/sightline/canary/content"
)

// attribute is one as the API spells it.
type attribute struct{ Key, Type, Value string }

// spelled is the value as content spells it.
func (a attribute) spelled() string {
	switch a.Type {
	case "double":
		if v, err := strconv.ParseFloat(a.Value, 64); err == nil {
			return "double:" + content.Float(v)
		}
	case "json":
		v := &commonpb.AnyValue{}
		if protojson.Unmarshal([]byte(a.Value), v) == nil {
			return content.Value(v)
		}
	}
	return a.Type + ":" + a.Value
}

func addAttributes(f content.Fields, prefix string, attrs []attribute) {
	for _, a := range attrs {
		f.Attr(prefix+a.Key, a.spelled())
	}
}

// origin is where an item came from, as the API spells it.
type origin struct {
	Resource struct {
		Attributes []attribute
		Dropped    uint64 `json:"dropped_attributes"`
	}
	Scope struct {
		Name, Version string
		Attributes    []attribute
	}
}

func (o *origin) fields(f content.Fields) {
	addAttributes(f, "resource.", o.Resource.Attributes)
	f.Set("resource dropped", fmt.Sprint(o.Resource.Dropped))
	f.Set("scope name", o.Scope.Name)
	f.Set("scope version", o.Scope.Version)
	addAttributes(f, "scope.", o.Scope.Attributes)
}

// details reads everything about one span.
func (c *Checker) details(ctx context.Context, trace, span string, s *seen) error {
	var answer struct {
		Spans []struct {
			TraceID       string `json:"trace_id"`
			SpanID        string `json:"span_id"`
			ParentID      string `json:"parent_id"`
			Name          string
			Kind          string
			Status        string
			StatusMessage string `json:"status_message"`
			Start         string
			Duration      int64  `json:"duration_ns"`
			TraceState    string `json:"trace_state"`
			Flags         uint64
			Attributes    []attribute
			Dropped       uint64 `json:"dropped_attributes"`
			origin
			Events []struct {
				Time, Name string
				Attributes []attribute
			}
			Links []struct {
				TraceID    string `json:"trace_id"`
				SpanID     string `json:"span_id"`
				Attributes []attribute
			}
		}
	}
	if err := c.API.Get(ctx, "/api/traces/"+trace+"/spans/"+span, nil, &answer); err != nil {
		return err
	}
	for i := range answer.Spans {
		v, f := &answer.Spans[i], content.Fields{}
		v.fields(f)
		f.Set("trace id", v.TraceID)
		f.Set("span id", v.SpanID)
		f.Set("parent id", v.ParentID)
		f.Set("name", v.Name)
		f.Set("kind", fmt.Sprint(int(kinds[v.Kind])))
		f.Set("start", v.Start)
		if start, err := strconv.ParseInt(v.Start, 10, 64); err == nil {
			f.Set("end", strconv.FormatInt(start+v.Duration, 10))
		}
		f.Set("flags", fmt.Sprint(v.Flags))
		f.Set("trace state", v.TraceState)
		f.Set("status", fmt.Sprint(int(statuses[v.Status])))
		f.Set("status message", v.StatusMessage)
		addAttributes(f, "attribute ", v.Attributes)
		f.Set("dropped attributes", fmt.Sprint(v.Dropped))
		for k, e := range v.Events {
			p := fmt.Sprintf("event %d ", k)
			f.Set(p+"name", e.Name)
			f.Set(p+"time", e.Time)
			addAttributes(f, p, e.Attributes)
		}
		for k, l := range v.Links {
			p := fmt.Sprintf("link %d ", k)
			f.Set(p+"trace id", l.TraceID)
			f.Set(p+"span id", l.SpanID)
			addAttributes(f, p, l.Attributes)
		}
		s.one(c.Run, v.SpanID, f)
	}
	return nil
}
