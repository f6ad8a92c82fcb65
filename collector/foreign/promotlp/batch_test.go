package promotlp_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"sort"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/metadata"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/tsdb/tsdbutil"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"

	"github.com/sightline/sightline/collector/foreign/promotlp"
)

// read is what a reader of the metrics makes of them: the inverse, one entry a point, as text.
func read(t testing.TB, md pmetric.Metrics) (out []string) {
	t.Helper()
	body, err := pmetricotlp.NewExportRequestFromMetrics(md).MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	req := pmetricotlp.NewExportRequest()
	if err := req.UnmarshalProto(body); err != nil {
		t.Fatal(err)
	}
	for _, rm := range req.Metrics().ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			if sm.Scope().Name() != promotlp.ScopeName {
				t.Errorf("scope %q", sm.Scope().Name())
			}
			for _, m := range sm.Metrics().All() {
				series := func(attrs pcommon.Map) labels.Labels {
					b := labels.NewBuilder(labels.FromStrings("__name__", m.Name()))
					for k, v := range attrs.All() {
						b.Set(k, v.Str())
					}
					for from, to := range map[string]string{"service.name": "job", "service.instance.id": "instance"} {
						if v, ok := rm.Resource().Attributes().Get(from); ok {
							b.Set(to, v.Str())
						}
					}
					return b.Labels()
				}
				kind, _ := m.Metadata().Get(promotlp.MetaType)
				unit, _ := m.Metadata().Get(promotlp.MetaUnit)
				about := fmt.Sprintf("%s|%s|%s", kind.Str(), unit.Str(), m.Description())
				if m.Type() != pmetric.MetricTypeGauge {
					out = append(out, readHistograms(t, m, about, series)...)
					continue
				}
				for _, p := range m.Gauge().DataPoints().All() {
					v := "none"
					switch {
					case p.Flags().NoRecordedValue():
						v = "stale"
					case p.ValueType() == pmetric.NumberDataPointValueTypeDouble:
						v = fmt.Sprintf("%x", math.Float64bits(p.DoubleValue()))
					}
					out = append(out, line(series(p.Attributes()), about, p.StartTimestamp(), p.Timestamp(), v, p.Exemplars()))
				}
			}
		}
	}
	sort.Strings(out)
	return out
}

func line(ls labels.Labels, about string, start, at pcommon.Timestamp, v string, exemplars pmetric.ExemplarSlice) string {
	s := fmt.Sprintf("%s %s %d-%d %s", ls, about, start/1e6, at/1e6, v)
	for _, e := range exemplars.All() {
		b := labels.NewBuilder(labels.EmptyLabels())
		for k, v := range e.FilteredAttributes().All() {
			b.Set(k, v.Str())
		}
		if id := e.TraceID(); !id.IsEmpty() {
			b.Set("trace_id", hex.EncodeToString(id[:]))
		}
		if id := e.SpanID(); !id.IsEmpty() {
			b.Set("span_id", hex.EncodeToString(id[:]))
		}
		s += fmt.Sprintf(" {%s %v %d}", b.Labels(), e.DoubleValue(), e.Timestamp()/1e6)
	}
	return s
}

