package traces

import (
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
)

var (
	//go:embed tql_also.sql
	tqlAlsoSQL string
	//go:embed tql_related.sql
	tqlRelatedSQL string
	//go:embed tql_least.sql
	tqlLeastSQL string
)

// Relation is how one span stands to another.
type Relation uint8

// Relations of a span to its relative: ChildOf says that the relative is its parent.
const (
	ChildOf Relation = iota
	ParentOf
	SiblingOf
)

// Relative is a span that another is related to.
type Relative struct {
	Relation Relation
	Filter   filter.Expr
}

// alsoMargin is how far around a slice the other spans of its traces are looked for.
const alsoMargin = time.Hour

// ids are those of relatives that a span may have in one of its columns, and in which. The halves of a call that is stored as two spans of
// one id are parent and child, too.
func (r Relation) ids() (relatives string, columns []string) {
	switch r {
	case ChildOf:
		return "span_id", []string{"parent_id", "span_id"}
	case ParentOf:
		return "arrayJoin([parent_id, span_id])", []string{"span_id"}
	}
	return "arrayJoin([parent_id, span_id])", []string{"parent_id", "span_id"}
}

// others is the condition that spans of a slice have the relatives asked for, and their traces the other spans.
func (c *candidates) others(slice Range) (string, []conn.Param, error) {
	around := slice.widen(alsoMargin)
	var b strings.Builder
	var params []conn.Param
	where := func(prefix string, e filter.Expr) (string, error) {
		p := newPrinter(prefix)
		condition, err := p.Condition(e)
		if err != nil {
			return "", err
		}
		if condition != "" {
			condition = " AND " + condition
		}
		text := "AND start >= " + p.Time(around.From) + " AND start < " + p.Time(around.To) + condition
		params = append(params, p.Params...)
		return text, nil
	}
	for i, r := range c.q.Relatives {
		text, err := where(fmt.Sprintf("related%d", i), r.Filter)
		if err != nil {
			return "", nil, err
		}
		ids, columns := r.Relation.ids()
		for i, column := range columns {
			columns[i] = column + " IN (" + strings.Replace(when(tqlRelatedSQL, text), "/* ids */", ids, 1) + ")"
		}
		b.WriteString("\n    AND (" + strings.Join(columns, " OR ") + ")")
	}
	for i, e := range c.q.Also {
		text, err := where(fmt.Sprintf("also%d", i), e)
		if err != nil {
			return "", nil, err
		}
		b.WriteString("\n    AND trace_id IN (" + when(tqlAlsoSQL, text) + ")")
	}
	if c.q.Least > 1 {
		text, err := where("least", c.set.Filter)
		if err != nil {
			return "", nil, err
		}
		b.WriteString("\n    AND trace_id IN (" + when(tqlLeastSQL, text) + ")")
		params = append(params, conn.Uint("least", uint64(c.q.Least)))
	}
	return b.String(), params, nil
}
