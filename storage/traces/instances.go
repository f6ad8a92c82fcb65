package traces

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"time"

	"github.com/sightline/sightline/storage/conn"
)

//go:embed instances.sql
var instancesSQL string

// Instance is a process that a service ran in.
type Instance struct {
	ID, Host, Version   string // "" where no attribute says; of a version the newest
	FirstSeen, LastSeen time.Time
	Spans               uint64
	Measure             // of its SERVER, CONSUMER and root spans; bad ones are all faults here, durations are in Latency only
}

// Instances are processes, the busiest first.
type Instances struct {
	Instances []Instance
	Outcome
}

// maxInstances bounds how many instances are told, and maxInstanceResources how many resources of a slice of time are read.
const (
	maxInstances         = 1000
	maxInstanceResources = 10_000
)

// Instances finds the processes that the spans of a set come from.
func (r *Reader) Instances(ctx context.Context, set SpanSet) (Instances, error) {
	out, err := r.instances(ctx, set)
	if err != nil {
		return Instances{}, fmt.Errorf("read instances: %w", err)
	}
	return out, nil
}

func (r *Reader) instances(ctx context.Context, set SpanSet) (Instances, error) {
	type row struct {
		ID       [16]byte           `ch:"resource_id"`
		First    int64              `ch:"first"`
		Last     int64              `ch:"last"`
		Version  string             `ch:"version"`
		Spans    uint64             `ch:"spans"`
		Requests float64            `ch:"requests"`
		Bad      float64            `ch:"bad"`
		Latency  map[uint16]float64 `ch:"latency"`
	}
	s, err := r.newScan(set, "")
	if err != nil {
		return Instances{}, err
	}
	found := map[[16]byte]*Instance{}
	err = s.each(ctx, func(ctx context.Context, p piece) (bool, error) {
		rows, err := rowsOf[row](ctx, s, conn.Query{SQL: when(instancesSQL, p.where), Params: append(p.params, conn.Uint("limit", uint64(maxInstanceResources))), Timeout: p.left})
		if err != nil {
			return false, err
		}
		for _, row := range rows {
			i := &Instance{Version: row.Version, FirstSeen: unixTime(row.First), LastSeen: unixTime(row.Last), Spans: row.Spans, Measure: Measure{OK: row.Requests - row.Bad, Fault: row.Bad, Latency: row.Latency}}
			if known := found[row.ID]; known != nil {
				i.merge(known)
			}
			found[row.ID] = i
		}
		return len(rows) == maxInstanceResources, nil
	})
	if err != nil {
		return Instances{}, err
	}
	var counts []resourceCount
	for id := range found {
		counts = append(counts, resourceCount{ID: id})
	}
	out := Instances{Instances: []Instance{}, Outcome: s.done}
	if len(counts) == 0 {
		return out, nil
	}
	attrs, err := r.resourceAttrs(ctx, set.Project, counts)
	if err != nil {
		return Instances{}, err
	}
	named := map[[2]string]*Instance{}
	for id, i := range found {
		i.ID, i.Host = instanceOf(attrs[id])
		key := [2]string{i.ID, i.Host}
		if known := named[key]; known != nil {
			i.merge(known)
		}
		named[key] = i
	}
	for _, i := range named {
		out.Instances = append(out.Instances, *i)
	}
	slices.SortFunc(out.Instances, func(a, b Instance) int {
		return cmp.Or(cmp.Compare(b.Spans, a.Spans), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Host, b.Host))
	})
	if len(out.Instances) > maxInstances {
		out.Instances, out.Complete, out.Reason = out.Instances[:maxInstances], false, ReasonRowLimit
	}
	return out, nil
}

// merge adds what is known of the same instance.
func (i *Instance) merge(o *Instance) {
	if o.LastSeen.After(i.LastSeen) {
		i.LastSeen, i.Version = o.LastSeen, o.Version
	}
	i.FirstSeen = earlier(i.FirstSeen, o.FirstSeen)
	i.Spans += o.Spans
	i.Add(&o.Measure)
}

// instanceOf names the process that a resource describes: service.instance.id, else what comes next to it.
func instanceOf(attrs []Attr) (id, host string) {
	text := func(key string) string {
		if a := find(attrs, key); a != nil {
			return a.Text
		}
		return ""
	}
	host = text("host.name")
	if id = cmp.Or(text("service.instance.id"), text("k8s.pod.name"), text("container.id")); id == "" {
		id = host
		if pid := text("process.pid"); pid != "" {
			id += ":" + pid
		}
	}
	return id, host
}
