package promapi

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/traces"
)

const (
	// maxBins is how many steps of series the selectors of a query may read: some 60 bytes each. With buckets, one counts as bucketBins.
	maxBins    = 1_500_000
	bucketBins = 3
	// maxSeries is how many series the selectors of a query may give.
	maxSeries = 100_000
	// wholeRange is a step that everything falls into.
	wholeRange = math.MaxUint32 * time.Second
	// user is the client of requests that came in from outside, as Tempo calls it.
	user = "user"
)

// spanQuerier reads the series that are made of spans.
type spanQuerier struct {
	api        *API
	project    string
	mint, maxt int64 // unix ms

	mu     sync.Mutex
	bins   int // read by all selectors
	series int // given by all selectors
}

func (q *spanQuerier) Close() error { return nil }

// coarser are the steps that there are beside a minute.
var coarser = []time.Duration{2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour}

// manySteps is how many steps of a series are read without more need.
const manySteps = 2500

// stepFor is how finely a selector is read: by minute, more coarsely where a window of hours makes no difference of it, and, where there
// would be many steps, up to a quarter of the window.
func stepFor(hints *storage.SelectHints) time.Duration {
	if hints == nil {
		return time.Minute
	}
	if hints.Func == "series" {
		return wholeRange
	}
	window := time.Duration(max(hints.Range, 0)) * time.Millisecond
	most := time.Hour
	if window == 0 {
		window, most = time.Duration(max(hints.Step, 0))*time.Millisecond, 15*time.Minute // samples lie well within the lookback
	}
	wanted := max(window/60, min(window/4, time.Duration((hints.End-hints.Start)/manySteps)*time.Millisecond))
	step := time.Minute
	for _, s := range coarser {
		if s <= wanted && s <= most {
			step = s
		}
	}
	return step
}

// Select gives the series that match. They are cumulative from the start of what is selected.
func (q *spanQuerier) Select(ctx context.Context, _ bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	begin, end := q.mint, q.maxt
	if hints != nil {
		begin, end = hints.Start, hints.End
	}
	step := stepFor(hints)
	s := &selecting{querier: q, matchers: modern(matchers), step: step}
	s.when = &selection{step: step.Milliseconds(), begin: begin, end: end, now: q.api.cfg.Now().UnixMilli()}
	set, err := s.run(ctx)
	if err != nil {
		return storage.ErrSeriesSet(err)
	}
	return set
}

// modern replaces old names by today's.
func modern(matchers []*labels.Matcher) []*labels.Matcher {
	changed := slices.Clone(matchers)
	for i, m := range matchers {
		name, value := m.Name, m.Value
		if now, ok := oldLabels[name]; ok {
			name = now
		}
		if now, ok := oldNames[value]; ok && name == model.MetricNameLabel && (m.Type == labels.MatchEqual || m.Type == labels.MatchNotEqual) {
			value = now
		}
		if name != m.Name || value != m.Value {
			if c, err := labels.NewMatcher(m.Type, name, value); err == nil {
				changed[i] = c
			}
		}
	}
	return changed
}

// selecting is one Select.
type selecting struct {
	querier  *spanQuerier
	matchers []*labels.Matcher
	step     time.Duration
	when     *selection

	wanted  []metric
	views   [views]bool
	buckets [views]bool
	calls   map[traces.CallKey]*history
	edges   [views]map[edgeKey]*history
	missing int
	series  []storage.Series
}

type edgeKey struct {
	async    bool
	from, to traces.End
}

// matches says whether all matchers of a name accept the value.
func matches(matchers []*labels.Matcher, name, value string) bool {
	for _, m := range matchers {
		if m.Name == name && !m.Matches(value) {
			return false
		}
	}
	return true
}

// equal is the value that a label must have, "" where that is open.
func (s *selecting) equal(name string) string {
	for _, m := range s.matchers {
		if m.Name == name && m.Type == labels.MatchEqual {
			return m.Value
		}
	}
	return ""
}

