package tempo_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// searchByTraceQL asks for what the engine finds; what it finds and why is tested beside it.
func searchByTraceQL(t *testing.T, s *server) {
	f := func(query, params, want string) {
		t.Helper()
		var got found
		s.get(t, "/api/search?"+q(query)+params, &got)
		if got.ids() != want {
			t.Errorf("%s finds %s, want %s", query, got.ids(), want)
		}
	}
	f(`{ }`, "", "6 5 4 3 2 1")
	f(`{ }`, "&limit=2", "6 5")
	f(`{ resource.service.name = "checkout" && status = error }`, "", "6 3")
	f(`{ name = "POST /buy" } >> { name = "SELECT orders" && .db.system.name = "postgresql" }`, "", "6 5 4 3 2 1")
	f(`{ name = "SELECT orders" } >> { name = "POST /buy" }`, "", "")
	f(`{ trace:duration >= 500ms }`, "", "6 5")
	f(`{ }`, fmt.Sprintf("&start=%d&end=%d", s.start.Add(time.Minute).Unix(), s.start.Add(3*time.Minute).Unix()), "3 2")

	var got found
	s.get(t, "/api/search?spss=2&limit=1&"+q(`{ resource.service.name = "checkout" } | select(span.retries, status, nestedSetParent)`), &got)
	one := got.Traces[0]
	if len(one.TraceID) != 32 || one.RootServiceName != "web" || one.RootTraceName != "POST /buy" || one.DurationMs != 600 || one.SpanSet != nil ||
		one.Start != fmt.Sprint(s.start.Add(5*time.Minute).UnixNano()) || one.ServiceStats["checkout"].SpanCount != 2 || one.ServiceStats["checkout"].ErrorCount != 1 {
		t.Errorf("%+v", one)
	}
	if len(one.SpanSets) != 1 || one.SpanSets[0].Matched != 2 || len(one.SpanSets[0].Spans) != 2 {
		t.Fatalf("%+v", one.SpanSets)
	}
	texts := map[string]string{}
	for _, span := range one.SpanSets[0].Spans {
		var attrs []string
		for _, a := range span.Attributes {
			for kind, v := range a.Value {
				attrs = append(attrs, fmt.Sprintf("%s=%s:%v", a.Key, kind, v))
			}
		}
		slices.Sort(attrs)
		texts[span.SpanID] = span.Name + " " + span.DurationNanos + " " + strings.Join(attrs, " ")
	}
	if got, want := texts["0600000000000002"], "charge card 590000000 nestedSetParent=intValue:1 retries=intValue:6 service.name=stringValue:checkout status=stringValue:error"; got != want {
		t.Errorf("span %s, want %s", got, want)
	}

	s.get(t, "/api/search?spss=1&limit=1&"+q(`{ } | by(resource.service.name) | count() > 1`), &got)
	if sets := got.Traces[0].SpanSets; len(sets) != 1 || sets[0].Matched != 2 || len(sets[0].Spans) != 1 || len(sets[0].Attributes) == 0 {
		t.Errorf("%+v", sets)
	}
	if m := got.Metrics; m.CompletedJobs != 1 || m.TotalJobs != 1 || m.InspectedTraces == 0 || m.InspectedSpans == "" {
		t.Errorf("%+v", m)
	}
}

type ranged struct {
	Series []struct {
		Labels  []keyValue
		Samples []struct {
			TimestampMs string
			Value       float64
		}
		Exemplars []struct {
			Labels      []keyValue
			Value       float64
			TimestampMs string
		}
	}
	Metrics struct{ CompletedJobs, TotalJobs int }
}

// sums are the series' labels, and their samples added up.
func (r *ranged) sums() string {
	var lines []string
	for _, s := range r.Series {
		sum := 0.0
		for _, v := range s.Samples {
			sum += v.Value
		}
		lines = append(lines, fmt.Sprintf("%s %.3g", labels(s.Labels), sum))
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}

func labels(list []keyValue) string {
	var texts []string
	for _, l := range list {
		for kind, v := range l.Value {
			texts = append(texts, fmt.Sprintf("%s=%s:%v", l.Key, kind, v))
		}
	}
	return strings.Join(texts, ",")
}

func metricsOfTraceQL(t *testing.T, s *server) {
	f := func(query, params, want string) {
		t.Helper()
		var got ranged
		s.get(t, "/api/metrics/query_range?"+q(query)+params, &got)
		if sums := got.sums(); sums != want {
			t.Errorf("%s: %s, want %s", query, sums, want)
		}
	}
	// A span of checkout's stands for two, by its tracestate.
	f(`{ } | count_over_time() by (resource.service.name)`, "", "resource.service.name=stringValue:checkout 18; resource.service.name=stringValue:web 6")
	f(`{ status = error } | count_over_time() by (status)`, "&since=30m&step=1m", "status=stringValue:error 4")
	f(`{ name = "POST /buy" } | rate()`, "&step=60s", "__name__=stringValue:rate 0.1")

	var got ranged
	in := fmt.Sprintf("&start=%d&end=%d", s.start.Add(-time.Minute).UnixNano(), s.start.Add(10*time.Minute).UnixNano())
	s.get(t, "/api/metrics/query_range?exemplars=4&step=30s&"+q(`{ name = "POST /buy" } | quantile_over_time(duration, .5, .9)`)+in, &got)
	if len(got.Series) != 2 || !strings.Contains(labels(got.Series[0].Labels), "p=doubleValue:0.5") {
		t.Fatalf("%+v", got)
	}
	n := 0
	for _, series := range got.Series {
		for _, e := range series.Exemplars {
			n++
			if e.Labels[0].Key != "trace:id" || len(e.Labels[0].Value["stringValue"].(string)) != 32 || len(e.TimestampMs) != 13 {
				t.Errorf("exemplar %+v", e)
			}
		}
		for i, v := range series.Samples {
			if !strings.HasSuffix(v.TimestampMs, "000") || i > 0 && v.TimestampMs <= series.Samples[i-1].TimestampMs {
				t.Errorf("sample %+v", v)
			}
		}
	}
	if n == 0 || n > 4 {
		t.Errorf("%d exemplars", n)
	}

	var instant struct {
		Series []struct {
			Labels []keyValue
			Value  float64
		}
		Metrics struct{ CompletedJobs, TotalJobs int }
	}
	s.get(t, "/api/metrics/query?"+q(`{ status = error } | count_over_time() by (resource.service.name)`)+in, &instant)
	if len(instant.Series) != 1 || labels(instant.Series[0].Labels) != "resource.service.name=stringValue:checkout" || instant.Series[0].Value != 4 {
		t.Errorf("%+v", instant)
	}
	s.get(t, "/api/metrics/query?since=1h&"+q(`{ name = "POST /buy" } | max_over_time(duration) by (name)`), &instant)
	if len(instant.Series) != 1 || labels(instant.Series[0].Labels) != "name=stringValue:POST /buy" || fmt.Sprintf("%.3g", instant.Series[0].Value) != "0.6" {
		t.Errorf("%+v", instant)
	}
}
