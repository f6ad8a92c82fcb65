package traceapi

import (
	"net/http"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/servicemap"
	"github.com/sightline/sightline/storage/traces"
)

// Limits of a map.
const (
	maxNodes   = 10_000 // as X-Ray's
	maxHops    = 10
	maxNode    = 2048 // bytes of a node id
	maxEnvName = 256
)

type mapJSON struct {
	From      time.Time         `json:"from"`
	To        time.Time         `json:"to"`
	Generated time.Time         `json:"generated"`
	Complete  bool              `json:"complete"`
	Notes     []string          `json:"notes"`
	Envs      []string          `json:"envs"`
	Nodes     []servicemap.Node `json:"nodes"`
	Edges     []servicemap.Edge `json:"edges"`
	Buckets   bucketsJSON       `json:"buckets"`
}

func (h *handlers) serviceMap(w http.ResponseWriter, r *http.Request) error {
	p := api.ParamsOf(r, "from", "to", "env", "namespace", "focus", "hops", "errors_only")
	from, to := p.Range(h.Now())
	o := servicemap.Options{
		Window:     to.Sub(from),
		Env:        p.Optional("env", maxEnvName),
		Namespace:  p.Optional("namespace", maxEnvName),
		Focus:      p.Text("focus", maxNode),
		Hops:       p.Int("hops", 1, 1, maxHops),
		ErrorsOnly: p.Bool("errors_only"),
		MaxNodes:   maxNodes,
	}
	if err := p.Err(); err != nil {
		return err
	}
	if _, ok := servicemap.ParseID(o.Focus); o.Focus != "" && !ok {
		return badNode("focus", o.Focus)
	}
	project, span := api.CallerOf(r.Context()).Project, traces.Range{From: from, To: to}
	rows, err := h.Rollups.Map(r.Context(), project, span)
	if err != nil {
		return err
	}
	entries, err := h.Rollups.Entries(r.Context(), project, span)
	if err != nil {
		return err
	}
	g := gridOf(span, chartPoints)
	points := g.points()
	for _, row := range entries {
		g.add(points, row)
	}
	m := servicemap.Build(rows, o)
	return api.WriteJSON(w, mapJSON{
		From: from, To: to, Generated: h.Now().UTC(),
		Complete: m.Complete, Notes: m.Notes, Envs: m.Envs, Nodes: m.Nodes, Edges: m.Edges,
		Buckets: g.buckets(points),
	})
}

func badNode(parameter, id string) error {
	return api.Errorf(api.BadParameter, "the parameter %q is %q, which is no node id", parameter, id).WithHint("node ids are those of /api/map")
}

func (h *handlers) mapSeries(w http.ResponseWriter, r *http.Request) error {
	p := api.ParamsOf(r, "from", "to", "node", "source", "target")
	from, to := p.Range(h.Now())
	ends := make(map[string]servicemap.End)
	for _, name := range []string{"node", "source", "target"} {
		id := p.Text(name, maxNode)
		end, ok := servicemap.ParseID(id)
		if p.Has(name) && p.Err() == nil && !ok {
			return badNode(name, id)
		}
		ends[name] = end
	}
	if err := p.Err(); err != nil {
		return err
	}
	if p.Has("node") == p.Has("source") || p.Has("source") != p.Has("target") {
		return api.Errorf(api.BadParameter, "a series is of a node, or of an edge").WithHint("give node, or source and target")
	}
	project, span := api.CallerOf(r.Context()).Project, traces.Range{From: from, To: to}
	g := gridOf(span, chartPoints)
	points := g.points()
	if node := ends["node"]; p.Has("node") && node.Kind == servicemap.Service {
		rows, err := h.Rollups.Services(r.Context(), ServiceQuery{Project: project, Range: span, Name: node.Name, Type: node.Type, Env: &node.Env})
		if err != nil {
			return err
		}
		for _, row := range rows {
			g.add(points, row.MinuteRow)
		}
		return api.WriteJSON(w, g.series(points))
	}
	rows, err := h.Rollups.Edges(r.Context(), project, span, edgeEnds(ends))
	if err != nil {
		return err
	}
	for _, row := range rows {
		g.add(points, row)
	}
	return api.WriteJSON(w, g.series(points))
}

// edgeEnds says which edges a series sums up: one edge, all that lead to an inferred node, or those that a client's come from.
func edgeEnds(ends map[string]servicemap.End) (q EdgeQuery) {
	set := func(name string) *servicemap.End {
		end := ends[name]
		if end.Kind == "" {
			return nil
		}
		return &end
	}
	q = EdgeQuery{From: set("source"), To: set("target")}
	if node := set("node"); node != nil {
		if node.Kind == servicemap.Client {
			q.From = node
		} else {
			q.To = node
		}
	}
	return q
}