func (s *selecting) run(ctx context.Context) (storage.SeriesSet, error) {
	for _, m := range spanMetrics {
		if matches(s.matchers, model.MetricNameLabel, m.name) {
			s.wanted = append(s.wanted, m)
			s.views[m.view] = true
			s.buckets[m.view] = s.buckets[m.view] || m.shape == bucketed && s.step < wholeRange
		}
	}
	for _, m := range s.matchers {
		if m.Name != model.MetricNameLabel && !slices.Contains(labelNames, m.Name) && !m.Matches("") {
			s.wanted = nil // it asks for a label that no series here has
		}
	}
	in := traces.Range{From: time.UnixMilli(max(0, s.when.begin)).UTC(), To: time.UnixMilli(min(s.when.end, s.when.now) + 1).UTC()}
	if s.step < wholeRange {
		in.From = time.Unix(floor(max(0, s.when.begin)/1000, int64(s.step/time.Second)), 0).UTC()
	}
	if len(s.wanted) == 0 || !in.From.Before(in.To) {
		return storage.EmptySeriesSet(), nil
	}
	if err := s.read(ctx, in); err != nil {
		return nil, err
	}
	if err := s.make(); err != nil {
		return nil, err
	}
	slices.SortFunc(s.series, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
	set := &seriesSet{series: s.series}
	if s.missing > 0 {
		set.warnings = set.warnings.Add(fmt.Errorf("%d minutes of spans are not summed up yet and are left out of the traces_ series", s.missing))
	}
	return set, nil
}

func floor(n, to int64) int64 { return n - ((n%to)+to)%to }

func (s *selecting) read(ctx context.Context, in traces.Range) error {
	query := traces.RequestQuery{Project: s.querier.project, Range: in, Step: s.step}
	if s.views[ofCalls] {
		s.calls = map[traces.CallKey]*history{}
		q := query
		q.Latency, q.Service, q.Operation = s.buckets[ofCalls], s.equal("service"), s.equal("span_name")
		missing, err := s.querier.api.cfg.Spans.Calls(ctx, q, s.call)
		if err != nil {
			return err
		}
		s.missing = max(s.missing, missing)
	}
	if !s.views[ofEdge] && !s.views[ofCaller] && !s.views[ofCalled] && !s.views[ofWait] {
		return nil
	}
	for v := range s.edges {
		s.edges[v] = map[edgeKey]*history{}
	}
	q := query
	q.Latency = s.buckets[ofCaller] || s.buckets[ofCalled] || s.buckets[ofWait]
	q.To = s.equal("server")
	if q.From = s.equal("client"); q.From == user {
		q.From = "" // the map has other names for it
	}
	missing, err := s.querier.api.cfg.Spans.Connections(ctx, q, s.edge)
	s.missing = max(s.missing, missing)
	return err
}

// count counts a bin that was read.
func (s *selecting) count(v view) error {
	n := 1
	if s.buckets[v] {
		n = bucketBins
	}
	q := s.querier
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.bins += n; q.bins > maxBins {
		return &api.Error{Code: api.QueryLimit, Message: fmt.Sprintf("the query reads more than %d steps of traces_ series", maxBins), Hint: "narrow it by labels such as service, or shorten the time range"}
	}
	return nil
}

func (s *selecting) call(c *traces.CallStep) error {
	h := s.calls[c.CallKey]
	if h == nil {
		h = &history{}
		s.calls[c.CallKey] = h
		pairs := []string{
			"service", c.Service, "span_name", c.Operation, "span_kind", spanKinds[min(max(c.Kind, 0), traces.KindConsumer)],
			"env", c.Env, "namespace", c.Namespace, "version", c.Version, "node_type", c.Type,
		}
		if s.accepts(pairs) {
			h.labels = pairs
		}
	}
	if h.labels == nil {
		return nil
	}
	h.at(c.At.Unix()).add(&c.Measure, s.buckets[ofCalls])
	return s.count(ofCalls)
}

// accepts says whether the matchers of these labels do; what a label is not there for is not asked.
func (s *selecting) accepts(pairs []string) bool {
	for i := 0; i < len(pairs); i += 2 {
		if !matches(s.matchers, pairs[i], pairs[i+1]) {
			return false
		}
	}
	return true
}

// spanKinds are the values of span_kind.
var spanKinds = [...]string{"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT", "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"}

func (s *selecting) edge(e *traces.EdgeRow) error {
	key := edgeKey{e.Async, e.From, e.To}
	for v := ofEdge; v < views; v++ {
		m := measureOf(v, e)
		if !s.views[v] || m == nil {
			continue
		}
		h := s.edges[v][key]
		if h == nil {
			h = &history{}
			s.edges[v][key] = h
			if pairs := edgeLabels(e); s.accepts(pairs) {
				h.labels = pairs
			}
		}
		if h.labels == nil {
			continue
		}
		h.at(e.At.Unix()).add(m, s.buckets[v])
		if err := s.count(v); err != nil {
			return err
		}
	}
	return nil
}

// seriesSet goes through series.
type seriesSet struct {
	series   []storage.Series
	at       int
	warnings annotations.Annotations
}

func (s *seriesSet) Next() bool                        { s.at++; return s.at <= len(s.series) }
func (s *seriesSet) At() storage.Series                { return s.series[s.at-1] }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return s.warnings }
