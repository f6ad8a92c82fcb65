package traceql_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// A model of traces, and what queries mean on it, said as simply as can be: the engine is tested against it.
type (
	modelSpan struct {
		id, parent    int // parent 0: none
		service, name string
		kind, status  string
		start, ms     int // ms since storagetest.Base
		attrs         map[string]any
		event         string
		trace         *modelTrace
	}
	modelTrace struct {
		id    int
		spans []*modelSpan // the root first
	}
	// condition is a predicate, as text and as what it means.
	condition struct {
		text  string
		holds func(s *modelSpan) bool
	}
	// selection is a span set.
	selection struct {
		text  string
		spans func(t *modelTrace) []*modelSpan
	}
)

type model struct {
	*rand.Rand
	traces []*modelTrace
}

func pick[T any](r *rand.Rand, all ...T) T { return all[r.IntN(len(all))] }

// grow makes traces, and the script that says them.
func (m *model) grow(n int) (script string) {
	var b strings.Builder
	b.WriteString("load\n")
	for _, service := range []string{"front", "cart", "pay"} {
		fmt.Fprintf(&b, "  resource %s region=%q\n", service, map[string]string{"front": "eu", "cart": "us", "pay": "us"}[service])
	}
	for id := 1; id <= n; id++ {
		t := &modelTrace{id: id}
		at := m.IntN(20 * 60 * 1000)
		fmt.Fprintf(&b, "  trace %d at %dms\n", id, at)
		m.span(&b, t, nil, at, 0, 1+m.IntN(9))
		m.traces = append(m.traces, t)
	}
	return b.String()
}

func (m *model) span(b *strings.Builder, t *modelTrace, parent *modelSpan, traceStart, depth, budget int) (left int) {
	r := m.Rand
	s := &modelSpan{id: len(t.spans) + 1, trace: t, service: pick(r, "front", "cart", "pay"), name: pick(r, "get", "put", "SELECT x"),
		kind: pick(r, "server", "client", "internal"), status: pick(r, "unset", "unset", "ok", "error"), ms: m.IntN(200), attrs: map[string]any{}}
	offset := m.IntN(5000)
	if parent != nil {
		s.parent = parent.id
		offset = parent.start - traceStart + m.IntN(50)
	}
	s.start = traceStart + offset
	t.spans = append(t.spans, s)
	fmt.Fprintf(b, "%s%s %s %dms %dms %s", strings.Repeat("  ", depth+2), s.service, s.name, offset, s.ms, s.kind)
	if s.status != "unset" {
		b.WriteString(" " + s.status)
	}
	if m.IntN(2) == 0 {
		s.attrs["http.response.status_code"] = pick(r, 200, 404, 500)
	}
	if m.IntN(2) == 0 {
		s.attrs["n"] = m.IntN(4)
	}
	if m.IntN(3) == 0 {
		s.attrs["flag"] = m.IntN(2) == 0
	}
	if m.IntN(3) == 0 {
		s.attrs["region"] = pick(r, "eu", "asia")
	}
	if m.IntN(4) == 0 {
		s.attrs["ratio"] = pick(r, 0.5, 1.5)
	}
	for _, key := range []string{"http.response.status_code", "n", "flag", "region", "ratio"} {
		switch v := s.attrs[key].(type) {
		case string:
			fmt.Fprintf(b, " %s=%q", key, v)
		case nil:
		default:
			fmt.Fprintf(b, " %s=%v", key, v)
		}
	}
	if m.IntN(4) == 0 {
		s.event = pick(r, "exception", "retry")
		fmt.Fprintf(b, " :event=%s@3ms", s.event)
	}
	b.WriteString("\n")
	for budget--; budget > 0 && m.IntN(4) > 0; {
		budget = m.span(b, t, s, traceStart, depth+1, budget)
	}
	return budget
}

func (s *modelSpan) up() *modelSpan {
	if s.parent == 0 {
		return nil
	}
	return s.trace.spans[s.parent-1]
}

func (s *modelSpan) region() string {
	return map[string]string{"front": "eu", "cart": "us", "pay": "us"}[s.service]
}

func (s *modelSpan) children() (n int) {
	for _, c := range s.trace.spans {
		if c.parent == s.id {
			n++
		}
	}
	return n
}

func (t *modelTrace) duration() time.Duration {
	first, last := t.spans[0].start, 0
	for _, s := range t.spans {
		first, last = min(first, s.start), max(last, s.start+s.ms)
	}
	return time.Duration(last-first) * time.Millisecond
}

