package upkeep

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/conn"
)

//go:embed columns.sql
var columnsSQL string

//go:embed arrivals.sql
var arrivalsTemplate string

//go:embed arrivals_series.sql
var seriesArrivalsTemplate string

// countable are the tables of items with their column of time; one that this database does not have, or that says neither the
// service nor the series, is not counted.
var countable = []struct{ table, signal, time string }{
	{"spans", Traces, "start"}, {"logs", Logs, "time"}, {"points", Metrics, "time"}, {"distributions", Metrics, "time"},
}

// Arrivals are the items of a range of time.
type Arrivals struct {
	Services map[string]map[string]uint64 // by service and signal: at most 500 services of a signal, those with the most
	First    map[string]time.Time         // by signal, the first of them
}

// Hourly is how many items of a signal an hour brings, at the rate from the first of the range to its end.
func (a Arrivals) Hourly(signal string, to time.Time) uint64 {
	items := 0.0
	for _, of := range a.Services {
		items += float64(of[signal])
	}
	return uint64(items / max(to.Sub(a.First[signal]).Hours(), minCovered.Hours()))
}

// minCovered keeps a burst from being taken for a rate.
const minCovered = 10 * time.Minute

// Arrivals counts the items of a range of time by service.
func (s *Store) Arrivals(ctx context.Context, project string, from, to time.Time) (out Arrivals, err error) {
	names := make([]string, len(countable))
	for i, c := range countable {
		names[i] = c.table
	}
	tables, err := conn.All[struct {
		Table string   `ch:"table"`
		Names []string `ch:"names"`
	}](ctx, s.db, conn.Query{SQL: columnsSQL, Params: []conn.Param{conn.Str("database", s.db.Database()), conn.Strings("tables", names)}})
	if err != nil {
		return out, fmt.Errorf("read columns: %w", err)
	}
	has := map[string][]string{}
	for _, t := range tables {
		has[t.Table] = t.Names
	}
	out = Arrivals{map[string]map[string]uint64{}, map[string]time.Time{}}
	for _, c := range countable {
		template := arrivalsTemplate
		switch {
		case !slices.Contains(has[c.table], c.time):
			continue
		case slices.Contains(has[c.table], "service"):
		case slices.Contains(has[c.table], "series"):
			template = seriesArrivalsTemplate
		default:
			continue
		}
		sql := strings.NewReplacer("{{table}}", c.table, "{{time}}", c.time).Replace(template)
		rows, err := conn.All[struct {
			Service string    `ch:"service"`
			Items   uint64    `ch:"items"`
			First   time.Time `ch:"first"`
		}](ctx, s.db, conn.Query{SQL: sql, Class: conn.Background, Params: []conn.Param{conn.Str("project", project), conn.Time("from", from), conn.Time("to", to)}})
		if err != nil {
			return out, fmt.Errorf("count %s by service: %w", c.table, err)
		}
		for _, r := range rows {
			if out.Services[r.Service] == nil {
				out.Services[r.Service] = map[string]uint64{}
			}
			out.Services[r.Service][c.signal] += r.Items
			if first, known := out.First[c.signal]; !known || r.First.Before(first) {
				out.First[c.signal] = r.First
			}
		}
	}
	return out, nil
}
