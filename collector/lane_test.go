package collector_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.yaml.in/yaml/v3"
	"google.golang.org/grpc/codes"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/sample"
	"github.com/sightline/sightline/storage/traces/peer"
)

// overlay reads a `collector:` section.
func overlay(t testing.TB, text string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := yaml.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// stored are the traces in a journal, by project.
func stored(t testing.TB, j *journal.Journal) map[string][]ptrace.Span {
	t.Helper()
	out := map[string][]ptrace.Span{}
	r := j.Reader(journal.Position{})
	defer r.Close()
	for {
		e, ok, err := r.TryNext()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return out
		}
		req := ptraceotlp.NewExportRequest()
		if err := req.UnmarshalProto(e.Record.Body); err != nil {
			t.Fatal(err)
		}
		for _, rs := range req.Traces().ResourceSpans().All() {
			for key := range rs.Resource().Attributes().All() {
				if strings.HasPrefix(key, "sightline.") {
					t.Errorf("the mark %q is stored", key)
				}
			}
			for _, ss := range rs.ScopeSpans().All() {
				out[e.Record.Project] = append(out[e.Record.Project], slices.Collect(values(ss.Spans().All()))...)
			}
		}
	}
}

func values[K, V any](seq func(func(K, V) bool)) func(func(V) bool) {
	return func(yield func(V) bool) { seq(func(_ K, v V) bool { return yield(v) }) }
}

const noHealth = `
processors:
  filter/health:
    error_mode: ignore
    traces: {span: ['attributes["drop"] == true']}
  transform/team:
    error_mode: ignore
    trace_statements: ['set(resource.attributes["team"], "shop")']
service:
  pipelines:
    traces: {receivers: [otlp], processors: [filter/health, transform/team], exporters: [journal]}
`

// marked are ten spans of which three are to be dropped.
func marked(seed uint64) []byte {
	td := sample.Traces(seed, 10, time.Now())
	for i := range 3 {
		td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(i).Attributes().PutBool("drop", true)
	}
	body, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
	if err != nil {
		panic(err)
	}
	return body
}

func TestProcessorsSeeWhatTheOTLPReceiverGets(t *testing.T) {
	j := openJournal(t)
	c, grpcAddr, httpAddr := run(t, collector.Config{Journal: j, Auth: keys{}, Overlay: overlay(t, noHealth)})
	conn := dial(t, grpcAddr)
	if got := invoke(t, conn, "gzip", marked(1), "x-sightline-ingest-key", "a"); got.code != codes.OK || got.rejected != 0 {
		t.Errorf("grpc: %+v", got)
	}
	again := compress(t, "zstd", marked(2))
	for range 2 { // the second is a retry
		if got := post(t, httpAddr, admission.MediaProtobuf, "zstd", bytes.NewReader(again), "x-sightline-ingest-key", "b"); got.http != 200 {
			t.Errorf("http: %+v", got)
		}
	}
	if got := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(marked(3))); got.http != 401 {
		t.Errorf("without a key: %+v", got)
	}
	spans := stored(t, j)
	if len(spans["project-a"]) != 7 || len(spans["project-b"]) != 7 || len(spans) != 2 {
		t.Errorf("stored %d and %d spans of %d projects", len(spans["project-a"]), len(spans["project-b"]), len(spans))
	}
	a := c.Accounts().Arrived[admission.Origin{Project: "project-a", Signal: journal.SignalTraces, Protocol: "otlp/grpc"}]
	b := c.Accounts().Arrived[admission.Origin{Project: "project-b", Signal: journal.SignalTraces, Protocol: "otlp/http"}]
	if a.Accepted != 7 || b.Accepted != 7 || b.Deduplicated != 7 {
		t.Errorf("accounts %+v, %+v", a, b)
	}
	if p := c.Pipelines(); slices.ContainsFunc(p, func(p collector.Pipeline) bool { return len(p.Holds) > 0 }) {
		t.Errorf("pipelines that hold nothing: %+v", p)
	}
}

