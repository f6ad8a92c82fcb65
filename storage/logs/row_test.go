package logs_test

import (
	"slices"
	"testing"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/logs"
	"github.com/sightline/sightline/storage/storagetest"
)

// TestRowsAreTheTablesColumns compares the one Go declaration with the table of a migrated database.
func TestRowsAreTheTablesColumns(t *testing.T) {
	db := storagetest.Open(t)
	type row struct {
		Name string `ch:"name"`
		Type string `ch:"type"`
	}
	columns, err := conn.All[row](t.Context(), db, conn.Query{
		SQL: "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = 'logs' ORDER BY position",
	})
	if err != nil {
		t.Fatal(err)
	}
	var have [][2]string
	for _, c := range columns {
		have = append(have, [2]string{c.Name, c.Type})
	}
	if declared := logs.Declared(); !slices.Equal(have, declared) {
		t.Errorf("the table has\n%q\nrow.go declares\n%q", have, declared)
	}
}
