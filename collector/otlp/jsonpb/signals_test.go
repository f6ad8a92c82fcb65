package jsonpb_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/sightline/sightline/collector/otlp/jsonpb"
	"github.com/sightline/sightline/collector/sample"
)

// signal is a converter and what pdata makes of both forms of its requests.
type signal struct {
	convert func(dst, src []byte) ([]byte, error)
	ofProto func(b []byte) (items int, asJSON []byte, err error)
	ofJSON  func(b []byte) (items int, asJSON []byte, err error)
}

var (
	traces = signal{jsonpb.Traces,
		func(b []byte) (int, []byte, error) {
			req := ptraceotlp.NewExportRequest()
			return read(req.UnmarshalProto(b), req.Traces().SpanCount, req.MarshalJSON)
		},
		func(b []byte) (int, []byte, error) {
			req := ptraceotlp.NewExportRequest()
			return read(req.UnmarshalJSON(b), req.Traces().SpanCount, req.MarshalJSON)
		}}
	logs = signal{jsonpb.Logs,
		func(b []byte) (int, []byte, error) {
			req := plogotlp.NewExportRequest()
			return read(req.UnmarshalProto(b), req.Logs().LogRecordCount, req.MarshalJSON)
		},
		func(b []byte) (int, []byte, error) {
			req := plogotlp.NewExportRequest()
			return read(req.UnmarshalJSON(b), req.Logs().LogRecordCount, req.MarshalJSON)
		}}
	metrics = signal{jsonpb.Metrics,
		func(b []byte) (int, []byte, error) {
			req := pmetricotlp.NewExportRequest()
			return read(req.UnmarshalProto(b), req.Metrics().DataPointCount, req.MarshalJSON)
		},
		func(b []byte) (int, []byte, error) {
			req := pmetricotlp.NewExportRequest()
			return read(req.UnmarshalJSON(b), req.Metrics().DataPointCount, req.MarshalJSON)
		}}
)

func read(err error, count func() int, marshal func() ([]byte, error)) (int, []byte, error) {
	if err != nil {
		return 0, nil, err
	}
	b, err := marshal()
	return count(), b, err
}

// agree compares what is taken with pdata: it must be JSON, the protobuf must be sound, and have as many items.
func agree(t *testing.T, in []byte, s signal) {
	t.Helper()
	b, err := s.convert(nil, in)
	if err != nil {
		return
	}
	got, _, err := s.ofProto(b)
	if err != nil {
		t.Fatalf("the protobuf is broken: %v: %q", err, in)
	}
	if !json.Valid(in) {
		t.Errorf("took what is not JSON: %q", in)
	}
	if want, _, err := s.ofJSON(in); err == nil && want != got {
		t.Errorf("%d items, pdata has %d: %q", got, want, in)
	}
}

