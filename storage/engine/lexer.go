package engine

import (
	"iter"
	"slices"
	"strings"
)

// token is a word, a quoted name, a literal or a sign of a statement.
type token struct {
	text    string // as written; without its quotes for a name
	at      int    // byte offset in the statement
	word    bool   // a name or keyword, quoted or not
	bare    bool   // not quoted: may be a keyword
	foreign bool   // a byte that is not ASCII; ClickHouse takes some typographic signs for quotes and spaces
}

func (t token) is(keyword string) bool { return t.bare && strings.EqualFold(t.text, keyword) }

func (t token) isOneOf(keywords []string) bool { return slices.ContainsFunc(keywords, t.is) }

// tokens walks a statement as ClickHouse's lexer does, past comments. It need not understand numbers or operators: it exists to
// find keywords and names that are neither in a literal nor in a comment.
func tokens(sql string) iter.Seq[token] {
	return func(yield func(token) bool) {
		for i := 0; i < len(sql); {
			start := i
			c := sql[i]
			switch {
			case c <= ' ':
				i++
				continue
			case strings.HasPrefix(sql[i:], "--"), strings.HasPrefix(sql[i:], "# "), strings.HasPrefix(sql[i:], "#!"):
				i = lineEnd(sql, i)
				continue
			case strings.HasPrefix(sql[i:], "/*"):
				if end := strings.Index(sql[i+2:], "*/"); end >= 0 {
					i += end + 4
				} else {
					i = len(sql)
				}
				continue
			case c == '\'' || c == '"' || c == '`':
				i = quotedEnd(sql, i)
				text := sql[start:i]
				if c != '\'' && len(text) >= 2 {
					text = text[1 : len(text)-1]
				}
				if !yield(token{text: text, at: start, word: c != '\''}) {
					return
				}
				continue
			case wordByte(c):
				for i < len(sql) && wordByte(sql[i]) {
					i++
				}
				if !yield(token{text: sql[start:i], at: start, word: true, bare: true}) {
					return
				}
				continue
			case c == '$':
				if end := heredocEnd(sql, i); end > 0 {
					i = end
					if !yield(token{text: sql[start:i], at: start}) {
						return
					}
					continue
				}
			}
			i++
			if !yield(token{text: sql[start:i], at: start, foreign: c >= 0x7f}) {
				return
			}
		}
	}
}

func wordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func lineEnd(sql string, i int) int {
	if end := strings.IndexByte(sql[i:], '\n'); end >= 0 {
		return i + end + 1
	}
	return len(sql)
}

// quotedEnd is past the closing quote of what opens at i: a backslash takes the next byte, a doubled quote stands for itself.
func quotedEnd(sql string, i int) int {
	quote := sql[i]
	for i++; i < len(sql); i++ {
		switch sql[i] {
		case '\\':
			i++
		case quote:
			if i+1 < len(sql) && sql[i+1] == quote {
				i++
				continue
			}
			return i + 1
		}
	}
	return len(sql)
}

// heredocEnd is past $tag$...$tag$ that opens at i, or 0.
func heredocEnd(sql string, i int) int {
	j := i + 1
	for j < len(sql) && wordByte(sql[j]) {
		j++
	}
	if j >= len(sql) || sql[j] != '$' {
		return 0
	}
	tag := sql[i : j+1]
	if end := strings.Index(sql[j+1:], tag); end >= 0 {
		return j + 1 + end + len(tag)
	}
	return 0
}
