package traces_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

// TestMapAndEntriesAreTheMapAndTheEntries compares one read with the two that it stands for, from rollups, from open minutes, and
// from both.
func TestMapAndEntriesAreTheMapAndTheEntries(t *testing.T) {
	db := storagetest.Open(t)
	var spans []traces.Span
	for i := range 3 {
		spans = append(spans, shop(byte(i+1), noon.Add(time.Duration(i)*time.Minute))...)
	}
	putSpans(t, db, "p", spans)
	r, rollup := traces.NewReader(db), traces.NewRollup(db, rollupRetention)
	in := traces.Range{From: noon.Add(-time.Hour), To: noon.Add(3 * time.Minute)}
	for _, step := range []time.Duration{time.Minute, 2 * time.Minute, time.Hour} {
		for i, now := range []time.Time{noon.Add(2*time.Minute + 30*time.Second), noon.Add(3*time.Minute + 30*time.Second), noon.Add(time.Hour)} {
			if i > 0 {
				for m := range 3 {
					if _, err := rollup.Recompute(t.Context(), "p", noon.Add(time.Duration(m)*time.Minute), 1, uint64(now.UnixNano())+uint64(step)); err != nil {
						t.Fatal(err)
					}
				}
			}
			r.SetNow(now)
			whole, err := r.Map(t.Context(), "p", in)
			if err != nil {
				t.Fatal(err)
			}
			entries, err := r.Entries(t.Context(), "p", in, step)
			if err != nil {
				t.Fatal(err)
			}
			both, its, err := r.MapAndEntries(t.Context(), "p", in, step)
			if err != nil {
				t.Fatal(err)
			}
			both.Edges = summed(both.Edges)
			if got, want := sortedLines(mapText(both)), sortedLines(mapText(whole)); got != want || both.Range != whole.Range || both.Missing != whole.Missing {
				t.Errorf("at %s the map is\n%s\nwant\n%s", now, got, want)
			}
			if got, want := len(summed(its)), len(summed(entries)); got != want || requestsOf(its) != requestsOf(entries) || requestsOf(its) != 3 {
				t.Errorf("at %s by %s: %d entries of %v requests, want %d of %v", now, step, got, requestsOf(its), want, requestsOf(entries))
			}
		}
	}
}

// summed puts rows of one edge and step together, in the order of the first.
func summed(rows []traces.EdgeRow) []traces.EdgeRow {
	type key struct {
		at       time.Time
		async    bool
		from, to traces.End
	}
	at := map[key]int{}
	var out []traces.EdgeRow
	for _, r := range rows {
		k := key{r.At, r.Async, r.From, r.To}
		i, ok := at[k]
		if !ok {
			at[k] = len(out)
			out = append(out, traces.EdgeRow{At: r.At, Async: r.Async, From: r.From, To: r.To})
			i = len(out) - 1
		}
		out[i].Add(&r.Measure)
		out[i].Server.Add(&r.Server)
		out[i].Age.Add(&r.Age)
	}
	return out
}

func sortedLines(text string) string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func requestsOf(rows []traces.EdgeRow) (n float64) {
	for i := range rows {
		n += rows[i].Requests()
	}
	return n
}
