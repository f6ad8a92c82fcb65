package promapi

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/timestamp"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/storage/metrics"
)

const (
	// defaultRange is how far back names are looked for where a request names no start.
	defaultRange = 24 * time.Hour
	// maxListed is how many series or names an answer has at most.
	maxListed = 100_000
	// maxMetadata is how many metrics' descriptions are read.
	maxMetadata = 20_000
)

// span is what a request for names or series is about; since ever is a day.
func (p *params) span() (from, to time.Time) {
	from, to = p.time("start", minTime), p.time("end", maxTime)
	if !to.Before(maxTime) || to.After(p.now.Add(defaultRange)) {
		to = p.now
	}
	if !from.After(minTime) {
		from = to.Add(-defaultRange)
	}
	if from.Before(time.Unix(0, 0)) {
		from = time.Unix(0, 0)
	}
	return from, to
}

// listed is a request for names.
type listed struct {
	p        *params
	sets     [][]*labels.Matcher
	limit    int
	from, to int64 // unix ms
	querier  storage.Querier
}

func (a *API) listed(w http.ResponseWriter, r *http.Request) (*listed, error) {
	p := a.params(w, r)
	from, to := p.span()
	l := &listed{p: p, limit: p.limit(), from: timestamp.FromTime(from), to: timestamp.FromTime(to), sets: a.selectors(p)}
	if p.err != nil {
		return nil, p.err
	}
	var err error
	l.querier, err = a.Queryable(api.CallerOf(r.Context()).Project).Querier(l.from, l.to)
	return l, err
}

// names answers with the names that ask gives for each set of matchers.
func (l *listed) names(ctx context.Context, w http.ResponseWriter, ask func(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error)) error {
	defer l.querier.Close()
	hints := &storage.LabelHints{}
	if l.limit > 0 {
		hints.Limit = l.limit + 1
	}
	if len(l.sets) == 0 {
		l.sets = [][]*labels.Matcher{nil}
	}
	found := map[string]bool{}
	var notes annotations.Annotations
	for _, set := range l.sets {
		names, more, err := ask(ctx, hints, set...)
		if err != nil {
			return evalError(err)
		}
		notes.Merge(more)
		for _, name := range names {
			found[name] = true
		}
	}
	names := slices.Sorted(maps.Keys(found))
	if names == nil {
		names = []string{}
	}
	names, notes = cut(names, l.limit, notes)
	return respond(w, names, notes)
}

func cut[T any](list []T, limit int, notes annotations.Annotations) ([]T, annotations.Annotations) {
	if limit <= 0 || limit > maxListed {
		limit = maxListed
	}
	if len(list) > limit {
		return list[:limit], notes.Add(errTruncated)
	}
	return list, notes
}

func (a *API) labelNames(w http.ResponseWriter, r *http.Request) error {
	l, err := a.listed(w, r)
	if err != nil {
		return err
	}
	return l.names(r.Context(), w, l.querier.LabelNames)
}

func (a *API) labelValues(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if strings.HasPrefix(name, "U__") {
		name = model.UnescapeName(name, model.ValueEncodingEscaping)
	}
	if !model.UTF8Validation.IsValidLabelName(name) {
		return bad("invalid label name: %q", name)
	}
	l, err := a.listed(w, r)
	if err != nil {
		return err
	}
	return l.names(r.Context(), w, func(ctx context.Context, hints *storage.LabelHints, set ...*labels.Matcher) ([]string, annotations.Annotations, error) {
		return l.querier.LabelValues(ctx, name, hints, set...)
	})
}

func (a *API) series(w http.ResponseWriter, r *http.Request) error {
	l, err := a.listed(w, r)
	if err != nil {
		return err
	}
	defer l.querier.Close()
	if len(l.sets) == 0 {
		return bad("no match[] parameter provided")
	}
	hints := &storage.SelectHints{Start: l.from, End: l.to, Func: "series"}
	if l.limit > 0 {
		hints.Limit = l.limit + 1
	}
	var sets []storage.SeriesSet
	for _, set := range l.sets {
		sets = append(sets, l.querier.Select(r.Context(), true, hints, set...))
	}
	merged := storage.NewMergeSeriesSet(sets, 0, storage.ChainedSeriesMerge)
	all := []labels.Labels{}
	for len(all) <= maxListed && merged.Next() {
		all = append(all, merged.At().Labels())
	}
	if err := merged.Err(); err != nil {
		return evalError(err)
	}
	all, notes := cut(all, l.limit, merged.Warnings())
	s := begin(w)
	s.Open('[')
	var b []byte
	for _, lset := range all {
		b = appendLabels(b[:0], lset)
		s.Raw(b)
	}
	s.Close(']')
	return end(s, notes, "")
}

