package loader

import (
	"cmp"
	"slices"
	"time"
)

// A minute that a batch touched is recomputed these times after the touch: soon, so that the map is fresh; when all of it has arrived,
// if senders are in time; and once more, because an edge's two ends and late spans arrive in other batches, which may touch other
// minutes. After the first, one is left out where nothing near was touched since the one before.
var recomputeAfter = [...]time.Duration{15 * time.Second, 75 * time.Second, 5 * time.Minute}

// What an edge is made of lies at most so many minutes before the minute of the edge, and after (traces.producersBack, reachAfter).
const nearBefore, nearAfter = 2, 1

// recomputeEvery is the rhythm of a minute that is still touched after that.
const recomputeEvery = 10 * time.Minute

// minuteKey is a minute of a project: what the rollups are written by.
type minuteKey struct {
	project string
	minute  int64 // unix time in minutes
}

func (k minuteKey) plus(minutes int) minuteKey {
	return minuteKey{k.project, k.minute + int64(minutes)}
}

func (k minuteKey) time() time.Time { return time.Unix(k.minute*60, 0).UTC() }

// dirtyMinute is where a touched minute stands in its sequence of recomputations.
type dirtyMinute struct {
	stage     int       // how many of recomputeAfter are behind it
	touched   bool      // by a batch, since the last recomputation began
	running   bool      // a recomputation has begun; until it is stored it may as well not have
	since     time.Time // the touch that began the sequence
	last      time.Time // the last touch; not persisted: after a restart it is the time of the restart
	done      time.Time // when the last recomputation began
	notBefore time.Time // after a failure; not persisted
}

// due is when the minute is to be looked at again.
func (d *dirtyMinute) due() time.Time {
	at := d.done.Add(recomputeEvery)
	if d.stage < len(recomputeAfter) {
		at = d.since.Add(recomputeAfter[d.stage])
	}
	if at.Before(d.notBefore) {
		return d.notBefore
	}
	return at
}

// pending says that the rollup of the minute may differ from its spans.
func (d *dirtyMinute) pending() bool { return d.touched || d.stage < len(recomputeAfter) }

// schedule says which minute to recompute next. It does no work and has no lock.
type schedule map[minuteKey]*dirtyMinute

// touch notes that rows of the minute were stored at now. Edges of the minutes near it are made of these rows too. Those that will be
// looked at again anyway see to it themselves (wanted); the others are due once more, also where they are long forgotten.
func (s schedule) touch(k minuteKey, now time.Time) {
	s.dirty(k, now).last = now
	forgotten := now.Add(-recomputeEvery).Unix() / 60
	for near := k.minute - nearAfter; near <= k.minute+nearBefore; near++ {
		key := minuteKey{k.project, near}
		d, ok := s[key]
		if near != k.minute && (ok && (d.running || d.stage == len(recomputeAfter)) || !ok && near < forgotten) {
			s.dirty(key, now)
		}
	}
}

// dirty makes a minute one to recompute.
func (s schedule) dirty(k minuteKey, now time.Time) *dirtyMinute {
	d, ok := s[k]
	if !ok {
		d = &dirtyMinute{since: now}
		s[k] = d
	}
	d.touched = true
	return d
}

// next gives the newest minute that is due, or how long to wait for one; 0 and false if nothing is dirty.
func (s schedule) next(now time.Time) (k minuteKey, wait time.Duration, ok bool) {
	first := time.Time{}
	for key, d := range s {
		d.turnBack(now)
		if d.stage < len(recomputeAfter) && !d.due().After(now) && !s.wanted(key, d) {
			d.stage++
		}
		at := d.due()
		if at.After(now) {
			if first.IsZero() || at.Before(first) {
				first = at
			}
			continue
		}
		if !d.pending() { // ten quiet minutes after its last recomputation
			delete(s, key)
			continue
		}
		if !ok || newer(key, k) {
			k, ok = key, true
		}
	}
	if ok || first.IsZero() {
		return k, 0, ok
	}
	return minuteKey{}, first.Sub(now), false
}

