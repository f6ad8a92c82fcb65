package metrics

import (
	_ "embed"
	"fmt"
	"iter"

	"github.com/sightline/sightline/storage/conn"
)

var (
	//go:embed prom_points.sql
	promPointsSQL string
	//go:embed prom_distributions.sql
	promDistributionsSQL string
	//go:embed prom_layouts.sql
	promLayoutsSQL string
)

// chunk is stored series whose points are read by one statement.
type chunk struct {
	sources []source
	names   []string
	whole   bool // there are too many ids: all points of the names are read
}

// chunks gives series, which are in order, in chunks that a statement can be told. Those of a name stay together.
func chunks(sources []source) (all []chunk) {
	var c chunk
	bytes := 0
	for len(sources) > 0 {
		n := 1
		for n < len(sources) && sources[n].Name == sources[0].Name {
			n++
		}
		name := sources[0].Name
		if len(c.names) > 0 && (len(c.sources)+n > maxIDs || len(c.names) == maxNames || bytes+len(name) > maxNameBytes) {
			all, c, bytes = append(all, c), chunk{}, 0
		}
		c.sources, c.names, bytes = append(c.sources, sources[:n]...), append(c.names, name), bytes+len(name)
		sources = sources[n:]
	}
	if len(c.names) > 0 {
		c.whole = len(c.sources) > maxIDs
		all = append(all, c)
	}
	for i := range all {
		all[i].whole = len(all[i].sources) > maxIDs
	}
	return all
}

// of are the series of the chunk whose points are in one table: numbers, or distributions.
func (c *chunk) of(numbers bool) map[seriesKeyOf]*source {
	out := map[seriesKeyOf]*source{}
	for i := range c.sources {
		if src := &c.sources[i]; src.Kind <= Sum == numbers {
			out[seriesKeyOf{src.Name, src.ID}] = src
		}
	}
	return out
}

type seriesKeyOf struct {
	name string
	id   uint64
}

// pointRow is what rows of points have in common.
type pointRow struct {
	Metric uint64 `ch:"metric"` // place in the names, from 1
	Series uint64 `ch:"series"`
	Time   int64  `ch:"at"`    // ms
	Began  uint64 `ch:"began"` // ms, 0: not known
}

func (p *pointRow) row() *pointRow { return p }

// rows runs a statement over the points of a chunk and gives those of its series, each with its series.
func rows[T any, P interface {
	*T
	row() *pointRow
}](s *selection, sql string, c *chunk, sources map[seriesKeyOf]*source) iter.Seq2[*source, P] {
	return func(yield func(*source, P) bool) {
		params := []conn.Param{
			conn.Str("project", s.project), conn.Strings("names", c.names), conn.Time("from", s.within.From), conn.Time("to", s.within.To),
		}
		conditions := ""
		if !c.whole {
			conditions = "AND series IN {series:Array(UInt64)}"
			ids := make([]uint64, 0, len(sources))
			for k := range sources {
				ids = append(ids, k.id)
			}
			params = append(params, conn.Uints("series", ids))
		}
		var of *source
		var last pointRow
		for row, err := range conn.Rows[T](s.ctx, s.r.db, conn.Query{SQL: when(sql, conditions), Params: params, Stream: true}) {
			if err != nil {
				s.err = err
				return
			}
			p := P(&row)
			if at := p.row(); of == nil || at.Series != last.Series || at.Metric != last.Metric {
				last, of = *at, sources[seriesKeyOf{c.names[at.Metric-1], at.Series}]
			}
			if of != nil && !yield(of, p) {
				return
			}
		}
	}
}

type sampleRow struct {
	pointRow
	Value float64 `ch:"value"`
}

// numbers reads the samples of gauges and sums.
func (s *selection) numbers(c chunk) error {
	sources := c.of(true)
	if len(sources) == 0 {
		return nil
	}
	if s.bare {
		for _, src := range sources {
			if _, err := s.out(src.labels); err != nil {
				return err
			}
		}
		return nil
	}
	var of *source
	var to *track
	for src, row := range rows[sampleRow](s, promPointsSQL, &c, sources) {
		if src != of {
			o, err := s.out(src.labels)
			if err != nil {
				return err
			}
			of, to = src, o.part(src.delta())
		}
		if err := s.count(1); err != nil {
			return err
		}
		to.add(row.Time, unixMilli(row.Began), row.Value, nil)
	}
	return s.failure("read samples")
}

// failure is what has ended rows.
func (s *selection) failure(what string) error {
	if s.err != nil {
		return fmt.Errorf("%s: %w", what, s.err)
	}
	return nil
}
