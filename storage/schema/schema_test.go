package schema_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/engine"
	"github.com/sightline/sightline/storage/schema"
	"github.com/sightline/sightline/storage/storagetest"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) { os.Exit(storagetest.Main(m)) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func rendered(t *testing.T, topology schema.Topology) (text string, statements []string) {
	t.Helper()
	migrations, err := schema.Render(topology)
	must(t, err)
	var b strings.Builder
	for _, m := range migrations {
		fmt.Fprintf(&b, "-- %s\n", m.Name)
		for _, s := range m.Statements {
			b.WriteString(s + "\n;\n")
		}
		statements = append(statements, m.Statements...)
	}
	return b.String(), statements
}

func TestRenderedSchemaIsAsReviewed(t *testing.T) {
	t.Parallel()
	for name, topology := range map[string]schema.Topology{
		"single.golden.sql":  {Database: "sightline"},
		"cluster.golden.sql": {Database: "sightline", Cluster: "main"},
	} {
		got, _ := rendered(t, topology)
		path := filepath.Join("testdata", name)
		if *update {
			must(t, os.MkdirAll("testdata", 0o755))
			must(t, os.WriteFile(path, []byte(got), 0o644))
		}
		want, err := os.ReadFile(path)
		must(t, err)
		if got != string(want) {
			t.Errorf("%s differs; review it with -update", path)
		}
	}
}

// A cluster can't be run here; that the engine's parser takes every statement can.
func TestClusterSchemaParses(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	_, statements := rendered(t, schema.Topology{Database: "odd `name`", Cluster: "it's"})
	distributed, changes := 0, 0
	for _, sql := range statements {
		formatted, err := conn.One[string](t.Context(), db, conn.Query{SQL: "SELECT formatQuery({sql:String})", Params: []conn.Param{conn.Str("sql", sql)}})
		if err != nil {
			t.Errorf("%s\n%v", sql, err)
			continue
		}
		if !strings.Contains(formatted, "ON CLUSTER `it's`") || !strings.Contains(formatted, "`odd \\`name\\``.") {
			t.Errorf("not on the cluster, or not in the database:\n%s", formatted)
		}
		if strings.HasPrefix(sql, "ALTER TABLE") {
			changes++
		} else if strings.Contains(formatted, "ENGINE = Distributed(") {
			distributed++
		} else if !strings.Contains(formatted, "ENGINE = Replicated") || !strings.Contains(formatted, "_local") {
			t.Errorf("neither replicated nor distributed:\n%s", formatted)
		}
	}
	if 2*distributed != len(statements)-changes || changes%2 != 0 {
		t.Errorf("%d of %d statements make a Distributed table, %d change one or its local tables", distributed, len(statements), changes)
	}
}

func TestMigrateIsIdempotent(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	topology := schema.Topology{Database: db.Database()}
	applied, err := schema.Migrate(t.Context(), db, topology)
	must(t, err)
	if len(applied) == 0 || applied[0] != 1 {
		t.Errorf("applied %v to an empty database", applied)
	}
	before := tables(t, db)
	for range 2 {
		if applied, err = schema.Migrate(t.Context(), db, topology); err != nil || len(applied) != 0 {
			t.Errorf("again: applied %v, %v", applied, err)
		}
	}
	// The ledger may be lost with the last insert before a crash: every statement is safe to run again.
	must(t, db.Exec(t.Context(), "TRUNCATE TABLE schema_migrations"))
	if applied, err = schema.Migrate(t.Context(), db, topology); err != nil || len(applied) == 0 {
		t.Errorf("without its ledger: applied %v, %v", applied, err)
	}
	if after := tables(t, db); after != before {
		t.Errorf("was %s, is %s", before, after)
	}
}

func tables(t *testing.T, db *conn.DB) string {
	t.Helper()
	rows, err := conn.All[string](t.Context(), db, conn.Query{
		SQL:    "SELECT create_table_query FROM system.tables WHERE database = {db:String} ORDER BY name",
		Params: []conn.Param{conn.Str("db", db.Database())},
	})
	must(t, err)
	return strings.Join(rows, "\n")
}

func TestEveryTableIsDurableAndDeduplicates(t *testing.T) {
	t.Parallel()
	db := storagetest.Open(t)
	_, statements := rendered(t, schema.Topology{Database: db.Database()})
	statements = slices.DeleteFunc(statements, func(sql string) bool { return !strings.HasPrefix(sql, "CREATE TABLE") })
	all := tables(t, db)
	for _, setting := range []string{"fsync_after_insert = 1", "fsync_part_directory = 1", "min_rows_to_fsync_after_merge = 1",
		"min_compressed_bytes_to_fsync_after_merge = 1", "non_replicated_deduplication_window = 10000", "ttl_only_drop_parts = 1"} {
		if n := strings.Count(all, setting); n < len(statements) {
			t.Errorf("%d of %d tables have %s", n, len(statements), setting)
		}
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	db := storagetest.Open(t)
	must(t, db.Exec(t.Context(), "INSERT INTO schema_migrations SELECT 4711, 1, now()"))
	_, err := schema.Migrate(t.Context(), db, schema.Topology{Database: db.Database()})
	if !errors.Is(err, schema.ErrNewer) || !strings.Contains(err.Error(), "4711") {
		t.Errorf("got %v", err)
	}
}

// TestFolderOfEachEarlierSchemaOpens writes a folder with every schema from the first on, closes it, and opens it with this program.
func TestFolderOfEachEarlierSchemaOpens(t *testing.T) {
	t.Parallel()
	command, err := storagetest.Command()
	must(t, err)
	migrations, err := schema.Render(schema.Topology{Database: "sightline"})
	must(t, err)
	for written := 1; written <= len(migrations); written++ {
		dir := t.TempDir()
		with := func(use func(db *conn.DB)) {
			e, err := engine.Start(t.Context(), engine.Config{Dir: dir, Command: command})
			must(t, err)
			defer func() {
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				must(t, e.Close(ctx))
			}()
			endpoint := conn.Endpoint(e.Endpoint())
			db, err := conn.Open(t.Context(), conn.Config{Endpoint: &endpoint, Database: "sightline"})
			must(t, err)
			defer db.Close()
			use(db)
		}
		rows := map[string]uint64{}
		with(func(db *conn.DB) {
			_, err := schema.MigrateTo(t.Context(), db, schema.Topology{Database: "sightline"}, migrations[:written])
			must(t, err)
			names, err := conn.All[string](t.Context(), db, conn.Query{SQL: "SELECT name FROM system.tables WHERE database = 'sightline' AND name != 'schema_migrations'"})
			must(t, err)
			for _, name := range names {
				must(t, db.Exec(t.Context(), "INSERT INTO "+name+" (project, retention_days) VALUES ('a', 25000), ('b', 25000)"))
				rows[name] = 2
			}
		})
		with(func(db *conn.DB) {
			if _, err := schema.Migrate(t.Context(), db, schema.Topology{Database: "sightline"}); err != nil {
				t.Fatalf("a folder of schema %d: %v", written, err)
			}
			for name, want := range rows {
				if got, err := conn.One[uint64](t.Context(), db, conn.Query{SQL: "SELECT count() FROM " + name + " WHERE project IN ('a', 'b')"}); err != nil || got != want {
					t.Errorf("a folder of schema %d: %s has %d rows, %v; want %d", written, name, got, err, want)
				}
			}
		})
	}
}