func readHistograms(t testing.TB, m pmetric.Metric, about string, series func(pcommon.Map) labels.Labels) (out []string) {
	t.Helper()
	raw, rounded := m.Metadata().Get(promotlp.MetaHistogram)
	text := func(h *histogram.FloatHistogram) string {
		if rounded {
			var p prompb.Histogram
			if err := p.Unmarshal(raw.Bytes().AsRaw()); err != nil {
				t.Fatal(err)
			}
			if h = p.ToFloatHistogram(); !p.IsFloatHistogram() {
				h = p.ToIntHistogram().ToFloat(nil)
			}
		}
		return h.Compact(0).TestExpression()
	}
	switch m.Type() {
	case pmetric.MetricTypeExponentialHistogram:
		for _, p := range m.ExponentialHistogram().DataPoints().All() {
			v := "stale"
			if !p.Flags().NoRecordedValue() {
				h := &histogram.FloatHistogram{Schema: p.Scale(), Count: float64(p.Count()), Sum: p.Sum(), ZeroCount: float64(p.ZeroCount()), ZeroThreshold: p.ZeroThreshold()}
				h.PositiveSpans, h.PositiveBuckets = side(p.Positive())
				h.NegativeSpans, h.NegativeBuckets = side(p.Negative())
				v = text(h)
			}
			out = append(out, line(series(p.Attributes()), about, p.StartTimestamp(), p.Timestamp(), v, p.Exemplars()))
		}
	case pmetric.MetricTypeHistogram:
		for _, p := range m.Histogram().DataPoints().All() {
			h := &histogram.FloatHistogram{Schema: histogram.CustomBucketsSchema, Count: float64(p.Count()), Sum: p.Sum(), CustomValues: p.ExplicitBounds().AsRaw()}
			h.PositiveSpans = []histogram.Span{{Length: uint32(p.BucketCounts().Len())}}
			for _, n := range p.BucketCounts().AsRaw() {
				h.PositiveBuckets = append(h.PositiveBuckets, float64(n))
			}
			out = append(out, line(series(p.Attributes()), about, p.StartTimestamp(), p.Timestamp(), text(h), p.Exemplars()))
		}
	}
	return out
}

func side(b pmetric.ExponentialHistogramDataPointBuckets) ([]histogram.Span, []float64) {
	if b.BucketCounts().Len() == 0 {
		return nil, nil
	}
	var counts []float64
	for _, n := range b.BucketCounts().AsRaw() {
		counts = append(counts, float64(n))
	}
	return []histogram.Span{{Offset: b.Offset() + 1, Length: uint32(len(counts))}}, counts
}

// expect is what came in, in the words of read.
func expect(all []*promotlp.Series) (out []string) {
	for _, s := range all {
		for i, sample := range s.Samples {
			v, kind := fmt.Sprintf("%x", math.Float64bits(sample.Value)), s.Metadata.Type
			fh := sample.FH
			if sample.H != nil {
				fh = sample.H.ToFloat(nil)
			}
			switch {
			case fh != nil:
				if v, kind = "stale", model.MetricTypeHistogram; fh.CounterResetHint == histogram.GaugeType {
					kind = model.MetricTypeGaugeHistogram
				}
				if !value.IsStaleNaN(fh.Sum) {
					c := fh.Copy().Compact(0)
					c.CounterResetHint = histogram.UnknownCounterReset
					v = c.TestExpression()
				}
			case value.IsStaleNaN(sample.Value):
				v = "stale"
			}
			about := fmt.Sprintf("%s|%s|%s", kind, s.Metadata.Unit, s.Metadata.Help)
			text := fmt.Sprintf("%s %s %d-%d %s", s.Labels, about, sample.Start, sample.Time, v)
			if i == 0 {
				text += exemplars(s)
			}
			out = append(out, text)
		}
		if len(s.Samples) == 0 {
			out = append(out, fmt.Sprintf("%s %s %d-%d none", s.Labels, fmt.Sprintf("%s|%s|%s", s.Metadata.Type, s.Metadata.Unit, s.Metadata.Help), 0,
				s.Exemplars[len(s.Exemplars)-1].Ts)+exemplars(s))
		}
	}
	sort.Strings(out)
	return out
}

func exemplars(s *promotlp.Series) (out string) {
	for _, e := range s.Exemplars {
		out += fmt.Sprintf(" {%s %v %d}", e.Labels, e.Value, e.Ts)
	}
	return out
}

