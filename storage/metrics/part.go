package metrics

import (
	"github.com/sightline/sightline/storage/conn/native"
	"github.com/sightline/sightline/storage/encode"
)

// part is the rows of one partition, of all tables. Columns that not every point has are filled with zeros up to a row that has one.
type part struct {
	key       encode.PartKey
	points    numberRows
	dists     distRows
	exemplars exemplarRows
}

// size is how many rows a part has.
type size struct{ points, dists, exemplars int }

func newPart() *part {
	f64 := func() native.Fixed { return native.NewFixed(8) }
	base := func() pointRows {
		return pointRows{series: f64(), time: f64(), offset: f64(), start: f64(), flags: native.NewFixed(4)}
	}
	list := func() array { return array{values: f64()} }
	return &part{
		points: numberRows{pointRows: base(), value: f64(), residue: f64(), typ: native.NewFixed(1)},
		dists: distRows{
			pointRows: base(), count: f64(), sum: f64(), min: f64(), max: f64(), zeroCount: f64(), zeroThreshold: f64(),
			present: native.NewFixed(1), scale: native.NewFixed(4), posOffset: native.NewFixed(4), negOffset: native.NewFixed(4),
			counts: list(), bounds: list(), posCounts: list(), negCounts: list(), quantiles: list(), quantileValues: list(),
		},
		exemplars: exemplarRows{
			series: f64(), time: f64(), id: f64(), at: f64(), value: f64(), residue: f64(), span: f64(),
			typ: native.NewFixed(1), trace: native.NewFixed(16),
		},
	}
}

// Open begins the part of a partition.
func (p *part) Open(key encode.PartKey) { p.key = key }

// Mark is how many rows there are of each table.
func (p *part) Mark() size { return size{p.points.rows, p.dists.rows, p.exemplars.rows} }

// Cut drops all but the first rows, and whatever a row that failed has left. It is for failures.
func (p *part) Cut(to size) {
	p.points.cut(to.points)
	p.dists.cut(to.dists)
	p.exemplars.cut(to.exemplars)
}

// Idle is about how many bytes an emptied partition holds on to: its largest columns.
func (p *part) Idle() int {
	d := &p.dists
	return 5*cap(p.points.value.Bytes()) + 9*cap(d.count.Bytes()) + cap(d.counts.values.Bytes()) + cap(d.bounds.values.Bytes()) +
		cap(d.posCounts.values.Bytes()) + cap(d.negCounts.values.Bytes()) + p.exemplars.attrs.Bytes()
}

// fill backs whole columns that are made with the block.
type fill struct {
	retention []byte
	block     native.Block
}

// pointRows is what points of all kinds have.
type pointRows struct {
	rows                               int
	project, name                      native.Index
	series, time, offset, start, flags native.Fixed
	fill
}

func (p *pointRows) cut(rows int) {
	p.project.Cut(rows)
	p.name.Cut(rows)
	for _, f := range []*native.Fixed{&p.series, &p.time, &p.offset, &p.start, &p.flags} {
		f.Cut(rows)
	}
	p.rows = rows
}

// add appends to the columns of all kinds; rows is the caller's to count.
func (p *pointRows) add(b *Batch, series uint64, at int64, q *point) {
	p.project.Add(b.Project)
	p.name.Add(b.metric.nameID)
	p.series.Add64(series)
	p.time.Add64(uint64(at))
	if offset := q.time - uint64(at); offset != 0 {
		p.offset.Pad(p.rows)
		p.offset.Add64(offset)
	}
	if q.start != 0 {
		p.start.Pad(p.rows)
		p.start.Add64(q.start)
	}
	if q.flags != 0 {
		p.flags.Set32(p.rows, q.flags)
	}
}

type numberRows struct {
	pointRows
	value, residue, typ native.Fixed
}

func (p *numberRows) cut(rows int) {
	p.pointRows.cut(rows)
	for _, f := range []*native.Fixed{&p.value, &p.residue, &p.typ} {
		f.Cut(rows)
	}
}

// array is a column of lists of numbers.
type array struct {
	offsets native.Offsets
	values  native.Fixed
}

// end ends row's list, which began when there were had numbers. Empty ones are not ended, but made up for by a later one.
func (a *array) end(row, had int) {
	if n := a.values.Len() - had; n > 0 {
		a.offsets.Set(row, n)
	}
}

func (a *array) cut(rows int) {
	a.offsets.Cut(rows)
	a.values.Cut(a.offsets.Total())
}

func (a *array) emit(w *native.Block, rows int) {
	a.offsets.Pad(rows)
	w.Data(a.offsets.Bytes())
	w.Data(a.values.Bytes())
}

type distRows struct {
	pointRows
	count, sum, min, max, present                                   native.Fixed
	scale, zeroCount, zeroThreshold, posOffset, negOffset           native.Fixed
	counts, bounds, posCounts, negCounts, quantiles, quantileValues array
}

func (p *distRows) cut(rows int) {
	p.pointRows.cut(rows)
	for _, f := range []*native.Fixed{
		&p.count, &p.sum, &p.min, &p.max, &p.present, &p.scale, &p.zeroCount, &p.zeroThreshold, &p.posOffset, &p.negOffset,
	} {
		f.Cut(rows)
	}
	for _, a := range []*array{&p.counts, &p.bounds, &p.posCounts, &p.negCounts, &p.quantiles, &p.quantileValues} {
		a.cut(rows)
	}
}

type exemplarRows struct {
	rows                                            int
	project, name                                   native.Index
	series, time, id, at, value, residue, typ, span native.Fixed
	trace                                           native.Fixed
	attrs                                           encode.StringMap
	fill
}

func (x *exemplarRows) cut(rows int) {
	x.project.Cut(rows)
	x.name.Cut(rows)
	for _, f := range []*native.Fixed{&x.series, &x.time, &x.id, &x.at, &x.value, &x.residue, &x.typ, &x.span, &x.trace} {
		f.Cut(rows)
	}
	x.attrs.Cut(rows)
	x.rows = rows
}
