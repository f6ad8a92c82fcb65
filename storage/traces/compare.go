package traces

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/storage/filter"
)

// CompareQuery asks what tells the spans of a selection from those of a baseline.
type CompareQuery struct {
	Selection, Baseline SpanSet
	Sample              uint64 // how many spans of each side to look at at most, the newest; 0: 20,000
}

const (
	defaultCompareSample = 20_000
	// maxCompared is how many attributes are told.
	maxCompared = 60
)

// Comparison is two sides' attributes, the most different first.
type Comparison struct {
	Selection, Baseline Side
	Attrs               []ComparedAttr
	Complete            bool   // but for samples, everything was looked at
	Reason              string // why not
	RowsRead            uint64
	Elapsed             time.Duration
}

// Side is one side of a comparison: how many spans were looked at, and whether there may be more.
type Side struct {
	Spans   uint64
	Sampled bool
}

// ComparedAttr is an attribute on two sides. Shares are of all spans of a side, 0 to 1.
type ComparedAttr struct {
	Attr                                filter.Attr
	Number                              bool    // its values are ranges, ascending
	Score                               float64 // 0 alike to 1 apart
	SelectionCoverage, BaselineCoverage float64
	Unique                              bool // nearly every span has a value of its own
	Values                              []ComparedValue
}

// ComparedValue is a value, a range of them, or none, and its shares.
type ComparedValue struct {
	Label               string
	Filter              filter.Expr
	Selection, Baseline float64
}

// Compare tells what the spans of two sets have apart. Where one has no spans there is nothing to tell.
func (r *Reader) Compare(ctx context.Context, q CompareQuery) (Comparison, error) {
	if q.Sample == 0 {
		q.Sample = defaultCompareSample
	}
	began := time.Now()
	c, err := r.compare(ctx, q)
	if err != nil {
		return Comparison{}, fmt.Errorf("compare spans: %w", err)
	}
	c.Elapsed = time.Since(began)
	return c, nil
}

func (r *Reader) compare(ctx context.Context, q CompareQuery) (Comparison, error) {
	out := Comparison{Attrs: []ComparedAttr{}, Complete: true}
	var s sides
	var found [2]bool
	var resources [2][]resourceCount
	group, groupCtx := errgroup.WithContext(ctx)
	for i, set := range []SpanSet{q.Selection, q.Baseline} {
		group.Go(func() (err error) {
			if s.scans[i], err = r.newScan(set, [...]string{"a", "b"}[i]); err != nil {
				return err
			}
			if s.pieces[i], found[i], err = s.scans[i].sample(groupCtx, q.Sample); err == nil && found[i] {
				resources[i], err = s.scans[i].resources(groupCtx, s.pieces[i], maxFacetResources)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return out, err
	}
	for i, side := range []*Side{&out.Selection, &out.Baseline} {
		for _, row := range resources[i] {
			s.spans[i] += row.Spans
		}
		done := s.scans[i].done
		*side = Side{s.spans[i], done.Reason != ""}
		if done.Reason == ReasonTimeLimit {
			out.Complete, out.Reason = false, ReasonTimeLimit
		}
	}
	if found[0] && found[1] {
		counts, err := s.count(ctx, r, resources)
		if err != nil {
			return out, err
		}
		for i := range counts {
			out.Attrs = append(out.Attrs, counts[i].compare(s.spans))
		}
		slices.SortStableFunc(out.Attrs, func(a, b ComparedAttr) int {
			return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Attr.String(), b.Attr.String()))
		})
		out.Attrs = out.Attrs[:min(len(out.Attrs), maxCompared)]
	}
	out.RowsRead = s.scans[0].done.RowsRead + s.scans[1].done.RowsRead
	return out, nil
}
