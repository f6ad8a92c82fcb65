package logs_test

import (
	"testing"

	"github.com/sightline/sightline/storage/logs"
	"github.com/sightline/sightline/storage/storagetest"
)

// TestRowsAreTheTablesColumns compares the one Go declaration with the tables of a migrated database.
func TestRowsAreTheTablesColumns(t *testing.T) {
	db := storagetest.Open(t)
	storagetest.CheckColumns(t, db, "logs", logs.Declared())
}