// condition makes a random predicate.
func (m *model) condition(depth int) condition {
	r := m.Rand
	if depth > 0 && m.IntN(2) == 0 {
		a, b := m.condition(depth-1), m.condition(depth-1)
		switch m.IntN(3) {
		case 0:
			return condition{"(" + a.text + " && " + b.text + ")", func(s *modelSpan) bool { return a.holds(s) && b.holds(s) }}
		case 1:
			return condition{"(" + a.text + " || " + b.text + ")", func(s *modelSpan) bool { return a.holds(s) || b.holds(s) }}
		}
		return condition{"!(" + a.text + ")", func(s *modelSpan) bool { return !a.holds(s) }}
	}
	number := func(s *modelSpan, key string) (float64, bool) {
		switch v := s.attrs[key].(type) {
		case int:
			return float64(v), true
		case float64:
			return v, true
		}
		return 0, false
	}
	service, name, n, ms := pick(r, "front", "cart", "pay"), pick(r, "get", "put"), m.IntN(4), m.IntN(200)
	kind, status, region, event := pick(r, "server", "client"), pick(r, "ok", "error", "unset"), pick(r, "eu", "us", "asia"), pick(r, "exception", "retry")
	all := []condition{
		{"resource.service.name = \"" + service + "\"", func(s *modelSpan) bool { return s.service == service }},
		{"resource.service.name != \"" + service + "\"", func(s *modelSpan) bool { return s.service != service }},
		{"resource.service.name =~ \"p.*|cart\"", func(s *modelSpan) bool { return s.service != "front" }},
		{"name = \"" + name + "\"", func(s *modelSpan) bool { return s.name == name }},
		{"name !~ \"SELECT\"", func(s *modelSpan) bool { return true }},
		{"name =~ \"SEL.* x\"", func(s *modelSpan) bool { return s.name == "SELECT x" }},
		{"kind = " + kind, func(s *modelSpan) bool { return s.kind == kind }},
		{"status != " + status, func(s *modelSpan) bool { return s.status != status }},
		{fmt.Sprintf("duration > %dms", ms), func(s *modelSpan) bool { return s.ms > ms }},
		{fmt.Sprintf("%dms >= duration", ms), func(s *modelSpan) bool { return s.ms <= ms }},
		{fmt.Sprintf("span.n = %d", n), func(s *modelSpan) bool { return s.attrs["n"] == n }},
		{fmt.Sprintf("span.n != %d", n), func(s *modelSpan) bool { return s.attrs["n"] != nil && s.attrs["n"] != n }},
		{fmt.Sprintf(".n < %d", n), func(s *modelSpan) bool { v, ok := number(s, "n"); return ok && v < float64(n) }},
		{".n = nil", func(s *modelSpan) bool { return s.attrs["n"] == nil }},
		{"span.flag != nil", func(s *modelSpan) bool { return s.attrs["flag"] != nil }},
		{"(.flag && true)", func(s *modelSpan) bool { return s.attrs["flag"] == true }},
		{"!.flag", func(s *modelSpan) bool { return s.attrs["flag"] == false }},
		{"span.http.response.status_code >= 404", func(s *modelSpan) bool { v, ok := number(s, "http.response.status_code"); return ok && v >= 404 }},
		{"span.ratio > 1", func(s *modelSpan) bool { return s.attrs["ratio"] == 1.5 }},
		{".region = \"" + region + "\"", func(s *modelSpan) bool { return s.attrs["region"] == region || s.region() == region }},
		{"resource.region != \"" + region + "\"", func(s *modelSpan) bool { return s.region() != region }},
		{"span.region = resource.region", func(s *modelSpan) bool { return s.attrs["region"] == s.region() }},
		{"event:name = \"" + event + "\"", func(s *modelSpan) bool { return s.event == event }},
		{"event:timeSinceStart = 3ms", func(s *modelSpan) bool { return s.event != "" }},
		{fmt.Sprintf("span.n * 2 + 1 > %d", n), func(s *modelSpan) bool { v, ok := number(s, "n"); return ok && v*2+1 > float64(n) }},
		{"nestedSetParent < 0", func(s *modelSpan) bool { return s.parent == 0 }},
		{"nestedSetLeft > 1", func(s *modelSpan) bool { return s.parent != 0 }},
		{"nestedSetRight - nestedSetLeft = 1", func(s *modelSpan) bool { return s.children() == 0 }},
		{"span:parentID = nil", func(s *modelSpan) bool { return s.parent == 0 }},
		{fmt.Sprintf("span:childCount >= %d", n), func(s *modelSpan) bool { return s.children() >= n }},
		{"rootServiceName = \"" + service + "\"", func(s *modelSpan) bool { return s.trace.spans[0].service == service }},
		{"rootName != \"" + name + "\"", func(s *modelSpan) bool { return s.trace.spans[0].name != name }},
		{fmt.Sprintf("traceDuration > %dms", ms), func(s *modelSpan) bool { return s.trace.duration() > time.Duration(ms)*time.Millisecond }},
		{"parent.name = \"" + name + "\"", func(s *modelSpan) bool { return s.up() != nil && s.up().name == name }},
		{fmt.Sprintf("parent.span.n = %d", n), func(s *modelSpan) bool { return s.up() != nil && s.up().attrs["n"] == n }},
		{fmt.Sprintf("(span.n = %d) = false", n), func(s *modelSpan) bool { return s.attrs["n"] != n }},
		{"-span.n < parent.span.n", func(s *modelSpan) bool {
			mine, ok := number(s, "n")
			up := s.up()
			if !ok || up == nil {
				return false
			}
			its, ok := number(up, "n")
			return ok && -mine < its
		}},
		{"true", func(s *modelSpan) bool { return true }},
		{"false", func(s *modelSpan) bool { return false }},
	}
	return all[m.IntN(len(all))]
}

