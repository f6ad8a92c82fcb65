package traceql

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxLength is how long a query may be, in bytes; MaxDepth how deep it may be nested.
const (
	MaxLength = 16 << 10
	MaxDepth  = 100
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenSign
	tokenWord
	tokenAttr
	tokenValue // a string or a number
)

type token struct {
	kind  tokenKind
	pos   int
	text  string // sign or word, else as it stands in the query
	attr  Attr
	value Value
}

// signs, longer ones before those that they begin with.
var signs = []string{
	"!>>", "!<<", "&>>", "&<<", "!>", "!<", "!~", "&>", "&<", "&~", "&&", "||", ">>", "<<", ">=", "<=", "!=", "=~",
	"{", "}", "(", ")", ",", "|", "=", ">", "<", "~", "+", "-", "*", "/", "%", "^", "!",
}

func fail(pos int, format string, args ...any) *Error {
	return &Error{Offset: pos, Msg: fmt.Sprintf(format, args...)}
}

// scan splits a query into its tokens, the last of which is tokenEnd.
func scan(text string) ([]token, *Error) {
	if len(text) > MaxLength {
		return nil, fail(MaxLength, "the query is longer than %d bytes", MaxLength)
	}
	for i, r := range text {
		if _, size := utf8.DecodeRuneInString(text[i:]); r == utf8.RuneError && size == 1 {
			return nil, fail(i, "the query is not valid UTF-8")
		}
	}
	s := scanner{text: text}
	var tokens []token
	for {
		t, err := s.next()
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
		if t.kind == tokenEnd {
			return tokens, nil
		}
	}
}

type scanner struct {
	text string
	pos  int
}

func (s *scanner) rest() string { return s.text[s.pos:] }

// comment is how many bytes of the text a comment takes that it begins with, as Tempo knows them: // to the end of the line, /* to */.
// closed is false of one that does not end.
func comment(text string) (n int, closed bool) {
	begin, end := "//", "\n"
	if strings.HasPrefix(text, "/*") {
		begin, end = "/*", "*/"
	}
	inner, ok := strings.CutPrefix(text, begin)
	if !ok {
		return 0, true
	}
	if i := strings.Index(inner, end); i >= 0 {
		return len(begin) + i + len(end), true
	}
	return len(text), end == "\n"
}

// Begin is the query without the spaces and comments that it begins with.
func Begin(text string) string {
	for {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
		n, _ := comment(text)
		if n == 0 {
			return text
		}
		text = text[n:]
	}
}

func (s *scanner) next() (token, *Error) {
	for s.pos < len(s.text) {
		r, size := utf8.DecodeRuneInString(s.rest())
		if !unicode.IsSpace(r) {
			n, closed := comment(s.rest())
			if !closed {
				return token{}, fail(s.pos, "this comment has no closing */")
			}
			if size = n; n == 0 {
				break
			}
		}
		s.pos += size
	}
	at := s.pos
	if at == len(s.text) {
		return token{kind: tokenEnd, pos: at}, nil
	}
	c := s.text[at]
	var t token
	var err *Error
	switch {
	case c == '"' || c == '`':
		t.kind = tokenValue
		t.value.Type = TypeString
		t.value.Text, err = s.quoted()
	case c >= '0' && c <= '9', c == '.' && at+1 < len(s.text) && s.text[at+1] >= '0' && s.text[at+1] <= '9': // .99 is a number
		t.kind = tokenValue
		t.value, err = s.number()
	case c == '.':
		t.kind = tokenAttr
		s.pos++
		t.attr.Scope = Unscoped
		t.attr.Key, _, err = s.key()
	case isLetter(c):
		t, err = s.word()
	default:
		for _, sign := range signs {
			if strings.HasPrefix(s.rest(), sign) {
				s.pos += len(sign)
				return token{kind: tokenSign, pos: at, text: sign}, nil
			}
		}
		r, _ := utf8.DecodeRuneInString(s.rest())
		return t, fail(at, "%q does not belong here%s", r, hintFor(r))
	}
	t.pos = at
	if t.kind != tokenWord {
		t.text = s.text[at:s.pos]
	}
	return t, err
}

