package metrics

import (
	"context"
	_ "embed"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/conn"
)

// The statements of the reader; each file says what it is for.
var (
	//go:embed read_names.sql
	namesSQL string
	//go:embed read_series.sql
	seriesSQL string
	//go:embed read_resources.sql
	resourcesSQL string
	//go:embed read_points.sql
	pointsSQL string
	//go:embed read_distributions.sql
	distributionsSQL string
	//go:embed read_exemplars.sql
	exemplarsSQL string
)

// Reader reads metrics as they were sent. Every read is bound to a project and to a range of time. Safe for concurrent use.
type Reader struct {
	db         *conn.DB
	remembered remembered
}

// NewReader makes a reader.
func NewReader(db *conn.DB) *Reader { return &Reader{db: db} }

// Range is a stretch of time, From included, To not.
type Range struct{ From, To time.Time }

// renewal is how old the newest row of a series may be while it has points: a day, and the hour that clocks may be ahead; with some
// reserve for batches that wait.
const renewal = 26 * time.Hour

// seen is how long ago a series may have been seen to have points in the range.
func (r Range) seen() conn.Param { return conn.Time("seen", r.From.Add(-renewal)) }

// when puts conditions into the place that a statement has for them.
func when(sql, conditions string) string { return strings.Replace(sql, "/* when */", conditions, 1) }

// Metric is what the series of a name have in common. A name has several of them if its series disagree.
type Metric struct {
	Name        string
	Kind        Kind
	Temporality Temporality
	Monotonic   bool
	Unit        string
	Prometheus  bool   // it came from Prometheus, and its name is Prometheus's
	Description string // the last one said
	Series      int
	LastSeen    time.Time // not more than a day before the last point
}

// NamesQuery asks for the metrics of a project.
type NamesQuery struct {
	Project  string
	Range    Range
	Contains string // in the name, in either case; "": all
	Limit    int
}

// Names gives the metrics by name, Limit at most, and whether there are more. A metric whose series are younger than the range may be
// among them.
func (r *Reader) Names(ctx context.Context, q NamesQuery) (metrics []Metric, more bool, err error) {
	type row struct {
		Name        string    `ch:"name"`
		Kind        uint8     `ch:"kind"`
		Temporality int32     `ch:"temporality"`
		Monotonic   uint8     `ch:"monotonic"`
		Unit        string    `ch:"unit"`
		Prometheus  uint8     `ch:"prometheus"`
		Description string    `ch:"said"`
		Series      uint64    `ch:"ids"`
		Seen        time.Time `ch:"seen"`
	}
	rows, err := conn.All[row](ctx, r.db, conn.Query{SQL: namesSQL, Params: []conn.Param{
		conn.Str("project", q.Project), q.Range.seen(), conn.Str("contains", q.Contains), conn.Uint("limit", uint64(q.Limit)+1),
		conn.Str("prometheus", PrometheusScope),
	}})
	if err != nil {
		return nil, false, fmt.Errorf("read metric names: %w", err)
	}
	if more = len(rows) > q.Limit; more {
		rows = rows[:q.Limit]
	}
	for _, m := range rows {
		metrics = append(metrics, Metric{
			Name: m.Name, Kind: Kind(m.Kind), Temporality: Temporality(m.Temporality), Monotonic: m.Monotonic != 0, Unit: m.Unit, Prometheus: m.Prometheus != 0,
			Description: m.Description, Series: int(m.Series), LastSeen: m.Seen.UTC(),
		})
	}
	return metrics, more, nil
}

// PointQuery asks for points of one metric.
type PointQuery struct {
	Project string
	Name    string
	Series  []uint64 // ids; nil: all of the name
	Range   Range
}

// maxIDs is how many ids a statement is told; of more, the points of the whole name are read and sorted out here. The statement goes in
// a URL, which servers limit.
const maxIDs = 5000

// read runs a statement over the points of the query and gives those of its series.
func read[T any](ctx context.Context, r *Reader, sql string, q PointQuery, seriesOf func(*T) uint64) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if q.Series != nil && len(q.Series) == 0 {
			return
		}
		params := []conn.Param{
			conn.Str("project", q.Project), conn.Str("name", q.Name), conn.Time("from", q.Range.From), conn.Time("to", q.Range.To),
		}
		conditions := ""
		var only map[uint64]bool
		if len(q.Series) > maxIDs {
			only = make(map[uint64]bool, len(q.Series))
			for _, id := range q.Series {
				only[id] = true
			}
		} else if q.Series != nil {
			conditions = "AND series IN {series:Array(UInt64)}"
			params = append(params, conn.Uints("series", q.Series))
		}
		for row, err := range conn.Rows[T](ctx, r.db, conn.Query{SQL: when(sql, conditions), Params: params, Stream: true}) {
			if err == nil && only != nil && !only[seriesOf(&row)] {
				continue
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// last gives, of rows that are one point, the last, each converted.
func last[R, T any](rows iter.Seq2[R, error], same func(a, b *R) bool, to func(*R) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var held *R
		for row, err := range rows {
			if err != nil {
				var none T
				yield(none, fmt.Errorf("read points: %w", err))
				return
			}
			if held != nil && !same(held, &row) && !yield(to(held), nil) {
				return
			}
			held = &row
		}
		if held != nil {
			yield(to(held), nil)
		}
	}
}
