package traceapi

import (
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

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
	span := rangeOf(p.Range(h.Now()))
	o := servicemap.Options{
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
	g := gridOf(span, chartPoints)
	project := api.CallerOf(r.Context()).Project
	var rows traces.MapRows
	var entries []traces.EdgeRow
	group, ctx := errgroup.WithContext(r.Context())
	group.Go(func() (err error) {
		rows, entries, err = h.Rollups.MapAndEntries(ctx, project, span, g.step)
		return err
	})
	group.Go(func() (err error) {
		o.Teams, err = h.Fleet.Teams(ctx, project, span)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	points := g.points()
	for i := range entries {
		g.add(points, entries[i].At, &entries[i].Measure)
	}
	o.Window = h.window(span)
	m := servicemap.Build(rows, o)
	if rows.Missing > 0 {
		m.Complete = false
		m.Notes = append(m.Notes, fmt.Sprintf("%d minutes are not summed up yet and are left out.", rows.Missing))
	}
	return api.WriteJSON(w, mapJSON{
		From: span.From, To: span.To, Generated: h.Now().UTC(),
		Complete: m.Complete, Notes: m.Notes, Envs: m.Envs, Nodes: m.Nodes, Edges: m.Edges,
		Buckets: g.buckets(points),
	})
}

func rangeOf(from, to time.Time) traces.Range { return traces.Range{From: from, To: to} }

// window is the time that figures of a range are of: storage extends it to whole minutes, and nothing has happened after now.
func (h *handlers) window(r traces.Range) time.Duration {
	from, to := r.From.Truncate(time.Minute), r.To.Add(time.Minute-1).Truncate(time.Minute)
	if now := h.Now(); to.After(now) && now.After(r.From) {
		to = now
	}
	return max(to.Sub(from), time.Second)
}

func badNode(parameter, id string) error {
	return api.Errorf(api.BadParameter, "the parameter %q is %q, which is no node id", parameter, id).WithHint("node ids are those of /api/map")
}

func (h *handlers) mapSeries(w http.ResponseWriter, r *http.Request) error {
	p := api.ParamsOf(r, "from", "to", "node", "source", "target")
	span := rangeOf(p.Range(h.Now()))
	ends := make(map[string]*traces.End)
	for _, name := range []string{"node", "source", "target"} {
		if !p.Has(name) {
			continue
		}
		id := p.Text(name, maxNode)
		end, ok := servicemap.ParseID(id)
		if p.Err() == nil && !ok {
			return badNode(name, id)
		}
		ends[name] = &end
	}
	if err := p.Err(); err != nil {
		return err
	}
	if p.Has("node") == p.Has("source") || p.Has("source") != p.Has("target") {
		return api.Errorf(api.BadParameter, "a series is of a node, or of an edge").WithHint("give node, or source and target")
	}
	project := api.CallerOf(r.Context()).Project
	g := gridOf(span, chartPoints)
	points := g.points()
	if node := ends["node"]; node != nil && node.Kind == traces.EndService {
		rows, err := h.Rollups.Services(r.Context(), traces.ServiceQuery{Project: project, Range: span, Step: g.step, Name: node.Name, Type: node.Type, Env: &node.Env})
		if err != nil {
			return err
		}
		for i := range rows {
			g.add(points, rows[i].At, &rows[i].Measure)
		}
		return api.WriteJSON(w, g.series(points))
	}
	q := traces.EdgeQuery{Project: project, Range: span, Step: g.step, From: ends["source"], To: ends["target"]}
	if node := ends["node"]; node != nil {
		if node.Kind == traces.EndClient {
			q.From = node
		} else {
			q.To = node // what its callers saw
		}
	}
	rows, err := h.Rollups.Edges(r.Context(), q)
	if err != nil {
		return err
	}
	for i := range rows {
		g.add(points, rows[i].At, &rows[i].Measure)
	}
	return api.WriteJSON(w, g.series(points))
}
