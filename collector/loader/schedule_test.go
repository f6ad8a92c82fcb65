package loader

import (
	"reflect"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func at(offset time.Duration) time.Time { return noon.Add(offset) }

var quiet = minuteKey{"shop", noon.Unix() / 60}

// run plays the clock forward in seconds until the end, with time for all that is due, and says when the minute was recomputed.
func run(s schedule, from, to time.Duration, touched func(time.Duration) bool) []time.Duration {
	var done []time.Duration
	for t := from; t <= to; t += time.Second {
		if touched != nil && touched(t) {
			s.touch(quiet, at(t))
		}
		for {
			k, _, ok := s.next(at(t))
			if !ok {
				break
			}
			s.begin(k)
			s.finish(k, at(t))
			if k == quiet {
				done = append(done, t)
			}
		}
	}
	return done
}

func TestTouchedMinuteIsRecomputedSoon(t *testing.T) {
	s := schedule{}
	s.touch(quiet, at(0))
	got := run(s, 0, time.Hour, nil)
	want := []time.Duration{15 * time.Second}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("recomputed at %v, want %v", got, want)
	}
	if len(s) != 0 {
		t.Errorf("the minute is never forgotten: %+v", s)
	}
}

func TestRowsNearByAreWorthAnotherTime(t *testing.T) {
	for offset, want := range map[int]int{-3: 1, -2: 2, -1: 2, 0: 2, 1: 2, 2: 1} {
		s := schedule{}
		s.touch(quiet, at(0))
		got := len(run(s, 0, 2*time.Minute, nil))
		other := quiet.plus(offset)
		s.touch(other, at(2*time.Minute))
		s[other].stage, s[other].done = len(recomputeAfter), at(2*time.Minute) // its own turn is not looked at here
		if offset == 0 {
			s[other].stage = 2
		}
		for t := 2 * time.Minute; t < 6*time.Minute; t += time.Second {
			if k, _, ok := s.next(at(t)); ok && k == quiet {
				s.begin(k)
				s.finish(k, at(t))
				got++
			}
		}
		if got != want {
			t.Errorf("rows %d minutes away: recomputed %d times, want %d", offset, got, want)
		}
	}
}

// Rows that come hours late change edges of the minutes around theirs, which were forgotten long ago, or are done but for the wait.
func TestLateRowsMakeTheMinutesAroundThemDue(t *testing.T) {
	for offset, want := range map[int]int{-2: 0, -1: 1, 1: 1, 2: 1, 3: 0} {
		for _, later := range []time.Duration{6 * time.Minute, 3 * time.Hour} {
			s := schedule{}
			s.touch(quiet.plus(offset), at(0))
			run(s, 0, later, nil)
			s.touch(quiet, at(later))
			n := 0
			for at := at(later); at.Before(noon.Add(later + 16*time.Minute)); at = at.Add(time.Second) {
				for {
					k, _, ok := s.next(at)
					if !ok {
						break
					}
					s.begin(k)
					s.finish(k, at)
					if k == quiet.plus(offset) {
						n++
					}
				}
			}
			if n != want {
				t.Errorf("rows %v late: the minute %d away is recomputed %d times, want %d", later, offset, n, want)
			}
			if len(s.stale(at(0))) != 0 {
				t.Errorf("rows %v late: %v are never done", later, s.stale(at(0)))
			}
		}
	}
}

func TestBacklogIsRecomputedAtOnce(t *testing.T) {
	s := schedule{}
	for i := range 6 {
		if i != 2 {
			s.touch(quiet.plus(-i), at(0))
		}
	}
	now := at(15 * time.Second)
	if n := s.before(quiet, 9, now); n != 1 {
		t.Errorf("%d minutes before, want 1: there is a gap", n)
	}
	if n := s.before(quiet.plus(-3), 1, now); n != 1 {
		t.Errorf("%d minutes before, want the most that may be", n)
	}
	s.touch(quiet.plus(-2), at(5*time.Second))
	if n := s.before(quiet, 9, now); n != 1 {
		t.Errorf("%d minutes before, want 1: the next is not due", n)
	}
	if n := s.before(quiet, 9, at(20*time.Second)); n != 5 {
		t.Errorf("%d minutes before, want 5", n)
	}
	if n := s.before(quiet, 0, at(20*time.Second)); n != 0 {
		t.Errorf("%d minutes before, want none", n)
	}
}

func TestMinuteThatSendersFillInTimeIsRecomputedTwice(t *testing.T) {
	s := schedule{}
	got := run(s, 0, time.Hour, func(d time.Duration) bool { return d < 65*time.Second })
	want := []time.Duration{15 * time.Second, 75 * time.Second}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("recomputed at %v, want %v", got, want)
	}
}