func TestHostileRequestsMeetTheSameAnswersBeforeProcessors(t *testing.T) {
	j := openJournal(t)
	c, grpcAddr, httpAddr := run(t, collector.Config{Journal: j, Overlay: overlay(t, noHealth), Limits: admission.Limits{Request: limit}})
	conn := dial(t, grpcAddr)
	for _, r := range hostile() {
		if r.packed || r.pb == nil || strings.Contains(r.name, "span") && r.rejected == 0 && r.http == 200 {
			continue
		}
		if got := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(r.pb)); got.http != r.http || got.rejected != r.rejected || !strings.Contains(got.message+got.partial, r.mentions) {
			t.Errorf("%s over HTTP: %+v, want %d with %d rejected", r.name, got, r.http, r.rejected)
		}
		if got := invoke(t, conn, "", r.pb); got.code != r.code {
			t.Errorf("%s over gRPC: %+v, want %v", r.name, got, r.code)
		}
	}
	empty := field(1, field(2, bytes.Repeat([]byte{2<<3 | 2, 0}, 300_000))) // 600 kB, 300,000 spans
	if got := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(empty)); got.http != 413 {
		t.Errorf("too many spans: %+v", got)
	}
	if got := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(marked(9))); got.http != 200 {
		t.Errorf("afterwards: %+v", got)
	}
	if n := c.Accounts().Refused[admission.ReasonInternal]; n != 0 {
		t.Errorf("%d internal errors", n)
	}
}

func TestAPipelineIsAcknowledgedOnlyWhenTheJournalHasIt(t *testing.T) {
	j, err := journal.Open(journal.Config{Dir: t.TempDir(), Reserve: -1, MaxBytes: 32 << 10, Codec: journal.CodecNone})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	_, grpcAddr, httpAddr := run(t, collector.Config{Journal: j, Overlay: overlay(t, noHealth)})
	conn := dial(t, grpcAddr)
	acknowledged := 0
	var got reply
	var body []byte
	for i := range 100 {
		body = marked(uint64(i))
		if got = post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(body)); got.http != 200 {
			break
		}
		acknowledged += 7
	}
	if got.http != 503 || got.code != codes.Unavailable || got.retryAfter < time.Second || !strings.Contains(got.message, "err-sightline-journal-full") {
		t.Errorf("full: %+v", got)
	}
	if got := invoke(t, conn, "", body); got.code != codes.Unavailable || got.retryAfter < time.Second {
		t.Errorf("full, grpc: %+v", got)
	}
	if n := len(stored(t, j)["default"]); n != acknowledged {
		t.Errorf("%d spans are in the journal, %d were acknowledged", n, acknowledged)
	}
	j.Close()
	if got := invoke(t, conn, "", body); got.code != codes.Unavailable || got.retryAfter < time.Second {
		t.Errorf("closed, grpc: %+v", got)
	}
}

func TestTheLargestRequestFitsInThePipelineWhenItIsAlone(t *testing.T) {
	j := openJournal(t)
	_, grpcAddr, httpAddr := run(t, collector.Config{Journal: j, Overlay: overlay(t, noHealth), Limits: admission.Limits{Request: 1 << 20, InFlight: 1 << 20}})
	td := sample.Traces(1, 10, time.Now())
	td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().PutStr("big", strings.Repeat("x", 1<<20-100_000))
	pb, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	if got := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(pb)); got.http != 200 {
		t.Errorf("protobuf: %+v", got)
	}
	if got := invoke(t, dial(t, grpcAddr), "", pb); got.code != codes.OK {
		t.Errorf("grpc: %+v", got)
	}
}

// lines keeps a log.
type lines struct {
	mu  sync.Mutex
	all []byte
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, b...)
	return len(b), nil
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.all)
}

