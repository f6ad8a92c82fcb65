package traces_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

const rollupRetention = 20000

// traceOf makes a trace of spans that call, queue and wait at random, around a time. Everything that the rules tell apart occurs:
// parents in other minutes or missing, skewed clocks, ids that collide, producers known by parent, by link, or long gone.
func (g gen) traceOf(n int, at time.Time, producers *[]traces.Span) []traces.Span {
	trace := traces.TraceID{1, byte(n >> 8), byte(n)}
	var spans []traces.Span
	for i := range 2 + g.IntN(14) {
		s := traces.Span{
			TraceID: trace, SpanID: traces.SpanID(n<<8 + i + 1), Name: pick(g, "get", "put"), Kind: pick(g, traces.KindServer, traces.KindClient, traces.KindInternal, traces.KindProducer, traces.KindConsumer, traces.KindUnspecified, traces.Kind(77)),
			Start: at, Duration: time.Duration(g.ExpFloat64() * float64(50*time.Millisecond)), Service: pick(g, "a", "b", "c"), ServiceType: "service", Env: pick(g, "prod", "prod", "test"),
			Namespace: pick(g, "", "shop"), Version: pick(g, "1", "2"), Class: traces.Class(g.IntN(4)), Weight: pick(g, 1, 1, 2, 0.5, 4),
		}
		if len(spans) > 0 {
			parent := spans[g.IntN(len(spans))]
			s.ParentID = parent.SpanID
			s.Start = parent.Start.Add(time.Duration(g.ExpFloat64()*float64(8*time.Second)) - time.Second)
			if g.IntN(3) > 0 && parent.Kind == traces.KindClient {
				s.Kind = traces.KindServer
			}
			if g.IntN(3) > 0 && parent.Kind == traces.KindProducer {
				s.Kind = traces.KindConsumer
			}
			switch g.IntN(12) {
			case 0:
				s.ParentID = 999999 // never stored
			case 1:
				s.ParentID = 0
			case 2: // another span with its parent's ids
				s.SpanID, s.ParentID = parent.SpanID, parent.ParentID
			}
		}
		if s.Kind != traces.KindServer && g.IntN(2) == 0 {
			s.PeerType, s.PeerName = pick(g, "Queue::Kafka", "remote"), pick(g, "orders", "mails")
		}
		if s.Kind == traces.KindServer && g.IntN(4) == 0 {
			s.PeerType, s.PeerName = "Client::Synthetic", pick(g, "probe", "journey")
		}
		if s.Kind == traces.KindConsumer {
			for range g.IntN(3) {
				if len(*producers) > 0 {
					p := pick(g, *producers...)
					s.Links = append(s.Links, traces.Link{TraceID: p.TraceID, SpanID: p.SpanID})
				}
			}
		}
		if g.IntN(15) == 0 {
			s.State = traces.StateInProgress
		}
		if s.Kind == traces.KindProducer {
			*producers = append(*producers, s)
		}
		spans = append(spans, s)
	}
	return spans
}

// TestRollupsAreWhatTheirSpansAddUpTo compares rollups with a computation by brute force, over traces at random.
func TestRollupsAreWhatTheirSpansAddUpTo(t *testing.T) {
	rounds := uint64(2)
	if testing.Short() {
		rounds = 1
	}
	for seed := range rounds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			db := storagetest.Open(t)
			g := gen{rand.New(rand.NewPCG(seed, 5))}
			var all, producers []traces.Span
			for n := range 150 {
				at := noon.Add(time.Duration(g.IntN(5*60)) * time.Second)
				if n < 10 {
					at = at.Add(-time.Duration(g.IntN(180)) * time.Minute) // messages that waited
				}
				all = append(all, g.traceOf(n, at, &producers)...)
			}
			half := len(all) / 2
			putSpans(t, db, "p", all[:half])
			putSpans(t, db, "other", all)
			rollup := traces.NewRollup(db, rollupRetention)
			if seed%2 == 1 {
				rollup.SetPartSpans(40) // many parts
			}
			generation := uint64(noon.UnixNano())
			var minutes []time.Time
			for m := noon.Add(-time.Minute); m.Before(noon.Add(7 * time.Minute)); m = m.Add(time.Minute) {
				minutes = append(minutes, m)
			}
			for _, m := range minutes[:4] { // too early: half of the spans come late
				if _, err := rollup.Recompute(t.Context(), "p", m, 1, generation); err != nil {
					t.Fatal(err)
				}
			}
			putSpans(t, db, "p", all[half:])
			run := 1 + int(seed%3) // minutes at once
			for i, m := range minutes {
				if i%run == 0 {
					generation++
					if _, err := rollup.Recompute(t.Context(), "p", m.Add(17*time.Second), min(run, len(minutes)-i), generation); err != nil {
						t.Fatal(err)
					}
				}
				sameTallies(t, "edges of "+m.Format("15:04"), storedEdges(t, db, "p", m, generation), brute(all, m))
				sameTallies(t, "services of "+m.Format("15:04"), storedRed(t, db, "p", m, generation), bruteRed(all, m))
			}
		})
	}
}

