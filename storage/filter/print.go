package filter

import (
	"slices"
	"strconv"
	"strings"
)

func (e And) String() string    { return joined(e, " and ", true) }
func (e Or) String() string     { return joined(e, " or ", false) }
func (e Exists) String() string { return "exists " + e.Attr.String() }
func (e Text) String() string   { return quote(string(e.Pattern), true) }

func (e Not) String() string {
	switch e.Expr.(type) {
	case And, Or:
		return "not (" + e.Expr.String() + ")"
	}
	return "not " + e.Expr.String()
}

func (e Compare) String() string {
	return e.Attr.String() + " " + e.Op.String() + " " + e.valueText()
}

func joined(parts []Expr, separator string, parens bool) string {
	texts := make([]string, len(parts))
	for i, part := range parts {
		texts[i] = part.String()
		if _, or := part.(Or); or && parens {
			texts[i] = "(" + texts[i] + ")"
		}
	}
	return strings.Join(texts, separator)
}

// String is the key with its scope, in quotes where a bare one would be read as something else.
func (a Attr) String() string {
	if a.Scope == Intrinsic {
		return a.Key
	}
	if a.Scope == Span && isBareKey(a.Key) && a.isRead(a.Key) {
		return a.Key
	}
	prefix := scopePrefixes[a.Scope]
	if isBareKey(a.Key) && a.isRead(prefix+a.Key) {
		return prefix + a.Key
	}
	return prefix + quote(a.Key, false)
}

// isRead says whether the text is read as this attribute, whatever the items are.
func (a Attr) isRead(text string) bool {
	return spans.attrOf(text) == a && (records.attrOf(text) == a || slices.Contains(records.without, a.Scope))
}

// keywords begin something else where a key is expected, or read ambiguously as a value.
var keywords = []string{"and", "or", "not", "exists", "true", "false"}

func isKeyword(word string) bool {
	return slices.ContainsFunc(keywords, func(k string) bool { return strings.EqualFold(k, word) })
}

func isBareKey(key string) bool { return isBare(key, "_.-/@$") && !isKeyword(key) }

// isBare reports whether the text begins with an ASCII letter or "_" and holds ASCII letters, digits and the extra characters.
func isBare(text, extra string) bool {
	for i := range len(text) {
		c := text[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c == '_':
		case i > 0 && (c >= '0' && c <= '9' || strings.IndexByte(extra, c) >= 0):
		default:
			return false
		}
	}
	return text != ""
}

func (e Compare) valueText() string {
	v := e.Value
	switch v.Type {
	case TypeInt:
		return strconv.FormatInt(v.Int, 10)
	case TypeFloat:
		text := strconv.FormatFloat(v.Float, 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		return text
	case TypeBool:
		return strconv.FormatBool(v.Bool)
	case TypeDuration:
		return v.Duration.String()
	}
	switch e.Op {
	case Like, NotLike:
		return quote(v.Text, true)
	case Match, NotMatch:
		return quoteRaw(v.Text)
	}
	if isBare(v.Text, "_.-/:@") && !isKeyword(v.Text) || e.isWord() {
		return v.Text
	}
	return quote(v.Text, false)
}

// isWord tells ids and enum words, which are printed bare.
func (e Compare) isWord() bool {
	if e.Attr.Scope != Intrinsic {
		return false
	}
	field, ok := spans.field(e.Attr.Key)
	if !ok {
		field, _ = records.field(e.Attr.Key)
	}
	return field.Type == TypeEnum || field.Type == TypeID
}

// quote puts a literal text, or a Pattern with its own escapes, into double quotes.
func quote(text string, pattern bool) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case pattern && c == '\\' && i+1 < len(text):
			i++
			b.WriteByte('\\')
			b.WriteByte(text[i])
		case c == '*' && !pattern:
			b.WriteString(`\*`)
		default:
			writeEscaped(&b, c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// quoteRaw puts a regular expression into double quotes: its stars are its own.
func quoteRaw(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		writeEscaped(&b, text[i])
	}
	b.WriteByte('"')
	return b.String()
}

func writeEscaped(b *strings.Builder, c byte) {
	switch c {
	case '\\', '"':
		b.WriteByte('\\')
		b.WriteByte(c)
	case '\n':
		b.WriteString(`\n`)
	case '\t':
		b.WriteString(`\t`)
	case '\r':
		b.WriteString(`\r`)
	default:
		if c < ' ' || c == 0x7f {
			b.WriteString(`\u00` + string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]))
			return
		}
		b.WriteByte(c)
	}
}
