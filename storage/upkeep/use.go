package upkeep

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Use is what a signal takes and will take.
type Use struct {
	Signal       string
	Items        uint64 // rows of its main tables
	Bytes, Parts uint64 // of all its tables
	Days         []Day  // the last 14 at most that hold anything, oldest first
	Classes      []Class
	PerDay       float64 // bytes that a day adds
	Basis        Basis
	Projected    uint64 // bytes once the oldest data is as old as it is kept, at PerDay; 0: PerDay is not known
}

// Day is what was stored of a day, or of a week's first day.
type Day struct {
	Day   time.Time
	Items uint64
	Bytes uint64
}

// Class is what a retention class holds.
type Class struct {
	Days           uint16 // as it was written
	Keep           uint16 // as it is kept now
	Bytes          uint64
	Oldest, Newest time.Time // days
}

// Basis is what PerDay was taken from.
type Basis string

const (
	BasisNone  Basis = "none"  // nothing has arrived
	BasisHour  Basis = "hour"  // the items of the last hour: there is no complete day yet
	BasisDays  Basis = "days"  // the mean of complete days, at most seven
	BasisToday Basis = "today" // today is above that mean already
)

const daysShown, daysMeant = 14, 7

// Summarize tells the use of each signal. lastHour are the items that an hour brings now, by signal, current the days for which a
// signal's new data is kept, by default.
func Summarize(all []Partition, keep Keep, current, lastHour map[string]uint64, now time.Time) []Use {
	uses := []Use{{Signal: Traces}, {Signal: Logs}, {Signal: Metrics}, {Signal: Rollups}, {Signal: Shared}}
	oldest := firstDay(all, now)
	for i := range uses {
		u := &uses[i]
		own := slices.DeleteFunc(slices.Clone(all), func(p Partition) bool { return p.Signal() != u.Signal })
		for _, p := range own {
			if Main(p.Table) {
				u.Items += p.Rows
			}
			u.Bytes += p.Bytes
			u.Parts += p.Parts
		}
		u.Basis = BasisNone
		if u.Signal == Shared {
			continue
		}
		byDay := days(own)
		u.Classes = classes(own, keep)
		u.rate(byDay, lastHour[u.Signal], oldest, now)
		u.Days = byDay[max(0, len(byDay)-daysShown):]
		u.Projected = uint64(math.Round(u.PerDay * u.meanKeep(own, keep, current[u.Signal], now)))
	}
	return uses
}

// firstDay is the first of the days that hold items, today if none does.
func firstDay(all []Partition, now time.Time) time.Time {
	first := midnight(now)
	for _, p := range all {
		if p.Class > 0 && !p.Day.IsZero() && p.Day.Before(first) {
			first = p.Day
		}
	}
	return first
}

func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

func days(own []Partition) []Day {
	sums := map[time.Time]Day{}
	for _, p := range own {
		if p.Day.IsZero() {
			continue
		}
		d := sums[p.Day]
		d.Day = p.Day
		d.Bytes += p.Bytes
		if Main(p.Table) {
			d.Items += p.Rows
		}
		sums[p.Day] = d
	}
	out := make([]Day, 0, len(sums))
	for _, d := range sums {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b Day) int { return a.Day.Compare(b.Day) })
	return out
}

func classes(own []Partition, keep Keep) []Class {
	sums := map[uint16]Class{}
	for _, p := range own {
		if p.Class == 0 || p.Day.IsZero() {
			continue
		}
		c, known := sums[p.Class]
		if !known {
			c = Class{Days: p.Class, Keep: keep(p.Signal(), p.Class), Oldest: p.Day}
		}
		c.Bytes += p.Bytes
		if p.Day.Before(c.Oldest) {
			c.Oldest = p.Day
		}
		if p.Day.After(c.Newest) {
			c.Newest = p.Day
		}
		sums[p.Class] = c
	}
	out := make([]Class, 0, len(sums))
	for _, c := range sums {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Class) int { return cmp.Compare(a.Days, b.Days) })
	return out
}

// rate finds what a day adds.
func (u *Use) rate(byDay []Day, lastHour uint64, oldest, now time.Time) {
	today := midnight(now)
	if len(byDay) == 0 {
		return
	}
	if u.Signal == Rollups { // weeks: what the last two hold, over the days of them that have passed
		from := byDay[max(0, len(byDay)-2)].Day
		if oldest.After(from) {
			from = oldest
		}
		var bytes uint64
		for _, d := range byDay[max(0, len(byDay)-2):] {
			bytes += d.Bytes
		}
		u.PerDay, u.Basis = float64(bytes)/max(now.Sub(from).Hours()/24, 1), BasisDays
		return
	}
	var mean, sofar float64
	complete := 0
	for _, d := range slices.Backward(byDay) {
		switch {
		case d.Day.Equal(today):
			sofar = float64(d.Bytes)
		case d.Day.Before(today) && d.Day.After(byDay[0].Day) && complete < daysMeant: // the first day began somewhere within
			mean += float64(d.Bytes)
			complete++
		}
	}
	if complete > 0 {
		mean /= float64(complete)
	}
	hourly := 0.0
	if u.Items > 0 {
		hourly = float64(lastHour) * 24 * float64(u.Bytes) / float64(u.Items)
	}
	switch {
	case complete > 0 && mean >= sofar:
		u.PerDay, u.Basis = mean, BasisDays
	case complete > 0:
		u.PerDay, u.Basis = sofar, BasisToday
	case hourly > sofar:
		u.PerDay, u.Basis = hourly, BasisHour
	case sofar > 0:
		u.PerDay, u.Basis = sofar, BasisToday
	}
}

// meanKeep is how many days new data is kept, weighed by the classes that the last two days were written in.
func (u *Use) meanKeep(own []Partition, keep Keep, current uint64, now time.Time) float64 {
	since := midnight(now).AddDate(0, 0, -1)
	var sum, weight float64
	for _, p := range own {
		if p.Class > 0 && !p.Day.Before(since) {
			sum += float64(keep(p.Signal(), p.Class)) * float64(p.Bytes)
			weight += float64(p.Bytes)
		}
	}
	if weight == 0 {
		return float64(current)
	}
	return sum / weight
}

// farAway is how many days ahead DaysUntilFull looks.
const farAway = 3650

// DaysUntilFull is in how many days so many free bytes are taken at this rate; false if they never are, because what is dropped
// makes room for what comes.
func DaysUntilFull(uses []Use, free uint64) (float64, bool) {
	left := func(day float64) float64 {
		room := float64(free)
		for _, u := range uses {
			room -= min(u.PerDay*day, max(0, float64(u.Projected)-float64(u.Bytes)))
		}
		return room
	}
	if left(farAway) > 0 {
		return 0, false
	}
	low, high := 0.0, float64(farAway)
	for range 40 {
		if middle := (low + high) / 2; left(middle) > 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return high, true
}