func sameTallies[T fmt.Stringer](t *testing.T, what string, got, want map[string]T) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if have, ok := got[key]; !ok {
			t.Errorf("%s: no %s, want %v", what, key, want[key])
		} else if have.String() != want[key].String() {
			t.Errorf("%s: %s\nis   %v\nwant %v", what, key, have, want[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[key]; !ok {
			t.Errorf("%s: unexpected %s: %v", what, key, got[key])
		}
	}
}

func rollupParams(project string, minute time.Time, generation uint64) []conn.Param {
	return []conn.Param{conn.Str("project", project), conn.Int("minute", minute.Unix()), conn.Uint("generation", generation)}
}

// storedEdges reads a generation of edges_1m as the brute computation prints it.
func storedEdges(t *testing.T, db *conn.DB, project string, minute time.Time, generation uint64) map[string]*edgeTally {
	t.Helper()
	type row struct {
		Key            string             `ch:"key"`
		OK             float64            `ch:"ok"`
		Error          float64            `ch:"error"`
		Throttle       float64            `ch:"throttle"`
		Fault          float64            `ch:"fault"`
		Spans          uint64             `ch:"spans"`
		Duration       float64            `ch:"duration"`
		Latency        map[uint16]float64 `ch:"latency"`
		ServerCount    float64            `ch:"server_count"`
		ServerOK       float64            `ch:"server_ok"`
		ServerError    float64            `ch:"server_error"`
		ServerThrottle float64            `ch:"server_throttle"`
		ServerFault    float64            `ch:"server_fault"`
		ServerDuration float64            `ch:"server_duration"`
		ServerLatency  map[uint16]float64 `ch:"server_latency"`
		AgeCount       float64            `ch:"age_count"`
		AgeSum         float64            `ch:"age_sum"`
		Age            map[uint16]float64 `ch:"age"`
	}
	rows, err := conn.All[row](t.Context(), db, conn.Query{Params: rollupParams(project, minute, generation), SQL: `
		SELECT concat(if(async, 'true', 'false'), ' ', arrayStringConcat([src_kind, src_type, src_env, src_namespace, src_name], '/'), ' -> ',
			arrayStringConcat([dst_kind, dst_type, dst_env, dst_namespace, dst_name], '/')) AS key,
			ok, error, throttle, fault, spans, duration, latency, server_count, server_ok, server_error, server_throttle, server_fault, server_duration, server_latency, age_count, age_sum, age
		FROM edges_1m WHERE project = {project:String} AND minute = {minute:UInt32} AND generation = {generation:UInt64}`})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]*edgeTally{}
	none := func(m map[uint16]float64) map[uint16]float64 {
		if len(m) == 0 {
			return nil
		}
		return m
	}
	for _, r := range rows {
		if said := r.ServerOK + r.ServerError + r.ServerThrottle + r.ServerFault; math.Abs(said-r.ServerCount) > 1e-9 {
			t.Errorf("%s: %v requests served, %v of them ended in some way", r.Key, r.ServerCount, said)
		}
		got[r.Key] = &edgeTally{
			own:    tally{ok: [4]float64{r.OK, r.Error, r.Throttle, r.Fault}, spans: r.Spans, ns: r.Duration, buckets: none(r.Latency)},
			called: tally{ok: [4]float64{r.ServerOK, r.ServerError, r.ServerThrottle, r.ServerFault}, ns: r.ServerDuration, buckets: none(r.ServerLatency)},
			age:    tally{ok: [4]float64{r.AgeCount}, ns: r.AgeSum, buckets: none(r.Age)},
		}
	}
	return got
}

