package traces_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

// benchSQL makes traces of 20 spans over eight services, one every 36 ms of time, out of numbers.
const benchSQL = `
INSERT INTO spans (project, start, trace_id, span_id, parent_id, name, kind, duration, status, resource_id, service, service_type, namespace, env, version, scope_name, class,
	peer_type, peer_name, weight, attrs, attrs_int, a_http_request_method, a_http_route, a_http_response_status_code, a_db_system_name, a_messaging_system,
	a_messaging_destination_name, ev_time, ev_name, ev_attrs, ev_dropped_attrs, retention_days, batch)
WITH
	[0,1,2,3,3,3,6,7,3,9,10,10,3,13,14,1,16,17,17,1] AS parents,
	[2,3,2,1,3,3,2,3,3,2,1,3,4,5,3,3,2,1,3,1] AS kinds,
	['gateway','gateway','checkout','checkout','checkout','checkout','cart','cart','checkout','payment','payment','payment','checkout','shipping','shipping','gateway','recommend','recommend','recommend','gateway'] AS services,
	['GET /checkout','POST checkout','POST /order','validate','SELECT orders','POST cart','GET /cart','HGETALL','POST payment','POST /charge','fraud check','POST api','send orders','process orders','INSERT shipments','GET recommend','GET /recommend','rank','SELECT products','render'] AS names,
	['','','','','Database::MySQL','','','Database::Redis','','','','remote','Queue::Kafka','Queue::Kafka','Database::PostgreSQL','','','','Database::PostgreSQL',''] AS peer_types,
	['','','','','orders-db','','','redis','','','','api.bank.com','orders','orders','ship-db','','','','products',''] AS peers,
	[0,2,4,6,8,20,22,24,40,42,44,46,70,90,95,72,74,76,78,95] AS offsets,
	[100,60,55,2,10,15,12,1,25,22,3,15,2,30,20,20,18,5,8,3] AS durations,
	fromUnixTimestamp64Nano({epoch:Int64} + toInt64(t) * {apart:Int64} + toInt64(offsets[i]) * 1000000 + toInt64(rand(1) % 500000), 'UTC') AS at,
	if(cityHash64(t, i, 'e') % 100 = 0, 2, 0) AS failed
SELECT 'p', at, reinterpretAsFixedString(bitOr(bitShiftLeft(toUInt128(cityHash64(t, 'a')), 64), toUInt128(cityHash64(t, 'b')))),
	cityHash64(t, i), if(parents[i] = 0, 0, cityHash64(t, parents[i])),
	names[i] || if(i IN (1, 3, 7, 10, 17), ' ' || toString(cityHash64(t, 7) % 8), ''), kinds[i],
	toUInt64(durations[i] * 1e6 * (0.5 - ln((rand(2) % 100000 + 1) / 100001.))), failed,
	reinterpretAsFixedString(toUInt128(cityHash64(services[i], cityHash64(t, 'p') % 3))), services[i] || '-' || toString(cityHash64(t, 's') % 2), 'service', 'shop', 'prod',
	'1.' || toString(cityHash64(t, 'v') % 2), 'otel', if(failed = 2, 3, if(cityHash64(t, i, 'w') % 50 = 0, 1, 0)), peer_types[i], peers[i], 1,
	map('request.id', toString(cityHash64(t, i, 'r')), 'user.id', toString(cityHash64(t, 'u') % 20000), 'net.peer', '10.0.' || toString(cityHash64(t, i) % 255) || '.1',
		'thread.name', 'worker-' || toString(rand(3) % 16), 'feature', 'f' || toString(rand(4) % 50), 'url.path', '/x/' || toString(rand(5) % 3000)),
	map('thread.id', rand(6) % 64, 'bytes', rand(7) % 100000),
	if(kinds[i] IN (2, 3), 'GET', ''), if(kinds[i] = 2, names[i], ''), if(kinds[i] IN (2, 3), if(failed = 2, 500, 200), 0), if(startsWith(peer_types[i], 'Database'), 'mysql', ''),
	if(kinds[i] IN (4, 5), 'kafka', ''), if(kinds[i] IN (4, 5), 'orders', ''), if(failed = 2, [at], []), if(failed = 2, ['exception'], []),
	if(failed = 2, [map('exception.type', 'Timeout')], []), if(failed = 2, [0], []), 20000, bitShiftLeft(toUInt128(toUInt64(toUnixTimestamp64Nano(at)) + 1000000000), 64)
FROM (SELECT {first:UInt64} + intDiv(number, 20) AS t, toUInt8(number % 20 + 1) AS i FROM numbers({rows:UInt64}))`

