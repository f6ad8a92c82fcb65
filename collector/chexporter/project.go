package chexporter

import (
	"context"
	"errors"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/passage"
)

// group is a ResourceSpans, ResourceLogs or ResourceMetrics.
type group[G any] interface {
	Resource() pcommon.Resource
	MoveTo(G)
}

// groups is a slice of them.
type groups[G any] interface {
	Len() int
	At(int) G
	AppendEmpty() G
}

// perProject gives each project what is its own of the data. Whose a resource is says its mark, else the request that it comes
// with; what has neither, such as a scrape, belongs to the default project.
func perProject[D any, G group[G], S groups[G]](ctx context.Context, data D, list S, empty func() D, of func(D) S, give func(project string, data D) error) error {
	home := admission.DefaultProject
	if p := passage.From(ctx); p != nil {
		home = p.Project
	}
	var projects []string // of each resource
	for i := range list.Len() {
		project := passage.Unmark(list.At(i).Resource().Attributes())
		if project == "" {
			project = home
		}
		projects = append(projects, project)
	}
	different := slices.Compact(slices.Sorted(slices.Values(projects)))
	if len(different) == 1 {
		return give(different[0], data)
	}
	var errs []error
	for _, project := range different {
		part := empty()
		for i := range list.Len() {
			if projects[i] == project {
				list.At(i).MoveTo(of(part).AppendEmpty())
			}
		}
		errs = append(errs, give(project, part))
	}
	return errors.Join(errs...)
}
