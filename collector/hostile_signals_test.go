package collector_test

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

	"github.com/sightline/sightline/collector/sample"
)

// secret is in bodies, and must never be in what the status page shows of them.
const secret = "hunter2"

func logs(change func(records plog.LogRecordSlice)) (pb, js []byte) {
	ld := sample.Logs(uint64(time.Now().UnixNano()), 10, time.Now())
	change(ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords())
	req := plogotlp.NewExportRequestFromLogs(ld)
	pb, err := req.MarshalProto()
	if err != nil {
		panic(err)
	}
	if js, err = req.MarshalJSON(); err != nil {
		panic(err)
	}
	return pb, js
}

func metrics(change func(metrics pmetric.MetricSlice)) (pb, js []byte) {
	md := sample.Metrics(uint64(time.Now().UnixNano()), 50, time.Now())
	change(md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics())
	req := pmetricotlp.NewExportRequestFromMetrics(md)
	pb, err := req.MarshalProto()
	if err != nil {
		panic(err)
	}
	if js, err = req.MarshalJSON(); err != nil {
		panic(err)
	}
	return pb, js
}

// deep is so many AnyValues inside each other, in protobuf behind a path of fields and in JSON in a format's place.
func deep(levels int, format string, path ...int) (pb, js []byte) {
	pb, _ = nested(levels)
	for range 5 { // out of request, resource, scope, span and attribute; each is one field of one length
		_, pb = cutField(pb)
	}
	for i := len(path) - 1; i >= 0; i-- {
		pb = field(path[i], pb)
	}
	return pb, fmt.Appendf(nil, format, strings.Repeat(`{"arrayValue":{"values":[`, levels-1)+`{"stringValue":""}`+strings.Repeat(`]}}`, levels-1))
}

// cutField reads a field whose number is one byte.
func cutField(b []byte) (num byte, in []byte) {
	p := 1
	for b[p] >= 0x80 {
		p++
	}
	return b[0] >> 3, b[p+1:]
}

func bad(name, mentions string, pb, js []byte) row {
	return row{name: name, pb: pb, json: js, http: 400, code: codes.InvalidArgument, mentions: mentions}
}

// shared are rows that are the same for every signal.
func shared(plural, tooBigName string, bigPB, bigJSON []byte) []row {
	return []row{
		{name: "1 empty request", pb: []byte{}, json: []byte(`{}`), http: 200},
		{name: "1 request without items", pb: field(1, nil), json: []byte(`{"resource` + plural + `":[{}]}`), http: 200},
		bad("2 garbage", "err-sightline-decode", []byte("garbage"), []byte("garbage")),
		{name: tooBigName, pb: bigPB, json: bigJSON, http: 413, code: codes.ResourceExhausted, mentions: "err-sightline-request-bytes"},
		{name: "6 bomb", pb: make([]byte, 8*limit), json: []byte(strings.Repeat(" ", 8*limit)), http: 413, code: codes.ResourceExhausted, mentions: "err-sightline-request-bytes", packed: true},
	}
}

