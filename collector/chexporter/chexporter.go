// Package chexporter is the end of a pipeline: what processors hand on is made durable in the same journal, by the same rules,
// as the fast lane's requests. It refuses to talk to ClickHouse: the loader does that for both lanes.
package chexporter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/otlp"
	"github.com/sightline/sightline/collector/passage"
)

// Type is the component's name in configurations.
var Type = component.MustNewType("journal")

// NewFactory makes exporters that give to the intake, into the project that the data came for.
func NewFactory(in *otlp.Intake) exporter.Factory {
	return exporter.NewFactory(Type,
		func() component.Config { return &struct{}{} },
		exporter.WithTraces(func(context.Context, exporter.Settings, component.Config) (exporter.Traces, error) {
			return end{in: in}, nil
		}, component.StabilityLevelBeta),
		exporter.WithLogs(func(context.Context, exporter.Settings, component.Config) (exporter.Logs, error) {
			return end{in: in}, nil
		}, component.StabilityLevelBeta),
		exporter.WithMetrics(func(context.Context, exporter.Settings, component.Config) (exporter.Metrics, error) {
			return end{in: in}, nil
		}, component.StabilityLevelBeta))
}

type end struct {
	component.StartFunc
	component.ShutdownFunc
	in *otlp.Intake
}

// Capabilities says that resources lose the mark of their project.
func (end) Capabilities() consumer.Capabilities { return consumer.Capabilities{MutatesData: true} }

// ConsumeTraces returns when the traces are durable. Its error says whether they may be given again.
func (e end) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	if td.SpanCount() == 0 {
		return nil
	}
	return perProject(ctx, td, td.ResourceSpans(), ptrace.NewTraces, ptrace.Traces.ResourceSpans, func(project string, td ptrace.Traces) error {
		body, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
		return e.give(ctx, project, journal.SignalTraces, body, err)
	})
}

// ConsumeLogs returns when the logs are durable. Its error says whether they may be given again.
func (e end) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	if ld.LogRecordCount() == 0 {
		return nil
	}
	return perProject(ctx, ld, ld.ResourceLogs(), plog.NewLogs, plog.Logs.ResourceLogs, func(project string, ld plog.Logs) error {
		body, err := plogotlp.NewExportRequestFromLogs(ld).MarshalProto()
		return e.give(ctx, project, journal.SignalLogs, body, err)
	})
}

// ConsumeMetrics returns when the metrics are durable. Its error says whether they may be given again.
func (e end) ConsumeMetrics(ctx context.Context, md pmetric.Metrics) error {
	if md.DataPointCount() == 0 {
		return nil
	}
	return perProject(ctx, md, md.ResourceMetrics(), pmetric.NewMetrics, pmetric.Metrics.ResourceMetrics, func(project string, md pmetric.Metrics) error {
		body, err := pmetricotlp.NewExportRequestFromMetrics(md).MarshalProto()
		return e.give(ctx, project, journal.SignalMetrics, body, err)
	})
}

// give appends a body; marshal is the error of making it.
func (e end) give(ctx context.Context, project string, signal uint8, body []byte, marshal error) error {
	what := journal.SignalName(signal)
	if marshal != nil {
		return consumererror.NewPermanent(fmt.Errorf("marshal %s: %w", what, marshal))
	}
	q := otlp.Request{
		Signal: signal, Protocol: otlp.ProtocolPipeline, Project: project, IngestID: e.in.Journal.IngestID(project, signal, body),
		Body: body, Size: len(body),
	}
	p := passage.From(ctx)
	if p != nil {
		q.Protocol, q.Peer = p.Protocol, p.Peer
	}
	partial, err := e.in.Take(ctx, q)
	if p != nil {
		p.Arrived(partial, err)
	}
	var refusal *admission.Refusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refusal) && refusal.RetryAfter > 0:
		return fmt.Errorf("append %s to journal (try again after %v): %w", what, refusal.RetryAfter.Round(time.Second), err)
	}
	return consumererror.NewPermanent(fmt.Errorf("append %s to journal: %w", what, err))
}
