package traces_test

import (
	"testing"

	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

// TestRowsAreTheTablesColumns compares the one Go declaration with the tables of a migrated database.
func TestRowsAreTheTablesColumns(t *testing.T) {
	db := storagetest.Open(t)
	for table, declared := range traces.Declared() {
		storagetest.CheckColumns(t, db, table, declared)
	}
}
