package engine

import (
	"regexp"
	"strings"
)

type kind uint8

const (
	kindOther  kind = iota
	kindSelect      // SELECT, WITH or a parenthesis: its result can be streamed
	kindInsert
)

var settingName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_.]*$`)

// statementKind tells a statement by its first word.
func statementKind(sql string) kind {
	for t := range tokens(sql) {
		switch {
		case t.is("SELECT"), t.is("WITH"), t.text == "(":
			return kindSelect
		case t.is("INSERT"):
			return kindInsert
		}
		break
	}
	return kindOther
}

// insertFromFile turns INSERT INTO t (columns) [SETTINGS ...] FORMAT Native into one that reads the file.
func insertFromFile(sql, path string) (string, error) {
	for t := range tokens(sql) {
		if t.is("SETTINGS") || t.is("FORMAT") {
			return sql[:t.at] + "FROM INFILE " + quoteString(path) + " COMPRESSION 'none' " + sql[t.at:], nil
		}
	}
	return "", exception(62, "SYNTAX_ERROR", "an INSERT with data must name its FORMAT")
}

// allow refuses what a readonly session would still do: write files, kill, leave the database through a table function.
func (s *server) allow(sql string, k kind) error {
	var before token
	first := true
	for t := range tokens(sql) {
		switch {
		case t.is("OUTFILE"):
			return exception(164, "READONLY", "INTO OUTFILE is not allowed for readers")
		case t.is("SETTINGS"):
			return exception(164, "READONLY", "SETTINGS are not allowed for readers")
		case first && !(k == kindSelect || t.is("SHOW") || t.is("DESCRIBE") || t.is("DESC") || t.is("EXISTS") || t.is("EXPLAIN")):
			return exception(164, "READONLY", "%s is not allowed for readers", strings.ToUpper(t.text))
		case t.text == ";":
			return exception(62, "SYNTAX_ERROR", "one statement at a time")
		case t.text == "(" && before.word && s.sources[strings.ToLower(before.text)]:
			return exception(164, "READONLY", "the table function %s is not allowed for readers", before.text)
		}
		before, first = t, false
	}
	return nil
}

// sourceFunctions are the table functions, and the function file, that reach out of the database: all but a few.
func sourceFunctions(names []string) map[string]bool {
	harmless := map[string]bool{
		"numbers": true, "numbers_mt": true, "zeros": true, "zeros_mt": true, "one": true, "null": true, "values": true, "view": true,
		"generateseries": true, "generate_series": true, "generaterandom": true, "format": true, "merge": true,
	}
	sources := map[string]bool{"file": true}
	for _, name := range names {
		if name = strings.ToLower(name); !harmless[name] {
			sources[name] = true
		}
	}
	return sources
}

func quoteName(s string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(s) + "`"
}

// resetStatement undoes a setStatement on a session whose base settings are the engine's defaults.
func resetStatement(settings [][2]string) string {
	var b strings.Builder
	b.WriteString("SET ")
	for i, s := range settings {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(s[0] + " = DEFAULT")
	}
	return b.String()
}
