package promapi

import (
	"fmt"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/sightline/sightline/query/api"
)

// make makes the series of what was read.
func (s *selecting) make() error {
	settled := map[*history]bool{}
	for _, m := range s.wanted {
		add := func(h *history) error {
			if h.labels == nil {
				return nil
			}
			if !settled[h] {
				settled[h] = true
				h.settle()
			}
			return s.of(&m, h)
		}
		if m.view == ofCalls {
			for _, h := range s.calls {
				if err := add(h); err != nil {
					return err
				}
			}
			continue
		}
		for _, h := range s.edges[m.view] {
			if err := add(h); err != nil {
				return err
			}
		}
	}
	return nil
}

// of makes a metric's series of one set of labels.
func (s *selecting) of(m *metric, h *history) error {
	switch m.shape {
	case counted:
		return s.counter(m, h, nil, (*bin).total)
	case failed:
		return s.counter(m, h, nil, func(b *bin) float64 { return b.count[1] + b.count[2] + b.count[3] })
	case summed:
		return s.counter(m, h, nil, func(b *bin) float64 { return b.seconds })
	case byClass:
		for class, name := range classNames {
			if !slices.ContainsFunc(h.bins, func(b bin) bool { return b.count[class] != 0 }) {
				continue
			}
			more := []string{"class", name}
			if m.view == ofCalls {
				more = append(more, "status_code", statusCodes[class])
			}
			if err := s.counter(m, h, more, func(b *bin) float64 { return b.count[class] }); err != nil {
				return err
			}
		}
	case bucketed:
		for i, le := range boundTexts {
			value := (*bin).total
			if i < len(bounds) {
				value = func(b *bin) float64 {
					if b.upTo == nil {
						return 0
					}
					return b.upTo[i]
				}
			}
			if err := s.counter(m, h, []string{labels.BucketLabel, le}, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// counter adds a series, if the matchers accept what it has beside the labels of its history, and what it has not.
func (s *selecting) counter(m *metric, h *history, more []string, value func(*bin) float64) error {
	if !s.accepts(more) {
		return nil
	}
	lset := labels.NewScratchBuilder(len(h.labels)/2 + len(more)/2 + 1)
	lset.Add(model.MetricNameLabel, m.name)
	has := map[string]bool{model.MetricNameLabel: true}
	for _, pairs := range [][]string{h.labels, more} {
		for i := 0; i < len(pairs); i += 2 {
			has[pairs[i]] = true
			if pairs[i+1] != "" {
				lset.Add(pairs[i], pairs[i+1])
			}
		}
	}
	for _, matcher := range s.matchers {
		if !has[matcher.Name] && !matcher.Matches("") {
			return nil
		}
	}
	lset.Sort()
	s.querier.mu.Lock()
	s.querier.series++
	many := s.querier.series > maxSeries
	s.querier.mu.Unlock()
	if many {
		return &api.Error{Code: api.QueryLimit, Message: fmt.Sprintf("the query asks for more than %d traces_ series", maxSeries), Hint: "narrow it by labels such as service"}
	}
	s.series = append(s.series, &counter{labels: lset.Labels(), bins: h.bins, value: value, when: s.when})
	return nil
}