// benchSpans is how many spans the benchmarks read from: SIGHTLINE_BENCH_SPANS, or 2 million.
func benchSpans(b *testing.B) int {
	if text := os.Getenv("SIGHTLINE_BENCH_SPANS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	return 2_000_000
}

// BenchmarkReads times the readers over an hour of spans that ends at noon, in batches of 50,000 in the order of time. The hour has
// rollups; the clock stands a minute and a half past noon. The engine's condition cache sees no filter twice.
func BenchmarkReads(b *testing.B) {
	spans := benchSpans(b)
	db := storagetest.Open(b)
	from := noon.Add(-time.Hour)
	apart := int64(time.Hour) * 20 / int64(spans)
	const batch = 50_000
	for n := 0; n < spans; n += batch {
		if err := db.Exec(b.Context(), benchSQL, conn.Int("epoch", from.UnixNano()), conn.Int("apart", apart), conn.Uint("first", uint64(n/20)), conn.Uint("rows", uint64(min(batch, spans-n)))); err != nil {
			b.Fatal(err)
		}
	}
	for _, sql := range []string{
		`INSERT INTO trace_index (project, trace_id, day, min_start, max_start, root_service, root_name, retention_days)
			SELECT project, trace_id, toDate(min(start)), min(start), max(start), maxIf(service, parent_id = 0), maxIf(name, parent_id = 0), 20000 FROM spans GROUP BY project, trace_id`,
		`INSERT INTO resources (project, id, service, service_type, namespace, env, version, attrs, last_seen, retention_days)
			SELECT project, resource_id, any(service), 'service', 'shop', 'prod', any(version), map('k8s.pod.name', 'pod-' || hex(substring(resource_id, 1, 4))), max(toDateTime(start)), 20000 FROM spans GROUP BY project, resource_id`,
	} {
		runSQL(b, db, sql)
	}
	rollup := traces.NewRollup(db, rollupRetention)
	for i := range 60 {
		if _, err := rollup.Recompute(b.Context(), "p", from.Add(time.Duration(i)*time.Minute), 1, uint64(noon.UnixNano())+uint64(i)); err != nil {
			b.Fatal(err)
		}
	}
	r := traces.NewReader(db)
	r.SetNow(noon.Add(90 * time.Second))
	type traceRow struct {
		ID    [16]byte `ch:"trace_id"`
		Start int64    `ch:"first"`
	}
	ids, err := conn.All[traceRow](b.Context(), db, conn.Query{SQL: "SELECT trace_id, toUnixTimestamp64Nano(min_start) AS first FROM trace_index ORDER BY cityHash64(trace_id) LIMIT 500"})
	if err != nil {
		b.Fatal(err)
	}
	unique, err := conn.All[string](b.Context(), db, conn.Query{SQL: "SELECT attrs['request.id'] FROM spans ORDER BY cityHash64(span_id) LIMIT 3000"})
	if err != nil {
		b.Fatal(err)
	}
	hour := traces.Range{From: from, To: noon}
	search := func(text func(n int) string, limit int) func(ctx context.Context, n int) error {
		return func(ctx context.Context, n int) error {
			e, err := filter.Parse(text(n))
			if err != nil {
				return err
			}
			page, err := r.Search(ctx, traces.SearchQuery{Project: "p", Range: hour, Filter: e, Limit: limit})
			if err == nil && !page.Complete {
				err = fmt.Errorf("search ended early: %s", page.Reason)
			}
			return err
		}
	}
	timed(b, "trace by id", func(ctx context.Context, n int) error {
		_, _, err := r.Trace(ctx, "p", ids[n%len(ids)].ID, traces.Range{})
		return err
	})
	timed(b, "trace by id and time", func(ctx context.Context, n int) error {
		at := unix(ids[n%len(ids)].Start)
		_, _, err := r.Trace(ctx, "p", ids[n%len(ids)].ID, traces.Range{From: at, To: at.Add(time.Second)})
		return err
	})
	timed(b, "search service and duration", search(func(n int) string {
		return fmt.Sprintf("service = checkout-%d and duration > %dus", n%2, 150000+n)
	}, 20))
	timed(b, "search errors of a service", search(func(n int) string {
		return fmt.Sprintf("service = cart-%d and status = error and duration > %dus", n%2, n)
	}, 20))
	timed(b, "search unique attribute", search(func(n int) string { return "request.id = \"" + unique[n%len(unique)] + "\"" }, 20))
	timed(b, "search attribute that is nowhere", search(func(n int) string { return fmt.Sprintf("request.id = nowhere-%d", n) }, 20))
	timed(b, "search service that is nowhere", search(func(n int) string { return fmt.Sprintf("service = nowhere-%d", n) }, 20))
	timed(b, "search duration that is nowhere", search(func(n int) string { return fmt.Sprintf("service = cart-1 and duration > %ds and feature = f7", 60+n) }, 20))
	timed(b, "search status code", search(func(n int) string { return fmt.Sprintf("http.response.status_code >= 500 and duration > %dus", n) }, 20))
	timed(b, "service map of an hour", func(ctx context.Context, n int) error {
		_, err := r.Map(ctx, "p", hour)
		return err
	})
	timed(b, "service map of an hour, live", func(ctx context.Context, n int) error {
		live := traces.NewReader(db)
		live.SetNow(noon.Add(-time.Second))
		_, err := live.Map(ctx, "p", hour)
		return err
	})
	timed(b, "services of an hour", func(ctx context.Context, n int) error {
		_, err := r.Services(ctx, traces.ServiceQuery{Project: "p", Range: hour, Step: 2 * time.Minute})
		return err
	})
	generation := uint64(noon.UnixNano()) + 60
	timed(b, "recompute a minute", func(ctx context.Context, n int) error {
		generation++
		_, err := rollup.Recompute(ctx, "p", from.Add(time.Duration(n%60)*time.Minute), 1, generation)
		return err
	})
	timed(b, "keys", func(ctx context.Context, n int) error {
		_, err := r.Keys(ctx, "p", hour, "", 50)
		return err
	})
}

func unix(ns int64) time.Time { return time.Unix(0, ns).UTC() }

// timed runs one read as a benchmark of its own and reports its median.
func timed(b *testing.B, name string, read func(ctx context.Context, n int) error) {
	b.Run(name, func(b *testing.B) {
		for n := range 5 {
			if err := read(b.Context(), 1000+n); err != nil {
				b.Fatal(err)
			}
		}
		var took []time.Duration
		engine := storagetest.Engine(b).Status().PID
		cpu := cpuOf(engine)
		for n := range b.N {
			began := time.Now()
			if err := read(b.Context(), 2000+n); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(took[len(took)*9/10].Microseconds())/1000, "p90-ms")
		b.ReportMetric(float64(took[0].Microseconds())/1000, "min-ms")
		b.ReportMetric(float64((cpuOf(engine)-cpu).Milliseconds())/float64(b.N), "engine-cpu-ms")
		b.ReportMetric(0, "ns/op")
	})
}

// cpuOf is the processor time that a process has used, where /proc tells; 0 elsewhere.
func cpuOf(pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // ticks
}
