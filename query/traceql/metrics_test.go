package traceql_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/query/traceql"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

func parsed(t *testing.T, text string) *traceql.Query {
	t.Helper()
	q, err := traceql.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return q
}

// told is series as text, those without a value left out.
func told(all []traceql.Series) string {
	var lines []string
	for _, s := range all {
		var b strings.Builder
		for _, l := range s.Labels {
			fmt.Fprintf(&b, "%s=%s ", l.Name, l.Value)
		}
		some := false
		for _, p := range s.Points {
			some = some || p.Value != 0
			if p.Value != 0 {
				fmt.Fprintf(&b, " %s:%.4g", p.Time.Sub(storagetest.Base), p.Value)
			}
		}
		if some {
			lines = append(lines, b.String())
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestMetricsAgainstOracle(t *testing.T) {
	m := &model{Rand: rand.New(rand.NewPCG(2, 7))}
	db := storagetest.Open(t)
	storagetest.Load(t, db, m.grow(40))
	engine := traceql.New(traces.NewReader(db))
	const from, to, step = 2 * 60 * 1000, 18 * 60 * 1000, 4 * 60 * 1000 // ms; steps begin at multiples of the step
	measures := []struct {
		text string
		of   func(spans []*modelSpan) float64
	}{
		{"count_over_time()", func(spans []*modelSpan) float64 { return float64(len(spans)) }},
		{"rate()", func(spans []*modelSpan) float64 { return float64(len(spans)) / (step / 1000) }},
		{"sum_over_time(duration)", func(spans []*modelSpan) float64 { return sumOf(spans, ms) / 1000 }},
		{"avg_over_time(span.n)", func(spans []*modelSpan) float64 { return sumOf(spans, n) / float64(len(having(spans, n))) }},
		{"min_over_time(span.n)", func(spans []*modelSpan) float64 { return slices.Min(having(spans, n)) }},
		{"max_over_time(duration)", func(spans []*modelSpan) float64 { return slices.Max(having(spans, ms)) / 1000 }},
		{"sum_over_time(span.n * 2)", func(spans []*modelSpan) float64 { return 2 * sumOf(spans, n) }},
	}
	labels := []struct {
		text  string
		value func(s *modelSpan) string
	}{
		{"name", func(s *modelSpan) string { return fmt.Sprintf("%q", s.name) }},
		{"kind", func(s *modelSpan) string { return s.kind }},
		{"span.region", func(s *modelSpan) string { return orNil(s.attrs["region"]) }},
		{".region", func(s *modelSpan) string {
			if own := orNil(s.attrs["region"]); own != "nil" {
				return own
			}
			return fmt.Sprintf("%q", s.region())
		}},
		{"resource.region", func(s *modelSpan) string { return fmt.Sprintf("%q", s.region()) }},
		{"resource.service.name", func(s *modelSpan) string { return fmt.Sprintf("%q", s.service) }},
		{"span.flag", func(s *modelSpan) string { return orNil(s.attrs["flag"]) }},
		{"span.http.response.status_code", func(s *modelSpan) string { return orNil(s.attrs["http.response.status_code"]) }},
	}
	for i := range 28 {
		measure, by := measures[i%len(measures)], labels[m.IntN(len(labels))]
		sel := m.selection(i / 21)
		text := sel.text + " | " + measure.text + " by (" + by.text + ")"
		got, err := engine.Range(t.Context(), traceql.Request{Project: "default", From: storagetest.Base.Add(from * time.Millisecond),
			To: storagetest.Base.Add(to * time.Millisecond), Query: parsed(t, text), Exemplars: i % 2}, step*time.Millisecond)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		series := map[string]map[int][]*modelSpan{}
		for _, tr := range m.traces {
			for _, s := range sel.spans(tr) {
				if s.start < from || s.start >= to {
					continue
				}
				if series[by.value(s)] == nil {
					series[by.value(s)] = map[int][]*modelSpan{}
				}
				series[by.value(s)][s.start/step] = append(series[by.value(s)][s.start/step], s)
			}
		}
		var lines []string
		for label, columns := range series {
			line, some := by.text+"="+label+" ", false
			for column := range to/step + 1 {
				if strings.Contains(measure.text, "span.n") && len(having(columns[column], n)) == 0 || len(columns[column]) == 0 {
					continue
				}
				if v := measure.of(columns[column]); v != 0 {
					line, some = line+fmt.Sprintf(" %s:%.4g", time.Duration(column*step)*time.Millisecond, v), true
				}
			}
			if some {
				lines = append(lines, line)
			}
		}
		slices.Sort(lines)
		if want := strings.Join(lines, "\n"); told(got) != want {
			t.Errorf("%s\ngot\n%s\nwant\n%s", text, told(got), want)
		}
	}
}

func ms(s *modelSpan) (float64, bool) { return float64(s.ms), true }
func n(s *modelSpan) (float64, bool)  { v, ok := s.attrs["n"].(int); return float64(v), ok }

func having(spans []*modelSpan, of func(s *modelSpan) (float64, bool)) (all []float64) {
	for _, s := range spans {
		if v, ok := of(s); ok {
			all = append(all, v)
		}
	}
	return all
}

func sumOf(spans []*modelSpan, of func(s *modelSpan) (float64, bool)) (sum float64) {
	for _, v := range having(spans, of) {
		sum += v
	}
	return sum
}

func orNil(v any) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case string:
		return fmt.Sprintf("%q", v)
	}
	return fmt.Sprint(v)
}

func TestMetrics(t *testing.T) {
	db := storagetest.Open(t)
	storagetest.Load(t, db, `load
  resource front region="eu"
  trace 1
    front  GET /a  0ms 100ms server  x=1
      front  SELECT  10ms 50ms client  :tracestate="ot=th:8"
      front  INSERT  60ms 20ms client  error
  trace 2 at 70s
    front  GET /b  0ms 400ms server  x=2
`)
	engine := traceql.New(traces.NewReader(db))
	req := traceql.Request{Project: "default", From: storagetest.Base, To: storagetest.Base.Add(2 * time.Minute)}
	for _, c := range []struct{ query, want string }{
		{"{ } | rate()", `__name__="rate"  0s:0.06667 1m0s:0.01667`},
		{"{ kind = client } | count_over_time()", `__name__="count_over_time"  0s:3`},
		{"{ name = `GET /a` } > { } | count_over_time() by (name)", "name=\"INSERT\"  0s:1\nname=\"SELECT\"  0s:2"},
		{"{ } | count_over_time() by (name) | topk(1)", "name=\"GET /b\"  1m0s:1\nname=\"SELECT\"  0s:2"},
		{"{ kind = client } | count_over_time() by (name) | bottomk(1)", "name=\"INSERT\"  0s:1"},
		{"{ } | count_over_time() by (name) > 1", `name="SELECT"  0s:2`},
		{"{ } | max_over_time(duration)", `__name__="max_over_time"  0s:0.1 1m0s:0.4`},
		{"{ kind = server } | histogram_over_time(duration)", "__bucket=0.134217728  0s:1\n__bucket=0.536870912  1m0s:1"},
		{"{ kind = server } | sum_over_time(span.x) by (resource.region)", `resource.region="eu"  0s:1 1m0s:2`},
		{"{ name = `GET /b` } | quantile_over_time(duration, 0.5)", `p=0.5  1m0s:0.4`},
		{"{ } | { kind = client } | rate() by (status)", "status=error  0s:0.01667\nstatus=unset  0s:0.03333"},
		{"{ } | sum_over_time(duration * 2) by (rootName)", "rootName=\"GET /a\"  0s:0.44\nrootName=\"GET /b\"  1m0s:0.8"},
	} {
		req.Query = parsed(t, c.query)
		series, err := engine.Range(t.Context(), req, time.Minute)
		if err != nil {
			t.Fatalf("%s: %v", c.query, err)
		}
		if got := told(series); got != c.want {
			t.Errorf("%s\ngot\n%s\nwant\n%s", c.query, got, c.want)
		}
	}
	req.Query = parsed(t, "{ } | count_over_time()")
	if series, err := engine.Instant(t.Context(), req); err != nil || len(series) != 1 || len(series[0].Points) != 1 || series[0].Points[0].Value != 5 {
		t.Errorf("instant: %v %v", series, err)
	}
	for _, query := range []string{"{ } | compare({ status = error })", "({ } | { true }) | compare({ status = error })"} {
		req.Query = parsed(t, query)
		series, err := engine.Instant(t.Context(), req)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		got := told(series)
		for _, want := range []string{`__meta_type="selection" name="INSERT"  2m0s:1`, `__meta_type="baseline" name="SELECT"  2m0s:2`, `__meta_type="baseline" span.x=1  2m0s:1`,
			`__meta_type="baseline" resource.region="eu"  2m0s:4`, `__meta_type="selection_total" name=nil  2m0s:1`, `__meta_type="baseline_total" span.x=nil  2m0s:4`, `__meta_type="baseline" kind=server  2m0s:2`} {
			if !slices.Contains(strings.Split(got, "\n"), want) {
				t.Errorf("%s: no %s in\n%s", query, want, got)
			}
		}
	}
}
