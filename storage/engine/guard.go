package engine

import (
	"strings"
	"sync"
)

// guard refuses readers what a readonly session would still do: write files, kill, and leave the database through a table function.
// The program's own statements need none of it, so what it is unsure of it refuses too.
type guard struct {
	outside map[string]bool // functions that reach out of the database, lower case

	mu      sync.Mutex
	allowed map[string]bool // texts that passed; values are not in them, so there are few
}

// harmless are the table functions that read nothing outside.
var harmless = []string{"numbers", "numbers_mt", "zeros", "zeros_mt", "null", "values", "view", "generateSeries", "generate_series"}

// firstWords begin the statements that readers may run.
var firstWords = []string{"SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN"}

const mostAllowed = 4096 // texts remembered

// newGuard makes a guard for an engine with these table functions.
func newGuard(tableFunctions []string) *guard {
	g := &guard{outside: map[string]bool{}, allowed: map[string]bool{}}
	for _, name := range tableFunctions {
		g.outside[strings.ToLower(name)] = true
	}
	for _, name := range harmless {
		delete(g.outside, strings.ToLower(name))
	}
	delete(g.outside, "format") // also an ordinary function; as a table function it reads its own argument
	g.outside["file"] = true    // the ordinary function reads files too
	return g
}

// allow checks a reader's statement: by its words, then by the engine's own parser.
func (g *guard) allow(s *session, sql string) error {
	g.mu.Lock()
	known := g.allowed[sql]
	g.mu.Unlock()
	if known {
		return nil
	}
	if err := g.check(sql); err != nil {
		return err
	}
	if !s.readOnly(sql) {
		// It may not parse: then the engine words it better, and a readonly session does no harm with it.
		if err := s.exec("EXPLAIN AST " + sql); err != nil {
			s.exec("SELECT 1")
			return err
		}
		return exception(164, "READONLY", "readers may only read, one statement at a time")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.allowed) >= mostAllowed {
		clear(g.allowed)
	}
	g.allowed[sql] = true
	return nil
}

func (g *guard) check(sql string) error {
	first, before := true, token{}
	for t := range tokens(sql) {
		switch {
		case first && !t.isOneOf(firstWords) && t.text != "(":
			return exception(164, "READONLY", "%s is not allowed for readers", strings.ToUpper(t.text))
		case t.is("OUTFILE"), t.is("SETTINGS"):
			return exception(164, "READONLY", "%s is not allowed for readers", strings.ToUpper(t.text))
		case t.foreign:
			return exception(62, "SYNTAX_ERROR", "a byte outside ASCII at %d, outside of any literal", t.at)
		case t.text == "(" && before.word && g.outside[strings.ToLower(before.text)]:
			return exception(164, "READONLY", "%s() is not allowed for readers", before.text)
		}
		first, before = false, t
	}
	return nil
}
