package traces_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

func TestComparisonsTellWhatTheirFiltersSelect(t *testing.T) {
	r, _, _, next := openSets(t, 13, 60)
	if c, err := r.Compare(t.Context(), traces.CompareQuery{Selection: next(), Baseline: traces.SpanSet{Project: "nobody", Range: next().Range}}); err != nil || len(c.Attrs) != 0 || c.Baseline.Spans != 0 {
		t.Fatalf("%+v, %v", c, err) // nothing to compare with
	}
	db := storagetest.Open(t)
	g := gen{rand.New(rand.NewPCG(15, 2))}
	spans := someSpans(g, 600)
	for i := range spans { // two numbers: one that differs between the kinds, and one that does not
		n := g.IntN(1000)
		if spans[i].Kind == traces.KindServer {
			n += 500
		}
		spans[i].Attrs = slices.DeleteFunc(spans[i].Attrs, func(a traces.Attr) bool { return a.Key == "size" })
		if g.IntN(5) > 0 {
			spans[i].Attrs = append(spans[i].Attrs, encode.IntAttr("load", int64(n)))
		}
		spans[i].Attrs = append(spans[i].Attrs, encode.FloatAttr("size", float64(g.IntN(100))/4))
	}
	putSpans(t, db, "p", spans)
	r = traces.NewReader(db)
	r.SetNow(noon.Add(time.Hour))
	whole := traces.Range{From: noon.Add(-time.Hour), To: noon.Add(time.Hour)}
	for _, e := range []filter.Expr{must(t, "kind = server"), must(t, "class != ok"), must(t, "http.route"), must(t, "duration > 1ms"), must(t, "resource.size > 0 or service = a")} {
		q := traces.CompareQuery{Selection: traces.SpanSet{Project: "p", TimeLimit: patience, Range: whole, Filter: e}}
		q.Baseline = traces.SpanSet{Project: "p", TimeLimit: patience, Range: whole, Except: &q.Selection}
		c, err := r.Compare(t.Context(), q)
		if err != nil {
			t.Fatalf("%v: %v", e, err)
		}
		sides := [2][]traces.Span{counting(spans, q.Selection), counting(spans, q.Baseline)}
		if !c.Complete || c.Selection != (traces.Side{Spans: uint64(len(sides[0]))}) || c.Baseline != (traces.Side{Spans: uint64(len(sides[1]))}) {
			t.Fatalf("%v: %+v %+v", e, c.Selection, c.Baseline)
		}
		numbers := 0
		for i, a := range c.Attrs {
			if i > 0 && a.Score > c.Attrs[i-1].Score {
				t.Errorf("%v: %s is out of order", e, a.Attr)
			}
			checkCompared(t, a, sides)
			if a.Number {
				numbers++
			}
		}
		if numbers != 2 || len(c.Attrs) < 15 {
			t.Errorf("%v: %d numbers of %d attributes", e, numbers, len(c.Attrs))
		}
	}
}

func must(t *testing.T, text string) filter.Expr {
	t.Helper()
	e, err := filter.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func checkCompared(t *testing.T, a traces.ComparedAttr, sides [2][]traces.Span) {
	t.Helper()
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: %s is %v, want %v", a.Attr, what, got, want)
		}
	}
	share := func(side int, n uint64) float64 { return float64(n) / float64(len(sides[side])) }
	has := func(side int) (n uint64) {
		for i := range sides[side] {
			if sides[side][i].Value(a.Attr) != nil {
				n++
			}
		}
		return n
	}
	near("coverage", a.SelectionCoverage, share(0, has(0)))
	near("coverage of the baseline", a.BaselineCoverage, share(1, has(1)))
	var sum [2]float64
	for _, v := range a.Values {
		text := v.Filter.String()
		for side, got := range []float64{v.Selection, v.Baseline} {
			n, _ := selects(t, text, sides[side])
			near(fmt.Sprintf("%q on side %d", text, side), got, share(side, n))
			sum[side] += got
		}
	}
	if a.Number {
		near("sum of shares", sum[0], 1)
		near("score", a.Score, distance(a.Attr, sides))
		return
	}
	best := 0.0
	for _, v := range values(a.Attr, sides) {
		n, _ := selects(t, v, sides[0])
		m, _ := selects(t, v, sides[1])
		best = max(best, math.Abs(share(0, n)-share(1, m)))
	}
	near("score", a.Score, best)
}

