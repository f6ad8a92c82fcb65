package chaos_test

import (
	"fmt"
	"math"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"google.golang.org/grpc/codes"
)

// oddMetrics is a row of a request with metrics.
func oddMetrics(name string, fill func(pmetric.MetricSlice)) row {
	return row{name: name, signal: "metrics", http: 200, request: func(form) *delivery {
		md := pmetric.NewMetrics()
		rm := md.ResourceMetrics().AppendEmpty()
		rm.Resource().Attributes().PutStr("service.name", "hostile")
		rm.Resource().Attributes().PutInt("nonce", time.Now().UnixNano())
		fill(rm.ScopeMetrics().AppendEmpty().Metrics())
		r := pmetricotlp.NewExportRequestFromMetrics(md)
		pb, err := r.MarshalProto()
		js, err2 := r.MarshalJSON()
		if err != nil || err2 != nil {
			panic(fmt.Sprint(err, err2))
		}
		return &delivery{pb: pb, js: js, items: uint64(md.DataPointCount())}
	}}
}

// oddLogs is a row of a request with three log records, of which the second is changed.
func oddLogs(name string, change func(plog.LogRecord)) row {
	return row{name: name, signal: "logs", http: 200, request: func(form) *delivery {
		ld := plog.NewLogs()
		rl := ld.ResourceLogs().AppendEmpty()
		rl.Resource().Attributes().PutStr("service.name", "hostile")
		records := rl.ScopeLogs().AppendEmpty().LogRecords()
		for range 3 {
			l := records.AppendEmpty()
			l.SetTimestamp(now())
			l.Body().SetStr("fine")
		}
		change(records.At(1))
		r := plogotlp.NewExportRequestFromLogs(ld)
		pb, err := r.MarshalProto()
		js, err2 := r.MarshalJSON()
		if err != nil || err2 != nil {
			panic(fmt.Sprint(err, err2))
		}
		return &delivery{pb: pb, js: js, items: 3}
	}}
}

func now() pcommon.Timestamp { return pcommon.NewTimestampFromTime(time.Now()) }

// rejects says how many items of a row are rejected, and why.
func (r row) rejects(n uint64, reason string) row {
	r.rejected, r.reason, r.mentions = n, reason, reason
	return r
}

func of(r row, signal string) row {
	r.signal = signal
	return r
}