func TestMinuteThatIsTouchedForEverIsRecomputedEveryTenMinutes(t *testing.T) {
	s := schedule{}
	got := run(s, 0, 40*time.Minute, func(time.Duration) bool { return true })
	want := []time.Duration{15 * time.Second, 75 * time.Second, 5 * time.Minute, 15 * time.Minute, 25 * time.Minute, 35 * time.Minute}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("recomputed at %v, want %v", got, want)
	}
}

func TestLateTouchWaitsForTheTenMinutes(t *testing.T) {
	s := schedule{}
	got := run(s, 0, time.Hour, func(d time.Duration) bool { return d == 0 || d == 6*time.Minute })
	want := []time.Duration{15 * time.Second, 10*time.Minute + 15*time.Second}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("recomputed at %v, want %v", got, want)
	}
}

func TestNewestDueMinuteGoesFirst(t *testing.T) {
	s := schedule{}
	for _, n := range []int{-7, -1, -5} {
		s.touch(quiet.plus(n), at(0))
	}
	if k, _, ok := s.next(at(15 * time.Second)); !ok || k != quiet.plus(-1) {
		t.Errorf("first is %v %v, want the minute before", k, ok)
	}
	if _, wait, ok := s.next(at(10 * time.Second)); ok || wait != 5*time.Second {
		t.Errorf("wait %v %v, want 5s", wait, ok)
	}
}

func TestOneRecomputationDoesForAllThatAStopMissed(t *testing.T) {
	s := schedule{}
	s.touch(quiet, at(0))
	s = scheduleOf(s.records(), at(2*time.Minute)) // the program ends and starts again
	if got, want := run(s, 2*time.Minute, time.Hour, nil), []time.Duration{2 * time.Minute}; !reflect.DeepEqual(got, want) {
		t.Errorf("recomputed at %v, want %v", got, want)
	}
}

func TestTouchDuringARecomputationCountsForTheNext(t *testing.T) {
	s := schedule{}
	s.touch(quiet, at(0))
	run(s, 0, 5*time.Minute-time.Second, nil)
	s.begin(quiet)
	s.touch(quiet, at(5*time.Minute))
	s.finish(quiet, at(5*time.Minute))
	if got, want := run(s, 5*time.Minute+1, time.Hour, nil), 1; len(got) != want {
		t.Errorf("recomputed at %v after that, want once", got)
	}
}

func TestFailedRecomputationIsRepeated(t *testing.T) {
	s := schedule{}
	s.touch(quiet, at(0))
	s.begin(quiet)
	s.fail(quiet, at(40*time.Second))
	if got := run(s, 16*time.Second, 45*time.Second, nil); len(got) != 1 || got[0] != 40*time.Second {
		t.Errorf("repeated at %v, want 40s", got)
	}
}

func TestClockSetBackPutsNothingOffForLong(t *testing.T) {
	s := schedule{}
	s.touch(quiet, at(365*24*time.Hour))
	if got := run(s, 0, 20*time.Second, nil); len(got) != 1 {
		t.Errorf("recomputed at %v, want once within 20 s", got)
	}
}

func TestStaleMinutesAreThoseWithRowsSinceTheirRecomputation(t *testing.T) {
	s := schedule{}
	s.touch(quiet, at(0))
	if got := s.stale(at(0)); len(got) != 1 {
		t.Fatalf("stale = %v, want the touched minute", got)
	}
	s.begin(quiet)
	s.finish(quiet, at(time.Second))
	if got := s.stale(at(0)); len(got) != 0 {
		t.Errorf("stale = %v after its recomputation", got)
	}
	if got := s.stale(at(2 * time.Second)); len(got) != 1 {
		t.Errorf("stale = %v: a batch of another minute may hold the other end of an edge", got)
	}
}

func TestRecomputationThatACrashCutsShortIsRepeated(t *testing.T) {
	s := schedule{}
	run(s, 0, 16*time.Minute, func(d time.Duration) bool { return d < 15*time.Minute })
	s.touch(quiet, at(20*time.Minute))
	s.begin(quiet)
	s = scheduleOf(s.records(), at(25*time.Minute))
	if got := run(s, 25*time.Minute, time.Hour, nil); len(got) != 1 {
		t.Errorf("recomputed at %v after the crash, want once", got)
	}
}

func TestUnfinishedMinutesAreThoseThatWillBeRecomputed(t *testing.T) {
	s := schedule{}
	if n := s.unfinished(); n != 0 {
		t.Errorf("%d unfinished of none", n)
	}
	s.touch(quiet, at(0))
	s.touch(quiet.plus(5), at(0))
	if n := s.unfinished(); n != 2 {
		t.Errorf("%d unfinished, want both", n)
	}
	run(s, 0, 20*time.Second, nil)
	if n := s.unfinished(); n != 0 {
		t.Errorf("%d unfinished after the first turn, though nothing came since", n)
	}
	s.touch(quiet.plus(1), at(30*time.Second))
	if n := s.unfinished(); n != 2 {
		t.Errorf("%d unfinished, want the touched one and its neighbour", n)
	}
}