func TestWhatComesInCanBeReadBack(t *testing.T) {
	t.Parallel()
	const now = 1_770_000_000_000
	one := func(v float64) []promotlp.Sample { return []promotlp.Sample{{Time: now, Value: v}} }
	named := func(kv ...string) labels.Labels { return labels.FromStrings(append([]string{"__name__"}, kv...)...) }
	halves := tsdbutil.GenerateTestFloatHistogram(3)
	halves.PositiveBuckets[1] += 0.5
	halves.Count += 0.5
	gauge := tsdbutil.GenerateTestGaugeHistogram(4)
	gap := &histogram.Histogram{Schema: 8, Count: 2, Sum: 1, PositiveSpans: []histogram.Span{{Offset: -100_000, Length: 1}, {Offset: 200_000, Length: 1}}, PositiveBuckets: []int64{1, 0}}
	negative := &histogram.Histogram{Schema: 0, Count: 3, Sum: -1, ZeroThreshold: 0.5, ZeroCount: 1, NegativeSpans: []histogram.Span{{Offset: 2, Length: 2}}, NegativeBuckets: []int64{1, 0}}
	all := []*promotlp.Series{
		{Labels: named("up", "job", "api/x", "instance", "h:1"), Samples: one(1)},
		{Labels: named("up", "instance", "h:2"), Samples: one(0)},
		{Labels: named("no_labels"), Samples: []promotlp.Sample{{Time: now, Value: math.Inf(1)}, {Time: now + 1, Value: math.NaN()}, {Time: now + 2, Value: math.Copysign(0, -1)}}},
		{Labels: named("gone", "job", "api"), Samples: one(math.Float64frombits(value.StaleNaN))},
		{Labels: named("requests_total", "job", "api", "service.name", "other", "käse", "ünï"), Metadata: metadata.Metadata{Type: "counter", Help: "Requests.", Unit: "1"},
			Samples:   []promotlp.Sample{{Start: now - 1000, Time: now, Value: 7}},
			Exemplars: []exemplar.Exemplar{{Labels: labels.FromStrings("trace_id", "0af7651916cd43dd8448eb211c80319c", "span_id", "b7ad6b7169203331", "user", "x"), Value: 3, Ts: now - 5}}},
		{Labels: named("odd_total", "le", "0.5"), Samples: one(2),
			Exemplars: []exemplar.Exemplar{{Labels: labels.FromStrings("trace_id", "0AF7651916CD43DD8448EB211C80319C", "span_id", "00"), Value: 3, Ts: now}}},
		{Labels: named("d_bucket", "le", "0.5", "job", "api"), Metadata: metadata.Metadata{Type: "histogram"}, Samples: one(2)},
		{Labels: named("d_bucket", "le", "+Inf", "job", "api"), Metadata: metadata.Metadata{Type: "histogram"}, Samples: one(3)},
		{Labels: named("q", "quantile", "0.9"), Metadata: metadata.Metadata{Type: "summary"}, Samples: one(0.1)},
		{Labels: named("lonely"), Exemplars: []exemplar.Exemplar{{Labels: labels.FromStrings("user", "y"), Value: 1, Ts: now}}},
		{Labels: named("native", "a", "1"), Samples: []promotlp.Sample{{Time: now, H: tsdbutil.GenerateTestHistogram(5)}, {Time: now + 1, H: tsdbutil.GenerateTestHistogram(6)}}},
		{Labels: named("native", "a", "2"), Samples: []promotlp.Sample{{Start: 5, Time: now, FH: tsdbutil.GenerateTestFloatHistogram(2)}}},
		{Labels: named("native", "a", "3"), Samples: []promotlp.Sample{{Time: now, FH: halves}, {Time: now, H: gap}}},
		{Labels: named("native", "a", "4"), Samples: []promotlp.Sample{{Time: now, H: negative}, {Time: now, H: gauge}, {Time: now, H: &histogram.Histogram{}}}},
		{Labels: named("native", "a", "5"), Samples: []promotlp.Sample{{Time: now, H: &histogram.Histogram{Sum: math.Float64frombits(value.StaleNaN)}}}},
		{Labels: named("custom"), Samples: []promotlp.Sample{{Time: now, H: tsdbutil.GenerateTestCustomBucketsHistogram(3)}, {Time: now, FH: tsdbutil.GenerateTestCustomBucketsFloatHistogram(2)}}},
	}
	b := promotlp.NewBatch()
	for _, s := range all {
		if err := b.Add(s); err != nil {
			t.Errorf("add %s: %v", s.Labels, err)
		}
	}
	got, want := read(t, b.Metrics), expect(all)
	if !reflect.DeepEqual(got, want) {
		for i := range max(len(got), len(want)) {
			var g, w string
			if i < len(got) {
				g = got[i]
			}
			if i < len(want) {
				w = want[i]
			}
			if g != w {
				t.Errorf("got  %s\nwant %s", g, w)
			}
		}
	}
}

