package query_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/sightline/sightline/storage/storagetest"
)

// TestTracesOfAConnection asks for the traces of every connection of a map as the page does (its own test makes the same queries out of
// testdata/edges.json), in TraceQL and, where one span tells all, in the short form.
func TestTracesOfAConnection(t *testing.T) {
	l := newLive(t)
	storagetest.Loader{Base: l.start}.Load(t, l.db, "testdata/edges.test")
	l.rollUp(t, 2)
	text, err := os.ReadFile("testdata/edges.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Edge, Query, Sets string
		Classes           []string
		Ranges            [][]float64
		Operation         string
		Traces            []int
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	var m struct {
		Edges []struct {
			ID    string
			Stats struct{ Requests float64 }
		}
	}
	l.get(t, "/api/map?from=now-1h", &m)
	asked := map[string]bool{}
	for _, c := range cases {
		asked[c.Edge] = true
		for _, q := range slices.Compact([]string{c.Query, c.Sets}) {
			var page struct {
				Traces []struct {
					ID string `json:"trace_id"`
				}
			}
			l.get(t, "/api/traces?from=now-1h&q="+url.QueryEscape(q), &page)
			found := []int{}
			for _, trace := range page.Traces {
				n, err := strconv.ParseUint(trace.ID, 16, 64)
				if err != nil {
					t.Fatal(err)
				}
				found = append(found, int(n))
			}
			if slices.Sort(found); fmt.Sprint(found) != fmt.Sprint(c.Traces) {
				t.Errorf("%s %v %v: traces %v, want %v, by\n%s", c.Edge, c.Classes, c.Ranges, found, c.Traces, q)
			}
		}
	}
	for _, e := range m.Edges {
		if e.Stats.Requests <= 0 {
			t.Errorf("%s has no requests", e.ID)
		}
		delete(asked, e.ID)
	}
	for id := range asked {
		t.Errorf("the map has no edge %s", id)
	}
}
