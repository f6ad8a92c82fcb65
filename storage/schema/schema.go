// Package schema owns the tables: numbered migrations, one source for a single node and for a cluster, and the runner that brings a
// database up to them. No other place declares a table.
package schema

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/sightline/sightline/storage/conn"
)

//go:embed *.sql
var files embed.FS

// Topology is where the tables stand.
type Topology struct {
	Cluster  string // "" is a single node
	Database string
}

// Migration is one numbered file, rendered.
type Migration struct {
	Version    int
	Name       string // the file's
	Statements []string
}

// ErrNewer is returned for a database that a later version of the program has written.
var ErrNewer = errors.New("the database was written by a newer version of sightline")

// Render gives every migration as its statements for the topology.
func Render(t Topology) ([]Migration, error) { return render(files, t) }

func render(source fs.FS, t Topology) ([]Migration, error) {
	names, err := fs.Glob(source, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	slices.Sort(names)
	var migrations []Migration
	for i, name := range names {
		number, _, _ := strings.Cut(path.Base(name), "_")
		version, err := strconv.Atoi(number)
		if err != nil || version != i+1 {
			return nil, fmt.Errorf("read migration %s: want number %04d", name, i+1)
		}
		text, err := fs.ReadFile(source, name)
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", name, err)
		}
		statements, err := expand(name, string(text), t)
		if err != nil {
			return nil, fmt.Errorf("render migration %s: %w", name, err)
		}
		migrations = append(migrations, Migration{Version: version, Name: name, Statements: statements})
	}
	return migrations, nil
}

// Migrate makes the database and brings its tables up to this version. It may be run again at any time, by several processes too, and
// goes on where an earlier run failed. It returns the versions of which it ran a statement.
func Migrate(ctx context.Context, db *conn.DB, t Topology) ([]int, error) {
	if t.Database != db.Database() || t.Cluster != db.Cluster() {
		return nil, fmt.Errorf("migrate: the topology is %q on %q, the connection %q on %q", t.Database, t.Cluster, db.Database(), db.Cluster())
	}
	migrations, err := Render(t)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	return migrate(ctx, db, t, migrations)
}

// step is one statement that was run.
type step struct {
	Version uint32 `ch:"version"`
	Ordinal uint32 `ch:"ordinal"`
}

func migrate(ctx context.Context, db *conn.DB, t Topology, migrations []Migration) (applied []int, err error) {
	if err := db.CreateDatabase(ctx); err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	if err := db.Exec(ctx, ledger(t)); err != nil {
		return nil, fmt.Errorf("migrate: make the table of migrations: %w", err)
	}
	steps, err := conn.All[step](ctx, db, conn.Query{SQL: "SELECT DISTINCT version, ordinal FROM schema_migrations ORDER BY version, ordinal"})
	if err != nil {
		return nil, fmt.Errorf("migrate: read what was run: %w", err)
	}
	if n := len(steps); n > 0 && int(steps[n-1].Version) > len(migrations) {
		return nil, fmt.Errorf("migrate: %w: it has schema %d, this program knows %d; run that version or a later one",
			ErrNewer, steps[n-1].Version, len(migrations))
	}
	for _, m := range migrations {
		for i, sql := range m.Statements {
			s := step{uint32(m.Version), uint32(i + 1)}
			if slices.Contains(steps, s) {
				continue
			}
			if err := db.Exec(ctx, sql); err != nil {
				return applied, fmt.Errorf("migrate: statement %d of %s: %w", i+1, m.Name, err)
			}
			err := db.Exec(ctx, "INSERT INTO schema_migrations (version, ordinal, applied_at) SELECT {version:UInt32}, {ordinal:UInt32}, now()",
				conn.Uint("version", s.Version), conn.Uint("ordinal", s.Ordinal))
			if err != nil {
				return applied, fmt.Errorf("migrate: note statement %d of %s: %w", i+1, m.Name, err)
			}
			if !slices.Contains(applied, m.Version) {
				applied = append(applied, m.Version)
			}
		}
	}
	return applied, nil
}
