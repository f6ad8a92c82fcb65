package main_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/sightline/sightline"

// ours is the import law of docs/DESIGN: for each folder the folders of this module that it may import. A folder is governed by
// its longest prefix here; "" as a target allows nothing of ours, and a folder may always import what lies below itself.
var ours = map[string][]string{
	"":                    {"collector", "storage", "query", "ui", "canary"}, // main: the composition root
	"canary":              {},                                                // a client: it knows the others by their addresses only
	"collector":           {"storage"},
	"storage/conn":        {},
	"storage/batch":       {"storage/conn", "storage/traces/peer"}, // which hosts are what travels with a batch
	"storage/encode":      {"storage/conn", "storage/batch", "storage/traces/peer"},
	"storage/engine":      {},
	"storage/filter":      {},
	"storage/filter/sql":  {"storage/conn", "storage/encode", "storage/filter"},
	"storage/schema":      {"storage/conn"},
	"storage/erase":       {"storage/conn", "storage/filter", "storage/batch", "storage/traces", "storage/logs"},
	"storage/upkeep":      {"storage/conn", "storage/batch"},
	"storage/traces":      {"storage/conn", "storage/filter", "storage/batch", "storage/encode"},
	"storage/traces/peer": {},
	"storage/logs":        {"storage/conn", "storage/filter", "storage/batch", "storage/encode"},
	"storage/metrics":     {"storage/conn", "storage/filter", "storage/batch", "storage/encode"},
	"storage/storagetest": {"storage"},
	"query":               {"storage", "ui", "query"},
	"query/api":           {},
	"query/timeline":      {"storage/traces"},
	"query/servicemap":    {"storage/traces"},
	"query/traceql":       {"storage/filter", "storage/traces", "query/timeline"},
	"query/traceapi":      {"storage", "query/api", "query/timeline", "query/servicemap", "query/traceql"},
	"query/logapi":        {"storage", "query/api", "query/timeline", "query/servicemap", "query/traceql"},
	"query/metricapi":     {"storage", "query/api", "query/timeline", "query/servicemap", "query/traceql"},
	"query/promapi":       {"storage", "query/api", "query/timeline", "query/servicemap", "query/traceql"},
	"query/alert":         {"storage", "query/api", "query/timeline", "query/servicemap", "query/traceql"},
	"query/tail":          {"storage", "query/api", "query/timeline", "query/servicemap", "query/traceql"},
	"query/jaeger":        {"storage", "query/api", "query/timeline", "query/servicemap", "query/traceql"},
	"query/tempo":         {"storage", "query/api", "query/timeline", "query/servicemap", "query/traceql"},
	"query/zipkin":        {"storage", "query/api", "query/timeline", "query/servicemap", "query/traceql"},
	"query/grafana":       {"storage", "query/api", "query/timeline", "query/servicemap", "query/traceql"},
	"ui":                  {},
	"bench":               {"storage", "collector"},
}

// foreign are the packages that only some folders may import.
var foreign = []struct {
	prefix  string
	allowed []string
	tests   bool // any test may import it too
}{
	{prefix: "github.com/ClickHouse/", allowed: []string{"storage"}},
	{prefix: "github.com/ebitengine/purego", allowed: []string{"storage/engine"}},
	{prefix: "go.opentelemetry.io/collector/", allowed: []string{"collector", "bench", "storage/encode/encodetest"}, tests: true},
	{prefix: "github.com/open-telemetry/opentelemetry-collector-contrib/", allowed: []string{"collector"}, tests: true},
	{prefix: "github.com/prometheus/prometheus/promql", allowed: []string{"query/promapi", "query/alert"}, tests: true},
	{prefix: "github.com/prometheus/prometheus/rules", allowed: []string{"query/promapi", "query/alert"}},
	{prefix: "github.com/prometheus/prometheus/", allowed: []string{"query/promapi", "query/alert", "storage/metrics", "collector"}},
	{prefix: "github.com/gorilla/websocket", allowed: []string{"query/tail"}, tests: true},
	{prefix: "github.com/grafana/grafana-plugin-sdk-go", allowed: []string{"query/grafana"}},
}

