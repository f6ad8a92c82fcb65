package traces_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

// shop is a call through gateway and cart to a database, with a message on the way, at a time.
func shop(n byte, at time.Time) []traces.Span {
	span := func(span, parent traces.SpanID, service string, kind traces.Kind, name string, start, duration time.Duration) traces.Span {
		return traces.Span{TraceID: id(n), SpanID: span, ParentID: parent, Name: name, Kind: kind, Service: service, ServiceType: "service", Env: "prod", Namespace: "shop",
			Version: "1", Start: at.Add(start * time.Millisecond), Duration: duration * time.Millisecond, Weight: 1}
	}
	spans := []traces.Span{
		span(1, 0, "gateway", traces.KindServer, "GET /cart", 0, 100),
		span(2, 1, "gateway", traces.KindClient, "call cart", 1, 90),
		span(3, 2, "cart", traces.KindServer, "GET /cart", 2, 80),
		span(4, 3, "cart", traces.KindClient, "SELECT", 3, 10),
		span(5, 3, "cart", traces.KindProducer, "send", 20, 2),
		span(6, 5, "mail", traces.KindConsumer, "process", 1020, 30),
		span(7, 6, "mail", traces.KindInternal, "render", 1021, 5),
	}
	spans[3].PeerType, spans[3].PeerName = "Database::MySQL", "carts"
	spans[4].PeerType, spans[4].PeerName = "Queue::Kafka", "mails"
	spans[5].PeerType, spans[5].PeerName = "Queue::Kafka", "mails"
	spans[2].Class, spans[2].Weight = traces.ClassFault, 2
	return spans
}

func mapText(rows traces.MapRows) string {
	var b strings.Builder
	for _, n := range rows.Nodes {
		fmt.Fprintf(&b, "%s/%s/%s %s v%s: %v requests %v faults, %v spans, %s-%s, %d buckets, max %s\n", n.Env, n.Namespace, n.Name, n.Type, n.Version, n.Requests(), n.Fault, n.Spans,
			n.First.Format("15:04"), n.Last.Format("15:04"), len(n.Latency), time.Duration(n.Max))
	}
	for _, e := range rows.Edges {
		arrow := "->"
		if e.Async {
			arrow = "~>"
		}
		fmt.Fprintf(&b, "%s %s %s %s: %v requests of %v, served %v of %v, age %v of %v\n", e.From.Kind, e.From.Name, arrow, e.To.Name, e.Requests(), time.Duration(e.Duration),
			e.Server.Requests(), time.Duration(e.Server.Duration), e.Age.Requests(), time.Duration(e.Age.Duration))
	}
	return b.String()
}

const shopMap = `prod/shop/cart service v1: 6 requests 6 faults, 9 spans, 12:00-12:02, 1 buckets, max 80ms
prod/shop/gateway service v1: 3 requests 0 faults, 6 spans, 12:00-12:02, 1 buckets, max 100ms
prod/shop/mail service v1: 3 requests 0 faults, 6 spans, 12:00-12:02, 1 buckets, max 30ms
client gateway -> gateway: 3 requests of 300ms, served 0 of 0s, age 0 of 0s
inferred mails ~> mail: 3 requests of 90ms, served 0 of 0s, age 3 of 3s
service cart -> carts: 3 requests of 30ms, served 0 of 0s, age 0 of 0s
service cart -> mails: 3 requests of 6ms, served 0 of 0s, age 0 of 0s
service gateway -> cart: 3 requests of 270ms, served 6 of 480ms, age 0 of 0s
`

