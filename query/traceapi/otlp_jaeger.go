package traceapi

import (
	"fmt"
	"strconv"
	"time"

	"github.com/sightline/sightline/storage/traces"
)

// What Jaeger's page and its query API save: traces with processes beside their spans.
type (
	jaegerProcess struct {
		Service string      `json:"serviceName"`
		Tags    []jaegerTag `json:"tags"`
	}
	jaegerTag struct {
		Key   string `json:"key"`
		Type  string `json:"type"`
		Value any    `json:"value"`
	}
	jaegerSpan struct {
		TraceID    string `json:"traceID"`
		SpanID     string `json:"spanID"`
		Name       string `json:"operationName"`
		References []struct {
			Type    string `json:"refType"`
			TraceID string `json:"traceID"`
			SpanID  string `json:"spanID"`
		} `json:"references"`
		Start    int64       `json:"startTime"` // µs since 1970
		Duration int64       `json:"duration"`  // µs
		Tags     []jaegerTag `json:"tags"`
		Logs     []struct {
			Time   int64       `json:"timestamp"` // µs
			Fields []jaegerTag `json:"fields"`
		} `json:"logs"`
		Process string `json:"processID"`
	}
)

func (f *fileReader) spanOfJaeger(j *jaegerSpan) (s traces.Span, err error) {
	s = traces.Span{Name: j.Name, Start: time.UnixMicro(j.Start).UTC(), Duration: time.Duration(max(j.Duration, 0)) * time.Microsecond, NumEvents: len(j.Logs)}
	if s.TraceID, s.SpanID, err = idsOf(j.TraceID, j.SpanID); err != nil {
		return s, err
	}
	for _, ref := range j.References {
		id, span, err := idsOf(ref.TraceID, ref.SpanID)
		if err != nil {
			return s, err
		}
		if ref.Type == "CHILD_OF" && s.ParentID == 0 && id == s.TraceID {
			s.ParentID = span
		} else {
			s.Links = append(s.Links, traces.Link{TraceID: id, SpanID: span})
		}
	}
	s.NumLinks = len(s.Links)
	for _, a := range f.attrsOfJaeger(j.Tags) {
		switch {
		case a.Key == "span.kind":
			s.Kind = kinds[a.Text]
		case a.Key == "otel.status_code":
			s.Status = map[string]traces.Status{"OK": traces.StatusOK, "ERROR": traces.StatusError}[a.Text]
		case a.Key == "error" && a.Text == "true":
			s.Status = traces.StatusError
		case a.Key == "otel.status_description":
			s.StatusMessage = a.Text
		default:
			s.Attrs = append(s.Attrs, a)
		}
	}
	for _, l := range j.Logs {
		e := traces.Event{Time: time.UnixMicro(l.Time).UTC()}
		for _, a := range f.attrsOfJaeger(l.Fields) {
			if a.Key == "event" && e.Name == "" {
				e.Name = a.Text
			} else {
				e.Attrs = append(e.Attrs, a)
			}
		}
		s.Events = append(s.Events, e)
	}
	return s, nil
}

func (f *fileReader) attrsOfJaeger(tags []jaegerTag) []traces.Attr {
	var out []traces.Attr
	for _, t := range tags {
		a := traces.Attr{Key: f.key(t.Key)}
		switch v := t.Value.(type) {
		case string:
			a.Text = v
		case bool:
			a.Type, a.Text = traces.ValueBool, strconv.FormatBool(v)
		case float64:
			a.Type, a.Text = traces.ValueFloat, strconv.FormatFloat(v, 'g', -1, 64)
			if t.Type == "int64" {
				a.Type, a.Text = traces.ValueInt, strconv.FormatInt(int64(v), 10)
			}
		default:
			a.Text = fmt.Sprint(v)
		}
		out = append(out, a)
	}
	return out
}
