package traceapi

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/traces"
)

// drawn makes requests out of a line per version; each letter is a step: '.' none, 'a' a straggler, a digit that many tens.
func drawn(lines ...string) (requests map[string][]float64, total []float64) {
	requests = make(map[string][]float64)
	for _, line := range lines { // the first is the longest
		name, steps, _ := strings.Cut(line, " ")
		total = append(total, make([]float64, max(0, len(steps)-len(total)))...)
		own := make([]float64, len(total))
		for i, c := range steps {
			switch {
			case c == 'a':
				own[i] = 0.2
			case c >= '1' && c <= '9':
				own[i] = 10 * float64(c-'0')
			}
		}
		requests[name] = own
		for i, n := range own {
			total[i] += n
		}
	}
	return requests, total
}

func TestDeploymentsAreRunsThatBeginBesideOthers(t *testing.T) {
	f := func(want string, lines ...string) {
		t.Helper()
		var got []string
		for _, r := range deployments(drawn(lines...)) {
			got = append(got, fmt.Sprintf("%s@%d-%d", r.version, r.from, r.to))
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%q: got %q, want %q", lines, text, want)
		}
	}
	f("", "v1 55555")
	f("", "v1 ..555")                                         // the service began, nothing was replaced
	f("v2@3-6", "v1 555...", "v2 ...555")                     // replaced
	f("v2@3-6", "v1 555a..", "v2 ...555")                     // with a straggler
	f("v2@2-6", "v1 555555", "v2 ..1111")                     // a canary
	f("v2@3-5", "v1 555255555", "v2 ...35....")               // taken back; v1 was never quite gone
	f("v2@3-5 v1@5-8", "v1 555..555", "v2 ...55...")          // taken back; v1 was gone
	f("v2@2-3 v2@6-7", "v1 55255525", "v2 ..3...3.")          // twice
	f("v2@3-6", "v1 555...", "v2 ...5.5")                     // a pause of everybody ends nothing
	f("", " 555...", "v2 ......")                             // no name, no version
	f("v2@3-6", " 555...", "v2 ...555")                       // a version where there was none before
	f("v2@1-8", "v1 a.aa.aaa", "v2 .a.a.a.a")                 // a request now and then: v2's first, and no more
	f("v2@3-6 v3@3-5", "v1 5555..", "v2 ...222", "v3 ...22.") // two at once
}

func TestDeploymentsCompareAVersionWithTheOthersRightBefore(t *testing.T) {
	start := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	g := grid{start: start, step: time.Minute, n: 12}
	tl := newTally(g)
	tl.detailed = true
	add := func(version string, minute int, ok, fault float64) {
		at := start.Add(time.Duration(minute) * time.Minute)
		tl.add(g, &traces.NodeRow{At: at, First: at, Last: at, Version: version, Measure: traces.Measure{OK: ok, Fault: fault, Duration: (ok + fault) * 1e6, Latency: map[uint16]float64{40: ok + fault}}})
	}
	for minute := range 12 {
		if minute == 6 || minute == 7 {
			add("bad", minute, 20, 10)
			add("good", minute, 10, 0)
		} else {
			add("good", minute, 30, 0)
		}
	}
	got := tl.deployments(g)
	if len(got) != 1 {
		t.Fatalf("%d deployments: %+v", len(got), got)
	}
	d := got[0]
	if d.Version != "bad" || d.Previous != "good" || !d.At.Equal(start.Add(6*time.Minute)) || d.Until == nil || !d.Until.Equal(start.Add(8*time.Minute)) {
		t.Errorf("%+v", d)
	}
	if d.After.Requests != 60 || d.After.Fault != 20 || d.After.Rate != 0.5 || d.Before.Requests != 150 || d.Before.Fault != 0 || d.Before.Rate != 0.5 {
		t.Errorf("before %+v, after %+v", d.Before, d.After)
	}
	if last := tl.deployed(g); last == nil || last.Version != "bad" || !last.At.Equal(d.At) {
		t.Errorf("deployed %+v", last)
	}
}
