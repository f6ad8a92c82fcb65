package traces

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/filter"
)

var (
	//go:embed tql_counts.sql
	tqlCountsSQL string
	//go:embed tql_count_resources.sql
	tqlCountResourcesSQL string
)

// AttrCounts is how often attributes have which values on two sides; spans count by their weight.
type AttrCounts struct {
	Rows   []AttrCount
	Totals []AttrCount // of the sides, by step; Attr and Value say nothing
	Outcome
}

// AttrCount counts the spans of a side that have a value, by step.
type AttrCount struct {
	Selected bool
	Attr     filter.Attr
	Value    Attr
	Columns  map[int64]float64
}

func (c *AttrCount) total() (sum float64) {
	for _, n := range c.Columns {
		sum += n
	}
	return sum
}

// AttrCounts counts the values of all attributes of the spans of a set, and of their resources, on two sides: of each attribute those
// that are most frequent on a side.
func (r *Reader) AttrCounts(ctx context.Context, q MeasureQuery) (AttrCounts, error) {
	s, err := r.newScan(q.SpanSet, "")
	if err != nil {
		return AttrCounts{}, fmt.Errorf("count values: %w", err)
	}
	c := NewAttrCounter(q.Top)
	c.q, c.p, c.resources = q, newPrinter("m"), map[[16]byte][]Attr{}
	if c.selection, err = c.p.Condition(q.Select); err != nil {
		return AttrCounts{}, fmt.Errorf("count values: %w", err)
	}
	c.selection = cmp.Or(c.selection, "1")
	if !q.Within.IsZero() {
		c.selection += " AND start >= " + c.p.Time(q.Within.From) + " AND start < " + c.p.Time(q.Within.To)
	}
	c.selection = "toUInt8(" + c.selection + ")"
	if err := s.each(ctx, func(ctx context.Context, p piece) (bool, error) {
		err := c.attrs(ctx, s, p)
		if err == nil {
			err = c.ofResources(ctx, s, p)
		}
		return false, err
	}); err != nil {
		return AttrCounts{}, fmt.Errorf("count values: %w", err)
	}
	return AttrCounts{c.Top(), c.totals[:], s.done}, nil
}

// AttrCounter counts the values of attributes on two sides.
type AttrCounter struct {
	keep      int // values of an attribute
	q         MeasureQuery
	p         *printer
	selection string
	counts    map[string]*AttrCount
	totals    [2]AttrCount
	resources map[[16]byte][]Attr
}

func (c *AttrCounter) params(p piece) []conn.Param {
	params := append(slices.Clone(p.params), c.p.Params...)
	return append(params, conn.Int("origin", c.q.Start.UnixNano()), conn.Int("step", int64(c.q.Step)), conn.Uint("top", uint64(c.q.Top)))
}

// fieldsCounted are the fields that are told like attributes.
var fieldsCounted = []string{filter.Name, filter.Kind, filter.Status, filter.StatusMessage}

// attrPairs is an expression for all keys and values of a span: its attributes', and fields' with NUL before the key.
func attrPairs() string {
	pairs := func(array string) string { return "CAST(" + array + ", 'Array(Tuple(String, String))')" }
	var single []string
	for i := liftMethod; i < liftTexts; i++ {
		single = append(single, "('"+liftedKeyOf[i]+"', toString("+plainColumn(liftedNames[i])+"))")
	}
	single = append(single, "('"+liftedKeyOf[liftHTTPStatus]+"', if(a_http_response_status_code = 0, '', concat('\\0n', toString(a_http_response_status_code))))")
	p := newPrinter("")
	for _, field := range fieldsCounted {
		row, text := p.counted(filter.Attr{Key: field}, true)
		single = append(single, "('\\0"+field+"', toString("+text(row)+"))")
	}
	return "arrayConcat(" + strings.Join([]string{
		pairs("arrayMap((k, v) -> (k, " + storedText("v") + "), mapKeys(attrs), mapValues(attrs))"),
		pairs("arrayMap((k, v) -> (k, concat('\\0n', toString(v))), mapKeys(attrs_int), mapValues(attrs_int))"),
		pairs("arrayMap((k, v) -> (k, " + storedFloat("v") + "), mapKeys(attrs_float), mapValues(attrs_float))"),
		pairs("arrayFilter(x -> tupleElement(x, 2) != '', [" + strings.Join(single, ", ") + "])"),
	}, ",\n        ") + ")"
}

