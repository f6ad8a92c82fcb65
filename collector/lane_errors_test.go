package collector_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc/codes"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/sample"
)

func TestErrorsOfProcessorsAreAnswered(t *testing.T) {
	j := openJournal(t)
	_, grpcAddr, httpAddr := run(t, collector.Config{Journal: j, Overlay: overlay(t, `
processors:
  memory_limiter: {check_interval: 10ms, limit_mib: 1, spike_limit_mib: 0}
service:
  pipelines:
    traces: {receivers: [otlp], processors: [memory_limiter], exporters: [journal]}
`)})
	ballast := make([]byte, 8<<20)
	conn := dial(t, grpcAddr)
	deadline := time.Now().Add(time.Minute)
	for i := uint64(0); ; i++ {
		got := invoke(t, conn, "", marked(i))
		if got.code == codes.Unavailable && got.retryAfter > 0 && strings.Contains(got.message, "memory") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("never refused: %+v", got)
		}
	}
	if got := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(marked(1))); got.http != 503 || got.retryAfter == 0 {
		t.Errorf("http: %+v", got)
	}
	clear(ballast)
}

// TestAStatementThatFailsIsThePermanentAnswer: with error_mode propagate the request is refused for good, counted, and what the
// processor quotes of it is for its sender alone.
func TestAStatementThatFailsIsThePermanentAnswer(t *testing.T) {
	for name, text := range map[string]string{
		"transform": `
processors:
  transform/fails:
    error_mode: propagate
    trace_statements: ['set(span.attributes["n"], ParseJSON(span.attributes["enduser.note"]))']
    log_statements: ['set(log.attributes["n"], ParseJSON(log.attributes["enduser.note"]))']
service:
  pipelines:
    traces: {receivers: [otlp], processors: [transform/fails], exporters: [journal]}
    logs: {receivers: [otlp], processors: [transform/fails], exporters: [journal]}
`,
		"filter": `
processors:
  filter/fails:
    error_mode: propagate
    traces: {span: ['ParseJSON(attributes["enduser.note"]) != nil']}
    logs: {log_record: ['ParseJSON(attributes["enduser.note"]) != nil']}
service:
  pipelines:
    traces: {receivers: [otlp], processors: [filter/fails], exporters: [journal]}
    logs: {receivers: [otlp], processors: [filter/fails], exporters: [journal]}
`,
	} {
		t.Run(name, func(t *testing.T) {
			j := openJournal(t)
			c, grpcAddr, httpAddr := run(t, collector.Config{Journal: j, Overlay: overlay(t, text)})
			td := sample.Traces(1, 3, time.Now())
			for _, s := range td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
				s.Attributes().PutStr("enduser.note", secret+"\xff")
			}
			body, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
			if err != nil {
				t.Fatal(err)
			}
			got := post(t, httpAddr, admission.MediaProtobuf, "", bytes.NewReader(body))
			if got.http != 400 || got.code != codes.InvalidArgument || got.retryAfter != 0 || !strings.Contains(got.message, "err-sightline-processor") {
				t.Errorf("http: %+v", got)
			}
			if got := invoke(t, dial(t, grpcAddr), "", body); got.code != codes.InvalidArgument || got.retryAfter != 0 || !strings.Contains(got.message, "err-sightline-processor") {
				t.Errorf("grpc: %+v", got)
			}
			ld, _ := logs(func(records plog.LogRecordSlice) {
				for _, r := range records.All() {
					r.Attributes().PutStr("enduser.note", secret)
				}
			})
			resp, err := http.Post("http://"+httpAddr+"/v1/logs", admission.MediaProtobuf, bytes.NewReader(ld))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != 400 {
				t.Errorf("logs: %s", resp.Status)
			}
			s := c.Accounts()
			if s.Refused[admission.ReasonProcessor] != 3 || len(s.Undecodable) != 0 || len(s.Arrived) != 0 || len(stored(t, j)) != 0 {
				t.Errorf("%+v", s)
			}
			for _, e := range s.Examples[admission.ReasonProcessor] {
				if strings.Contains(e.Message, secret) || !strings.Contains(e.Message, "a processor of the pipeline refuses") {
					t.Errorf("anybody may read %q", e.Message)
				}
			}
		})
	}
}
