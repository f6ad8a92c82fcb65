package schema_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/schema"
	"github.com/sightline/sightline/storage/storagetest"
)

func TestMigrateGoesOnWhereItFailed(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	topology := schema.Topology{Database: db.Database()}
	plan := func(third string) []schema.Migration {
		return []schema.Migration{
			{Version: 1, Name: "0001_a.sql", Statements: []string{"CREATE TABLE IF NOT EXISTS runs (n UInt8) ENGINE = Memory", "INSERT INTO runs VALUES (1)"}},
			{Version: 2, Name: "0002_b.sql", Statements: []string{"INSERT INTO runs VALUES (2)", third, "INSERT INTO runs VALUES (4)"}},
		}
	}
	applied, err := schema.MigrateTo(t.Context(), db, topology, plan("INSERT INTO missing VALUES (3)"))
	if conn.Code(err) != conn.CodeUnknownTable || !strings.Contains(err.Error(), "statement 2 of 0002_b.sql") || len(applied) != 2 {
		t.Fatalf("applied %v, %v", applied, err)
	}
	applied, err = schema.MigrateTo(t.Context(), db, topology, plan("INSERT INTO runs VALUES (3)"))
	if err != nil || len(applied) != 1 || applied[0] != 2 {
		t.Fatalf("applied %v, %v", applied, err)
	}
	runs, err := conn.All[uint8](t.Context(), db, conn.Query{SQL: "SELECT n FROM runs ORDER BY n"})
	if err != nil || string(runs) != "\x01\x02\x03\x04" {
		t.Errorf("ran %v, %v", runs, err)
	}
}

func TestRenderRefusesWhatIsNotInOrder(t *testing.T) {
	t.Parallel()
	f := func(want string, files ...string) {
		t.Helper()
		source := fstest.MapFS{}
		for _, name := range files {
			name, text, _ := strings.Cut(name, "=")
			source[name] = &fstest.MapFile{Data: []byte(text)}
		}
		if _, err := schema.RenderFrom(source, schema.Topology{Database: "d", Cluster: "c"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q", files, err, want)
		}
	}
	f("want number 0002", "0001_a.sql", "0003_b.sql")
	f("want number 0001", "x.sql")
	f("want number 0002", "0001_a.sql", "0001_b.sql")
	f("sharding key", `0001_a.sql=CREATE TABLE {{table "new"}} {{on_cluster}} (n UInt8) ENGINE = {{engine "MergeTree"}}`)
	f("0001_a.sql", "0001_a.sql={{nonsense}}")
}
