package servicemap_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/query/servicemap"
	"github.com/sightline/sightline/storage/traces"
)

var update = flag.Bool("update", false, "rewrite the goldens")

const ms = 1_000_000

// requests makes a measure of requests that all took as long.
func requests(ok, errors, throttles, faults float64, ns uint64) traces.Measure {
	n := ok + errors + throttles + faults
	return traces.Measure{OK: ok, Error: errors, Throttle: throttles, Fault: faults, Duration: n * float64(ns),
		Latency: map[uint16]float64{traces.LatencyBucket(ns): n}}
}

func service(name string) traces.End {
	return traces.End{Kind: traces.EndService, Type: "service", Env: "prod", Namespace: "shop", Name: name}
}

func inferred(kind, name string) traces.End {
	return traces.End{Kind: traces.EndInferred, Type: kind, Env: "prod", Name: name}
}

// shop is two versions of checkout between web and payment, with a database, a queue, an external host and a lost callee.
func shop() traces.MapRows {
	client := traces.End{Kind: traces.EndClient, Type: "client", Env: "prod", Name: "web"}
	node := func(name, version string, m traces.Measure) traces.NodeRow {
		return traces.NodeRow{Env: "prod", Namespace: "shop", Name: name, Type: "service", Version: version, Measure: m}
	}
	edge := func(from, to traces.End, m traces.Measure) traces.EdgeRow {
		return traces.EdgeRow{From: from, To: to, Measure: m}
	}
	answered := edge(service("web"), service("checkout"), requests(95, 2, 1, 2, 60*ms))
	answered.Server = requests(95, 2, 1, 2, 55*ms)
	consumed := edge(inferred("Kafka::Topic", "orders"), service("shipping"), requests(80, 0, 0, 0, 20*ms))
	consumed.Async, consumed.Age = true, requests(80, 0, 0, 0, 300*ms)
	staging := node("checkout", "2.0.0", requests(5, 0, 0, 0, 10*ms))
	staging.Env = "staging"
	return traces.MapRows{
		Nodes: []traces.NodeRow{
			node("web", "1.0.0", requests(95, 2, 1, 2, 80*ms)),
			node("checkout", "1.4.1", requests(60, 1, 1, 0, 50*ms)),
			node("checkout", "1.4.2", requests(35, 1, 0, 2, 70*ms)),
			node("payment", "", requests(90, 0, 0, 2, 30*ms)),
			node("shipping", "3", requests(80, 0, 0, 0, 20*ms)),
			staging,
		},
		Edges: []traces.EdgeRow{
			edge(client, service("web"), requests(95, 2, 1, 2, 80*ms)),
			answered,
			edge(service("checkout"), service("payment"), requests(88, 0, 0, 4, 35*ms)),
			edge(service("checkout"), inferred("remote", "payment"), requests(3, 0, 0, 0, 35*ms)), // no span of payment's came
			edge(service("checkout"), inferred("Database::PostgreSQL", "orders"), requests(190, 0, 0, 0, 4*ms)),
			edge(service("checkout"), inferred("Kafka::Topic", "orders"), requests(80, 0, 0, 0, 2*ms)),
			consumed,
			edge(service("shipping"), inferred("remote", "api.carrier.example:443"), requests(75, 0, 0, 5, 200*ms)),
		},
	}
}

func render(m servicemap.Map) string {
	var b strings.Builder
	stats := func(s *servicemap.Stats) string {
		if s == nil {
			return "-"
		}
		return fmt.Sprintf("%g requests (%g ok, %g error, %g throttle, %g fault) %g/s avg %s p95 %s",
			s.Requests, s.OK, s.Error, s.Throttle, s.Fault, s.Rate, time.Duration(s.Avg), time.Duration(s.P95))
	}
	fmt.Fprintf(&b, "envs %v, complete %v\n", m.Envs, m.Complete)
	for _, n := range m.Nodes {
		fmt.Fprintf(&b, "node %s %s %s namespace %q versions %v root %v\n  %s\n", n.ID, n.Kind, n.Type, n.Namespace, n.Versions, n.Root, stats(n.Stats))
	}
	for _, e := range m.Edges {
		fmt.Fprintf(&b, "edge %s async %v\n  %s\n", e.ID, e.Async, stats(&e.Stats))
		if e.Server != nil {
			fmt.Fprintf(&b, "  callee: %s\n", stats(e.Server))
		}
		if e.EventAge != nil {
			fmt.Fprintf(&b, "  age: avg %s p50 %s\n", time.Duration(e.EventAge.Avg), time.Duration(e.EventAge.P50))
		}
	}
	for _, n := range m.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s\ngot:\n%s\nwant:\n%s", file, got, want)
	}
}

func TestMaps(t *testing.T) {
	prod, staging, other := "prod", "staging", "other"
	for name, o := range map[string]servicemap.Options{
		"whole":         {},
		"env":           {Env: &staging},
		"namespace":     {Namespace: &other},
		"errors":        {ErrorsOnly: true},
		"focus":         {Focus: "inferred/prod/orders/Kafka::Topic", Hops: 1, Env: &prod},
		"focus_missing": {Focus: "service/prod/gone", Hops: 2},
		"limit":         {MaxNodes: 3},
	} {
		t.Run(name, func(t *testing.T) {
			o.Window = 100 * time.Second
			golden(t, name, render(servicemap.Build(shop(), o)))
		})
	}
}

