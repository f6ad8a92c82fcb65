package traces_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

// TestRequestsAreWhatTheMapHas reads rows for series, from rollups and from spans, and holds their sums against the map's.
func TestRequestsAreWhatTheMapHas(t *testing.T) {
	db := storagetest.Open(t)
	var spans []traces.Span
	for i := range 7 {
		spans = append(spans, shop(byte(i+1), noon.Add(time.Duration(i)*time.Minute))...)
	}
	putSpans(t, db, "p", spans)
	if _, err := traces.NewRollup(db, rollupRetention).Recompute(t.Context(), "p", noon, 5, 100); err != nil {
		t.Fatal(err)
	}
	r := traces.NewReader(db)
	r.SetNow(noon.Add(6*time.Minute + 30*time.Second)) // the last two minutes are open
	in := traces.Range{From: noon, To: noon.Add(7 * time.Minute)}
	want, err := r.Map(t.Context(), "p", in)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, n := range want.Nodes {
		all["service "+n.Name+" "+n.Type+" v"+n.Version] = n.Requests()
	}
	for _, e := range want.Edges {
		all[fmt.Sprint(e.Async, e.From, e.To)] = e.Requests() + e.Server.Requests() + e.Age.Requests() + e.Fault
	}
	for _, latency := range []bool{false, true} {
		for _, step := range []time.Duration{0, 2 * time.Minute, 1 << 31 * time.Second} {
			got, steps, buckets := map[string]float64{}, map[time.Time]bool{}, 0.0
			q := traces.RequestQuery{Project: "p", Range: in, Step: step, Latency: latency}
			missing, err := r.Calls(t.Context(), q, func(c *traces.CallStep) error {
				if c.Operation != "" {
					got["service "+c.Service+" "+c.Type+" v"+c.Version] += c.Requests()
				}
				steps[c.At] = true
				for _, n := range c.Latency {
					buckets += n
				}
				return nil
			})
			if err != nil || missing != 0 {
				t.Fatal(missing, err)
			}
			if latency && buckets != 7*8 { // seven spans a minute, of which one counts twice
				t.Errorf("%v in buckets", buckets)
			}
			_, err = r.Connections(t.Context(), q, func(e *traces.EdgeRow) error {
				got[fmt.Sprint(e.Async, e.From, e.To)] += e.Requests() + e.Server.Requests() + e.Age.Requests() + e.Fault
				if steps[e.At] = true; latency && len(e.Latency) == 0 {
					t.Errorf("%v has no latencies", e)
				}
				return nil
			})
			if err != nil || !maps.Equal(got, all) {
				t.Errorf("steps of %v: %v\ngot  %v\nwant %v", step, err, got, all)
			}
			if n := map[time.Duration]int{0: 7, 2 * time.Minute: 4}[max(0, step%(1<<31*time.Second))]; step < time.Hour && len(steps) != n {
				t.Errorf("steps of %v: %v", step, steps)
			}
		}
	}
	f := func(q traces.RequestQuery, want string) {
		t.Helper()
		q.Project, q.Range = "p", in
		found := map[string]bool{}
		if q.From+q.To == "" {
			_, err = r.Calls(t.Context(), q, func(c *traces.CallStep) error { found[c.Service+" "+c.Operation] = true; return nil })
		} else {
			_, err = r.Connections(conn.InBackground(t.Context()), q, func(e *traces.EdgeRow) error { found[e.From.Name+">"+e.To.Name] = true; return nil })
		}
		if got := strings.Join(slices.Sorted(maps.Keys(found)), ", "); err != nil || got != want {
			t.Errorf("%+v = %s %v, want %s", q, got, err, want)
		}
	}
	f(traces.RequestQuery{Service: "gateway"}, "gateway , gateway GET /cart")
	f(traces.RequestQuery{Operation: "GET /cart"}, "cart GET /cart, gateway GET /cart")
	f(traces.RequestQuery{From: "cart"}, "cart>carts, cart>mails")
	f(traces.RequestQuery{From: "cart", To: "mails"}, "cart>mails")
	f(traces.RequestQuery{To: "gateway"}, "gateway>gateway")

	enough := errors.New("enough")
	if _, err := r.Calls(t.Context(), traces.RequestQuery{Project: "p", Range: in}, func(*traces.CallStep) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("an end of Calls is told as %v", err)
	}
	if _, err := r.Connections(t.Context(), traces.RequestQuery{Project: "p", Range: in}, func(*traces.EdgeRow) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("an end of Connections is told as %v", err)
	}
}
