package traceql

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sightline/sightline/storage/filter"
)

// Caret is what may stand at the end of a query that is being typed.
type Caret struct {
	Wants Wants
	Word  string // as far as it is typed; of a value without quotes
	Key   string // WantsValue: of what, as the query names it
	Func  string // WantsNext: behind which function; "": behind a span set
}

// Wants is what a query wants next.
type Wants uint8

// What may be wanted.
const (
	WantsSpans    Wants = iota // a span set
	WantsKey                   // an attribute or field in a condition
	WantsOperator              // behind it
	WantsValue                 // behind an operator
	WantsJoin                  // behind a value: another condition, or the end of the span set
	WantsNext                  // behind a span set or a function
	WantsStage                 // behind "|"
	WantsAttr                  // in the parentheses of a function
	WantsNothing
)

// CaretAt reads a query as far as it is typed. It is forgiving, unlike Parse.
func CaretAt(text string) Caret {
	c := Caret{}
	inside := false        // of braces
	var functions []string // whose parentheses are open; "" of those that only group
	last := ""             // word outside of braces
	for i := 0; i < len(text); {
		rest := text[i:]
		sign := signAt(rest)
		r, size := utf8.DecodeRuneInString(rest)
		if n, closed := comment(rest); n > 0 {
			if i += n; !closed || rest[1] == '/' && i == len(text) && !strings.HasSuffix(text, "\n") { // it goes on
				return Caret{Wants: WantsNothing}
			}
			c = c.past()
			continue
		}
		switch {
		case strings.ContainsRune(" \t\r\n", r):
			i += size
			c = c.past()
		case r == '"' || r == '`':
			word, n, closed := openText(rest, byte(r))
			i += n
			if c.Word = word; closed {
				c = c.past()
				if c.Wants == WantsValue {
					c = Caret{Wants: WantsJoin}
				}
			}
		case r == '{':
			i, inside, c = i+1, true, Caret{Wants: WantsKey}
		case r == '}':
			i, inside, c = i+1, false, Caret{Wants: WantsNext}
		case r == '(':
			i++
			functions = append(functions, last)
			switch {
			case inside:
				c = Caret{Wants: WantsKey}
			case last == "":
				c = Caret{Wants: WantsSpans}
			case last == "count" || last == "coalesce" || last == "rate" || last == "count_over_time" || slices.Contains(limits, last):
				c = Caret{Wants: WantsNothing}
			case last == "compare":
				c = Caret{Wants: WantsSpans}
			default:
				c = Caret{Wants: WantsAttr, Func: last}
			}
			last = ""
		case r == ')':
			i++
			c = Caret{Wants: WantsNext}
			if n := len(functions); n > 0 {
				c.Func, functions = functions[n-1], functions[:n-1]
			}
			if inside {
				c = Caret{Wants: WantsJoin}
			}
		case r == ',':
			i++
			c = Caret{Wants: WantsAttr}
		case sign != "" && inside:
			i += len(sign)
			if sign == "&&" || sign == "||" || sign == "!" || strings.Contains("+*%^", sign) {
				c = Caret{Wants: WantsKey}
			} else {
				c = Caret{Wants: WantsValue, Key: c.past().Key}
			}
		case sign != "":
			i += len(sign)
			switch {
			case sign == "|":
				c = Caret{Wants: WantsStage}
			case c.Wants == WantsNext && c.Func != "":
				c = Caret{Wants: WantsNothing}
			default:
				c = Caret{Wants: WantsSpans}
			}
			last = ""
		default:
			n := wordLength(rest)
			i += n
			c.Word = rest[:n]
			if !inside {
				last = c.Word
			}
		}
	}
	return c
}

// caretSigns join, compare and calculate, the longer ones first.
var caretSigns = []string{"!>>", "!<<", "&>>", "&<<", "&&", "||", "=~", "!~", "!=", ">=", "<=", ">>", "<<", "!>", "!<", "&>", "&<", "&~", "=", ">", "<", "~", "!", "|", "&", "+", "*", "%", "^"}

func signAt(text string) string {
	if i := slices.IndexFunc(caretSigns, func(s string) bool { return strings.HasPrefix(text, s) }); i >= 0 {
		return caretSigns[i]
	}
	return ""
}

// past is the caret behind the word that is being typed.
func (c Caret) past() Caret {
	if c.Word == "" {
		return c
	}
	switch c.Wants {
	case WantsKey:
		return Caret{Wants: WantsOperator, Key: c.Word}
	case WantsValue, WantsJoin:
		return Caret{Wants: WantsJoin}
	case WantsOperator:
		return Caret{Wants: WantsOperator, Key: c.Key}
	case WantsAttr:
		return Caret{Wants: WantsNothing}
	}
	return Caret{Wants: WantsNothing}
}

// wordLength is that of a word, with what it has in quotes.
func wordLength(text string) int {
	for i, r := range text {
		if i > 0 && r == '"' && text[i-1] == '.' {
			_, n, _ := openText(text[i:], '"')
			return i + n
		}
		if i > 0 && !isKeyRune(r) {
			return i
		}
	}
	return len(text)
}

// openText reads text in quotes, whose closing one may be missing; n is how far it goes.
func openText(text string, quote byte) (word string, n int, closed bool) {
	var b strings.Builder
	for n = 1; n < len(text); n++ {
		switch {
		case text[n] == quote:
			return b.String(), n + 1, true
		case text[n] == '\\' && quote == '"' && n+1 < len(text):
			n++
		}
		b.WriteByte(text[n])
	}
	return b.String(), n, false
}

// Named tells of an attribute or field, as a query names it, what it is called in filters and what keywords its values are, if they are
// keywords; ok is false where no values can be listed.
func Named(name string) (a filter.Attr, keywords []string, ok bool) {
	tokens, err := scan(name)
	if err != nil || len(tokens) != 2 {
		return a, nil, false
	}
	attr := tokens[0].attr
	if tokens[0].kind == tokenWord {
		field, known := intrinsicOf(tokens[0].text)
		if !known {
			return a, nil, false
		}
		attr = Attr{Key: field.name}
	} else if tokens[0].kind != tokenAttr {
		return a, nil, false
	}
	attr.Parent = false // a parent has the values that spans have
	switch attr.kind() {
	case TypeStatus:
		return a, []string{"error", "ok", "unset"}, true
	case TypeKind:
		return a, []string{"server", "client", "internal", "producer", "consumer", "unspecified"}, true
	case TypeDuration:
		return a, []string{"10ms", "100ms", "500ms", "1s", "5s"}, true
	}
	switch {
	case attr.Scope == Intrinsic && attr.Key == fieldRootName:
		return filter.Attr{Key: filter.Name}, nil, true
	case attr.Scope == Intrinsic && attr.Key == fieldRootService, attr.Scope == ResourceScope && attr.Key == "service.name":
		return filter.Attr{Key: filter.Service}, nil, true
	}
	a, ok = filterAttr(attr)
	return a, nil, ok
}

// Fields are the names of the fields, those that people ask for first.
func Fields() []string {
	names := make([]string, 0, len(intrinsics))
	for _, f := range intrinsics {
		if f.name != fieldNestedLeft && f.name != fieldNestedRight {
			names = append(names, f.name)
		}
	}
	return names
}

// NameOf is how a query names an attribute that a filter names.
func NameOf(a filter.Attr) string {
	for scope, of := range filterScopes {
		if of == a.Scope && Scope(scope) != Intrinsic {
			return Attr{Scope: Scope(scope), Key: a.Key}.String()
		}
	}
	return ""
}
