package report

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sightline/sightline/canary/content"
)

func TestExitCodes(t *testing.T) {
	f := func(want int, acknowledged int, found ...Category) {
		t.Helper()
		r := New("r")
		r.Signals[content.Traces].Acknowledged = acknowledged
		for _, c := range found {
			r.Checked("an API", []Finding{{Category: c}})
		}
		r.End()
		if got := r.ExitCode(); got != want {
			t.Errorf("%d acknowledged, %v: status %d, want %d (%s)", acknowledged, found, got, want, r.Verdict)
		}
	}
	f(0, 1)
	f(2, 0)
	f(1, 1, MissingSpans)
	f(1, 1, MissingSpans, ReadFailed)
	f(2, 1, ReadFailed)
	f(2, 1, NotAccepted)
	f(1, 0, Rejected)
}

func TestMetricsCanBeGathered(t *testing.T) {
	r := New("r")
	r.Of(content.Logs, func(s *Signal) { s.Acknowledged++; s.SeenAfter(time.Second) })
	r.Checked("an API", []Finding{{Category: Duplicate, API: "an API"}})
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(r); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			name := f.GetName()
			for _, l := range m.Label {
				name += " " + l.GetValue()
			}
			got[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	for name, want := range map[string]float64{
		"sightline_canary_requests_total acknowledged logs":   1,
		"sightline_canary_requests_total acknowledged traces": 0,
		"sightline_canary_freshness_seconds 0.99 logs":        1,
		"sightline_canary_problems_total duplicate":           1,
		"sightline_canary_problems_total missing_log":         0,
		"sightline_canary_checks_total an API":                1,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s is %v, %v, want %v", name, v, ok, want)
		}
	}
}
