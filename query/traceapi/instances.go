package traceapi

import (
	"net/http"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/servicemap"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

type (
	instanceJSON struct {
		ID        string    `json:"id"`
		Host      string    `json:"host"`
		Version   string    `json:"version"`
		FirstSeen time.Time `json:"first_seen"`
		LastSeen  time.Time `json:"last_seen"`
		Spans     uint64    `json:"spans"`
		Requests  float64   `json:"requests"`
		Bad       float64   `json:"bad"`
		P95       int64     `json:"p95_ns"`
	}
	instancesJSON struct {
		Instances []instanceJSON `json:"instances"`
		Complete  bool           `json:"complete"`
		Reason    string         `json:"reason"`
	}
)

func (h *handlers) instances(w http.ResponseWriter, r *http.Request) error {
	p := api.ParamsOf(r, "from", "to", "env", "namespace")
	set := traces.SpanSet{Project: api.CallerOf(r.Context()).Project, Range: rangeOf(p.Range(h.Now()))}
	set.Filter = filter.AllOf(equal(filter.Service, r.PathValue("name")), placeOf(p))
	if err := p.Err(); err != nil {
		return err
	}
	found, err := h.Fleet.Instances(r.Context(), set)
	if err != nil {
		return err
	}
	out := instancesJSON{Instances: make([]instanceJSON, len(found.Instances)), Complete: found.Complete, Reason: found.Reason}
	for i := range found.Instances {
		n := &found.Instances[i]
		out.Instances[i] = instanceJSON{
			ID: n.ID, Host: n.Host, Version: n.Version, FirstSeen: n.FirstSeen.UTC(), LastSeen: n.LastSeen.UTC(), Spans: n.Spans,
			Requests: servicemap.Round(n.Requests()), Bad: servicemap.Round(servicemap.Bad(&n.Measure)), P95: servicemap.Percentiles(&n.Measure, 0.95)[0],
		}
	}
	return api.WriteJSON(w, out)
}
