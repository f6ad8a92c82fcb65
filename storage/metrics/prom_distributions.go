package metrics

import (
	"slices"
	"strconv"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

type distRow struct {
	Metric         uint64    `ch:"metric"` // place in the names, from 1
	Series         uint64    `ch:"series"`
	Time           int64     `ch:"at"`    // ms
	Began          uint64    `ch:"began"` // ms, 0: not known
	Flags          uint32    `ch:"flags"`
	Count          uint64    `ch:"count"`
	Sum            float64   `ch:"sum"`
	Present        uint8     `ch:"present"`
	Bounds         []float64 `ch:"bounds"`
	Counts         []uint64  `ch:"counts"`
	Scale          int32     `ch:"scale"`
	ZeroCount      uint64    `ch:"zero_count"`
	ZeroThreshold  float64   `ch:"zero_threshold"`
	PosOffset      int32     `ch:"pos_offset"`
	PosCounts      []uint64  `ch:"pos_counts"`
	NegOffset      int32     `ch:"neg_offset"`
	NegCounts      []uint64  `ch:"neg_counts"`
	Quantiles      []float64 `ch:"quantiles"`
	QuantileValues []float64 `ch:"quantile_values"`
}

// expansion makes Prometheus's series out of the points of one distribution.
type expansion struct {
	*selection
	*source
	count, sum, native *member
	inner              map[string]*member // by suffix, le and quantile
	bounds, quantiles  []float64          // of the last point
	buckets, values    []*member          // likewise, and +Inf
}

// member is a series that a distribution becomes; nil is one that is not asked for.
type member struct{ *track }

// distributions reads the points of histograms and summaries.
func (s *selection) distributions(c chunk) error {
	sources := c.of(false)
	if len(sources) == 0 {
		return nil
	}
	e := &expansion{}
	if s.bare {
		for src, row := range s.rows(promLayoutsSQL, &c, sources) {
			if e.source != src {
				e = &expansion{selection: s, source: src, inner: map[string]*member{}}
			}
			if err := e.layout(row); err != nil {
				return err
			}
		}
		return s.failure("read bounds")
	}
	for src, row := range s.rows(promDistributionsSQL, &c, sources) {
		if e.source != src {
			e = &expansion{selection: s, source: src, inner: map[string]*member{}}
		}
		if err := e.add(row); err != nil {
			return err
		}
	}
	return s.failure("read histograms")
}

// member finds or begins the series of a suffix, and a label unless it is "".
func (e *expansion) member(suffix, label, value string) (*member, error) {
	key := suffix + label + value
	if m, ok := e.inner[key]; ok {
		return m, nil
	}
	ls := e.labels
	if key != "" {
		b := labels.NewBuilder(e.labels).Set(model.MetricNameLabel, e.forms.name+suffix)
		if label != "" {
			b.Set(label, value)
		}
		ls = b.Labels()
	}
	for _, m := range e.matchers {
		if !m.Matches(ls.Get(m.Name)) {
			e.inner[key] = nil
			return nil, nil
		}
	}
	o, err := e.out(ls)
	if err != nil {
		return nil, err
	}
	m := &member{o.part(e.delta())}
	e.inner[key] = m
	return m, nil
}

// layout finds the series that a point is of.
func (e *expansion) layout(p *distRow) (err error) {
	first := len(e.inner) == 0
	if e.source.native() {
		if first {
			e.native, err = e.member("", "", "")
		}
		return err
	}
	if first {
		if e.count, err = e.member(countSuffix, "", ""); err != nil {
			return err
		}
	}
	if e.sum == nil && e.forms.sum && p.Present&hasSum != 0 {
		if e.sum, err = e.member(sumSuffix, "", ""); err != nil {
			return err
		}
	}
	if e.Kind == Histogram && e.forms.buckets && (e.buckets == nil || !slices.Equal(e.bounds, p.Bounds)) {
		e.bounds = p.Bounds
		e.buckets, err = e.members(bucketSuffix, model.BucketLabel, p.Bounds, "+Inf")
	}
	if e.Kind == Summary && e.forms.plain && !slices.Equal(e.quantiles, p.Quantiles) {
		e.quantiles = p.Quantiles
		e.values, err = e.members("", quantileLabel, p.Quantiles)
	}
	return err
}

func (e *expansion) members(suffix, label string, numbers []float64, more ...string) (list []*member, err error) {
	for _, x := range numbers {
		more = append(more, strconv.FormatFloat(x, 'f', -1, 64))
	}
	for _, text := range more {
		m, err := e.member(suffix, label, text)
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

// add adds a point to the series that it is of.
func (e *expansion) add(p *distRow) error {
	if err := e.layout(p); err != nil {
		return err
	}
	t, st := p.Time, unixMilli(p.Began)
	put := func(m *member, v float64) {
		if m != nil {
			m.add(t, st, v, nil)
			e.selection.samples++
		}
	}
	switch {
	case e.source.native():
		if h := e.floatHistogram(p); h != nil && e.native != nil {
			e.native.add(t, st, 0, h)
			e.selection.samples += 4 + len(h.PositiveBuckets) + len(h.NegativeBuckets)
		}
	case p.Flags&noRecordedValue != 0:
		for _, m := range e.inner {
			put(m, StaleMarker)
		}
	default:
		put(e.count, float64(p.Count))
		if p.Present&hasSum != 0 {
			put(e.sum, p.Sum)
		}
		if len(e.buckets) > 0 {
			put(e.buckets[0], float64(p.Count)) // +Inf
			below := uint64(0)
			for i := range min(len(p.Bounds), len(p.Counts)) {
				below += p.Counts[i]
				put(e.buckets[i+1], float64(below))
			}
		}
		for i := range min(len(e.values), len(p.QuantileValues)) {
			put(e.values[i], p.QuantileValues[i])
		}
	}
	return e.selection.count(0)
}

// isGauge says that a histogram is no counter.
func (s *source) isGauge() bool {
	kind, _ := find(s.Metadata, "prometheus.type")
	return kind == string(model.MetricTypeGaugeHistogram)
}