func TestPipelinesThatHoldDataSaySoAndKeepTheProject(t *testing.T) {
	j := openJournal(t)
	var log lines
	c, _, httpAddr := run(t, collector.Config{Journal: j, Auth: keys{}, Log: slog.New(slog.NewTextHandler(&log, nil)), Overlay: overlay(t, `
processors:
  tail_sampling:
    decision_wait: 100ms
    num_traces: 1000
    policies: [{name: all, type: always_sample}]
connectors: {forward: {}}
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [forward]}
    traces/sampled: {receivers: [forward], processors: [tail_sampling], exporters: [journal]}
`)})
	want := map[string][]string{"traces": {"tail_sampling"}, "traces/sampled": {"tail_sampling"}}
	for _, p := range c.Pipelines() {
		if !slices.Equal(p.Holds, want[p.Name]) {
			t.Errorf("pipeline %s holds by %v", p.Name, p.Holds)
		}
	}
	if !strings.Contains(log.String(), "pipeline=traces/sampled because_of=tail_sampling") {
		t.Errorf("log: %s", log.String())
	}
	for i, key := range []string{"a", "b"} {
		if got := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(marked(uint64(i))), "x-sightline-ingest-key", key); got.http != 200 {
			t.Errorf("%+v", got)
		}
	}
	deadline := time.Now().Add(time.Minute)
	for {
		spans := stored(t, j)
		if len(spans["project-a"]) == 10 && len(spans["project-b"]) == 10 && len(spans) == 2 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("stored %d projects: %d, %d spans", len(spans), len(spans["project-a"]), len(spans["project-b"]))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestSampledSpansCarryTheirWeight(t *testing.T) {
	f := func(processor, section string) {
		t.Helper()
		j := openJournal(t)
		_, _, httpAddr := run(t, collector.Config{Journal: j, Overlay: overlay(t, fmt.Sprintf(`
processors:
  %s: %s
service:
  pipelines:
    traces: {receivers: [otlp], processors: [%s], exporters: [journal]}
`, processor, section, processor))})
		const traces = 2000
		body, err := ptraceotlp.NewExportRequestFromTraces(sample.Traces(7, traces*10, time.Now())).MarshalProto()
		if err != nil {
			t.Fatal(err)
		}
		if got := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(body)); got.http != 200 {
			t.Fatalf("%+v", got)
		}
		deadline := time.Now().Add(time.Minute)
		for {
			spans := stored(t, j)["default"]
			if len(spans) > traces*10*22/100 && len(spans) < traces*10*28/100 {
				for _, s := range spans {
					if state := s.TraceState().AsRaw(); peer.Weight(state, &peer.Input{}) != 4 {
						t.Fatalf("%s: tracestate %q", processor, state)
					}
				}
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: %d spans", processor, len(spans))
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	f("probabilistic_sampler", "{sampling_percentage: 25}")
	f("probabilistic_sampler", "{sampling_percentage: 25, mode: equalizing}")
	f("tail_sampling", "{decision_wait: 100ms, num_traces: 5000, policies: [{name: quarter, type: probabilistic, probabilistic: {sampling_percentage: 25}}]}")
}

func TestSpansBecomeMetricsOfTheirProject(t *testing.T) {
	j := openJournal(t)
	c, _, httpAddr := run(t, collector.Config{Journal: j, Auth: keys{}, Overlay: overlay(t, `
connectors: {span_metrics: {metrics_flush_interval: 50ms}}
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [journal, span_metrics]}
    metrics/spans: {receivers: [span_metrics], exporters: [journal]}
`)})
	if got := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(marked(1)), "x-sightline-ingest-key", "a"); got.http != 200 {
		t.Errorf("%+v", got)
	}
	eventually(t, "metrics are made", func() bool {
		return c.Accounts().Of("project-a", journal.SignalMetrics).Accepted > 0
	})
	if n := c.Accounts().Of("project-a", journal.SignalTraces).Accepted; n != 10 || c.Accounts().Of("default", journal.SignalMetrics).Accepted != 0 {
		t.Errorf("%d spans, accounts %+v", n, c.Accounts().Arrived)
	}
}
