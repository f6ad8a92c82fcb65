package metrics

import (
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// PrometheusScope is the scope of what came from Prometheus, by scrape or by remote write: its names and labels are Prometheus's own.
const PrometheusScope = "github.com/prometheus/prometheus"

// Prometheus says that the series came from there.
func (s *Series) Prometheus() bool { return s.Scope.Name == PrometheusScope }

// sentLabels are those that Prometheus sent: job and instance are in the resource, the others are attributes.
func (s *Series) sentLabels() labels.Labels {
	b := labels.NewScratchBuilder(len(s.Attrs) + 3)
	add := func(name, value string) {
		if value != "" { // as if it were not there
			b.Add(name, value)
		}
	}
	add(model.MetricNameLabel, s.Name)
	for _, l := range [...]struct{ name, key string }{{"job", "service.name"}, {"instance", "service.instance.id"}} {
		value, _ := find(s.Resource.Attrs, l.key)
		add(l.name, value)
	}
	for _, a := range s.Attrs {
		add(a.Key, a.Text)
	}
	b.Sort()
	return b.Labels()
}

// Sample says that a point is one: that it has a value, or says that there is none. Others only carry exemplars.
func (n Number) Sample() bool { return n.Type != NoValue || n.NoRecordedValue() }

// Labelled are the series that have one set of labels: Prometheus's floats and native histograms are series of several kinds here.
type Labelled struct {
	Labels labels.Labels
	Series []*Series // in the order of the list that they are from
}

// Group puts together the series that have the same labels, in the labels' order.
func (t Translation) Group(all []Series) []Labelled {
	out := make([]Labelled, len(all))
	for i := range all {
		out[i] = Labelled{t.Labels(&all[i]), []*Series{&all[i]}}
	}
	slices.SortStableFunc(out, func(a, b Labelled) int { return labels.Compare(a.Labels, b.Labels) })
	n := 0
	for i := range out {
		if i > 0 && labels.Equal(out[n-1].Labels, out[i].Labels) {
			out[n-1].Series = append(out[n-1].Series, out[i].Series...)
			continue
		}
		out[n] = out[i]
		n++
	}
	return out[:n]
}