func (c *AttrCounter) attrs(ctx context.Context, s *scan, p piece) error {
	type row struct {
		Selected uint8             `ch:"selected"`
		Key      string            `ch:"key"`
		Value    string            `ch:"value"`
		Total    float64           `ch:"total"`
		Columns  map[int64]float64 `ch:"columns"`
	}
	sql := strings.NewReplacer("/* selection */", c.selection, "/* pairs */", attrPairs()).Replace(tqlCountsSQL)
	rows, err := rowsOf[row](ctx, s, conn.Query{SQL: when(sql, p.where), Params: c.params(p), Timeout: p.left})
	if err != nil {
		return fmt.Errorf("count attributes: %w", err)
	}
	for _, row := range rows {
		a := filter.Attr{Scope: filter.Span, Key: row.Key}
		if field, ok := strings.CutPrefix(row.Key, "\x00"); ok {
			a = filter.Attr{Key: field}
		}
		if value := decoder(a)(row.Value); value != nil {
			c.add(row.Selected != 0, a, *value, row.Columns)
		}
	}
	return nil
}

func (c *AttrCounter) ofResources(ctx context.Context, s *scan, p piece) error {
	type row struct {
		Selected uint8    `ch:"selected"`
		Resource [16]byte `ch:"resource"`
		Column   int64    `ch:"column"`
		Total    float64  `ch:"total"`
	}
	sql := strings.Replace(tqlCountResourcesSQL, "/* selection */", c.selection, 1)
	rows, err := rowsOf[row](ctx, s, conn.Query{SQL: when(sql, p.where), Params: c.params(p), Timeout: p.left})
	if err != nil {
		return fmt.Errorf("count resources: %w", err)
	}
	ids := make([][16]byte, len(rows))
	for i, row := range rows {
		ids[i] = row.Resource
	}
	if err := s.reader.addResourcesOf(ctx, c.q.Project, ids, c.resources); err != nil {
		return err
	}
	for _, row := range rows {
		columns := map[int64]float64{row.Column: row.Total}
		side := &c.totals[row.Selected&1]
		side.Selected = row.Selected != 0
		if side.Columns == nil {
			side.Columns = map[int64]float64{}
		}
		side.Columns[row.Column] += row.Total
		for _, a := range c.resources[row.Resource] {
			switch a.Type {
			case ValueString, ValueBool, ValueInt, ValueFloat:
				c.add(row.Selected != 0, filter.Attr{Scope: filter.Resource, Key: a.Key}, a, columns)
			}
		}
	}
	return nil
}

func (c *AttrCounter) add(selected bool, a filter.Attr, value Attr, columns map[int64]float64) {
	key := fmt.Sprintf("%t %d %q %s", selected, a.Scope, a.Key, encode.EncodeValue(value.Type, value.Text))
	known := c.counts[key]
	if known == nil {
		known = &AttrCount{Selected: selected, Attr: a, Value: value, Columns: map[int64]float64{}}
		c.counts[key] = known
	}
	for column, n := range columns {
		known.Columns[column] += n
	}
}

// NewAttrCounter makes a counter that tells the most frequent values of each attribute.
func NewAttrCounter(top int) *AttrCounter {
	return &AttrCounter{keep: top, counts: map[string]*AttrCount{}}
}

// Add counts what a whole span has.
func (c *AttrCounter) Add(selected bool, s *Span, column int64) {
	columns := map[int64]float64{column: s.Weight}
	add := func(a filter.Attr, v *Attr) {
		if v == nil {
			return
		}
		switch v.Type {
		case ValueString, ValueBool, ValueInt, ValueFloat:
			c.add(selected, a, *v, columns)
		}
	}
	for i := range s.Attrs {
		add(filter.Attr{Scope: filter.Span, Key: s.Attrs[i].Key}, &s.Attrs[i])
	}
	attrs := s.resourceAttrs()
	for i := range attrs {
		add(filter.Attr{Scope: filter.Resource, Key: attrs[i].Key}, &attrs[i])
	}
	for _, field := range fieldsCounted {
		add(filter.Attr{Key: field}, s.Value(filter.Attr{Key: field}))
	}
}

// Top are the most frequent values of each attribute on each side.
func (c *AttrCounter) Top() []AttrCount {
	all := make([]AttrCount, 0, len(c.counts))
	for _, one := range c.counts {
		all = append(all, *one)
	}
	slices.SortFunc(all, func(a, b AttrCount) int {
		side := 0
		if a.Selected != b.Selected {
			if side = 1; a.Selected {
				side = -1
			}
		}
		return cmp.Or(side, cmp.Compare(a.Attr.Scope, b.Attr.Scope), cmp.Compare(a.Attr.Key, b.Attr.Key), cmp.Compare(b.total(), a.total()), cmp.Compare(a.Value.Text, b.Value.Text))
	})
	kept := all[:0]
	n := 0
	for i, one := range all {
		if n++; i == 0 || all[i-1].Attr != one.Attr || all[i-1].Selected != one.Selected {
			n = 1
		}
		if n <= c.keep {
			kept = append(kept, one)
		}
	}
	return kept
}
