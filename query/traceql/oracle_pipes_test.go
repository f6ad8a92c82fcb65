package traceql_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sightline/sightline/query/traceql"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

// figure is a number of a trace's spans, as text and as what it means: its value, if it has one, and the spans that it is made of.
type figure struct {
	text string
	of   func(t *modelTrace) (value float64, ok bool, spans []*modelSpan)
}

// figure makes a random one of a pipeline, or of two.
func (m *model) figure(depth int) figure {
	if depth > 0 && m.IntN(3) == 0 {
		a, b := m.figure(depth-1), m.figure(depth-1)
		op := pick(m.Rand, "+", "-", "*")
		return figure{"(" + a.text + " " + op + " " + b.text + ")", func(t *modelTrace) (float64, bool, []*modelSpan) {
			left, ok, some := a.of(t)
			right, too, more := b.of(t)
			value := map[string]float64{"+": left + right, "-": left - right, "*": left * right}[op]
			return value, ok && too, append(some, more...)
		}}
	}
	sel, c := m.selection(m.IntN(2)), m.condition(1)
	text, spans := sel.text, sel.spans
	if m.IntN(3) == 0 {
		text += " | { " + c.text + " }"
		spans = func(t *modelTrace) []*modelSpan {
			return slices.DeleteFunc(slices.Clone(sel.spans(t)), func(s *modelSpan) bool { return !c.holds(s) })
		}
	}
	if m.IntN(3) > 0 {
		return figure{"(" + text + " | count())", func(t *modelTrace) (float64, bool, []*modelSpan) {
			found := spans(t)
			return float64(len(found)), true, found
		}}
	}
	return figure{"(" + text + " | sum(span.n))", func(t *modelTrace) (sum float64, ok bool, found []*modelSpan) {
		found = spans(t)
		for _, s := range found {
			if v, is := s.attrs["n"].(int); is {
				sum, ok = sum+float64(v), true
			}
		}
		return sum, ok, found
	}}
}

// comparison makes a random query that compares pipelines; groups are as pipeline's.
func (m *model) comparison() (text string, groups func(t *modelTrace) [][]*modelSpan) {
	a, b := m.figure(1), m.figure(1)
	if m.IntN(4) == 0 {
		n := float64(m.IntN(3))
		b = figure{fmt.Sprint(n), func(*modelTrace) (float64, bool, []*modelSpan) { return n, true, nil }}
	}
	op := pick(m.Rand, "=", "!=", ">", ">=", "<", "<=")
	groups = func(t *modelTrace) [][]*modelSpan {
		left, ok, some := a.of(t)
		right, too, more := b.of(t)
		holds := map[string]bool{"=": left == right, "!=": left != right, ">": left > right, ">=": left >= right, "<": left < right, "<=": left <= right}[op]
		if !ok || !too || !holds {
			return nil
		}
		for _, s := range more {
			if !slices.Contains(some, s) {
				some = append(some, s)
			}
		}
		slices.SortFunc(some, func(a, b *modelSpan) int { return a.id - b.id })
		return [][]*modelSpan{slices.Compact(some)}
	}
	return a.text + " " + op + " " + b.text, groups
}

func TestArithmeticAgainstOracle(t *testing.T) {
	m := &model{Rand: rand.New(rand.NewPCG(2, 7))}
	db := storagetest.Open(t)
	storagetest.Load(t, db, m.grow(60))
	engine := traceql.New(traces.NewReader(db))
	const steps, step = 5, 4 * 60 * 1000 // ms
	type cell struct {
		service string
		step    int
	}
	// counts are what a condition counts, by service or ("") of all.
	counts := func(c condition, by bool) map[cell]float64 {
		all := map[cell]float64{}
		services := map[string]bool{}
		for _, tr := range m.traces {
			for _, s := range tr.spans {
				if at := s.start / step; c.holds(s) && at < steps {
					key := cell{step: at}
					if by {
						key.service = s.service
					}
					all[key]++
					services[key.service] = true
				}
			}
		}
		for service := range services {
			for i := range steps {
				all[cell{service, i}] += 0
			}
		}
		return all
	}
	grouped := map[bool]string{true: " by (resource.service.name)"}
	for range 25 {
		a, b := m.condition(1), m.condition(1)
		left, right := m.IntN(2) == 0, m.IntN(2) == 0
		op := pick(m.Rand, "+", "-", "*", "/")
		text := fmt.Sprintf("({ %s } | count_over_time()%s) %s ({ %s } | count_over_time()%s) * 2", a.text, grouped[left], op, b.text, grouped[right])
		if op == "*" || op == "/" {
			text = fmt.Sprintf("({ %s } | count_over_time()%s) %s (({ %s } | count_over_time()%s) * 2)", a.text, grouped[left], op, b.text, grouped[right])
		}
		want := map[cell]float64{}
		ours, others := counts(a, left), counts(b, right)
		join := func(key, l, r cell) {
			x, ok := ours[l]
			y, too := others[r]
			if y *= 2; ok && too && (op != "/" || y != 0) {
				want[key] = map[string]float64{"+": x + y, "-": x - y, "*": x * y, "/": x / y}[op]
			}
		}
		for key := range ours {
			if all := (cell{"", key.step}); left && !right {
				join(key, key, all)
			} else if left == right {
				join(key, key, key)
			}
		}
		for key := range others {
			if !left && right {
				join(key, cell{"", key.step}, key)
			}
		}
		q, err := traceql.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		at := func(i int) time.Time { return storagetest.Base.Add(time.Duration(i) * step * time.Millisecond) }
		all, err := engine.Range(t.Context(), traceql.Request{Project: "default", From: at(0), To: at(steps), TimeLimit: time.Minute, Query: q}, step*time.Millisecond)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got := map[cell]float64{}
		for _, s := range all {
			service := ""
			if s.Labels[0].Name == "resource.service.name" {
				service = s.Labels[0].Value.Text
			}
			for _, p := range s.Points {
				got[cell{service, int(p.Time.Sub(storagetest.Base).Milliseconds() / step)}] = p.Value
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s\ngot  %v\nwant %v", text, got, want)
		}
	}
}
