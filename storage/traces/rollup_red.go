package traces

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"

	"github.com/sightline/sightline/storage/conn"
)

//go:embed rollup_red.sql
var redSQL string

const (
	// maxOperations is how many operations of a service a minute of the rollup tells apart; the rest is one.
	maxOperations = 200
	// Overflow is the operation that stands for those past the cap.
	Overflow = "__overflow__"
)

// redRow is a row of red_1m, and of rollup_red.sql.
type redRow struct {
	Minute      uint32             `ch:"minute"` // unix seconds
	Env         string             `ch:"env"`
	Namespace   string             `ch:"namespace"`
	Service     string             `ch:"service"`
	ServiceType string             `ch:"service_type"`
	Version     string             `ch:"version"`
	Entry       uint8              `ch:"entry"`
	Kind        int32              `ch:"kind"`
	Operation   string             `ch:"operation"`
	OK          float64            `ch:"ok"`
	Error       float64            `ch:"error"`
	Throttle    float64            `ch:"throttle"`
	Fault       float64            `ch:"fault"`
	Spans       uint64             `ch:"spans"`
	Total       float64            `ch:"total"`
	Max         uint64             `ch:"max_duration"`
	Latency     map[uint16]float64 `ch:"latency"`
}

func (r *redRow) measure() Measure {
	return Measure{r.OK, r.Error, r.Throttle, r.Fault, r.Total, r.Max, r.Latency}
}

// add sums another row of the same key.
func (r *redRow) add(o *redRow) {
	m, other := r.measure(), o.measure()
	m.Add(&other)
	r.OK, r.Error, r.Throttle, r.Fault, r.Total, r.Max, r.Latency = m.OK, m.Error, m.Throttle, m.Fault, m.Duration, m.Max, m.Latency
	r.Spans += o.Spans
}

// redOf computes the rows of red_1m for whole minutes from spans.
func redOf(ctx context.Context, db *conn.DB, class conn.Class, project string, in Range) ([]redRow, error) {
	rows, err := conn.All[redRow](ctx, db, conn.Query{SQL: redSQL, Params: in.params(project), Class: class})
	if err != nil {
		return nil, fmt.Errorf("sum up services: %w", err)
	}
	return capOperations(rows), nil
}

// capOperations keeps, of each service and minute, the operations with most spans, and makes one of the rest.
func capOperations(rows []redRow) []redRow {
	type service struct {
		minute               uint32
		env, namespace, name string
	}
	of := func(r *redRow) service { return service{r.Minute, r.Env, r.Namespace, r.Service} }
	spans := map[service]map[string]uint64{}
	for i := range rows {
		r := &rows[i]
		if r.Entry == 0 {
			continue
		}
		if spans[of(r)] == nil {
			spans[of(r)] = map[string]uint64{}
		}
		spans[of(r)][r.Operation] += r.Spans
	}
	over := map[service]map[string]bool{}
	for s, operations := range spans {
		if len(operations) <= maxOperations {
			continue
		}
		names := make([]string, 0, len(operations))
		for name := range operations {
			names = append(names, name)
		}
		slices.SortFunc(names, func(a, b string) int {
			return cmp.Or(cmp.Compare(operations[b], operations[a]), cmp.Compare(a, b))
		})
		over[s] = map[string]bool{}
		for _, name := range names[maxOperations:] {
			over[s][name] = true
		}
	}
	if len(over) == 0 {
		return rows
	}
	type rest struct {
		service
		kind                 int32
		serviceType, version string
	}
	rests := map[rest]int{}
	kept := rows[:0]
	for i := range rows {
		r := rows[i]
		if r.Entry == 0 || !over[of(&r)][r.Operation] {
			kept = append(kept, r)
			continue
		}
		key := rest{of(&r), r.Kind, r.ServiceType, r.Version}
		at, ok := rests[key]
		if !ok {
			r.Operation = Overflow
			rests[key] = len(kept)
			kept = append(kept, r)
			continue
		}
		kept[at].add(&r)
	}
	return kept
}