// besides is what tests of a folder may import of ours: what makes the data that the folder reads, and what they need of the system.
var besides = map[string][]string{
	"":                {"storage/storagetest"},
	"canary":          {"storage/storagetest/port"},
	"storage/metrics": {"collector/foreign/promotlp"},
}

func TestImportLaw(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != "." && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata" || ownModule(path)) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		seen++
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		if dir == "." {
			dir = ""
		}
		for _, spec := range file.Imports {
			target, _ := strconv.Unquote(spec.Path.Value)
			if problem := judge(dir, target, strings.HasSuffix(path, "_test.go")); problem != "" {
				t.Errorf("%s imports %s: %s", path, target, problem)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 10 {
		t.Fatalf("looked at %d files only", seen)
	}
}

func TestImportLawIsEnforced(t *testing.T) {
	f := func(dir, target string, test, allowed bool) {
		t.Helper()
		if got := judge(dir, target, test) == ""; got != allowed {
			t.Errorf("judge(%q, %q, test=%v) allows = %v, want %v", dir, target, test, got, allowed)
		}
	}
	f("collector/loader", module+"/storage/traces", false, true)
	f("collector/loader", module+"/query/api", false, false)
	f("query/traceapi", module+"/collector", false, false)
	f("query/timeline", module+"/query/traceapi", false, false)
	f("storage/filter", module+"/storage/conn", false, false)
	f("storage/traces", "go.opentelemetry.io/collector/pdata/ptrace", false, false)
	f("storage/traces", "go.opentelemetry.io/collector/pdata/ptrace", true, true)
	f("storage/metrics", module+"/collector/foreign/promotlp", false, false)
	f("storage/metrics", module+"/collector/foreign/promotlp", true, true)
	f("query/traceapi", "github.com/ClickHouse/clickhouse-go/v2", true, false)
	f("storage/conn", "github.com/ClickHouse/clickhouse-go/v2", false, true)
}

// ownModule says whether a folder is a module of its own: the SDK, and what drives other people's clients.
func ownModule(path string) bool {
	_, err := os.Stat(filepath.Join(path, "go.mod"))
	return err == nil
}

// judge says why the import breaks the law, or "" if it does not.
func judge(dir, target string, test bool) string {
	if rest, ok := strings.CutPrefix(target, module); ok {
		rest = strings.TrimPrefix(rest, "/")
		if test && within(rest, "storage/storagetest") || within(rest, dir) && dir != "" {
			return ""
		}
		if test && dir == "" {
			return ""
		}
		law, folder := lawOf(dir)
		if folder != "" && within(rest, folder) {
			return ""
		}
		if slices.ContainsFunc(law, func(allowed string) bool { return within(rest, allowed) }) {
			return ""
		}
		if test && within(dir, "storage") && within(rest, "storage") {
			return "" // storage's tests migrate a database
		}
		if test && slices.Contains(besides[dir], rest) {
			return ""
		}
		return "not an arrow of the import law"
	}
	for _, rule := range foreign {
		if !within(target, strings.TrimSuffix(rule.prefix, "/")) {
			continue
		}
		if rule.tests && test || slices.ContainsFunc(rule.allowed, func(allowed string) bool { return within(dir, allowed) }) {
			return ""
		}
		return "reserved for " + strings.Join(rule.allowed, ", ")
	}
	return ""
}

func lawOf(dir string) (law []string, folder string) {
	for d := dir; ; d = parent(d) {
		if l, ok := ours[d]; ok {
			return l, d
		}
		if d == "" {
			return nil, ""
		}
	}
}

func parent(dir string) string {
	if i := strings.LastIndexByte(dir, '/'); i >= 0 {
		return dir[:i]
	}
	return ""
}

func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}
