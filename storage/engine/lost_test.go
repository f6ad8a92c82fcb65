//go:build linux

package engine_test

import (
	"errors"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/engine"
)

// limitFiles makes every write to a file beyond so many bytes fail in the child that runs now, as a full disk does.
func limitFiles(t *testing.T, e *engine.Engine, bytes uint64) {
	t.Helper()
	must(t, unix.Prlimit(e.Status().PID, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: bytes, Max: bytes}, nil))
}

func restarted(t *testing.T, e *engine.Engine, times int) {
	t.Helper()
	eventually(t, waitLong, "another engine answers", func() bool {
		s := e.Status()
		return s.State == engine.StateReady && s.Restarts >= times
	})
}

func TestAnInsertWhoseWritesFailIsNotAnswered(t *testing.T) {
	t.Parallel()
	e := start(t, t.TempDir())
	db := connect(t, e)
	must(t, db.Exec(t.Context(), numbersTable))
	must(t, insertNumbers(t, db, "whole", 0, 10))
	limitFiles(t, e, 4096)
	if err := insertNumbers(t, db, "cut", 10, 100_000); err == nil || !errors.Is(err, conn.ErrUnavailable) {
		t.Errorf("insert: %v, want that its fate is unknown", err)
	}
	restarted(t, e, 1)
	if n := storedIn(t, db).Rows; n != 10 {
		t.Errorf("%d rows, want the 10 that were answered", n)
	}
	must(t, insertNumbers(t, db, "again", 10, 100_000))
	if n := storedIn(t, db).Rows; n != 100_010 {
		t.Errorf("%d rows", n)
	}
}

func TestAMergeWhoseWritesFailLosesNothing(t *testing.T) {
	t.Parallel()
	e := start(t, t.TempDir())
	db := connect(t, e)
	must(t, db.Exec(t.Context(), numbersTable))
	const rows, parts = 20_000, 3
	for i := range parts {
		must(t, insertNumbers(t, db, strconv.Itoa(i), i*rows, rows))
	}
	limitFiles(t, e, 4096)
	_ = db.Exec(t.Context(), "OPTIMIZE TABLE t FINAL") // its answer may be lost with the engine
	restarted(t, e, 1)
	if n := storedIn(t, db).Rows; n != rows*parts {
		t.Errorf("%d rows, want %d", n, rows*parts)
	}
}
