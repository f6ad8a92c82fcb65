package traces

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
)

// printer writes a filter as a condition on a row of spans. Every key and every value becomes a parameter of the server's;
// columns and functions come from here alone.
type printer struct {
	params []conn.Param
	prefix string // of the parameters' names; only of what shares a statement with another printer's
}

// condition prints a filter; "" for one that matches everything. The parts of an And stand without parentheses: within them
// ClickHouse would read the columns of all at once, instead of those of the next where the one before holds.
func (p *printer) condition(e filter.Expr) (string, error) {
	if and, ok := e.(filter.And); ok {
		parts, err := p.each(and)
		return strings.Join(parts, " AND "), err
	}
	if e == nil {
		return "", nil
	}
	return p.expr(e)
}

func (p *printer) expr(e filter.Expr) (string, error) {
	switch e := e.(type) {
	case filter.And:
		return p.all(e, " AND ")
	case filter.Or:
		return p.all(e, " OR ")
	case filter.Not:
		inner, err := p.expr(e.Expr)
		return "NOT (" + inner + ")", err
	case filter.Exists:
		return p.exists(e.Attr)
	case filter.Text:
		return p.text(e.Pattern), nil
	case filter.Compare:
		return p.compare(e)
	}
	return "", fmt.Errorf("print filter: unknown expression %T", e)
}

func (p *printer) all(parts []filter.Expr, separator string) (string, error) {
	texts, err := p.each(parts)
	return "(" + strings.Join(texts, separator) + ")", err
}

// each prints conditions, cheap ones first.
func (p *printer) each(parts []filter.Expr) ([]string, error) {
	if len(parts) == 0 {
		return nil, errors.New("print filter: nothing to join")
	}
	parts = slices.Clone(parts)
	slices.SortStableFunc(parts, func(a, b filter.Expr) int { return cmp.Compare(cost(a), cost(b)) })
	texts := make([]string, len(parts))
	for i, part := range parts {
		text, err := p.expr(part)
		if err != nil {
			return nil, err
		}
		texts[i] = text
	}
	return texts, nil
}

// cost ranks conditions by how much is read for them.
func cost(e filter.Expr) int {
	rank := 0
	filter.Walk(e, func(e filter.Expr) {
		switch e := e.(type) {
		case filter.Compare:
			rank = max(rank, attrCost(e.Attr))
		case filter.Exists:
			rank = max(rank, attrCost(e.Attr))
		case filter.Text:
			rank = max(rank, 9)
		}
	})
	return rank
}

