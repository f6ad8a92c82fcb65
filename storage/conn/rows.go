package conn

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"reflect"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Class says who waits for an answer, and with it the limits of a query.
type Class uint8

const (
	Interactive Class = iota // a person: many at a time, a minute each
	Background               // rollups, rules: two at a time, ten minutes each
	Completion               // what someone types may go on as: two at a time and on a thread each, so that no question waits for it; 3 s each
)

type backgroundKey struct{}

// InBackground makes the interactive queries of ctx background ones: for work that nobody waits for, through readers that answer people.
func InBackground(ctx context.Context) context.Context {
	return context.WithValue(ctx, backgroundKey{}, true)
}

// IsBackground says whether InBackground made ctx.
func IsBackground(ctx context.Context) bool { return ctx.Value(backgroundKey{}) != nil }

// Query is a statement that gives rows. It runs as the reader: it can't write, nor set.
type Query struct {
	SQL     string
	Params  []Param
	Class   Class
	Timeout time.Duration // 0: the class's
	Stream  bool          // rows arrive while the query runs; for results of more than some ten thousand
	Stats   *Stats        // filled when the rows have been read to their end; a lower bound with Stream; may be nil
}

// ErrNoRows is returned by One.
var ErrNoRows = errors.New("the query gave no row")

// classTimeout is the limit of a server's query; the embedded engine's sessions have it built in.
var classTimeout = [...]time.Duration{Interactive: time.Minute, Background: 10 * time.Minute, Completion: 3 * time.Second}

// classNames are the embedded engine's names of the classes that are not its readers' own.
var classNames = [...]string{Background: "background", Completion: "completion"}

// Rows runs a query and yields its rows. T is a struct whose fields name their columns in a `ch` tag, or, for a single
// column, a type that clickhouse-go scans into. Every column needs a field. A loop that ends early ends the query.
func Rows[T any](ctx context.Context, d *DB, q Query) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		ctx, cancel, c := d.begin(ctx, q)
		defer cancel()
		fail := func(err error) { yield(zero, fmt.Errorf("run query: %w", c.explain(ctx, err))) }
		rows, err := d.reader.Query(clickhouse.Context(withCall(ctx, c), options(q.Params)...), q.SQL)
		if err != nil {
			fail(err)
			return
		}
		defer rows.Close()
		defer cancel() // before Close, which else reads to the end
		var row T
		into, err := destinations(&row, rows.Columns())
		if err != nil {
			fail(err)
			return
		}
		for rows.Next() {
			row = zero // a scan into what the last row left might share its slices
			if err := rows.Scan(into...); err != nil {
				fail(fmt.Errorf("scan row: %w", err))
				return
			}
			if !yield(row, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			fail(err)
		}
	}
}

// begin is a query's context, with its time limit, and what the transport is to know of it.
func (d *DB) begin(ctx context.Context, q Query) (context.Context, context.CancelFunc, *call) {
	if q.Class == Interactive && IsBackground(ctx) {
		q.Class = Background
	}
	timeout := classTimeout[q.Class]
	if q.Timeout > 0 {
		timeout = min(timeout, q.Timeout)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, ErrTimeout)
	c := &call{reader: true, class: q.Class, stream: q.Stream, stats: q.Stats}
	if !d.target.embedded {
		c.settings = url.Values{"readonly": {"2"}, "max_execution_time": {strconv.FormatInt(int64(timeout/time.Second)+1, 10)}}
		if q.Class == Completion {
			c.settings.Set("max_threads", "1")
		}
		if d.target.cluster != "" {
			c.settings.Set("distributed_product_mode", "local") // what is joined lies on one shard
		}
	}
	return ctx, cancel, c
}

// All collects the rows.
func All[T any](ctx context.Context, d *DB, q Query) ([]T, error) {
	var all []T
	for row, err := range Rows[T](ctx, d, q) {
		if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, nil
}

// One gives the first row, or ErrNoRows.
func One[T any](ctx context.Context, d *DB, q Query) (T, error) {
	for row, err := range Rows[T](ctx, d, q) {
		return row, err
	}
	var zero T
	return zero, ErrNoRows
}

// destinations are the addresses inside row for each column.
func destinations(row any, columns []string) ([]any, error) {
	v := reflect.ValueOf(row).Elem()
	fields := map[string]any{}
	if v.Kind() == reflect.Struct {
		for _, f := range reflect.VisibleFields(v.Type()) {
			if tag := f.Tag.Get("ch"); tag != "" && f.IsExported() {
				fields[tag] = v.FieldByIndex(f.Index).Addr().Interface()
			}
		}
	}
	if len(fields) == 0 {
		if len(columns) > 1 {
			return nil, fmt.Errorf("scan %d columns into one %s", len(columns), v.Type())
		}
		return []any{row}, nil
	}
	into := make([]any, len(columns))
	for i, name := range columns {
		if into[i] = fields[name]; into[i] == nil {
			return nil, fmt.Errorf("the column %q has no field in %s", name, v.Type())
		}
	}
	return into, nil
}
