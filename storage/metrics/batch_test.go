package metrics_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/encode/encodetest"
	"github.com/sightline/sightline/storage/metrics"
)

func bits(v float64) uint64 { return math.Float64bits(v) }

// gaugeOf is a request of one point with attributes key, value, key, value.
func gaugeOf(t testing.TB, name string, at time.Time, v float64, attrs ...string) []byte {
	t.Helper()
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	rm.Resource().Attributes().PutStr("service.name", "shop")
	m := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName(name)
	p := m.SetEmptyGauge().DataPoints().AppendEmpty()
	p.SetTimestamp(pcommon.Timestamp(at.UnixNano()))
	p.SetDoubleValue(v)
	for i := 0; i < len(attrs); i += 2 {
		p.Attributes().PutStr(attrs[i], attrs[i+1])
	}
	return marshal(t, md)
}

func newBatch() *metrics.Batch {
	return metrics.NewBatch(batch.NewID([8]byte{1}, day0), batch.Policy{})
}

func appendTo(t testing.TB, b *metrics.Batch, body []byte) {
	t.Helper()
	if err := b.Append(request("default", body)); err != nil {
		t.Fatal(err)
	}
}

// idsOf are the ids of the batch's rows of series.
func idsOf(t testing.TB, b *metrics.Batch) (ids []uint64) {
	t.Helper()
	for _, block := range b.Blocks() {
		if block.Table == "series" {
			c := encodetest.Cells(t, block, metrics.Declared()["series"])
			for i := range block.Rows {
				ids = append(ids, encodetest.At[uint64](t, c, "id", i))
			}
		}
	}
	return ids
}

// TestSeriesHasOneIDForEver pins the id: it is stored, so that no version may change what it is made of.
func TestSeriesHasOneIDForEver(t *testing.T) {
	b := newBatch()
	appendTo(t, b, gaugeOf(t, "g", day0, 1, "a", "1", "b", "2", "c", "3"))
	appendTo(t, b, gaugeOf(t, "g", day0, 2, "c", "3", "b", "2", "a", "1"))
	appendTo(t, b, gaugeOf(t, "g", day0, 3, "b", "2", "a", "1", "c", "3"))
	got := idsOf(t, b)
	if len(got) != 3 || got[0] != got[1] || got[0] != got[2] {
		t.Fatalf("three orders of attributes have the ids %x", got)
	}
	const pinned = 0xffa12f3cf9fd758e
	if got[0] != pinned {
		t.Errorf("the id is %#x, was %#x", got[0], uint64(pinned))
	}
	// The same whatever is masked, and for every project.
	other := metrics.NewBatch(batch.NewID([8]byte{2}, day0.Add(time.Hour)), batch.Policy{Redact: true})
	if err := other.Append(request("another", gaugeOf(t, "g", day0, 2, "c", "3", "b", "2", "a", "1"))); err != nil {
		t.Fatal(err)
	}
	if ids := idsOf(t, other); len(ids) != 1 || ids[0] != pinned {
		t.Errorf("elsewhere it is %x", ids)
	}
}