func TestRandomSeriesCanBeReadBack(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	names := []string{"job", "instance", "le", "pod", "otel_scope_name", "service_name", "__tenant__"}
	for range 200 {
		var all []*promotlp.Series
		seen := map[string]bool{}
		for range 1 + rnd.IntN(20) {
			ls := labels.NewBuilder(labels.FromStrings("__name__", fmt.Sprintf("m%d_total", rnd.IntN(3))))
			for _, name := range names {
				if rnd.IntN(2) == 0 {
					ls.Set(name, fmt.Sprintf("v%d", rnd.IntN(3)))
				}
			}
			s := &promotlp.Series{Labels: ls.Labels(), Metadata: metadata.Metadata{Type: []model.MetricType{"", "counter", "gauge"}[rnd.IntN(3)]}}
			if seen[s.Labels.String()] {
				continue
			}
			seen[s.Labels.String()] = true
			for i := range 1 + rnd.IntN(3) {
				sample := promotlp.Sample{Time: int64(1e12 + i), Value: math.Float64frombits(rnd.Uint64())}
				switch rnd.IntN(4) {
				case 0:
					sample.H, sample.Value = tsdbutil.GenerateTestHistogram(int64(rnd.IntN(100))), 0
				case 1:
					sample.FH, sample.Value = tsdbutil.GenerateTestFloatHistogram(int64(rnd.IntN(100))), 0
					sample.FH.PositiveBuckets[0] += rnd.Float64()
				}
				s.Samples = append(s.Samples, sample)
			}
			all = append(all, s)
		}
		b := promotlp.NewBatch()
		for _, s := range all {
			if err := b.Add(s); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := read(t, b.Metrics), expect(all); !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %q\nwant %q", got, want)
		}
	}
}

func TestHostileHistogramsAreRefused(t *testing.T) {
	t.Parallel()
	f := func(h *histogram.Histogram) {
		t.Helper()
		s := &promotlp.Series{Labels: labels.FromStrings("__name__", "h"), Samples: []promotlp.Sample{{Time: 1, H: h}}}
		if err := promotlp.NewBatch().Add(s); err == nil || !errors.As(err, new(histogram.Error)) {
			t.Errorf("%+v gives %v", h, err)
		}
	}
	wide := []histogram.Span{{Offset: math.MinInt32, Length: 1}, {Offset: math.MaxInt32, Length: 1}, {Offset: math.MaxInt32, Length: 1}}
	f(&histogram.Histogram{Schema: 8, Count: 3, PositiveSpans: wide, PositiveBuckets: []int64{1, 0, 0}})
	f(&histogram.Histogram{Schema: -4, Count: 3, PositiveSpans: wide, PositiveBuckets: []int64{1, 0, 0}})
	f(&histogram.Histogram{Schema: 99, Count: 1, PositiveSpans: []histogram.Span{{Length: 1}}, PositiveBuckets: []int64{1}})
	f(&histogram.Histogram{Schema: 0, Count: 1, PositiveSpans: []histogram.Span{{Length: 1 << 31}}, PositiveBuckets: []int64{1}})
	f(&histogram.Histogram{Schema: 0, Count: 1, PositiveSpans: []histogram.Span{{Length: 1}}, PositiveBuckets: []int64{-1}})
	f(&histogram.Histogram{Schema: histogram.CustomBucketsSchema, Count: 1, CustomValues: []float64{1}, PositiveSpans: []histogram.Span{{Offset: 5, Length: 1}}, PositiveBuckets: []int64{1}})
	f(&histogram.Histogram{Schema: histogram.CustomBucketsSchema, Count: 1, CustomValues: []float64{2, 1}, PositiveSpans: []histogram.Span{{Length: 1}}, PositiveBuckets: []int64{1}})
}
