package engine_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/storagetest"
)

func TestReadersOnlyRead(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	must(t, db.Exec(t.Context(), "CREATE TABLE t (n UInt64) ENGINE = MergeTree ORDER BY n"))
	must(t, db.Exec(t.Context(), "INSERT INTO t VALUES (1)"))
	secret := filepath.Join(t.TempDir(), "secret.csv")
	must(t, os.WriteFile(secret, []byte("secret\n"), 0o600))
	out := filepath.Join(t.TempDir(), "out")

	refused := []string{
		"INSERT INTO t VALUES (2)", "INSERT INTO FUNCTION file('" + out + "', 'CSV', 'n UInt64') SELECT 1", "INSERT INTO t SELECT 1",
		"CREATE TABLE u (n UInt64) ENGINE = Memory", "CREATE TEMPORARY TABLE u (n UInt64)", "DROP TABLE t", "TRUNCATE TABLE t",
		"ALTER TABLE t DELETE WHERE 1", "DELETE FROM t WHERE 1", "UPDATE t SET n = 1 WHERE 1", "RENAME TABLE t TO u", "OPTIMIZE TABLE t",
		"SYSTEM FLUSH LOGS", "SYSTEM SHUTDOWN", "KILL QUERY WHERE 1", "KILL QUERY WHERE 1 ASYNC", "USE system", "SET max_threads = 1",
		"SET readonly = 0", "BACKUP DATABASE default TO File('" + out + "')", "ATTACH TABLE x", "DETACH TABLE t", "GRANT SELECT ON *.* TO x",
		"CREATE USER x", "CREATE FUNCTION f AS x -> x", "EXCHANGE TABLES t AND u", "CHECK TABLE t", "BEGIN TRANSACTION", "WATCH t",
		"SELECT 1 INTO OUTFILE '" + out + "'", "SELECT 1 into/**/outfile '" + out + "'", "SELECT 1 INTO OUTFILE '" + out + "' FORMAT CSV",
		"EXPLAIN SELECT 1 INTO OUTFILE '" + out + "'", "SHOW TABLES INTO OUTFILE '" + out + "'",
		"(SELECT 1) INTO OUTFILE '" + out + "'", "WITH 1 AS x SELECT x INTO -- c\n OUTFILE '" + out + "'",
		"SELECT 1 SETTINGS max_threads = 1", "SELECT 1 settings readonly = 2", "SELECT * FROM (SELECT 1 SETTINGS readonly = 2, max_execution_time = 0)",
		"SELECT 1; SELECT 2", "SELECT 1; DROP TABLE t", "SELECT 1 PARALLEL WITH DROP TABLE t", "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x",
		"EXPLAIN SELECT 1 SETTINGS readonly = 2", "DESCRIBE TABLE file('" + secret + "')", "SELECT \u2018'\u2019 INTO OUTFILE '" + out + "' --'",
		"SELECT file('" + secret + "')", "SELECT * FROM `file`('" + secret + "')", "SELECT * FROM \"file\" ('" + secret + "')", "",
		"SELECT * FROM FILE /* c */ ('" + secret + "')", "SELECT * FROM t WHERE n IN (SELECT 1 FROM file('" + secret + "'))",
	}
	for _, sql := range refused {
		if _, err := conn.All[string](t.Context(), db, conn.Query{SQL: sql}); conn.Code(err) == 0 {
			t.Errorf("%s: %v", sql, err)
		} else if strings.Contains(err.Error(), "secret\n") {
			t.Errorf("%s: told the secret", sql)
		}
	}
	functions := map[string]string{
		"file": "'" + secret + "'", "url": "'http://127.0.0.1:1/x', 'CSV', 'n UInt64'", "s3": "'http://127.0.0.1:1/b/x', 'CSV', 'n UInt64'",
		"remote": "'127.0.0.1:1', system.one", "remoteSecure": "'127.0.0.1:1', system.one", "mysql": "'127.0.0.1:1', 'd', 't', 'u', 'p'",
		"postgresql": "'127.0.0.1:1', 'd', 't', 'u', 'p'", "mongodb": "'127.0.0.1:1', 'd', 'c', 'u', 'p', 'n UInt64'",
		"sqlite": "'" + secret + "', 't'", "hdfs": "'hdfs://127.0.0.1:1/x', 'CSV', 'n UInt64'", "redis": "'127.0.0.1:1', 'k', 'k String'",
		"executable": "'x', 'CSV', 'n UInt64'", "odbc": "'DSN=x', 'd', 't'", "jdbc": "'x', 'd', 't'", "azureBlobStorage": "'x', 'c', 'b'",
		"gcs": "'http://127.0.0.1:1/b/x'", "deltaLake": "'http://127.0.0.1:1/b/x'", "iceberg": "'http://127.0.0.1:1/b/x'",
		"icebergLocal": "'" + secret + "'", "hudi": "'http://127.0.0.1:1/b/x'", "cluster": "'x', system.one", "filesystem": "'/etc'",
		"clusterAllReplicas": "'x', system.one", "input": "'n UInt64'", "dictionary": "'x'", "urlCluster": "'x', 'http://127.0.0.1:1/'",
		"s3Cluster": "'x', 'http://127.0.0.1:1/b/x'", "fileCluster": "'x', '" + secret + "'", "merge": "'.*', '.*'", "loop": "t",
	}
	for name, args := range functions {
		for _, sql := range []string{"SELECT * FROM " + name + "(" + args + ")", "SELECT * FROM " + strings.ToUpper(name) + "\n(" + args + ")"} {
			if _, err := conn.All[string](t.Context(), db, conn.Query{SQL: sql}); conn.Code(err) != conn.CodeReadonly {
				t.Errorf("%s: %v", sql, err)
			}
		}
	}
	if _, err := conn.All[string](t.Context(), db, conn.Query{SQL: "SELECT 'x'", Params: []conn.Param{conn.Setting("max_threads", "1")}}); conn.Code(err) != conn.CodeReadonly {
		t.Errorf("a reader's setting: %v", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a reader wrote a file")
	}
	if n, err := conn.All[uint64](t.Context(), db, conn.Query{SQL: "SELECT n FROM t"}); err != nil || len(n) != 1 || n[0] != 1 {
		t.Errorf("the table is now %v, %v", n, err)
	}
}

func TestReadersMayReadWhateverWayItIsWritten(t *testing.T) {
	t.Parallel()
	db := storagetest.Empty(t)
	must(t, db.Exec(t.Context(), "CREATE TABLE t (n UInt64, file String, settings String) ENGINE = ReplacingMergeTree ORDER BY n"))
	for _, sql := range []string{
		"SELECT toString(1)", " \n\t-- a comment with INTO OUTFILE\nSELECT 'INTO OUTFILE'", "/* KILL */ SELECT 'it''s; fine'", "WITH 'a' AS x SELECT x",
		"(SELECT 'a') UNION ALL (SELECT 'b')", "SELECT `file` FROM t", "SELECT t.file FROM t AS t WHERE file = 'x' AND (n = 1)", "SHOW TABLES",
		"SELECT toString(number) FROM numbers(3)", "SELECT $$INTO OUTFILE 'x'; KILL$$", "SELECT 'ünïcode ‘’ in a literal'",
		"SELECT toString(count()) FROM t FINAL", "SELECT formatReadableSize(1)", "SELECT \"file\" FROM t", "EXPLAIN SELECT 1", "SELECT 'a' -- trailing",
		"SELECT toString(n) FROM t PREWHERE n = 1 ORDER BY n DESC LIMIT 1 BY n LIMIT 1",
	} {
		if _, err := conn.All[string](t.Context(), db, conn.Query{SQL: sql}); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if n, err := conn.One[uint8](t.Context(), db, conn.Query{SQL: "EXISTS TABLE t"}); err != nil || n != 1 {
		t.Errorf("EXISTS gave %d, %v", n, err)
	}
}
