package traceapi

import (
	"time"

	"github.com/sightline/sightline/query/servicemap"
	"github.com/sightline/sightline/storage/traces"
)

// steps of series. The rollups have minutes; every step is a whole number of them.
var steps = []time.Duration{
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour,
}

// Points of a series at most.
const (
	chartPoints     = 120
	sparklinePoints = 60
)

// grid is a time range in steps.
type grid struct {
	start time.Time
	step  time.Duration
	n     int
}

// gridOf covers the range with at most points steps.
func gridOf(r traces.Range, points int) grid {
	g := grid{}
	for _, g.step = range steps {
		if g.fit(r); g.n <= points {
			return g
		}
	}
	for g.n > points { // decades: weeks are too short
		g.step *= 2
		g.fit(r)
	}
	return g
}

// fit puts the start where storage's steps begin: they are counted from 1970.
func (g *grid) fit(r traces.Range) {
	step := int64(g.step / time.Second)
	from := r.From.Unix()
	g.start = time.Unix(from-((from%step)+step)%step, 0).UTC()
	g.n = int((r.To.Sub(g.start) + g.step - 1) / g.step)
}

// add sums a row into the point that it belongs to.
func (g grid) add(points []traces.Measure, at time.Time, m *traces.Measure) {
	if i, ok := g.index(at); ok {
		points[i].Add(m)
	}
}

// index is the step of a time; not ok for one outside, since storage extends a range to whole minutes.
func (g grid) index(at time.Time) (i int, ok bool) {
	i = int(at.Sub(g.start) / g.step)
	return i, !at.Before(g.start) && i < g.n
}

func (g grid) points() []traces.Measure { return make([]traces.Measure, g.n) }

type (
	seriesJSON struct {
		Step     int       `json:"step_s"`
		Start    time.Time `json:"start"`
		OK       []float64 `json:"ok"`
		Error    []float64 `json:"error"`
		Throttle []float64 `json:"throttle"`
		Fault    []float64 `json:"fault"`
		P50      []int64   `json:"p50_ns"`
		P95      []int64   `json:"p95_ns"`
		P99      []int64   `json:"p99_ns"`
	}
	sparklineJSON struct {
		Step     int       `json:"step_s"`
		Start    time.Time `json:"start"`
		Requests []float64 `json:"requests"`
		Fault    []float64 `json:"fault"`
		Failed   []float64 `json:"failed"` // errors, throttles and faults
		P95      []int64   `json:"p95_ns"`
	}
	bucketsJSON struct {
		Step     int       `json:"step_s"`
		Start    time.Time `json:"start"`
		Requests []float64 `json:"requests"`
		Bad      []float64 `json:"bad"`
	}
)

// list of one figure of every point.
func list[T any](points []traces.Measure, of func(m *traces.Measure) T) []T {
	out := make([]T, len(points))
	for i := range points {
		out[i] = of(&points[i])
	}
	return out
}

func rounded(of func(m *traces.Measure) float64) func(m *traces.Measure) float64 {
	return func(m *traces.Measure) float64 { return servicemap.Round(of(m)) }
}

func percentile(q float64) func(m *traces.Measure) int64 {
	return func(m *traces.Measure) int64 { return servicemap.Percentiles(m, q)[0] }
}

func (g grid) series(points []traces.Measure) seriesJSON {
	return seriesJSON{
		Step:     int(g.step / time.Second),
		Start:    g.start,
		OK:       list(points, rounded(func(m *traces.Measure) float64 { return m.OK })),
		Error:    list(points, rounded(func(m *traces.Measure) float64 { return m.Error })),
		Throttle: list(points, rounded(func(m *traces.Measure) float64 { return m.Throttle })),
		Fault:    list(points, rounded(func(m *traces.Measure) float64 { return m.Fault })),
		P50:      list(points, percentile(0.5)),
		P95:      list(points, percentile(0.95)),
		P99:      list(points, percentile(0.99)),
	}
}

func (g grid) sparkline(points []traces.Measure) sparklineJSON {
	return sparklineJSON{
		Step:     int(g.step / time.Second),
		Start:    g.start,
		Requests: list(points, rounded((*traces.Measure).Requests)),
		Fault:    list(points, rounded(func(m *traces.Measure) float64 { return m.Fault })),
		Failed:   list(points, rounded(func(m *traces.Measure) float64 { return m.Error + m.Throttle + m.Fault })),
		P95:      list(points, percentile(0.95)),
	}
}

func (g grid) buckets(points []traces.Measure) bucketsJSON {
	return bucketsJSON{
		Step:     int(g.step / time.Second),
		Start:    g.start,
		Requests: list(points, rounded((*traces.Measure).Requests)),
		Bad:      list(points, rounded(servicemap.Bad)),
	}
}