// TestMapIsTheSameFromRollupsAndFromSpans reads one map in every state that its minutes pass through.
func TestMapIsTheSameFromRollupsAndFromSpans(t *testing.T) {
	db := storagetest.Open(t)
	var spans []traces.Span
	for i := range 3 {
		spans = append(spans, shop(byte(i+1), noon.Add(time.Duration(i)*time.Minute))...)
	}
	putSpans(t, db, "p", spans)
	r, rollup := traces.NewReader(db), traces.NewRollup(db, rollupRetention)
	in := traces.Range{From: noon.Add(3 * time.Second), To: noon.Add(2*time.Minute + time.Second)} // whole minutes come of it
	check := func(state string, now time.Time) {
		t.Helper()
		r.SetNow(now)
		rows, err := r.Map(t.Context(), "p", in)
		if err != nil {
			t.Fatal(err)
		}
		if got := mapText(rows); got != shopMap || rows.Missing != 0 {
			t.Errorf("%s: %d minutes missing\n%s", state, rows.Missing, got)
		}
		if !rows.Range.From.Equal(noon) || !rows.Range.To.Equal(noon.Add(3*time.Minute)) {
			t.Errorf("%s: range %v", state, rows.Range)
		}
	}
	check("live", noon.Add(2*time.Minute+30*time.Second))
	check("no rollups yet", noon.Add(20*time.Minute))
	for i := range 3 {
		if _, err := rollup.Recompute(t.Context(), "p", noon.Add(time.Duration(i)*time.Minute), 1, uint64(100+i)); err != nil {
			t.Fatal(err)
		}
		check(fmt.Sprint(i+1, " rollups"), noon.Add(20*time.Minute))
		check(fmt.Sprint(i+1, " rollups, the last minute open"), noon.Add(2*time.Minute+30*time.Second))
	}
	check("much later", noon.Add(100*24*time.Hour))
	if _, err := rollup.Recompute(t.Context(), "p", noon, 1, 1000); err != nil {
		t.Fatal(err)
	}
	check("a second generation", noon.Add(time.Hour))
	// A generation that was never published.
	runSQL(t, db, "INSERT INTO red_1m (project, minute, generation, env, service, ok, retention_days) VALUES ('p', '2026-05-04 12:00:00', 2000, 'prod', 'ghost', 7, 20000)")
	runSQL(t, db, "INSERT INTO edges_1m (project, minute, generation, src_kind, ok, retention_days) VALUES ('p', '2026-05-04 12:00:00', 2000, 'ghost', 7, 20000)")
	check("an unpublished generation", noon.Add(time.Hour))
	if rows, err := r.Map(t.Context(), "other", in); err != nil || len(rows.Nodes)+len(rows.Edges) != 0 {
		t.Errorf("another project: %v, %v", rows, err)
	}
}

func TestMapCountsMinutesThatItLeavesOut(t *testing.T) {
	db := storagetest.Open(t)
	var spans []traces.Span
	for i := range 9 {
		spans = append(spans, shop(byte(i+1), noon.Add(time.Duration(2*i)*time.Minute))...)
	}
	putSpans(t, db, "p", spans)
	r := traces.NewReader(db)
	r.SetNow(noon.Add(time.Hour))
	rows, err := r.Map(t.Context(), "p", traces.Range{From: noon.Add(-time.Hour), To: noon.Add(time.Hour)})
	if err != nil || rows.Missing != 4 || len(rows.Nodes) != 3 || !rows.Nodes[0].First.Equal(noon.Add(8*time.Minute)) {
		t.Errorf("%d minutes missing, %v\n%s", rows.Missing, err, mapText(rows))
	}
}

func TestServicesBySteps(t *testing.T) {
	db := storagetest.Open(t)
	var spans []traces.Span
	for i := range 10 {
		spans = append(spans, shop(byte(i+1), noon.Add(time.Duration(i)*time.Minute))...)
	}
	second := shop(20, noon)
	for i := range second {
		second[i].Env, second[i].Version = "test", "2"
	}
	putSpans(t, db, "p", append(spans, second...))
	rollup := traces.NewRollup(db, rollupRetention)
	for i := range 8 { // the last two are open
		if _, err := rollup.Recompute(t.Context(), "p", noon.Add(time.Duration(i)*time.Minute), 1, 1); err != nil {
			t.Fatal(err)
		}
	}
	r := traces.NewReader(db)
	r.SetNow(noon.Add(9*time.Minute + 30*time.Second))
	in := traces.Range{From: noon, To: noon.Add(10 * time.Minute)}
	prod := "prod"
	var got []string
	rows, err := r.Services(t.Context(), traces.ServiceQuery{Project: "p", Range: in, Step: 5 * time.Minute, Name: "cart", Env: &prod})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range rows {
		got = append(got, fmt.Sprintf("%s %s %s v%s %v", n.At.Format("15:04"), n.Env, n.Name, n.Version, n.Requests()))
	}
	if want := []string{"12:00 prod cart v1 10", "12:05 prod cart v1 10"}; !slices.Equal(got, want) {
		t.Errorf("services %q, want %q", got, want)
	}
	all, err := r.Services(t.Context(), traces.ServiceQuery{Project: "p", Range: in})
	if err != nil || len(all) != 33 {
		t.Errorf("%d rows of services by minute, %v", len(all), err)
	}
	operations, err := r.Operations(t.Context(), traces.ServiceQuery{Project: "p", Range: in, Name: "gateway"})
	if err != nil || len(operations) != 1 || operations[0].Name != "GET /cart" || operations[0].Kind != traces.KindServer || operations[0].Requests() != 11 {
		t.Errorf("operations %+v, %v", operations, err)
	}
	edges, err := r.Edges(t.Context(), traces.EdgeQuery{Project: "p", Range: in, Step: 10 * time.Minute,
		From: &traces.End{Kind: "service", Type: "service", Env: "prod", Name: "gateway"}, To: &traces.End{Kind: "service", Type: "service", Env: "prod", Name: "cart"}})
	if err != nil || len(edges) != 1 || edges[0].Requests() != 10 || edges[0].Server.Requests() != 20 || edges[0].From.Namespace != "shop" {
		t.Errorf("edges %+v, %v", edges, err)
	}
	entries, err := r.Entries(t.Context(), "p", in, 0)
	if err != nil || len(entries) != 11 || entries[10].From.Kind != "client" {
		t.Errorf("entries %+v, %v", entries, err)
	}
}

