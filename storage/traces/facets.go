package traces

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
)

var (
	//go:embed facets.sql
	facetsSQL string
	//go:embed facets_resources.sql
	facetResourcesSQL string
)

// FacetQuery asks for the values of attributes among the spans of a set.
type FacetQuery struct {
	SpanSet
	Keys   []filter.Attr // Countable, each once
	Sample uint64        // where a range has more spans, parts of it that have about so many are looked at; 0: 200,000
	Top    int           // how many values of each; 0: 10
}

const (
	defaultFacetSample = 200_000
	defaultFacetTop    = 10
	// maxFacetResources is how many resources of a sample are told apart, the busiest.
	maxFacetResources = 10_000
)

// Facet is an attribute's values among some spans.
type Facet struct {
	Attr     filter.Attr
	Values   []FacetValue // most spans first; those that a filter can ask for
	Distinct uint64
	Missing  uint64 // spans without it
}

// FacetValue is a value and the filter that selects it. Bad counts the spans whose class is not ok.
type FacetValue struct {
	Label      string
	Filter     filter.Expr
	Spans, Bad uint64
}

// Facets are attributes in the order asked for, of so many spans.
type Facets struct {
	Facets []Facet
	Spans  uint64 // that match and were looked at
	Exact  bool   // they are all that match
	// Total is how many match: all spans of the range where there is no filter, else as many as the share of those looked at that match
	// says.
	Total uint64
	Outcome
	looked uint64 // spans looked at, whether they match or not, of a sample
}

// Facets counts the values of attributes among the spans of a set: all of them where the range has few enough or few enough match, else
// those in parts of the range that hold the same share of its spans each. That not everything was looked at is ReasonRowLimit.
func (r *Reader) Facets(ctx context.Context, q FacetQuery) (Facets, error) {
	if q.Sample == 0 {
		q.Sample = defaultFacetSample
	}
	if q.Top <= 0 {
		q.Top = defaultFacetTop
	}
	s, err := r.newScan(q.SpanSet, "")
	if err != nil {
		return Facets{}, fmt.Errorf("read facets: %w", err)
	}
	out := Facets{Facets: facetsOf(q.Keys)}
	err = s.sampled(ctx, q, &out)
	if OutOfTime(ctx, err) {
		out, err = Facets{Facets: facetsOf(q.Keys)}, nil
		out.Reason = ReasonTimeLimit
	}
	if err != nil {
		return Facets{}, fmt.Errorf("read facets: %w", err)
	}
	out.Complete, out.RowsRead, out.Elapsed = out.Exact, s.done.RowsRead, time.Since(s.began)
	if out.SearchedFrom = q.Range.From; out.Spans == 0 && !out.Exact {
		out.SearchedFrom = q.Range.To
	}
	return out, nil
}

// facetsOf are facets without values.
func facetsOf(keys []filter.Attr) []Facet {
	facets := make([]Facet, len(keys))
	for i, a := range keys {
		facets[i] = Facet{Attr: a, Values: []FacetValue{}}
	}
	return facets
}

// facetsIn counts the facets of the spans of ranges, newest first. That a span is stored twice, or an attribute in two places, is so rare
// that the count is made as if it were never so, and again where it is.
func (s *scan) facetsIn(ctx context.Context, q FacetQuery, ranges []Range, out *Facets) error {
	counts := &facetCounts{keys: q.Keys, top: q.Top, onlyColumns: true}
	err := counts.read(ctx, s, s.piece(ranges, nil, max(time.Until(s.deadline), time.Millisecond)))
	if err == nil && (counts.open || counts.odd) {
		var superseded []uint64
		if counts.open {
			if superseded, err = s.superseded(ctx, ranges, max(time.Until(s.deadline), time.Millisecond)); err != nil {
				return err
			}
		}
		if len(superseded) > 0 || counts.odd {
			counts = &facetCounts{keys: q.Keys, top: q.Top, onlyColumns: !counts.odd}
			err = counts.read(ctx, s, s.piece(ranges, superseded, max(time.Until(s.deadline), time.Millisecond)))
		}
	}
	out.Facets, out.Spans = counts.facets, counts.spans
	return err
}

// facetCounts are facets as they are counted.
type facetCounts struct {
	keys        []filter.Attr
	top         int
	onlyColumns bool // every lifted attribute is taken to lie in its column only: the maps need not be read but for their keys
	facets      []Facet
	spans       uint64
	open, odd   bool // there are spans in progress; attributes that lie elsewhere
}