// TestWhatNamesASeries changes one thing after the other.
func TestWhatNamesASeries(t *testing.T) {
	base := func(change func(rm pmetric.ResourceMetrics, m pmetric.Metric, p pmetric.NumberDataPoint)) []byte {
		md := pmetric.NewMetrics()
		rm := md.ResourceMetrics().AppendEmpty()
		m := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
		m.SetName("s")
		s := m.SetEmptySum()
		s.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		p := s.DataPoints().AppendEmpty()
		p.Attributes().PutStr("a", "1")
		change(rm, m, p)
		return marshal(t, md)
	}
	b := newBatch()
	seen := map[uint64]string{}
	for name, change := range map[string]func(rm pmetric.ResourceMetrics, m pmetric.Metric, p pmetric.NumberDataPoint){
		"base": func(pmetric.ResourceMetrics, pmetric.Metric, pmetric.NumberDataPoint) {},
		"resource": func(rm pmetric.ResourceMetrics, _ pmetric.Metric, _ pmetric.NumberDataPoint) {
			rm.Resource().Attributes().PutStr("x", "y")
		},
		"resourceURL": func(rm pmetric.ResourceMetrics, _ pmetric.Metric, _ pmetric.NumberDataPoint) { rm.SetSchemaUrl("u") },
		"scope": func(rm pmetric.ResourceMetrics, _ pmetric.Metric, _ pmetric.NumberDataPoint) {
			rm.ScopeMetrics().At(0).Scope().SetName("x")
		},
		"scopeURL": func(rm pmetric.ResourceMetrics, _ pmetric.Metric, _ pmetric.NumberDataPoint) {
			rm.ScopeMetrics().At(0).SetSchemaUrl("u")
		},
		"name": func(_ pmetric.ResourceMetrics, m pmetric.Metric, _ pmetric.NumberDataPoint) { m.SetName("t") },
		"unit": func(_ pmetric.ResourceMetrics, m pmetric.Metric, _ pmetric.NumberDataPoint) { m.SetUnit("s") },
		"delta": func(_ pmetric.ResourceMetrics, m pmetric.Metric, _ pmetric.NumberDataPoint) {
			m.Sum().SetAggregationTemporality(1)
		},
		"monotonic": func(_ pmetric.ResourceMetrics, m pmetric.Metric, _ pmetric.NumberDataPoint) {
			m.Sum().SetIsMonotonic(true)
		},
		"value": func(_ pmetric.ResourceMetrics, _ pmetric.Metric, p pmetric.NumberDataPoint) {
			p.Attributes().PutStr("a", "2")
		},
		"type": func(_ pmetric.ResourceMetrics, _ pmetric.Metric, p pmetric.NumberDataPoint) {
			p.Attributes().PutInt("a", 1)
		},
		"key": func(_ pmetric.ResourceMetrics, _ pmetric.Metric, p pmetric.NumberDataPoint) {
			p.Attributes().PutStr("b", "1")
		},
		"none": func(_ pmetric.ResourceMetrics, _ pmetric.Metric, p pmetric.NumberDataPoint) { p.Attributes().Clear() },
	} {
		b.Reset(batch.NewID([8]byte{1}, day0), batch.Policy{})
		appendTo(t, b, base(change))
		ids := idsOf(t, b)
		if len(ids) != 1 {
			t.Fatalf("%s: %d series", name, len(ids))
		}
		if other, ok := seen[ids[0]]; ok {
			t.Errorf("%s and %s are one series", name, other)
		}
		seen[ids[0]] = name
	}
	// What is only said of it names nothing.
	for _, change := range []func(m pmetric.Metric){
		func(m pmetric.Metric) { m.SetDescription("x") },
		func(m pmetric.Metric) { m.Metadata().PutStr("x", "y") },
	} {
		b.Reset(batch.NewID([8]byte{1}, day0), batch.Policy{})
		appendTo(t, b, base(func(_ pmetric.ResourceMetrics, m pmetric.Metric, _ pmetric.NumberDataPoint) { change(m) }))
		if ids := idsOf(t, b); len(ids) != 1 || seen[ids[0]] != "base" {
			t.Errorf("what is said of a series gives it another id")
		}
	}
}

// TestSeriesAreWrittenOnceADay and again when something else is said of them, or when a batch was not stored.
func TestSeriesAreWrittenOnceADay(t *testing.T) {
	b := newBatch()
	next := func(after time.Duration, done bool, body []byte) int {
		t.Helper()
		b.Reset(batch.NewID([8]byte{1}, day0.Add(after)), batch.Policy{})
		appendTo(t, b, body)
		appendTo(t, b, body)
		n := len(idsOf(t, b))
		if done {
			b.Done()
		}
		return n
	}
	body := gaugeOf(t, "g", day0, 1, "a", "1")
	var got []int
	got = append(got, next(0, false, body), next(time.Second, true, body), next(2*time.Second, true, body))
	if !slices.Equal(got, []int{1, 1, 0}) {
		t.Errorf("rows of three batches, the first not stored: %v", got)
	}
	days := 0
	for hour := range 72 {
		days += next(time.Duration(hour)*time.Hour, true, body)
	}
	if days < 3 || days > 4 {
		t.Errorf("%d rows in three days", days)
	}
	md, err := (&pmetric.ProtoUnmarshaler{}).UnmarshalMetrics(body)
	if err != nil {
		t.Fatal(err)
	}
	md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).SetDescription("new")
	if n := next(72*time.Hour, true, marshal(t, md)); n != 1 {
		t.Errorf("%d rows when the description changes", n)
	}
}

