package traces

import (
	"context"
	_ "embed"
	"fmt"
	"sync"

	"github.com/sightline/sightline/storage/conn"
)

var (
	//go:embed read_sources.sql
	sourcesSQL string
	//go:embed read_sources_all.sql
	allSourcesSQL string
	//go:embed read_sources_of.sql
	sourcesOfSQL string
)

// maxSources bounds how many resources a reader remembers the names of, some 3 MB.
const maxSources = 16_000

// firstSources is how many resources of a project are read at once when the first is asked for: most have fewer, and then no trace waits
// for a statement about its resources again, but for those that are new.
const firstSources = 2_000

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
	begun map[string]bool // projects whose resources were read, as far as firstSources go
}

// begin reports whether a project is new, once.
func (s *sources) begin(project string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.begun[project] {
		return false
	}
	if s.begun == nil {
		s.begun = map[string]bool{}
	}
	s.begun[project] = true
	return true
}

// lookup fills names with what is known of the ids in it, and gives the others.
func (s *sources) lookup(project string, names map[[16]byte]sourceNames) (unknown [][16]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range names {
		n, ok := s.known[sourceKey{project, id}]
		if names[id] = n; !ok {
			unknown = append(unknown, id)
		}
	}
	return unknown
}

func (s *sources) remember(project string, id [16]byte, names sourceNames) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known) >= maxSources {
		s.known = map[sourceKey]sourceNames{}
	}
	s.known[sourceKey{project, id}] = names
}

// beginSources reads the resources of a project that is new. It runs beside what needs them; who calls done waits for it, and a failure
// only means that they are asked for one by one.
func (r *Reader) beginSources(ctx context.Context, project string) (done func()) {
	if !r.sources.begin(project) {
		return func() {}
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		_ = r.readSources(ctx, project, conn.Query{SQL: allSourcesSQL, Params: []conn.Param{conn.Str("project", project), conn.Uint("limit", uint64(firstSources))}}, nil)
	}()
	return func() { <-read }
}

// readSources remembers what a statement gives, and puts it into names too where they are given.
func (r *Reader) readSources(ctx context.Context, project string, q conn.Query, names map[[16]byte]sourceNames) error {
	type row struct {
		ID          [16]byte `ch:"resource_id"`
		Service     string   `ch:"service"`
		ServiceType string   `ch:"service_type"`
		Namespace   string   `ch:"namespace"`
		Env         string   `ch:"env"`
		Version     string   `ch:"version"`
	}
	for row, err := range conn.Rows[row](ctx, r.db, q) {
		if err != nil {
			return fmt.Errorf("read resources of spans: %w", err)
		}
		n := sourceNames{row.Service, row.ServiceType, row.Namespace, row.Env, row.Version}
		if names != nil {
			names[row.ID] = n
		}
		r.sources.remember(project, row.ID, n)
	}
	return nil
}

// sourcesOf gives the names of the resources of a trace's spans: those that are known, then what their table has, then what the spans
// say, since a resource that no span named for long has expired.
func (r *Reader) sourcesOf(ctx context.Context, project string, id TraceID, in Range, names map[[16]byte]sourceNames) error {
	unknown := r.sources.lookup(project, names)
	if len(unknown) == 0 {
		return nil
	}
	params := []conn.Param{conn.Str("project", project), fixedArray("ids", unknown)}
	if err := r.readSources(ctx, project, conn.Query{SQL: sourcesOfSQL, Params: params}, names); err != nil {
		return err
	}
	if len(r.sources.lookup(project, names)) == 0 {
		return nil
	}
	return r.readSources(ctx, project, conn.Query{SQL: sourcesSQL, Params: traceParams(project, id, in)}, names)
}
