package traceapi

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/servicemap"
	"github.com/sightline/sightline/storage/traces"
)

type (
	versionSeenJSON struct {
		Name      string    `json:"name"`
		FirstSeen time.Time `json:"first_seen"`
	}
	serviceRowJSON struct {
		Name      string            `json:"name"`
		Env       string            `json:"env"`
		Namespace string            `json:"namespace"`
		Type      string            `json:"type"`
		Team      string            `json:"team"`
		Versions  []versionSeenJSON `json:"versions"`
		Deployed  *deployedJSON     `json:"deployed"` // the newest deployment in the range
		Stats     servicemap.Stats  `json:"stats"`
		Apdex     *apdexJSON        `json:"apdex"`
		Series    sparklineJSON     `json:"series"`
	}
	servicesJSON struct {
		Services []serviceRowJSON `json:"services"`
		Envs     []string         `json:"envs"`
	}
	versionJSON struct {
		Name      string           `json:"name"`
		FirstSeen time.Time        `json:"first_seen"`
		LastSeen  time.Time        `json:"last_seen"`
		Stats     servicemap.Stats `json:"stats"`
		Series    sparklineJSON    `json:"series"` // in the steps of the service's
	}
	operationJSON struct {
		Name  string           `json:"name"`
		Kind  string           `json:"kind"`
		Stats servicemap.Stats `json:"stats"`
		Apdex *apdexJSON       `json:"apdex"`
	}
	serviceJSON struct {
		Name        string            `json:"name"`
		Env         string            `json:"env"`
		Namespace   string            `json:"namespace"`
		Type        string            `json:"type"`
		Versions    []versionJSON     `json:"versions"`
		Deployments []deploymentJSON  `json:"deployments"`
		Stats       servicemap.Stats  `json:"stats"`
		Apdex       *apdexJSON        `json:"apdex"`
		Series      seriesJSON        `json:"series"`
		Operations  []operationJSON   `json:"operations"`
		Upstream    []servicemap.Edge `json:"upstream"`
		Downstream  []servicemap.Edge `json:"downstream"`
	}
)

// version is what is known of a version of a service in the range.
type version struct {
	first, last time.Time
	measure     traces.Measure
	requests    []float64        // step by step
	points      []traces.Measure // step by step, if the tally is detailed
}

// tally sums up a service.
type tally struct {
	measure    traces.Measure
	points     []traces.Measure
	detailed   bool // keeps measures of every version, step by step
	versions   map[string]*version
	namespaces map[string]float64
	types      map[string]float64
}

func newTally(g grid) *tally {
	return &tally{points: g.points(), versions: make(map[string]*version), namespaces: make(map[string]float64), types: make(map[string]float64)}
}

func (t *tally) add(g grid, row *traces.NodeRow) {
	t.measure.Add(&row.Measure)
	g.add(t.points, row.At, &row.Measure)
	t.namespaces[row.Namespace] += row.Requests()
	t.types[row.Type] += row.Requests()
	v := t.versions[row.Version]
	if v == nil {
		v = &version{first: row.First, last: row.Last, requests: make([]float64, g.n)}
		if t.detailed {
			v.points = g.points()
		}
		t.versions[row.Version] = v
	}
	if row.First.Before(v.first) {
		v.first = row.First
	}
	if row.Last.After(v.last) {
		v.last = row.Last
	}
	v.measure.Add(&row.Measure)
	if i, ok := g.index(row.At); ok {
		v.requests[i] += row.Requests()
	}
	if t.detailed {
		g.add(v.points, row.At, &row.Measure)
	}
}

// newestFirst are the names of the versions by when they first came; the version without a name is none.
func (t *tally) newestFirst() []string {
	names := slices.Sorted(maps.Keys(t.versions))
	names = slices.DeleteFunc(names, func(name string) bool { return name == "" })
	slices.SortStableFunc(names, func(a, b string) int { return t.versions[b].first.Compare(t.versions[a].first) })
	return names
}

// most is the key with most requests.
func most(counts map[string]float64) string {
	best := ""
	for i, name := range slices.Sorted(maps.Keys(counts)) {
		if i == 0 || counts[name] > counts[best] {
			best = name
		}
	}
	return best
}