func hostileLogs() []row {
	at := func(d time.Duration) pcommon.Timestamp { return pcommon.NewTimestampFromTime(time.Now().Add(d)) }
	row1 := func(name string, rejected int64, mentions string, change func(plog.LogRecord)) row {
		pb, js := logs(func(s plog.LogRecordSlice) { change(s.At(4)) })
		return row{name: name, pb: pb, json: js, http: 200, code: codes.OK, rejected: rejected, mentions: mentions}
	}
	ok := func(name string, change func(plog.LogRecord)) row { return row1(name, 0, "", change) }
	partial := func(name, mentions string, change func(plog.LogRecord)) row { return row1(name, 1, mentions, change) }
	record := func(in string) []byte {
		return []byte(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{` + in + `}]}]}]}`)
	}
	bigPB, bigJSON := logs(func(s plog.LogRecordSlice) { s.At(0).Body().SetStr(strings.Repeat("x", limit)) })
	body65, bodyJSON65 := deep(65, string(record(`"body":%s`)), 1, 2, 2, 5)
	attr65, attrJSON65 := deep(20_000, string(record(`"attributes":[{"key":"a","value":%s}]`)), 1, 2, 2, 6, 2)
	body64, bodyJSON64 := deep(64, string(record(`"body":%s`)), 1, 2, 2, 5)
	return append(shared("Logs", "5 larger than the limit", bigPB, bigJSON),
		bad("8 body nested 65 deep", "err-sightline-any-value-depth", body65, bodyJSON65),
		bad("8 attribute nested 20,000 deep", "err-sightline-any-value-depth", attr65, attrJSON65),
		row{name: "9 body nested 64 deep", pb: body64, json: bodyJSON64, http: 200},
		ok("10 trace id of zeros", func(r plog.LogRecord) { r.SetTraceID(pcommon.TraceID{}) }),
		ok("11 span id of zeros", func(r plog.LogRecord) { r.SetSpanID(pcommon.SpanID{}) }),
		bad("12 trace id of 15 bytes", "err-sightline-decode", field(1, field(2, field(2, field(9, make([]byte, 15))))), record(`"traceId":"`+secret+`"`)),
		bad("12 span id of 7 bytes", "err-sightline-decode", field(1, field(2, field(2, field(10, make([]byte, 7))))), record(`"spanId":"00112233445566"`)),
		ok("20 no time", func(r plog.LogRecord) { r.SetTimestamp(0) }),
		ok("20 no times", func(r plog.LogRecord) { r.SetTimestamp(0); r.SetObservedTimestamp(0) }),
		ok("21 time past int64", func(r plog.LogRecord) { r.SetTimestamp(math.MaxUint64) }),
		ok("22 in half an hour", func(r plog.LogRecord) { r.SetTimestamp(at(30 * time.Minute)) }),
		partial("23 in three hours", "err-sightline-log-too-new", func(r plog.LogRecord) { r.SetTimestamp(at(3 * time.Hour)); r.SetEventName(secret) }),
		partial("23 seen in three hours", "err-sightline-log-too-new", func(r plog.LogRecord) { r.SetTimestamp(0); r.SetObservedTimestamp(at(3 * time.Hour)) }),
		partial("23 older than retention", "err-sightline-log-too-old", func(r plog.LogRecord) { r.SetTimestamp(at(-8 * 24 * time.Hour)) }),
		ok("27 invalid utf-8", func(r plog.LogRecord) { r.Body().SetStr("a\xffb") }),
		ok("35 unknown severity", func(r plog.LogRecord) { r.SetSeverityNumber(99) }),
		bad("36 enum name", "err-sightline-decode", nil, record(`"severityNumber":"SEVERITY_NUMBER_INFO"`)),
		bad("36 base64 id", "err-sightline-decode", nil, record(`"spanId":"7uDLu4gVFAA="`)),
		bad("36 snake_case key", "lowerCamel", nil, record(`"event_name":"e"`)),
		ok("46 large body", func(r plog.LogRecord) { r.Body().SetStr(strings.Repeat("x", limit/2)) }),
		ok("46 binary body", func(r plog.LogRecord) { r.Body().SetEmptyBytes().FromRaw([]byte{0, 0xff}) }),
		ok("46 nested body", func(r plog.LogRecord) { r.Body().SetEmptyMap().PutEmptyMap("a").PutStr("b", "c") }),
	)
}

func hostileMetrics() []row {
	at := func(d time.Duration) pcommon.Timestamp { return pcommon.NewTimestampFromTime(time.Now().Add(d)) }
	row1 := func(name string, rejected int64, mentions string, change func(pmetric.MetricSlice)) row {
		pb, js := metrics(change)
		return row{name: name, pb: pb, json: js, http: 200, code: codes.OK, rejected: rejected, mentions: mentions}
	}
	gauge := func(change func(pmetric.NumberDataPoint)) func(pmetric.MetricSlice) {
		return func(ms pmetric.MetricSlice) { change(ms.At(0).Gauge().DataPoints().At(4)) }
	}
	hist := func(change func(pmetric.HistogramDataPoint)) func(pmetric.MetricSlice) {
		return func(ms pmetric.MetricSlice) { change(ms.At(2).Histogram().DataPoints().At(4)) }
	}
	exp := func(change func(pmetric.ExponentialHistogramDataPoint)) func(pmetric.MetricSlice) {
		return func(ms pmetric.MetricSlice) { change(ms.At(3).ExponentialHistogram().DataPoints().At(4)) }
	}
	ok := func(name string, change func(pmetric.MetricSlice)) row { return row1(name, 0, "", change) }
	partial := func(name, mentions string, change func(pmetric.MetricSlice)) row {
		return row1(name, 1, mentions, change)
	}
	metric := func(in string) []byte {
		return []byte(`{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{` + in + `}]}]}]}`)
	}
	bigPB, bigJSON := metrics(func(ms pmetric.MetricSlice) { ms.At(0).SetDescription(strings.Repeat("x", limit)) })
	point65, pointJSON65 := deep(65, string(metric(`"sum":{"dataPoints":[{"attributes":[{"key":"a","value":%s}]}]}`)), 1, 2, 2, 7, 1, 7, 2)
	exemplar65, exemplarJSON65 := deep(20_000, string(metric(`"sum":{"dataPoints":[{"exemplars":[{"filteredAttributes":[{"value":%s}]}]}]}`)), 1, 2, 2, 7, 1, 5, 7, 2)
	metadata65, metadataJSON65 := deep(65, string(metric(`"metadata":[{"key":"a","value":%s}]`)), 1, 2, 2, 12, 2)
	point64, pointJSON64 := deep(64, string(metric(`"sum":{"dataPoints":[{"attributes":[{"key":"a","value":%s}]}]}`)), 1, 2, 2, 7, 1, 7, 2)
	labels := func(n int) func(pmetric.NumberDataPoint) {
		return func(p pmetric.NumberDataPoint) {
			for i := p.Attributes().Len(); i < n; i++ {
				p.Attributes().PutStr(fmt.Sprint("label", i), secret)
			}
		}
	}
	return append(shared("Metrics", "5 larger than the limit", bigPB, bigJSON),
		row{name: "1 metric without points", pb: field(1, field(2, field(2, field(1, []byte("m"))))), json: metric(`"name":"m","gauge":{}`), http: 200},
		bad("8 attribute nested 65 deep", "err-sightline-any-value-depth", point65, pointJSON65),
		bad("8 exemplar nested 20,000 deep", "err-sightline-any-value-depth", exemplar65, exemplarJSON65),
		bad("8 metadata nested 65 deep", "err-sightline-any-value-depth", metadata65, metadataJSON65),
		row{name: "9 attribute nested 64 deep", pb: point64, json: pointJSON64, http: 200},
		bad("12 exemplar's trace id of 15 bytes", "err-sightline-decode", field(1, field(2, field(2, field(7, field(1, field(5, field(5, make([]byte, 15)))))))),
			metric(`"sum":{"dataPoints":[{"exemplars":[{"traceId":"eee1"}]}]}`)),
		ok("20 no time", gauge(func(p pmetric.NumberDataPoint) { p.SetTimestamp(0) })),
		ok("21 time past int64", gauge(func(p pmetric.NumberDataPoint) { p.SetTimestamp(math.MaxUint64) })),
		ok("22 in half an hour", gauge(func(p pmetric.NumberDataPoint) { p.SetTimestamp(at(30 * time.Minute)) })),
		partial("23 in three hours", "err-sightline-point-too-new", gauge(func(p pmetric.NumberDataPoint) { p.SetTimestamp(at(3 * time.Hour)) })),
		ok("23 older than traces are kept", gauge(func(p pmetric.NumberDataPoint) { p.SetTimestamp(at(-8 * 24 * time.Hour)) })),
		partial("23 older than retention", "err-sightline-point-too-old", gauge(func(p pmetric.NumberDataPoint) { p.SetTimestamp(at(-31 * 24 * time.Hour)) })),
		ok("35 unknown temporality", func(ms pmetric.MetricSlice) { ms.At(1).Sum().SetAggregationTemporality(9) }),
		bad("36 enum name", "err-sightline-decode", nil, metric(`"sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA"}`)),
		bad("36 snake_case key", "lowerCamel", nil, metric(`"gauge":{"data_points":[]}`)),
		ok("37 NaN", gauge(func(p pmetric.NumberDataPoint) { p.SetDoubleValue(math.NaN()) })),
		ok("37 -Inf", gauge(func(p pmetric.NumberDataPoint) { p.SetDoubleValue(math.Inf(-1)) })),
		ok("38 delta", func(ms pmetric.MetricSlice) {
			ms.At(1).Sum().SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
		}),
		ok("39 scale of -11", exp(func(p pmetric.ExponentialHistogramDataPoint) { p.SetScale(-11) })),
		ok("39 scale of 20", exp(func(p pmetric.ExponentialHistogramDataPoint) { p.SetScale(20) })),
		ok("39 empty", exp(func(p pmetric.ExponentialHistogramDataPoint) { pmetric.NewExponentialHistogramDataPoint().CopyTo(p) })),
		ok("39 10,000 buckets", exp(func(p pmetric.ExponentialHistogramDataPoint) {
			p.Positive().BucketCounts().FromRaw(make([]uint64, 10_000))
		})),
		partial("40 bounds unsorted", "err-sightline-histogram", hist(func(p pmetric.HistogramDataPoint) { p.ExplicitBounds().FromRaw([]float64{1, 0, 2, 3}) })),
		partial("40 bound is NaN", "err-sightline-histogram", hist(func(p pmetric.HistogramDataPoint) { p.ExplicitBounds().FromRaw([]float64{0, math.NaN(), 2, 3}) })),
		partial("40 a bucket too few", "err-sightline-histogram", hist(func(p pmetric.HistogramDataPoint) { p.BucketCounts().FromRaw([]uint64{1, 2, 3, 4}) })),
		ok("40 no buckets", hist(func(p pmetric.HistogramDataPoint) { p.BucketCounts().FromRaw(nil); p.ExplicitBounds().FromRaw(nil) })),
		ok("40 count is not the sum", hist(func(p pmetric.HistogramDataPoint) { p.SetCount(1) })),
		ok("41 name", func(ms pmetric.MetricSlice) { ms.At(0).SetName("<img src=x onerror=alert(1)>") }),
		ok("42 40 labels", gauge(labels(40))),
		partial("42 41 labels", "err-sightline-labels", gauge(labels(41))),
		ok("42 label of 4 KiB", gauge(func(p pmetric.NumberDataPoint) { p.Attributes().PutStr("l", strings.Repeat("x", 4<<10)) })),
		partial("42 label of more", "err-sightline-labels", gauge(func(p pmetric.NumberDataPoint) { p.Attributes().PutStr("l", strings.Repeat("x", 4<<10+1)) })),
		ok("45 starts after its time", gauge(func(p pmetric.NumberDataPoint) { p.SetStartTimestamp(p.Timestamp() + 1) })),
	)
}