// TestSearchesPrunedByRollupsMissNothing compares a search with rollups to its definition: with late spans, spans in progress and
// minutes that have no rollups.
func TestSearchesPrunedByRollupsMissNothing(t *testing.T) {
	db := storagetest.Open(t)
	g := gen{rand.New(rand.NewPCG(7, 8))}
	var spans, late []traces.Span
	minutes := map[time.Time]bool{}
	for i := range 160 {
		s := g.span(i)
		s.TraceID = id(byte(1 + g.IntN(100)))
		s.Start = noon.Add(-time.Duration(g.IntN(80)) * time.Minute)
		s.Kind = traces.KindServer
		if g.IntN(10) == 0 {
			s.State = traces.StateInProgress
		}
		if g.IntN(10) == 0 {
			late = append(late, s)
		} else {
			spans = append(spans, s)
		}
		minutes[s.Start.Truncate(time.Minute)] = true
	}
	putSpansAt(t, db, "p", spans, noon.Add(-time.Hour))
	rollup := traces.NewRollup(db, rollupRetention)
	made := noon.Add(5 * time.Minute)
	for m := range maps.Keys(minutes) {
		if m.Minute()%7 == 0 {
			continue
		}
		if _, err := rollup.Recompute(t.Context(), "p", m, 1, uint64(made.UnixNano())); err != nil {
			t.Fatal(err)
		}
	}
	putSpansAt(t, db, "p", late, made.Add(time.Minute))
	spans = append(spans, late...)
	r := traces.NewReader(db)
	r.SetNow(made.Add(2 * time.Minute))
	pruned := 0
	for range 25 {
		e, err := filter.Parse(pick(g, "class = fault", "duration > 1m", "service = checkout and class = throttle", "version = 1.2 and duration >= 1s", "(env = prod or class = error) and kind = server", "service = nowhere", "name = a and not class = ok"))
		if err != nil {
			t.Fatal(err)
		}
		if g.IntN(2) == 0 {
			e = filter.AllOf(e, g.intrinsic())
		}
		q := traces.SearchQuery{Project: "p", TimeLimit: patience, Limit: 200, Range: traces.Range{From: noon.Add(-2 * time.Hour), To: noon.Add(time.Hour)}, Filter: e}
		want := expected(spans, q)
		page, err := r.Search(t.Context(), q)
		if err != nil {
			t.Fatalf("%v: %v", q.Filter, err)
		}
		if len(page.Traces) != len(want) {
			t.Fatalf("%v: %d traces, want %d", q.Filter, len(page.Traces), len(want))
		}
		for i, s := range want {
			if page.Traces[i].TraceID != s.TraceID || !page.Traces[i].Matched.Start.Equal(s.Start) {
				t.Fatalf("%v: trace %d is %v %v, want %v %v", q.Filter, i, page.Traces[i].TraceID, page.Traces[i].Matched.Start, s.TraceID, s.Start)
			}
		}
		ranges, err := r.Prune(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(ranges) != 1 {
			pruned++
		}
	}
	if pruned < 10 {
		t.Errorf("only %d searches were pruned", pruned)
	}
}