func logJSON(t testing.TB, ld plog.Logs) []byte {
	t.Helper()
	b, err := plogotlp.NewExportRequestFromLogs(ld).MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func metricJSON(t testing.TB, md pmetric.Metrics) []byte {
	t.Helper()
	b, err := pmetricotlp.NewExportRequestFromMetrics(md).MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryFieldOfLogsAndMetricsMeansTheSameInBothForms(t *testing.T) {
	t.Parallel()
	for _, f := range []struct {
		signal
		in []byte
	}{
		{logs, logJSON(t, sample.EveryLog(now))}, {logs, logJSON(t, sample.Logs(1, 150, now))}, {logs, logJSON(t, plog.NewLogs())},
		{metrics, metricJSON(t, sample.EveryMetric(now))}, {metrics, metricJSON(t, sample.Metrics(1, 100, now))}, {metrics, metricJSON(t, pmetric.NewMetrics())},
	} {
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, f.in, "", "\t"); err != nil {
			t.Fatal(err)
		}
		for _, in := range [][]byte{f.in, pretty.Bytes()} {
			b, err := f.convert([]byte("kept"), in)
			if err != nil {
				t.Errorf("%v: %s", err, in)
				continue
			}
			if !bytes.HasPrefix(b, []byte("kept")) {
				t.Error("what was in dst is gone")
			}
			if _, got, err := f.ofProto(b[4:]); err != nil || !bytes.Equal(got, f.in) {
				t.Errorf("came back as\n%s, want\n%s, %v", got, f.in, err)
			}
		}
	}
}

func record(in string) string {
	return `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{` + in + `}]}]}]}`
}

func metric(in string) string {
	return `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{` + in + `}]}]}]}`
}

func TestWhatOTLPDoesNotAllowInLogsAndMetricsIsRefused(t *testing.T) {
	t.Parallel()
	gauge := func(in string) string { return metric(`"gauge":{"dataPoints":[{` + in + `}]}`) }
	histogram := func(in string) string { return metric(`"histogram":{"dataPoints":[{` + in + `}]}`) }
	for _, f := range []struct {
		signal
		in []string
	}{
		{logs, []string{``, `[]`, `{"resourceLogs":{}}`, `{"resource_logs":[]}`, record(`"severityNumber":"SEVERITY_NUMBER_INFO"`), record(`"severity_number":1`),
			record(`"traceId":"W47/95gDgQPSabYzgT/GDA=="`), record(`"spanId":"eee1"`), record(`"body":"text"`), record(`"body":{"string_value":"x"}`),
			record(`"timeUnixNano":-1`), record(`"flags":4294967296`), record(`"body":{"bytesValue":"*"}`), record(`"eventName":1`)}},
		{metrics, []string{``, `[]`, `{"resourceMetrics":{}}`, `{"resource_metrics":[]}`, gauge(`"as_double":1`), gauge(`"asDouble":"soon"`), gauge(`"asInt":1.5`),
			gauge(`"asInt":"9223372036854775808"`), gauge(`"asDouble":true`), metric(`"sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA"}`),
			metric(`"sum":{"isMonotonic":1}`), histogram(`"bucketCounts":[-1]`), histogram(`"bucketCounts":[1.5]`), histogram(`"bucketCounts":["x"]`), histogram(`"bucketCounts":1`),
			histogram(`"explicitBounds":[[]]`), histogram(`"explicitBounds":[null]`), metric(`"exponentialHistogram":{"dataPoints":[{"scale":2147483648}]}`),
			metric(`"exponentialHistogram":{"dataPoints":[{"positive":{"offset":0.5}}]}`), metric(`"exponential_histogram":{}`),
			gauge(`"exemplars":[{"traceId":"eee1"}]`), metric(`"summary":{"dataPoints":[{"quantileValues":[1]}]}`)}},
	} {
		for _, in := range f.in {
			var problem *jsonpb.Error
			if b, err := f.convert(nil, []byte(in)); !errors.As(err, &problem) {
				t.Errorf("%s: %q, %v", in, b, err)
			} else if problem.Got != "" && strings.Contains(problem.Public(), problem.Got) {
				t.Errorf("%s: %q is to be seen by anybody", in, problem.Public())
			}
		}
	}
}

func TestWhatOTLPAllowsInLogsAndMetricsIsTaken(t *testing.T) {
	t.Parallel()
	for _, f := range []struct {
		signal
		in []string
	}{
		{logs, []string{`{}`, record(`"body":null,"severityNumber":99,"unknown":[{}],"timeUnixNano":"1544712660000000000","observedTimeUnixNano":1544712660000000000,"flags":"257"`),
			record(`"traceId":"","spanId":""`), record(`"traceId":"00000000000000000000000000000000","body":{}`)}},
		{metrics, []string{`{}`, metric(`"gauge":{"dataPoints":[{"asInt":"-5"},{"asInt":5},{"asInt":0},{"asDouble":"NaN"},{"asDouble":"-Infinity"},{"asDouble":0}]}`),
			metric(`"histogram":{"dataPoints":[{"count":"2","sum":0,"min":0,"bucketCounts":["1",1],"explicitBounds":["0.5"]},{"bucketCounts":[],"explicitBounds":[]}],"aggregationTemporality":9}`),
			metric(`"exponentialHistogram":{"dataPoints":[{"scale":-11,"positive":{"offset":"-2147483648","bucketCounts":["18446744073709551615",1]}}]}`),
			metric(`"sum":{},"name":null`), metric(`"name":"no data"`)}},
	} {
		for _, in := range f.in {
			b, err := f.convert(nil, []byte(in))
			if err != nil {
				t.Errorf("%s: %v", in, err)
				continue
			}
			_, want, err := f.ofJSON([]byte(in))
			_, got, err2 := f.ofProto(b)
			if err != nil || err2 != nil || !bytes.Equal(got, want) {
				t.Errorf("%s is %s, want %s: %v, %v", in, got, want, err, err2)
			}
		}
	}
}

// TestDamagedJSONIsNeverMisread cuts and changes requests at random: what is still taken must be what pdata reads.
func TestDamagedJSONIsNeverMisread(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	parts := []string{`"`, `{`, `}`, `[`, `]`, `,`, `:`, `\`, `null`, `0`, `-1`, `1e3`, `"NaN"`, "\x00", `{"intValue":"3"}`, "\u00fc"}
	for _, f := range []struct {
		signal
		in []byte
	}{{logs, logJSON(t, sample.EveryLog(now))}, {metrics, metricJSON(t, sample.EveryMetric(now))}} {
		for range 800 {
			in := slices.Clone(f.in)
			for range 1 + rnd.IntN(3) {
				at := rnd.IntN(len(in))
				switch rnd.IntN(3) {
				case 0:
					in = slices.Insert(in, at, []byte(parts[rnd.IntN(len(parts))])...)
				case 1:
					in = slices.Delete(in, at, min(len(in), at+1+rnd.IntN(8)))
				default:
					in[at] = parts[rnd.IntN(len(parts))][0]
				}
			}
			agree(t, in, f.signal)
		}
	}
}

func TestDepthOfLogsAndMetricsIsBounded(t *testing.T) {
	t.Parallel()
	value := func(levels int) string {
		return strings.Repeat(`{"arrayValue":{"values":[`, levels-1) + `{"intValue":1}` + strings.Repeat(`]}}`, levels-1)
	}
	for _, f := range []struct {
		signal
		in func(value string) string
	}{
		{logs, func(v string) string { return record(`"body":` + v) }},
		{logs, func(v string) string { return record(`"attributes":[{"value":` + v + `}]`) }},
		{metrics, func(v string) string { return metric(`"metadata":[{"value":` + v + `}]`) }},
		{metrics, func(v string) string {
			return metric(`"sum":{"dataPoints":[{"exemplars":[{"filteredAttributes":[{"value":` + v + `}]}]}]}`)
		}},
	} {
		if _, err := f.convert(nil, []byte(f.in(value(64)))); err != nil {
			t.Errorf("64 levels: %v", err)
		}
		if _, err := f.convert(nil, []byte(f.in(value(65)))); !errors.Is(err, jsonpb.ErrTooDeep) {
			t.Errorf("65 levels: %v", err)
		}
	}
}

// FuzzLogs: as FuzzTraces.
func FuzzLogs(f *testing.F) {
	f.Add(logJSON(f, sample.EveryLog(now)))
	f.Add([]byte(record(`"body":{"kvlistValue":{"values":[{"key":"a","value":{"doubleValue":"NaN"}}]}}`)))
	f.Fuzz(func(t *testing.T, in []byte) { agree(t, in, logs) })
}

// FuzzMetrics: as FuzzTraces.
func FuzzMetrics(f *testing.F) {
	f.Add(metricJSON(f, sample.EveryMetric(now)))
	f.Add([]byte(metric(`"histogram":{"dataPoints":[{"bucketCounts":["1",1],"explicitBounds":[0.5]}]}`)))
	f.Fuzz(func(t *testing.T, in []byte) { agree(t, in, metrics) })
}
