package traces

import (
	"slices"
	"strings"
	"time"
)

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
	for _, p := range b.parts.Sorted() {
		row := 0
		last := key{minute: -1}
		for _, r := range p.runs.List {
			for range r.Rows {
				start := int64(p.start.At64(row))
				row++
				if at := start - last.minute*minute; at >= 0 && at < minute && last.minute >= 0 && r.Project == last.project {
					continue
				}
				last = key{r.Project, start / minute}
				seen[last] = true
			}
		}
	}
	minutes := make([]Minute, 0, len(seen))
	for k := range seen {
		minutes = append(minutes, Minute{string(b.Projects.Key(k.project)), time.Unix(k.minute*60, 0).UTC()})
	}
	slices.SortFunc(minutes, func(x, y Minute) int {
		if c := x.Minute.Compare(y.Minute); c != 0 {
			return c
		}
		return strings.Compare(x.Project, y.Project)
	})
	return minutes
}
