package loader

import (
	"errors"
	"slices"
	"time"

	"github.com/sightline/sightline/storage/conn"
)

// What an exception of the engine says about the rows is known for two sets of codes; all others are tried again for a while first.
var (
	// badData are exceptions that these bytes will meet again for ever.
	badData = []int32{
		6, 26, 27, 33, 38, 41, 72, 130, // can't parse, can't read all data
		9, 44, 49, 50, 53, 70, // columns of other sizes, illegal column, logical error, unknown type, mismatch, can't convert
		69, 117, 128, 131, 190, 321, // out of bounds, incorrect data, too large, sizes of arrays, out of range
		349, 407, 432, 469, // NULL, decimal overflow, unknown codec, constraint
	}
	// badPlace are exceptions that say nothing about the rows: the tables, the rights, the disk or a limit are not as they should be.
	// Whoever sets that right finds the rows still in the journal.
	badPlace = []int32{
		8, 16, 20, 60, 81, 115, // no such column, number of columns, table, database, setting
		164, 192, 193, 194, 242, 497, 516, // read-only, users, access
		74, 75, 76, 243, 425, // can't read, write or open a file, no space
		159, 202, 209, 210, 225, 236, 252, 279, 319, 473, 999, // time, load, network, keeper, too many parts
	}
)

const (
	strikesToSplit = 3   // attempts that failed for a reason that may be the rows', before they are taken apart
	strikesAlone   = 5   // the same for one record, which has nothing to be taken apart into
	refusalsInARow = 100 // from here on even bad data needs patience: it looks as if everything were refused
)

// strikes decides when an INSERT that keeps failing is the fault of its rows.
type strikes struct {
	patience time.Duration // how long one record alone may fail before it is given up
	first    time.Time
	n        int
}

// refused says that the rows are at fault. alone: they are one record's, which would go to the dead letters; more are only taken
// apart, which costs nothing but time. answering: the engine answered right before the attempt, so its death is held against them.
func (s *strikes) refused(err error, alone, answering bool, inARow int) bool {
	var e *conn.Error
	exception := errors.As(err, &e)
	switch {
	case exception && slices.Contains(badPlace, e.Code):
		return false
	case exception && slices.Contains(badData, e.Code) && (inARow < refusalsInARow || !alone):
		return true
	case !exception && !answering:
		return false
	}
	if s.n++; s.n == 1 {
		s.first = time.Now()
	}
	if !alone {
		return s.n >= strikesToSplit
	}
	return s.n >= strikesAlone && time.Since(s.first) >= s.patience
}
