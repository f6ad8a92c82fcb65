package filter

import (
	"fmt"
	"slices"
	"strings"
)

// term reads a comparison, a key alone, or text to search for.
func (p *parser) term() (Expr, *Error) {
	at := p.pos
	if p.end() {
		return nil, &Error{Pos: at, Message: "expected a condition", Hint: "such as service = checkout"}
	}
	if isQuote(p.peek()) {
		return p.quotedText()
	}
	if c := p.peek(); c == '{' || c == '}' { // as text it would find something else than what whoever wrote TraceQL asks for
		return nil, &Error{Pos: at, Message: fmt.Sprintf("unexpected %q", string(c)), Hint: "TraceQL is not read here; text that begins with a brace stands in quotes"}
	}
	if p.keyword("and", "or") {
		return nil, &Error{Pos: at, Message: fmt.Sprintf("expected a condition before %q", strings.ToLower(p.text[at:p.pos]))}
	}
	if p.keyword("exists") {
		return p.exists()
	}
	k, err := p.key()
	if err != nil {
		return nil, err
	}
	afterKey := p.pos
	p.skipSpace()
	opAt := p.pos
	op, ok := p.op()
	if !ok {
		if p.keyword("in") && p.listed() {
			return nil, &Error{Pos: opAt, Message: `there is no operator "in"`, Hint: "write (" + k.word + " = a or " + k.word + " = b), or a regular expression: " + k.word + ` =~ "^(a|b)$"`}
		}
		p.pos = afterKey
		return k.alone()
	}
	if rest, negated := strings.CutPrefix(k.word, "-"); negated && !k.quoted {
		return nil, &Error{Pos: at, Message: fmt.Sprintf("unexpected %q", "-"), Hint: "write not " + rest + " " + op.String() + ` …; a key that begins so stands in quotes: span."` + k.word + `"`}
	}
	if err := k.check(); err != nil {
		return nil, err
	}
	p.skipSpace()
	valueAt := p.pos
	v, err := p.literal(op)
	if err != nil {
		return nil, err
	}
	return p.words.compare(k.attr, op, opAt, v, valueAt)
}

// listed tells whether an opening parenthesis comes next.
func (p *parser) listed() bool {
	p.skipSpace()
	return p.peek() == '('
}

func (p *parser) quotedText() (Expr, *Error) {
	at := p.pos
	q, err := p.quoted()
	if err != nil {
		return nil, err
	}
	if q.pattern == "" {
		return nil, &Error{Pos: at, Message: "there is no text to search for"}
	}
	afterText := p.pos
	p.skipSpace()
	if _, ok := p.op(); ok {
		return nil, &Error{Pos: at, Message: "a quoted string is text to search for, not a key", Hint: "write span." + p.text[at:afterText] + " for an attribute of that name"}
	}
	p.pos = afterText
	return Text{q.pattern}, nil
}

// exists reads what follows "exists": a key, perhaps in parentheses.
func (p *parser) exists() (Expr, *Error) {
	p.skipSpace()
	paren := p.accept("(")
	p.skipSpace()
	k, err := p.key()
	if err != nil {
		return nil, err
	}
	if err := k.check(); err != nil {
		return nil, err
	}
	p.skipSpace()
	if paren && !p.accept(")") {
		return nil, &Error{Pos: p.pos, Message: `expected ")"`}
	}
	return k.present()
}

// key is a key as it was written.
type key struct {
	attr   Attr
	word   string // bare, or the prefix of a quoted one
	quoted bool
	at     int
	words  *dictionary
}

// key reads a key: bare, or a scope's prefix and a quoted rest.
func (p *parser) key() (key, *Error) {
	k := key{at: p.pos, words: p.words}
	if p.end() {
		return k, &Error{Pos: p.pos, Message: "expected a key", Hint: "such as http.route"}
	}
	k.word = p.word()
	if k.word == "" {
		return k, p.unexpected()
	}
	if scope := slices.Index(scopePrefixes[:], k.word); scope > 0 && !slices.Contains(p.words.without, Scope(scope)) && !p.end() && isQuote(p.peek()) {
		at := p.pos
		q, err := p.quoted()
		if err != nil {
			return k, err
		}
		text, literal := q.pattern.Literal()
		if !literal || text == "" {
			return k, &Error{Pos: at, Message: "a key is exact and not empty", Hint: `write \* for a star`}
		}
		k.attr, k.quoted = Attr{Scope(scope), text}, true
		return k, nil
	}
	k.attr = p.words.attrOf(k.word)
	return k, nil
}

// check refuses bare words that can't be keys.
func (k key) check() *Error {
	if k.quoted {
		return nil
	}
	if i := strings.IndexByte(k.word, '*'); i >= 0 {
		return &Error{Pos: k.at + i, Message: "a key takes no wildcard", Hint: `write span."` + k.word + `" for a star in the key`}
	}
	if slices.Contains(scopePrefixes[1:], k.word) {
		return &Error{Pos: k.at + len(k.word), Message: "expected a key after " + k.word}
	}
	return nil
}

// alone decides what a word without a comparison is: a key whose presence is asked for, or text to search for.
func (k key) alone() (Expr, *Error) {
	scoped := k.attr.Scope != Span || k.attr.Key != k.word
	if len(k.word) > 1 && slices.Contains(scopePrefixes[1:], k.word) && !k.quoted {
		return nil, k.check()
	}
	if k.quoted || scoped && !strings.Contains(k.word, "*") || isKeyLike(k.word) {
		return k.present()
	}
	return Text{Pattern(k.word)}, nil
}

// present asks whether the attribute is there.
func (k key) present() (Expr, *Error) {
	if k.attr.Scope != Intrinsic {
		return Exists{k.attr}, nil
	}
	field, _ := k.words.field(k.attr.Key)
	if field.Type == TypeBool {
		return Compare{k.attr, Eq, BoolValue(true)}, nil
	}
	if field.total {
		return nil, &Error{Pos: k.at, Message: "every " + k.words.item + " has a " + field.Name, Hint: "compare it: " + example(field)}
	}
	return Exists{k.attr}, nil
}

func example(f Field) string {
	switch f.Type {
	case TypeEnum:
		return f.Name + " = " + f.Values[len(f.Values)-1]
	case TypeDuration:
		return f.Name + " > 500ms"
	case TypeWords:
		return f.Name + ` = "connection refused"`
	case TypeID:
		return f.Name + " = 4bf92f35…"
	}
	return f.Name + " = checkout"
}

// isKeyLike tells keys such as http.route from words: they have a dot inside and begin with a letter.
func isKeyLike(word string) bool {
	if word == "" || !isLetter(word[0]) || strings.HasSuffix(word, ".") || !strings.Contains(word, ".") {
		return false
	}
	return !strings.ContainsAny(word, "*/@:") && !strings.Contains(word, "..")
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80 }
