package traces

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
)

var (
	//go:embed facets.sql
	facetsSQL string
	//go:embed facets_resources.sql
	facetResourcesSQL string
	//go:embed facets_odd.sql
	facetOddSQL string
)

// FacetQuery asks for the values of attributes among the newest spans of a set.
type FacetQuery struct {
	SpanSet
	Keys   []filter.Attr // Countable, each once
	Sample uint64        // how many spans to look at at most; 0: 200,000
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
	Spans  uint64
	Outcome
}

// Facets counts the values of attributes among the newest spans of a set. That the sample is smaller than the set is
// ReasonRowLimit.
func (r *Reader) Facets(ctx context.Context, q FacetQuery) (Facets, error) {
	if q.Sample == 0 {
		q.Sample = defaultFacetSample
	}
	if q.Top <= 0 {
		q.Top = defaultFacetTop
	}
	f, err := r.facets(ctx, q)
	if err != nil {
		return Facets{}, fmt.Errorf("read facets: %w", err)
	}
	return f, nil
}

func (r *Reader) facets(ctx context.Context, q FacetQuery) (Facets, error) {
	s, err := r.newScan(q.SpanSet, "")
	if err != nil {
		return Facets{}, err
	}
	out := Facets{Facets: make([]Facet, len(q.Keys))}
	for i, a := range q.Keys {
		out.Facets[i] = Facet{Attr: a, Values: []FacetValue{}}
	}
	p, found, err := s.sample(ctx, q.Sample)
	if err == nil && found {
		group, ctx := errgroup.WithContext(ctx)
		resources := scan{reader: r, set: s.set} // counts rows by itself
		var spans uint64
		group.Go(func() error { return s.facetColumns(ctx, p, q.Top, out.Facets) })
		group.Go(func() (err error) {
			spans, err = resources.facetResources(ctx, p, q.Top, out.Facets)
			return err
		})
		err = group.Wait()
		s.done.RowsRead += resources.done.RowsRead
		out.Spans = spans
	}
	s.done.Elapsed = time.Since(s.began)
	out.Outcome = s.done
	return out, err
}

// facetColumns fills in the facets of what the spans themselves hold.
func (s *scan) facetColumns(ctx context.Context, p piece, top int, facets []Facet) error {
	var own []*Facet
	for i := range facets {
		if facets[i].Attr.Scope != filter.Resource {
			own = append(own, &facets[i])
		}
	}
	if len(own) == 0 {
		return nil
	}
	onlyColumns, err := s.onlyColumns(ctx, p, own)
	if err != nil {
		return err
	}
	printer := newPrinter("k")
	var columns, values, sets, texts []string
	all := uint64(1)<<len(own) - 1
	place := map[uint64]*Facet{}
	for i, f := range own {
		which, name := all^1<<(len(own)-1-i), fmt.Sprintf("v%d", i)
		place[which] = f
		value, text := printer.counted(f.Attr, onlyColumns)
		columns, sets = append(columns, name), append(sets, "("+name+")")
		values = append(values, value+" AS "+name)
		texts = append(texts, fmt.Sprintf("which = %d, %s", which, text(name)))
	}
	sql := strings.NewReplacer("/* columns */", strings.Join(columns, ", "), "/* values */", strings.Join(values, ",\n                "),
		"/* texts */", strings.Join(texts, ",\n        "), "/* sets */", strings.Join(sets, ", "), "/* when */", p.where).Replace(facetsSQL)
	type row struct {
		Which    uint64 `ch:"which"`
		Value    string `ch:"value"`
		Spans    uint64 `ch:"spans"`
		Bad      uint64 `ch:"bad"`
		Distinct uint64 `ch:"distinct"`
	}
	params := append(append(slices.Clone(p.params), printer.Params...), conn.Uint("top", uint64(top+2))) // and the missing and the opaque
	rows, err := rowsOf[row](ctx, s, conn.Query{SQL: sql, Params: params, Timeout: p.left})
	if err != nil {
		return err
	}
	for _, row := range rows {
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
		f.cut(top)
	}
	return nil
}

// onlyColumns reports whether every lifted attribute of the facets lies in its column only, so that the maps need not be read: they
// are, next to always.
func (s *scan) onlyColumns(ctx context.Context, p piece, facets []*Facet) (bool, error) {
	printer := newPrinter("k")
	var odd []string
	for _, f := range facets {
		if f.Attr.Scope == filter.Span && liftedKeys[f.Attr.Key] != liftNone {
			odd = append(odd, printer.oddlyStored(f.Attr.Key))
		}
	}
	if len(odd) == 0 {
		return true, nil
	}
	sql := when(facetOddSQL, p.where+"\n    AND ("+strings.Join(odd, " OR ")+")")
	n, err := counted[uint64](ctx, s, conn.Query{SQL: sql, Params: append(slices.Clone(p.params), printer.Params...), Timeout: p.left})
	return n == 0, err
}

// facetResources fills in the facets of resources, and counts the spans.
func (s *scan) facetResources(ctx context.Context, p piece, top int, facets []Facet) (uint64, error) {
	rows, err := s.resources(ctx, p, maxFacetResources)
	if err != nil {
		return 0, err
	}
	total := uint64(0)
	for _, row := range rows {
		total += row.Spans
	}
	var own []*Facet // by index: the others are being filled in, and must not be copied
	for i := range facets {
		if facets[i].Attr.Scope == filter.Resource {
			own = append(own, &facets[i])
		}
	}
	if len(own) == 0 {
		return total, nil
	}
	resources, err := s.reader.resourceAttrs(ctx, s.set.Project, rows)
	if err != nil {
		return 0, err
	}
	for _, f := range own {
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
	return total, nil
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
