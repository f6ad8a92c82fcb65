package traceapi

import (
	"context"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/traceql"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

// Words finds what occurs in stored spans, for completion; the most frequent first.
type Words interface {
	// Keys of attributes that begin with a prefix.
	Keys(ctx context.Context, project string, r traces.Range, prefix string, limit int) ([]traces.KeyCount, error)
	// Values of an attribute or field that begin with a prefix.
	Values(ctx context.Context, project string, r traces.Range, attr filter.Attr, prefix string, limit int) ([]traces.ValueCount, error)
}

// maxItems bounds the list of completions.
const maxItems = 50

type itemJSON struct {
	Text  string  `json:"text"`
	Kind  string  `json:"kind"`
	Count float64 `json:"count,omitempty"`
}

func (h *handlers) complete(w http.ResponseWriter, r *http.Request) error {
	p := api.ParamsOf(r, "q", "pos", "from", "to")
	text := p.Text("q", api.MaxQuery)
	pos := min(p.Int("pos", len(text), 0, api.MaxQuery), len(text))
	from, to := p.Range(h.Now())
	if err := p.Err(); err != nil {
		return err
	}
	for pos > 0 && pos < len(text) && !utf8.RuneStart(text[pos]) {
		pos--
	}
	c := completer{ctx: r.Context(), words: h.Words, project: api.CallerOf(r.Context()).Project, span: traces.Range{From: from, To: to}, items: []itemJSON{}}
	fill := func() error { return c.fill(caretOf(text[:pos])) }
	if isTraceQL(text[:pos]) {
		fill = func() error { return c.fillTraceQL(traceql.CaretAt(text[:pos])) }
	}
	if err := fill(); err != nil && !errors.Is(err, conn.ErrTimeout) { // what was found in time will do
		return err
	}
	return api.WriteJSON(w, map[string]any{"items": c.items[:min(len(c.items), maxItems)]})
}

type completer struct {
	ctx     context.Context
	words   Words
	project string
	span    traces.Range
	items   []itemJSON
}

func (c *completer) fill(at caret) error {
	switch at.wants {
	case wantsValue:
		return c.values(at.key, at.word)
	case wantsOperator:
		c.add("operator", at.word, "=", "!=", ">", ">=", "<", "<=", "=~", "!~")
		c.add("keyword", at.word, "and", "or")
		return nil
	case wantsJoin:
		c.add("keyword", at.word, "and", "or")
		return c.keys(at.word)
	}
	if at.joined { // first: "a" behind a condition is rather the beginning of "and" than of a key
		c.add("keyword", at.word, "and", "or")
	}
	if err := c.keys(at.word); err != nil {
		return err
	}
	c.add("keyword", at.word, "not", "exists")
	return nil
}

func (c *completer) add(kind, prefix string, texts ...string) {
	for _, text := range texts {
		if strings.HasPrefix(text, strings.ToLower(prefix)) {
			c.items = append(c.items, itemJSON{Text: text, Kind: kind})
		}
	}
}

func (c *completer) keys(prefix string) error {
	for _, f := range filter.Fields() {
		c.add("key", prefix, f.Name)
	}
	if c.words == nil {
		return nil
	}
	sought, written := keysAs(prefix)
	found, err := c.words.Keys(c.ctx, c.project, c.span, sought, maxItems)
	for _, k := range found {
		text := written(k.Attr)
		if text != "" && !slices.ContainsFunc(c.items, func(i itemJSON) bool { return i.Text == text }) {
			c.items = append(c.items, itemJSON{Text: text, Kind: "key", Count: k.Count})
		}
	}
	return err
}

// keysAs tells which keys a word may become, and how they are written then, "" if not: a scope that is typed out stays.
func keysAs(word string) (sought string, written func(filter.Attr) string) {
	for scope, scopes := range map[string][]filter.Scope{"span.": {filter.Span}, ".": {filter.Span, filter.Resource}} {
		rest, ok := strings.CutPrefix(word, scope)
		if !ok {
			continue
		}
		return rest, func(a filter.Attr) string {
			if !slices.Contains(scopes, a.Scope) || !strings.HasPrefix(strings.ToLower(a.Key), strings.ToLower(rest)) {
				return ""
			}
			if scope == "." {
				a.Scope = filter.Any
			} else if text := a.String(); text == a.Key {
				return scope + text
			}
			return a.String()
		}
	}
	return word, filter.Attr.String
}

func (c *completer) values(key, prefix string) error {
	attr, ok := attrNamed(key)
	if !ok {
		return nil // no key: nothing to offer, and nothing wrong
	}
	if attr.Scope == filter.Intrinsic {
		field, _ := filter.FieldOf(attr.Key)
		switch field.Type {
		case filter.TypeEnum:
			c.add("value", prefix, field.Values...)
			return nil
		case filter.TypeBool:
			c.add("value", prefix, "true", "false")
			return nil
		case filter.TypeDuration:
			c.add("value", prefix, "10ms", "100ms", "500ms", "1s", "5s")
			return nil
		case filter.TypeID:
			return nil
		}
	}
	if c.words == nil {
		return nil
	}
	found, err := c.words.Values(c.ctx, c.project, c.span, attr, prefix, maxItems)
	for _, v := range found {
		for _, value := range readings(attr, v.Value) {
			printed := filter.Compare{Attr: attr, Op: filter.Eq, Value: value}.String()
			c.items = append(c.items, itemJSON{Text: strings.TrimPrefix(printed, attr.String()+" = "), Kind: "value", Count: v.Count})
		}
	}
	return err
}

// readings are the values that a text may stand for. The text does not say whether an attribute was sent as the number 42 or the
// string "42", which are not equal, so both are offered, the likelier first.
func readings(attr filter.Attr, text string) []filter.Value {
	plain := filter.StringValue(text)
	if attr.Scope == filter.Intrinsic {
		return []filter.Value{plain}
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(n, 10) == text {
		return []filter.Value{filter.IntValue(n), plain}
	}
	if text == "true" || text == "false" {
		return []filter.Value{filter.BoolValue(text == "true"), plain}
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && strconv.FormatFloat(f, 'g', -1, 64) == text && !math.IsInf(f, 0) && !math.IsNaN(f) {
		return []filter.Value{filter.FloatValue(f), plain}
	}
	return []filter.Value{plain}
}

// caret is what may stand at the end of a filter that is being typed.
type caret struct {
	wants  wants
	word   string // as far as it is typed, without quotes
	key    string // wantsValue: of which key
	joined bool   // wantsKey: "and" may stand here too, since a condition came before
}

type wants uint8

const (
	wantsKey wants = iota
	wantsOperator
	wantsValue
	wantsJoin
)

// caretOf reads a filter as far as it is typed. It is forgiving, unlike the parser: it sees words, quotes, operators and
// parentheses, and takes the last of them for what is being typed if nothing stands behind it.
func caretOf(text string) caret {
	at := caret{}
	done := false // a condition is complete
	key := ""     // the last word that may be a key
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			i++
			switch {
			case at.wants == wantsKey && key != "":
				at = caret{wants: wantsOperator}
			case at.wants == wantsValue && done:
				at = caret{wants: wantsJoin}
			}
		case strings.IndexByte("=!<>~:", c) >= 0 && !strings.HasPrefix(text[i:], "!!"):
			n := len(text[i:]) - len(strings.TrimLeft(text[i:], "=!<>~:"))
			i += n
			if c == '!' && n == 1 && key == "" { // "not"
				at = caret{}
				continue
			}
			at, done = caret{wants: wantsValue, key: key}, false
		case c == '(' || c == ')' || c == '&' || c == '|' || c == ',':
			i++
			at, key, done = caret{}, "", false
			if c == ')' {
				at.wants = wantsJoin
			}
		default:
			start := i
			word, next := readWord(text, i)
			i = next
			switch {
			case at.wants == wantsValue && !done:
				at.word, done, key = word, true, ""
			case isJoin(word) && i < len(text):
				at, key, done = caret{}, "", false
			default:
				at = caret{word: word, joined: at.wants == wantsJoin || at.wants == wantsOperator}
				key, done = text[start:i], false
			}
		}
	}
	return at
}

func isJoin(word string) bool {
	switch strings.ToLower(word) {
	case "and", "or", "not", "exists":
		return true
	}
	return false
}

// readWord reads a bare word or a quoted one, whose closing quote may be missing.
func readWord(text string, i int) (word string, next int) {
	if q := text[i]; q == '"' || q == '\'' || q == '`' {
		var b strings.Builder
		for i++; i < len(text); i++ {
			switch {
			case text[i] == q:
				return b.String(), i + 1
			case text[i] == '\\' && q != '`' && i+1 < len(text):
				i++
			}
			b.WriteByte(text[i])
		}
		return b.String(), i
	}
	start := i
	for i < len(text) && (i == start || strings.IndexByte(" \t\r\n()\"'`=!<>~&|,", text[i]) < 0) {
		if text[i] == ':' && i > start {
			if !strings.HasPrefix(text[i:], "::") { // "::" is part of a type's name
				break
			}
			i++
		}
		i++
	}
	return text[start:min(i, len(text))], min(i, len(text))
}