// TestRowsOfSeriesAreSpreadOverTheDay: 10,000 series that all live do not get new rows at one time.
func TestRowsOfSeriesAreSpreadOverTheDay(t *testing.T) {
	b := newBatch()
	body := manySeries(t, 0, 10_000)
	rows := make([]int, 48)
	for hour := range rows {
		b.Reset(batch.NewID([8]byte{1}, day0.Add(time.Duration(hour)*time.Hour)), batch.Policy{})
		appendTo(t, b, body)
		rows[hour] = len(idsOf(t, b))
		b.Done()
	}
	if rows[0] != 10_000 || slices.Max(rows[1:]) > 700 || slices.Min(rows[1:]) < 200 {
		t.Errorf("rows by hour: %v", rows)
	}
}

// manySeries is a request with n series of a gauge, one point each.
func manySeries(t testing.TB, from, n int) []byte {
	t.Helper()
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	rm.Resource().Attributes().PutStr("service.name", "shop")
	m := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName("many")
	g := m.SetEmptyGauge().DataPoints()
	for i := range n {
		p := g.AppendEmpty()
		p.SetTimestamp(pcommon.Timestamp(day0.UnixNano()))
		p.SetIntValue(int64(i))
		p.Attributes().PutStr("pod", fmt.Sprintf("pod-%d", from+i))
	}
	return marshal(t, md)
}

// TestMemoryOfSeriesIsBounded sends 100,000 series through a batch that may remember 10,000 at least, twice as many at most.
func TestMemoryOfSeriesIsBounded(t *testing.T) {
	b := newBatch()
	b.Remember(10_000)
	for i := range 100 {
		b.Reset(batch.NewID([8]byte{1}, day0.Add(time.Duration(i)*time.Second)), batch.Policy{})
		appendTo(t, b, manySeries(t, 1000*i, 1000))
		b.Done()
		if n, size := b.Remembered(); n > 20_000 || size > 4<<20 {
			t.Fatalf("%d series in %d bytes after %d", n, size, 1000*(i+1))
		}
	}
	b.Reset(batch.NewID([8]byte{1}, day0.Add(time.Hour/60)), batch.Policy{})
	for i := 90; i < 100; i++ {
		appendTo(t, b, manySeries(t, 1000*i, 1000))
	}
	if n := len(idsOf(t, b)); n > 200 { // some are due again after a minute: 7 of 10,000
		t.Errorf("of the last 10,000 series %d were forgotten", n)
	}
	appendTo(t, b, manySeries(t, 0, 1000))
	if n := len(idsOf(t, b)); n < 1000 {
		t.Errorf("the first 1,000 series have %d rows: they can't have been remembered", n)
	}
}

// TestRejectedPointsAreLeftOut by their place in the document, whatever their kind.
func TestRejectedPointsAreLeftOut(t *testing.T) {
	b := newBatch()
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 5))
		md := randomMetrics(r, day0, true)
		var rejected []uint32
		for i := range uint32(md.DataPointCount()) {
			if r.IntN(3) == 0 {
				rejected = append(rejected, i)
			}
		}
		b.Reset(batch.NewID([8]byte{1}, day0), batch.Policy{})
		b.Remember(1000)
		if err := b.Append(batch.Request{Project: "default", Received: day0, Body: marshal(t, md), Rejected: rejected}); err != nil {
			t.Fatal(err)
		}
		want := model{"default", day0, batch.Policy{}}.rows(md, rejected)
		if len(want) != b.Rows() || len(want) != md.DataPointCount()-len(rejected) {
			t.Fatalf("%d rows, want %d", b.Rows(), len(want))
		}
		compare(t, rowsOf(t, b), want)
	}
}

// TestOneDayOneBlock: points of many days come in a block each, whatever comes between.
func TestOneDayOneBlock(t *testing.T) {
	b := newBatch()
	for i := range 200 {
		appendTo(t, b, gaugeOf(t, "g", day0.Add(-time.Duration(i%20)*24*time.Hour), float64(i), "a", "1"))
	}
	days := map[string]int{}
	for _, block := range b.Blocks() {
		if block.Table == "points" {
			days[block.Partition] += block.Rows
		}
	}
	if len(days) != 20 || days["7,20261122"] != 10 {
		t.Errorf("blocks %v", days)
	}
}

