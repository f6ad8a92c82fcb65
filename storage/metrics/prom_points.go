package metrics

import (
	_ "embed"
	"fmt"
	"iter"
	"math"
	"strings"

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

// query is a statement over the points of a chunk's series in one table.
func (s *selection) query(sql string, c *chunk, sources map[seriesKeyOf]*source) conn.Query {
	params := []conn.Param{
		conn.Str("project", s.project), conn.Strings("names", c.names), conn.Time("from", s.within.From), conn.Time("to", s.within.To),
	}
	if len(c.names) == 1 {
		sql = ofOne.Replace(sql)
		params = append(params, conn.Str("name", c.names[0]))
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
	return conn.Query{SQL: when(sql, conditions), Params: params, Stream: true}
}

// ofOne makes a statement over several metrics one over a single metric: where names need not be compared, the rows are in order for a
// quarter less.
var ofOne = strings.NewReplacer("indexOf({names:Array(String)}, name) AS metric", "toUInt64(1) AS metric", "name IN {names:Array(String)}", "name = {name:String}",
	"BY name, ", "BY ")

// rows runs a statement over the points of a chunk and gives those of its series, each with its series.
func (s *selection) rows(sql string, c *chunk, sources map[seriesKeyOf]*source) iter.Seq2[*source, *distRow] {
	return func(yield func(*source, *distRow) bool) {
		var of *source
		var metric, series uint64
		for row, err := range conn.Rows[distRow](s.ctx, s.r.db, s.query(sql, c, sources)) {
			if err != nil {
				s.err = err
				return
			}
			if of == nil || row.Series != series || row.Metric != metric {
				metric, series, of = row.Metric, row.Series, sources[seriesKeyOf{c.names[row.Metric-1], row.Series}]
			}
			if of != nil && !yield(of, &row) {
				return
			}
		}
	}
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
	return conn.Blocks(s.ctx, s.r.db, s.query(promPointsSQL, &c, sources), func(b *conn.Block) error {
		for i := 0; i < b.Rows; {
			metric, series, end := b.Uint64(0, i), b.Uint64(1, i), i+1
			for end < b.Rows && b.Uint64(1, end) == series && b.Uint64(0, end) == metric {
				end++
			}
			src := sources[seriesKeyOf{c.names[metric-1], series}]
			if src == nil {
				i = end
				continue
			}
			if src != of {
				o, err := s.out(src.labels)
				if err != nil {
					return err
				}
				of, to = src, o.part(src.delta())
			}
			if err := s.count(end - i); err != nil {
				return err
			}
			to.grow(end - i)
			for ; i < end; i++ {
				to.add(int64(b.Uint64(2, i)), unixMilli(b.Uint64(3, i)), math.Float64frombits(b.Uint64(4, i)), nil)
			}
		}
		return nil
	})
}

// failure is what has ended rows.
func (s *selection) failure(what string) error {
	if s.err != nil {
		return fmt.Errorf("%s: %w", what, s.err)
	}
	return nil
}
