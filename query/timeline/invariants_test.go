package timeline_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/sightline/sightline/query/timeline"
	"github.com/sightline/sightline/storage/traces"
)

// check states what holds for the timeline of any spans.
func check(t *testing.T, spans []traces.Span, tl *timeline.Timeline) {
	t.Helper()
	if len(spans) == 0 {
		if len(tl.Rows) != 0 || tl.Main != -1 || tl.Focus != -1 {
			t.Fatalf("empty: %+v", tl)
		}
		return
	}
	if len(tl.Rows) != len(spans) {
		t.Fatalf("%d rows of %d spans", len(tl.Rows), len(spans))
	}
	checkRows(t, tl)
	seen := make(map[*traces.Span]bool, len(spans))
	ids := make(map[traces.SpanID]bool, len(spans))
	for _, r := range tl.Rows {
		if seen[r.Span] || ids[r.ID] {
			t.Fatalf("span %s twice", r.ID)
		}
		seen[r.Span], ids[r.ID] = true, true
	}
	if tl.Main < 0 || tl.Focus < 0 || tl.Rows[tl.Main].Parent != -1 {
		t.Fatalf("main %d, focus %d", tl.Main, tl.Focus)
	}
	var spent time.Duration
	main := tl.Rows[tl.Main]
	end := time.Duration(math.MinInt64)
	for i, s := range tl.CriticalPath {
		if s.End <= s.Start || s.Start < end || s.Start < main.Start || s.End > main.End() {
			t.Fatalf("section %d %+v after %s, in main %s..%s", i, s, end, main.Start, main.End())
		}
		r := tl.Rows[s.Row]
		if s.Start < r.Start || s.End > r.End() || r.Flags&timeline.Critical == 0 {
			t.Fatalf("section %+v is not of row %+v", s, r)
		}
		end = s.End
		spent += s.End - s.Start
	}
	if spent != tl.CriticalTotal || spent != main.Duration {
		t.Fatalf("critical path of %s, sections of %s, main of %s", tl.CriticalTotal, spent, main.Duration)
	}
	n, failed := 0, 0
	for _, s := range tl.Services {
		n, failed = n+s.Spans, failed+s.Errors
		if s.Self < 0 {
			t.Fatalf("service %+v", s)
		}
	}
	if n != len(spans) || failed != len(tl.Errors) || failed != tl.Failures {
		t.Fatalf("services sum up to %d spans, %d failed of %d", n, failed, len(tl.Errors))
	}
}

// checkRows states what holds for trimmed timelines, too.
func checkRows(t *testing.T, tl *timeline.Timeline) {
	t.Helper()
	var open []int32 // ends of the subtrees that row i lies in
	kept := make([]int, len(tl.Repeats)+1)
	for i, r := range tl.Rows {
		if kept[r.Repeat]++; r.Repeat > 0 && r.Parent != tl.Repeats[r.Repeat-1].Parent {
			t.Fatalf("row %d is of a repeat below row %d, not %d", i, tl.Repeats[r.Repeat-1].Parent, r.Parent)
		}
	}
	for i, r := range tl.Repeats {
		if n := kept[i+1]; n < 1 || n > r.Count || r.Count < 6 || r.Max > r.Total || r.End < r.Start || r.First >= 0 && int(tl.Rows[r.First].Repeat) != i+1 ||
			len(tl.Rows) == tl.Spans && n != r.Count {
			t.Fatalf("repeat %d has %d rows: %+v", i, n, r)
		}
	}
	for i, r := range tl.Rows {
		for len(open) > 0 && int(open[len(open)-1]) < i {
			open = open[:len(open)-1]
		}
		if int(r.Depth) != len(open) || r.Parent >= int32(i) || r.Parent < -1 || (r.Parent == -1) != (r.Depth == 0) {
			t.Fatalf("row %d: depth %d in %d subtrees, parent %d", i, r.Depth, len(open), r.Parent)
		}
		open = append(open, int32(i)+r.Descendants)
		if r.Start < 0 || r.Duration < 0 || r.Self < 0 || r.Self > r.Duration || r.End() > tl.Duration {
			t.Fatalf("row %d: start %s duration %s self %s in %s", i, r.Start, r.Duration, r.Self, tl.Duration)
		}
		if (r.Skew != 0) != (r.Flags&timeline.Skewed != 0) {
			t.Fatalf("row %d: skew %s, flags %b", i, r.Skew, r.Flags)
		}
	}
	for _, i := range tl.Errors {
		if !tl.Rows[i].Failed() {
			t.Fatalf("row %d did not fail", i)
		}
	}
}

// FuzzBuild makes spans of any shape: bytes are ids from a small set, so that parents, cycles and twins come about.
func FuzzBuild(f *testing.F) {
	f.Add([]byte{1, 0, 0, 10, 0, 0, 2, 1, 5, 50, 1, 3, 3, 2, 1, 5, 2, 2}, uint16(2))
	f.Add([]byte{1, 3, 0, 10, 0, 0, 2, 1, 5, 50, 1, 3, 3, 2, 1, 5, 2, 2}, uint16(1))
	f.Add([]byte{1, 1, 255, 255, 255, 255, 1, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6}, uint16(1))
	f.Fuzz(func(t *testing.T, data []byte, limit uint16) {
		spans := fuzzed(data)
		for _, o := range []timeline.Options{{}, {KeepSkew: true}, {MaxSkew: math.MaxInt64}} {
			tl := timeline.Build(spans, o)
			check(t, spans, tl)
			if trimmed := tl.Trim(int(limit)); limit > 0 && len(spans) > 0 {
				checkRows(t, trimmed)
				if want := min(int(limit), len(spans)); len(trimmed.Rows) != want {
					t.Fatalf("trimmed to %d rows, want %d", len(trimmed.Rows), want)
				}
				hidden := 0
				for _, r := range trimmed.Rows {
					if r.Parent < 0 {
						hidden += int(r.Hidden) + int(r.Descendants) + 1
					}
				}
				if hidden > len(spans) {
					t.Fatalf("%d spans shown and hidden of %d", hidden, len(spans))
				}
			}
		}
	})
}

