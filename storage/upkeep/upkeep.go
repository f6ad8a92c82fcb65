// Package upkeep tells what the tables take, by signal and by day, what that will come to, and drops the partitions that are past
// their retention. It knows the tables by their names and partition keys alone and reads no telemetry but to count it by service.
package upkeep

import (
	"context"
	_ "embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sightline/sightline/storage/conn"
)

// What a table belongs to.
const (
	Traces  = "traces"
	Logs    = "logs"
	Metrics = "metrics"
	Rollups = "rollups" // figures by minute
	Shared  = "shared"  // resources, and the program's own
)

var tables = map[string]string{
	"spans": Traces, "trace_index": Traces, "exceptions": Traces,
	"logs":   Logs,
	"points": Metrics, "distributions": Metrics, "series": Metrics,
	"red_1m": Rollups, "edges_1m": Rollups, "rollup_minutes": Rollups,
	"resources": Shared, "schema_migrations": Shared,
}

// SignalOf says what a table belongs to, also one that a later version has made.
func SignalOf(table string) string {
	table = strings.TrimSuffix(table, "_local")
	if signal, ok := tables[table]; ok {
		return signal
	}
	switch {
	case strings.HasSuffix(table, "_1m"):
		return Rollups
	case strings.HasPrefix(table, "log"):
		return Logs
	case strings.HasPrefix(table, "metric"), strings.HasPrefix(table, "point"), strings.HasPrefix(table, "series"), strings.HasPrefix(table, "exemplar"):
		return Metrics
	default:
		return Shared
	}
}

// Main says that a table holds a signal's items, one a row, and not what was made of them.
func Main(table string) bool {
	switch strings.TrimSuffix(table, "_local") {
	case "spans", "logs", "points", "distributions":
		return true
	default:
		return false
	}
}

// Partition is what one of a table holds.
type Partition struct {
	Table string
	ID    string
	Class uint16    // its retention class, in days; 0: its table has none
	Day   time.Time // the first of its days, midnight UTC; zero: it is not of a time
	Days  int       // how many days it covers: 1, or 7 for a week
	Rows  uint64
	Bytes uint64 // on disk, compressed, of active parts
	Parts uint64
}

// Signal is what the partition belongs to.
func (p Partition) Signal() string { return SignalOf(p.Table) }

// End is when its last day ends.
func (p Partition) End() time.Time { return p.Day.AddDate(0, 0, p.Days) }

//go:embed partitions.sql
var partitionsSQL string

//go:embed drop.sql
var dropTemplate string

// Store looks after the tables of a database. Safe for concurrent use.
type Store struct{ db *conn.DB }

// NewStore makes a store.
func NewStore(db *conn.DB) *Store { return &Store{db} }

type partitionRow struct {
	Table string `ch:"table"`
	ID    string `ch:"id"`
	Name  string `ch:"name"`
	Key   string `ch:"key"`
	Rows  uint64 `ch:"rows"`
	Bytes uint64 `ch:"bytes"`
	Parts uint64 `ch:"parts"`
}

// Partitions are all that hold rows; on a cluster those of the node that answers.
func (s *Store) Partitions(ctx context.Context) ([]Partition, error) {
	rows, err := conn.All[partitionRow](ctx, s.db, conn.Query{SQL: partitionsSQL, Params: []conn.Param{conn.Str("database", s.db.Database())}})
	if err != nil {
		return nil, fmt.Errorf("read partitions: %w", err)
	}
	all := make([]Partition, len(rows))
	for i, r := range rows {
		p := Partition{Table: r.Table, ID: r.ID, Rows: r.Rows, Bytes: r.Bytes, Parts: r.Parts}
		p.Class, p.Day, p.Days = parse(r.Name, r.Key)
		all[i] = p
	}
	return all, nil
}

var (
	classed = regexp.MustCompile(`^\((\d{1,5}),'(\d{4}-\d\d-\d\d)'\)$`)
	dated   = regexp.MustCompile(`^'?(\d{4}-\d\d-\d\d)'?$`)
)

// parse reads a partition's value, "(7,'2026-11-22')" or "2026-11-16", as its key means it.
func parse(name, key string) (class uint16, day time.Time, days int) {
	text := ""
	if m := classed.FindStringSubmatch(name); m != nil {
		n, err := strconv.ParseUint(m[1], 10, 16)
		if err != nil {
			return 0, time.Time{}, 0
		}
		class, text, days = uint16(n), m[2], 1
	} else if m := dated.FindStringSubmatch(name); m != nil {
		text, days = m[1], 1
	}
	if strings.Contains(key, "toMonday") {
		days = 7
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || strings.Contains(key, "Month") {
		return class, time.Time{}, 0
	}
	return class, day, days
}

var (
	tableName   = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	partitionID = regexp.MustCompile(`^[0-9-]+$`)
)

// Drop drops a partition whole. One that is gone already is no error.
func (s *Store) Drop(ctx context.Context, p Partition) error {
	if !tableName.MatchString(p.Table) || !partitionID.MatchString(p.ID) {
		return fmt.Errorf("drop partition %s of %s: no such names are used here", p.ID, p.Table)
	}
	cluster := ""
	if name := s.db.Cluster(); name != "" {
		cluster = "ON CLUSTER `" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name) + "`"
	}
	sql := strings.NewReplacer("{{table}}", p.Table, "{{on_cluster}}", cluster).Replace(dropTemplate)
	// A server refuses to drop what is larger than 50 GB unless it is told that this is meant.
	if err := s.db.Exec(ctx, sql, conn.Str("id", p.ID), conn.Setting("max_partition_size_to_drop", "0")); err != nil {
		return fmt.Errorf("drop partition %s of %s: %w", p.ID, p.Table, err)
	}
	return nil
}

// Keep says for how many days a signal's class is kept; the class is 0 for tables without classes. 0 days: what is not known is
// not dropped.
type Keep func(signal string, class uint16) uint16

// Expired are the partitions of which every row is older than it is kept.
func Expired(all []Partition, keep Keep, now time.Time) (old []Partition) {
	for _, p := range all {
		if p.Day.IsZero() {
			continue
		}
		days := keep(p.Signal(), p.Class)
		if days > 0 && !now.Before(p.End().AddDate(0, 0, int(days))) {
			old = append(old, p)
		}
	}
	return old
}
