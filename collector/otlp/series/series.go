// Package series bounds how many series each project has at a time: a label with a value that never comes again makes a new one
// of every data point, and would slow everybody's questions. It refuses to know what a series is made of; it is given hashes.
package series

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/sightline/sightline/collector/otlp/walk"
)

// Turn is how often the series that no point came of are given up: one that stops frees its place after one to two of them.
const Turn = time.Hour

// Limit bounds the series of every project. A project takes at most 2 sets of 8 bytes for each of its series, in tables that are
// three eighths to three quarters full: 32 MiB for a million, and 40 bytes for each metric name. A restart forgets them: what goes
// on is counted again. It is safe for concurrent use.
//
// A data point costs 17 ns for its hash, in the walk, and here 6 ns, 30 ns among a million series (BenchmarkSignals of walk,
// BenchmarkAdmit, one core); nothing is allocated for a point.
type Limit struct {
	series, ofMetric int // at most; of a project, and of a metric's name in it
	seed             uint64
	mu               sync.Mutex
	of               map[string]*project
}

// NewLimit has no series yet.
func NewLimit(series, ofMetric int) *Limit {
	return &Limit{series: series, ofMetric: ofMetric, seed: rand.Uint64(), of: map[string]*project{}}
}

type project struct {
	mu      sync.Mutex
	turned  time.Time
	now     set               // since then
	before  set               // in the turn before
	both    int               // are in now and before
	metrics map[uint64]counts // by hash of the name
	refused map[string]uint64 // new series, by metric name, of late
}

// counts are a project's, for the series of one metric name.
type counts struct{ now, before, both uint32 }

func (c counts) active() int { return int(c.now) + int(c.before) - int(c.both) }

func (p *project) active() int { return p.now.n + p.before.n - p.both }

// Admit rejects the data points of a walked request that would begin a series, of a project or a metric that has as many as it may.
// Points of series that are known are never rejected.
func (l *Limit) Admit(name string, at time.Time, r *walk.Result) {
	if len(r.Series) == 0 {
		return
	}
	l.mu.Lock()
	p := l.of[name]
	if p == nil {
		p = &project{turned: at, now: set{seed: l.seed}, before: set{seed: l.seed}, metrics: map[uint64]counts{}, refused: map[string]uint64{}}
		l.of[name] = p
	}
	l.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turn(at)
	var refused []uint32
	var first []byte
	ordinal, rejected := uint32(0), r.Rejected
	for _, m := range r.Metrics {
		var hash uint64
		had := len(refused)
		for ; ordinal < m.End; ordinal++ {
			if len(rejected) > 0 && rejected[0] == ordinal {
				rejected = rejected[1:]
				continue
			}
			id := r.Series[ordinal]
			if p.now.has(id) {
				continue
			}
			if hash == 0 {
				hash = xxh3.Hash(m.Name) | 1
			}
			if !p.admit(id, hash, l) {
				refused = append(refused, ordinal)
			}
		}
		if n := len(refused) - had; n > 0 {
			if had == 0 {
				first = m.Name
			}
			p.refuse(m.Name, uint64(n))
		}
	}
	r.RejectMore(walk.SeriesLimit, refused, first)
}

// admit is of a series that is not in now.
func (p *project) admit(id, metric uint64, l *Limit) bool {
	c := p.metrics[metric]
	if p.before.has(id) {
		p.both++
		c.both++
	} else if p.active() >= l.series || c.active() >= l.ofMetric {
		return false
	}
	p.now.add(id)
	c.now++
	p.metrics[metric] = c
	return true
}

// turn gives up what no point came of for long enough.
func (p *project) turn(at time.Time) {
	since := at.Sub(p.turned)
	if since < Turn {
		return
	}
	p.turned = at
	p.before, p.now, p.both = p.now, set{seed: p.now.seed}, 0
	if since >= 2*Turn {
		p.before = set{seed: p.now.seed}
	}
	metrics := map[uint64]counts{}
	if p.before.n > 0 {
		for name, c := range p.metrics {
			if c.now > 0 {
				metrics[name] = counts{before: c.now}
			}
		}
	}
	p.metrics = metrics
	for name, n := range p.refused {
		if p.refused[name] = n / 2; n < 2 {
			delete(p.refused, name)
		}
	}
}

const (
	offenders = 64 // that are counted
	named     = 4  // of them, in a message
	nameBytes = 60 // of each
)

// refuse counts a metric's refused series. Of many metrics those with the most stay.
func (p *project) refuse(metric []byte, n uint64) {
	metric = metric[:min(len(metric), nameBytes)]
	if _, ok := p.refused[string(metric)]; !ok && len(p.refused) == offenders {
		least, of := "", ^uint64(0)
		for name, n := range p.refused {
			if n < of {
				least, of = name, n
			}
		}
		delete(p.refused, least)
		n += of
	}
	p.refused[string(metric)] += n
}

// Refused says how many series a project has, and which metrics would have the most that it may not have.
func (l *Limit) Refused(name string) string {
	l.mu.Lock()
	p := l.of[name]
	l.mu.Unlock()
	if p == nil {
		return ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	most := slices.SortedFunc(maps.Keys(p.refused), func(a, b string) int {
		return cmp.Or(cmp.Compare(p.refused[b], p.refused[a]), cmp.Compare(a, b))
	})
	var out []string
	for _, metric := range most[:min(len(most), named)] {
		out = append(out, fmt.Sprintf("%q %d", strings.ToValidUTF8(metric, "\ufffd"), p.refused[metric]))
	}
	return fmt.Sprintf("begins a series; the project has %d of %d, a metric may have %d; most are of %s", p.active(), l.series, l.ofMetric, strings.Join(out, ", "))
}

// Active is how many series a project has.
func (l *Limit) Active(name string) int {
	l.mu.Lock()
	p := l.of[name]
	l.mu.Unlock()
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.active()
}