// read counts everything in one go: the spans' own attributes, and which resources they name.
func (c *facetCounts) read(ctx context.Context, s *scan, p piece) error {
	c.facets = facetsOf(c.keys)
	var own, ofResources []*Facet
	for i := range c.facets {
		if c.facets[i].Attr.Scope == filter.Resource {
			ofResources = append(ofResources, &c.facets[i])
		} else {
			own = append(own, &c.facets[i])
		}
	}
	sets := len(own) + 1 // and what is rare
	if len(ofResources) > 0 {
		sets++
	}
	which := func(i int) uint64 { return uint64(1)<<sets - 1 ^ 1<<(sets-1-i) }
	printer := newPrinter("k")
	var columns, values, groups, texts []string
	place := map[uint64]*Facet{}
	group := func(value string, text func(string) string) {
		i := len(columns)
		name := fmt.Sprintf("v%d", i)
		columns, groups, values = append(columns, name), append(groups, "("+name+")"), append(values, value+" AS "+name)
		texts = append(texts, fmt.Sprintf("which = %d, %s", which(i), text(name)))
	}
	for i, f := range own {
		place[which(i)] = f
		group(printer.counted(f.Attr, c.onlyColumns))
	}
	rare, resources := which(len(own)), ^uint64(0)
	group("toUInt8(state = 1) + 2 * toUInt8("+c.oddly(printer)+")", func(v string) string { return "toString(" + v + ")" })
	if len(ofResources) > 0 {
		resources = which(len(own) + 1)
		group("resource_id", func(v string) string { return "hex(" + v + ")" })
	}
	sql := strings.NewReplacer("/* columns */", strings.Join(columns, ", "), "/* values */", strings.Join(values, ",\n                    "),
		"/* texts */", strings.Join(texts, ",\n            "), "/* sets */", strings.Join(groups, ", "), "/* when */", p.where).Replace(facetsSQL)
	type row struct {
		Which    uint64 `ch:"which"`
		Value    string `ch:"value"`
		Spans    uint64 `ch:"spans"`
		Bad      uint64 `ch:"bad"`
		Distinct uint64 `ch:"distinct"`
		Total    uint64 `ch:"total"`
	}
	params := append(append(slices.Clone(p.params), printer.Params...), conn.Uint("top", uint64(c.top+2)), // and the missing and the opaque
		conn.Uint("resources", resources), conn.Uint("most", uint64(maxFacetResources)))
	rows, err := rowsOf[row](ctx, s, conn.Query{SQL: sql, Params: params, Timeout: p.left})
	if err != nil {
		return err
	}
	var named []resourceCount
	for _, row := range rows {
		c.spans = row.Total
		switch row.Which {
		case rare:
			c.open = c.open || row.Value == "1" || row.Value == "3"
			c.odd = c.odd || row.Value == "2" || row.Value == "3"
			continue
		case resources:
			r := resourceCount{Spans: row.Spans, Bad: row.Bad}
			if _, err := hex.Decode(r.ID[:], []byte(row.Value)); err != nil {
				return fmt.Errorf("read a resource's id: %w", err)
			}
			named = append(named, r)
			continue
		}
		f := place[row.Which]
		if f.Distinct == 0 {
			f.Distinct = row.Distinct
		}
		if row.Value == "" {
			f.Missing = row.Spans
			f.Distinct = row.Distinct - 1
			continue
		}
		f.add(row.Value, row.Spans, row.Bad)
	}
	for _, f := range own {
		f.cut(c.top)
	}
	return s.addResourceFacets(ctx, named, c.top, ofResources)
}

// oddly is a condition for spans that have a lifted attribute elsewhere than in its column.
func (c *facetCounts) oddly(p *printer) string {
	var odd []string
	for _, a := range c.keys {
		if c.onlyColumns && a.Scope == filter.Span && liftedKeys[a.Key] != liftNone {
			odd = append(odd, p.oddlyStored(a.Key))
		}
	}
	if len(odd) == 0 {
		return "0"
	}
	return strings.Join(odd, " OR ")
}

// addResourceFacets fills in the facets of resources.
func (s *scan) addResourceFacets(ctx context.Context, rows []resourceCount, top int, facets []*Facet) error {
	if len(facets) == 0 || len(rows) == 0 {
		return nil
	}
	resources, err := s.reader.resourceAttrs(ctx, s.set.Project, rows)
	if err != nil {
		return err
	}
	for _, f := range facets {
		type count struct{ spans, bad uint64 }
		counts := map[string]count{}
		for _, row := range rows {
			v := countedAttr(find(resources[row.ID], f.Attr.Key))
			c := counts[v]
			counts[v] = count{c.spans + row.Spans, c.bad + row.Bad}
		}
		f.Missing = counts[""].spans
		delete(counts, "")
		f.Distinct = uint64(len(counts))
		for v, c := range counts {
			f.add(v, c.spans, c.bad)
		}
		f.cut(top)
	}
	return nil
}

// resourceCount is a row of facets_resources.sql.
type resourceCount struct {
	ID    [16]byte `ch:"resource_id"`
	Spans uint64   `ch:"spans"`
	Bad   uint64   `ch:"bad"`
}

func (s *scan) resources(ctx context.Context, p piece, limit uint64) ([]resourceCount, error) {
	params := append(slices.Clone(p.params), conn.Uint("limit", limit))
	return rowsOf[resourceCount](ctx, s, conn.Query{SQL: when(facetResourcesSQL, p.where), Params: params, Timeout: p.left})
}

// resourceAttrs are the attributes of resources by id.
func (r *Reader) resourceAttrs(ctx context.Context, project string, rows []resourceCount) (map[[16]byte][]Attr, error) {
	spans := make([]Span, len(rows))
	for i, row := range rows {
		spans[i].Resource = &Resource{ID: row.ID}
	}
	if err := r.addResources(ctx, project, spans); err != nil {
		return nil, err
	}
	attrs := make(map[[16]byte][]Attr, len(spans))
	for _, s := range spans {
		attrs[s.Resource.ID] = s.Resource.Attrs
	}
	return attrs, nil
}

// find gives the attribute of a key, or nil.
func find(attrs []Attr, key string) *Attr {
	i := slices.IndexFunc(attrs, func(a Attr) bool { return a.Key == key })
	if i < 0 {
		return nil
	}
	return &attrs[i]
}

// add counts a value that a filter can ask for.
func (f *Facet) add(counted string, spans, bad uint64) {
	if words := fieldWords[f.Attr.Key]; words != nil && f.Attr.Scope == filter.Intrinsic {
		counted = wordOf(words, counted)
	}
	if e, label, ok := clause(f.Attr, counted); ok {
		f.Values = append(f.Values, FacetValue{label, e, spans, bad})
	}
}

func (f *Facet) cut(top int) {
	slices.SortFunc(f.Values, func(a, b FacetValue) int { return cmp.Or(cmp.Compare(b.Spans, a.Spans), cmp.Compare(a.Label, b.Label)) })
	f.Values = f.Values[:min(top, len(f.Values))]
}