func hintFor(r rune) string {
	switch r {
	case '\'':
		return `; text stands in double quotes or backquotes`
	case '&':
		return `; "and" is &&`
	}
	return ""
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }

var scopeWords = map[string]Scope{
	"span": SpanScope, "resource": ResourceScope, "event": EventScope, "link": LinkScope, "instrumentation": InstrumentationScope,
}

// word reads a word, or an attribute with its scope.
func (s *scanner) word() (token, *Error) {
	at := s.pos
	for s.pos < len(s.text) {
		if c := s.text[s.pos]; !isLetter(c) && c != ':' && (c < '0' || c > '9') {
			break
		}
		s.pos++
	}
	word := s.text[at:s.pos]
	if !strings.HasPrefix(s.rest(), ".") {
		return token{kind: tokenWord, text: word}, nil
	}
	scope, ok := scopeWords[word]
	parent := word == "parent"
	if !ok && !parent {
		hint := fmt.Sprintf("an attribute of any scope begins with a dot: .%s", strings.Map(keyRune, word))
		return token{}, fail(at, "there is no scope %q: it is span, resource, event, link, instrumentation or parent; %s", word, hint)
	}
	s.pos++
	if !parent {
		key, _, err := s.key()
		return token{kind: tokenAttr, attr: Attr{Scope: scope, Key: key}}, err
	}
	a := Attr{Scope: Unscoped, Parent: true}
	for _, inner := range []string{"span", "resource"} {
		if strings.HasPrefix(s.rest(), inner+".") {
			a.Scope = scopeWords[inner]
			s.pos += len(inner) + 1
			break
		}
	}
	key, plain, err := s.key()
	a.Key = key
	if field, ok := intrinsicOf(key); ok && plain && a.Scope == Unscoped && field.ofSpan {
		a.Scope, a.Key = Intrinsic, field.name
	}
	return token{kind: tokenAttr, attr: a}, err
}

func keyRune(r rune) rune {
	if isKeyRune(r) {
		return r
	}
	return -1
}

// isKeyRune tells what an attribute's name holds without quotes.
func isKeyRune(r rune) bool {
	return !unicode.IsSpace(r) && !strings.ContainsRune("{}()=~!<>&|^,\"`\\", r) && r != utf8.RuneError
}

// key reads an attribute's name, of which parts may stand in quotes; plain says that none do.
func (s *scanner) key() (key string, plain bool, err *Error) {
	at, plain := s.pos, true
	var b strings.Builder
	for s.pos < len(s.text) {
		r, size := utf8.DecodeRuneInString(s.rest())
		if r == '"' {
			part, err := s.quoted()
			if err != nil {
				return "", false, err
			}
			plain = false
			b.WriteString(part)
			continue
		}
		if !isKeyRune(r) {
			break
		}
		b.WriteString(s.text[s.pos : s.pos+size])
		s.pos += size
	}
	if b.Len() == 0 {
		return "", false, fail(at, "expected the name of an attribute")
	}
	return b.String(), plain, nil
}

// quoted reads text in double quotes, with Go's escapes, or in backquotes, as it is.
func (s *scanner) quoted() (string, *Error) {
	at, quote := s.pos, s.text[s.pos]
	for i := at + 1; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '\\' && quote == '"':
			i++
		case c == quote:
			s.pos = i + 1
			inner := s.text[at+1 : i]
			if quote == '`' {
				return inner, nil
			}
			return unquote(inner, at+1)
		}
	}
	return "", fail(at, "this text has no closing %c", quote)
}

