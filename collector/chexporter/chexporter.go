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
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/otlp"
)

// Type is the component's name in configurations.
var Type = component.MustNewType("journal")

// NewFactory makes exporters that give to the intake, into the default project.
func NewFactory(in *otlp.Intake) exporter.Factory {
	return exporter.NewFactory(Type,
		func() component.Config { return &struct{}{} },
		exporter.WithTraces(func(context.Context, exporter.Settings, component.Config) (exporter.Traces, error) {
			return end{in: in}, nil
		}, component.StabilityLevelBeta))
}

type end struct {
	component.StartFunc
	component.ShutdownFunc
	in *otlp.Intake
}

func (end) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

// ConsumeTraces returns when the traces are durable. Its error says whether they may be given again.
func (e end) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	if td.SpanCount() == 0 {
		return nil
	}
	body, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalProto()
	if err != nil {
		return consumererror.NewPermanent(fmt.Errorf("marshal traces: %w", err))
	}
	_, err = e.in.Take(ctx, otlp.Request{
		Signal: journal.SignalTraces, Protocol: otlp.ProtocolPipeline, Project: admission.DefaultProject,
		IngestID: e.in.Journal.IngestID(admission.DefaultProject, journal.SignalTraces, body),
		Body:     body, Size: len(body),
	})
	if err == nil {
		return nil
	}
	var refusal *admission.Refusal
	if errors.As(err, &refusal) && refusal.RetryAfter > 0 {
		return fmt.Errorf("append traces to journal (try again after %v): %w", refusal.RetryAfter.Round(time.Second), err)
	}
	return consumererror.NewPermanent(fmt.Errorf("append traces to journal: %w", err))
}