func storedRed(t *testing.T, db *conn.DB, project string, minute time.Time, generation uint64) map[string]*tally {
	t.Helper()
	type row struct {
		Key      string             `ch:"key"`
		OK       float64            `ch:"ok"`
		Error    float64            `ch:"error"`
		Throttle float64            `ch:"throttle"`
		Fault    float64            `ch:"fault"`
		Spans    uint64             `ch:"spans"`
		Duration float64            `ch:"duration"`
		Max      uint64             `ch:"max_duration"`
		Latency  map[uint16]float64 `ch:"latency"`
	}
	rows, err := conn.All[row](t.Context(), db, conn.Query{Params: rollupParams(project, minute, generation), SQL: `
		SELECT concat(arrayStringConcat([env, namespace, service, service_type, version], '/'), ' ', toString(entry), ' ', toString(kind), ' ', operation) AS key,
			ok, error, throttle, fault, spans, duration, max_duration, latency
		FROM red_1m WHERE project = {project:String} AND minute = {minute:UInt32} AND generation = {generation:UInt64}`})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]*tally{}
	var seen uint64
	for _, r := range rows {
		got[r.Key] = &tally{ok: [4]float64{r.OK, r.Error, r.Throttle, r.Fault}, spans: r.Spans, ns: r.Duration, max: r.Max, buckets: r.Latency}
		seen += r.Spans
	}
	published, err := conn.One[uint64](t.Context(), db, conn.Query{Params: rollupParams(project, minute, generation), SQL: "SELECT spans FROM rollup_minutes WHERE project = {project:String} AND minute = {minute:UInt32} AND generation = {generation:UInt64}"})
	if err != nil || published != seen {
		t.Errorf("published %d spans, the rows have %d: %v", published, seen, err)
	}
	return got
}

func TestOperationsPastTheCapAreOne(t *testing.T) {
	db := storagetest.Open(t)
	var all []traces.Span
	for i := range 250 {
		for n := range 1 + i%3 {
			all = append(all, traces.Span{TraceID: id(1), SpanID: traces.SpanID(i*10 + n), Name: fmt.Sprintf("op %03d", i), Kind: traces.KindServer, Service: "a", ServiceType: "service", Weight: 1, Start: noon, Duration: time.Second})
		}
	}
	putSpans(t, db, "p", all)
	if _, err := traces.NewRollup(db, rollupRetention).Recompute(t.Context(), "p", noon, 1, 1); err != nil {
		t.Fatal(err)
	}
	rows := storedRed(t, db, "p", noon, 1)
	rest := rows["//a/service/ 1 2 "+traces.Overflow]
	if len(rows) != 201 || rest == nil || rest.spans != 50 || rest.buckets[traces.LatencyBucket(uint64(time.Second))] != 50 {
		t.Errorf("%d rows, the rest is %v", len(rows), rest)
	}
	for key := range rows {
		if strings.Contains(key, "op 249") { // once each: of those the first by name stay
			t.Errorf("kept %s", key)
		}
	}
}

// TestLatencyBucketsAreTheSameInSQLAndInGo tries both sides of every border.
func TestLatencyBucketsAreTheSameInSQLAndInGo(t *testing.T) {
	db := storagetest.Empty(t)
	var ns []uint64
	for bucket := range uint16(8 * 45) { // up to 9 hours
		low, _ := traces.BucketBounds(bucket)
		ns = append(ns, uint64(low), uint64(low)+1)
	}
	ns = append(ns, 0)
	buckets, err := conn.One[[]uint16](t.Context(), db, conn.Query{SQL: "SELECT arrayMap(ns -> toUInt16(floor(8 * log2(greatest(ns, 1)))), {ns:Array(UInt64)})", Params: []conn.Param{conn.Uints("ns", ns)}})
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range ns {
		if want := traces.LatencyBucket(n); buckets[i] != want {
			t.Errorf("%d ns is in bucket %d by SQL, %d by Go", n, buckets[i], want)
		}
	}
}
