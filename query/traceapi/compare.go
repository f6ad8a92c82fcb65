package traceapi

import (
	"net/http"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/servicemap"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

type (
	sideJSON struct {
		Spans   uint64 `json:"spans"`
		Sampled bool   `json:"sampled"`
	}
	comparedValueJSON struct {
		Label     string  `json:"label"`
		Filter    string  `json:"filter"`
		Selection float64 `json:"selection"`
		Baseline  float64 `json:"baseline"`
	}
	comparedJSON struct {
		Key               string              `json:"key"`
		Kind              string              `json:"kind"`
		Score             float64             `json:"score"`
		SelectionCoverage float64             `json:"selection_coverage"`
		BaselineCoverage  float64             `json:"baseline_coverage"`
		Unique            bool                `json:"unique"`
		Values            []comparedValueJSON `json:"values"`
	}
	comparisonJSON struct {
		Selection sideJSON       `json:"selection"`
		Baseline  sideJSON       `json:"baseline"`
		Attrs     []comparedJSON `json:"attributes"`
		Complete  bool           `json:"complete"`
		Reason    string         `json:"reason"`
		ElapsedMS float64        `json:"elapsed_ms"`
		RowsRead  uint64         `json:"rows_read"`
		Query     string         `json:"query"`
	}
)

// What a selection is set beside.
const (
	baselineRest   = "rest"   // of the spans of q, those that are not selected
	baselineBefore = "before" // the spans of q right before, as long a time
	baselineWeek   = "week"   // the spans of q a week before
	baselineQuery  = "query"  // the spans of another query
)

func (h *handlers) compare(w http.ResponseWriter, r *http.Request) error {
	p := api.ParamsOf(r, "q", "from", "to", "env", "namespace", "selection", "selection_from", "selection_to", "baseline", "baseline_q")
	baseline := p.Choice("baseline", baselineRest, baselineBefore, baselineWeek, baselineQuery)
	selection, other := p.Text("selection", api.MaxQuery), p.Text("baseline_q", api.MaxQuery)
	set, err := h.spanSet(r, p)
	if err != nil {
		return err
	}
	now := h.Now()
	picked := set.SpanSet
	picked.Range = traces.Range{From: p.Time("selection_from", now, set.Range.From), To: p.Time("selection_to", now, set.Range.To)}
	if err := p.Err(); err != nil {
		return err
	}
	if !picked.Range.From.Before(picked.Range.To) {
		return api.Errorf(api.BadTime, "the time range of the selection is empty").WithHint("selection_from must be before selection_to")
	}
	if other != "" && baseline != baselineQuery {
		return api.Errorf(api.BadParameter, "baseline_q goes with baseline=query only")
	}
	chosen, err := filter.Parse(selection)
	if err != nil {
		return err
	}
	picked.Filter = filter.AllOf(set.Filter, chosen)
	against := set.SpanSet
	switch span := set.Range.To.Sub(set.Range.From); baseline {
	case baselineRest:
		against.Except = &traces.SpanSet{Range: picked.Range, Filter: chosen}
	case baselineBefore:
		against.Range = traces.Range{From: set.Range.From.Add(-span), To: set.Range.From}
	case baselineWeek:
		const week = 7 * 24 * time.Hour
		against.Range = traces.Range{From: set.Range.From.Add(-week), To: set.Range.To.Add(-week)}
	case baselineQuery:
		query, err := filter.Parse(other)
		if err != nil {
			return err
		}
		against.Filter = filter.AllOf(query, placeOf(p))
	}
	c, err := h.Sets.Compare(r.Context(), traces.CompareQuery{Selection: picked, Baseline: against})
	if err != nil {
		return err
	}
	out := comparisonJSON{
		Selection: sideJSON(c.Selection), Baseline: sideJSON(c.Baseline), Attrs: make([]comparedJSON, len(c.Attrs)), Complete: c.Complete, Reason: c.Reason,
		ElapsedMS: float64(c.Elapsed.Microseconds()) / 1000, RowsRead: c.RowsRead, Query: textOf(set.query),
	}
	for i := range c.Attrs {
		out.Attrs[i] = comparedOf(&c.Attrs[i])
	}
	return api.WriteJSON(w, out)
}

func comparedOf(a *traces.ComparedAttr) comparedJSON {
	out := comparedJSON{
		Key: a.Attr.String(), Kind: "category", Score: servicemap.Round(a.Score), Unique: a.Unique,
		SelectionCoverage: servicemap.Round(a.SelectionCoverage), BaselineCoverage: servicemap.Round(a.BaselineCoverage),
		Values: make([]comparedValueJSON, len(a.Values)),
	}
	if a.Number {
		out.Kind = "number"
	}
	for i, v := range a.Values {
		out.Values[i] = comparedValueJSON{v.Label, v.Filter.String(), servicemap.Round(v.Selection), servicemap.Round(v.Baseline)}
	}
	return out
}