func fuzzed(data []byte) []traces.Span {
	var spans []traces.Span
	for ; len(data) >= 6; data = data[6:] {
		s := traces.Span{
			SpanID:   traces.SpanID(data[0]%32) + 1,
			ParentID: traces.SpanID(data[1] % 36),
			Start:    epoch.Add(time.Duration(data[2]) * time.Millisecond),
			Duration: time.Duration(data[3]) * time.Millisecond,
			Kind:     traces.Kind(data[4] % 7),
			Service:  string('a' + rune(data[4]>>5)),
			Class:    traces.Class(data[5] % 4),
			Status:   traces.Status(data[5] >> 2 % 3),
			State:    traces.State(data[5] >> 7),
		}
		switch data[5] >> 4 & 7 {
		case 1:
			s.Start = time.Unix(0, math.MaxInt64)
		case 2:
			s.Start = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
		case 3:
			s.Duration = math.MaxInt64
		case 4:
			s.Duration = -5
		case 5:
			s.Resource = &traces.Resource{}
			binary.LittleEndian.PutUint16(s.Resource.ID[:], uint16(data[4]))
		}
		spans = append(spans, s)
	}
	return spans
}

// shapes are traces that are hard on one pass or another.
var shapes = map[string]func(i, n int) (id, parent int){
	"realistic": func(i, _ int) (int, int) { return i + 1, (i + 19) / 20 },
	"deep":      func(i, _ int) (int, int) { return i + 1, i },
	"wide":      func(i, _ int) (int, int) { return i + 1, min(i, 1) },
	"flat":      func(i, _ int) (int, int) { return i + 1, 0 },
	"orphans":   func(i, n int) (int, int) { return i + 1, n + i + 5 },
	"ring":      func(i, n int) (int, int) { return i + 1, (i+1)%n + 1 },
	"rings":     func(i, n int) (int, int) { return i + 1, i ^ 1 + 1 },
	"twins":     func(i, _ int) (int, int) { return 7 + i%2, 8 - i%2 },
	"broom":     func(i, n int) (int, int) { return i + 1, min(i, n/2) },
}

func shaped(name string, n int) []traces.Span {
	shape := shapes[name]
	rng := rand.New(rand.NewPCG(1, 2))
	spans := make([]traces.Span, n)
	services := []string{"web", "checkout", "payment", "shipping", "inventory"}
	for i := range spans {
		id, parent := shape(i, n)
		spans[i] = traces.Span{
			SpanID:   traces.SpanID(uint64(id) * 0x9E3779B97F4A7C15),
			ParentID: traces.SpanID(uint64(parent) * 0x9E3779B97F4A7C15),
			Name:     "GET /",
			Service:  services[i/3%len(services)],
			Start:    epoch.Add(time.Duration(rng.IntN(1_000_000)) * time.Microsecond),
			Duration: time.Duration(rng.IntN(1_000_000)) * time.Microsecond,
			Kind:     traces.Kind(i%5 + 1),
			Class:    traces.Class(max(rng.IntN(100)-96, 0)),
		}
		if name == "realistic" && i > 0 { // inside of the parent, as it should be
			p := &spans[parent-1]
			spans[i].Start = p.Start.Add(time.Duration(rng.Int64N(int64(p.Duration)/2 + 1)))
			spans[i].Duration = time.Duration(rng.Int64N(int64(p.Duration)/2 + 1))
		}
	}
	return spans
}

func TestHostileShapesEndInTime(t *testing.T) {
	for name := range shapes {
		t.Run(name, func(t *testing.T) {
			spans := shaped(name, 100_000)
			begin := time.Now()
			tl := timeline.Build(spans, timeline.Options{})
			trimmed := tl.Trim(10_000)
			if took := time.Since(begin); took > time.Minute { // 500 times what it takes: this is about hanging, on any machine
				t.Errorf("took %s", took)
			}
			check(t, spans, tl)
			checkRows(t, trimmed)
			if len(trimmed.Rows) != 10_000 {
				t.Errorf("trimmed to %d rows", len(trimmed.Rows))
			}
		})
	}
}

func TestEmpty(t *testing.T) {
	check(t, nil, timeline.Build(nil, timeline.Options{}))
}

func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{1_000, 100_000, 1_000_000} {
		for _, name := range []string{"realistic", "deep", "wide"} {
			b.Run(name+"/"+size(n), func(b *testing.B) {
				spans := shaped(name, n)
				b.ReportAllocs()
				for b.Loop() {
					timeline.Build(spans, timeline.Options{})
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/span")
			})
		}
	}
}

func size(n int) string {
	if n >= 1_000_000 {
		return "1M"
	}
	return map[int]string{1_000: "1k", 100_000: "100k"}[n]
}
