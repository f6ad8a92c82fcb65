package metrics

import (
	"math"
	"slices"
	"sort"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// track is the samples of a series by time. A sample is a histogram where h has one.
type track struct {
	t     []int64 // ms
	v     []float64
	began int64                       // when what is counted began, ms; 0: not known
	st    []int64                     // that of each sample, where they differ
	h     []*histogram.FloatHistogram // nil: none is one
}

func (s *track) len() int { return len(s.t) }

// grow makes room for some samples more.
func (s *track) grow(n int) { s.t, s.v = slices.Grow(s.t, n), slices.Grow(s.v, n) }

// add appends a sample; of two of one time the later counts.
func (s *track) add(t, st int64, v float64, h *histogram.FloatHistogram) {
	n := len(s.t)
	if n > 0 && s.t[n-1] == t {
		n--
		s.cut(n)
	}
	if n == 0 {
		s.began, s.st = st, nil
	} else if s.st == nil && st != s.began {
		s.st = slices.Repeat([]int64{s.began}, n)
	}
	if h != nil && s.h == nil {
		s.h = make([]*histogram.FloatHistogram, n, max(n, cap(s.t)))
	}
	s.t, s.v = append(s.t, t), append(s.v, v)
	if s.st != nil {
		s.st = append(s.st, st)
	}
	if s.h != nil {
		s.h = append(s.h, h)
	}
}

func (s *track) cut(n int) {
	s.t, s.v = s.t[:n], s.v[:n]
	if s.st != nil {
		s.st = s.st[:n]
	}
	if s.h != nil {
		s.h = s.h[:n]
	}
}

func (s *track) start(i int) int64 {
	if s.st == nil {
		return s.began
	}
	return s.st[i]
}

func (s *track) histogram(i int) *histogram.FloatHistogram {
	if s.h == nil {
		return nil
	}
	return s.h[i]
}

// stale says that the sample only tells that there is no value.
func (s *track) stale(i int) bool {
	if h := s.histogram(i); h != nil {
		return math.Float64bits(h.Sum) == staleMarker
	}
	return math.Float64bits(s.v[i]) == staleMarker
}

// chain puts the samples of several into one; of one time the first in the list that has a value counts.
func chain(parts []*track) *track {
	if len(parts) == 1 {
		return parts[0]
	}
	out, at := &track{}, make([]int, len(parts))
	for {
		best := -1
		for i, p := range parts {
			if at[i] < p.len() && (best < 0 || p.t[at[i]] < parts[best].t[at[best]] || p.t[at[i]] == parts[best].t[at[best]] && parts[best].stale(at[best]) && !p.stale(at[i])) {
				best = i
			}
		}
		if best < 0 {
			return out
		}
		p, i := parts[best], at[best]
		out.add(p.t[i], p.start(i), p.v[i], p.histogram(i))
		for j, other := range parts {
			for at[j] < other.len() && other.t[at[j]] == p.t[i] {
				at[j]++
			}
		}
	}
}

// accumulate turns deltas into what was counted since the first. Several that are one series by their labels count together.
func accumulate(parts []*track) *track {
	type place struct{ part, at int }
	var order []place
	for p, s := range parts {
		for i := range s.t {
			order = append(order, place{p, i})
		}
	}
	if len(parts) > 1 {
		sort.SliceStable(order, func(i, j int) bool { return parts[order[i].part].t[order[i].at] < parts[order[j].part].t[order[j].at] })
	}
	out := &track{}
	var total float64
	var sum *histogram.FloatHistogram
	var began, beganHistogram int64
	floats := false
	for _, o := range order {
		s, i := parts[o.part], o.at
		t, st, v, h := s.t[i], s.start(i), s.v[i], s.histogram(i)
		switch {
		case s.stale(i):
			if n := out.len(); n > 0 && out.t[n-1] == t {
				continue // others go on
			}
			out.add(t, 0, v, h)
		case h != nil:
			if sum == nil {
				sum, beganHistogram = h.Copy(), st
			} else if added, _, _, err := sum.Copy().Add(h); err == nil {
				sum = added
			} else { // they can't be added: what is counted begins anew
				sum, beganHistogram = h.Copy(), st
			}
			sum.CounterResetHint = histogram.UnknownCounterReset
			out.add(t, beganHistogram, 0, sum)
		default:
			if !floats {
				floats, began = true, st
			}
			total += v
			out.add(t, began, total, nil)
		}
	}
	return out
}

// outSeries is a series as Prometheus sees it. It implements storage.Series.
type outSeries struct {
	labels        labels.Labels
	parts, deltas []*track
	*track
}

// finish makes the samples of all that has these labels.
func (o *outSeries) finish() {
	if len(o.deltas) > 0 {
		o.parts = append(o.parts, accumulate(o.deltas))
	}
	if o.track = (&track{}); len(o.parts) > 0 {
		o.track = chain(o.parts)
	}
	o.parts, o.deltas = nil, nil
}

// part begins the samples of one stored series.
func (o *outSeries) part(delta bool) *track {
	s := &track{}
	if delta {
		o.deltas = append(o.deltas, s)
	} else {
		o.parts = append(o.parts, s)
	}
	return s
}

func (o *outSeries) Labels() labels.Labels { return o.labels }

func (o *outSeries) Iterator(it chunkenc.Iterator) chunkenc.Iterator {
	if i, ok := it.(*iterator); ok {
		*i = iterator{track: o.track, at: -1}
		return i
	}
	return &iterator{track: o.track, at: -1}
}

// iterator implements chunkenc.Iterator.
type iterator struct {
	*track
	at int
}

func (i *iterator) typ() chunkenc.ValueType {
	switch {
	case i.at >= len(i.t):
		return chunkenc.ValNone
	case i.track.histogram(i.at) != nil:
		return chunkenc.ValFloatHistogram
	}
	return chunkenc.ValFloat
}

func (i *iterator) Next() chunkenc.ValueType {
	if i.at < len(i.t) {
		i.at++
	}
	return i.typ()
}

// millis is a time. vet takes a Seek of an int64 for io.Seeker's, which this is not.
type millis = int64

func (i *iterator) Seek(t millis) chunkenc.ValueType {
	i.at = max(i.at, 0)
	if i.at < len(i.t) && i.t[i.at] < t {
		n, _ := slices.BinarySearch(i.t[i.at:], t)
		i.at += n
	}
	return i.typ()
}

func (i *iterator) At() (int64, float64) { return i.t[i.at], i.v[i.at] }

func (i *iterator) AtHistogram(*histogram.Histogram) (int64, *histogram.Histogram) {
	panic("the samples are float histograms") // as typ says
}

func (i *iterator) AtFloatHistogram(fh *histogram.FloatHistogram) (int64, *histogram.FloatHistogram) {
	h := i.track.histogram(i.at)
	if fh == nil {
		return i.t[i.at], h.Copy()
	}
	h.CopyTo(fh)
	return i.t[i.at], fh
}

func (i *iterator) AtT() int64  { return i.t[i.at] }
func (i *iterator) AtST() int64 { return i.start(i.at) }
func (i *iterator) Err() error  { return nil }
