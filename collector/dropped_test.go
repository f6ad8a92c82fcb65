package collector_test

import (
	"bytes"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/passage"
	"github.com/sightline/sightline/collector/sample"
)

// account is what the journal has of a signal of a project.
type account struct {
	items, deduplicated, received uint64
	left                          map[string]uint64 // by processor
}

// accountIn reads an account, which has to add up at any moment.
func accountIn(t testing.TB, j *journal.Journal, project string, signal uint8) account {
	t.Helper()
	all, err := j.Tally(journal.Position{})
	if err != nil {
		t.Fatal(err)
	}
	tally := all[journal.Account{Signal: signal, Project: project}]
	received, rejected, left := passage.Settle(tally.Received(), tally.Rejected)
	sum := tally.Items + tally.Deduplicated
	for _, n := range left {
		sum += n
	}
	if sum != received || len(rejected) > 0 {
		t.Errorf("signal %d of %s does not add up: %+v", signal, project, tally)
	}
	return account{tally.Items, tally.Deduplicated, received, left}
}

const dropsAndSamples = `
processors:
  filter/drop:
    error_mode: ignore
    traces: {span: ['attributes["drop"] == true']}
    logs: {log_record: ['attributes["drop"] == true']}
    metrics: {metric: ['name == "shop.metric_0"']}
  tail_sampling:
    decision_wait: 100ms
    num_traces: 10000
    policies: [{name: errors, type: status_code, status_code: {status_codes: [ERROR]}}]
  filter/late:
    error_mode: ignore
    traces: {span: ['attributes["late"] == true']}
  batch: {timeout: 10ms}
service:
  pipelines:
    traces: {receivers: [otlp], processors: [filter/drop, tail_sampling, filter/late, batch], exporters: [journal]}
    logs: {receivers: [otlp], processors: [filter/drop], exporters: [journal]}
    metrics: {receivers: [otlp], processors: [filter/drop, batch], exporters: [journal]}
`

// sampled are two traces of ten spans: of each, two spans are to be dropped at once; the first has an error, and one span more to be
// dropped once it is chosen.
func sampled(t testing.TB, seed uint64) []byte {
	t.Helper()
	td := sample.Traces(seed, 20, time.Now())
	i := 0
	for _, span := range td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
		span.Status().SetCode(ptrace.StatusCodeUnset)
		switch i {
		case 0, 1, 10, 11:
			span.Attributes().PutBool("drop", true)
		case 2:
			span.Attributes().PutBool("late", true)
		case 3:
			span.Status().SetCode(ptrace.StatusCodeError)
		}
		i++
	}
	body, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestWhatProcessorsDropIsAccountedFor(t *testing.T) {
	j := openJournal(t)
	_, _, httpAddr := run(t, collector.Config{Journal: j, Auth: keys{}, Overlay: overlay(t, dropsAndSamples)})
	send := func(path, key string, body []byte) {
		t.Helper()
		if got := postTo(t, httpAddr+path, admission.MediaProtobuf, "", bytes.NewReader(body), "x-sightline-ingest-key", key); got.http != 200 {
			t.Fatalf("%s: %+v", path, got)
		}
	}
	for i := range 6 {
		send("/v1/traces", []string{"a", "b", "b"}[i%3], sampled(t, uint64(i)))
	}
	ld := sample.Logs(1, 10, time.Now())
	for i := range 3 {
		ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(i).Attributes().PutBool("drop", true)
	}
	logs, err := plogotlp.NewExportRequestFromLogs(ld).MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := pmetricotlp.NewExportRequestFromMetrics(sample.Metrics(1, 50, time.Now())).MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second is a retry
		send(logsPath, "a", logs)
	}
	send(metricsPath, "b", metrics)

	if a := accountIn(t, j, "project-a", journal.SignalLogs); a.items != 7 || a.deduplicated != 7 || a.received != 20 || a.left["filter/drop"] != 6 {
		t.Errorf("logs %+v", a)
	}
	for project, requests := range map[string]uint64{"project-a": 2, "project-b": 4} {
		var a account
		eventually(t, project+"'s traces are chosen", func() bool {
			a = accountIn(t, j, project, journal.SignalTraces)
			return a.items == 7*requests
		})
		if a.received != 20*requests || len(a.left) != 4 || a.left["filter/drop"] != 4*requests || a.left["tail_sampling"] != 8*requests ||
			a.left["filter/late"] != requests || a.left["batch"] != 0 {
			t.Errorf("%s: %+v", project, a)
		}
	}
	eventually(t, "points leave the batch", func() bool { return accountIn(t, j, "project-b", journal.SignalMetrics).items == 40 })
	if a := accountIn(t, j, "project-b", journal.SignalMetrics); a.received != 50 || a.left["filter/drop"] != 10 || a.left["batch"] != 0 {
		t.Errorf("metrics %+v", a)
	}
}

func TestWhatAProcessorHoldsIsAccountedFor(t *testing.T) {
	j := openJournal(t)
	_, _, httpAddr := run(t, collector.Config{Journal: j, Overlay: overlay(t, `
processors: {tail_sampling: {decision_wait: 1h, policies: [{name: all, type: always_sample}]}}
service: {pipelines: {traces: {receivers: [otlp], processors: [tail_sampling], exporters: [journal]}}}
`)})
	if got := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(sampled(t, 1))); got.http != 200 {
		t.Fatalf("%+v", got)
	}
	if a := accountIn(t, j, "default", journal.SignalTraces); a.items != 0 || a.received != 20 || a.left["tail_sampling"] != 20 {
		t.Errorf("%+v", a)
	}
}

func TestARequestThatAPipelineRefusesLeavesNothingBehind(t *testing.T) {
	j := openJournal(t)
	_, _, httpAddr := run(t, collector.Config{Journal: j, Overlay: overlay(t, `
processors:
  filter/drop: {error_mode: ignore, traces: {span: ['attributes["drop"] == true']}}
  transform/broken: {error_mode: propagate, trace_statements: ['set(span.attributes["x"], Int(span.attributes["no"]) / 0)']}
service: {pipelines: {traces: {receivers: [otlp], processors: [filter/drop, transform/broken], exporters: [journal]}}}
`)})
	if got := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(sampled(t, 1))); got.http != 400 {
		t.Fatalf("%+v", got)
	}
	if a := accountIn(t, j, "default", journal.SignalTraces); a.received != 0 {
		t.Errorf("%+v", a)
	}
}
