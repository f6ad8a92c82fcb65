package walk_test

import (
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/sightline/sightline/collector/otlp/walk"
	"github.com/sightline/sightline/collector/sample"
)

// oracle is what pdata makes of a request: how many items it has, or why it is none.
type oracle func(b []byte) (items int, err error)

func pdataTraces(b []byte) (int, error) {
	req := ptraceotlp.NewExportRequest()
	err := req.UnmarshalProto(b)
	return req.Traces().SpanCount(), err
}

func pdataLogs(b []byte) (int, error) {
	req := plogotlp.NewExportRequest()
	err := req.UnmarshalProto(b)
	return req.Logs().LogRecordCount(), err
}

func pdataMetrics(b []byte) (int, error) {
	req := pmetricotlp.NewExportRequest()
	err := req.UnmarshalProto(b)
	return req.Metrics().DataPointCount(), err
}

// agree compares the walk with pdata, which it must accept exactly what it does of, but for deep attributes and for groups.
func agree(t *testing.T, b []byte, look func([]byte, walk.Window, *walk.Result) error, decode oracle) {
	t.Helper()
	var r, named walk.Result
	err := look(b, window, &r)
	series := window
	series.Series = true
	if again := look(b, series, &named); again != err || err == nil && !slices.Equal(named.Rejected, r.Rejected) { //nolint:errorlint // the very same
		t.Errorf("%v, and with series %v", err, again)
	}
	if n := len(named.Metrics); err == nil && n > 0 && (len(named.Series) != int(r.Items) || named.Metrics[n-1].End != r.Items) {
		t.Errorf("%d series of %d items, metrics %v", len(named.Series), r.Items, named.Metrics)
	}
	if errors.Is(err, walk.ErrTooDeep) {
		return
	}
	items, refused := decode(b)
	if err == nil && refused == nil && int(r.Items) != items {
		t.Errorf("%d items, pdata has %d in %x", r.Items, items, b)
	}
	if (err == nil) != (refused == nil) && !hasGroup(b) {
		t.Errorf("walk says %v, pdata %v of %x", err, refused, b)
	}
	sum := uint32(0)
	for _, n := range r.Counts {
		sum += n
	}
	if err == nil && (int(sum) != len(r.Rejected) || !slices.IsSorted(r.Rejected) || len(r.Rejected) > int(r.Items)) {
		t.Errorf("rejected %v for %v of %d", r.Rejected, r.Counts, r.Items)
	}
}

