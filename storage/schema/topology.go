package schema

import (
	"fmt"
	"strings"
	"text/template"
)

// durability and shape that every table shares. A power cut loses nothing that the loader's checkpoint has passed: inserts, merges
// and the folders that name their parts are fsynced.
//
// A part below min_bytes_for_wide_part (uncompressed) is compact: one file instead of two hundred, so that inserts are cheap. 50,000
// spans are 22 MB and stay below 32 MiB; what they are merged into is above, since only into wide parts does the engine merge column
// by column, and that takes 4.4 to 5 µs a span where row by row it is 7.5.
const common = "min_bytes_for_wide_part = 33554432, ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600, " +
	"fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, min_compressed_bytes_to_fsync_after_merge = 1"

// expand renders a file and splits it at the lines that hold only ";". In a cluster every table "x_local" gets a Distributed "x", and
// a change of its columns is one of both.
func expand(name, text string, t Topology) ([]string, error) {
	var tables []string
	functions := template.FuncMap{
		"table": func(table string) string {
			tables = append(tables, table)
			return quote(t.Database) + "." + quote(t.local(table))
		},
		"on_cluster": t.onCluster,
		"engine":     t.engine,
		"settings":   t.settings,
	}
	var statements []string
	for part := range strings.SplitSeq(text, "\n;\n") {
		if part = withoutComments(part); part == "" {
			continue
		}
		tables = nil
		tmpl, err := template.New(name).Funcs(functions).Parse(part)
		if err != nil {
			return nil, err
		}
		var b strings.Builder
		if err := tmpl.Execute(&b, nil); err != nil {
			return nil, err
		}
		text := strings.TrimSpace(b.String())
		statements = append(statements, text)
		if t.Cluster == "" {
			continue
		}
		if strings.HasPrefix(part, "ALTER TABLE") {
			statements = append(statements, strings.ReplaceAll(text, quote(t.local(tables[0])), quote(tables[0])))
			continue
		}
		if !strings.Contains(part, "CREATE TABLE") {
			continue
		}
		for _, table := range tables {
			statement, err := t.distributed(table)
			if err != nil {
				return nil, err
			}
			statements = append(statements, statement)
		}
	}
	return statements, nil
}

// withoutComments drops the lines that are only a comment; those may hold anything, template actions too.
func withoutComments(part string) string {
	var kept []string
	for line := range strings.Lines(part) {
		if !strings.HasPrefix(strings.TrimSpace(line), "--") {
			kept = append(kept, line)
		}
	}
	return strings.TrimSpace(strings.Join(kept, ""))
}

func (t Topology) local(table string) string {
	if t.Cluster == "" {
		return table
	}
	return table + "_local"
}

func (t Topology) onCluster() string {
	if t.Cluster == "" {
		return ""
	}
	return "ON CLUSTER " + quote(t.Cluster)
}

// engine prints the engine with its arguments; in a cluster its replicated form, whose path and name are the server's defaults.
func (t Topology) engine(name string, args ...string) string {
	if t.Cluster != "" {
		name = "Replicated" + name
	}
	if len(args) == 0 {
		return name
	}
	return name + "(" + strings.Join(args, ", ") + ")"
}

// settings are those that every table has. A replicated table has a deduplication window of its own.
func (t Topology) settings() string {
	if t.Cluster == "" {
		return common + ", non_replicated_deduplication_window = 10000"
	}
	return common + ", replicated_deduplication_window = 10000"
}

// shardingKeys keep together what is read, joined or replaced together: a trace, a resource's repeats, a minute of a rollup, a series.
var shardingKeys = map[string]string{
	"spans":          "cityHash64(trace_id)",
	"trace_index":    "cityHash64(trace_id)",
	"exceptions":     "cityHash64(trace_id)",
	"resources":      "cityHash64(id)",
	"rollup_minutes": "cityHash64(project, minute)",
	"red_1m":         "cityHash64(project, minute)",
	"edges_1m":       "cityHash64(project, minute)",
	"series":         "cityHash64(id)",
	"points":         "cityHash64(series)",
	"distributions":  "cityHash64(series)",
	"exemplars":      "cityHash64(series)",
	"logs":           "if(trace_id = toFixedString('', 16), cityHash64(resource_id), cityHash64(trace_id))",
}

// distributed is the table that statements name in a cluster, over the local ones.
func (t Topology) distributed(table string) (string, error) {
	key, ok := shardingKeys[table]
	if !ok {
		return "", fmt.Errorf("the table %q has no sharding key", table)
	}
	return fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s.%s %s AS %s.%s\nENGINE = Distributed(%s, %s, %s, %s)",
		quote(t.Database), quote(table), t.onCluster(), quote(t.Database), quote(t.local(table)),
		quote(t.Cluster), quote(t.Database), quote(t.local(table)), key), nil
}

// ledger is the table of what was run. It is not sharded: every node has the same rows.
func ledger(t Topology) string {
	engine := "MergeTree"
	if t.Cluster != "" {
		engine = "ReplicatedMergeTree('/clickhouse/tables/{database}/schema_migrations', '{replica}')"
	}
	return fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s.schema_migrations %s (version UInt32, ordinal UInt32, applied_at DateTime('UTC'))\n"+
		"ENGINE = %s ORDER BY (version, ordinal) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1",
		quote(t.Database), t.onCluster(), engine)
}

func quote(name string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(name) + "`"
}