// wanted says whether a recomputation of the minute could change anything.
func (s schedule) wanted(k minuteKey, d *dirtyMinute) bool {
	return d.touched || d.stage == 0 || d.stage < len(recomputeAfter) && s.touchedNear(k, d.done)
}

// touchedNear says whether a batch has brought rows, since then, that an edge of the minute may be made of.
func (s schedule) touchedNear(k minuteKey, then time.Time) bool {
	for m := k.minute - nearBefore; m <= k.minute+nearAfter; m++ {
		if d, ok := s[minuteKey{k.project, m}]; ok && (d.touched || d.last.After(then)) {
			return true
		}
	}
	return false
}

// unfinished is how many minutes will be recomputed even if none is touched any more.
func (s schedule) unfinished() (n int) {
	for k, d := range s {
		if d.running || s.wanted(k, d) {
			n++
		}
	}
	return n
}

// before is how many minutes right before this one, of its project, are due as well; most at most.
func (s schedule) before(k minuteKey, most int, now time.Time) (n int) {
	for ; n < most; n++ {
		key := k.plus(-n - 1)
		if d, ok := s[key]; !ok || d.running || d.due().After(now) || !s.wanted(key, d) {
			break
		}
	}
	return n
}

// turnBack keeps a clock that was set back from putting the minute off for as long as the step.
func (d *dirtyMinute) turnBack(now time.Time) {
	for _, t := range []*time.Time{&d.since, &d.last, &d.done} {
		if t.After(now) {
			*t = now
		}
	}
	if latest := now.Add(recomputeEvery); d.notBefore.After(latest) {
		d.notBefore = latest
	}
}

// begin notes that a recomputation starts: a touch from now on counts for the next one.
func (s schedule) begin(k minuteKey) {
	if d, ok := s[k]; ok {
		d.touched, d.running = false, true
	}
}

// finish notes that the recomputation that began at the given time is stored.
func (s schedule) finish(k minuteKey, began time.Time) {
	d, ok := s[k]
	if !ok {
		return
	}
	d.done, d.notBefore, d.running = began, time.Time{}, false
	d.stage = min(d.stage+1, len(recomputeAfter))
	for d.stage < len(recomputeAfter) && began.Sub(d.since) >= recomputeAfter[d.stage] {
		d.stage++ // after a long stop one recomputation does for all that were missed
	}
}

// fail notes that the recomputation is to be tried again at the given time.
func (s schedule) fail(k minuteKey, at time.Time) {
	if d, ok := s[k]; ok {
		d.touched, d.notBefore, d.running = true, at, false
	}
}

// stale lists the minutes, newest first, whose rollup may lack rows that were stored before now.
func (s schedule) stale(stored time.Time) []minuteKey {
	var keys []minuteKey
	for k, d := range s {
		if d.touched || d.pending() && !d.done.After(stored) {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b minuteKey) int {
		return cmp.Or(-cmp.Compare(a.minute, b.minute), cmp.Compare(a.project, b.project))
	})
	return keys
}

func newer(a, b minuteKey) bool {
	return a.minute > b.minute || a.minute == b.minute && a.project < b.project
}

// dirtyRecord is a dirty minute in the state file: minute, stage, touched, since, done (unix seconds). Its array form keeps a
// backlog of a month's minutes at about a megabyte.
type dirtyRecord [5]int64

func (s schedule) records() map[string][]dirtyRecord {
	out := map[string][]dirtyRecord{}
	for k, d := range s {
		r := dirtyRecord{k.minute, int64(d.stage), 0, unix(d.since), unix(d.done)}
		if d.touched || d.running {
			r[2] = 1
		}
		out[k.project] = append(out[k.project], r)
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b dirtyRecord) int { return cmp.Compare(a[0], b[0]) })
	}
	return out
}

func scheduleOf(records map[string][]dirtyRecord, now time.Time) schedule {
	s := schedule{}
	for project, list := range records {
		for _, r := range list {
			stage := min(max(int(r[1]), 0), len(recomputeAfter))
			s[minuteKey{project, r[0]}] = &dirtyMinute{stage: stage, touched: r[2] != 0, since: fromUnix(r[3]), last: now, done: fromUnix(r[4])}
		}
	}
	return s
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func fromUnix(s int64) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}
