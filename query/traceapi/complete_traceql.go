package traceapi

import (
	"strconv"
	"strings"

	"github.com/sightline/sightline/query/traceql"
	"github.com/sightline/sightline/storage/filter"
)

// What stands between and behind span sets.
var (
	traceqlScopes     = []string{"span.", "resource.", "event.", "link.", "instrumentation.", "parent.span.", "parent.resource.", "parent."}
	traceqlRelations  = []string{">>", ">", "<<", "<", "~", "&&", "||", "!>>", "!>", "!<<", "!<", "!~", "&>>", "&>", "&<<", "&<", "&~"}
	traceqlStages     = []string{"count()", "avg(", "max(", "min(", "sum(", "by(", "select(", "coalesce()"}
	traceqlComparison = []string{">", ">=", "=", "!=", "<", "<="}
)

// fillTraceQL offers what may stand at the end of a query in TraceQL that is being typed.
func (c *completer) fillTraceQL(at traceql.Caret) error {
	switch at.Wants {
	case traceql.WantsSpans:
		c.add("keyword", at.Word, "{")
	case traceql.WantsKey, traceql.WantsAttr:
		return c.namesTraceQL(at.Word)
	case traceql.WantsOperator:
		c.add("operator", at.Word, "=", "!=", ">", ">=", "<", "<=", "=~", "!~", "&&", "||", "}")
	case traceql.WantsValue:
		return c.valuesTraceQL(at.Key, at.Word)
	case traceql.WantsJoin:
		c.add("operator", at.Word, "&&", "||", "}")
	case traceql.WantsNext:
		c.add("operator", at.Word, "|")
		switch at.Func {
		case "by", "select", "coalesce":
		case "":
			c.add("operator", at.Word, traceqlRelations...)
		default:
			c.add("operator", at.Word, traceqlComparison...)
		}
	case traceql.WantsStage:
		c.add("keyword", at.Word, traceqlStages...)
	}
	return nil
}

// namesTraceQL offers fields, scopes and the attributes that occur, by their names or with their scopes.
func (c *completer) namesTraceQL(word string) error {
	for _, name := range traceql.Fields() {
		_, inner, _ := strings.Cut(name, ":")
		if lower := strings.ToLower(word); strings.HasPrefix(strings.ToLower(name), lower) || word != "" && strings.HasPrefix(strings.ToLower(inner), lower) {
			c.items = append(c.items, itemJSON{Text: name, Kind: "key"})
		}
	}
	scoped := "" // the scope that is typed, with its dot
	for _, scope := range append(traceqlScopes, ".") {
		if scoped == "" && strings.HasPrefix(word, scope) {
			scoped = scope
		} else if scope != "." && strings.HasPrefix(scope, word) {
			c.items = append(c.items, itemJSON{Text: scope, Kind: "keyword"})
		}
	}
	if c.words == nil {
		return nil
	}
	inner, ofParent := strings.CutPrefix(scoped, "parent.")
	bare := strings.TrimPrefix(strings.TrimPrefix(word, scoped), `"`)
	found, err := c.words.Keys(c.ctx, c.project, c.span, bare, 10*maxItems)
	for _, k := range found {
		ofSpan := k.Attr.Scope == filter.Span || k.Attr.Scope == filter.Resource // as a parent's and those without a scope are
		if !strings.HasPrefix(strings.ToLower(k.Attr.Key), strings.ToLower(bare)) || (ofParent || scoped == ".") && !ofSpan {
			continue
		}
		name := traceql.NameOf(k.Attr)
		switch {
		case scoped == ".":
			name = traceql.NameOf(filter.Attr{Scope: filter.Any, Key: k.Attr.Key})
		case ofParent && strings.HasPrefix(name, inner):
			name = "parent." + name
		case ofParent || !strings.HasPrefix(name, scoped):
			continue
		}
		c.items = append(c.items, itemJSON{Text: name, Kind: "key", Count: k.Count})
	}
	return err
}

// valuesTraceQL offers values as a query has them: text in quotes, keywords and numbers as they are.
func (c *completer) valuesTraceQL(key, prefix string) error {
	attr, keywords, ok := traceql.Named(key)
	if !ok {
		return nil // no key: nothing to offer, and nothing wrong
	}
	if keywords != nil {
		c.add("value", prefix, keywords...)
		return nil
	}
	if c.words == nil {
		return nil
	}
	found, err := c.words.Values(c.ctx, c.project, c.span, attr, prefix, maxItems)
	for _, v := range found {
		for _, value := range readings(attr, v.Value) {
			text := v.Value
			if value.Type == filter.TypeString {
				text = strconv.Quote(v.Value)
			}
			c.items = append(c.items, itemJSON{Text: text, Kind: "value", Count: v.Count})
		}
	}
	return err
}
