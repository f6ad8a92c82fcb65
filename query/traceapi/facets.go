package traceapi

import (
	"net/http"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/traces"
)

const maxFacetKeys = 12

type (
	facetValueJSON struct {
		Value  string `json:"value"`
		Filter string `json:"filter"`
		Spans  uint64 `json:"spans"`
		Bad    uint64 `json:"bad"`
	}
	facetJSON struct {
		Key      string           `json:"key"`
		Values   []facetValueJSON `json:"values"`
		Distinct uint64           `json:"distinct"`
		Missing  uint64           `json:"missing"`
	}
	facetsJSON struct {
		Facets []facetJSON `json:"facets"`
		Spans  uint64      `json:"spans"`
		Exact  bool        `json:"exact"`
		Total  uint64      `json:"total"`
		outcomeJSON
	}
)

func (h *handlers) facets(w http.ResponseWriter, r *http.Request) error {
	p := api.ParamsOf(r, "q", "from", "to", "env", "namespace", "keys")
	keys, err := attrsNamed(p, "keys", maxFacetKeys)
	if err != nil {
		return err
	}
	for _, a := range keys {
		if !traces.Countable(a) {
			return api.Errorf(api.BadParameter, "the values of %q can't be counted", a.String()).WithHint("count fields that are words, and attributes of spans, resources and scopes")
		}
	}
	set, err := h.spanSet(r, p)
	if err != nil {
		return err
	}
	found, err := h.Sets.Facets(r.Context(), traces.FacetQuery{SpanSet: set.SpanSet, Keys: keys})
	if err != nil {
		return err
	}
	out := facetsJSON{Facets: make([]facetJSON, len(found.Facets)), Spans: found.Spans, Exact: found.Exact, Total: found.Total, outcomeJSON: outcomeOf(found.Outcome, set.query)}
	for i, f := range found.Facets {
		facet := facetJSON{Key: f.Attr.String(), Values: make([]facetValueJSON, len(f.Values)), Distinct: f.Distinct, Missing: f.Missing}
		for j, v := range f.Values {
			facet.Values[j] = facetValueJSON{v.Label, v.Filter.String(), v.Spans, v.Bad}
		}
		out.Facets[i] = facet
	}
	return api.WriteJSON(w, out)
}
