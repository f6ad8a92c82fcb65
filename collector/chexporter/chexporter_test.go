package chexporter_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/goleak"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/chexporter"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/otlp"
	"github.com/sightline/sightline/collector/sample"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTracesOfAPipelineAreInTheJournalWhenTheyAreTaken(t *testing.T) {
	j, err := journal.Open(journal.Config{Dir: t.TempDir(), Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	in := otlp.NewIntake(j, admission.Open{}, admission.Limits{}, admission.NewAccounts(), slog.New(slog.DiscardHandler))
	f := chexporter.NewFactory(in)
	e, err := f.CreateTraces(context.Background(), exportertest.NewNopSettings(chexporter.Type), f.CreateDefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(context.Background(), componenttest.NewNopHost()); err != nil {
		t.Fatal(err)
	}
	td := sample.Traces(1, 10, time.Now())
	td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(3).SetTraceID(pcommon.TraceID{})
	for _, give := range []ptrace.Traces{td, ptrace.NewTraces()} {
		if err := e.ConsumeTraces(context.Background(), give); err != nil {
			t.Fatal(err)
		}
	}
	r := j.Reader(journal.Position{})
	defer r.Close()
	got, ok, err := r.TryNext()
	if err != nil || !ok || got.Record.Items != 9 || len(got.Record.Rejected) != 1 {
		t.Errorf("record %+v, %v", got.Record, err)
	}
	if _, ok, _ := r.TryNext(); ok {
		t.Error("a request without spans is in the journal")
	}
	j.Close()
	if err := e.ConsumeTraces(context.Background(), sample.Traces(2, 1, time.Now())); err == nil || consumererror.IsPermanent(err) {
		t.Errorf("with the journal closed: %v, which is not to be tried again", err)
	}
	var refusal *admission.Refusal
	if err := e.ConsumeTraces(context.Background(), sample.Traces(2, 1, time.Now())); !errors.As(err, &refusal) {
		t.Errorf("the reason is lost: %v", err)
	}
	if err := e.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestLogsAndMetricsOfAPipelineAreInTheJournalWhenTheyAreTaken(t *testing.T) {
	j, err := journal.Open(journal.Config{Dir: t.TempDir(), Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	in := otlp.NewIntake(j, admission.Open{}, admission.Limits{}, admission.NewAccounts(), slog.New(slog.DiscardHandler))
	f := chexporter.NewFactory(in)
	set := exportertest.NewNopSettings(chexporter.Type)
	logs, err := f.CreateLogs(context.Background(), set, f.CreateDefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := f.CreateMetrics(context.Background(), set, f.CreateDefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	ld, md := sample.Logs(1, 10, time.Now()), sample.Metrics(1, 50, time.Now())
	ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(2).SetTimestamp(1)
	md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(2).Histogram().DataPoints().At(0).BucketCounts().FromRaw([]uint64{1})
	empty := pmetric.NewMetrics()
	empty.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty().SetEmptyGauge()
	for _, err := range []error{
		logs.ConsumeLogs(context.Background(), ld), logs.ConsumeLogs(context.Background(), plog.NewLogs()),
		metrics.ConsumeMetrics(context.Background(), empty), metrics.ConsumeMetrics(context.Background(), md),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r := j.Reader(journal.Position{})
	defer r.Close()
	for _, want := range []struct {
		signal uint8
		items  uint32
		reason string
	}{{journal.SignalLogs, 9, "ts_expired"}, {journal.SignalMetrics, 49, "hist_invalid"}} {
		got, ok, err := r.TryNext()
		if err != nil || !ok || got.Record.Signal != want.signal || got.Record.Items != want.items || got.Record.Reasons[want.reason] != 1 {
			t.Errorf("record %+v, %v; want %+v", got.Record, err, want)
		}
		s := in.Accounts.Snapshot()
		a := s.Arrived[admission.Origin{Project: admission.DefaultProject, Signal: want.signal, Protocol: otlp.ProtocolPipeline}]
		if a.Accepted != uint64(want.items) || a.Rejected[want.reason] != 1 || len(s.Examples[want.reason]) != 1 {
			t.Errorf("accounts %+v, examples %+v", s.Arrived, s.Examples)
		}
	}
	if _, ok, _ := r.TryNext(); ok {
		t.Error("a request without items is in the journal")
	}
}
