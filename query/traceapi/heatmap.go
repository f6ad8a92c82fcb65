package traceapi

import (
	"net/http"
	"slices"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/traces"
)

const (
	defaultHeatColumns = 120
	maxHeatColumns     = 240
)

type heatmapJSON struct {
	Start   time.Time   `json:"start"`
	Step    int64       `json:"step_ns"`
	Columns int         `json:"columns"`
	Rows    [][2]int64  `json:"rows"`
	Cells   [][4]uint64 `json:"cells"`
	Spans   uint64      `json:"spans"`
	outcomeJSON
}

func (h *handlers) heatmap(w http.ResponseWriter, r *http.Request) error {
	p := api.ParamsOf(r, "q", "from", "to", "env", "namespace", "columns")
	columns := p.Int("columns", defaultHeatColumns, 1, maxHeatColumns)
	set, err := h.spanSet(r, p)
	if err != nil {
		return err
	}
	g := fineGrid(set.Range, columns)
	m, err := h.Sets.Heatmap(r.Context(), traces.HeatmapQuery{SpanSet: set.SpanSet, Start: g.start, Step: g.step})
	if err != nil {
		return err
	}
	out := heatmapJSON{
		Start: g.start, Step: int64(g.step), Columns: g.n, Rows: m.Rows, Cells: make([][4]uint64, len(m.Cells)), Spans: m.Spans,
		outcomeJSON: outcomeOf(m.Outcome, set.query),
	}
	for i, c := range m.Cells {
		out.Cells[i] = [4]uint64{uint64(c.Column), uint64(c.Row), c.Spans, c.Bad}
	}
	return api.WriteJSON(w, out)
}

// fineSteps are those of what is read from spans, shorter than a minute; steps go on.
var fineSteps = func() (fine []time.Duration) {
	for unit := time.Nanosecond; unit < time.Second; unit *= 10 {
		fine = append(fine, unit, 2*unit, 5*unit)
	}
	return append(fine, time.Second, 2*time.Second, 5*time.Second, 10*time.Second, 15*time.Second, 30*time.Second)
}()

// fineGrid covers the range with at most columns round steps and a part of one, counted from 1970, so that what was a column stays
// one as time goes on.
func fineGrid(r traces.Range, columns int) grid {
	for _, step := range slices.Concat(fineSteps, steps) {
		start := r.From.Truncate(step)
		if step > time.Hour {
			start = time.Unix(r.From.Unix()-r.From.Unix()%int64(step/time.Second), 0)
		}
		if n := (r.To.Sub(start) + step - 1) / step; n <= time.Duration(columns)+1 {
			return grid{start: start.UTC(), step: step, n: int(n)}
		}
	}
	return gridOf(r, columns)
}
