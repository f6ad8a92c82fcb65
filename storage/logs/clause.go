package logs

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/filter/sql"
)

// printer writes a filter as a condition on a row of logs.
type printer struct{ sql.Printer }

func newPrinter() *printer {
	p := &printer{}
	p.Rows = p
	return p
}

// levelNumber is the severity's number, by its text where no number was sent.
var levelNumber = func() string {
	var texts, numbers []string
	for _, l := range textLevels {
		texts, numbers = append(texts, "'"+l.text+"'"), append(numbers, strconv.Itoa(l.number))
	}
	return "if(severity != 0, severity, transform(lower(severity_text), [" + strings.Join(texts, ", ") + "], [" + strings.Join(numbers, ", ") + "], 0))"
}()

// isText and otherText tell a body that is a string from one of another type, whose text stands behind NUL and its tag; the text of a
// string that begins with NUL does too.
const (
	isText    = "NOT startsWith(body, '\\0')"
	otherText = "substring(body, 3)"
)

// textFields are the columns of the intrinsics that are text.
var textFields = map[string]string{
	filter.Service:      "service",
	filter.Env:          "env",
	filter.Namespace:    "namespace",
	filter.Version:      "version",
	filter.EventName:    "event_name",
	filter.SeverityText: "severity_text",
	filter.ScopeName:    "scope_name",
	filter.ScopeVersion: "scope_version",
}

// Cost ranks conditions by how much is read for them.
func (p *printer) Cost(a filter.Attr) int {
	switch a.Scope {
	case filter.Intrinsic:
		switch a.Key {
		case filter.TraceID, filter.SpanID, filter.Service, filter.Severity:
			return 0
		case filter.Body, filter.Word:
			return 4
		}
		return 1
	case filter.Resource:
		return 3
	case filter.Span:
		return 6
	}
	return 5 + int(a.Scope)
}

// Compare prints a comparison.
func (p *printer) Compare(c filter.Compare) (string, error) {
	if c.Attr.Scope != filter.Intrinsic {
		return p.CompareAttr(c, p.InMaps)
	}
	positive, negative := c.Op.Negative()
	text, err := p.intrinsic(c.Attr.Key, positive, c.Value.Text)
	if negative {
		text = "NOT (" + text + ")"
	}
	return text, err
}

func (p *printer) intrinsic(field string, op filter.Op, value string) (string, error) {
	switch field {
	case filter.Severity:
		return severity(op, value)
	case filter.TraceID:
		return "trace_id = " + p.ID(value), nil
	case filter.SpanID:
		id, err := hex.DecodeString(value)
		if err != nil || len(id) != 8 {
			return "", fmt.Errorf("print filter: span id %q", value)
		}
		return "span_id = " + p.Bind(func(n string) conn.Param { return conn.Uint(n, binary.BigEndian.Uint64(id)) }, "UInt64"), nil
	case filter.Word:
		return p.words(filter.Words(value)), nil
	case filter.Body:
		return p.body(op, value), nil
	}
	column, ok := textFields[field]
	if !ok {
		return "", fmt.Errorf("print filter: a record has no %s", field)
	}
	return p.TextOp(column, op, value), nil
}

// severity compares the severity by its rank.
func severity(op filter.Op, name string) (string, error) {
	rank := slices.Index(levelNames[:], name)
	if rank < 0 {
		return "", fmt.Errorf("print filter: severity %q", name)
	}
	atLeast := func(rank int) string {
		switch rank {
		case 0:
			return "1"
		case len(levelNames):
			return "0"
		}
		return levelNumber + " BETWEEN " + strconv.Itoa(4*rank-3) + " AND 24"
	}
	switch op {
	case filter.Eq:
		if rank == 0 {
			return levelNumber + " NOT BETWEEN 1 AND 24", nil
		}
		return levelNumber + " BETWEEN " + strconv.Itoa(4*rank-3) + " AND " + strconv.Itoa(4*rank), nil
	case filter.Ge:
		return atLeast(rank), nil
	case filter.Gt:
		return atLeast(rank + 1), nil
	case filter.Lt:
		return "NOT (" + atLeast(rank) + ")", nil
	case filter.Le:
		return "NOT (" + atLeast(rank+1) + ")", nil
	}
	return "", fmt.Errorf("print filter: severity takes no %q", op)
}

// words asks for whole words of the body, which its index knows.
func (p *printer) words(words []string) string {
	parts := make([]string, len(words))
	for i, w := range words {
		parts[i] = "hasToken(lower(body), " + p.Str(w) + ")"
	}
	return strings.Join(parts, " AND ")
}

// body compares the text of the body, whatever its type. A pattern with whole words in it lets their index rule granules out.
func (p *printer) body(op filter.Op, value string) string {
	text := "(" + isText + " AND " + p.TextOp("body", op, value) + " OR NOT (" + isText + ") AND " + p.TextOp(otherText, op, value) + ")"
	var words []string
	switch op {
	case filter.Eq:
		words = filter.Literal(value).InnerWords()
	case filter.Like:
		words = filter.Pattern(value).InnerWords()
	}
	if len(words) > 0 {
		text = "(" + p.words(words) + " AND " + text + ")"
	}
	return text
}

// Exists prints that an attribute is present.
func (p *printer) Exists(a filter.Attr) (string, error) {
	if a.Scope != filter.Intrinsic {
		return p.ExistsAttr(a, p.HasKey), nil
	}
	switch a.Key {
	case filter.TraceID:
		return "trace_id != toFixedString('', 16)", nil
	case filter.SpanID:
		return "span_id != 0", nil
	case filter.Body:
		return "body NOT IN ('', '\\0e')", nil
	}
	if column, ok := textFields[a.Key]; ok {
		return column + " != ''", nil
	}
	return "1", nil
}

// Text looks for a pattern in all text of a record: body, event name, service, attributes. What a value is encoded with is no text.
func (p *printer) Text(pattern filter.Pattern) string {
	like := p.Str("%" + pattern.Like() + "%")
	inside := func(v string) string {
		return v + " ILIKE " + like + " AND (NOT startsWith(" + v + ", '\\0') OR substring(" + v + ", 3) ILIKE " + like + ")"
	}
	parts := []string{inside("body"), "event_name ILIKE " + like, "service ILIKE " + like}
	if text, literal := pattern.Literal(); literal {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			parts = append(parts, "has(mapValues(attrs_int), "+p.Int(n)+")")
		}
	}
	parts = append(parts, "arrayExists(v -> "+inside("v")+", mapValues(attrs))")
	return "(" + strings.Join(parts, " OR ") + ")"
}

// indexed reports whether an index rules out most of what does not match: of words, of values of attributes, or of trace ids.
func indexed(e filter.Expr) bool {
	switch e := e.(type) {
	case filter.And:
		return slices.ContainsFunc(e, indexed)
	case filter.Compare:
		switch {
		case e.Attr.Scope == filter.Span:
			return e.Op == filter.Eq && e.Value.Type == filter.TypeString && e.Value.Text != ""
		case e.Attr.Scope != filter.Intrinsic:
			return false
		case e.Attr.Key == filter.Body:
			return e.Op == filter.Eq && len(filter.Literal(e.Value.Text).InnerWords()) > 0 || e.Op == filter.Like && len(filter.Pattern(e.Value.Text).InnerWords()) > 0
		}
		return e.Op == filter.Eq && (e.Attr.Key == filter.TraceID || e.Attr.Key == filter.Word)
	}
	return false
}
