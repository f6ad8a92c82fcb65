package query_test

import (
	"net/http"
	"runtime"
	runtimemetrics "runtime/metrics"
	"strconv"
	"testing"
	"time"

	"github.com/sightline/sightline/query"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

// largeSQL makes one trace out of numbers: every span but the root lies below the twelfth part of its number. One in 5000 fails.
const largeSQL = `
INSERT INTO spans (project, start, trace_id, span_id, parent_id, name, kind, duration, status, resource_id, service, service_type, namespace, env, version, scope_name,
	class, weight, retention_days, batch)
SELECT 'default', fromUnixTimestamp64Nano({epoch:Int64} + toInt64(i) * 1000, 'UTC') AS at, {id:FixedString(16)}, i + 1, if(i = 0, 0, intDiv(i - 1, 12) + 1), 'work ' || toString(i % 40), 1 + i % 3,
	toUInt64(1000 * ({spans:UInt64} - i) + 1000), if(i % 5000 = 4999, 2, 0), toFixedString('resource' || leftPad(toString(i % 8), 8, '0'), 16), 'service-' || toString(i % 8), 'service', 'shop', 'prod',
	'1.0', 'lib', if(i % 5000 = 4999, 3, 0), 1, 20000, bitShiftLeft(toUInt128(toUInt64({epoch:Int64})), 64)
FROM (SELECT number + {first:UInt64} AS i FROM numbers({rows:UInt64}))`

var largeTrace = traces.TraceID{0: 0x77, 15: 1}

func storeLarge(t testing.TB, db *conn.DB, spans int, start time.Time) {
	t.Helper()
	const batch = 100_000
	id := string(largeTrace[:])
	for at := 0; at < spans; at += batch {
		err := db.Exec(t.Context(), largeSQL, conn.Int("epoch", start.UnixNano()), conn.Str("id", id), conn.Uint("spans", uint64(spans)), conn.Uint("first", uint64(at)),
			conn.Uint("rows", uint64(min(batch, spans-at))))
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Exec(t.Context(), `INSERT INTO trace_index (project, trace_id, day, min_start, max_start, root_service, root_name, retention_days)
		SELECT project, trace_id, toDate(min(start)), min(start), max(start), 'service-0', 'work 0', 20000 FROM spans WHERE trace_id = {id:FixedString(16)} GROUP BY project, trace_id`,
		conn.Str("id", id)); err != nil {
		t.Fatal(err)
	}
}

// columns is what tests look at of a timeline's answer.
type columns struct {
	Truncated *struct{ Kept, Total int }
	Spans     struct {
		ID                          []string
		Parent, Descendants, Hidden []int
		Start, Self                 []int64
		Flags                       []int
	}
	SpanCount  int   `json:"span_count"`
	ErrorCount int   `json:"error_count"`
	Critical   int64 `json:"critical_ns"`
	Errors     []int
	Children   int
	Next       *int
}

func TestLargeTraceIsTrimmedAndGivesTheRestOnDemand(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is for the race detector: smaller traces go through the same goroutines")
	}
	const spans = 120_000
	l := newLive(t)
	storeLarge(t, l.db, spans, l.start)
	path := "/api/traces/" + largeTrace.String()
	var whole columns
	l.get(t, path+"?limit=500", &whole)
	if whole.SpanCount != spans || whole.Truncated == nil || whole.Truncated.Kept != 500 || whole.Truncated.Total != spans || whole.ErrorCount != spans/5000 ||
		len(whole.Errors) != spans/5000 || whole.Spans.Descendants[0] != 499 || whole.Spans.Hidden[0] != spans-500 || whole.Critical == 0 {
		t.Fatalf("%d spans, %+v, %d errors of %d, root with %d and %d", whole.SpanCount, whole.Truncated, len(whole.Errors), whole.ErrorCount, whole.Spans.Descendants[0], whole.Spans.Hidden[0])
	}
	var first, second columns
	below := path + "/children?limit=7&span_id=" + whole.Spans.ID[0]
	l.get(t, below, &first)
	if first.Children != 12 || first.Next == nil || *first.Next != 7 || len(first.Spans.ID) != 8 || first.Spans.ID[0] != whole.Spans.ID[0] || first.Spans.Hidden[0] != spans-8 {
		t.Fatalf("%+v", first)
	}
	l.get(t, below+"&from="+strconv.Itoa(*first.Next), &second)
	if second.Next != nil || len(second.Spans.ID) != 8 || second.Spans.Start[1] <= first.Spans.Start[7] {
		t.Fatalf("%+v", second)
	}
	for i, id := range whole.Spans.ID { // one and the same span in both answers
		for k := range first.Spans.ID {
			if first.Spans.ID[k] == id && (first.Spans.Self[k] != whole.Spans.Self[i] || first.Spans.Start[k] != whole.Spans.Start[i] || first.Spans.Flags[k] != whole.Spans.Flags[i]) {
				t.Errorf("span %s differs", id)
			}
		}
	}
}

// BenchmarkLargeTrace opens a trace of a million spans, and then a part of it, on the real engine. peak-MB is what the heap of this
// process grows to above what it was before, garbage included; the engine's memory is not in it.
func BenchmarkLargeTrace(b *testing.B) {
	const spans = 1_000_000
	db := storagetest.Open(b)
	storeLarge(b, db, spans, time.Now().Add(-time.Hour))
	reader := traces.NewReader(db)
	srv := newServer(b, &shop{}, func(c *query.Config) { c.Traces.Spans = reader })
	for name, target := range map[string]string{"open": "", "children": "/children?span_id=0000000000000002"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				peak := watchHeap()
				w := &discard{header: make(http.Header)}
				srv.Handler().ServeHTTP(w, request("GET", "/api/traces/"+largeTrace.String()+target))
				b.ReportMetric(float64(peak())/1e6, "peak-MB")
				b.ReportMetric(float64(w.bytes), "bytes")
			}
		})
	}
}

// watchHeap looks at the heap every other millisecond until it is asked by how many bytes it has grown at most.
func watchHeap() func() uint64 {
	runtime.GC()
	sample := []runtimemetrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	read := func() uint64 { runtimemetrics.Read(sample); return sample[0].Value.Uint64() }
	before := read()
	stop, result := make(chan struct{}), make(chan uint64)
	go func() {
		most := before
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				most = max(most, read())
			case <-stop:
				result <- most - before
				return
			}
		}
	}()
	return func() uint64 { close(stop); return <-result }
}