func unquote(inner string, at int) (string, *Error) {
	var b strings.Builder
	for rest := inner; rest != ""; {
		if rest[0] != '\\' {
			b.WriteByte(rest[0])
			rest = rest[1:]
			continue
		}
		r, multibyte, tail, err := strconv.UnquoteChar(rest, '"')
		if err != nil {
			return "", fail(at+len(inner)-len(rest), `"\" begins an escape such as \" or \n here; write a backslash as "\\", or put the text into backquotes`)
		}
		if multibyte {
			b.WriteRune(r)
		} else {
			b.WriteByte(byte(r))
		}
		rest = tail
	}
	return b.String(), nil
}

// number reads 5, 1.5, 100ms, 1h30m or 10MB.
func (s *scanner) number() (Value, *Error) {
	at := s.pos
	for s.pos < len(s.text) {
		c := s.text[s.pos]
		if isLetter(c) || c >= '0' && c <= '9' || c == '.' || c >= utf8.RuneSelf && isMicro(s.rest()) || c == 0xb5 || c == 0xbc {
			s.pos++
			continue
		}
		if (c == '-' || c == '+') && s.pos+1 < len(s.text) && s.text[s.pos+1] >= '0' && s.text[s.pos+1] <= '9' &&
			s.text[s.pos-1]|0x20 == 'e' && strings.Trim(s.text[at:s.pos-1], "0123456789.") == "" {
			s.pos++
			continue
		}
		break
	}
	text := s.text[at:s.pos]
	if strings.Trim(text, "0123456789") == "" {
		i, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return Value{}, fail(at, "%s is more than a number may be", text)
		}
		return Value{Type: TypeInt, Int: i}, nil
	}
	if !strings.ContainsAny(text, "xX_pPiInN") {
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return Value{Type: TypeFloat, Float: f}, nil
		} else if errors.Is(err, strconv.ErrRange) {
			return Value{}, fail(at, "%s is more than a number may be", text)
		}
	}
	if d, ok := parseDuration(text); ok {
		return Value{Type: TypeDuration, Int: int64(d)}, nil
	}
	if n, ok := parseSize(text); ok {
		return Value{Type: TypeInt, Int: n}, nil
	}
	return Value{}, fail(at, "%s is no number, duration (100ms, 1h30m) or size (10MB)", text)
}

func isMicro(rest string) bool { return strings.HasPrefix(rest, "µ") || strings.HasPrefix(rest, "μ") }

// parseDuration is time.ParseDuration, and days and weeks.
func parseDuration(text string) (time.Duration, bool) {
	if d, err := time.ParseDuration(text); err == nil {
		return d, true
	}
	for unit, length := range map[byte]time.Duration{'d': 24 * time.Hour, 'w': 7 * 24 * time.Hour} {
		count, rest, ok := strings.Cut(text, string(unit))
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(count, 64)
		ns := n * float64(length)
		if err != nil || !(math.Abs(ns) < math.MaxInt64/2) {
			return 0, false
		}
		if rest == "" {
			return time.Duration(ns), true
		}
		d, ok := parseDuration(rest)
		return time.Duration(ns) + d, ok && d < math.MaxInt64/2
	}
	return 0, false
}

// parseSize reads bytes: 10B, 1.5kB, 10MB, 1GiB.
func parseSize(text string) (int64, bool) {
	split := strings.IndexFunc(text, unicode.IsLetter)
	n, err := strconv.ParseFloat(text[:max(split, 0)], 64)
	if err != nil {
		return 0, false
	}
	unit, ok := strings.CutSuffix(strings.ToUpper(text[split:]), "B")
	if !ok {
		return 0, false
	}
	base := 1000.0
	if prefix, binary := strings.CutSuffix(unit, "I"); binary {
		unit, base = prefix, 1024
		if unit == "" {
			return 0, false
		}
	}
	power := strings.Index(" KMGTP", unit)
	if unit == "" {
		power = 0
	}
	if power < 0 || len(unit) > 1 {
		return 0, false
	}
	n *= math.Pow(base, float64(power))
	return int64(n), n < math.MaxInt64
}
