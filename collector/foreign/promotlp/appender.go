package promotlp

import (
	"context"
	"fmt"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/metadata"
	"github.com/prometheus/prometheus/storage"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// Sink makes metrics durable. When it returns without an error they are.
type Sink func(ctx context.Context, md pmetric.Metrics) error

// Options say how an Appendable works. All but Sink may be left out.
type Options struct {
	Sink     Sink
	Kinds    *Kinds                                                   // for scrapes: what series were
	Texts    int64                                                    // bytes that labels and help may be in a commit; 0: not limited
	Window   func() (from, to int64)                                  // ms: samples outside are refused one by one; nil: none are
	Metadata func(ctx context.Context, name string) metadata.Metadata // of a series that came without
}

// Appendable is Prometheus's storage for scrapes and for remote write. Nothing is stored before Commit.
type Appendable struct{ Options }

// Appender is for remote write.
func (a Appendable) Appender(ctx context.Context) storage.Appender {
	return &appenderV1{newAppender(ctx, a.Options)}
}

// AppenderV2 is for scrapes.
func (a Appendable) AppenderV2(ctx context.Context) storage.AppenderV2 {
	return &appenderV2{newAppender(ctx, a.Options)}
}

// appender keeps series in the order in which they came.
type appender struct {
	ctx     context.Context
	options Options
	series  []*Series
	by      map[uint64][]*Series
	started int64 // ms, for the sample that comes next; 0: not known
	size    int
}

func newAppender(ctx context.Context, o Options) *appender {
	return &appender{ctx: ctx, options: o, by: map[uint64][]*Series{}}
}

func (a *appender) of(ls labels.Labels) (*Series, storage.SeriesRef) {
	hash := ls.Hash()
	ref := storage.SeriesRef(hash | 1) // 0 would mean that there is none
	for _, s := range a.by[hash] {
		if labels.Equal(s.Labels, ls) {
			return s, ref
		}
	}
	s := &Series{Labels: ls}
	if a.options.Metadata != nil {
		s.Metadata = a.options.Metadata(a.ctx, ls.Get(model.MetricNameLabel))
	}
	a.by[hash] = append(a.by[hash], s)
	a.series = append(a.series, s)
	return s, ref
}

func (a *appender) add(ls labels.Labels, sample Sample) (*Series, storage.SeriesRef, error) {
	if a.options.Kinds != nil {
		a.options.Kinds.follow(ls, &sample)
	}
	if a.options.Window != nil {
		switch from, to := a.options.Window(); {
		case sample.Time < from:
			return nil, 0, fmt.Errorf("%w: before the retention", storage.ErrTooOldSample)
		case sample.Time > to:
			return nil, 0, fmt.Errorf("%w: ahead of this clock", storage.ErrOutOfBounds)
		}
	}
	if sample.H != nil || sample.FH != nil {
		if _, err := readNative(sample.H, sample.FH); err != nil {
			return nil, 0, err
		}
	}
	s, ref := a.of(ls)
	s.Samples = append(s.Samples, sample)
	a.size++
	return s, ref, nil
}

// Commit gives everything to the sink.
func (a *appender) Commit() error {
	b := NewBatch()
	texts := int64(0)
	for _, s := range a.series {
		s.Labels.Range(func(l labels.Label) { texts += int64(len(l.Name) + len(l.Value)) })
		if texts += int64(len(s.Metadata.Help)); a.options.Texts > 0 && texts > a.options.Texts {
			return fmt.Errorf("commit samples: labels and help are more than %d bytes", a.options.Texts)
		}
		if err := b.Add(s); err != nil {
			return err
		}
	}
	if err := a.options.Sink(a.ctx, b.Metrics); err != nil {
		return fmt.Errorf("commit samples: %w", err)
	}
	return nil
}

// Rollback forgets everything.
func (a *appender) Rollback() error {
	a.series, a.by = nil, map[uint64][]*Series{}
	return nil
}

type appenderV2 struct{ *appender }

func (a *appenderV2) Append(_ storage.SeriesRef, ls labels.Labels, st, t int64, v float64, h *histogram.Histogram, fh *histogram.FloatHistogram, o storage.AppendV2Options) (storage.SeriesRef, error) {
	s, ref, err := a.add(ls, Sample{Start: st, Time: t, Value: v, H: h, FH: fh})
	if err != nil {
		return 0, err
	}
	if !o.Metadata.IsEmpty() {
		s.Metadata = o.Metadata
	}
	s.Exemplars = append(s.Exemplars, o.Exemplars...)
	return ref, nil
}

type appenderV1 struct{ *appender }

func (a *appenderV1) Append(_ storage.SeriesRef, ls labels.Labels, t int64, v float64) (storage.SeriesRef, error) {
	return a.sample(ls, Sample{Time: t, Value: v})
}

func (a *appenderV1) AppendHistogram(_ storage.SeriesRef, ls labels.Labels, t int64, h *histogram.Histogram, fh *histogram.FloatHistogram) (storage.SeriesRef, error) {
	return a.sample(ls, Sample{Time: t, H: h, FH: fh})
}

func (a *appenderV1) sample(ls labels.Labels, s Sample) (storage.SeriesRef, error) {
	s.Start, a.started = a.started, 0
	_, ref, err := a.add(ls, s)
	return ref, err
}

// AppendSTZeroSample is called before the sample that began at st.
func (a *appenderV1) AppendSTZeroSample(ref storage.SeriesRef, _ labels.Labels, _, st int64) (storage.SeriesRef, error) {
	a.started = st
	return ref, nil
}

// AppendHistogramSTZeroSample is AppendSTZeroSample of a histogram.
func (a *appenderV1) AppendHistogramSTZeroSample(ref storage.SeriesRef, _ labels.Labels, _, st int64, _ *histogram.Histogram, _ *histogram.FloatHistogram) (storage.SeriesRef, error) {
	a.started = st
	return ref, nil
}

func (a *appenderV1) AppendExemplar(_ storage.SeriesRef, ls labels.Labels, e exemplar.Exemplar) (storage.SeriesRef, error) {
	s, ref := a.of(ls)
	s.Exemplars = append(s.Exemplars, e)
	return ref, nil
}

func (a *appenderV1) UpdateMetadata(_ storage.SeriesRef, ls labels.Labels, m metadata.Metadata) (storage.SeriesRef, error) {
	s, ref := a.of(ls)
	if !m.IsEmpty() {
		s.Metadata = m
	}
	return ref, nil
}

func (a *appenderV1) SetOptions(*storage.AppendOptions) {}
