package traces_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

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

	var many errgroup.Group // what is summed up once for many is the same for all, and given up by one it is there for the others
	for i := range 12 {
		many.Go(func() error {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if i%4 == 0 {
				cancel()
			}
			if i%2 == 0 {
				ctx = conn.InBackground(ctx)
			}
			n := 0.0
			_, err := r.Connections(ctx, traces.RequestQuery{Project: "p", Range: in, From: "gateway", To: "cart"}, func(e *traces.EdgeRow) error { n += e.Requests(); return nil })
			if i%4 != 0 && (err != nil || n != 7) {
				return fmt.Errorf("%v requests, %w", n, err)
			}
			return nil
		})
	}
	if err := many.Wait(); err != nil {
		t.Error(err)
	}

	enough := errors.New("enough")
	if _, err := r.Calls(t.Context(), traces.RequestQuery{Project: "p", Range: in}, func(*traces.CallStep) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("an end of Calls is told as %v", err)
	}
	if _, err := r.Connections(t.Context(), traces.RequestQuery{Project: "p", Range: in}, func(*traces.EdgeRow) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("an end of Connections is told as %v", err)
	}
}
