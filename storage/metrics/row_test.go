package metrics_test

import (
	"slices"
	"testing"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/metrics"
	"github.com/sightline/sightline/storage/storagetest"
)

// TestRowsAreTheTablesColumns compares the one Go declaration with the tables of a migrated database.
func TestRowsAreTheTablesColumns(t *testing.T) {
	db := storagetest.Open(t)
	for table, declared := range metrics.Declared() {
		type row struct {
			Name string `ch:"name"`
			Type string `ch:"type"`
		}
		columns, err := conn.All[row](t.Context(), db, conn.Query{
			SQL:    "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String} ORDER BY position",
			Params: []conn.Param{conn.Str("table", table)},
		})
		if err != nil {
			t.Fatal(err)
		}
		var have [][2]string
		for _, c := range columns {
			have = append(have, [2]string{c.Name, c.Type})
		}
		if !slices.Equal(have, declared) {
			t.Errorf("%s: the table has\n%q\nrow.go declares\n%q", table, have, declared)
		}
	}
}