func (s *modelSpan) below(a *modelSpan) bool {
	for p := s.up(); p != nil; p = p.up() {
		if p == a {
			return true
		}
	}
	return false
}

// related says whether right stands in the relation to left.
func related(op string, left, right *modelSpan) bool {
	switch op {
	case ">":
		return right.up() == left
	case ">>":
		return right.below(left)
	case "<":
		return left.up() == right
	case "<<":
		return left.below(right)
	}
	return left != right && left.parent != 0 && left.parent == right.parent
}

// selection makes a random span set.
func (m *model) selection(depth int) selection {
	if depth == 0 || m.IntN(4) == 0 {
		c := m.condition(2)
		return selection{"{ " + c.text + " }", func(t *modelTrace) (found []*modelSpan) {
			for _, s := range t.spans {
				if c.holds(s) {
					found = append(found, s)
				}
			}
			return found
		}}
	}
	a, b := m.selection(depth-1), m.selection(depth-1)
	op := pick(m.Rand, "&&", "||", ">", ">>", "<", "<<", "~", "!>", "!>>", "!<", "!<<", "!~", "&>", "&>>", "&<", "&<<", "&~")
	return selection{"(" + a.text + " " + op + " " + b.text + ")", func(t *modelTrace) (found []*modelSpan) {
		left, right := a.spans(t), b.spans(t)
		for _, s := range t.spans {
			inLeft, inRight := slices.Contains(left, s), slices.Contains(right, s)
			of := func(others []*modelSpan, holds func(o *modelSpan) bool) bool {
				return slices.ContainsFunc(others, holds)
			}
			kin := strings.TrimLeft(op, "!&")
			toLeft := of(left, func(l *modelSpan) bool { return related(kin, l, s) })
			toRight := of(right, func(o *modelSpan) bool { return related(kin, s, o) })
			switch {
			case op == "&&":
				if (inLeft || inRight) && len(left) > 0 && len(right) > 0 {
					found = append(found, s)
				}
			case op == "||":
				if inLeft || inRight {
					found = append(found, s)
				}
			case op[0] == '!':
				if inRight && !toLeft {
					found = append(found, s)
				}
			case inRight && toLeft, op[0] == '&' && inLeft && toRight:
				found = append(found, s)
			}
		}
		return found
	}}
}

// pipeline makes a random query; groups are what it leaves of a trace, each in the order of ids.
func (m *model) pipeline() (text string, groups func(t *modelTrace) [][]*modelSpan) {
	sel := m.selection(m.IntN(3))
	text = sel.text
	groups = func(t *modelTrace) [][]*modelSpan { return [][]*modelSpan{sel.spans(t)} }
	for range m.IntN(3) {
		before := groups
		n := m.IntN(4)
		keep := func(holds func(g []*modelSpan) bool) func(t *modelTrace) [][]*modelSpan {
			return func(t *modelTrace) (left [][]*modelSpan) {
				for _, g := range before(t) {
					if len(g) > 0 && holds(g) {
						left = append(left, g)
					}
				}
				return left
			}
		}
		switch m.IntN(5) {
		case 0:
			text += fmt.Sprintf(" | count() > %d", n)
			groups = keep(func(g []*modelSpan) bool { return len(g) > n })
		case 1:
			text += fmt.Sprintf(" | max(duration) - min(duration) < %dms", 50*n)
			groups = keep(func(g []*modelSpan) bool {
				low, high := g[0].ms, g[0].ms
				for _, s := range g {
					low, high = min(low, s.ms), max(high, s.ms)
				}
				return high-low < 50*n
			})
		case 2:
			text += fmt.Sprintf(" | sum(span.n) >= %d", n)
			groups = keep(func(g []*modelSpan) bool {
				sum, any := 0, false
				for _, s := range g {
					if v, ok := s.attrs["n"].(int); ok {
						sum, any = sum+v, true
					}
				}
				return any && sum >= n
			})
		case 3:
			c := m.condition(1)
			text += " | { " + c.text + " }"
			groups = func(t *modelTrace) (left [][]*modelSpan) {
				for _, g := range before(t) {
					left = append(left, slices.DeleteFunc(slices.Clone(g), func(s *modelSpan) bool { return !c.holds(s) }))
				}
				return left
			}
		default:
			text += " | by(resource.service.name)"
			groups = func(t *modelTrace) (left [][]*modelSpan) {
				for _, g := range before(t) {
					for _, service := range []string{"front", "cart", "pay"} {
						left = append(left, slices.DeleteFunc(slices.Clone(g), func(s *modelSpan) bool { return s.service != service }))
					}
				}
				return left
			}
		}
	}
	return text, groups
}
