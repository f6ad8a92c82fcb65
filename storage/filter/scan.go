package filter

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// scanner reads the short form. What a word may hold depends on where it stands (a value may hold ":"), so the parser asks for
// what it expects rather than for the next token.
type scanner struct {
	text string
	pos  int
}

func (s *scanner) skipSpace() {
	for s.pos < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.pos]) >= 0 {
		s.pos++
	}
}

func (s *scanner) end() bool { return s.pos == len(s.text) }

func (s *scanner) peek() byte {
	if s.end() {
		return 0
	}
	return s.text[s.pos]
}

func (s *scanner) accept(token string) bool {
	if !strings.HasPrefix(s.text[s.pos:], token) {
		return false
	}
	s.pos += len(token)
	return true
}

// wordStops end a bare word; everything else that is not a control character belongs to it.
const wordStops = " \t\r\n()\"'`=!<>~&|,;\\"

// word reads a bare word as it stands in a key's place: it ends at a ":" too, unless that is one of a pair ("AWS::S3::Bucket").
func (s *scanner) word() string {
	start := s.pos
	for !s.end() {
		c := s.text[s.pos]
		if c < ' ' || c == 0x7f || strings.IndexByte(wordStops, c) >= 0 {
			break
		}
		if c == ':' {
			if !strings.HasPrefix(s.text[s.pos:], "::") {
				break
			}
			s.pos++
		}
		s.pos++
	}
	return s.text[start:s.pos]
}

// bareValue reads a bare word as it stands in a value's place.
func (s *scanner) bareValue() string {
	start := s.pos
	for !s.end() {
		c := s.text[s.pos]
		if c < ' ' || c == 0x7f || strings.IndexByte(wordStops, c) >= 0 {
			break
		}
		s.pos++
	}
	return s.text[start:s.pos]
}

// op reads a comparison operator; a ":" is an equals sign.
func (s *scanner) op() (Op, bool) {
	for _, candidate := range [...]struct {
		token string
		op    Op
	}{{"==", Eq}, {"=~", Match}, {"=", Eq}, {"!=", Ne}, {"!~", NotMatch}, {">=", Ge}, {">", Gt}, {"<=", Le}, {"<", Lt}, {":", Eq}} {
		if s.accept(candidate.token) {
			return candidate.op, true
		}
	}
	return 0, false
}

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }

// quoted is a string literal: Pattern is it with unescaped stars as wildcards, raw it as a regular expression wants it, where an
// escape that is none of the language's stays as it was typed.
type quoted struct {
	pattern Pattern
	raw     string
}

// quoted reads a string in double, single or back quotes; back quotes know no escapes.
func (s *scanner) quoted() (quoted, *Error) {
	start := s.pos
	quote := s.peek()
	s.pos++
	var pattern, raw strings.Builder
	add := func(r string) {
		if r == `\` {
			pattern.WriteByte('\\')
		}
		pattern.WriteString(r)
		raw.WriteString(r)
	}
	for !s.end() {
		c := s.peek()
		switch {
		case c == quote:
			s.pos++
			return quoted{Pattern(pattern.String()), raw.String()}, nil
		case c == '\\' && quote != '`':
			at := s.pos
			s.pos++
			if s.end() {
				break
			}
			if c := s.peek(); c == '*' {
				s.pos++
				pattern.WriteString(`\*`)
				raw.WriteString(`\*`)
				continue
			}
			r, known, err := s.escape(at)
			if err != nil {
				return quoted{}, err
			}
			if !known {
				add(`\`)
				continue
			}
			add(r)
		default:
			_, size := utf8.DecodeRuneInString(s.text[s.pos:])
			add(s.text[s.pos : s.pos+size])
			s.pos += size
		}
	}
	return quoted{}, &Error{Pos: start, Message: "the string is not closed", Hint: "end it with " + string(quote)}
}

// escape reads what follows a backslash that stands at byte at. An unknown escape is left unread.
func (s *scanner) escape(at int) (text string, known bool, err *Error) {
	c := s.peek()
	switch c {
	case '\\', '"', '\'':
		s.pos++
		return string(c), true, nil
	case 'n':
		s.pos++
		return "\n", true, nil
	case 't':
		s.pos++
		return "\t", true, nil
	case 'r':
		s.pos++
		return "\r", true, nil
	case 'u':
		if s.pos+5 > len(s.text) {
			return "", false, &Error{Pos: at, Message: `\u wants four hex digits`}
		}
		code, parseErr := strconv.ParseUint(s.text[s.pos+1:s.pos+5], 16, 16)
		if parseErr != nil || code >= 0xd800 && code < 0xe000 {
			return "", false, &Error{Pos: at, Message: `\u wants four hex digits of a character`}
		}
		s.pos += 5
		return string(rune(code)), true, nil
	}
	return "", false, nil
}
