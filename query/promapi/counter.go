package promapi

import (
	"math"
	"sort"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// A counter made of spans runs up from 0 at the series' first step that is selected, or at the start of the selection. What a step
// measured is spread evenly over it: samples lie at twelfths of the step (every 5 s of a minute), so that a rate over a minute has what
// it needs. Another lies a millisecond after the step's start: with it a window of whole minutes that begins at a full minute has all
// that lies in it and nothing else, since a window leaves out the sample at its very start. With fewer than ten parts that one would
// make the samples seem so dense that PromQL no longer extrapolates to the ends of a window. A step that is not over is spread over
// what has passed of it. Between the first step and the end of the selection there are samples also where nothing happened.

// parts is how many samples a step has, beside the one after its start.
const parts = 12

// selection is when samples are wanted, unix ms.
type selection struct {
	step       int64 // ms
	begin, end int64 // both included
	now        int64
}

// counter is a series that only grows.
type counter struct {
	labels labels.Labels
	bins   []bin
	value  func(*bin) float64 // what a step adds
	when   *selection
}

func (c *counter) Labels() labels.Labels { return c.labels }

func (c *counter) Iterator(it chunkenc.Iterator) chunkenc.Iterator {
	walk, ok := it.(*walk)
	if !ok {
		walk = newWalk()
	}
	walk.reset(c)
	return walk
}

// walk goes through the samples of a counter.
type walk struct {
	of    *counter
	step  int64 // start of the step that the next sample lies in, ms
	place int   // of the next sample in its step: 0 is at the start, 1 a millisecond later, 2 and on at the parts
	bin   int   // the first bin that is not before the step
	sum   float64
	t     int64
	v     float64
	begun bool
	done  bool
}

func newWalk() *walk { return &walk{} }

func (w *walk) reset(c *counter) {
	*w = walk{of: c}
	if len(c.bins) == 0 {
		w.done = true
		return
	}
	w.step = c.bins[0].at * 1000
}

// skip goes to the step that a time lies in, if that is further on.
func (w *walk) skip(t int64) {
	s := w.of.when.step
	first := w.of.bins[0].at * 1000
	to := first + max(0, t-first)/s*s
	if to <= w.step {
		return
	}
	n := w.bin + sort.Search(len(w.of.bins)-w.bin, func(i int) bool { return w.of.bins[w.bin+i].at*1000 >= to })
	for ; w.bin < n; w.bin++ {
		w.sum += w.of.value(&w.of.bins[w.bin])
	}
	w.step, w.place = to, 0
}

func (w *walk) Next() chunkenc.ValueType {
	if w.done {
		return chunkenc.ValNone
	}
	if !w.begun {
		w.begun = true
		w.skip(w.of.when.begin)
	}
	for {
		w.sample()
		if w.t > w.of.when.end || w.t > w.of.when.now {
			w.done = true
			return chunkenc.ValNone
		}
		if w.t >= w.of.when.begin {
			return chunkenc.ValFloat
		}
	}
}

// sample makes the next one.
func (w *walk) sample() {
	s := w.of.when.step
	var adds float64
	if w.bin < len(w.of.bins) && w.of.bins[w.bin].at*1000 == w.step {
		adds = w.of.value(&w.of.bins[w.bin])
	}
	switch w.place {
	case 0:
		w.t, w.v = w.step, w.sum
	case 1:
		w.t, w.v = w.step+1, w.sum
	default:
		after := int64(w.place-1) * s / parts
		w.t = w.step + after
		length := min(s, max(1, w.of.when.now-w.step))
		w.v = w.sum + adds*math.Min(1, float64(after)/float64(length))
	}
	w.place++
	if w.place == parts+1 { // the last part ends with the next step's start
		if w.bin < len(w.of.bins) && w.of.bins[w.bin].at*1000 == w.step {
			w.sum += adds
			w.bin++
		}
		w.step += s
		w.place = 0
	}
}

// unixMilli is a time in ms since 1970. The name alone tells vet that Seek below is not io.Seeker's.
type unixMilli = int64

func (w *walk) Seek(t unixMilli) chunkenc.ValueType {
	if w.done {
		return chunkenc.ValNone
	}
	if w.begun && w.t >= t {
		return chunkenc.ValFloat
	}
	w.begun = true
	w.skip(max(t, w.of.when.begin))
	for {
		if w.Next() == chunkenc.ValNone {
			return chunkenc.ValNone
		}
		if w.t >= t {
			return chunkenc.ValFloat
		}
	}
}

func (w *walk) At() (int64, float64) { return w.t, w.v }

func (w *walk) AtHistogram(*histogram.Histogram) (int64, *histogram.Histogram) { return w.t, nil }

func (w *walk) AtFloatHistogram(*histogram.FloatHistogram) (int64, *histogram.FloatHistogram) {
	return w.t, nil
}

func (w *walk) AtT() int64  { return w.t }
func (w *walk) AtST() int64 { return 0 }
func (w *walk) Err() error  { return nil }
