package traces_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

// TestScripts runs testdata/*.test: a trace script, then commands, each with its answer below "----" up to an empty line. The script is
// written the way all spans are; the rollups of its minutes are made before the first command. See -update.
//
//	search FILTER      the traces found, newest first
//	nodes, edges       the service map
//	services           requests by minute, service and version
//	trace N            the spans of a trace, light
//	span N/M           one span, whole
//	values KEY         values for completion
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.test")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) { runScript(t, path) })
	}
}

func runScript(t *testing.T, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	db := storagetest.Open(t)
	loaded := storagetest.Load(t, db, path)
	rollup := traces.NewRollup(db, rollupRetention)
	for i, m := range loaded.Minutes {
		if _, err := rollup.Recompute(t.Context(), m.Project, m.Minute, 1, uint64(time.Now().UnixNano())+uint64(i)); err != nil {
			t.Fatal(err)
		}
	}
	s := scriptRun{t: t, db: db, r: traces.NewReader(db), base: loaded.Base, in: traces.Range{From: loaded.Base.Add(-time.Hour), To: loaded.Base.Add(4 * time.Hour)}}
	s.r.SetNow(loaded.Base.Add(6 * time.Hour))
	var out strings.Builder
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		out.WriteString(lines[i] + "\n")
		if i+1 == len(lines) || lines[i+1] != "----" {
			continue
		}
		out.WriteString("----\n" + s.answer(lines[i]))
		for i++; i+1 < len(lines) && lines[i+1] != ""; i++ {
			continue
		}
	}
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got := strings.TrimRight(out.String(), "\n"); got != strings.Join(lines, "\n") {
		t.Errorf("%s has other answers now; see -update:\n%s", path, got)
	}
}

type scriptRun struct {
	t    *testing.T
	db   *conn.DB
	r    *traces.Reader
	base time.Time
	in   traces.Range
}

func (s *scriptRun) answer(command string) string {
	s.t.Helper()
	verb, rest, _ := strings.Cut(command, " ")
	var lines []string
	var err error
	switch verb {
	case "search":
		lines, err = s.search(rest)
	case "nodes", "edges":
		var rows traces.MapRows
		rows, err = s.r.Map(s.t.Context(), "default", s.in)
		lines = mapLines(rows, verb)
	case "services":
		lines, err = s.services()
	case "trace":
		var spans []traces.Span
		spans, _, err = s.r.Trace(s.t.Context(), "default", number(rest), traces.Range{})
		for i := range spans {
			lines = append(lines, s.light(&spans[i]))
		}
	case "span":
		lines, err = s.whole(rest)
	case "values":
		var e filter.Expr
		if e, err = filter.Parse(rest + " = x"); err == nil {
			var values []traces.ValueCount
			values, err = s.r.Values(s.t.Context(), "default", s.in, e.(filter.Compare).Attr, "", 20)
			for _, v := range values {
				lines = append(lines, fmt.Sprintf("%s  %v", v.Value, v.Count))
			}
		}
	default:
		s.t.Fatalf("no command %q", command)
	}
	if err != nil {
		s.t.Fatalf("%s: %v", command, err)
	}
	return strings.Join(append(lines, ""), "\n")
}

