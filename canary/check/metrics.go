package check

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sightline/sightline/canary/api"
	"github.com/sightline/sightline/canary/content"
	"github.com/sightline/sightline/canary/report"
)

// The APIs that are read about metrics.
const (
	apiMetrics = "GET /api/metrics"
	apiPoints  = "GET /api/metrics/{name}/points"
)

var metricNames = []string{content.GaugeName, content.SumName, content.HistogramName}

// pointsOf are the points of a round by the names of their metrics.
func (c *Checker) pointsOf(seq int64) map[string]content.Fields {
	points := map[string]content.Fields{}
	for _, r := range c.Run.Metrics(seq).ResourceMetrics {
		for _, s := range r.ScopeMetrics {
			for _, m := range s.Metrics {
				points[m.Name] = content.PointFields(r.Resource, s.Scope, m)
			}
		}
	}
	return points
}

// findPoint is the check that says when the points of a round are visible: by the first of them.
func (c *Checker) findPoint(seq int64, acked bool) check {
	return c.lookForPoints(seq, acked, metricNames[:1])
}

// readPoints is the check of the others.
func (c *Checker) readPoints(seq int64, acked bool) check {
	return c.lookForPoints(seq, acked, metricNames[1:])
}

func (c *Checker) lookForPoints(seq int64, acked bool, names []string) check {
	return check{api: apiPoints, signal: content.Metrics, seq: seq, item: c.Run.Item(seq, 0), ask: func(ctx context.Context) ([]report.Finding, error) {
		sent := c.pointsOf(seq)
		maps.DeleteFunc(sent, func(name string, _ content.Fields) bool { return !slices.Contains(names, name) })
		s := newSeen(report.MissingPoint, sent)
		for _, name := range names {
			err := c.points(ctx, name, seq, seq, true, func(f content.Fields) { s.one(c.Run, name, f) })
			if err != nil {
				return nil, err
			}
		}
		return s.findings(acked), nil
	}}
}

// listMetrics wants the metric in the list of names.
func (c *Checker) listMetrics(first, last int64) check {
	return check{api: apiMetrics, signal: content.Metrics, item: c.Run.ID(), ask: func(ctx context.Context) ([]report.Finding, error) {
		var answer struct{ Metrics []struct{ Name string } }
		params := c.within("sightline.canary.", first, last)
		if err := c.API.Get(ctx, "/api/metrics", params, &answer); err != nil {
			return nil, err
		}
		var found []report.Finding
		for _, name := range metricNames {
			if !slices.ContainsFunc(answer.Metrics, func(m struct{ Name string }) bool { return m.Name == name }) {
				found = append(found, report.Finding{Category: report.NotFoundBySearch, Item: name, Detail: "the list of metrics does not have it"})
			}
		}
		return found, nil
	}}
}

// mostPoints is how many an answer may have.
const mostPoints = 50_000

// listPoints wants every point of rounds once, and no others. Of points that are there twice the API gives one: the accounts tell.
func (c *Checker) listPoints(states content.Fates, first, last int64) check {
	return check{api: apiPoints, signal: content.Metrics, item: c.Run.ID(), ask: func(ctx context.Context) ([]report.Finding, error) {
		there := map[string]int{}
		for from := first; from <= last; from += mostPoints / 5 {
			for _, name := range metricNames {
				err := c.points(ctx, name, from, min(last, from+mostPoints/5-1), false, func(f content.Fields) { there[name+" at "+f["time"]]++ })
				if err != nil {
					return nil, err
				}
			}
		}
		var found []report.Finding
		for seq, of := range states {
			s := newSeen(report.MissingPoint, map[string]content.Fields{})
			for _, name := range metricNames {
				id := name + " at " + nanos(c.Run.At(seq))
				s.sent[id], s.times[id] = nil, there[id]
				delete(there, id)
			}
			for _, f := range s.findings(of[content.Metrics] == content.Acked) {
				f.Item = c.Run.Item(seq, 0)
				found = append(found, f)
			}
		}
		for id := range there {
			found = append(found, report.Finding{Category: report.NeverSent, Item: id, Detail: "the point carries the run's name and was never sent"})
		}
		return found, nil
	}}
}

