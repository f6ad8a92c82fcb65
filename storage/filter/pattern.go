package filter

import "strings"

// Pattern is text in which "*" stands for any characters, none included; "\*" and "\\" stand for themselves.
type Pattern string

// Literal is the pattern that matches the text alone.
func Literal(text string) Pattern {
	return Pattern(strings.NewReplacer(`\`, `\\`, `*`, `\*`).Replace(text))
}

// Parts are the literal pieces between the stars; n stars make n+1 pieces, empty ones included.
func (p Pattern) Parts() []string {
	parts := make([]string, 0, 4)
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		switch {
		case p[i] == '\\' && i+1 < len(p):
			i++
			b.WriteByte(p[i])
		case p[i] == '*':
			parts = append(parts, b.String())
			b.Reset()
		default:
			b.WriteByte(p[i])
		}
	}
	return append(parts, b.String())
}

// Literal gives the text of a pattern without stars.
func (p Pattern) Literal() (text string, ok bool) {
	parts := p.Parts()
	return parts[0], len(parts) == 1
}

var likeEscapes = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// Like is the pattern in SQL's LIKE syntax, with "\" as the escape character.
func (p Pattern) Like() string {
	parts := p.Parts()
	for i := range parts {
		parts[i] = likeEscapes.Replace(parts[i])
	}
	return strings.Join(parts, "%")
}

// Match reports whether the pattern covers the whole text.
func (p Pattern) Match(text string) bool {
	parts := p.Parts()
	last := len(parts) - 1
	if last == 0 {
		return text == parts[0]
	}
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1:last] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, parts[last])
}
