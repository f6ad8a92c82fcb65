package metrics_test

import (
	"testing"

	"github.com/sightline/sightline/storage/metrics"
	"github.com/sightline/sightline/storage/storagetest"
)

// TestRowsAreTheTablesColumns compares the one Go declaration with the tables of a migrated database.
func TestRowsAreTheTablesColumns(t *testing.T) {
	db := storagetest.Open(t)
	for table, declared := range metrics.Declared() {
		storagetest.CheckColumns(t, db, table, declared)
	}
}
