// Package sql prints filters as ClickHouse conditions: what the rows of all signals have in common, maps of attributes and resources.
// Every key and every value becomes a parameter of the server's; columns and functions come from the signals' packages alone.
package sql

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

// Printer writes a filter as a condition on a row. A signal embeds it and sets Rows to itself.
type Printer struct {
	Params []conn.Param
	Prefix string // of the parameters' names; only of what shares a statement with another printer's
	Rows   Rows
}

// Rows is what a signal's rows have of their own.
type Rows interface {
	Compare(filter.Compare) (string, error)
	Exists(filter.Attr) (string, error)
	Text(filter.Pattern) string
	Cost(filter.Attr) int // rank by how much is read for a condition on it: what costs least goes first
}

// Condition prints a filter; "" for one that matches everything. The parts of an And stand without parentheses: within them
// ClickHouse would read the columns of all at once, instead of those of the next where the one before holds.
func (p *Printer) Condition(e filter.Expr) (string, error) {
	if and, ok := e.(filter.And); ok {
		parts, err := p.each(and)
		return strings.Join(parts, " AND "), err
	}
	if e == nil {
		return "", nil
	}
	return p.Expr(e)
}

// Expr prints an expression that is not nil.
func (p *Printer) Expr(e filter.Expr) (string, error) {
	switch e := e.(type) {
	case filter.And:
		return p.All(e, " AND ")
	case filter.Or:
		return p.All(e, " OR ")
	case filter.Not:
		inner, err := p.Expr(e.Expr)
		return "NOT (" + inner + ")", err
	case filter.Exists:
		return p.Rows.Exists(e.Attr)
	case filter.Text:
		return p.Rows.Text(e.Pattern), nil
	case filter.Compare:
		return p.Rows.Compare(e)
	}
	return "", fmt.Errorf("print filter: unknown expression %T", e)
}

// All joins conditions.
func (p *Printer) All(parts []filter.Expr, separator string) (string, error) {
	texts, err := p.each(parts)
	return "(" + strings.Join(texts, separator) + ")", err
}

// each prints conditions, cheap ones first.
func (p *Printer) each(parts []filter.Expr) ([]string, error) {
	if len(parts) == 0 {
		return nil, errors.New("print filter: nothing to join")
	}
	parts = slices.Clone(parts)
	slices.SortStableFunc(parts, func(a, b filter.Expr) int { return cmp.Compare(p.cost(a), p.cost(b)) })
	texts := make([]string, len(parts))
	for i, part := range parts {
		text, err := p.Expr(part)
		if err != nil {
			return nil, err
		}
		texts[i] = text
	}
	return texts, nil
}

// cost ranks conditions by how much is read for them.
func (p *Printer) cost(e filter.Expr) int {
	rank := 0
	filter.Walk(e, func(e filter.Expr) {
		switch e := e.(type) {
		case filter.Compare:
			rank = max(rank, p.Rows.Cost(e.Attr))
		case filter.Exists:
			rank = max(rank, p.Rows.Cost(e.Attr))
		case filter.Text:
			rank = max(rank, 9)
		}
	})
	return rank
}

// Bind makes a value a parameter and gives its place in the statement.
func (p *Printer) Bind(param func(name string) conn.Param, typ string) string {
	name := p.Prefix + "f" + strconv.Itoa(len(p.Params))
	p.Params = append(p.Params, param(name))
	return "{" + name + ":" + typ + "}"
}

// Str, Int, Time and Number make a value a parameter.
func (p *Printer) Str(s string) string {
	return p.Bind(func(n string) conn.Param { return conn.Str(n, s) }, "String")
}

func (p *Printer) Int(i int64) string {
	return p.Bind(func(n string) conn.Param { return conn.Int(n, i) }, "Int64")
}

func (p *Printer) Time(t time.Time) string {
	return p.Bind(func(n string) conn.Param { return conn.Time(n, t) }, "DateTime64(9, 'UTC')")
}

func (p *Printer) Number(v filter.Value) string {
	switch v.Type {
	case filter.TypeFloat:
		return p.Bind(func(n string) conn.Param { return conn.Float(n, v.Float) }, "Float64")
	case filter.TypeDuration:
		return p.Int(int64(v.Duration))
	}
	return p.Int(v.Int)
}

// TextOp compares a text column or expression.
func (p *Printer) TextOp(column string, op filter.Op, text string) string {
	switch op {
	case filter.Match:
		return "match(" + column + ", " + p.Str(text) + ")"
	case filter.Like:
		return column + " LIKE " + p.Str(filter.Pattern(text).Like())
	}
	return column + " " + op.String() + " " + p.Str(text)
}

// HoldsFor is what TextOp's condition says of a text that is known here.
func HoldsFor(op filter.Op, text, value string) (bool, error) {
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

// ZeroHolds reports whether the comparison holds for 0, which a map gives for a key it does not have.
func ZeroHolds(op filter.Op, v filter.Value) bool {
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
