package storagetest

import (
	"slices"
	"testing"

	"github.com/sightline/sightline/storage/conn"
)

// CheckColumns compares what Go declares of a table, names and types in order, with the table of a migrated database.
func CheckColumns(t *testing.T, db *conn.DB, table string, declared [][2]string) {
	t.Helper()
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
	have := make([][2]string, len(columns))
	for i, c := range columns {
		have[i] = [2]string{c.Name, c.Type}
	}
	if !slices.Equal(have, declared) {
		t.Errorf("%s: the table has\n%q\nGo declares\n%q", table, have, declared)
	}
}