func attrCost(a filter.Attr) int {
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

// bind makes a value a parameter and gives its place in the statement.
func (p *printer) bind(param func(name string) conn.Param, typ string) string {
	name := p.prefix + "f" + strconv.Itoa(len(p.params))
	p.params = append(p.params, param(name))
	return "{" + name + ":" + typ + "}"
}

func (p *printer) str(s string) string {
	return p.bind(func(n string) conn.Param { return conn.Str(n, s) }, "String")
}

func (p *printer) int(i int64) string {
	return p.bind(func(n string) conn.Param { return conn.Int(n, i) }, "Int64")
}

func (p *printer) time(t time.Time) string {
	return p.bind(func(n string) conn.Param { return conn.Time(n, t) }, "DateTime64(9, 'UTC')")
}

func (p *printer) number(v filter.Value) string {
	switch v.Type {
	case filter.TypeFloat:
		return p.bind(func(n string) conn.Param { return conn.Float(n, v.Float) }, "Float64")
	case filter.TypeDuration:
		return p.int(int64(v.Duration))
	}
	return p.int(v.Int)
}

// textOp compares a text column or expression.
func (p *printer) textOp(column string, op filter.Op, text string) string {
	switch op {
	case filter.Match:
		return "match(" + column + ", " + p.str(text) + ")"
	case filter.Like:
		return column + " LIKE " + p.str(filter.Pattern(text).Like())
	}
	return column + " " + op.String() + " " + p.str(text)
}

// holdsFor is what textOp's condition says of a text that is known here.
func holdsFor(op filter.Op, text, value string) (bool, error) {
	switch op {
	case filter.Eq:
		return text == value, nil
	case filter.Gt:
		return text > value, nil
	case filter.Ge:
		return text >= value, nil
	case filter.Lt:
		return text < value, nil
	case filter.Le:
		return text <= value, nil
	case filter.Like:
		return filter.Pattern(value).Match(text), nil
	case filter.Match:
		re, err := regexp.Compile("(?s:" + value + ")") // as ClickHouse reads it
		if err != nil {
			return false, fmt.Errorf("print filter: regular expression %q: %w", value, err)
		}
		return re.MatchString(text), nil
	}
	return false, fmt.Errorf("print filter: no order for %q", op)
}

// zeroHolds reports whether the comparison holds for 0, which a map gives for a key it does not have.
func zeroHolds(op filter.Op, v filter.Value) bool {
	sign := cmp.Compare(0, v.Float)
	switch v.Type {
	case filter.TypeInt:
		sign = cmp.Compare(0, v.Int)
	case filter.TypeDuration:
		sign = cmp.Compare(0, v.Duration)
	}
	switch op {
	case filter.Eq:
		return sign == 0
	case filter.Gt:
		return sign > 0
	case filter.Ge:
		return sign >= 0
	case filter.Lt:
		return sign < 0
	}
	return sign <= 0
}

func (p *printer) compare(c filter.Compare) (string, error) {
	if c.Attr.Scope == filter.Intrinsic {
		return p.intrinsic(c)
	}
	positive, negative := c.Op.Negative()
	switch c.Attr.Scope {
	case filter.Event, filter.Link:
		// One event must be it, and for a negative operator have the key and another value.
		column := "ev_attrs"
		if c.Attr.Scope == filter.Link {
			column = "ln_attrs"
		}
		one, err := p.inMap("m", c.Attr.Key, positive, c.Value)
		if negative {
			one = "mapContains(m, " + p.str(c.Attr.Key) + ") AND NOT " + one
		}
		return "arrayExists(m -> " + one + ", " + column + ")", err
	case filter.Any:
		c.Attr.Scope = filter.Span
		own, err := p.compare(c)
		if err != nil {
			return "", err
		}
		c.Attr.Scope = filter.Resource
		resource, err := p.compare(c)
		return "(" + own + " OR " + resource + ")", err
	case filter.Resource:
		one, err := p.inMaps(c.Attr.Key, positive, c.Value)
		if negative {
			one = p.hasKey(c.Attr.Key) + " AND NOT " + one
		}
		return ofResource(one), err
	}
	var text string
	var err error
	if c.Attr.Scope == filter.Instrumentation {
		text, err = p.inMap("scope_attrs", c.Attr.Key, positive, c.Value)
	} else {
		text, err = p.ofSpan(c.Attr.Key, positive, c.Value)
	}
	if err != nil || !negative {
		return text, err
	}
	exists, err := p.exists(c.Attr)
	return "(" + exists + " AND NOT " + text + ")", err
}

// ofResource is true of spans whose resource fulfils the condition.
func ofResource(condition string) string {
	return "resource_id IN (SELECT id FROM resources WHERE project = {project:String} AND " + condition + ")"
}

func (p *printer) exists(a filter.Attr) (string, error) {
	switch a.Scope {
	case filter.Intrinsic:
		return p.intrinsicExists(a.Key)
	case filter.Event:
		return "arrayExists(m -> mapContains(m, " + p.str(a.Key) + "), ev_attrs)", nil
	case filter.Link:
		return "arrayExists(m -> mapContains(m, " + p.str(a.Key) + "), ln_attrs)", nil
	case filter.Instrumentation:
		return "mapContains(scope_attrs, " + p.str(a.Key) + ")", nil
	case filter.Resource:
		return ofResource(p.hasKey(a.Key)), nil
	case filter.Any:
		return "(" + p.ownKey(a.Key) + " OR " + ofResource(p.hasKey(a.Key)) + ")", nil
	}
	return p.ownKey(a.Key), nil
}

// hasKey looks into a row's three maps.
func (p *printer) hasKey(key string) string {
	k := p.str(key)
	return "(mapContains(attrs, " + k + ") OR mapContains(attrs_int, " + k + ") OR mapContains(attrs_float, " + k + "))"
}

// ownKey is hasKey and, for a lifted key, its column.
func (p *printer) ownKey(key string) string {
	switch i := liftedKeys[key]; i {
	case liftNone:
		return p.hasKey(key)
	case liftHTTPStatus:
		return "(a_http_response_status_code != 0 OR " + p.hasKey(key) + ")"
	default:
		return "(" + liftedNames[i] + " != '' OR " + p.hasKey(key) + ")"
	}
}

// text looks for a pattern in all text of a span. What an attribute's value is encoded with is no text.
func (p *printer) text(pattern filter.Pattern) string {
	like := p.str("%" + pattern.Like() + "%")
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
			number := p.int(n)
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
