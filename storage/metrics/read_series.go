package metrics

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/encode"
)

// Temporality is what a sum or a histogram counts from; any number that was sent.
type Temporality int32

// The temporalities that OTLP defines.
const (
	Unspecified Temporality = iota
	Delta
	Cumulative
)

func (t Temporality) String() string {
	switch t {
	case Delta:
		return "delta"
	case Cumulative:
		return "cumulative"
	}
	return "unspecified"
}

// Scope is what measured a series.
type Scope struct {
	Name, Version, SchemaURL string
	Attrs                    []encode.Value // by key
	DroppedAttrs             uint32
}

// Resource is what a series comes from; several share one.
type Resource struct {
	ID           [16]byte
	Attrs        []encode.Value // by key
	DroppedAttrs uint32
	SchemaURL    string
}

// Series is what points share.
type Series struct {
	Name        string
	ID          uint64 // unique under its name
	Kind        Kind
	Temporality Temporality
	Monotonic   bool
	Unit        string
	Attrs       []encode.Value // by key

	Description string         // the last one said
	Metadata    []encode.Value // likewise

	Service, Namespace, Env, Version string // of the resource
	Resource                         *Resource
	Scope                            Scope
	LastSeen                         time.Time // not more than a day before the last point
}

// SeriesQuery asks for series.
type SeriesQuery struct {
	Project  string
	Range    Range
	Matchers []*labels.Matcher // all must match; see ParseMatchers for what their names are
	Limit    int               // 0: none
}

type seriesRow struct {
	Name         string             `ch:"name"`
	ID           uint64             `ch:"id"`
	Kind         uint8              `ch:"kind"`
	Temporality  int32              `ch:"temporality"`
	Monotonic    uint8              `ch:"monotonic"`
	Unit         string             `ch:"unit"`
	Description  string             `ch:"description"`
	Metadata     map[string]string  `ch:"metadata"`
	ResourceID   [16]byte           `ch:"resource_id"`
	Service      string             `ch:"service"`
	Namespace    string             `ch:"namespace"`
	Env          string             `ch:"env"`
	Version      string             `ch:"version"`
	ScopeName    string             `ch:"scope_name"`
	ScopeVersion string             `ch:"scope_version"`
	ScopeURL     string             `ch:"scope_schema_url"`
	ScopeAttrs   map[string]string  `ch:"scope_attrs"`
	ScopeDropped uint32             `ch:"scope_dropped_attrs"`
	Attrs        map[string]string  `ch:"attrs"`
	Ints         map[string]int64   `ch:"attrs_int"`
	Floats       map[string]float64 `ch:"attrs_float"`
	LastSeen     time.Time          `ch:"last_seen"`
}

func (w *seriesRow) series() Series {
	return Series{
		Name: w.Name, ID: w.ID, Kind: Kind(w.Kind), Temporality: Temporality(w.Temporality), Monotonic: w.Monotonic != 0, Unit: w.Unit,
		Attrs: attrsOf(w.Attrs, w.Ints, w.Floats), Description: w.Description, Metadata: attrsOf(w.Metadata, nil, nil),
		Service: w.Service, Namespace: w.Namespace, Env: w.Env, Version: w.Version, Resource: &Resource{ID: w.ResourceID},
		Scope: Scope{
			Name: w.ScopeName, Version: w.ScopeVersion, SchemaURL: w.ScopeURL, Attrs: attrsOf(w.ScopeAttrs, nil, nil), DroppedAttrs: w.ScopeDropped,
		},
		LastSeen: w.LastSeen.UTC(),
	}
}

// pageSize is how many series are matched at a time: their resources are read together.
const pageSize = 2000

// Series gives the series that match, by name and id, Limit at most, and whether there are more. Some may have no points in the range:
// those that began after it.
func (r *Reader) Series(ctx context.Context, q SeriesQuery) (all []Series, more bool, err error) {
	conditions, params := narrow(q.Matchers)
	params = append(params, conn.Str("project", q.Project), q.Range.seen())
	known := map[[16]byte]*Resource{}
	var page []Series
	match := func() error {
		if err := r.addResources(ctx, q.Project, page, known); err != nil {
			return err
		}
		for _, s := range page {
			if s.matches(q.Matchers) {
				all = append(all, s)
			}
		}
		page = page[:0]
		return nil
	}
	for row, err := range conn.Rows[seriesRow](ctx, r.db, conn.Query{SQL: when(seriesSQL, conditions), Params: params, Stream: true}) {
		if err != nil {
			return nil, false, fmt.Errorf("read series: %w", err)
		}
		if page = append(page, row.series()); len(page) < pageSize {
			continue
		}
		if err := match(); err != nil {
			return nil, false, fmt.Errorf("read series: %w", err)
		}
		if q.Limit > 0 && len(all) > q.Limit {
			break
		}
	}
	if err := match(); err != nil {
		return nil, false, fmt.Errorf("read series: %w", err)
	}
	if q.Limit > 0 && len(all) > q.Limit {
		return all[:q.Limit], true, nil
	}
	return all, false, nil
}

// addResources fills in the resources, each read once.
func (r *Reader) addResources(ctx context.Context, project string, series []Series, known map[[16]byte]*Resource) error {
	type row struct {
		ID        [16]byte           `ch:"id"`
		Attrs     map[string]string  `ch:"attrs"`
		Ints      map[string]int64   `ch:"attrs_int"`
		Floats    map[string]float64 `ch:"attrs_float"`
		Dropped   uint32             `ch:"dropped_attrs"`
		SchemaURL string             `ch:"schema_url"`
	}
	var missing []string
	for i := range series {
		id := series[i].Resource.ID
		if known[id] == nil {
			known[id] = series[i].Resource
			missing = append(missing, string(id[:]))
		}
		series[i].Resource = known[id]
	}
	if len(missing) == 0 {
		return nil
	}
	params := []conn.Param{conn.Str("project", project), conn.Strings("ids", missing)}
	for row, err := range conn.Rows[row](ctx, r.db, conn.Query{SQL: resourcesSQL, Params: params}) {
		if err != nil {
			return fmt.Errorf("read resources: %w", err)
		}
		*known[row.ID] = Resource{ID: row.ID, SchemaURL: row.SchemaURL, Attrs: attrsOf(row.Attrs, row.Ints, row.Floats), DroppedAttrs: row.Dropped}
	}
	return nil
}

// attrsOf puts an item's maps together, by key.
func attrsOf(texts map[string]string, ints map[string]int64, floats map[string]float64) []encode.Value {
	if len(texts)+len(ints)+len(floats) == 0 {
		return nil
	}
	attrs := make([]encode.Value, 0, len(texts)+len(ints)+len(floats))
	for key, stored := range texts {
		t, text := encode.DecodeValue(stored)
		attrs = append(attrs, encode.Value{Key: key, Type: t, Text: text})
	}
	for key, v := range ints {
		attrs = append(attrs, encode.IntAttr(key, v))
	}
	for key, v := range floats {
		attrs = append(attrs, encode.FloatAttr(key, v))
	}
	slices.SortFunc(attrs, func(a, b encode.Value) int { return cmp.Compare(a.Key, b.Key) })
	return attrs
}
