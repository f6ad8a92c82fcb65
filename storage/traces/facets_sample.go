package traces

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/storage/conn"
)

var (
	//go:embed facets_minutes.sql
	facetMinutesSQL string
	//go:embed facets_steps.sql
	facetStepsSQL string
)

const (
	// windows is how many parts of a range are looked at instead of all of it, each with about as many spans. Reading costs by
	// granules of 8,192 spans, of which a part has two at least.
	windows = 10
	// maxSteps is how many steps of time a range's spans are known by.
	maxSteps = 1500
	// enoughMatches of a sample's spans will do: 25,000 of 200,000 tell a share to 0.6 % of all, 19 times of 20. A second look aims at
	// twice as many.
	enoughMatches = 1. / 8
	// nearlyAll of a range is read as a whole.
	nearlyAll = 0.6
)

// population is where a range's spans lie.
type population struct {
	in    Range
	total uint64 // all spans of the range, whether they match or not
	steps []popular
}

// popular is a step of time and how many spans start in it, as far as is known.
type popular struct {
	Range
	spans float64
}

// population counts the spans of the range, and finds out where they lie: from rollups, where these know nearly all.
func (s *scan) population(ctx context.Context) (population, error) {
	p := population{in: Range{s.set.Range.From, s.to}}
	if !p.in.From.Before(p.in.To) {
		return p, nil
	}
	step := time.Minute
	for p.in.To.Sub(p.in.From)/step > maxSteps {
		step *= 2
	}
	type row struct {
		At    int64  `ch:"at"`
		Spans uint64 `ch:"spans"`
	}
	params := append(p.in.params(s.set.Project), conn.Uint("step", uint64(step/time.Second)))
	left := max(time.Until(s.deadline), time.Millisecond)
	take := func(rows []row) (sum float64) {
		p.steps = p.steps[:0]
		for _, row := range rows {
			at := Range{time.Unix(row.At, 0).UTC(), time.Unix(row.At, 0).UTC().Add(step)}
			if at.From = later(at.From, p.in.From); p.in.To.Before(at.To) {
				at.To = p.in.To
			}
			if at.From.Before(at.To) && row.Spans > 0 {
				n := float64(row.Spans) * float64(at.To.Sub(at.From)) / float64(step)
				p.steps, sum = append(p.steps, popular{at, n}), sum+n
			}
		}
		return sum
	}
	var rows []row
	counter := scan{reader: s.reader}
	group, both := errgroup.WithContext(ctx)
	group.Go(func() (err error) { // by the key alone, so that next to nothing is read
		where := "AND start >= {from:DateTime64(9, 'UTC')} AND start < {to:DateTime64(9, 'UTC')}"
		p.total, err = counted[uint64](both, &counter, conn.Query{SQL: when(countMatchesSQL, where), Params: p.in.params(s.set.Project), Timeout: left})
		return err
	})
	group.Go(func() (err error) {
		rows, err = rowsOf[row](both, s, conn.Query{SQL: facetMinutesSQL, Params: params, Timeout: left})
		return err
	})
	if err := group.Wait(); err != nil {
		return p, err
	}
	s.done.RowsRead += counter.done.RowsRead
	if sum := take(rows); math.Abs(sum-float64(p.total)) <= float64(p.total)/10 {
		return p, nil
	}
	rows, err := rowsOf[row](ctx, s, conn.Query{SQL: facetStepsSQL, Params: params, Timeout: left})
	take(rows)
	return p, err
}

// sample gives parts of the range with so many spans together, as far as is known, newest first: as many spans lie between one and
// the next. Where a part lies in its share of the spans differs from share to share, so that what happens at every full minute counts as
// often as it is.
func (p *population) sample(spans float64) []Range {
	all := 0.0
	for _, step := range p.steps {
		all += step.spans
	}
	if all == 0 || spans >= nearlyAll*all {
		return []Range{p.in}
	}
	share, width := all/windows, spans/windows
	var parts []Range
	for i := range windows {
		_, place := math.Modf(float64(i+1) * math.Phi)
		first := share*float64(i) + place*(share-width)
		part := Range{p.at(first), p.at(first + width)}
		if n := len(parts); n > 0 && !part.From.After(parts[n-1].To) {
			parts[n-1].To = part.To
		} else if part.From.Before(part.To) {
			parts = append(parts, part)
		}
	}
	slices.Reverse(parts)
	return parts
}

// at is when so many spans have started.
func (p *population) at(n float64) time.Time {
	for _, step := range p.steps {
		if n < step.spans {
			return step.From.Add(time.Duration(float64(step.To.Sub(step.From)) * n / step.spans))
		}
		n -= step.spans
	}
	return p.in.To
}

// sampled counts facets, of the whole range where few enough spans match, else of parts of it.
func (s *scan) sampled(ctx context.Context, q FacetQuery, out *Facets) error {
	p, err := s.population(ctx)
	if err != nil {
		return fmt.Errorf("count spans: %w", err)
	}
	if p.total == 0 {
		out.Exact = true
		return nil
	}
	size := float64(q.Sample)
	want := min(float64(p.total), size)
	if err := s.countFacets(ctx, q, &p, want, out); err != nil || out.Exact {
		return err
	}
	if float64(out.Spans) >= enoughMatches*size {
		return nil
	}
	// Few of them match: as many more are looked at.
	want = float64(p.total)
	if out.Spans > 0 {
		want = min(want, float64(out.looked)*2*enoughMatches*size/float64(out.Spans))
	}
	if limit := s.set.RowLimit - min(s.set.RowLimit, s.done.RowsRead); want > float64(limit) {
		return nil
	}
	more := *out
	err = s.countFacets(ctx, q, &p, want, &more)
	if OutOfTime(ctx, err) {
		out.Reason = ReasonTimeLimit
		return nil
	}
	*out = more
	return err
}

// countFacets counts facets of about so many of the range's spans.
func (s *scan) countFacets(ctx context.Context, q FacetQuery, p *population, spans float64, out *Facets) error {
	ranges := p.sample(spans)
	whole := len(ranges) == 1 && ranges[0] == p.in
	if plan := prunePlan(SearchQuery{Project: s.set.Project, Filter: s.set.Filter}); whole && plan.useful() {
		var err error
		if ranges, err = s.reader.prune(ctx, plan, p.in); err != nil {
			return err
		}
	}
	out.Spans, out.Total, out.Exact, out.Reason = 0, 0, whole, ""
	if !whole {
		out.Reason = ReasonRowLimit
	}
	if len(ranges) == 0 {
		return nil
	}
	err := s.facetsIn(ctx, q, ranges, out)
	switch {
	case whole:
		out.Total = out.Spans
	case s.set.Filter == nil && s.set.Except == nil:
		out.looked, out.Total = out.Spans, p.total
	default:
		out.looked = max(uint64(spans), out.Spans, 1)
		out.Total = max(out.Spans, uint64(math.Round(float64(p.total)*float64(out.Spans)/float64(out.looked))))
	}
	return err
}