// values are filters for all values of an attribute that a filter can ask for, and for none.
func values(a filter.Attr, sides [2][]traces.Span) (texts []string) {
	none := false
	for _, spans := range sides {
		for i := range spans {
			v := spans[i].Value(a)
			if v == nil {
				none = true
				continue
			}
			c := filter.Compare{Attr: a, Op: filter.Eq, Value: filter.StringValue(v.Text)}
			switch f, err := strconv.ParseFloat(v.Text, 64); v.Type {
			case traces.ValueBool:
				c.Value = filter.BoolValue(v.Text == "true")
			case traces.ValueInt:
				n, _ := strconv.ParseInt(v.Text, 10, 64)
				c.Value = filter.IntValue(n)
			case traces.ValueFloat:
				if c.Value = filter.FloatValue(f); err != nil || f != f {
					continue
				}
			case traces.ValueString:
			default:
				continue
			}
			texts = append(texts, c.String())
		}
	}
	if none && a.Key != filter.Service && a.Key != filter.Name {
		texts = append(texts, "not exists "+a.String())
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// distance is the Kolmogorov-Smirnov distance, said simply.
func distance(a filter.Attr, sides [2][]traces.Span) float64 {
	var numbers [2][]float64
	for side, spans := range sides {
		for i := range spans {
			f := math.Inf(-1)
			if v := spans[i].Value(a); v != nil {
				f, _ = strconv.ParseFloat(v.Text, 64)
			}
			numbers[side] = append(numbers[side], f)
		}
	}
	best := 0.0
	for _, x := range slices.Concat(numbers[0], numbers[1]) {
		var below [2]float64
		for side, list := range numbers {
			for _, n := range list {
				if n <= x {
					below[side]++
				}
			}
			below[side] /= float64(len(list))
		}
		best = max(best, math.Abs(below[0]-below[1]))
	}
	return best
}

func TestComparisonFindsTheCulprit(t *testing.T) {
	db := storagetest.Open(t)
	var spans []traces.Span
	for i := range 400 {
		s := traces.Span{TraceID: id(byte(i)), SpanID: traces.SpanID(i + 1), Name: "pay", Service: "checkout", Kind: traces.KindServer, Start: noon.Add(time.Duration(i) * time.Second), Weight: 1,
			Duration: 10 * time.Millisecond, Attrs: []traces.Attr{{Key: "feature.flag", Text: "off"}, encode.IntAttr("items", int64(i%50)), {Key: "session.id", Text: fmt.Sprintf("s-%d", i)}},
			Resource: &traces.Resource{ID: [16]byte{1}, Attrs: []traces.Attr{{Key: "k8s.pod.name", Text: "pod-1"}, {Key: "service.name", Text: "checkout"}}}}
		if i%4 == 0 {
			s.Duration, s.Attrs[0].Text = time.Second, "on"
			s.Resource = &traces.Resource{ID: [16]byte{2}, Attrs: []traces.Attr{{Key: "k8s.pod.name", Text: "pod-2"}, {Key: "service.name", Text: "checkout"}}}
		}
		spans = append(spans, s)
	}
	putSpans(t, db, "p", spans)
	r := traces.NewReader(db)
	r.SetNow(noon.Add(time.Hour))
	set := traces.SpanSet{Project: "p", TimeLimit: patience, Range: traces.Range{From: noon, To: noon.Add(time.Hour)}, Filter: must(t, "duration > 500ms")}
	q := traces.CompareQuery{Selection: set, Baseline: traces.SpanSet{Project: "p", TimeLimit: patience, Range: set.Range, Except: &set}, Sample: 60}
	c, err := r.Compare(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if c.Selection != (traces.Side{Spans: 60, Sampled: true}) || c.Baseline != (traces.Side{Spans: 60, Sampled: true}) || !c.Complete {
		t.Errorf("%+v", c)
	}
	var got []string
	for _, a := range c.Attrs {
		line := fmt.Sprintf("%s %.2f unique %v number %v", a.Attr, a.Score, a.Unique, a.Number)
		if a.Score > 0.9 {
			for _, v := range a.Values {
				line += fmt.Sprintf(" [%s] %.1f %.1f", v.Filter, v.Selection, v.Baseline)
			}
		}
		got = append(got, line)
	}
	text := strings.Join(got, "\n")
	for _, want := range []string{
		"feature.flag 1.00 unique false number false [feature.flag = on] 1.0 0.0 [feature.flag = off] 0.0 1.0\nresource.k8s.pod.name 1.00 unique false number false [resource.k8s.pod.name = pod-2] 1.0 0.0",
		"session.id 0.02 unique true", "kind 0.00", "items 0.", "service 0.00",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
