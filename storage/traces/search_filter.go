package traces

import (
	"strconv"
	"strings"

	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/filter/sql"
)

// printer writes a filter as a condition on a row of spans.
type printer struct{ sql.Printer }

func newPrinter(prefix string) *printer {
	p := &printer{sql.Printer{Prefix: prefix}}
	p.Rows = p
	return p
}

// Cost ranks conditions by how much is read for them.
func (p *printer) Cost(a filter.Attr) int {
	switch a.Scope {
	case filter.Intrinsic:
		switch a.Key {
		case filter.TraceID, filter.SpanID, filter.Service, filter.Class, filter.Kind:
			return 0
		case filter.EventName, filter.LinkTraceID, filter.StatusMessage:
			return 4
		}
		return 1
	case filter.Resource:
		return 3
	case filter.Span:
		if _, lifted := liftedKeys[a.Key]; lifted {
			return 2
		}
		return 6
	}
	return 5 + int(a.Scope)
}

// Compare prints a comparison.
func (p *printer) Compare(c filter.Compare) (string, error) {
	switch c.Attr.Scope {
	case filter.Intrinsic:
		return p.intrinsic(c)
	case filter.Event, filter.Link:
		// One event must be it, and for a negative operator have the key and another value.
		positive, negative := c.Op.Negative()
		column := "ev_attrs"
		if c.Attr.Scope == filter.Link {
			column = "ln_attrs"
		}
		one, err := p.InMap("m", c.Attr.Key, positive, c.Value)
		if negative {
			one = "mapContains(m, " + p.Str(c.Attr.Key) + ") AND NOT " + one
		}
		return "arrayExists(m -> " + one + ", " + column + ")", err
	}
	return p.CompareAttr(c, p.ofSpan)
}

// Exists prints that an attribute is present.
func (p *printer) Exists(a filter.Attr) (string, error) {
	switch a.Scope {
	case filter.Intrinsic:
		return p.intrinsicExists(a.Key)
	case filter.Event:
		return "arrayExists(m -> mapContains(m, " + p.Str(a.Key) + "), ev_attrs)", nil
	case filter.Link:
		return "arrayExists(m -> mapContains(m, " + p.Str(a.Key) + "), ln_attrs)", nil
	}
	return p.ExistsAttr(a, p.ownKey), nil
}

// ownKey is hasKey and, for a lifted key, its column.
func (p *printer) ownKey(key string) string {
	switch i := liftedKeys[key]; i {
	case liftNone:
		return p.HasKey(key)
	case liftHTTPStatus:
		return "(a_http_response_status_code != 0 OR " + p.HasKey(key) + ")"
	default:
		return "(" + liftedNames[i] + " != '' OR " + p.HasKey(key) + ")"
	}
}

// Text looks for a pattern in all text of a span. What an attribute's value is encoded with is no text.
func (p *printer) Text(pattern filter.Pattern) string {
	like := p.Str("%" + pattern.Like() + "%")
	value := "v ILIKE " + like + " AND (NOT startsWith(v, '\\0') OR substring(v, 3) ILIKE " + like + ")"
	parts := []string{}
	for _, column := range []string{"name", "service", "peer_name", "status_message"} {
		parts = append(parts, column+" ILIKE "+like)
	}
	for _, column := range liftedNames[liftMethod:] {
		parts = append(parts, column+" ILIKE "+like)
	}
	if text, literal := pattern.Literal(); literal {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			number := p.Int(n)
			parts = append(parts, "a_http_response_status_code = "+number, "has(mapValues(attrs_int), "+number+")")
		}
	}
	parts = append(parts,
		"arrayExists(n -> n ILIKE "+like+", ev_name)",
		"arrayExists(v -> "+value+", mapValues(attrs))",
		"arrayExists(m -> arrayExists(v -> "+value+", mapValues(m)), ev_attrs)",
	)
	return "(" + strings.Join(parts, " OR ") + ")"
}