// signalTable are the rows 37 to 46, and those of the others that logs and metrics have too. What becomes of the items is
// read back where the signals have their API; here the books are held against the tables at the end.
func signalTable() []row {
	gauge := func(ms pmetric.MetricSlice, name string, value float64) pmetric.NumberDataPoint {
		m := ms.AppendEmpty()
		m.SetName(name)
		p := m.SetEmptyGauge().DataPoints().AppendEmpty()
		p.SetTimestamp(now())
		p.SetDoubleValue(value)
		return p
	}
	histogram := func(ms pmetric.MetricSlice, bounds []float64, counts []uint64) {
		m := ms.AppendEmpty()
		m.SetName("latency")
		h := m.SetEmptyHistogram()
		h.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		p := h.DataPoints().AppendEmpty()
		p.SetTimestamp(now())
		p.ExplicitBounds().FromRaw(bounds)
		p.BucketCounts().FromRaw(counts)
		for _, c := range counts {
			p.SetCount(p.Count() + c)
		}
	}
	exponential := func(ms pmetric.MetricSlice, scale int32, buckets int) {
		m := ms.AppendEmpty()
		m.SetName(fmt.Sprintf("exponential.%d", buckets))
		h := m.SetEmptyExponentialHistogram()
		h.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		p := h.DataPoints().AppendEmpty()
		p.SetTimestamp(now())
		p.SetScale(scale)
		p.SetZeroThreshold(1e-9)
		p.SetCount(uint64(buckets))
		for range buckets {
			p.Positive().BucketCounts().Append(1)
		}
	}
	sum := func(ms pmetric.MetricSlice, temporality pmetric.AggregationTemporality, start, at pcommon.Timestamp, value float64) {
		m := ms.AppendEmpty()
		m.SetName("requests")
		s := m.SetEmptySum()
		s.SetAggregationTemporality(temporality)
		s.SetIsMonotonic(true)
		p := s.DataPoints().AppendEmpty()
		p.SetStartTimestamp(start)
		p.SetTimestamp(at)
		p.SetDoubleValue(value)
	}
	hour := pcommon.Timestamp(time.Hour)
	garbage := func(signal string) row {
		return of(refusedRow("2 garbage as "+signal, 400, codes.InvalidArgument, "decode_error", "err-sightline-decode", is([]byte("garbage")), is([]byte("garbage"))), signal)
	}
	deep := func(signal string, levels int) row {
		r := of(refusedRow(fmt.Sprintf("8 nested %d deep in %s", levels, signal), 400, codes.InvalidArgument, "nesting", "err-sightline-any-value-depth", func() []byte {
			v := anyValue(levels)
			if signal == "logs" {
				return field(1, field(2, field(2, field(5, v)))) // a body
			}
			attribute := field(7, append(field(1, []byte("a")), field(2, v)...))
			return field(1, field(2, field(2, append(field(1, []byte("m")), field(5, field(1, attribute))...)))) // of a gauge's point
		}, nil), signal)
		return r
	}
	const cumulative, delta = pmetric.AggregationTemporalityCumulative, pmetric.AggregationTemporalityDelta
	return []row{
		garbage("metrics"), garbage("logs"), deep("metrics", 65), deep("logs", 65), deep("metrics", 1_250_000), deep("logs", 1_250_000),
		oddMetrics("37 NaN and infinities", func(ms pmetric.MetricSlice) {
			gauge(ms, "a", math.NaN())
			gauge(ms, "b", math.Inf(1))
			gauge(ms, "c", math.Inf(-1))
		}),
		oddMetrics("38 delta", func(ms pmetric.MetricSlice) {
			sum(ms, delta, now()-hour, now(), 3)
			sum(ms, delta, now()-2*hour, now()-hour, 4)
		}),
		oddMetrics("39 exponential histograms", func(ms pmetric.MetricSlice) {
			exponential(ms, -11, 3)
			exponential(ms, 20, 3)
			exponential(ms, 3, 0)
			exponential(ms, 3, 10_000)
		}),
		oddMetrics("40 broken histograms", func(ms pmetric.MetricSlice) {
			histogram(ms, []float64{1, 2}, []uint64{1, 2, 3})
			histogram(ms, []float64{2, 1}, []uint64{1, 2, 3})
			histogram(ms, []float64{1, 2}, []uint64{1, 2, 3, 4})
		}).rejects(2, "hist_invalid"),
		oddMetrics("41 names that are markup", func(ms pmetric.MetricSlice) {
			gauge(ms, "<img src=x onerror=alert(1)>", 1).Attributes().PutStr("größe 🦄\"", "<script>")
		}),
		oddMetrics("42 too many labels, too long", func(ms pmetric.MetricSlice) {
			gauge(ms, "fine", 1)
			many := gauge(ms, "many", 1)
			for i := range 41 {
				many.Attributes().PutStr(fmt.Sprint("label", i), "v")
			}
			gauge(ms, "long", 1).Attributes().PutStr("label", strings.Repeat("x", 4<<10+1))
		}).rejects(2, "label_limit"),
		oddMetrics("44 one series, one time, two values", func(ms pmetric.MetricSlice) {
			a, b := gauge(ms, "same", 1), gauge(ms, "same", 2)
			b.SetTimestamp(a.Timestamp())
		}),
		oddMetrics("45 a reset, and a start after the point", func(ms pmetric.MetricSlice) {
			sum(ms, cumulative, now()-2*hour, now()-hour, 10)
			sum(ms, cumulative, now()-hour, now(), 1)
			sum(ms, cumulative, now()+hour/2, now(), 1)
		}),
		oddMetrics("23 points too far ahead and too old", func(ms pmetric.MetricSlice) {
			gauge(ms, "a", 1)
			gauge(ms, "b", 1).SetTimestamp(now() + 3*hour)
		}).rejects(1, "ts_future"),
		oddLogs("46 a body of 10 MB", func(l plog.LogRecord) { l.Body().SetStr(strings.Repeat("é", 5<<20)) }),
		oddLogs("46 a body of bytes", func(l plog.LogRecord) { l.Body().SetEmptyBytes().FromRaw([]byte{0, 0xff, 1}) }),
		oddLogs("46 a body of maps", func(l plog.LogRecord) {
			m := l.Body().SetEmptyMap()
			for range 30 {
				m = m.PutEmptyMap("inner")
			}
		}),
		oddLogs("20 a record without times", func(l plog.LogRecord) { l.SetTimestamp(0) }),
		oddLogs("23 a record from the far future", func(l plog.LogRecord) { l.SetTimestamp(now() + 3*hour) }).rejects(1, "ts_future"),
		oddLogs("27 NUL and markup in a body", func(l plog.LogRecord) { l.Body().SetStr("\x00<script>\x1b[31m\u202e") }),
	}
}