// metadata tells what metrics are: those made of spans, and those that were sent.
func (a *API) metadata(w http.ResponseWriter, r *http.Request) error {
	type entry struct {
		Type model.MetricType `json:"type"`
		Unit string           `json:"unit"`
		Help string           `json:"help"`
	}
	p := a.params(w, r)
	limit, each := p.limit(), p.number("limit_per_metric")
	if p.err != nil {
		return p.err
	}
	only := p.values.Get("metric")
	all := map[string][]entry{}
	add := func(name string, e entry) {
		if only != "" && name != only || limit > 0 && len(all) >= limit && all[name] == nil || each > 0 && len(all[name]) >= each || slices.Contains(all[name], e) {
			return
		}
		all[name] = append(all[name], e)
	}
	for _, m := range spanMetrics {
		unit := ""
		if m.typ == model.MetricTypeHistogram {
			unit = "seconds"
		}
		add(m.about, entry{m.typ, unit, m.help})
	}
	if a.cfg.Metrics != nil {
		names, _, err := a.cfg.Metrics.Names(r.Context(), metrics.NamesQuery{
			Project: api.CallerOf(r.Context()).Project, Range: metrics.Range{From: p.now.Add(-defaultRange), To: p.now}, Limit: maxMetadata,
		})
		if err != nil {
			return err
		}
		for _, m := range names {
			add(a.cfg.Translation.Name(m), entry{typeOf(m), m.Unit, m.Description})
		}
	}
	return respond(w, all, nil)
}

// typeOf is Prometheus's type of a metric.
func typeOf(m metrics.Metric) model.MetricType {
	switch m.Kind {
	case metrics.Gauge:
		return model.MetricTypeGauge
	case metrics.Sum:
		if m.Monotonic {
			return model.MetricTypeCounter
		}
		return model.MetricTypeGauge
	case metrics.Histogram, metrics.ExponentialHistogram:
		return model.MetricTypeHistogram
	case metrics.Summary:
		return model.MetricTypeSummary
	}
	return model.MetricTypeUnknown
}

func (a *API) formatQuery(w http.ResponseWriter, r *http.Request) error {
	p := a.params(w, r)
	text := p.expr("query")
	if p.err != nil {
		return p.err
	}
	expr, err := a.parser.ParseExpr(text)
	if err != nil {
		return bad("invalid parameter %q: %v", "query", err)
	}
	return respond(w, expr.Pretty(0), nil)
}

// exemplars are those of the metrics that were sent; series made of spans have none.
func (a *API) exemplars(w http.ResponseWriter, r *http.Request) error {
	p := a.params(w, r)
	start, end := p.time("start", minTime), p.time("end", maxTime)
	if end.Before(start) && p.err == nil {
		p.err = bad("end timestamp must not be before start timestamp")
	}
	text := p.expr("query")
	if p.err != nil {
		return p.err
	}
	expr, err := a.parser.ParseExpr(text)
	if err != nil {
		return bad("%v", err)
	}
	selectors := parser.ExtractSelectors(expr)
	var queryable storage.ExemplarQueryable
	if a.cfg.Metrics != nil {
		queryable, _ = a.cfg.Metrics.Queryable(api.CallerOf(r.Context()).Project, a.cfg.Translation).(storage.ExemplarQueryable)
	}
	if len(selectors) == 0 || queryable == nil {
		return respond(w, []int{}, nil)
	}
	querier, err := queryable.ExemplarQuerier(r.Context())
	if err != nil {
		return fmt.Errorf("open exemplars: %w", err)
	}
	found, err := querier.Select(timestamp.FromTime(start), timestamp.FromTime(end), selectors...)
	if err != nil {
		return evalError(err)
	}
	return writeExemplars(w, found)
}
