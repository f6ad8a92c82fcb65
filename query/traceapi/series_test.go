package traceapi

import (
	"testing"
	"time"

	"github.com/sightline/sightline/storage/traces"
)

func TestGridCoversTheRangeInFewSteps(t *testing.T) {
	end := time.Date(2026, 5, 4, 10, 7, 31, 5, time.UTC)
	for _, window := range []time.Duration{1, time.Second, time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 30 * 24 * time.Hour, 400 * 24 * time.Hour, 100 * 365 * 24 * time.Hour} {
		r := traces.Range{From: end.Add(-window), To: end}
		g := gridOf(r, 60)
		last := g.start.Add(time.Duration(g.n) * g.step)
		if g.start.Unix()%int64(g.step/time.Second) != 0 {
			t.Errorf("%s: steps of %s begin at %s", window, g.step, g.start)
		}
		if g.n < 1 || g.n > 60 || g.start.After(r.From) || last.Before(r.To) || r.From.Sub(g.start) >= g.step || last.Sub(r.To) >= g.step {
			t.Errorf("%s: %d steps of %s from %s", window, g.n, g.step, g.start)
		}
	}
}

func TestMinutesOutsideOfTheGridAreLeftOut(t *testing.T) {
	from := time.Date(2026, 5, 4, 9, 0, 30, 0, time.UTC)
	g := gridOf(traces.Range{From: from, To: from.Add(2 * time.Minute)}, 60)
	points := g.points()
	for i := range 7 {
		g.add(points, from.Truncate(time.Minute).Add(time.Duration(i-2)*time.Minute), &traces.Measure{OK: 1})
	}
	if g.n != 3 || points[0].OK != 1 || points[1].OK != 1 || points[2].OK != 1 {
		t.Errorf("%d points: %+v", g.n, points)
	}
}