// TestLimits: what is too long is cut and said in the series, and every point of it counts.
func TestLimits(t *testing.T) {
	b := newBatch()
	long := strings.Repeat("x", 40<<10)
	for range 3 {
		appendTo(t, b, gaugeOf(t, strings.Repeat("n", 2000), day0, 1, "a", long, strings.Repeat("k", 300), "\xff"))
	}
	rows := rowsOf(t, b)
	if len(rows) != 3 || len(rows[0].Name) != 1024 || len(rows[0].Series.Attrs["a"]) != len("string ")+32<<10 {
		t.Fatalf("%d rows, name of %d bytes", len(rows), len(rows[0].Name))
	}
	for key, want := range map[string]string{
		"sightline.truncated.metric.name":                    "int 2000",
		"sightline.truncated.a":                              "int 40960",
		"sightline.truncated.key." + strings.Repeat("k", 64): "int 300",
		strings.Repeat("k", 256):                             "string \uFFFD",
	} {
		if got := rows[0].Series.Attrs[key]; got != want {
			t.Errorf("%.60s = %q, want %q", key, got, want)
		}
	}
	stats := b.Stats()
	if len(stats) != 1 || stats[0].Items != 3 || stats[0].Sanitized != 3 || stats[0].ByReason()["attr_truncated"] != 3 || stats[0].ByReason()["utf8"] != 3 {
		t.Errorf("stats %+v", stats)
	}
}

// TestSecretsAreMasked in attributes of series and exemplars, as in spans.
func TestSecretsAreMasked(t *testing.T) {
	md := pmetric.NewMetrics()
	m := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName("g")
	p := m.SetEmptyGauge().DataPoints().AppendEmpty()
	p.Attributes().PutStr("password", "hunter2")
	p.Exemplars().AppendEmpty().FilteredAttributes().PutStr("key", "AKIAIOSFODNN7EXAMPLE")
	b := metrics.NewBatch(batch.NewID([8]byte{1}, day0), batch.Policy{Redact: true})
	appendTo(t, b, marshal(t, md))
	for _, block := range b.Blocks() {
		if body := string(block.Body.Bytes()); strings.Contains(body, "hunter2") || strings.Contains(body, "AKIAIOSFODNN7EXAMPLE") {
			t.Errorf("a secret is in %s", block.Table)
		}
	}
	if n := b.Stats()[0].Redacted; n != 2 {
		t.Errorf("%d secrets counted", n)
	}
}

// TestListsThatAreNotPacked: bucket counts may come one by one, and attributes between other fields.
func TestListsThatAreNotPacked(t *testing.T) {
	field := func(num, typ int, v ...byte) []byte {
		out := binary.AppendUvarint(nil, uint64(num<<3|typ))
		if typ == 2 {
			out = binary.AppendUvarint(out, uint64(len(v)))
		}
		return append(out, v...)
	}
	kv := func(num int, key, value string) []byte {
		return field(num, 2, slices.Concat(field(1, 2, []byte(key)...), field(2, 2, field(1, 2, []byte(value)...)...))...)
	}
	u64 := func(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }
	histogram := slices.Concat(kv(9, "a", "1"), field(3, 1, u64(uint64(day0.UnixNano()))...), field(6, 1, u64(5)...), field(7, 1, u64(bits(2.5))...), kv(9, "b", "2"),
		field(6, 2, slices.Concat(u64(6), u64(7))...), field(7, 2, u64(bits(3))...))
	buckets := slices.Concat(field(2, 0, 1), field(2, 0, 0x81, 0x02), field(1, 0, 3))
	exponential := slices.Concat(field(3, 1, u64(uint64(day0.UnixNano()))...), field(8, 2, buckets...), kv(1, "b", "2"), field(8, 2, field(2, 2, 4)...), kv(1, "a", "1"))
	metric := func(num int, point []byte) []byte {
		return field(2, 2, field(num, 2, field(1, 2, point...)...)...)
	}
	body := field(1, 2, field(2, 2, slices.Concat(metric(9, histogram), metric(10, exponential))...)...)
	b := newBatch()
	appendTo(t, b, body)
	rows := rowsOf(t, b)
	if len(rows) != 2 || rows[0].Distribution.Counts != "[5 6 7]" || rows[1].Distribution.Positive != "-2 [1 257 4]" || len(rows[0].Series.Attrs) != 2 {
		t.Errorf("got %+v", rows)
	}
}
