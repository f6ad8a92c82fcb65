package alert

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/template"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// The series that Prometheus's rules make of alerts.
const (
	seriesAlerts   = "ALERTS"
	seriesForState = "ALERTS_FOR_STATE"
	labelState     = "alertstate"
)

// maxSamples bounds what one history is read from; it is a month of 50 alerts that fire all the time, evaluated by the minute.
const maxSamples = 2_000_000

// episode is a time that an alert was active: as long as its rule says that it began at the same time, or before the last sample.
type episode struct {
	labels      labels.Labels
	since       int64 // s: ActiveAt, as ALERTS_FOR_STATE has it
	first, last int64 // ms: of samples in the range
	fired       int64 // ms: of the first sample that fires; 0: none
	stale       int64 // ms: of the marker after the last sample; 0: none
}

// history reads the alerts that fired between two times, of what their rules wrote then. whole is false where it is too much to be read.
func (s *Service) history(ctx context.Context, from, to time.Time) (found []Alert, whole bool, err error) {
	q, err := s.querier(from.UnixMilli(), to.UnixMilli())
	if err != nil {
		return nil, false, fmt.Errorf("read alerts: %w", err)
	}
	defer q.Close()
	left := maxSamples
	// The markers of ALERTS tell when it was, those of ALERTS_FOR_STATE since when.
	episodes := map[string][]episode{}
	err = eachSample(ctx, q, &left, seriesForState, func(ls labels.Labels, t int64, v float64) {
		key := identityOf(ls)
		name := key.String()
		list := episodes[name]
		n := len(list) - 1
		switch {
		case value.IsStaleNaN(v):
			if n >= 0 && list[n].stale == 0 {
				list[n].stale = t
			}
		case n < 0 || int64(v)*1000 > list[n].last:
			episodes[name] = append(list, episode{labels: key, since: int64(v), first: t, last: t})
		default: // the time of a pending alert moves when Sightline was away meanwhile
			list[n].since, list[n].last, list[n].stale = int64(v), t, 0
		}
	})
	if err != nil {
		return nil, false, err
	}
	err = eachSample(ctx, q, &left, seriesAlerts, func(ls labels.Labels, t int64, v float64) {
		if ls.Get(labelState) != Firing || value.IsStaleNaN(v) {
			return
		}
		list := episodes[identityOf(ls).String()]
		for i := range list {
			if e := &list[i]; t >= e.first && t <= e.last && (e.fired == 0 || t < e.fired) {
				e.fired = t
			}
		}
	})
	if err != nil {
		return nil, false, err
	}
	for _, list := range episodes {
		for i := range list {
			if list[i].fired != 0 {
				found = append(found, s.past(ctx, &list[i]))
			}
		}
	}
	return found, left > 0, nil
}

// past is an episode as an alert that has ended. Rules keep no values, and what they say is what they say today.
func (s *Service) past(ctx context.Context, e *episode) Alert {
	a := newAlert(e.labels, time.Unix(e.since, 0))
	a.State = Resolved
	ended := time.UnixMilli(max(e.last, e.stale)).UTC()
	a.Ended = &ended
	fired := time.UnixMilli(e.fired).UTC()
	for _, g := range s.manager.RuleGroups() {
		for _, r := range g.Rules() {
			rule, ok := r.(*rules.AlertingRule)
			if !ok || rule.Name() != a.Rule || !madeBy(rule, e.labels) {
				continue
			}
			a.Group, a.Query = g.Name(), rule.Query().String()
			a.Annotations = s.say(ctx, rule, e)
			if began := a.Since.Add(wholly(rule.HoldDuration(), g.Interval())); e.fired == e.first && began.Before(fired) {
				fired = began // it fired before the range begins
			}
			a.FiringSince = &fired
			return a
		}
	}
	a.FiringSince = &fired
	return a
}

// madeBy reports whether a rule's own labels are those of an alert.
func madeBy(rule *rules.AlertingRule, of labels.Labels) bool {
	same := true
	rule.Labels().Range(func(l labels.Label) {
		same = same && (strings.Contains(l.Value, "{{") || of.Get(l.Name) == l.Value)
	})
	return same
}

// say expands the annotations that speak of labels only; the value of then is not known.
func (s *Service) say(ctx context.Context, rule *rules.AlertingRule, e *episode) map[string]string {
	out := map[string]string{}
	rule.Annotations().Range(func(l labels.Label) {
		if strings.Contains(l.Value, "alue") || strings.Contains(l.Value, "query") {
			return
		}
		data := template.AlertTemplateData(e.labels.Map(), s.cfg.ExternalLabels, s.cfg.Page, promql.Sample{})
		text := "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}" + l.Value
		expanded, err := template.NewTemplateExpander(ctx, text, "__alert_"+rule.Name(), data, model.Time(e.last), nil, nil, nil).Expand()
		if err == nil {
			out[l.Name] = expanded
		}
	})
	return out
}

// identityOf an alert are its labels, without what its series add.
func identityOf(ls labels.Labels) labels.Labels {
	return labels.NewBuilder(ls).Del(model.MetricNameLabel, labelState).Labels()
}

// eachSample yields the samples of a metric, stale markers among them, series by series in the order of time.
func eachSample(ctx context.Context, q storage.Querier, left *int, metric string, yield func(ls labels.Labels, t int64, v float64)) error {
	set := q.Select(ctx, false, nil, labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, metric))
	var it chunkenc.Iterator
	for set.Next() && *left > 0 {
		series := set.At()
		it = series.Iterator(it)
		for it.Next() == chunkenc.ValFloat && *left > 0 {
			t, v := it.At()
			yield(series.Labels(), t, v)
			*left--
		}
		if err := it.Err(); err != nil {
			return fmt.Errorf("read %s: %w", metric, err)
		}
	}
	if err := set.Err(); err != nil {
		return fmt.Errorf("read %s: %w", metric, err)
	}
	return nil
}

// between are the alerts that were active at some time of a range, those of now as they are now.
func (s *Service) between(ctx context.Context, from, to time.Time) (found []Alert, whole bool, err error) {
	held := slices.DeleteFunc(s.held(), func(a Alert) bool { return a.Since.After(to) || a.Ended != nil && a.Ended.Before(from) })
	whole = true
	if s.cfg.Samples != nil && s.source.Load() != nil {
		var past []Alert
		if past, whole, err = s.history(ctx, from, to); err != nil {
			return nil, false, err
		}
		for i := range past {
			p := &past[i]
			same := func(h Alert) bool { return h.identity == p.identity && h.Since.Unix() == p.Since.Unix() }
			if !slices.ContainsFunc(held, same) {
				found = append(found, *p)
			}
		}
	}
	return append(held, found...), whole, nil
}
