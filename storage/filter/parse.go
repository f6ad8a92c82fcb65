package filter

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits of what Parse takes.
const (
	MaxLength = 16 << 10 // bytes
	MaxDepth  = 100      // of parentheses and nots
)

// Error says what is wrong with a filter and where.
type Error struct {
	Pos     int    // byte offset in the text
	Message string // what is wrong
	Hint    string // what would be right; may be empty
}

func (e *Error) Error() string {
	if e.Hint == "" {
		return fmt.Sprintf("at %d: %s", e.Pos, e.Message)
	}
	return fmt.Sprintf("at %d: %s (%s)", e.Pos, e.Message, e.Hint)
}

// Parse reads the short form. Empty text gives a nil Expr; every error is an *Error.
//
//	service = checkout and duration > 500ms and (status = error or http.response.status_code >= 500)
//
// Conditions joined by nothing are joined by "and", which binds tighter than "or"; "not" or "!" binds tightest. A key without a
// scope is a field of Fields or an attribute of the span; a key alone asks for presence, any other word alone is searched for
// in all text. "*" in a value of = and != is a wildcard, "\*" a star. key:value is key = value.
func Parse(text string) (Expr, error) { return parse(text, spans) }

func parse(text string, words *dictionary) (Expr, error) {
	if len(text) > MaxLength {
		return nil, &Error{Pos: MaxLength, Message: fmt.Sprintf("the filter is longer than %d bytes", MaxLength)}
	}
	for i, r := range text {
		if _, size := utf8.DecodeRuneInString(text[i:]); r == utf8.RuneError && size == 1 {
			return nil, &Error{Pos: i, Message: "the filter is not valid UTF-8"}
		}
	}
	p := parser{scanner: scanner{text: text}, words: words}
	p.skipSpace()
	if p.end() {
		return nil, nil
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if !p.end() {
		return nil, p.unexpected()
	}
	return e, nil
}

type parser struct {
	scanner
	words *dictionary
	depth int
}

func (p *parser) unexpected() *Error {
	r, _ := utf8.DecodeRuneInString(p.text[p.pos:])
	e := &Error{Pos: p.pos, Message: fmt.Sprintf("unexpected %q", string(r))}
	switch r {
	case ')':
		e.Hint = `there is no "(" for it`
	case '&', '|', ',', ';':
		e.Hint = `join conditions with "and" or "or"`
	case '=', '<', '>', '~', ':':
		e.Hint = "a comparison is key operator value, such as duration > 500ms"
	case '\\':
		e.Hint = "put text with a backslash into quotes"
	default:
		e.Hint = "expected a condition such as service = checkout"
	}
	return e
}

// keyword takes one of the words, in any case, if it stands alone at this place.
func (p *parser) keyword(words ...string) bool {
	for _, w := range words {
		end := p.pos + len(w)
		if end > len(p.text) || !strings.EqualFold(p.text[p.pos:end], w) {
			continue
		}
		if end == len(p.text) || strings.IndexByte(" \t\r\n()\"'`", p.text[end]) >= 0 {
			p.pos = end
			return true
		}
	}
	return false
}

func (p *parser) or() (Expr, *Error) {
	var parts []Expr
	for {
		e, err := p.and()
		if err != nil {
			return nil, err
		}
		parts = append(parts, e)
		p.skipSpace()
		if !p.accept("||") && !p.keyword("or") {
			return AnyOf(parts...), nil
		}
		p.skipSpace()
	}
}

func (p *parser) and() (Expr, *Error) {
	var parts []Expr
	for {
		e, err := p.unary()
		if err != nil {
			return nil, err
		}
		parts = append(parts, e)
		p.skipSpace()
		if p.accept("&&") || p.keyword("and") {
			p.skipSpace()
			continue
		}
		if p.end() || p.peek() == ')' || strings.HasPrefix(p.text[p.pos:], "||") || p.atOr() {
			return AllOf(parts...), nil
		}
	}
}

func (p *parser) atOr() bool {
	at := p.pos
	or := p.keyword("or")
	p.pos = at
	return or
}

func (p *parser) unary() (Expr, *Error) {
	p.skipSpace()
	at := p.pos
	if p.keyword("not") || p.peek() == '!' && p.accept("!") {
		if err := p.enter(at); err != nil {
			return nil, err
		}
		defer p.leave()
		e, err := p.unary()
		if err != nil {
			return nil, err
		}
		return Not{e}, nil
	}
	if !p.accept("(") {
		return p.term()
	}
	if err := p.enter(at); err != nil {
		return nil, err
	}
	defer p.leave()
	p.skipSpace()
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if !p.accept(")") {
		if !p.end() {
			return nil, p.unexpected()
		}
		return nil, &Error{Pos: p.pos, Message: `expected ")"`, Hint: fmt.Sprintf(`the "(" at %d is not closed`, at)}
	}
	return e, nil
}

func (p *parser) enter(at int) *Error {
	if p.depth++; p.depth > MaxDepth {
		return &Error{Pos: at, Message: fmt.Sprintf("the filter is nested deeper than %d", MaxDepth)}
	}
	return nil
}

func (p *parser) leave() { p.depth-- }
