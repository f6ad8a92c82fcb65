package tempo

import (
	"errors"
	"net/http"
	"slices"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

type tagScope struct {
	name  string
	scope filter.Scope
}

// scopes of attributes, in the order in which they are answered.
var scopes = []tagScope{
	{"resource", filter.Resource}, {"span", filter.Span}, {"event", filter.Event}, {"link", filter.Link}, {"instrumentation", filter.Instrumentation},
}

const (
	scopeIntrinsic = "intrinsic"
	maxTags        = 5000 // storage looks at no more
)

type (
	tagsV1JSON struct {
		TagNames []string `json:"tagNames"`
		Metrics  struct{} `json:"metrics"`
	}
	tagsV2JSON struct {
		Scopes  []scopeJSON `json:"scopes"`
		Metrics struct{}    `json:"metrics"`
	}
	scopeJSON struct {
		Name string   `json:"name"`
		Tags []string `json:"tags"`
	}
)

func (h *handlers) tagsV1(w http.ResponseWriter, r *http.Request) error {
	found, err := h.tags(r)
	if err != nil {
		return err
	}
	out := tagsV1JSON{TagNames: []string{}}
	for _, s := range found {
		out.TagNames = append(out.TagNames, s.Tags...)
	}
	slices.Sort(out.TagNames)
	out.TagNames = slices.Compact(out.TagNames)
	return api.WriteJSON(w, out)
}

func (h *handlers) tagsV2(w http.ResponseWriter, r *http.Request) error {
	found, err := h.tags(r)
	if err != nil {
		return err
	}
	return api.WriteJSON(w, tagsV2JSON{Scopes: found})
}

// tags are the keys that the newest spans have, by scope, each scope's in the order of the alphabet.
func (h *handlers) tags(r *http.Request) ([]scopeJSON, error) {
	p := h.params(r)
	in, limit, only := p.span(), p.positive("limit", maxTags, maxTags), p.text("scope")
	if only == "all" || only == "none" {
		only = ""
	}
	if only != "" && only != scopeIntrinsic && !slices.ContainsFunc(scopes, func(s tagScope) bool { return s.name == only }) {
		p.fail("invalid scope: %s", only)
	}
	if p.err != nil {
		return nil, p.err
	}
	found := []scopeJSON{}
	if only != scopeIntrinsic {
		keys, err := h.Words.Keys(r.Context(), api.CallerOf(r.Context()).Project, in, "", maxTags)
		if err != nil && !errors.Is(err, conn.ErrTimeout) { // what was found in time will do
			return nil, err
		}
		if keys, err = h.present(r, in, keys, narrow(p.text("q"))); err != nil {
			return nil, err
		}
		for _, s := range scopes {
			if only != "" && s.name != only {
				continue
			}
			names := []string{}
			for _, k := range keys {
				if k.Attr.Scope == s.scope && len(names) < limit {
					names = append(names, k.Attr.Key)
				}
			}
			if len(names) > 0 {
				slices.Sort(names)
				found = append(found, scopeJSON{s.name, names})
			}
		}
	}
	if only == "" || only == scopeIntrinsic {
		found = append(found, scopeJSON{scopeIntrinsic, intrinsicNames()})
	}
	return found, nil
}

const (
	// narrowedKeys is how many are told apart by whether the spans of a query have them, the most frequent.
	narrowedKeys = 500
	// sampleOfKeys is how many spans are looked at for that, the newest.
	sampleOfKeys = 1000
)

// present are the keys that spans which the filter matches have; the rarest of all are kept.
func (h *handlers) present(r *http.Request, in traces.Range, keys []traces.KeyCount, where filter.Expr) ([]traces.KeyCount, error) {
	if where == nil {
		return keys, nil
	}
	asked := make([]filter.Attr, min(len(keys), narrowedKeys))
	for i := range asked {
		asked[i] = keys[i].Attr
	}
	set := traces.SpanSet{Project: api.CallerOf(r.Context()).Project, Range: in, Filter: where}
	page, err := h.Sets.Spans(r.Context(), traces.SpanQuery{SpanSet: set, Limit: sampleOfKeys, Columns: asked})
	if err != nil {
		return nil, err
	}
	var kept []traces.KeyCount
	for i, k := range keys {
		if i >= len(asked) || slices.ContainsFunc(page.Spans, func(s traces.FoundSpan) bool { return s.Values[i] != nil }) {
			kept = append(kept, k)
		}
	}
	return kept, nil
}

// sampleOfValues is how many spans the values of a tag are counted in, the newest.
const sampleOfValues = 50_000

// counted are the values of an attribute in the newest spans of a range that a filter matches, the most frequent first, with their
// types.
func (h *handlers) counted(r *http.Request, in traces.Range, attr filter.Attr, where filter.Expr, limit int) ([]valueJSON, error) {
	project := api.CallerOf(r.Context()).Project
	var values []valueJSON
	if traces.Countable(attr) {
		facets, err := h.Sets.Facets(r.Context(), traces.FacetQuery{
			SpanSet: traces.SpanSet{Project: project, Range: in, Filter: where}, Keys: []filter.Attr{attr}, Sample: sampleOfValues, Top: limit,
		})
		if err != nil {
			return nil, err
		}
		for _, v := range facets.Facets[0].Values {
			if c, ok := v.Filter.(filter.Compare); ok && v.Label != "" {
				values = append(values, valueJSON{typeOf(attr, c.Value), v.Label})
			}
		}
	}
	if attr == (filter.Attr{Scope: filter.Resource, Key: "service.name"}) {
		attr = filter.Attr{Key: filter.Service}
	}
	if traces.Countable(attr) && (where != nil || attr.Scope != filter.Intrinsic) {
		return values, nil
	}
	// Rollups know services and names that the newest spans do not have. What a span may have several of is not counted by span, and
	// not narrowed.
	words, err := h.Words.Values(r.Context(), project, in, attr, "", limit)
	if err != nil && !errors.Is(err, conn.ErrTimeout) {
		return nil, err
	}
	for _, v := range words {
		one := valueJSON{typeString, v.Value}
		if !slices.Contains(values, one) {
			values = append(values, one)
		}
	}
	return values[:min(len(values), limit)], nil
}
