package metrics

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/otlptranslator"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/encode"
)

// What questions of Prometheus's engine remember: dashboards ask many at a time, and each would read the same names and resources again.
const (
	catalogAge   = 5 * time.Second // how late a new metric may be in answers to a pattern of names; one that is asked for by its name is not late
	maxCatalogs  = 100             // of projects
	maxResources = 50_000
)

// remembered is a Reader's memory. The zero value is ready.
type remembered struct {
	mu        sync.Mutex
	catalogs  map[catalogKey]*catalog
	resources map[resourceKeyOf]*Resource
}

type catalogKey struct {
	project  string
	strategy otlptranslator.TranslationStrategyOption
}

// catalog is the metrics of a project, each with Prometheus's name.
type catalog struct {
	from    time.Time // metrics seen since
	read    time.Time
	metrics []named
}

type named struct {
	Metric
	name string
}

type resourceKeyOf struct {
	project string
	id      [16]byte
}

// catalog gives the metrics with points since from, as they were some seconds ago at most; fresh: as they are.
func (s *selection) catalog(fresh bool) (c *catalog, known bool, err error) {
	key := catalogKey{s.project, s.translation.strategy()}
	m := &s.r.remembered
	m.mu.Lock()
	c = m.catalogs[key]
	m.mu.Unlock()
	if c != nil && !fresh && time.Since(c.read) < catalogAge && !s.within.From.Before(c.from) {
		return c, true, nil
	}
	c = &catalog{from: s.within.From.Truncate(24 * time.Hour), read: time.Now()}
	if c.metrics, err = s.readNames(Range{From: c.from}); err != nil {
		return nil, false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.catalogs) >= maxCatalogs || m.catalogs == nil {
		m.catalogs = map[catalogKey]*catalog{}
	}
	m.catalogs[key] = c
	return c, false, nil
}

func (s *selection) readNames(since Range) (all []named, err error) {
	type row struct {
		Name       string `ch:"name"`
		Kind       uint8  `ch:"kind"`
		Monotonic  uint8  `ch:"monotonic"`
		Unit       string `ch:"unit"`
		Prometheus uint8  `ch:"prometheus"`
	}
	params := []conn.Param{conn.Str("project", s.project), since.seen(), conn.Str("prometheus", PrometheusScope)}
	for row, err := range conn.Rows[row](s.ctx, s.r.db, conn.Query{SQL: promNamesSQL, Params: params}) {
		if err != nil {
			return nil, err
		}
		m := Metric{Name: row.Name, Kind: Kind(row.Kind), Monotonic: row.Monotonic != 0, Unit: row.Unit, Prometheus: row.Prometheus != 0}
		all = append(all, named{m, s.translation.Name(m)})
	}
	return all, nil
}

// identifying are the attributes of a resource that labels are made of.
var identifying = []string{"service.instance.id", "service.name", "service.namespace"}

// addIdentity fills in the resources, as far as labels need them. What a resource is never changes: its id is of its bytes.
func (r *Reader) addIdentity(ctx context.Context, project string, series []Series) error {
	known := map[[16]byte]*Resource{}
	missing := make([]Series, 0)
	r.remembered.mu.Lock()
	for i := range series {
		id := series[i].Resource.ID
		if found := r.remembered.resources[resourceKeyOf{project, id}]; found != nil {
			series[i].Resource = found
		} else if known[id] == nil {
			known[id] = series[i].Resource
			missing = append(missing, Series{Resource: series[i].Resource})
		} else {
			series[i].Resource = known[id]
		}
	}
	r.remembered.mu.Unlock()
	if len(missing) == 0 {
		return nil
	}
	if err := r.addResources(ctx, project, missing, map[[16]byte]*Resource{}); err != nil {
		return err
	}
	r.remembered.mu.Lock()
	defer r.remembered.mu.Unlock()
	m := &r.remembered
	if m.resources == nil || len(m.resources)+len(missing) > maxResources {
		m.resources = map[resourceKeyOf]*Resource{}
	}
	for _, s := range missing {
		s.Resource.Attrs = slices.DeleteFunc(s.Resource.Attrs, func(a encode.Value) bool { return !slices.Contains(identifying, a.Key) })
		if len(m.resources) < maxResources {
			m.resources[resourceKeyOf{project, s.Resource.ID}] = s.Resource
		}
	}
	return nil
}
