package jaeger

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/servicemap"
	"github.com/sightline/sightline/storage/traces"
)

// defaultDependencies is how far back Jaeger's API looks.
const defaultDependencies = 24 * time.Hour

// link says that a service called another. Jaeger knows services only by name.
type link struct {
	Parent string `json:"parent"`
	Child  string `json:"child"`
	Calls  uint64 `json:"callCount"`
}

func (h *handlers) listDependencies(w http.ResponseWriter, r *http.Request) error {
	p := h.params(r)
	to := p.unix("endTs", time.Millisecond, p.now)
	lookback := p.units("lookback", time.Millisecond, defaultDependencies)
	if p.err != nil {
		return p.err
	}
	links, err := h.dependencies(r.Context(), rangeOf(to.Add(-lookback), to))
	if err != nil {
		return err
	}
	if service := p.Get("service"); service != "" {
		links = slices.DeleteFunc(links, func(l link) bool { return l.Parent != service && l.Child != service })
	}
	return api.WriteJSON(w, answer{Data: links})
}

// dependencies are the edges of the service map between services. What sends no spans itself is left out, as Jaeger leaves it out,
// but a queue joins those who write to it with those who read from it.
func (h *handlers) dependencies(ctx context.Context, in traces.Range) ([]link, error) {
	rows, err := h.Rollups.Map(ctx, project(ctx), in)
	if err != nil {
		return nil, err
	}
	return linksOf(servicemap.Build(rows, servicemap.Options{Window: in.To.Sub(in.From)})), nil
}

func linksOf(m servicemap.Map) []link {
	nodes := make(map[string]*servicemap.Node, len(m.Nodes))
	for i := range m.Nodes {
		nodes[m.Nodes[i].ID] = &m.Nodes[i]
	}
	type pair struct{ parent, child string }
	calls := map[pair]float64{}
	writers, readers := map[string][]*servicemap.Edge{}, map[string][]*servicemap.Edge{}
	for i := range m.Edges {
		e := &m.Edges[i]
		from, to := nodes[e.Source], nodes[e.Target]
		switch {
		case from.Kind == traces.EndService && to.Kind == traces.EndService:
			calls[pair{from.Name, to.Name}] += e.Stats.Requests
		case from.Kind == traces.EndService && to.Kind == traces.EndInferred:
			writers[e.Target] = append(writers[e.Target], e)
		case from.Kind == traces.EndInferred && to.Kind == traces.EndService:
			readers[e.Source] = append(readers[e.Source], e)
		}
	}
	for queue, out := range readers { // which writer a reader's messages came from is not known: each has its share
		var all float64
		for _, e := range writers[queue] {
			all += e.Stats.Requests
		}
		for _, in := range writers[queue] {
			for _, e := range out {
				calls[pair{nodes[in.Source].Name, nodes[e.Target].Name}] += e.Stats.Requests * in.Stats.Requests / max(all, 1)
			}
		}
	}
	links := make([]link, 0, len(calls))
	for p, n := range calls {
		if p.parent != p.child && n > 0 {
			links = append(links, link{p.parent, p.child, uint64(max(1, math.Round(n)))})
		}
	}
	slices.SortFunc(links, func(a, b link) int { return cmp.Or(cmp.Compare(a.Parent, b.Parent), cmp.Compare(a.Child, b.Child)) })
	return links
}
