package loader

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/sightline/sightline/storage/conn"
)

func TestBadDataIsRefusedAtOnceAndABadPlaceNever(t *testing.T) {
	f := func(err error, alone, answering bool, attempts int, pause time.Duration, want int) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			s, got := strikes{patience: defaultTiming().patience}, 0
			for i := range attempts {
				if s.refused(err, alone, answering, 0) {
					got = i + 1
					break
				}
				time.Sleep(pause)
			}
			if got != want {
				t.Errorf("%v: refused at attempt %d, want %d", err, got, want)
			}
		})
	}
	mismatch, noTable, memory := &conn.Error{Code: 53}, &conn.Error{Code: conn.CodeUnknownTable}, &conn.Error{Code: conn.CodeMemoryLimit}
	f(mismatch, true, true, 9, 0, 1)
	f(mismatch, false, true, 9, 0, 1)
	f(noTable, true, true, 1000, time.Minute, 0)
	f(memory, false, true, 9, 0, 3)                // too many rows at once, perhaps
	f(memory, true, true, 9, time.Second, 0)       // one record: be patient
	f(memory, true, true, 9, time.Minute, 5)       //
	f(conn.ErrUnavailable, false, false, 99, 0, 0) // was gone before: says nothing about the rows
	f(conn.ErrUnavailable, false, true, 99, 0, 3)  // died of it, three times
}

func TestWhenEverythingIsRefusedPatienceIsAsked(t *testing.T) {
	s := strikes{}
	if s.refused(&conn.Error{Code: 53}, true, true, refusalsInARow) {
		t.Error("the hundred-and-first record in a row is given up at once")
	}
}