func logRequest(t testing.TB, ld plog.Logs) []byte {
	t.Helper()
	b, err := plogotlp.NewExportRequestFromLogs(ld).MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func metricRequest(t testing.TB, md pmetric.Metrics) []byte {
	t.Helper()
	b, err := pmetricotlp.NewExportRequestFromMetrics(md).MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// noise is a message of random fields, some of which are messages of random fields.
func noise(rnd *rand.Rand, depth int) []byte {
	var b []byte
	for range 1 + rnd.IntN(5) {
		num := uint64(1 + rnd.IntN(16))
		if rnd.IntN(50) == 0 {
			num = 1000
		}
		var in []byte
		typ := []uint64{0, 1, 2, 2, 2, 2, 5}[rnd.IntN(7)]
		switch typ {
		case 0:
			in = binary.AppendUvarint(nil, rnd.Uint64()>>rnd.IntN(64))
		case 1:
			in = make([]byte, 8)
		case 5:
			in = make([]byte, 4)
		case 2:
			switch rnd.IntN(4) {
			case 0:
				in = make([]byte, []int{0, 8, 16, 15, 7, 24}[rnd.IntN(6)])
			case 1:
				in = []byte("text")
			default:
				if depth > 0 {
					in = noise(rnd, depth-1)
				}
			}
			in = append(binary.AppendUvarint(nil, uint64(len(in))), in...)
		}
		b = append(binary.AppendUvarint(b, num<<3|typ), in...)
	}
	if rnd.IntN(10) == 0 && len(b) > 0 {
		b = b[:rnd.IntN(len(b))]
	}
	return b
}

// damage changes a few bytes, or leaves some out.
func damage(rnd *rand.Rand, b []byte) []byte {
	b = slices.Clone(b)
	for range 1 + rnd.IntN(3) {
		at := rnd.IntN(len(b))
		switch rnd.IntN(4) {
		case 0:
			b = b[:at]
		case 1:
			b = slices.Delete(b, at, min(len(b), at+1+rnd.IntN(4)))
		default:
			b[at] = byte(rnd.Uint32())
		}
		if len(b) == 0 {
			break
		}
	}
	return b
}

// TestWalkTakesWhatPdataTakes compares the two on whole requests, on damaged ones, and on messages of random fields.
func TestWalkTakesWhatPdataTakes(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	for name, s := range map[string]struct {
		whole  [][]byte
		wraps  [][]int // field numbers around noise, outermost first
		walk   func([]byte, walk.Window, *walk.Result) error
		decode oracle
	}{
		"traces": {[][]byte{sample.Request(1, 3, now), sample.CollectorRequest(1, 3, now)}, [][]int{{1}, {1, 2, 2}, {1, 2, 2, 13}, {1, 2, 2, 9}}, walk.Traces, pdataTraces},
		"logs": {[][]byte{sample.LogRequest(1, 3, now), logRequest(t, sample.EveryLog(now))},
			[][]int{{1}, {1, 2}, {1, 1000, 2}, {1, 2, 2}, {1, 2, 2, 5}, {1, 2, 2, 6}}, walk.Logs, pdataLogs},
		"metrics": {[][]byte{sample.MetricRequest(1, 50, now), metricRequest(t, sample.EveryMetric(now))},
			[][]int{{1}, {1, 2}, {1, 1000, 2}, {1, 2, 2}, {1, 2, 2, 5, 1}, {1, 2, 2, 7}, {1, 2, 2, 7, 1}, {1, 2, 2, 9, 1}, {1, 2, 2, 10, 1}, {1, 2, 2, 10, 1, 8},
				{1, 2, 2, 11, 1}, {1, 2, 2, 9, 1, 8}, {1, 2, 2, 5, 1, 5}, {1, 2, 2, 11, 1, 6}, {1, 2, 2, 12}}, walk.Metrics, pdataMetrics},
	} {
		t.Run(name, func(t *testing.T) {
			for _, b := range s.whole {
				agree(t, b, s.walk, s.decode)
				for range 1000 {
					agree(t, damage(rnd, b), s.walk, s.decode)
				}
			}
			for _, wrap := range s.wraps {
				for range 1000 {
					b := noise(rnd, 4)
					for _, num := range slices.Backward(wrap) {
						b = field(num, b)
					}
					agree(t, b, s.walk, s.decode)
				}
			}
		})
	}
}

func TestLogRecordsThatCannotBeKeptAreRejectedOneByOne(t *testing.T) {
	t.Parallel()
	at := func(d time.Duration) pcommon.Timestamp { return pcommon.NewTimestampFromTime(now.Add(d)) }
	ld := sample.Logs(1, 20, now)
	records := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords()
	records.At(2).SetTimestamp(at(61 * time.Minute))
	records.At(2).SetEventName("an event")
	records.At(3).SetTimestamp(at(59 * time.Minute))
	records.At(4).SetTimestamp(at(-8 * 24 * time.Hour))
	records.At(5).SetTimestamp(0)
	records.At(6).SetTimestamp(0)
	records.At(6).SetObservedTimestamp(at(2 * time.Hour))
	records.At(7).SetTimestamp(0)
	records.At(7).SetObservedTimestamp(0)
	records.At(8).SetTimestamp(math.MaxUint64)
	records.At(9).SetObservedTimestamp(at(2 * time.Hour)) // when it happened counts
	records.At(10).SetTraceID(pcommon.TraceID{})
	records.At(10).SetSpanID(pcommon.SpanID{})
	var r walk.Result
	if err := walk.Logs(logRequest(t, ld), window, &r); err != nil {
		t.Fatal(err)
	}
	if r.Items != 20 || !slices.Equal(r.Rejected, []uint32{2, 4, 6}) || r.Counts != [walk.Reasons]uint32{walk.TooNew: 2, walk.TooOld: 1} {
		t.Errorf("%d records, rejected %v for %v", r.Items, r.Rejected, r.Counts)
	}
	if reason := r.FirstReason(); reason != walk.TooNew || string(r.First[reason].Name) != "an event" {
		t.Errorf("first offender %v %+v", reason, r.First)
	}
}

func TestPointsThatCannotBeKeptAreRejectedOneByOne(t *testing.T) {
	t.Parallel()
	at := func(d time.Duration) pcommon.Timestamp { return pcommon.NewTimestampFromTime(now.Add(d)) }
	md := sample.Metrics(1, 50, now)
	ms := md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics()
	g := ms.At(0).Gauge().DataPoints()
	g.At(0).SetTimestamp(at(2 * time.Hour))
	g.At(1).SetTimestamp(at(-8 * 24 * time.Hour))
	g.At(2).SetTimestamp(0)
	g.At(3).SetTimestamp(math.MaxUint64)
	for i := range 38 {
		g.At(4).Attributes().PutInt(strings.Repeat("k", i+1), 1)
		if i < 37 {
			g.At(5).Attributes().PutInt(strings.Repeat("k", i+1), 1)
		}
	}
	g.At(6).Attributes().PutStr("long", strings.Repeat("x", 4097))
	g.At(7).Attributes().PutStr("not too long", strings.Repeat("x", 4096))
	g.At(8).Attributes().PutEmptySlice("long list").AppendEmpty().SetStr(strings.Repeat("x", 5000))
	g.At(9).Exemplars().AppendEmpty().FilteredAttributes().PutStr("no label", strings.Repeat("x", 5000))
	ms.At(0).Metadata().PutStr("no label", strings.Repeat("x", 5000))
	s := ms.At(1).Sum().DataPoints()
	s.At(0).SetTimestamp(at(2 * time.Hour))
	s.At(1).SetStartTimestamp(at(3 * time.Hour))
	h := ms.At(2).Histogram().DataPoints()
	h.At(0).ExplicitBounds().FromRaw([]float64{0, 1, 0.5, 2})
	h.At(1).ExplicitBounds().FromRaw([]float64{0, 1, math.NaN(), 2})
	h.At(2).ExplicitBounds().FromRaw([]float64{0, 1, 1, 2})
	h.At(3).BucketCounts().FromRaw([]uint64{1, 2, 3, 4})
	h.At(4).BucketCounts().FromRaw(nil)
	h.At(5).ExplicitBounds().FromRaw(nil)
	h.At(6).ExplicitBounds().FromRaw(nil)
	h.At(6).BucketCounts().FromRaw(nil)
	h.At(7).ExplicitBounds().FromRaw(nil)
	h.At(7).BucketCounts().FromRaw([]uint64{9})
	h.At(8).SetCount(1)
	h.At(9).ExplicitBounds().FromRaw([]float64{math.Inf(-1), 0, 1, math.Inf(1)})
	e := ms.At(3).ExponentialHistogram().DataPoints()
	e.At(0).SetScale(-11)
	e.At(1).SetCount(0)
	e.At(2).SetTimestamp(at(2 * time.Hour))
	ms.At(4).Summary().DataPoints().At(9).SetTimestamp(at(2 * time.Hour))
	var r walk.Result
	if err := walk.Metrics(metricRequest(t, md), window, &r); err != nil {
		t.Fatal(err)
	}
	if want := []uint32{0, 1, 4, 6, 8, 10, 20, 21, 22, 23, 24, 25, 32, 49}; r.Items != 50 || !slices.Equal(r.Rejected, want) {
		t.Errorf("%d points, rejected %v, want %v", r.Items, r.Rejected, want)
	}
	if r.Counts != [walk.Reasons]uint32{walk.TooNew: 4, walk.TooOld: 1, walk.HistInvalid: 6, walk.LabelLimit: 3} {
		t.Errorf("counts %v", r.Counts)
	}
	if f := r.First[walk.HistInvalid]; f.Ordinal != 20 || string(f.Name) != "shop.metric_2" || r.FirstReason() != walk.TooNew {
		t.Errorf("offenders %+v", r.First)
	}
}

func TestOfSeveralDataOfAMetricTheLastCounts(t *testing.T) {
	t.Parallel()
	late := binary.LittleEndian.AppendUint64([]byte{3<<3 | 1}, uint64(now.Add(5*time.Hour).UnixNano()))
	gauge, sum := field(5, append(field(1, late), field(1, late)...)), field(7, append(field(1, nil), field(1, late)...))
	var r walk.Result
	b := field(1, field(2, append(field(2, append(gauge, sum...)), field(2, gauge)...)))
	if err := walk.Metrics(b, window, &r); err != nil || r.Items != 4 || !slices.Equal(r.Rejected, []uint32{1, 2, 3}) || r.Counts[walk.TooNew] != 3 || r.First[walk.TooNew].Ordinal != 1 {
		t.Errorf("%v, %+v", err, r)
	}
	if n, err := pdataMetrics(b); err != nil || n != 4 {
		t.Errorf("pdata has %d points, %v", n, err)
	}
	if err := walk.Metrics(field(1, field(2, field(2, append(field(5, []byte{9}), sum...)))), window, &r); err == nil {
		t.Error("what does not count need not be sound")
	}
}

// deep is so many AnyValues inside each other, as the content of the innermost field of the path.
func deep(levels int, path ...int) []byte {
	v := []byte{}
	for range levels - 1 {
		v = field(5, field(1, v))
	}
	for _, num := range slices.Backward(path) {
		v = field(num, v)
	}
	return v
}

func TestNestingIsBoundedWhereverThereAreAttributes(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]struct {
		walk func([]byte, walk.Window, *walk.Result) error
		path []int
	}{
		"body of a log record":          {walk.Logs, []int{1, 2, 2, 5}},
		"attribute of a log record":     {walk.Logs, []int{1, 2, 2, 6, 2}},
		"resource":                      {walk.Logs, []int{1, 1, 1, 2}},
		"scope":                         {walk.Metrics, []int{1, 2, 1, 3, 2}},
		"metadata of a metric":          {walk.Metrics, []int{1, 2, 2, 12, 2}},
		"gauge":                         {walk.Metrics, []int{1, 2, 2, 5, 1, 7, 2}},
		"sum":                           {walk.Metrics, []int{1, 2, 2, 7, 1, 7, 2}},
		"histogram":                     {walk.Metrics, []int{1, 2, 2, 9, 1, 9, 2}},
		"exponential histogram":         {walk.Metrics, []int{1, 2, 2, 10, 1, 1, 2}},
		"summary":                       {walk.Metrics, []int{1, 2, 2, 11, 1, 7, 2}},
		"exemplar":                      {walk.Metrics, []int{1, 2, 2, 7, 1, 5, 7, 2}},
		"exemplar of a histogram":       {walk.Metrics, []int{1, 2, 2, 9, 1, 8, 7, 2}},
		"exemplar of an exponential":    {walk.Metrics, []int{1, 2, 2, 10, 1, 11, 7, 2}},
		"body, in an old kind of scope": {walk.Logs, []int{1, 1000, 2, 5}},
	} {
		var r walk.Result
		if err := f.walk(deep(64, f.path...), window, &r); err != nil {
			t.Errorf("%s, 64 levels: %v", name, err)
		}
		for _, levels := range []int{65, 5000} {
			if err := f.walk(deep(levels, f.path...), window, &r); !errors.Is(err, walk.ErrTooDeep) {
				t.Errorf("%s, %d levels: %v", name, levels, err)
			}
		}
	}
}

func TestLogsAndMetricsAreWalkedWithoutAllocating(t *testing.T) {
	logs, metrics := sample.LogRequest(1, 500, now), sample.MetricRequest(1, 500, now)
	var r walk.Result
	if n := testing.AllocsPerRun(10, func() {
		if err := walk.Logs(logs, window, &r); err != nil || r.Items != 500 {
			t.Fatal(err)
		}
		if err := walk.Metrics(metrics, window, &r); err != nil || r.Items != 500 || len(r.Rejected) > 0 {
			t.Fatal(err, r.Counts)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzLogs: never panics, and accepts what pdata accepts, with as many records.
func FuzzLogs(f *testing.F) {
	f.Add(sample.LogRequest(1, 2, now))
	f.Add(logRequest(f, sample.EveryLog(now)))
	f.Add(deep(3, 1, 2, 2, 5))
	f.Add(field(1, field(1000, field(2, nil))))
	f.Fuzz(func(t *testing.T, b []byte) { agree(t, b, walk.Logs, pdataLogs) })
}

// FuzzMetrics: never panics, and accepts what pdata accepts, with as many data points.
func FuzzMetrics(f *testing.F) {
	f.Add(sample.MetricRequest(1, 50, now))
	f.Add(metricRequest(f, sample.EveryMetric(now)))
	f.Add(deep(3, 1, 2, 2, 7, 1, 5, 7, 2))
	f.Add(field(1, field(1000, field(2, nil))))
	f.Fuzz(func(t *testing.T, b []byte) { agree(t, b, walk.Metrics, pdataMetrics) })
}

func BenchmarkSignals(b *testing.B) {
	const items = 500
	named := window
	named.Series = true
	for name, f := range map[string]struct {
		body   []byte
		walk   func([]byte, walk.Window, *walk.Result) error
		window walk.Window
	}{
		"logs": {sample.LogRequest(1, items, now), walk.Logs, window}, "metrics": {sample.MetricRequest(1, items, now), walk.Metrics, window},
		"metrics and their series": {sample.MetricRequest(1, items, now), walk.Metrics, named},
	} {
		b.Run(name, func(b *testing.B) {
			var r walk.Result
			b.ReportAllocs()
			for b.Loop() {
				if err := f.walk(f.body, f.window, &r); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/items, "ns/item")
		})
	}
}