func TestEmptyMapHasNoNulls(t *testing.T) {
	b, err := json.Marshal(servicemap.Build(traces.MapRows{}, servicemap.Options{}))
	if err != nil || strings.Contains(string(b), "null") {
		t.Errorf("%s, %v", b, err)
	}
}

// TestCanariesAreClientsWithNames has one that a service was called by, and one that sends spans itself.
func TestCanariesAreClientsWithNames(t *testing.T) {
	probe := traces.End{Kind: traces.EndClient, Type: "Client::Synthetic", Env: "prod", Name: "probe"}
	journey := traces.End{Kind: traces.EndService, Type: "Client::Synthetic", Env: "prod", Namespace: "shop", Name: "journey"}
	rows := shop()
	rows.Nodes = append(rows.Nodes, traces.NodeRow{Env: "prod", Namespace: "shop", Name: "journey", Type: "Client::Synthetic", Measure: requests(9, 0, 0, 1, 90*ms)})
	rows.Edges = append(rows.Edges, traces.EdgeRow{From: probe, To: service("payment"), Measure: requests(60, 0, 0, 0, 8*ms)},
		traces.EdgeRow{From: journey, To: service("web"), Measure: requests(9, 0, 0, 1, 85*ms), Server: requests(9, 1, 0, 0, 80*ms), Unsaid: 2})
	m := servicemap.Build(rows, servicemap.Options{Window: 100 * time.Second})
	golden(t, "canaries", render(m))
	for _, e := range m.Edges {
		if e.Classed == (e.Source == servicemap.ID(journey)) {
			t.Errorf("%s: classed %v", e.ID, e.Classed)
		}
	}
}

func TestIDsCannotBeForged(t *testing.T) {
	ends := []traces.End{
		{Kind: traces.EndService, Type: "service", Env: "prod", Name: "a"},
		{Kind: traces.EndService, Type: "AWS::Lambda", Env: "prod", Name: "a"},
		{Kind: traces.EndService, Type: "service", Env: "prod", Name: "a/AWS::Lambda"},
		{Kind: traces.EndService, Type: "service", Env: "prod/a", Name: ""},
		{Kind: traces.EndService, Type: "service", Env: "", Name: "prod/a"},
		{Kind: traces.EndService, Type: "service", Env: "", Name: "a%2Fb"},
		{Kind: traces.EndInferred, Type: "remote", Env: "prod", Name: "a>service/prod/b"},
		{Kind: traces.EndInferred, Type: "", Env: "prod", Name: "ü ?#&\x00"},
		{Kind: traces.EndClient, Type: "client", Env: "prod", Name: "~"},
	}
	seen := make(map[string]bool)
	for _, end := range ends {
		id := servicemap.ID(end)
		if seen[id] || strings.ContainsAny(id, "> ?#") {
			t.Errorf("id %q of %+v", id, end)
		}
		seen[id] = true
		if back, ok := servicemap.ParseID(id); !ok || back != end {
			t.Errorf("%q comes back as %+v, want %+v", id, back, end)
		}
	}
	for _, bad := range []string{"", "service", "service/a", "service/a/b/c/d", "table/a/b", "service/%zz/b"} {
		if end, ok := servicemap.ParseID(bad); ok {
			t.Errorf("%q is read as %+v", bad, end)
		}
	}
}

func TestPercentilesStayInTheirBuckets(t *testing.T) {
	var m traces.Measure
	for _, ns := range []uint64{0, 1, 1000, 1500, 2000, 90_000, math.MaxUint64} {
		one := requests(1, 0, 0, 0, ns)
		m.Add(&one)
	}
	got := servicemap.Percentiles(&m, 0, 0.01, 0.5, 0.99, 1)
	for i := range got {
		if got[i] < 0 || i > 0 && got[i] < got[i-1] {
			t.Errorf("percentiles %v do not ascend", got)
		}
	}
	if low, high := traces.BucketBounds(traces.LatencyBucket(1500)); float64(got[2]) < low-1 || float64(got[2]) > high+1 {
		t.Errorf("p50 %d is not in %f..%f", got[2], low, high)
	}
	one := requests(1, 0, 0, 0, 1000)
	one.Max = 1000
	if p := servicemap.Percentiles(&one, 0.99); p[0] > 1000 {
		t.Errorf("p99 %d exceeds the maximum", p[0])
	}
	var none traces.Measure
	if p := servicemap.Percentiles(&none, 0.5, 0.99); p[0] != 0 || p[1] != 0 {
		t.Errorf("percentiles of nothing: %v", p)
	}
}

func TestStatsAreJSONWhateverTheRowsHold(t *testing.T) {
	m := traces.Measure{OK: math.NaN(), Fault: math.Inf(1), Duration: math.Inf(1), Latency: map[uint16]float64{0: math.NaN(), 65535: 3}}
	if _, err := json.Marshal(servicemap.StatsOf(&m, time.Minute)); err != nil {
		t.Error(err)
	}
}

func BenchmarkBuild(b *testing.B) {
	var rows traces.MapRows
	for i := range 1000 {
		name := fmt.Sprintf("service-%d", i)
		rows.Nodes = append(rows.Nodes, traces.NodeRow{Env: "prod", Name: name, Type: "service", Measure: requests(10, 0, 0, 1, 5*ms)})
		for j := range 10 {
			rows.Edges = append(rows.Edges, traces.EdgeRow{From: service(name), To: service(fmt.Sprintf("service-%d", (i*7+j)%1000)), Measure: requests(10, 0, 0, 1, 6*ms)})
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		servicemap.Build(rows, servicemap.Options{Window: time.Hour})
	}
}
