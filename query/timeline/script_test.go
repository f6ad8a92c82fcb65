package timeline_test

import (
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/query/timeline"
	"github.com/sightline/sightline/storage/traces"
)

var update = flag.Bool("update", false, "rewrite what the scripts expect")

// TestScripts runs testdata/*.test. A script is a list of cases, apart by blank lines:
//
//	trace NAME [skew=off] [max-skew=1s] [trim=N] [rows=ID,FROM,LIMIT] [lean]
//	  service span name  start duration  [kind] [class] [status=error] [peer=TYPE] [open] [id=N] [parent=N] [host=N] [env=X]
//	----
//	what is expected
//
// Indentation is parenthood; ids count up from 1; # begins a comment line.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.test")
	if err != nil || len(files) == 0 {
		t.Fatalf("find scripts: %v, %d files", err, len(files))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
			input, want, _ := strings.Cut(block, "\n----\n")
			got := runCase(t, input)
			out = append(out, input+"\n----\n"+got)
			if got != want && !*update {
				t.Errorf("%s: %s\ngot:\n%s\nwant:\n%s", file, strings.TrimSpace(strings.SplitN(input, "\n", 2)[0]), got, want)
			}
		}
		if *update {
			if err := os.WriteFile(file, []byte(strings.Join(out, "\n\n")+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func runCase(t *testing.T, input string) string {
	t.Helper()
	var spans []traces.Span
	var o timeline.Options
	var c cut
	var above []traces.SpanID // ids of the lines that the next may hang below
	var indents []int
	for _, line := range strings.Split(input, "\n") {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#":
			continue
		case words[0] == "trace":
			for _, w := range words {
				k, v, _ := strings.Cut(w, "=")
				switch k {
				case "skew":
					o.KeepSkew = v == "off"
				case "max-skew":
					o.MaxSkew = duration(t, v)
				case "trim":
					c.trim = number(t, v)
				case "rows":
					if _, err := fmt.Sscanf(v, "%d,%d,%d", &c.below, &c.from, &c.limit); err != nil {
						t.Fatal(err)
					}
				case "lean":
					c.lean = true
				}
			}
			continue
		}
		indent := len(line) - len(strings.TrimLeft(line, " "))
		for len(indents) > 0 && indents[len(indents)-1] >= indent {
			indents, above = indents[:len(indents)-1], above[:len(above)-1]
		}
		s := parseSpan(t, words)
		s.TraceID = traces.TraceID{15: 1}
		if s.SpanID == 0 {
			s.SpanID = traces.SpanID(len(spans) + 1)
		}
		if s.ParentID == 0 && len(above) > 0 {
			s.ParentID = above[len(above)-1]
		}
		spans = append(spans, s)
		indents, above = append(indents, indent), append(above, s.SpanID)
	}
	forward := render(c.build(spans, o))
	slices.Reverse(spans) // the order of the input decides nothing, but for twins that are alike
	if backward := render(c.build(spans, o)); backward != forward && !strings.Contains(forward, "duplicate") {
		t.Errorf("order of the input matters:\n%s\nbackward:\n%s", forward, backward)
	}
	return forward
}

// cut is which rows of a timeline a case is about.
type cut struct {
	trim               int
	below, from, limit int // below 0: all
	lean               bool
}

func (c cut) build(spans []traces.Span, o timeline.Options) (*timeline.Timeline, string) {
	t := timeline.Build(spans, o)
	if c.lean {
		t = timeline.BuildLean(leanOf(spans), o)
	}
	switch {
	case c.below > 0:
		p := t.Below(t.Find(traces.SpanID(c.below)), c.from, c.limit)
		return p.Timeline, fmt.Sprintf("%d children, next %d\n", p.Children, p.Next)
	case c.trim > 0 || c.lean:
		t = t.Trim(max(c.trim, 1))
	}
	return t, ""
}

// leanOf is a trace as a large one is read.
func leanOf(spans []traces.Span) *traces.LeanTrace {
	l := &traces.LeanTrace{TraceID: spans[0].TraceID, Total: len(spans), Texts: []string{""}}
	number := func(text string) int32 {
		at := slices.Index(l.Texts, text)
		if at < 0 {
			at = len(l.Texts)
			l.Texts = append(l.Texts, text)
		}
		return int32(at)
	}
	for i, s := range spans {
		l.Spans = append(l.Spans, traces.Lean{
			SpanID: s.SpanID, ParentID: s.ParentID, Start: s.Start.UnixNano(), Duration: int64(s.Duration), Source: int32(i),
			Name: number(s.Name), PeerType: number(s.PeerType), PeerName: number(s.PeerName),
			Kind: uint8(s.Kind), Class: uint8(s.Class), Status: uint8(s.Status), State: uint8(s.State),
		})
		l.Sources = append(l.Sources, traces.Source{Service: s.Service, Env: s.Env})
	}
	return l
}

var epoch = time.Unix(1_777_000_000, 0).UTC()

func parseSpan(t *testing.T, words []string) traces.Span {
	t.Helper()
	s := traces.Span{Service: words[0], Weight: 1}
	at := slices.IndexFunc(words, func(w string) bool { _, err := time.ParseDuration(w); return err == nil })
	if at < 1 || at+1 >= len(words) {
		t.Fatalf("no times in %q", words)
	}
	s.Name = strings.Join(words[1:at], " ")
	s.Start, s.Duration = epoch.Add(duration(t, words[at])), duration(t, words[at+1])
	for _, w := range words[at+2:] {
		k, v, _ := strings.Cut(w, "=")
		switch k {
		case "internal", "server", "client", "producer", "consumer":
			s.Kind = map[string]traces.Kind{"internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}[k]
		case "error", "throttle", "fault":
			s.Class = map[string]traces.Class{"error": 1, "throttle": 2, "fault": 3}[k]
		case "status":
			s.Status = traces.StatusError
		case "open":
			s.State = traces.StateInProgress
		case "peer":
			s.PeerType = v
		case "id":
			s.SpanID = traces.SpanID(number(t, v))
		case "parent":
			s.ParentID = traces.SpanID(number(t, v))
		case "host":
			s.Resource = &traces.Resource{}
			binary.BigEndian.PutUint64(s.Resource.ID[:], uint64(number(t, v)))
		case "env":
			s.Env = v
		default:
			t.Fatalf("unknown word %q", w)
		}
	}
	return s
}

func duration(t *testing.T, s string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

var flagNames = []struct {
	flag timeline.Flags
	name string
}{
	{timeline.Orphan, "orphan"},
	{timeline.Skewed, "skewed"},
	{timeline.InProgress, "open"},
	{timeline.CycleBroken, "cycle"},
	{timeline.Outlives, "outlives"},
	{timeline.Duplicate, "duplicate"},
}

// render prints a timeline for people.
func render(t *timeline.Timeline, first string) string {
	var b strings.Builder
	b.WriteString(first)
	name := func(i int32) string {
		return strings.TrimSpace(t.Rows[i].Span.Service + " " + t.Rows[i].Span.Name)
	}
	fmt.Fprintf(&b, "%d of %d spans, %s, %s, depth %d\n", len(t.Rows), t.Spans, t.Duration, t.Class, t.Depth)
	for i, r := range t.Rows {
		fmt.Fprintf(&b, "%s%s  %s +%s self %s", strings.Repeat("  ", int(r.Depth)+1), name(int32(i)), r.Start, r.Duration, r.Self)
		if r.Descendants > 0 {
			fmt.Fprintf(&b, " below %d", r.Descendants)
		}
		if r.Hidden > 0 {
			fmt.Fprintf(&b, " hidden %d", r.Hidden)
		}
		if r.Skew != 0 {
			fmt.Fprintf(&b, " skew %s", r.Skew)
		}
		for _, f := range flagNames {
			if r.Flags&f.flag != 0 {
				fmt.Fprintf(&b, " %s", f.name)
			}
		}
		if r.ID != r.Span.SpanID {
			b.WriteString(" renamed")
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "critical path %s:", t.CriticalTotal)
	for _, s := range t.CriticalPath {
		fmt.Fprintf(&b, " %s %s..%s;", name(s.Row), s.Start, s.End)
	}
	b.WriteString("\n")
	if len(t.Errors) > 0 {
		b.WriteString("errors:")
		for _, i := range t.Errors {
			fmt.Fprintf(&b, " %s;", name(i))
		}
		b.WriteString("\n")
	}
	if t.Focus >= 0 && t.Main >= 0 {
		fmt.Fprintf(&b, "main %s, focus %s\n", name(int32(t.Main)), name(int32(t.Focus)))
	}
	for i, r := range t.Repeats {
		member := slices.IndexFunc(t.Rows, func(row timeline.Row) bool { return int(row.Repeat) == i+1 })
		fmt.Fprintf(&b, "repeat %s x%d", name(int32(member)), r.Count)
		if r.Parent >= 0 {
			fmt.Fprintf(&b, " below %s", name(r.Parent))
		}
		fmt.Fprintf(&b, " %s..%s total %s max %s failures %d rows %d..%d", r.Start, r.End, r.Total, r.Max, r.Failures, r.First, r.Last)
		if r.Parallel {
			b.WriteString(" parallel")
		}
		if r.NPlusOne {
			b.WriteString(" n+1")
		}
		b.WriteByte('\n')
	}
	for _, w := range t.Warnings {
		fmt.Fprintf(&b, "warning %s: %s\n", w.Code, w.Message)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
