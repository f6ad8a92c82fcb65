package traceapi

import (
	"context"
	"time"

	"github.com/sightline/sightline/query/timeline"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/traces"
)

const (
	// typicalSample is how many of the newest requests of an operation are looked at.
	typicalSample = 80
	// typicalSpans bounds the spans of their traces that are read, and of the first few where all have too many.
	typicalSpans, fewTypical = 40_000, 8
	// typicalBand is how far from the median a duration may be: beyond, those near the median are looked at, too.
	typicalBand = 1.3
	// typicalSettled is how old requests should be: of younger ones spans may still arrive.
	typicalSettled = 15 * time.Second
)

// How a typical request was chosen.
const (
	byStructure = "structure" // the most common structure
	byMiddle    = "middle"    // the structure nearest to all others, since they differ too much
	byDuration  = "duration"  // the duration alone: traces were too large, or could not be read in time
)

type typicalJSON struct {
	exemplarJSON
	Class      string `json:"class"`
	By         string `json:"by"`
	Sample     int    `json:"sample"`
	Alike      int    `json:"alike"`
	Structures int    `json:"structures"`
	Median     int64  `json:"median_ns"`
}

// typical is a recent request of a class that does what most of them do and takes about as long as half of them.
func (h *handlers) typical(ctx context.Context, set traces.SpanSet, class traces.Class, median time.Duration) (*typicalJSON, error) {
	set.Filter = filter.AllOf(set.Filter, equal(filter.Class, class.String()))
	sample, err := h.recent(ctx, set)
	if err != nil || len(sample) == 0 {
		return nil, err
	}
	out := &typicalJSON{Class: class.String(), By: byDuration, Sample: len(sample), Median: int64(median)}
	known, err := h.structures(ctx, set.Project, sample)
	if err != nil {
		return nil, err
	}
	if len(known) == 0 {
		e, err := h.nearMedian(ctx, set, median)
		if err != nil {
			return nil, err
		}
		if e == nil {
			e = nearest(sample, median)
		}
		out.exemplarJSON = *e
		return out, nil
	}
	all := make([]timeline.Structure, len(known))
	for i := range known {
		all[i] = known[i].structure
	}
	usual := timeline.UsualOf(all)
	out.Sample, out.Alike, out.Structures, out.By = len(known), len(usual.Alike), usual.Kinds, byMiddle
	if usual.Common {
		out.By = byStructure
	}
	alike := make([]traces.FoundSpan, len(usual.Alike))
	for i, at := range usual.Alike {
		alike[i] = known[at].FoundSpan
	}
	best := nearest(alike, median)
	if off := time.Duration(best.Duration); float64(off) > typicalBand*float64(median) || float64(off)*typicalBand < float64(median) {
		more, err := h.likeNearMedian(ctx, set, usual.Structure, median)
		if err != nil {
			return nil, err
		}
		if e := nearest(append(alike, more...), median); e != nil {
			best = e
		}
	}
	out.exemplarJSON = *best
	return out, nil
}

// recent is the newest complete requests of a set, those whose spans may still arrive only where there are no others.
func (h *handlers) recent(ctx context.Context, set traces.SpanSet) ([]traces.FoundSpan, error) {
	settled := set
	if last := h.Now().Add(-typicalSettled); set.Range.To.After(last) && set.Range.From.Before(last) {
		settled.Range.To = last
	}
	found, err := h.newest(ctx, settled, typicalSample)
	if err == nil && len(found) == 0 && settled.Range != set.Range {
		found, err = h.newest(ctx, set, typicalSample)
	}
	return found, err
}

// structured is a request and what lies below it.
type structured struct {
	traces.FoundSpan
	structure timeline.Structure
}

// structures reads the traces of requests. It gives those that were read whole: nothing where the limit does not hold even a few.
func (h *handlers) structures(ctx context.Context, project string, sample []traces.FoundSpan) ([]structured, error) {
	ctx, cancel := context.WithTimeout(ctx, exemplarTime)
	defer cancel()
	for _, n := range []int{len(sample), min(fewTypical, len(sample))} {
		some := sample[:n]
		seen := map[traces.TraceID]bool{}
		q := traces.SkeletonQuery{Project: project, Limit: typicalSpans}
		for i := range some {
			if id := some[i].TraceID; !seen[id] {
				seen[id] = true
				q.Traces = append(q.Traces, traces.Candidate{TraceID: id, Newest: some[i].Start})
			}
		}
		read, err := h.Sets.Skeletons(ctx, q)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, nil // an extra
		case err != nil:
			return nil, err
		}
		var spans int
		trees := make(map[traces.TraceID]*timeline.Timeline, len(read))
		for i := range read {
			spans += len(read[i].Spans)
			trees[read[i].TraceID] = timeline.Build(read[i].Spans, timeline.Options{KeepSkew: true})
		}
		if spans >= typicalSpans {
			continue
		}
		var out []structured
		for _, s := range some {
			t := trees[s.TraceID]
			if row := t.Find(s.SpanID); row >= 0 {
				out = append(out, structured{s, t.Structure(row)})
			}
		}
		return out, nil
	}
	return nil, nil
}

// likeNearMedian is requests of a structure among the newest that took about as long as half of them.
func (h *handlers) likeNearMedian(ctx context.Context, set traces.SpanSet, like timeline.Structure, median time.Duration) ([]traces.FoundSpan, error) {
	low, high := float64(median)/typicalBand, float64(median)*typicalBand
	found, err := h.newest(ctx, set, typicalSample, bound(filter.Ge, time.Duration(low)), bound(filter.Le, time.Duration(high)))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	known, err := h.structures(ctx, set.Project, found)
	var alike []traces.FoundSpan
	for i := range known {
		if known[i].structure.Equal(like) {
			alike = append(alike, known[i].FoundSpan)
		}
	}
	return alike, err
}

// nearMedian is the newest request in a narrow band around the median, or in wider ones where there is none.
func (h *handlers) nearMedian(ctx context.Context, set traces.SpanSet, median time.Duration) (*exemplarJSON, error) {
	for _, width := range []float64{1.05, typicalBand, 2, 10} {
		low, high := time.Duration(float64(median)/width), time.Duration(float64(median)*width)
		found, err := h.newest(ctx, set, exemplars, bound(filter.Ge, low), bound(filter.Le, high))
		if err != nil || len(found) > 0 {
			return nearest(found, median), err
		}
	}
	return nil, nil
}