// number is a trace id as scripts write it.
func number(text string) (id traces.TraceID) {
	n, _ := strconv.Atoi(text)
	id[14], id[15] = byte(n>>8), byte(n)
	return id
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

func (s *scriptRun) search(text string) (lines []string, err error) {
	e, err := filter.Parse(text)
	if err != nil {
		return nil, err
	}
	page, err := s.r.Search(s.t.Context(), traces.SearchQuery{Project: "default", TimeLimit: patience, Range: s.in, Filter: e})
	for _, t := range page.Traces {
		line := fmt.Sprintf("%d  %s %s  %s  %s", t.TraceID[15], t.RootService, t.RootName, t.Duration, plural(t.Spans, "span"))
		if !t.HasRoot {
			line = fmt.Sprintf("%d  no root  %s  %s", t.TraceID[15], t.Duration, plural(t.Spans, "span"))
		}
		if t.Errors > 0 {
			line += "  " + plural(t.Errors, "error")
		}
		if t.InProgress {
			line += "  in progress"
		}
		var shares []string
		for _, share := range t.Services {
			shares = append(shares, fmt.Sprintf("%s %d/%d", share.Name, share.Errors, share.Spans))
		}
		line += fmt.Sprintf("  %s  [%s]", t.Class, strings.Join(shares, ", "))
		lines = append(lines, line+fmt.Sprintf("  by %s %s", t.Matched.Service, t.Matched.Name))
	}
	if !page.Complete {
		lines = append(lines, "incomplete: "+page.Reason)
	}
	return lines, err
}

func outcome(m *traces.Measure) string {
	parts := []string{plural(int(m.Requests()), "call")}
	for i, n := range []float64{m.Error, m.Throttle, m.Fault} {
		if n > 0 {
			parts = append(parts, plural(int(n), []string{"error", "throttle", "fault"}[i]))
		}
	}
	if n := m.Requests(); n > 0 {
		parts = append(parts, "avg "+time.Duration(m.Duration/n).String())
	}
	return strings.Join(parts, "  ")
}

func mapLines(rows traces.MapRows, what string) (lines []string) {
	end := func(e traces.End) string {
		if e.Kind == traces.EndService {
			return e.Name
		}
		return fmt.Sprintf("%s(%s)", e.Type, e.Name)
	}
	if what == "nodes" {
		for _, n := range rows.Nodes {
			lines = append(lines, fmt.Sprintf("%s  %s  env=%q  version=%q  %s  %s", n.Name, n.Type, n.Env, n.Version, plural(int(n.Spans), "span"), outcome(&n.Measure)))
		}
		return lines
	}
	for _, e := range rows.Edges {
		arrow := "->"
		if e.Async {
			arrow = "~>"
		}
		line := fmt.Sprintf("%s %s %s  %s", end(e.From), arrow, end(e.To), outcome(&e.Measure))
		if n := e.Server.Requests(); n > 0 {
			line += "  served " + strings.Replace(outcome(&e.Server), plural(int(n), "call"), fmt.Sprint(n), 1)
			if e.Unsaid > 0 {
				line += fmt.Sprintf("  %v unsaid", e.Unsaid)
			}
		}
		if n := e.Age.Requests(); n > 0 {
			line += fmt.Sprintf("  %v waited avg %s", n, time.Duration(e.Age.Duration/n))
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

func (s *scriptRun) services() (lines []string, err error) {
	rows, err := s.r.Services(s.t.Context(), traces.ServiceQuery{Project: "default", Range: s.in})
	for _, n := range rows {
		lines = append(lines, fmt.Sprintf("%s  %s %s  %s  max %s", n.At.Sub(s.base), n.Name, n.Version, outcome(&n.Measure), time.Duration(n.Max)))
	}
	return lines, err
}

func (s *scriptRun) light(span *traces.Span) string {
	line := fmt.Sprintf("%d<-%d  %s %s  %s  +%s %s  %s", uint64(span.SpanID), uint64(span.ParentID), span.Service, span.Name, span.Kind, span.Start.Sub(s.base), span.Duration, span.Class)
	if span.PeerType != "" {
		line += fmt.Sprintf("  to %s %s", span.PeerType, span.PeerName)
	}
	if span.HTTPStatus != 0 {
		line += fmt.Sprintf("  http %d", span.HTTPStatus)
	}
	if span.NumEvents+span.NumLinks > 0 {
		line += fmt.Sprintf("  %s, %s", plural(span.NumEvents, "event"), plural(span.NumLinks, "link"))
	}
	if span.State == traces.StateInProgress {
		line += "  in progress"
	}
	return line
}

func (s *scriptRun) whole(text string) (lines []string, err error) {
	trace, span, _ := strings.Cut(text, "/")
	n, err := strconv.Atoi(span)
	if err != nil {
		return nil, err
	}
	spans, err := s.r.Span(s.t.Context(), "default", number(trace), traces.SpanID(n), traces.Range{})
	for i := range spans {
		sp := &spans[i]
		lines = append(lines, s.light(sp))
		attrs := func(prefix string, list []traces.Attr) {
			for _, a := range list {
				lines = append(lines, fmt.Sprintf("  %s%s = %s (%s)", prefix, a.Key, a.Text, a.Type))
			}
		}
		attrs("", sp.Attrs)
		attrs("resource.", sp.Resource.Attrs)
		for _, e := range sp.Events {
			lines = append(lines, fmt.Sprintf("  event %s +%s", e.Name, e.Time.Sub(s.base)))
			attrs("  ", e.Attrs)
		}
		for _, l := range sp.Links {
			lines = append(lines, fmt.Sprintf("  link %d/%d", l.TraceID[15], uint64(l.SpanID)))
		}
	}
	if err != nil {
		return nil, err
	}
	linked, err := s.r.LinkedFrom(s.t.Context(), "default", number(trace), traces.SpanID(n), 10)
	for _, l := range linked {
		lines = append(lines, fmt.Sprintf("  linked from %d/%d", l.TraceID[15], uint64(l.SpanID)))
	}
	return lines, err
}
