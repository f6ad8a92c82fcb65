package chaos_test

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"google.golang.org/grpc/codes"
)

func now() pcommon.Timestamp { return pcommon.NewTimestampFromTime(time.Now()) }

// rejects says how many items of a row are rejected, and why.
func (r row) rejects(n uint64, reason string) row {
	r.rejected, r.reason, r.mentions = n, reason, reason
	return r
}

// reads says what is read back.
func (r row) reads(read func(s *stored)) row {
	r.read = read
	return r
}

// as says which forms a row can take.
func (r row) as(only func(form) bool) row {
	r.only = only
	return r
}

func of(r row, signal string) row {
	r.signal = signal
	return r
}

// signalTable are the rows 37 to 46, and those of the others that logs and metrics have too. What becomes of the items is read back
// from the API.
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
			gauge(ms, "d", 0).SetIntValue(math.MaxInt64)
			gauge(ms, "e", 0).SetIntValue(math.MinInt64)
			gauge(ms, "f", math.SmallestNonzeroFloat64)
			gauge(ms, "g", math.Copysign(0, -1))
		}).reads(func(s *stored) {
			for name, want := range map[string]string{
				"a": `double "NaN"`, "b": `double "+Inf"`, "c": `double "-Inf"`, "d": `int "9223372036854775807"`, "e": `int "-9223372036854775808"`, "f": "double 5e-324", "g": "double -0",
			} {
				s.point(name).is(want, 0)
			}
		}),
		oddMetrics("37 no value, and none on purpose", func(ms pmetric.MetricSlice) {
			m := ms.AppendEmpty()
			m.SetName("stale")
			list := m.SetEmptyGauge().DataPoints()
			p := list.AppendEmpty()
			p.SetTimestamp(now())
			p.SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(true))
			m = ms.AppendEmpty()
			m.SetName("none")
			m.SetEmptyGauge().DataPoints().AppendEmpty().SetTimestamp(now())
		}).reads(func(s *stored) {
			s.point("stale").is("none null", 1)
			s.point("none").is("none null", 0)
		}),
		oddMetrics("38 delta", func(ms pmetric.MetricSlice) {
			sum(ms, delta, now()-hour, now(), 3)
			sum(ms, delta, now()-2*hour, now()-hour/2, 4)
		}).reads(func(s *stored) {
			of := s.series("requests")
			if len(of.Points) != 2 || string(of.Points[0].Value) != "4" || string(of.Points[1].Value) != "3" || of.Temporality != "delta" || !of.Monotonic {
				s.t.Errorf("%+v", of)
			}
		}),
		oddMetrics("39 exponential histograms", func(ms pmetric.MetricSlice) {
			exponential(ms, -11, 3)
			exponential(ms, 20, 3)
			exponential(ms, 3, 0)
			exponential(ms, 3, 10_000)
		}).reads(func(s *stored) {
			for n, scale := range map[int]int32{0: 3, 10_000: 3} {
				p := s.point(fmt.Sprintf("exponential.%d", n))
				if p.Scale != scale || string(p.Count) != fmt.Sprint(n) || p.ZeroThreshold != 1e-9 || n == 0 != (p.Positive == nil) || n > 0 && len(p.Positive.Counts) != n {
					s.t.Errorf("scale %d, count %s, threshold %v", p.Scale, p.Count, p.ZeroThreshold)
				}
			}
			of := s.series("exponential.3")
			scales := map[int32]bool{}
			for _, p := range of.Points {
				if scales[p.Scale] = true; len(p.Positive.Counts) != 3 {
					s.t.Errorf("%+v", p)
				}
			}
			if len(scales) != 2 || !scales[-11] || !scales[20] || of.Kind != "exponential_histogram" {
				s.t.Errorf("%s with scales %v", of.Kind, scales)
			}
		}),
		oddMetrics("40 broken histograms", func(ms pmetric.MetricSlice) {
			histogram(ms, []float64{1, 2}, []uint64{1, 2, 3})
			histogram(ms, []float64{2, 1}, []uint64{1, 2, 3})
			histogram(ms, []float64{1, 2}, []uint64{1, 2, 3, 4})
		}).rejects(2, "hist_invalid").reads(func(s *stored) {
			p := s.point("latency")
			if fmt.Sprint(p.Bounds) != "[1 2]" || fmt.Sprint(p.Counts) != "[1 2 3]" || string(p.Count) != "6" {
				s.t.Errorf("%+v", p)
			}
		}),
		oddMetrics("41 names that are markup", func(ms pmetric.MetricSlice) {
			gauge(ms, "<img src=x onerror=alert(1)>", 1).Attributes().PutStr("größe 🦄\"", "<script>")
		}).reads(func(s *stored) {
			if of := s.series("<img src=x onerror=alert(1)>"); of.attr("größe 🦄\"") != "string <script>" {
				s.t.Errorf("%+v", of)
			}
		}),
		oddMetrics("42 too many labels, too long", func(ms pmetric.MetricSlice) {
			gauge(ms, "fine", 1)
			many := gauge(ms, "many", 1)
			for i := range 41 {
				many.Attributes().PutStr(fmt.Sprint("label", i), "v")
			}
			gauge(ms, "long", 1).Attributes().PutStr("label", strings.Repeat("x", 4<<10+1))
		}).rejects(2, "label_limit").reads(func(s *stored) {
			s.point("fine").is("double 1", 0)
			s.none("many")
			s.none("long")
		}),
		oddMetrics("44 one series, one time, two values", func(ms pmetric.MetricSlice) {
			a, b := gauge(ms, "same", 1), gauge(ms, "same", 2)
			b.SetTimestamp(a.Timestamp())
		}).reads(func(s *stored) { s.point("same").is("double 2", 0) }),
		oddMetrics("45 a reset, and a start after the point", func(ms pmetric.MetricSlice) {
			sum(ms, cumulative, now()-2*hour, now()-hour/2, 10)
			sum(ms, cumulative, now()-hour/2, now()-1000, 1)
			sum(ms, cumulative, now()+hour/2, now(), 2)
		}).reads(func(s *stored) {
			of := s.series("requests")
			if len(of.Points) != 3 || of.Temporality != "cumulative" {
				s.t.Fatalf("%+v", of)
			}
			for i, want := range []string{"10", "1", "2"} {
				p := of.Points[i]
				start, err := time.Parse(time.RFC3339Nano, p.Start)
				at, err2 := time.Parse(time.RFC3339Nano, p.Time)
				if string(p.Value) != want || err != nil || err2 != nil || start.After(at) != (i == 2) {
					s.t.Errorf("point %d: %+v, %v, %v", i, p, err, err2)
				}
			}
		}),
		oddMetrics("27 invalid UTF-8 in names and labels", func(ms pmetric.MetricSlice) {
			p := gauge(ms, "bad\xff", 1)
			p.Attributes().PutStr("k", "\xc3(")
		}).as(protobuf).reads(func(s *stored) {
			of := s.series("bad\uFFFD")
			if of.attr("k") != "string \uFFFD(" || of.attr("sightline.raw.k") != "bytes wyg=" || of.attr("sightline.raw.metric.name") != "bytes YmFk/w==" || !strings.Contains(of.attr("sightline.sanitized"), `"utf8"`) {
				s.t.Errorf("%+v", of)
			}
		}),
		oddMetrics("21 a point past int64", func(ms pmetric.MetricSlice) { gauge(ms, "late", 1).SetTimestamp(math.MaxUint64) }).reads(func(s *stored) {
			p := s.point("late")
			at, err := time.Parse(time.RFC3339Nano, p.Time)
			if d := time.Since(at); err != nil || d < 0 || d > time.Hour || string(p.Value) != "1" {
				s.t.Errorf("%+v, %v", p, err)
			}
		}),
		oddMetrics("23 points too far ahead and too old", func(ms pmetric.MetricSlice) {
			gauge(ms, "a", 1)
			gauge(ms, "b", 1).SetTimestamp(now() + 3*hour)
		}).rejects(1, "ts_future").reads(func(s *stored) {
			s.point("a").is("double 1", 0)
			s.none("b")
		}),
		oddLogs("46 a body of 10 MB", func(l plog.LogRecord) { l.Body().SetStr(strings.Repeat("é", 5<<20)) }).reads(func(s *stored) {
			l := s.record()
			if l.Body.Type != "string" || len(l.Body.Value) != 256<<10 || !utf8.ValidString(l.Body.Value) || l.attr("sightline.truncated.body") != "int 10485760" {
				s.t.Errorf("%s of %d bytes, %q", l.Body.Type, len(l.Body.Value), l.attr("sightline.truncated.body"))
			}
			l.sanitized(s.t, "body_truncated")
		}),
		oddLogs("46 a body of bytes", func(l plog.LogRecord) { l.Body().SetEmptyBytes().FromRaw([]byte{0, 0xff, 1}) }).reads(func(s *stored) {
			s.record().is(s.t, "bytes AP8B").sanitized(s.t)
		}),
		oddLogs("46 a body of maps", func(l plog.LogRecord) {
			m := l.Body().SetEmptyMap()
			for range 30 {
				m = m.PutEmptyMap("inner")
			}
		}).reads(func(s *stored) {
			if l := s.record(); l.Body.Type != "json" || strings.Count(l.Body.Value, "inner") != 30 {
				s.t.Errorf("%+v", l.Body)
			}
		}),
		oddLogs("46 the smallest integer", func(l plog.LogRecord) { l.Body().SetInt(math.MinInt64) }).reads(func(s *stored) {
			s.record().is(s.t, "int -9223372036854775808").sanitized(s.t)
		}),
		oddLogs("20 a record without times", func(l plog.LogRecord) { l.SetTimestamp(0) }).reads(func(s *stored) {
			l := s.record()
			l.sanitized(s.t, "ts_missing")
			if d := time.Since(l.Time); d < 0 || d > time.Hour || l.Sent != "0" || l.Observed != "0" {
				s.t.Errorf("%v, sent %s, %s", l.Time, l.Sent, l.Observed)
			}
		}),
		oddLogs("21 a record past int64", func(l plog.LogRecord) { l.SetTimestamp(math.MaxUint64) }).reads(func(s *stored) {
			l := s.record()
			l.sanitized(s.t, "ts_range")
			if d := time.Since(l.Time); d < 0 || d > time.Hour || l.Sent != "18446744073709551615" {
				s.t.Errorf("%v, sent %s", l.Time, l.Sent)
			}
		}),
		oddLogs("35 a severity that nobody has", func(l plog.LogRecord) { l.SetSeverityNumber(99); l.SetSeverityText("LOUD") }).reads(func(s *stored) {
			if l := s.record(); l.Number != 99 || l.Text != "LOUD" {
				s.t.Errorf("%+v", l)
			}
		}),
		oddLogs("23 a record from the far future", func(l plog.LogRecord) { l.SetTimestamp(now() + 3*hour) }).rejects(1, "ts_future").reads(func(s *stored) {
			if n := len(s.records()); n != 2 {
				s.t.Errorf("%d records, want the two others", n)
			}
		}),
		oddLogs("27 invalid UTF-8 in a body", func(l plog.LogRecord) { l.Body().SetStr("a\xffb"); l.Attributes().PutStr("k", "\xc3(") }).as(protobuf).reads(func(s *stored) {
			l := s.record().is(s.t, "string a\uFFFDb")
			l.sanitized(s.t, "utf8")
			if l.attr("sightline.raw.body") != "bytes Yf9i" || l.attr("sightline.raw.k") != "bytes wyg=" || l.attr("k") != "string \uFFFD(" {
				s.t.Errorf("%+v", l.Attrs)
			}
		}),
		oddLogs("28 NUL and markup in a body", func(l plog.LogRecord) { l.Body().SetStr("\x00<script>\x1b[31m\u202e") }).reads(func(s *stored) {
			s.record().is(s.t, "string \x00<script>\x1b[31m\u202e").sanitized(s.t)
		}),
	}
}
