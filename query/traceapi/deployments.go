package traceapi

import (
	"cmp"
	"slices"
	"time"

	"github.com/sightline/sightline/query/servicemap"
	"github.com/sightline/sightline/storage/traces"
)

// maxDeployments of a service that are told; each comes with two histograms.
const maxDeployments = 20

type (
	// deployedJSON is what a list tells of a service's newest deployment.
	deployedJSON struct {
		Version string    `json:"version"`
		At      time.Time `json:"at"`
	}
	// deploymentJSON is a stretch of time in which a version served requests that it had not served right before.
	deploymentJSON struct {
		Version  string           `json:"version"`
		Previous string           `json:"previous"`
		At       time.Time        `json:"at"`    // to the step of the series
		Until    *time.Time       `json:"until"` // nil while it serves
		Before   servicemap.Stats `json:"before"`
		After    servicemap.Stats `json:"after"`
	}
)

// run is a stretch of steps [from, to) in which a version served requests.
type run struct {
	version  string
	from, to int
}

const (
	// rareShare of a step's requests is a straggler of a version that is being replaced, no run of it.
	rareShare = 0.02
	// surelyGone is how many requests a version would have been expected to get in a gap, had it been there all along at its
	// share: with three of them none at all is no chance any more (1 in 20), so the gap ends a run. A service with a request now
	// and then, spread over two versions, has no deployments.
	surelyGone = 3
	// leastBefore is over how many steps at least the time before a deployment is measured.
	leastBefore = 5
)

// runs finds when each version served, in order of their beginnings. requests are a version's, step by step; total is everybody's.
func runs(requests map[string][]float64, total []float64) []run {
	var all float64
	for _, n := range total {
		all += n
	}
	var out []run
	for version, own := range requests {
		var mine float64
		for _, n := range own {
			mine += n
		}
		if mine == 0 || version == "" {
			continue
		}
		odds := mine / max(all-mine, mine/1e6) // of this version against the others, while both are there
		open := -1                             // the run in out that may go on
		var others float64                     // requests of the others since that run's end
		for i, n := range own {
			if n <= rareShare*total[i] {
				others += total[i] - n
				continue
			}
			if open >= 0 && others*odds < surelyGone {
				out[open].to = i + 1
			} else {
				open = len(out)
				out = append(out, run{version, i, i + 1})
			}
			others = 0
		}
	}
	slices.SortFunc(out, func(a, b run) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.version, b.version)) })
	return out
}

// deployments are the runs that began while another version served.
func deployments(requests map[string][]float64, total []float64) []run {
	return slices.DeleteFunc(runs(requests, total), func(r run) bool {
		for i := range r.from {
			if total[i] > requests[r.version][i] {
				return false
			}
		}
		return true
	})
}

// requestsOf are the requests of each version, step by step, and of all of them together.
func (t *tally) requestsOf(g grid) (versions map[string][]float64, total []float64) {
	versions, total = make(map[string][]float64, len(t.versions)), make([]float64, g.n)
	for name, v := range t.versions {
		versions[name] = v.requests
		for i, n := range v.requests {
			total[i] += n
		}
	}
	return versions, total
}

// deployed is the newest deployment of a service in the range, nil for none.
func (t *tally) deployed(g grid) *deployedJSON {
	all := deployments(t.requestsOf(g))
	if len(all) == 0 {
		return nil
	}
	last := all[len(all)-1]
	return &deployedJSON{last.version, g.at(last.from)}
}

// deployments of a service, newest first: what the version did while it ran, and what the others did right before, for as long.
func (t *tally) deployments(g grid) []deploymentJSON {
	requests, total := t.requestsOf(g)
	end := g.n // the last step with requests, and what follows
	for end > 0 && total[end-1] == 0 {
		end--
	}
	all := deployments(requests, total)
	slices.Reverse(all)
	out := make([]deploymentJSON, 0, min(len(all), maxDeployments))
	for _, r := range all[:min(len(all), maxDeployments)] {
		var after, before traces.Measure
		for i := r.from; i < r.to; i++ {
			after.Add(&t.versions[r.version].points[i])
		}
		from := max(0, r.from-max(leastBefore, r.to-r.from))
		replaced := make(map[string]float64)
		for name, v := range t.versions {
			for i := from; i < r.from && name != r.version; i++ {
				before.Add(&v.points[i])
				replaced[name] += requests[name][i]
			}
		}
		d := deploymentJSON{
			Version: r.version, Previous: most(replaced), At: g.at(r.from),
			Before: servicemap.StatsOf(&before, time.Duration(r.from-from)*g.step),
			After:  servicemap.StatsOf(&after, time.Duration(r.to-r.from)*g.step),
		}
		if r.to < end {
			until := g.at(r.to)
			d.Until = &until
		}
		out = append(out, d)
	}
	return out
}

// at is when a step begins.
func (g grid) at(step int) time.Time { return g.start.Add(time.Duration(step) * g.step) }
