package traces

import (
	"slices"
	"strings"
	"time"
)

// ProjectStats is what a batch did with a project's spans.
type ProjectStats struct {
	Project   string
	Spans     int // stored
	Sanitized int // spans with a reason in sightline.sanitized
	Redacted  int // secrets masked
	Reasons   [numReasons]int
}

// ByReason are the counts of spans by what was changed or odd in them, under the names of sightline.sanitized.
func (s ProjectStats) ByReason() map[string]int {
	by := map[string]int{}
	for i, n := range s.Reasons {
		if n > 0 {
			by[reasonNames[i]] = n
		}
	}
	return by
}

// Stats are the batch's counts, project by project.
func (b *Batch) Stats() []ProjectStats { return slices.Clone(b.stats) }

// count counts a span.
func (b *Batch) count(r reasons) {
	b.delta.Spans++
	if r == 0 {
		return
	}
	b.delta.Sanitized++
	for i := range b.delta.Reasons {
		if r&(1<<i) != 0 {
			b.delta.Reasons[i]++
		}
	}
}

// account adds a request's counts to its project's.
func (b *Batch) account() {
	for i := range b.stats {
		s := &b.stats[i]
		if s.Project != b.delta.Project {
			continue
		}
		s.Spans += b.delta.Spans
		s.Sanitized += b.delta.Sanitized
		s.Redacted += b.delta.Redacted
		for j, n := range b.delta.Reasons {
			s.Reasons[j] += n
		}
		return
	}
	b.stats = append(b.stats, b.delta)
}

// Minute is a minute of a project that the batch has touched: its rollups are out of date.
type Minute struct {
	Project string
	Minute  time.Time // UTC
}

// Minutes are those that the batch's spans start in, in order.
func (b *Batch) Minutes() []Minute {
	type key struct {
		project uint32
		minute  int64
	}
	seen := map[key]bool{}
	const minute = int64(time.Minute)
	for _, p := range b.parts {
		row := 0
		last := key{minute: -1}
		for _, r := range p.runs {
			for range r.rows {
				start := int64(p.start.At64(row))
				row++
				if at := start - last.minute*minute; at >= 0 && at < minute && last.minute >= 0 && r.project == last.project {
					continue
				}
				last = key{r.project, start / minute}
				seen[last] = true
			}
		}
	}
	minutes := make([]Minute, 0, len(seen))
	for k := range seen {
		minutes = append(minutes, Minute{string(b.projects.Key(k.project)), time.Unix(k.minute*60, 0).UTC()})
	}
	slices.SortFunc(minutes, func(x, y Minute) int {
		if c := x.Minute.Compare(y.Minute); c != 0 {
			return c
		}
		return strings.Compare(x.Project, y.Project)
	})
	return minutes
}
