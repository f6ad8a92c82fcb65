package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/sightline/sightline/storage/conn"
)

type size struct {
	Table string `ch:"table"`
	Parts uint64 `ch:"parts"`
	Wide  uint64 `ch:"wide"`
	Rows  uint64 `ch:"rows"`
	Bytes uint64 `ch:"bytes"`
	Skip  uint64 `ch:"skip"`
	Marks uint64 `ch:"marks"`
}

type columnSize struct {
	Table  string `ch:"table"`
	Name   string `ch:"name"`
	Packed uint64 `ch:"packed"`
	Plain  uint64 `ch:"plain"`
}

// print says everything, a line that can be compared first.
func (r *run) print(ctx context.Context, out io.Writer) error {
	sizes, err := conn.All[size](ctx, r.db, conn.Query{SQL: `SELECT p.table AS table, count() AS parts, countIf(p.part_type = 'Wide') AS wide, sum(p.rows) AS rows,
		sum(bytes_on_disk) AS bytes, sum(secondary_indices_compressed_bytes) AS skip, sum(marks_bytes) AS marks
		FROM system.parts AS p WHERE p.active AND p.database = currentDatabase() AND p.rows > 0 AND p.table != 'schema_migrations' GROUP BY p.table ORDER BY bytes DESC`})
	if err != nil {
		return err
	}
	n := float64(r.stored)
	us := func(d time.Duration) float64 { return float64(d) / 1e3 / n }
	var bytes uint64
	for _, s := range sizes {
		bytes += s.Bytes
	}
	all := r.decode + r.post + r.insert + r.merge
	fmt.Fprintf(out, "RESULT %s=%d client=%.2f engine=%.2f (decode=%.2f post=%.2f insert=%.2f merge=%.2f) us/item, %.1f B/item, %.0f items/CPU-s\n",
		r.signal, r.stored, us(r.decode+r.post), us(r.insert+r.merge), us(r.decode), us(r.post), us(r.insert), us(r.merge), float64(bytes)/n, n/all.Seconds())
	if len(r.byValue) > 0 {
		fmt.Fprintf(out, "FOUND value p50=%.1f p90=%.1f ms, trace p50=%.1f p90=%.1f ms\n",
			quantile(r.byValue, .5), quantile(r.byValue, .9), quantile(r.byID, .5), quantile(r.byID, .9))
	}
	fmt.Fprintf(out, "%.0f B of OTLP and %.0f B of Native an item, %d inserts in %s, merges idle %s later\n",
		float64(r.otlp)/n, float64(r.sent)/n, r.inserts, r.during.Round(time.Second/10), r.settled.Round(time.Second/10))
	if r.minutes > 0 {
		fmt.Fprintf(out, "ROLLUPS %d minutes, %d at once: program=%.2f engine=%.2f us/span\n", r.minutes, r.rollup, us(r.rollups.Program), us(r.rollups.Engine))
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "insert\trows\tB sent/row\tengine µs/item\t")
	for _, name := range slices.Sorted(maps.Keys(r.tables)) {
		t := r.tables[name]
		fmt.Fprintf(w, "%s\t%d\t%.0f\t%.2f\t\n", name, t.rows, float64(t.bytes)/float64(t.rows), us(t.insert))
	}
	fmt.Fprintln(w, "stored\tparts\twide\trows\tB/item\tskip indexes\tmarks\t")
	for _, s := range sizes {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%.2f\t%.2f\t%.2f\t\n", s.Table, s.Parts, s.Wide, s.Rows, float64(s.Bytes)/n, float64(s.Skip)/n, float64(s.Marks)/n)
	}
	if r.columns {
		if err := r.printColumns(ctx, w); err != nil {
			return err
		}
	}
	return w.Flush()
}

// printColumns is last: a compact part does not know what its columns take, so the tables are rewritten as one wide part each.
func (r *run) printColumns(ctx context.Context, w io.Writer) error {
	statements := []string{"SYSTEM START MERGES"}
	for name := range maps.Keys(r.tables) {
		statements = append(statements, "ALTER TABLE "+name+" MODIFY SETTING min_bytes_for_wide_part = 0", "OPTIMIZE TABLE "+name+" FINAL")
	}
	for _, statement := range statements {
		if err := r.db.Exec(ctx, statement); err != nil {
			return err
		}
	}
	columns, err := conn.All[columnSize](ctx, r.db, conn.Query{SQL: `SELECT * FROM (SELECT table, column AS name, sum(column_data_compressed_bytes) AS packed,
		sum(column_data_uncompressed_bytes) AS plain FROM system.parts_columns
		WHERE active AND database = currentDatabase() AND table NOT IN ('schema_migrations', 'rollup_minutes', 'red_1m', 'edges_1m') GROUP BY table, name
		UNION ALL SELECT table, name, data_compressed_bytes AS packed, data_uncompressed_bytes AS plain FROM system.data_skipping_indices
		WHERE database = currentDatabase()) ORDER BY table, packed DESC`})
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "column\tB/item\tuncompressed\t")
	for _, c := range columns {
		fmt.Fprintf(w, "%s.%s\t%.3f\t%.2f\t\n", c.Table, c.Name, float64(c.Packed)/float64(r.stored), float64(c.Plain)/float64(r.stored))
	}
	return nil
}
