package traces

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/sightline/sightline/storage/conn"
)

//go:embed heatmap.sql
var heatmapSQL string

// HeatmapQuery asks how many spans of a set there are by start and duration. Columns are Step wide and begin at Start.
type HeatmapQuery struct {
	SpanSet
	Start time.Time
	Step  time.Duration
}

// Heatmap is spans by start and duration.
type Heatmap struct {
	Rows  [][2]int64 // durations in ns, [low, high), ascending without gaps from the smallest with a span to the largest
	Cells []HeatCell // by column and row; those with a span
	Spans uint64
	Outcome
}

// HeatCell counts the spans of a column and row; Bad are those whose class is not ok.
type HeatCell struct {
	Column, Row int
	Spans, Bad  uint64
}

// heatBounds are the buckets' lower bounds in ns: 8 per decade, the i-th power of 10^(1/8) rounded up. The first holds 0 and 1.
var heatBounds = func() []uint64 {
	bounds := []uint64{0}
	for i := 1; ; i++ {
		low := math.Ceil(math.Pow(10, float64(i)/8))
		if i%8 == 0 { // exact
			low = math.Round(math.Pow(10, float64(i/8)))
		}
		if low >= math.MaxInt64 {
			return bounds
		}
		if n := uint64(low); n > bounds[len(bounds)-1] {
			bounds = append(bounds, n)
		}
	}
}()

// Heatmap counts the spans of a set by start and duration.
func (r *Reader) Heatmap(ctx context.Context, q HeatmapQuery) (Heatmap, error) {
	s, err := r.newScan(q.SpanSet, "")
	if err != nil {
		return Heatmap{}, fmt.Errorf("read heatmap: %w", err)
	}
	type row struct {
		Column int64  `ch:"column"`
		Low    uint64 `ch:"low"`
		Spans  uint64 `ch:"spans"`
		Bad    uint64 `ch:"bad"`
	}
	type key struct{ column, bound int }
	cells := map[key]*HeatCell{}
	h := Heatmap{Rows: [][2]int64{}, Cells: []HeatCell{}}
	first, last := len(heatBounds), -1
	err = s.each(ctx, func(ctx context.Context, p piece) (bool, error) {
		params := append(p.params, conn.Int("origin", q.Start.UnixNano()), conn.Int("step", int64(q.Step)), conn.Uints("bounds", heatBounds))
		rows, err := rowsOf[row](ctx, s, conn.Query{SQL: when(heatmapSQL, p.where), Params: params, Timeout: p.left})
		if err != nil {
			return false, err
		}
		for _, row := range rows {
			bound, _ := slices.BinarySearch(heatBounds, row.Low)
			first, last = min(first, bound), max(last, bound)
			k := key{int(row.Column), bound}
			if cells[k] == nil {
				cells[k] = &HeatCell{Column: k.column, Row: bound}
			}
			cells[k].Spans += row.Spans
			cells[k].Bad += row.Bad
			h.Spans += row.Spans
		}
		return false, nil
	})
	if err != nil {
		return Heatmap{}, fmt.Errorf("read heatmap: %w", err)
	}
	for i := first; i <= last; i++ {
		high := int64(math.MaxInt64)
		if i+1 < len(heatBounds) {
			high = int64(heatBounds[i+1])
		}
		h.Rows = append(h.Rows, [2]int64{int64(heatBounds[i]), high})
	}
	for _, c := range cells {
		c.Row -= first
		h.Cells = append(h.Cells, *c)
	}
	slices.SortFunc(h.Cells, func(a, b HeatCell) int { return cmp.Or(cmp.Compare(a.Column, b.Column), cmp.Compare(a.Row, b.Row)) })
	h.Outcome = s.done
	return h, nil
}
