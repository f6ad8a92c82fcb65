package traces

import (
	"context"
	_ "embed"
	"fmt"
	"sync"

	"github.com/sightline/sightline/storage/conn"
)

//go:embed read_sources.sql
var sourcesSQL string

// maxSources bounds how many resources a reader remembers the names of, some 3 MB.
const maxSources = 16_000

// sourceKey is a resource of a project.
type sourceKey struct {
	project string
	id      [16]byte
}

// sourceNames are the columns of a span that come from its resource. A resource's id is a hash of it, so they never change.
type sourceNames struct {
	Service, ServiceType, Namespace, Env, Version string
}

// sources remembers resources by id. The zero value is ready; safe for concurrent use.
type sources struct {
	mu    sync.Mutex
	known map[sourceKey]sourceNames
}

// lookup fills names with what is known of the ids in it, and reports whether that is all.
func (s *sources) lookup(project string, names map[[16]byte]sourceNames) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := true
	for id := range names {
		n, ok := s.known[sourceKey{project, id}]
		names[id] = n
		all = all && ok
	}
	return all
}

func (s *sources) remember(project string, names map[[16]byte]sourceNames) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known)+len(names) > maxSources {
		s.known = map[sourceKey]sourceNames{}
	}
	for id, n := range names {
		s.known[sourceKey{project, id}] = n
	}
}

// sourcesOf gives the names of the resources of a trace's spans.
func (r *Reader) sourcesOf(ctx context.Context, project string, id TraceID, in Range, names map[[16]byte]sourceNames) error {
	if r.sources.lookup(project, names) {
		return nil
	}
	type row struct {
		ID          [16]byte `ch:"resource_id"`
		Service     string   `ch:"service"`
		ServiceType string   `ch:"service_type"`
		Namespace   string   `ch:"namespace"`
		Env         string   `ch:"env"`
		Version     string   `ch:"version"`
	}
	for row, err := range conn.Rows[row](ctx, r.db, conn.Query{SQL: sourcesSQL, Params: traceParams(project, id, in)}) {
		if err != nil {
			return fmt.Errorf("read resources of spans: %w", err)
		}
		names[row.ID] = sourceNames{row.Service, row.ServiceType, row.Namespace, row.Env, row.Version}
	}
	r.sources.remember(project, names)
	return nil
}
