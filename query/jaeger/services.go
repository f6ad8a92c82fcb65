package jaeger

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

const (
	// serviceRange is how far back services are listed, and operations of the rollups: Jaeger's requests name no time.
	serviceRange = 7 * 24 * time.Hour
	// nameRange, nameSample, nameTime and maxNames bound the look for operations that rollups do not have: what spans inside of a
	// service and its calls to others are named.
	nameRange  = 6 * time.Hour
	nameSample = 20_000
	nameTime   = 10 * time.Second
	maxNames   = 500
)

// operation is what spans of a service are named.
type operation struct {
	Name string `json:"name"`
	Kind string `json:"spanKind"`
}

// services that sent spans, by name.
func (h *handlers) services(ctx context.Context) ([]string, error) {
	now := h.Now()
	rows, err := h.Rollups.Services(ctx, traces.ServiceQuery{Project: project(ctx), Range: rangeOf(now.Add(-serviceRange), now), Step: 2 * serviceRange})
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(rows))
	for i := range rows {
		names = append(names, rows[i].Name)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// operations of a service by name and kind; kind "" is any. Servers, consumers and roots come from the rollups, the others' names from
// the newest spans.
func (h *handlers) operations(ctx context.Context, service, kind string) ([]operation, error) {
	if kind != "" && !slices.Contains(kindNames, kind) {
		return []operation{}, nil
	}
	now := h.Now()
	var rows []traces.OperationRow
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		rows, err = h.Rollups.Operations(ctx, traces.ServiceQuery{Project: project(ctx), Range: rangeOf(now.Add(-serviceRange), now), Name: service})
		return err
	})
	others := []string{"internal", "client", "producer", "unspecified"}
	named := make([][]operation, len(others))
	for i, other := range others {
		if kind != "" && kind != other {
			continue
		}
		group.Go(func() (err error) {
			named[i], err = h.names(ctx, service, other)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	all := slices.Concat(named...)
	for i := range rows {
		if o := (operation{rows[i].Name, rows[i].Kind.String()}); o.Name != traces.Overflow && (kind == "" || kind == o.Kind) {
			all = append(all, o)
		}
	}
	for i := range all {
		if all[i].Kind == "unspecified" {
			all[i].Kind = ""
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind)) })
	return slices.AppendSeq([]operation{}, slices.Values(slices.Compact(all))), nil
}

// names are those of a sample of a service's spans of a kind.
func (h *handlers) names(ctx context.Context, service, kind string) ([]operation, error) {
	now := h.Now()
	attr := filter.Attr{Key: filter.Name}
	facets, err := h.Spans.Facets(ctx, traces.FacetQuery{
		SpanSet: traces.SpanSet{
			Project: project(ctx), Range: rangeOf(now.Add(-nameRange), now), TimeLimit: nameTime,
			Filter: filter.AllOf(equal(filter.Intrinsic, filter.Service, filter.StringValue(service)), equal(filter.Intrinsic, filter.Kind, filter.StringValue(kind))),
		},
		Keys: []filter.Attr{attr}, Sample: nameSample, Top: maxNames,
	})
	if err != nil {
		return nil, err
	}
	var all []operation
	for _, f := range facets.Facets {
		for _, v := range f.Values {
			all = append(all, operation{v.Label, kind})
		}
	}
	return all, nil
}

func (h *handlers) listServices(w http.ResponseWriter, r *http.Request) error {
	names, err := h.services(r.Context())
	if err != nil {
		return err
	}
	return api.WriteJSON(w, answer{Data: names, Total: len(names)})
}

func (h *handlers) listOperations(w http.ResponseWriter, r *http.Request) error {
	p := h.params(r)
	service := p.Get("service")
	if service == "" {
		return api.Errorf(api.BadParameter, "parameter 'service' is required")
	}
	all, err := h.operations(r.Context(), service, p.Get("spanKind"))
	if err != nil {
		return err
	}
	return api.WriteJSON(w, answer{Data: all, Total: len(all)})
}

func (h *handlers) listOperationNames(w http.ResponseWriter, r *http.Request) error {
	all, err := h.operations(r.Context(), r.PathValue("service"), "")
	if err != nil {
		return err
	}
	names := make([]string, len(all))
	for i, o := range all {
		names[i] = o.Name
	}
	names = slices.Compact(names) // they are sorted
	return api.WriteJSON(w, answer{Data: names, Total: len(names)})
}

func (h *handlers) params(r *http.Request) *params {
	return &params{Values: r.URL.Query(), now: h.Now()}
}
