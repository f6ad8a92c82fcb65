package metrics

import (
	"github.com/prometheus/prometheus/storage"

	"github.com/sightline/sightline/storage/encode"
)

// Declared are the columns that row.go declares, by table: name and type in order.
func Declared() map[string][][2]string {
	return map[string][][2]string{
		"series": declared(seriesColumns), "points": declared(pointColumns), "distributions": declared(distColumns),
		"exemplars": declared(exemplarColumns), "resources": encode.ResourceColumns(),
	}
}

func declared[R any](columns []encode.Column[*Batch, R]) (out [][2]string) {
	for _, c := range columns {
		out = append(out, [2]string{c.Name, c.Type})
	}
	return out
}

// Remember bounds how many series the batch remembers.
func (b *Batch) Remember(n int) { b.known = newMemory(n) }

// Remembered is how many series the batch knows, and about how many bytes that takes.
func (b *Batch) Remembered() (n, bytes int) {
	for _, g := range []*generation{&b.known.young, &b.known.old} {
		n += len(g.entries)
		bytes += cap(g.entries)*40 + cap(g.slots)*4
	}
	return n, bytes
}

// Bounded is the reader's Queryable with other limits.
func (r *Reader) Bounded(project string, series, samples int) storage.Queryable {
	return &queryable{r: r, project: project, maxSeries: series, maxSamples: samples}
}
