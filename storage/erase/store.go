// Package erase deletes traces and log records for good, when a person asks for it, and keeps a record of that. It deletes only what
// is settled: the loader counts the rows of a batch that it is about to store, and none of those may be taken away meanwhile.
package erase

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/traces"
)

var (
	//go:embed delete.sql
	deleteTemplate string
	//go:embed count.sql
	countTemplate string
	//go:embed running.sql
	runningSQL string
	//go:embed old_parts.sql
	oldPartsSQL string
)

// Tables that hold something of a trace. Spans come last: by them it is found what is still to be deleted.
var (
	ofTraces = []string{"trace_index", "exceptions", "exemplars", "logs", "spans"}
	beside   = ofTraces[:len(ofTraces)-1]
)

// which rows of a table are meant: those of traces, or records by batch and place.
const (
	byTrace  = "trace_id IN {ids:Array(FixedString(16))}"
	byRecord = "(batch, seq) IN {records:Array(Tuple(UInt128, UInt32))}"
)

// Store runs the statements. Safe for concurrent use.
type Store struct{ db *conn.DB }

// NewStore makes a store.
func NewStore(db *conn.DB) *Store { return &Store{db} }

func (s *Store) statement(template, table, which string) string {
	local, cluster := table, ""
	if name := s.db.Cluster(); name != "" && template == deleteTemplate {
		local, cluster = table+"_local", "ON CLUSTER `"+strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name)+"`"
	}
	return strings.NewReplacer("{{table}}", local, "{{on_cluster}}", cluster, "{{which}}", which).Replace(template)
}

func ids(list []traces.TraceID) conn.Param {
	texts := make([]string, len(list))
	for i, id := range list {
		texts[i] = string(id[:])
	}
	return conn.Strings("ids", texts)
}

func records(list []string) conn.Param { return conn.Str("records", "["+strings.Join(list, ",")+"]") }

// remove begins the deletion of rows of a table and says how many they are.
func (s *Store) remove(ctx context.Context, project, table, which string, of conn.Param, before batch.ID, mark string) (uint64, error) {
	n, err := s.count(ctx, project, table, which, before, of)
	if err != nil || n == 0 {
		return 0, err
	}
	params := []conn.Param{conn.Str("project", project), of, conn.Str("before", before.String()), conn.Str("mark", mark)}
	if err := s.db.Exec(ctx, s.statement(deleteTemplate, table, which), params...); err != nil {
		return 0, fmt.Errorf("delete from %s: %w", table, err)
	}
	return n, nil
}

func (s *Store) count(ctx context.Context, project, table, which string, before batch.ID, of ...conn.Param) (uint64, error) {
	params := append([]conn.Param{conn.Str("project", project), conn.Str("before", before.String())}, of...)
	n, err := conn.One[uint64](ctx, s.db, conn.Query{SQL: s.statement(countTemplate, table, which), Params: params, Class: conn.Background, Timeout: countTime})
	if err != nil {
		return 0, fmt.Errorf("count what to delete from %s: %w", table, err)
	}
	return n, nil
}

const countTime = 5 * time.Minute

// running says how many deletions of a mark the engine has not done.
func (s *Store) running(ctx context.Context, mark string) (n uint64, reason string, err error) {
	type row struct {
		Running uint64 `ch:"running"`
		Reason  string `ch:"reason"`
	}
	r, err := conn.One[row](ctx, s.db, conn.Query{SQL: runningSQL, Params: []conn.Param{conn.Str("database", s.db.Database()), conn.Str("mark", mark)}})
	if err != nil {
		return 0, "", fmt.Errorf("ask for running deletions: %w", err)
	}
	return r.Running, r.Reason, nil
}

// oldParts is how many files of before a moment still lie on disk.
func (s *Store) oldParts(ctx context.Context, until time.Time) (uint64, error) {
	n, err := conn.One[uint64](ctx, s.db, conn.Query{SQL: oldPartsSQL, Params: []conn.Param{
		conn.Str("database", s.db.Database()), conn.Time("until", until), conn.Strings("tables", ofTraces),
	}})
	if err != nil {
		return 0, fmt.Errorf("ask for old parts: %w", err)
	}
	return n, nil
}
