package metrics

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// Limits of one Select or one question for labels. Whoever asks for more gets an error, not a part.
const (
	maxSelectSeries  = 200_000
	maxSelectSamples = 20_000_000 // 16 bytes each
)

// LimitError says that a question was for more than is read at once.
type LimitError struct {
	What  string // series, samples
	Limit int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("the query selects more than %d %s: ask for fewer series or a shorter time", e.Limit, e.What)
}

// Queryable gives a project's metrics to Prometheus's engine, as what Prometheus would have made of them: see docs/metrics.md. Every
// matcher and label is Prometheus's, as the translation makes them.
func (r *Reader) Queryable(project string, t Translation) storage.Queryable {
	return &queryable{r: r, project: project, translation: t, maxSeries: maxSelectSeries, maxSamples: maxSelectSamples}
}

type queryable struct {
	r                     *Reader
	project               string
	translation           Translation
	maxSeries, maxSamples int
}

// Querier implements storage.Queryable: times in ms, both included.
func (q *queryable) Querier(mint, maxt int64) (storage.Querier, error) {
	return &querier{q, mint, maxt}, nil
}

type querier struct {
	*queryable
	mint, maxt int64
}

func (q *querier) Close() error { return nil }

// Times that a query is bound by, ms: years that columns can say.
var (
	earliest = time.Unix(0, 0).Add(renewal).UnixMilli()
	latest   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
)

// rangeOf is the range of times in ms, both included.
func rangeOf(from, to int64) Range {
	from, to = min(max(from, earliest), latest), min(max(to, earliest-1), latest)
	return Range{From: time.UnixMilli(from).UTC(), To: time.UnixMilli(to).Add(time.Millisecond).UTC()}
}

// Select implements storage.Querier. Nothing is read before the first Next.
func (q *querier) Select(ctx context.Context, sorted bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	s := &selection{queryable: q.queryable, ctx: ctx, matchers: matchers, within: rangeOf(q.mint, q.maxt)}
	if hints != nil {
		s.within, s.limit, s.bare = rangeOf(hints.Start, hints.End), hints.Limit, hints.Func == "series"
	}
	return &seriesSet{of: s, sorted: sorted}
}

// seriesSet reads when it is first asked.
type seriesSet struct {
	of     *selection
	sorted bool
	read   bool
	list   []*outSeries
	at     int
	err    error
}

func (s *seriesSet) Next() bool {
	if !s.read {
		s.read, s.at = true, -1
		if s.list, s.err = s.of.run(); s.err == nil && s.sorted {
			slices.SortFunc(s.list, func(a, b *outSeries) int { return labels.Compare(a.labels, b.labels) })
		}
		if limit := s.of.limit; limit > 0 && len(s.list) > limit {
			s.list = s.list[:limit]
		}
		s.of = nil
	}
	if s.err != nil || s.at+1 >= len(s.list) {
		return false
	}
	if s.at >= 0 {
		s.list[s.at] = nil // who goes on holds it, if anyone
	}
	s.at++
	return true
}

func (s *seriesSet) At() storage.Series                { return s.list[s.at] }
func (s *seriesSet) Err() error                        { return s.err }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

// selection is one Select, or one question for labels.
type selection struct {
	*queryable
	ctx      context.Context
	matchers []*labels.Matcher
	within   Range
	limit    int
	bare     bool // series without samples

	outs    []*outSeries
	byHash  map[uint64][]*outSeries
	samples int
	err     error // what ended the rows that are read
}

// run finds the series and reads their samples.
func (s *selection) run() ([]*outSeries, error) {
	s.byHash = map[uint64][]*outSeries{}
	found, err := s.find()
	if err != nil {
		return nil, fmt.Errorf("select series: %w", err)
	}
	for _, c := range chunks(found) {
		if err = s.numbers(c); err == nil {
			err = s.distributions(c)
		}
		if err != nil {
			return nil, fmt.Errorf("select samples: %w", err)
		}
	}
	list := s.outs[:0]
	for _, o := range s.outs {
		o.finish()
		if s.bare || o.track.len() > 0 {
			list = append(list, o)
		}
	}
	return list, nil
}

// out is the series with these labels, a new one where there is none.
func (s *selection) out(ls labels.Labels) (*outSeries, error) {
	hash := ls.Hash()
	for _, o := range s.byHash[hash] {
		if labels.Equal(o.labels, ls) {
			return o, nil
		}
	}
	if len(s.outs) >= s.maxSeries {
		return nil, &LimitError{"series", s.maxSeries}
	}
	o := &outSeries{labels: ls}
	s.outs = append(s.outs, o)
	s.byHash[hash] = append(s.byHash[hash], o)
	return o, nil
}

// count counts samples that are about to be held.
func (s *selection) count(n int) error {
	if s.samples += n; s.samples > s.maxSamples {
		return &LimitError{"samples", s.maxSamples}
	}
	return nil
}

// unixMilli turns what a column says of a start into ms, 0 where no clock can have meant it.
func unixMilli(ms uint64) int64 {
	if ms > math.MaxInt64 {
		return 0
	}
	return int64(ms)
}
