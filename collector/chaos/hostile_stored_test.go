package chaos_test

import (
	"encoding/hex"
	"strconv"
	"strings"
	"testing"
	"time"
)

// stored reads back what became of a request.
type stored struct {
	t *testing.T
	p *process
	q *delivery
}

// span is what the API tells of one.
type span struct {
	SpanID        string `json:"span_id"`
	ParentID      string `json:"parent_id"`
	Name          string `json:"name"`
	Service       string `json:"service"`
	Kind          string `json:"kind"`
	Status        string `json:"status"`
	Start         string `json:"start"`
	Duration      int64  `json:"duration_ns"`
	InProgress    bool   `json:"in_progress"`
	Attrs         []attr `json:"attributes"`
	Dropped       uint32 `json:"dropped_attributes"`
	DroppedEvents uint32 `json:"dropped_events"`
	DroppedLinks  uint32 `json:"dropped_links"`
	Events        []struct {
		Name  string `json:"name"`
		Attrs []attr `json:"attributes"`
	} `json:"events"`
	Links []struct{} `json:"links"`
}

type attr struct{ Key, Type, Value string }

// attr is an attribute as "type value"; "" if it is not there.
func (s *span) attr(key string) string {
	for _, a := range s.Attrs {
		if a.Key == key {
			return a.Type + " " + a.Value
		}
	}
	return ""
}

func (s *span) start() time.Time {
	ns, err := strconv.ParseInt(s.Start, 10, 64)
	if err != nil {
		at, _ := time.Parse(time.RFC3339Nano, s.Start) // zero if it is neither
		return at
	}
	return time.Unix(0, ns)
}

// all are the spans with the id of the i-th of the request.
func (s *stored) all(i int) []span {
	s.t.Helper()
	var found struct {
		Spans []span `json:"spans"`
	}
	path := "/api/traces/" + hex.EncodeToString(s.q.trace[:]) + "/spans/" + hex.EncodeToString(s.q.spans[i][:])
	if err := s.p.get(path, &found); err != nil {
		s.t.Error(err)
	}
	return found.Spans
}

// one is the only span with that id.
func (s *stored) one(i int) *span {
	s.t.Helper()
	all := s.all(i)
	if len(all) != 1 {
		s.t.Fatalf("there are %d spans", len(all))
	}
	return &all[0]
}

// sanitized wants the span to be marked with these reasons and no others.
func (s *stored) sanitized(of *span, reasons ...string) {
	s.t.Helper()
	got := of.attr("sightline.sanitized")
	for _, r := range reasons {
		if !strings.Contains(got, `"`+r+`"`) {
			s.t.Errorf("it is not marked as %s: %q", r, got)
		}
	}
	if strings.Count(got, `"stringValue"`) != len(reasons) && len(reasons) > 0 || len(reasons) == 0 && got != "" {
		s.t.Errorf("it is marked as %q, want %q", got, reasons)
	}
}

// is wants attributes as "type value".
func (s *stored) is(of *span, attrs map[string]string) {
	s.t.Helper()
	for key, want := range attrs {
		if got := of.attr(key); got != want {
			s.t.Errorf("%.100q is %.200q, want %.200q", key, got, want)
		}
	}
}

// view is how many spans the trace's page shows.
func (s *stored) view() int {
	s.t.Helper()
	var found struct {
		Spans struct {
			ID []string `json:"id"`
		} `json:"spans"`
	}
	if err := s.p.get("/api/traces/"+hex.EncodeToString(s.q.trace[:]), &found); err != nil {
		s.t.Error(err)
	}
	return len(found.Spans.ID)
}