func (h *handlers) services(w http.ResponseWriter, r *http.Request) error {
	p := api.ParamsOf(r, "from", "to", "env", "namespace")
	span := rangeOf(p.Range(h.Now()))
	env, namespace := p.Optional("env", maxEnvName), p.Optional("namespace", maxEnvName)
	if err := p.Err(); err != nil {
		return err
	}
	g := gridOf(span, sparklinePoints)
	project := api.CallerOf(r.Context()).Project
	var rows []traces.NodeRow
	var teams map[traces.ServiceID]string
	group, ctx := errgroup.WithContext(r.Context())
	group.Go(func() (err error) {
		rows, err = h.Rollups.Services(ctx, traces.ServiceQuery{Project: project, Range: span, Step: g.step})
		return err
	})
	group.Go(func() (err error) {
		teams, err = h.Fleet.Teams(ctx, project, span)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	window := h.window(span)
	type key struct{ name, env, kind string }
	tallies := make(map[key]*tally)
	envs := make(map[string]bool)
	for i := range rows {
		row := &rows[i]
		envs[row.Env] = true
		if env != nil && row.Env != *env || namespace != nil && row.Namespace != *namespace {
			continue
		}
		k := key{row.Name, row.Env, row.Type}
		if tallies[k] == nil {
			tallies[k] = newTally(g)
		}
		tallies[k].add(g, row)
	}
	keys := slices.SortedFunc(maps.Keys(tallies), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.env, b.env), cmp.Compare(a.kind, b.kind))
	})
	out := servicesJSON{Services: make([]serviceRowJSON, 0, len(keys)), Envs: slices.AppendSeq([]string{}, slices.Values(slices.Sorted(maps.Keys(envs))))}
	for _, k := range keys {
		t := tallies[k]
		row := serviceRowJSON{
			Name: k.name, Env: k.env, Namespace: most(t.namespaces), Type: k.kind, Team: teams[traces.ServiceID{Env: k.env, Name: k.name, Type: k.kind}],
			Versions: []versionSeenJSON{},
			Deployed: t.deployed(g),
			Stats:    servicemap.StatsOf(&t.measure, window),
			Apdex:    h.apdex(k.name, &t.measure),
			Series:   g.sparkline(t.points),
		}
		for _, name := range t.newestFirst() {
			row.Versions = append(row.Versions, versionSeenJSON{name, t.versions[name].first.UTC()})
		}
		out.Services = append(out.Services, row)
	}
	return api.WriteJSON(w, out)
}

func (h *handlers) service(w http.ResponseWriter, r *http.Request) error {
	p := api.ParamsOf(r, "from", "to", "env", "namespace")
	span := rangeOf(p.Range(h.Now()))
	g := gridOf(span, chartPoints)
	q := traces.ServiceQuery{
		Project:   api.CallerOf(r.Context()).Project,
		Range:     span,
		Step:      g.step,
		Name:      r.PathValue("name"),
		Env:       p.Optional("env", maxEnvName),
		Namespace: p.Optional("namespace", maxEnvName),
	}
	if err := p.Err(); err != nil {
		return err
	}
	var rows []traces.NodeRow
	var operations []traces.OperationRow
	var whole traces.MapRows
	group, ctx := errgroup.WithContext(r.Context())
	group.Go(func() (err error) {
		rows, err = h.Rollups.Services(ctx, q)
		return err
	})
	group.Go(func() (err error) {
		operations, err = h.Rollups.Operations(ctx, q)
		return err
	})
	group.Go(func() (err error) {
		whole, err = h.Rollups.Map(ctx, q.Project, q.Range)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if len(rows) == 0 {
		return api.Errorf(api.NotFound, "no service %q sent spans in this time range", q.Name).WithHint("look at another time range or environment")
	}
	window := h.window(span)
	t := newTally(g)
	t.detailed = true
	for i := range rows {
		t.add(g, &rows[i])
	}
	out := serviceJSON{
		Name: q.Name, Namespace: most(t.namespaces), Type: most(t.types),
		Versions:    []versionJSON{},
		Deployments: t.deployments(g),
		Stats:       servicemap.StatsOf(&t.measure, window),
		Apdex:       h.apdex(q.Name, &t.measure),
		Series:      g.series(t.points),
		Operations:  h.operationsOf(q.Name, operations, window),
	}
	if q.Env != nil {
		out.Env = *q.Env
	} else if env := rows[0].Env; !slices.ContainsFunc(rows, func(row traces.NodeRow) bool { return row.Env != env }) {
		out.Env = env
	}
	for _, name := range t.newestFirst() {
		v := t.versions[name]
		out.Versions = append(out.Versions, versionJSON{name, v.first.UTC(), v.last.UTC(), servicemap.StatsOf(&v.measure, window), g.sparkline(v.points)})
	}
	out.Upstream, out.Downstream = neighbours(servicemap.Build(whole, servicemap.Options{Window: window}), q)
	return api.WriteJSON(w, out)
}

func (h *handlers) operationsOf(service string, rows []traces.OperationRow, window time.Duration) []operationJSON {
	slices.SortFunc(rows, func(a, b traces.OperationRow) int {
		return cmp.Or(cmp.Compare(b.Requests(), a.Requests()), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind))
	})
	out := make([]operationJSON, len(rows))
	for i := range rows {
		out[i] = operationJSON{rows[i].Name, rows[i].Kind.String(), servicemap.StatsOf(&rows[i].Measure, window), h.apdex(service, &rows[i].Measure)}
	}
	return out
}

// neighbours are the edges to and from the service, busiest first.
func neighbours(m servicemap.Map, q traces.ServiceQuery) (upstream, downstream []servicemap.Edge) {
	mine := make(map[string]bool)
	for _, n := range m.Nodes {
		if n.Kind == traces.EndService && n.Name == q.Name && (q.Env == nil || n.Env == *q.Env) && (q.Namespace == nil || n.Namespace == *q.Namespace) {
			mine[n.ID] = true
		}
	}
	upstream, downstream = []servicemap.Edge{}, []servicemap.Edge{}
	for _, e := range m.Edges {
		if mine[e.Target] {
			upstream = append(upstream, e)
		}
		if mine[e.Source] {
			downstream = append(downstream, e)
		}
	}
	for _, edges := range [][]servicemap.Edge{upstream, downstream} {
		slices.SortStableFunc(edges, func(a, b servicemap.Edge) int { return cmp.Compare(b.Stats.Requests, a.Stats.Requests) })
	}
	return upstream, downstream
}
