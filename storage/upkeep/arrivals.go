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

// countable are the tables of items with their column of time; one that this database does not have, or that does not say the
// service, is not counted.
var countable = []struct{ table, signal, time string }{
	{"spans", Traces, "start"}, {"logs", Logs, "time"}, {"points", Metrics, "time"}, {"distributions", Metrics, "time"},
}

// Arrivals are the items of a range of time by service and signal: at most 500 services of a signal, those with the most.
func (s *Store) Arrivals(ctx context.Context, project string, from, to time.Time) (map[string]map[string]uint64, error) {
	names := make([]string, len(countable))
	for i, c := range countable {
		names[i] = c.table
	}
	tables, err := conn.All[struct {
		Table string   `ch:"table"`
		Names []string `ch:"names"`
	}](ctx, s.db, conn.Query{SQL: columnsSQL, Params: []conn.Param{conn.Str("database", s.db.Database()), conn.Strings("tables", names)}})
	if err != nil {
		return nil, fmt.Errorf("read columns: %w", err)
	}
	has := map[string][]string{}
	for _, t := range tables {
		has[t.Table] = t.Names
	}
	out := map[string]map[string]uint64{}
	for _, c := range countable {
		if !slices.Contains(has[c.table], "service") || !slices.Contains(has[c.table], c.time) {
			continue
		}
		sql := strings.NewReplacer("{{table}}", c.table, "{{time}}", c.time).Replace(arrivalsTemplate)
		rows, err := conn.All[struct {
			Service string `ch:"service"`
			Items   uint64 `ch:"items"`
		}](ctx, s.db, conn.Query{SQL: sql, Class: conn.Background, Params: []conn.Param{conn.Str("project", project), conn.Time("from", from), conn.Time("to", to)}})
		if err != nil {
			return nil, fmt.Errorf("count %s by service: %w", c.table, err)
		}
		for _, r := range rows {
			if out[r.Service] == nil {
				out[r.Service] = map[string]uint64{}
			}
			out[r.Service][c.signal] += r.Items
		}
	}
	return out, nil
}