// number is one of the API: where JSON can't say it, a text.
type number string

func (n *number) UnmarshalJSON(b []byte) error {
	*n = number(strings.Trim(string(b), `"`))
	return nil
}

// float spells it as content does.
func (n number) float() string {
	v, err := strconv.ParseFloat(string(n), 64)
	if err != nil {
		return string(n)
	}
	return content.Float(v)
}

type pointSeries struct {
	Kind, Temporality, Unit, Description string
	Monotonic                            bool
	Attributes                           []attribute
	origin
	Exemplars []struct {
		PointTime  time.Time `json:"point_time"`
		Value      number
		TraceID    string `json:"trace_id"`
		SpanID     string `json:"span_id"`
		Attributes []attribute
	}
	Points []struct {
		Time           time.Time
		Start          *time.Time
		Type           string
		Value          number
		Count, Sum     number
		Bounds, Counts []number
	}
}

// points reads those of a metric of the run in rounds from first to last.
func (c *Checker) points(ctx context.Context, name string, first, last int64, exemplars bool, do func(content.Fields)) error {
	var answer struct {
		Series   []json.RawMessage
		Complete bool
		Reason   string
	}
	params := c.within("", first, last)
	params.Del("q")
	params.Set("match", `{canary.run=`+strconv.Quote(c.Run.ID())+`}`)
	params.Set("limit", fmt.Sprint(mostPoints))
	params.Set("exemplars", strconv.FormatBool(exemplars))
	if err := c.API.Get(ctx, "/api/metrics/"+url.PathEscape(name)+"/points", params, &answer); err != nil {
		return err
	}
	if !answer.Complete {
		return &api.Unreadable{Text: "the points of the run are not all given: " + answer.Reason}
	}
	for _, text := range answer.Series {
		var s pointSeries
		if err := json.Unmarshal(text, &s); err != nil {
			return &api.Unreadable{Text: fmt.Sprintf("read series: %v", err)}
		}
		for i := range s.Points {
			do(s.fields(name, i))
		}
	}
	return nil
}

// fields is the content of a point.
func (s *pointSeries) fields(name string, i int) content.Fields {
	p, f := &s.Points[i], content.Fields{}
	s.origin.fields(f)
	f.Set("name", name)
	f.Set("kind", s.Kind)
	if s.Temporality != "unspecified" {
		f.Set("temporality", s.Temporality)
	}
	if s.Kind == "sum" {
		f.Set("monotonic", strconv.FormatBool(s.Monotonic))
	}
	f.Set("unit", s.Unit)
	f.Set("description", s.Description)
	f.Set("time", nanos(p.Time))
	if p.Start != nil {
		f.Set("start", nanos(*p.Start))
	}
	addAttributes(f, "attribute ", s.Attributes)
	switch {
	case s.Kind == "histogram":
		f["count"], f["sum"] = string(p.Count), p.Sum.float()
		bounds := make([]string, len(p.Bounds))
		for k, b := range p.Bounds {
			bounds[k] = b.float()
		}
		f["bounds"], f["counts"] = "["+strings.Join(bounds, " ")+"]", fmt.Sprint(p.Counts)
	case p.Type == "double":
		f["value"] = "double:" + p.Value.float()
	default:
		f["value"] = p.Type + ":" + string(p.Value)
	}
	for _, x := range s.Exemplars {
		if x.PointTime.Equal(p.Time) {
			f.Set("exemplar trace id", x.TraceID)
			f.Set("exemplar span id", x.SpanID)
			f["exemplar value"] = x.Value.float()
			addAttributes(f, "attribute ", x.Attributes)
		}
	}
	return f
}
